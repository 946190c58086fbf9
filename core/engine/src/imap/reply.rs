//! What a server says, in the few words the commands understand.
//!
//! The only file that reads imap-proto's types. Everything the commands do not ask for becomes
//! [`Reply::Other`]; numbers that cannot be (a UID of zero) are dropped here.

use std::borrow::Cow;
use std::collections::BTreeSet;

use async_imap::imap_proto::{
    AttributeValue, Capability, MailboxDatum, Outcome, Response, ResponseCode, Status,
};
use jiff::Timestamp;

use super::error::{Error, Refusal, Words};
use super::fetch::Body;
use super::folder::Folder;
use crate::identity::{Uid, UidValidity};

/// One response of the server.
pub(super) enum Reply {
    /// The server is ending the connection.
    Bye(Words),
    Capabilities(Capabilities),
    /// `+`: the server waits for more.
    Continue,
    /// The end of the command with that tag.
    Done {
        tag: String,
        ending: Ending,
    },
    /// A new number of messages in the folder.
    Exists(u32),
    /// One message fewer.
    Expunge,
    Fetch(Item),
    Folder(Folder),
    /// Untagged OK, or PREAUTH, with what its code says.
    Note(Note),
    Other,
    Preauth,
    Search(Vec<Uid>),
}

/// How a command ended.
pub(super) enum Ending {
    Bad(Refusal),
    No(Refusal),
    Ok(Note),
}

/// What the response code of an OK says, as far as it is used here.
pub(super) enum Note {
    Capabilities(Capabilities),
    HighestModSeq(u64),
    Nothing,
    UidNext(Option<Uid>),
    UidValidity(Option<UidValidity>),
}

/// What one FETCH response says of one message.
#[derive(Default)]
pub(super) struct Item {
    pub(super) uid: Option<Uid>,
    pub(super) size: Option<u32>,
    pub(super) internal_date: Option<Timestamp>,
    pub(super) body: Option<Body>,
}

/// What a server can do, by the names of RFC 3501 §7.2.1 and IANA's registry.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Capabilities(BTreeSet<String>);

impl Capabilities {
    /// Whether the server names `capability`, given in capitals: `IDLE`, `AUTH=PLAIN`.
    pub fn has(&self, capability: &str) -> bool {
        self.0.contains(capability)
    }

    /// Each of them, in capitals, by name.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    fn from_wire(listed: &[Capability<'_>]) -> Self {
        let names = listed.iter().map(|capability| match capability {
            Capability::Imap4rev1 => "IMAP4REV1".to_owned(),
            Capability::Auth(mechanism) => format!("AUTH={}", mechanism.to_ascii_uppercase()),
            Capability::Atom(name) => name.to_ascii_uppercase(),
        });
        Self(names.collect())
    }
}

impl Reply {
    /// Reads what async-imap parsed; `body` is what the guard took out of this response.
    pub(super) fn read(response: &Response<'_>, body: Option<Body>) -> Self {
        match response {
            Response::Capabilities(listed) => Self::Capabilities(Capabilities::from_wire(listed)),
            Response::Continue(_) => Self::Continue,
            Response::Done { tag, status, outcome } => {
                Self::Done { tag: tag.0.clone(), ending: Ending::read(status, outcome) }
            }
            Response::Data { status: Status::Bye, outcome } => Self::Bye(refusal(outcome).words),
            Response::Data { status: Status::PreAuth, .. } => Self::Preauth,
            Response::Data { status: Status::Ok, outcome } => Self::Note(Note::read(outcome)),
            Response::Expunge(_) => Self::Expunge,
            Response::Fetch(_, attributes) => Self::Fetch(Item::read(attributes, body)),
            Response::MailboxData(MailboxDatum::Exists(count)) => Self::Exists(*count),
            Response::MailboxData(MailboxDatum::List(listed)) => Self::Folder(Folder::from_list(listed)),
            Response::MailboxData(MailboxDatum::Search(found)) => {
                Self::Search(found.iter().filter_map(|number| Uid::new(*number)).collect())
            }
            _ => Self::Other,
        }
    }
}

impl Ending {
    /// Success is only what the server calls OK.
    pub(super) fn into_result(self) -> Result<Note, Error> {
        match self {
            Self::Bad(refusal) => Err(Error::Bad(refusal)),
            Self::No(refusal) => Err(Error::No(refusal)),
            Self::Ok(note) => Ok(note),
        }
    }

    fn read(status: &Status, outcome: &Outcome<'_>) -> Self {
        match status {
            Status::Ok => Self::Ok(Note::read(outcome)),
            Status::No => Self::No(refusal(outcome)),
            // A tagged BYE or PREAUTH does not exist: whatever is meant, it is not success.
            Status::Bad | Status::Bye | Status::PreAuth => Self::Bad(refusal(outcome)),
        }
    }
}

