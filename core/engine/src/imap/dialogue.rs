//! One command at a time: written, answered, read to its tagged end.
//!
//! async-imap's `Client` reads and parses; the commands are written here, under tags of ours, because it
//! logs what it writes and keeps copies, passwords included. Strings go as literals (RFC 3501 §4.3): there is
//! nothing to quote, so nothing in a folder's name or a password can become a command.

use std::fmt;
use std::time::Duration;

use async_imap::Client;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, timeout, timeout_at};

use super::Limits;
use super::error::Error;
use super::guard::Guard;
use super::reply::{Note, Reply};

/// What a session runs over: a TLS stream, or in tests a pipe. Writes are best buffered, as `net::Stream` does.
pub trait Transport: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Transport for T {}

/// A connection on which commands are run one after the other.
pub(super) struct Dialogue {
    client: Client<Guard<Box<dyn Transport>>>,
    limits: Limits,
    count: u16,
    tag: String,
    /// A command was begun and its end not read: nothing else can be read with certainty.
    open: bool,
    /// How many messages the folder has, by EXISTS and EXPUNGE.
    exists: u32,
    news: bool,
}

impl Dialogue {
    pub(super) fn new(stream: impl Transport + 'static, limits: Limits) -> Self {
        let guard = Guard::new(Box::new(stream) as Box<dyn Transport>, limits.message);
        Self {
            client: Client::new(guard),
            limits,
            count: 0,
            tag: String::new(),
            open: false,
            exists: 0,
            news: false,
        }
    }

    /// Runs a command to its end, and gives each untagged reply to `each`.
    pub(super) async fn run(
        &mut self,
        command: &str,
        literals: &[&[u8]],
        each: impl FnMut(Reply) -> Result<(), Error>,
    ) -> Result<Note, Error> {
        self.start(command, literals).await?;
        self.finish(each).await
    }

    /// Writes a command, with `literals` behind it as further arguments.
    pub(super) async fn start(&mut self, command: &str, literals: &[&[u8]]) -> Result<(), Error> {
        if self.open {
            return Err(Error::Closed);
        }
        self.open = true;
        self.count = self.count.checked_add(1).filter(|count| *count < 10_000).unwrap_or(1);
        self.tag = format!("A{:04}", self.count);

        let mut line = format!("{} {command}", self.tag);
        for literal in literals {
            self.send(&[line.as_bytes(), format!(" {{{}}}\r\n", literal.len()).as_bytes()]).await?;
            self.go_ahead().await?;
            self.send_part(literal).await?;
            line.clear();
        }
        self.send(&[line.as_bytes(), b"\r\n"]).await
    }

    /// Waits for the server's `+`. A refusal instead ends the command.
    pub(super) async fn go_ahead(&mut self) -> Result<(), Error> {
        let deadline = after(self.limits.command);
        loop {
            match self.reply(deadline).await? {
                Reply::Continue => return Ok(()),
                Reply::Done { ending, .. } => {
                    ending.into_result()?;
                    return Err(Error::Protocol("success before the command was whole"));
                }
                _ => {}
            }
        }
    }

    /// Reads to the end of the command that is under way.
    pub(super) async fn finish(
        &mut self,
        each: impl FnMut(Reply) -> Result<(), Error>,
    ) -> Result<Note, Error> {
        self.finish_within(self.limits.command, each).await
    }

    /// The same, for a command that may take longer than others.
    pub(super) async fn finish_within(
        &mut self,
        patience: Duration,
        mut each: impl FnMut(Reply) -> Result<(), Error>,
    ) -> Result<Note, Error> {
        let deadline = after(patience);
        loop {
            match self.reply(deadline).await? {
                Reply::Done { ending, .. } => return ending.into_result(),
                reply => each(reply)?,
            }
        }
    }

    /// The next reply, by `deadline`; silence ends the wait earlier.
    pub(super) async fn reply(&mut self, deadline: Instant) -> Result<Reply, Error> {
        timeout_at(deadline, self.next(self.limits.silence)).await.map_err(|_| Error::TimedOut)?
    }

    /// The next reply, whenever it comes, unless nothing at all arrives for as long as `silence`.
    /// May be dropped and called again: nothing is lost.
    pub(super) async fn next(&mut self, silence: Duration) -> Result<Reply, Error> {
        loop {
            let heard = self.client.get_ref().heard();
            match timeout(silence, self.client.read_response()).await {
                Ok(Ok(Some(response))) => {
                    let body = self.client.get_mut().take_body();
                    let reply = Reply::read(response.parsed(), body);
                    return self.note(reply);
                }
                Ok(Ok(None)) => return Err(Error::Closed),
                Ok(Err(error)) => return Err(error.into()),
                Err(_) if self.client.get_ref().heard() > heard => {}
                Err(_) => return Err(Error::TimedOut),
            }
        }
    }

    /// What holds for every command: BYE ends it, tags must fit, the number of messages may change.
    fn note(&mut self, reply: Reply) -> Result<Reply, Error> {
        match &reply {
            Reply::Bye(words) => {
                self.open = true;
                return Err(Error::Bye(words.clone()));
            }
            Reply::Done { tag, .. } if !self.open || *tag != self.tag => {
                self.open = true;
                return Err(Error::Protocol("an answer to no command"));
            }
            Reply::Done { .. } => self.open = false,
            Reply::Exists(count) => {
                self.news |= *count != self.exists;
                self.exists = *count;
            }
            Reply::Expunge => self.exists = self.exists.saturating_sub(1),
            _ => {}
        }
        Ok(reply)
    }

    /// Writes a line in pieces, and sends it.
    pub(super) async fn send(&mut self, pieces: &[&[u8]]) -> Result<(), Error> {
        for piece in pieces {
            self.send_part(piece).await?;
        }
        let patience = self.limits.silence;
        within(patience, self.client.get_mut().flush()).await
    }

    async fn send_part(&mut self, piece: &[u8]) -> Result<(), Error> {
        let patience = self.limits.silence;
        within(patience, self.client.get_mut().write_all(piece)).await
    }

    /// The caller is about to list the folder again: what came before is no news any more.
    pub(super) fn list_again(&mut self) {
        self.news = false;
    }

    /// Whether the number of messages has changed since the last listing.
    pub(super) fn has_news(&self) -> bool {
        self.news
    }
}

impl fmt::Debug for Dialogue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dialogue").field("tag", &self.tag).field("open", &self.open).finish_non_exhaustive()
    }
}

async fn within(patience: Duration, write: impl Future<Output = std::io::Result<()>>) -> Result<(), Error> {
    Ok(timeout(patience, write).await.map_err(|_| Error::TimedOut)??)
}

/// The moment that lies `patience` ahead.
pub(super) fn after(patience: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(patience).unwrap_or(now)
}
