//! Between TLS and async-imap's parser: hands it only what it can take, one response at a time.
//!
//! ```text
//! server ──> lines, literals, quotes, parentheses ──> vetted response on one line ──> async-imap
//!                      └── BODY[] literal ──> Body, for the command
//! ```
//!
//! It knows no commands. Four things make the parser (async-imap 0.12 with imap-proto 0.17) safe to use:
//! a response is handed over only when it is complete and within the limits; a message's literal never gets
//! there (`NIL` stands in its place), other literals arrive as quoted strings; untagged responses that nobody
//! here asks for are held back, since one that the parser does not know closes the stream; and
//! a read never goes beyond the end of a response, so the body kept here belongs to what was parsed last.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::error::Breach;
use super::fetch::Body;
use shape::Shape;

mod shape;
mod vet;

/// A stream whose reads are vetted, and whose writes pass through.
pub(super) struct Guard<S> {
    inner: S,
    largest_body: u64,
    /// Bytes read and not looked at yet: `inbox[next..end]`.
    inbox: Box<[u8]>,
    next: usize,
    end: usize,
    /// The response being put together, on one line.
    response: Vec<u8>,
    /// Where its current line began: after the last literal.
    line: usize,
    shape: Shape,
    state: State,
    body: Option<Body>,
    heard: u64,
}

/// What the next byte belongs to.
enum State {
    /// The message's literal, to be kept.
    Body { left: u64 },
    /// A finished response, of which so much has been handed over.
    Handing { sent: usize },
    /// A line of the response.
    Line,
    /// A literal that becomes a quoted string.
    Quoting { left: u64 },
    /// A literal that nobody wants.
    Skipping { left: u64 },
}

impl<S> Guard<S> {
    /// Guards `inner`; a message larger than `largest_body` bytes is skipped and reported as such.
    pub(super) fn new(inner: S, largest_body: u64) -> Self {
        Self {
            inner,
            largest_body,
            inbox: vec![0; INBOX].into_boxed_slice(),
            next: 0,
            end: 0,
            response: Vec::new(),
            line: 0,
            shape: Shape::default(),
            state: State::Line,
            body: None,
            heard: 0,
        }
    }

    /// The body that came with the response parsed last.
    pub(super) fn take_body(&mut self) -> Option<Body> {
        self.body.take()
    }

    /// How many bytes the server has sent so far: whether anything moves, even within a long literal.
    pub(super) fn heard(&self) -> u64 {
        self.heard
    }

    /// Looks at what is in the inbox, until a response is complete or the inbox empty.
    fn advance(&mut self) -> Result<(), Breach> {
        while self.next < self.end && !matches!(self.state, State::Handing { .. }) {
            let unread = self.inbox.get(self.next..self.end).unwrap_or_default();
            let taken = match &mut self.state {
                State::Handing { .. } => 0,
                State::Line => {
                    let end = unread.iter().position(|byte| *byte == b'\n');
                    let taken = end.map_or(unread.len(), |end| end.saturating_add(1));
                    append(&mut self.response, unread.get(..taken).unwrap_or(unread))?;
                    if end.is_some() {
                        self.end_line()?;
                    }
                    taken
                }
                State::Body { left } => {
                    let piece = within(unread, left);
                    if let Some(Body::Whole(body)) = &mut self.body {
                        extend_body(body, piece, *left);
                    }
                    piece.len()
                }
                State::Quoting { left } => {
                    let piece = within(unread, left);
                    vet::quote(&mut self.response, piece)?;
                    if *left == 0 {
                        append(&mut self.response, b"\"")?;
                    }
                    piece.len()
                }
                State::Skipping { left } => within(unread, left).len(),
            };
            self.next = self.next.saturating_add(taken);
            self.end_literal();
        }
        Ok(())
    }

    /// After a literal, the response goes on with a new line.
    fn end_literal(&mut self) {
        if let State::Body { left: 0 } | State::Quoting { left: 0 } | State::Skipping { left: 0 } = self.state
        {
            self.line = self.response.len();
            self.state = State::Line;
        }
    }

