//! A stream that does not wait for ever, and sends a command as one piece.
//!
//! Reads and writes fail with `TimedOut` once nothing has moved in their direction for the given time.
//! What is written stays here until it is flushed: without that each small piece of a command would be a TLS
//! record of its own (async-imap 0.12 writes tag, command and line end apart). Passwords pass through this
//! buffer, so it is overwritten as soon as it has been sent.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};
use zeroize::{Zeroize, Zeroizing};

/// A stream with a limit on silence, and buffered writes: nothing is sent before a flush, or 16 KB.
pub struct Stream<S> {
    inner: S,
    reading: Patience,
    writing: Patience,
    outbox: Zeroizing<Vec<u8>>,
    sent: usize,
}

impl<S> Stream<S> {
    /// Wraps `inner`; `silence` is how long nothing may move in one direction while it is waited for.
    /// Must be called within a tokio runtime.
    pub fn new(inner: S, silence: Duration) -> Self {
        Self {
            inner,
            reading: Patience::new(silence),
            writing: Patience::new(silence),
            outbox: Zeroizing::new(Vec::with_capacity(OUTBOX)),
            sent: 0,
        }
    }

    /// The stream below.
    pub fn inner(&self) -> &S {
        &self.inner
    }
}

impl<S: AsyncWrite + Unpin> Stream<S> {
    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(rest) = self.outbox.get(self.sent..).filter(|rest| !rest.is_empty()) {
            let written = Pin::new(&mut self.inner).poll_write(cx, rest);
            match ready!(self.writing.poll(cx, written))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                count => self.sent = self.sent.saturating_add(count),
            }
        }
        self.outbox.zeroize();
        self.sent = 0;
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Stream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let read = Pin::new(&mut this.inner).poll_read(cx, buf);
        this.reading.poll(cx, read)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Stream<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        if self.outbox.len() >= OUTBOX {
            ready!(self.poll_send(cx))?;
        }
        // Never more than the capacity: growing would leave a copy behind that nobody overwrites.
        let room = OUTBOX.saturating_sub(self.outbox.len());
        let piece = buf.get(..room).unwrap_or(buf);
        self.outbox.extend_from_slice(piece);
        Poll::Ready(Ok(piece.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_send(cx))?;
        let this = &mut *self;
        let flushed = Pin::new(&mut this.inner).poll_flush(cx);
        this.writing.poll(cx, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_send(cx))?;
        let this = &mut *self;
        let shut = Pin::new(&mut this.inner).poll_shutdown(cx);
        this.writing.poll(cx, shut)
    }
}

impl<S> fmt::Debug for Stream<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").field("unsent", &self.outbox.len()).finish_non_exhaustive()
    }
}

/// Turns a wait that has lasted too long into an error.
struct Patience {
    limit: Duration,
    timer: Pin<Box<Sleep>>,
    waiting: bool,
}

impl Patience {
    fn new(limit: Duration) -> Self {
        Self { limit, timer: Box::pin(sleep(limit)), waiting: false }
    }

    fn poll<T>(&mut self, cx: &mut Context<'_>, outcome: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if outcome.is_ready() {
            self.waiting = false;
            return outcome;
        }
        if !self.waiting {
            self.waiting = true;
            let now = Instant::now();
            self.timer.as_mut().reset(now.checked_add(self.limit).unwrap_or(now));
        }
        ready!(self.timer.as_mut().poll(cx));
        self.waiting = false;
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

/// Room for any command; one TLS record holds as much.
const OUTBOX: usize = 16 * 1024;
