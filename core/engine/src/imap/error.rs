//! What can go wrong in a dialogue, by what the engine does next.
//!
//! A server's own words are for the user's eyes: they are kept, bounded, in [`Words`], and no `Display` or
//! `Debug` here shows them, since servers put addresses into them.

use std::fmt;
use std::io;

/// Why a command did not end well. After anything but [`No`](Error::No) and [`Bad`](Error::Bad) the
/// connection is of no more use.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The server does not understand the command: a fault of ours or of the server, the same next time.
    #[error("the server did not understand the command")]
    Bad(Refusal),
    /// The server ended the connection and said why. Connect again later.
    #[error("the server ended the session")]
    Bye(Words),
    /// The connection was cut, or an earlier command on it never came to its end. Connect again.
    #[error("the connection was closed")]
    Closed,
    /// Something the server sent is larger than is accepted.
    #[error("the server sent more than is accepted: {0}")]
    Limit(&'static str),
    /// The account cannot be used until somebody sees to it (expired, barred). Not tried again by itself.
    #[error("the server bars this account")]
    LoginBarred(Refusal),
    /// Wrong user name or password. Never tried again by itself: providers lock the box.
    #[error("the server refused the user name or password")]
    LoginRefused(Refusal),
    /// The server cannot take a login now (too many connections, maintenance). Connect again later.
    #[error("the server cannot take a login now")]
    LoginUnavailable(Refusal),
    /// The server offers no way to log in that is known here.
    #[error("the server offers no known way to log in")]
    NoMechanism,
    /// The server refused the command, for example because the folder is gone.
    #[error("the server refused the command")]
    No(Refusal),
    /// The server does not keep to the protocol. Connecting again may help, once.
    #[error("the server broke the protocol: {0}")]
    Protocol(&'static str),
    /// Nothing came in time. Connect again.
    #[error("the server did not answer in time")]
    TimedOut,
}

/// A NO or BAD, as the server put it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The response code without brackets and arguments, in capitals: `UNAVAILABLE`, `ALERT` (RFC 5530).
    pub code: Option<String>,
    /// What the server says to the user.
    pub words: Words,
}

/// Text from the server for the user: one line without control characters, at most 300 characters.
///
/// Its `Debug` tells only its length, so that it does not end up in a log.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Words(String);

impl Error {
    /// What the server said about it, if it said anything.
    pub fn words(&self) -> Option<&str> {
        let words = match self {
            Self::Bad(refusal)
            | Self::LoginBarred(refusal)
            | Self::LoginRefused(refusal)
            | Self::LoginUnavailable(refusal)
            | Self::No(refusal) => &refusal.words,
            Self::Bye(words) => words,
            Self::Closed | Self::Limit(_) | Self::NoMechanism | Self::Protocol(_) | Self::TimedOut => {
                return None;
            }
        };
        Some(words.as_str()).filter(|words| !words.is_empty())
    }

    /// A NO to LOGIN or AUTHENTICATE, by its code (RFC 5530 §3).
    ///
    /// Only a plain NO and AUTHENTICATIONFAILED speak of the password. Codes that mean a person must act are
    /// barred; everything else, ALERT and codes unknown here included, may pass by itself.
    pub(super) fn from_login(refusal: Refusal) -> Self {
        match refusal.code.as_deref() {
            None | Some("AUTHENTICATIONFAILED") => Self::LoginRefused(refusal),
            Some("AUTHORIZATIONFAILED" | "CONTACTADMIN" | "EXPIRED" | "NOPERM" | "PRIVACYREQUIRED") => {
                Self::LoginBarred(refusal)
            }
            Some(_) => Self::LoginUnavailable(refusal),
        }
    }
}

/// Errors of the stream and of the guard. What async-imap says is dropped: its text holds the whole buffer.
impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        if let Some(breach) = error.get_ref().and_then(|inner| inner.downcast_ref::<Breach>()) {
            return match breach {
                Breach::Limit(what) => Self::Limit(what),
                Breach::Protocol(what) => Self::Protocol(what),
            };
        }
        match error.kind() {
            io::ErrorKind::TimedOut => Self::TimedOut,
            // async-imap 0.12 reports a line that it cannot parse as `Other`.
            io::ErrorKind::Other => Self::Protocol("a response that cannot be read"),
            _ => Self::Closed,
        }
    }
}

/// What the guard refuses, on its way through async-imap, which passes on only `io::Error`.
#[derive(Debug, thiserror::Error)]
pub(super) enum Breach {
    #[error("limit exceeded: {0}")]
    Limit(&'static str),
    #[error("protocol broken: {0}")]
    Protocol(&'static str),
}

impl From<Breach> for io::Error {
    fn from(breach: Breach) -> Self {
        Self::other(breach)
    }
}

impl Words {
    /// The text, for showing.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Words {
    fn from(text: &str) -> Self {
        Self(text.trim().chars().filter(|c| !c.is_control()).take(LONGEST_WORDS).collect())
    }
}

impl fmt::Debug for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Words({} bytes)", self.0.len())
    }
}

/// A sentence or two; what is longer is not meant for people.
const LONGEST_WORDS: usize = 300;
