//! Lines to a server and replies from it, each with a deadline and a bound (RFC 5321 §4.2, §4.5.3).
//!
//! Own, because a library would hide what matters here. lettre 0.11.23 sends the final dot together with the body,
//! reads a line of any length, takes an answer that is not UTF-8 for a broken connection, and keeps copies of the
//! password. What is left to do without one is this file.

use std::io::ErrorKind;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::time::timeout;

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

impl From<std::io::Error> for Cut {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            ErrorKind::BrokenPipe | ErrorKind::ConnectionReset | ErrorKind::UnexpectedEof => Self::Closed,
            kind => Self::Failed(kind),
        }
    }
}

/// A stream to a server, read by replies.
pub(super) struct Connection<S> {
    stream: BufReader<S>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream: BufReader::new(stream) }
    }

    /// Sends one line, which brings its CRLF, and waits for the reply to it.
    pub(super) async fn command(&mut self, line: &str, limit: Duration) -> Result<Reply, Cut> {
        self.write(line.as_bytes(), limit).await?;
        self.reply(limit).await
    }

    /// Sends bytes as they are. Refuses to if the server has already said more than was asked: its next line would
    /// be taken for the answer to these bytes.
    pub(super) async fn write(&mut self, bytes: &[u8], limit: Duration) -> Result<(), Cut> {
        if !self.stream.buffer().is_empty() {
            return Err(Cut::Unintelligible);
        }
        let write = async {
            self.stream.write_all(bytes).await?;
            self.stream.flush().await
        };
        Ok(timeout(limit, write).await.map_err(|_| Cut::TimedOut)??)
    }

    /// Waits for a reply, whole, for as long as `limit` in all.
    pub(super) async fn reply(&mut self, limit: Duration) -> Result<Reply, Cut> {
        timeout(limit, self.read_reply()).await.map_err(|_| Cut::TimedOut)?
    }

    async fn read_reply(&mut self) -> Result<Reply, Cut> {
        let mut reply: Option<Reply> = None;
        for _ in 0..MAX_LINES {
            let line = self.read_line().await?;
            let (code, is_last, words) = split_line(&line).ok_or(Cut::Unintelligible)?;
            let reply = reply.get_or_insert_with(|| Reply { code, text: String::new() });
            if reply.code != code {
                return Err(Cut::Unintelligible);
            }
            append(&mut reply.text, &words);
            if is_last {
                return Ok(reply.clone());
            }
        }
        Err(Cut::Unintelligible)
    }

    async fn read_line(&mut self) -> Result<Vec<u8>, Cut> {
        let mut line = Vec::new();
        let read = (&mut self.stream).take(MAX_LINE).read_until(b'\n', &mut line).await?;
        match line.ends_with(b"\n") {
            true => Ok(line),
            false if u64::try_from(read).is_ok_and(|read| read >= MAX_LINE) => Err(Cut::Unintelligible),
            false => Err(Cut::Closed),
        }
    }
}

/// Code, whether it is the reply's last line, and the words of one line.
fn split_line(line: &[u8]) -> Option<(u16, bool, String)> {
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
    Some((code, is_last, String::from_utf8_lossy(words).replace(char::is_control, " ").trim().to_owned()))
}

fn append(text: &mut String, line: &str) {
    if text.len().saturating_add(line.len()) >= MAX_TEXT {
        return;
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(line);
}

/// RFC 5321 §4.5.3.1.5 allows 512 bytes; Exchange and some providers send longer ones.
const MAX_LINE: u64 = 2_000;
/// A greeting with a page of legal text has some dozens.
const MAX_LINES: usize = 200;
const MAX_TEXT: usize = 4_000;
