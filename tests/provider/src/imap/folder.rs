//! Commands about folders as they are, open or not: LIST, LSUB, STATUS, SELECT's description, APPEND, CREATE.
//!
//! Names are compared as written on the wire, levels separated by `/`. Every folder counts as subscribed.

use std::num::NonZeroU32;
use std::sync::Arc;

use imap_codec::imap_types::core::{Atom, IString, Literal, QuotedChar, Text};
use imap_codec::imap_types::datetime::DateTime;
use imap_codec::imap_types::extensions::namespace::Namespace;
use imap_codec::imap_types::flag::{Flag, FlagNameAttribute, FlagPerm};
use imap_codec::imap_types::mailbox::{ListMailbox, Mailbox as Name};
use imap_codec::imap_types::response::{Code, Data, Response, Status};
use imap_codec::imap_types::status::{StatusDataItem, StatusDataItemName};
use jiff::Timestamp;

use super::answer::Answer;
use super::view::{View, count, number};
use crate::mailbox::{DELIMITER, INBOX, Mailbox};

/// The name of a folder as the mailbox keeps it.
pub(crate) fn name(name: &Name<'_>) -> Result<String, Answer> {
    match name {
        Name::Inbox => Ok(INBOX.to_owned()),
        Name::Other(other) => String::from_utf8(other.as_ref().to_vec()).map_err(|_| missing()),
    }
}

/// The answer where a folder does not exist.
pub(crate) fn missing() -> Answer {
    Answer::no("There is no such folder")
}

/// The folders that LIST or LSUB asks for, with their special use.
pub(crate) fn list(
    mailbox: &Mailbox,
    reference: &Name<'_>,
    wildcard: &ListMailbox<'_>,
) -> Result<Vec<(Vec<FlagNameAttribute<'static>>, Name<'static>)>, Answer> {
    let wildcard = match wildcard {
        ListMailbox::Token(token) => token.as_ref(),
        ListMailbox::String(string) => string.as_ref(),
    };
    let reference = name(reference)?;
    if wildcard.is_empty() {
        // RFC 3501 section 6.3.8: an empty name asks for the delimiter.
        let root = Name::try_from("").map_err(|_| missing())?;
        return Ok(vec![(vec![FlagNameAttribute::Noselect], root)]);
    }
    let pattern = [reference.as_bytes(), wildcard].concat();
    let found = mailbox.folders().into_iter().filter(|(name, _)| {
        if name == INBOX {
            matches(&pattern.to_ascii_uppercase(), name.as_bytes())
        } else {
            matches(&pattern, name.as_bytes())
        }
    });
    let described = found.filter_map(|(name, special_use)| {
        let attribute = special_use
            .and_then(|attribute| Atom::try_from(attribute.trim_start_matches('\\').to_owned()).ok())
            .map(FlagNameAttribute::from);
        Some((attribute.into_iter().collect(), Name::try_from(name).ok()?))
    });
    Ok(described.collect())
}

/// What STATUS tells of a folder.
pub(crate) fn status(
    mailbox: &Mailbox,
    name: &str,
    asked: &[StatusDataItemName],
) -> Result<Vec<StatusDataItem>, Answer> {
    let items = mailbox.read(name, |folder| {
        let unseen = folder.messages.iter().filter(|message| !message.flags.contains("\\Seen")).count();
        let items = asked.iter().map(|item| {
            Some(match item {
                StatusDataItemName::Messages => StatusDataItem::Messages(count(folder.messages.len())),
                StatusDataItemName::Recent => StatusDataItem::Recent(0),
                StatusDataItemName::UidNext => StatusDataItem::UidNext(NonZeroU32::new(folder.next_uid)?),
                StatusDataItemName::UidValidity => {
                    StatusDataItem::UidValidity(NonZeroU32::new(folder.validity)?)
                }
                StatusDataItemName::Unseen => StatusDataItem::Unseen(count(unseen)),
                _ => return None,
            })
        });
        items.collect::<Option<Vec<_>>>().ok_or(Answer::bad("An item that is not offered"))
    });
    items.ok_or_else(missing)?
}

