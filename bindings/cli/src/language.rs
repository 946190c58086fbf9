//! Italian or English: every text a user reads exists in both.
//!
//! The choice is made once, before anything is read or printed, since the help texts are made while the arguments
//! are parsed. Texts stand where they are used, as pairs in [`text`] or [`say!`].

use std::ffi::OsString;
use std::sync::OnceLock;

/// The language of everything printed for people; JSON does not depend on it, but for its `reason`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Language {
    English,
    Italian,
}

static CHOSEN: OnceLock<Language> = OnceLock::new();

impl Language {
    /// Chooses by `--lang it|en` among the arguments, else by the locale: Italian where that is, else English.
    pub(crate) fn choose(arguments: impl IntoIterator<Item = OsString>) -> Self {
        let language = Self::from_arguments(arguments).unwrap_or_else(Self::from_locale);
        *CHOSEN.get_or_init(|| language)
    }

    /// The language chosen; English before that.
    pub(crate) fn current() -> Self {
        CHOSEN.get().copied().unwrap_or(Self::English)
    }

    /// The text in this language.
    pub(crate) fn pick<T>(self, italian: T, english: T) -> T {
        match self {
            Self::English => english,
            Self::Italian => italian,
        }
    }

    /// Looks for `--lang` only; whether its value is one of the two is for the parser of arguments to say.
    fn from_arguments(arguments: impl IntoIterator<Item = OsString>) -> Option<Self> {
        let mut arguments =
            arguments.into_iter().skip(1).map(|argument| argument.to_string_lossy().into_owned());
        while let Some(argument) = arguments.next() {
            let value = match argument.split_once('=') {
                Some(("--lang", value)) => Some(value.to_owned()),
                _ if argument == "--lang" => arguments.next(),
                _ if argument == "--" => return None,
                _ => None,
            };
            match value.as_deref() {
                Some("it") => return Some(Self::Italian),
                Some("en") => return Some(Self::English),
                _ => {}
            }
        }
        None
    }

    fn from_locale() -> Self {
        match sys_locale::get_locale() {
            Some(locale) if locale.to_lowercase().starts_with("it") => Self::Italian,
            _ => Self::English,
        }
    }
}

/// A fixed text in the language chosen.
pub(crate) fn text(italian: &'static str, english: &'static str) -> &'static str {
    Language::current().pick(italian, english)
}

/// A formatted text in the language chosen: `say!("{n} righe", "{n} lines")`; arguments may follow the pair.
macro_rules! say {
    ($italian:literal, $english:literal $(, $argument:expr)* $(,)?) => {
        match $crate::language::Language::current() {
            $crate::language::Language::English => format!($english $(, $argument)*),
            $crate::language::Language::Italian => format!($italian $(, $argument)*),
        }
    };
}
pub(crate) use say;

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(arguments: &[&str]) -> Option<Language> {
        Language::from_arguments(arguments.iter().map(OsString::from))
    }

    #[test]
    fn the_argument_decides_wherever_it_stands() {
        assert_eq!(chosen(&["recapito", "--lang", "it", "demo"]), Some(Language::Italian));
        assert_eq!(chosen(&["recapito", "demo", "--lang=en"]), Some(Language::English));
        assert_eq!(chosen(&["recapito", "demo"]), None);
        assert_eq!(chosen(&["recapito", "verify", "--", "--lang=it"]), None);
        assert_eq!(chosen(&["recapito", "--lang", "fr"]), None);
    }
}