    /// A line is complete: it announces a literal, or ends the response.
    fn end_line(&mut self) -> Result<(), Breach> {
        while let Some(b'\r' | b'\n') = self.response.last() {
            self.response.pop();
        }
        let kind = vet::Kind::of(&self.response);
        if kind != vet::Kind::Text {
            self.shape.feed(self.response.get(self.line..).unwrap_or_default());
            if let Some((start, length)) = vet::announced(&self.response).filter(|_| !self.shape.quoted()) {
                self.response.truncate(start);
                return self.begin_literal(kind, length);
            }
        }
        if vet::vet(kind, &mut self.response, &self.shape)? {
            self.response.extend_from_slice(b"\r\n");
            self.state = State::Handing { sent: 0 };
        } else {
            self.begin_response();
        }
        Ok(())
    }

    fn begin_literal(&mut self, kind: vet::Kind, length: u64) -> Result<(), Breach> {
        // From a response that will be held back nothing is kept.
        self.state = if kind == vet::Kind::Foreign {
            State::Skipping { left: length }
        } else if kind == vet::Kind::Fetch && vet::ends_with_body(&self.response) {
            append(&mut self.response, b"NIL")?;
            if self.body.is_some() {
                return Err(Breach::Protocol("two bodies in one response"));
            }
            if length > self.largest_body {
                self.body = Some(Body::TooLarge { size: length });
                State::Skipping { left: length }
            } else {
                self.body = Some(Body::Whole(Vec::new()));
                State::Body { left: length }
            }
        } else {
            append(&mut self.response, if length == 0 { b"\"\"" } else { b"\"" })?;
            State::Quoting { left: length }
        };
        self.end_literal();
        Ok(())
    }

    fn begin_response(&mut self) {
        self.response.clear();
        self.line = 0;
        self.shape = Shape::default();
        self.state = State::Line;
        self.body = None;
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Guard<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if let State::Handing { sent } = this.state
            && sent >= this.response.len()
        {
            this.begin_response();
        }
        loop {
            if let State::Handing { sent } = &mut this.state {
                let rest = this.response.get(*sent..).unwrap_or_default();
                let piece = rest.get(..buf.remaining()).unwrap_or(rest);
                buf.put_slice(piece);
                *sent = sent.saturating_add(piece.len());
                return Poll::Ready(Ok(()));
            }
            if this.next == this.end {
                let mut inbox = ReadBuf::new(&mut this.inbox);
                ready!(Pin::new(&mut this.inner).poll_read(cx, &mut inbox))?;
                let count = inbox.filled().len();
                if count == 0 {
                    return Poll::Ready(this.end_of_stream());
                }
                (this.next, this.end) = (0, count);
                this.heard = this.heard.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
            }
            this.advance()?;
        }
    }
}

impl<S> Guard<S> {
    /// An end between two responses is an end; anywhere else something is missing.
    fn end_of_stream(&self) -> io::Result<()> {
        let between = matches!(self.state, State::Line) && self.response.is_empty();
        if between { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Guard<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

impl<S> fmt::Debug for Guard<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard").field("heard", &self.heard).finish_non_exhaustive()
    }
}

/// Adds to a response, which has its limit.
fn append(response: &mut Vec<u8>, piece: &[u8]) -> Result<(), Breach> {
    if response.len().saturating_add(piece.len()) > LONGEST_RESPONSE {
        return Err(Breach::Limit("a response without end"));
    }
    response.extend_from_slice(piece);
    Ok(())
}

/// The part of `unread` that belongs to a literal, counted off from what is left of it.
fn within<'a>(unread: &'a [u8], left: &mut u64) -> &'a [u8] {
    let piece = usize::try_from(*left).ok().and_then(|left| unread.get(..left)).unwrap_or(unread);
    *left = left.saturating_sub(u64::try_from(piece.len()).unwrap_or(u64::MAX));
    piece
}

/// Room is made as bytes arrive, never for an announcement: at most twice what is there, and no more than
/// the message needs in the end. A large message could go to a file from here instead (design.md 12).
fn extend_body(body: &mut Vec<u8>, piece: &[u8], left: u64) {
    if body.capacity().saturating_sub(body.len()) < piece.len() {
        let left = usize::try_from(left).unwrap_or(usize::MAX);
        body.reserve_exact(piece.len().saturating_add(left.min(body.len().max(INBOX))));
    }
    body.extend_from_slice(piece);
}

/// As much as one TLS record holds.
const INBOX: usize = 16 * 1024;

/// 30,000 UIDs in one SEARCH. async-imap parses again for every 4 KB it reads, so more would cost time.
const LONGEST_RESPONSE: usize = 256 * 1024;

#[cfg(test)]
mod tests;