/// Opens a folder: the view, and what SELECT and EXAMINE say of it (RFC 3501 section 6.3.1).
pub(crate) fn open(
    mailbox: &Mailbox,
    name: &str,
    read_only: bool,
) -> Result<(View, Vec<Response<'static>>), Answer> {
    let view = View::open(mailbox, name, read_only).ok_or_else(missing)?;
    let flags = vec![Flag::Answered, Flag::Flagged, Flag::Deleted, Flag::Seen, Flag::Draft];
    let permanent = match read_only {
        true => Vec::new(),
        false => flags.iter().cloned().map(FlagPerm::Flag).chain([FlagPerm::Asterisk]).collect(),
    };
    let first_unseen = view.messages().iter().position(|message| !message.flags.contains("\\Seen"));
    let codes = [
        first_unseen.map(|at| (Code::Unseen(number(at)), "The first unseen message")),
        Some((Code::PermanentFlags(permanent), "The flags that can be kept")),
        NonZeroU32::new(view.validity()).map(|validity| (Code::UidValidity(validity), "UIDs are valid")),
        NonZeroU32::new(view.next_uid()).map(|uid| (Code::UidNext(uid), "The next UID")),
    ];
    let mut responses = vec![
        Response::Data(Data::Flags(flags)),
        Response::Data(Data::Exists(count(view.messages().len()))),
        Response::Data(Data::Recent(0)),
    ];
    for (code, text) in codes.into_iter().flatten() {
        let status = Status::ok(None, Some(code), Text::unvalidated(text));
        responses.push(Response::Status(status.expect("a valid text")));
    }
    Ok((view, responses))
}

/// Adds a client's own message.
pub(crate) fn append(
    mailbox: &Mailbox,
    name: &str,
    flags: &[Flag<'_>],
    date: Option<&DateTime>,
    message: &Literal<'_>,
) -> Result<(), Answer> {
    let date = date.and_then(|date| Timestamp::from_second(date.as_ref().timestamp()).ok());
    let flags = flags.iter().map(Flag::to_string).collect();
    let raw = Arc::from(message.data());
    let appended = mailbox.edit(name, |folder| folder.push(raw, flags, date.unwrap_or_else(Timestamp::now)));
    appended.map(drop).ok_or_else(|| missing().with(Code::TryCreate))
}

/// Makes a folder that does not exist yet.
pub(crate) fn create(mailbox: &Mailbox, name: &str) -> Result<(), Answer> {
    // RFC 3501 section 6.3.3: a delimiter at the end announces folders below it.
    let name = name.trim_end_matches(DELIMITER);
    if name.is_empty() || mailbox.read(name, |_| ()).is_some() {
        return Err(Answer::no("There is such a folder already"));
    }
    mailbox.create_folder(name, None);
    Ok(())
}

/// The one namespace: the user's own folders (RFC 2342).
pub(crate) fn namespace() -> Data<'static> {
    let prefix = IString::try_from("").expect("a valid string");
    let personal = Namespace { prefix, delimiter: delimiter(), extensions: Vec::new() };
    Data::Namespace { personal: vec![personal], other: Vec::new(), shared: Vec::new() }
}

/// What separates levels, as a response spells it.
pub(crate) fn delimiter() -> Option<QuotedChar> {
    QuotedChar::try_from(DELIMITER).ok()
}

/// Whether a name fits a pattern: `*` is any text, `%` any text within one level.
///
/// Walks through the pattern once and keeps every place of the name that can be reached, so that no pattern
/// costs more than its length times that of the name.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    let mut reached = vec![false; name.len() + 1];
    reached[0] = true;
    for &wanted in pattern {
        if matches!(wanted, b'*' | b'%') {
            for at in 0..name.len() {
                let passes = wanted == b'*' || char::from(name[at]) != DELIMITER;
                reached[at + 1] |= reached[at] && passes;
            }
        } else {
            for at in (0..name.len()).rev() {
                reached[at + 1] = reached[at] && name[at] == wanted;
            }
            reached[0] = false;
        }
    }
    reached[name.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (pattern, name, fits) in [
            ("*", "A/B/C", true),
            ("%", "A", true),
            ("%", "A/B", false),
            ("A/%", "A/B", true),
            ("A/%", "A/B/C", false),
            ("A*C", "A/B/C", true),
            ("A%C", "A/B/C", false),
            ("%/%/C", "A/B/C", true),
            ("a", "A", false),
            ("A", "AB", false),
            ("AB", "A", false),
            ("**%%", "", true),
        ] {
            assert_eq!(matches(pattern.as_bytes(), name.as_bytes()), fits, "{pattern} {name}");
        }
    }
}
