//! What a server answers, put together line by line within bounds, and why there may be no answer.
//!
//! RFC 5321 §4.2, read as generously as the field needs: any encoding, any digits after the first, a bare LF, a code
//! without words.

use std::error::Error as _;
use std::io::{self, ErrorKind};

use lettre::transport::smtp::Error;

/// What a server answered.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Reply {
    /// The three digits.
    pub code: u16,
    /// The server's words, a line for each of its lines, without control characters: at most 4,000 bytes. They may
    /// quote an address, so they are for the user and never for a log.
    pub text: String,
}

impl Reply {
    /// What the first digit says (RFC 5321 §4.2.1).
    pub fn severity(&self) -> Severity {
        match self.code {
            ..300 => Severity::Completed,
            300..400 => Severity::Continue,
            400..500 => Severity::Transient,
            500.. => Severity::Permanent,
        }
    }

    pub(super) fn is_refusal(&self) -> bool {
        matches!(self.severity(), Severity::Transient | Severity::Permanent)
    }

    /// The reply as lettre reads it. lettre 0.11.23 knows no second digit above 5, but servers do (571), so it is
    /// shown a 5 there.
    pub(super) fn to_wire(&self) -> String {
        let (class, category, detail) = (self.code / 100, self.code / 10 % 10, self.code % 10);
        let mut wire = String::new();
        let mut lines = self.text.split('\n').peekable();
        while let Some(line) = lines.next() {
            let separator = if lines.peek().is_some() { '-' } else { ' ' };
            wire.push_str(&format!("{class}{}{detail}{separator}{line}\r\n", category.min(5)));
        }
        wire
    }
}

/// The first digit of a reply.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Severity {
    /// 2: done.
    Completed,
    /// 3: go on.
    Continue,
    /// 4: not now.
    Transient,
    /// 5: no.
    Permanent,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Cut {
    /// The server closed the connection.
    #[error("the server closed the connection")]
    Closed,
    /// The connection failed.
    #[error("the connection failed ({0})")]
    Failed(ErrorKind),
    /// Nothing came in time.
    #[error("the server did not answer in time")]
    TimedOut,
    /// What came is not SMTP, or not an answer to what was asked.
    #[error("the server answered with something else than SMTP")]
    Unintelligible,
}

impl From<&io::Error> for Cut {
    fn from(error: &io::Error) -> Self {
        match error.kind() {
            ErrorKind::BrokenPipe | ErrorKind::ConnectionReset | ErrorKind::UnexpectedEof => Self::Closed,
            ErrorKind::InvalidData => Self::Unintelligible,
            ErrorKind::TimedOut => Self::TimedOut,
            kind => Self::Failed(kind),
        }
    }
}

impl From<&Error> for Cut {
    fn from(error: &Error) -> Self {
        let failed = error.source().and_then(|source| source.downcast_ref::<io::Error>());
        failed.map_or(Self::Unintelligible, Self::from)
    }
}

/// A reply of which more lines are to come.
#[derive(Default)]
pub(super) struct Unfinished {
    reply: Option<Reply>,
    lines: usize,
}

impl Unfinished {
    /// Adds a line; gives the reply if that was its last.
    pub(super) fn add(&mut self, line: &[u8]) -> io::Result<Option<Reply>> {
        let (code, is_last, words) = split(line).ok_or(ErrorKind::InvalidData)?;
        let reply = match self.reply.take() {
            None => Reply { code, text: words },
            Some(mut reply) => {
                if reply.code != code || self.lines >= MAX_LINES {
                    return Err(ErrorKind::InvalidData.into());
                }
                if reply.text.len().saturating_add(words.len()) < MAX_TEXT {
                    reply.text.push('\n');
                    reply.text.push_str(&words);
                }
                reply
            }
        };
        if is_last {
            self.lines = 0;
            return Ok(Some(reply));
        }
        self.lines = self.lines.saturating_add(1);
        self.reply = Some(reply);
        Ok(None)
    }
}

/// Code, whether it is the reply's last line, and the words of one line.
fn split(line: &[u8]) -> Option<(u16, bool, String)> {
    let (code, rest) = line.split_at_checked(3)?;
    let code =
        std::str::from_utf8(code).ok().filter(|code| code.bytes().all(|byte| byte.is_ascii_digit()))?;
    let code = code.parse().ok().filter(|code| (200..600).contains(code))?;
    let (is_last, words) = match rest {
        [b'-', words @ ..] => (false, words),
        [b' ', words @ ..] => (true, words),
        [b'\r' | b'\n', ..] => (true, rest),
        _ => return None,
    };
    let mut words = String::from_utf8_lossy(words).replace(char::is_control, " ").trim().to_owned();
    words.truncate(words.floor_char_boundary(MAX_WORDS));
    Some((code, is_last, words))
}

/// A greeting with a page of legal text has some dozens.
const MAX_LINES: usize = 200;
const MAX_TEXT: usize = 4_000;
/// lettre 0.11.23 takes a line of more than 1,000 bytes for a broken connection.
const MAX_WORDS: usize = 900;
