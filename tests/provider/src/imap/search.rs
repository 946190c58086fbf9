//! Which messages SEARCH finds (RFC 3501 section 6.4.4).
//!
//! Texts are compared byte for byte, without case in ASCII; encoded words and transfer encodings are not
//! opened. The date of a message is that of its arrival, in UTC. Keys that need more are unknown here.

use chrono::{DateTime, NaiveDate};
use imap_codec::imap_types::search::SearchKey;
use imap_codec::imap_types::sequence::{SeqOrUid, Sequence, SequenceSet};

use super::header;
use crate::mailbox::Message;

/// The key is not known here.
pub(crate) struct Unknown;

/// What `*` stands for: the number and the UID of the last message.
#[derive(Clone, Copy)]
pub(crate) struct Last {
    pub(crate) number: u32,
    pub(crate) uid: u32,
}

/// Whether the message with this sequence number fits the key.
pub(crate) fn fits(key: &SearchKey<'_>, number: u32, message: &Message, last: Last) -> Result<bool, Unknown> {
    let fits = |key| fits(key, number, message, last);
    let flag = |name: &str| message.flags.contains(name);
    let field = |name: &[u8], text: &[u8]| {
        let (head, _) = header::split(&message.raw);
        header::fields(head).iter().any(|field| field.is_named(name) && contains(&field.value(), text))
    };
    Ok(match key {
        SearchKey::All | SearchKey::Old => true,
        SearchKey::New | SearchKey::Recent => false,
        SearchKey::And(keys) => {
            for key in keys.as_ref() {
                if !fits(key)? {
                    return Ok(false);
                }
            }
            true
        }
        SearchKey::Not(key) => !fits(key)?,
        SearchKey::Or(one, other) => fits(one)? || fits(other)?,
        SearchKey::SequenceSet(set) => holds(set, number, last.number),
        SearchKey::Uid(set) => holds(set, message.uid, last.uid),
        SearchKey::Answered => flag("\\Answered"),
        SearchKey::Deleted => flag("\\Deleted"),
        SearchKey::Draft => flag("\\Draft"),
        SearchKey::Flagged => flag("\\Flagged"),
        SearchKey::Seen => flag("\\Seen"),
        SearchKey::Keyword(keyword) => flag(keyword.as_ref()),
        SearchKey::Unanswered => !flag("\\Answered"),
        SearchKey::Undeleted => !flag("\\Deleted"),
        SearchKey::Undraft => !flag("\\Draft"),
        SearchKey::Unflagged => !flag("\\Flagged"),
        SearchKey::Unseen => !flag("\\Seen"),
        SearchKey::Unkeyword(keyword) => !flag(keyword.as_ref()),
        SearchKey::Before(day) => arrival(message).is_some_and(|date| date < *day.as_ref()),
        SearchKey::On(day) => arrival(message).is_some_and(|date| date == *day.as_ref()),
        SearchKey::Since(day) => arrival(message).is_some_and(|date| date >= *day.as_ref()),
        SearchKey::Larger(size) => message.raw.len() > *size as usize,
        SearchKey::Smaller(size) => message.raw.len() < *size as usize,
        SearchKey::Bcc(text) => field(b"Bcc", text.as_ref()),
        SearchKey::Cc(text) => field(b"Cc", text.as_ref()),
        SearchKey::From(text) => field(b"From", text.as_ref()),
        SearchKey::Subject(text) => field(b"Subject", text.as_ref()),
        SearchKey::To(text) => field(b"To", text.as_ref()),
        SearchKey::Header(name, text) => field(name.as_ref(), text.as_ref()),
        SearchKey::Body(text) => contains(header::split(&message.raw).1, text.as_ref()),
        SearchKey::Text(text) => contains(&message.raw, text.as_ref()),
        _ => return Err(Unknown),
    })
}

/// Whether a set holds a number, if `*` is `last`; a range counts in either direction.
pub(crate) fn holds(set: &SequenceSet, number: u32, last: u32) -> bool {
    let value = |end: &SeqOrUid| match end {
        SeqOrUid::Value(value) => value.get(),
        SeqOrUid::Asterisk => last,
    };
    set.0.as_ref().iter().any(|sequence| match sequence {
        Sequence::Single(one) => value(one) == number,
        Sequence::Range(one, other) => {
            let (one, other) = (value(one), value(other));
            (one.min(other)..=one.max(other)).contains(&number)
        }
    })
}

fn arrival(message: &Message) -> Option<NaiveDate> {
    DateTime::from_timestamp(message.received.as_second(), 0).map(|time| time.date_naive())
}

fn contains(bytes: &[u8], text: &[u8]) -> bool {
    text.is_empty() || bytes.windows(text.len()).any(|window| window.eq_ignore_ascii_case(text))
}