impl Note {
    fn read(outcome: &Outcome<'_>) -> Self {
        match &outcome.code {
            Some(ResponseCode::Capabilities(listed)) => Self::Capabilities(Capabilities::from_wire(listed)),
            Some(ResponseCode::HighestModSeq(value)) => Self::HighestModSeq(*value),
            Some(ResponseCode::UidNext(number)) => Self::UidNext(Uid::new(*number)),
            Some(ResponseCode::UidValidity(number)) => Self::UidValidity(UidValidity::new(*number)),
            _ => Self::Nothing,
        }
    }
}

impl Item {
    fn read(attributes: &[AttributeValue<'_>], body: Option<Body>) -> Self {
        let mut body = body;
        let mut item = Self::default();
        for attribute in attributes {
            match attribute {
                AttributeValue::Uid(number) => item.uid = Uid::new(*number),
                AttributeValue::Rfc822Size(size) => item.size = Some(*size),
                AttributeValue::InternalDate(date) => item.internal_date = internal_date(date),
                AttributeValue::BodySection { section: None, index: None, data } => {
                    item.body = Some(match data {
                        // The guard hands literals to us, not to the parser: this is a quoted string.
                        Some(quoted) => Body::Whole(unescaped_bytes(quoted)),
                        None => body.take().unwrap_or(Body::Missing),
                    });
                }
                _ => {}
            }
        }
        item
    }
}

/// A refusal; imap-proto 0.17 leaves codes that it does not know in the text.
fn refusal(outcome: &Outcome<'_>) -> Refusal {
    let text = outcome.information.as_deref().unwrap_or_default();
    match &outcome.code {
        Some(ResponseCode::Alert) => Refusal { code: Some("ALERT".to_owned()), words: text.into() },
        Some(ResponseCode::Capabilities(_)) => Refusal { code: None, words: text.into() },
        Some(_) => Refusal { code: Some("OTHER".to_owned()), words: text.into() },
        None => match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((code, words)) => {
                let name = code.split(' ').next().unwrap_or_default();
                let name = name.chars().take(LONGEST_CODE).collect::<String>();
                Refusal { code: Some(name.to_ascii_uppercase()), words: words.into() }
            }
            None => Refusal { code: None, words: text.into() },
        },
    }
}

/// `date-time` of RFC 3501 §9: ` 1-Jul-2026 10:00:00 +0200`, the day padded with a space.
fn internal_date(text: &str) -> Option<Timestamp> {
    Timestamp::strptime("%d-%b-%Y %H:%M:%S %z", text.trim_start()).ok()
}

/// The content of a quoted string; imap-proto 0.17 leaves its backslashes in.
pub(super) fn unescaped(quoted: &str) -> Cow<'_, str> {
    if !quoted.contains('\\') {
        return Cow::Borrowed(quoted);
    }
    let mut plain = String::with_capacity(quoted.len());
    let mut chars = quoted.chars();
    while let Some(char) = chars.next() {
        plain.extend(if char == '\\' { chars.next() } else { Some(char) });
    }
    Cow::Owned(plain)
}

fn unescaped_bytes(quoted: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(quoted.len());
    let mut bytes = quoted.iter();
    while let Some(byte) = bytes.next() {
        plain.extend(if *byte == b'\\' { bytes.next() } else { Some(byte) });
    }
    plain
}

/// Names of response codes are short words.
const LONGEST_CODE: usize = 40;

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(line: &str) -> Refusal {
        let (_, response) = Response::parse(line.as_bytes()).unwrap();
        match Reply::read(&response, None) {
            Reply::Done { ending: Ending::No(refusal), .. } => refusal,
            _ => panic!("not a NO: {line}"),
        }
    }

    #[test]
    fn a_refusal_has_its_code_and_words() {
        for (line, code, words) in [
            ("A0001 NO no such user\r\n", None, "no such user"),
            ("A0001 NO [AUTHENTICATIONFAILED] wrong\r\n", Some("AUTHENTICATIONFAILED"), "wrong"),
            ("A0001 NO [ALERT] call us\r\n", Some("ALERT"), "call us"),
            ("A0001 NO [badurl /x] y\r\n", Some("BADURL"), "y"),
            ("A0001 NO [CAPABILITY IMAP4rev1] no\r\n", None, "no"),
            ("A0001 NO [TRYCREATE] no\r\n", Some("OTHER"), "no"),
            ("A0001 NO\r\n", None, ""),
        ] {
            let refusal = refused(line);
            assert_eq!((refusal.code.as_deref(), refusal.words.as_str()), (code, words), "{line}");
        }
    }

    #[test]
    fn an_internal_date_is_a_point_in_time() {
        for (text, expected) in [
            ("17-Jul-1996 02:44:25 -0700", Some("1996-07-17T09:44:25Z")),
            (" 1-Feb-2026 00:00:00 +0100", Some("2026-01-31T23:00:00Z")),
            ("", None),
            ("yesterday", None),
        ] {
            assert_eq!(internal_date(text).map(|date| date.to_string()).as_deref(), expected, "{text}");
        }
    }
}
