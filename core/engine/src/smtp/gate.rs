//! Between lettre and the server: what lettre may send, and what it gets to read.
//!
//! ```text
//! lettre ──command, body──> Gate ── shut before the dot ──> server
//! lettre <──tidy reply───── Gate <── one reply at a time, bounded ── server
//!                             └── the reply as it came, for the dialogue
//! ```
//! lettre 0.11.23 writes the dot as soon as the body is done, reads a line of any length, takes Latin-1 for a broken
//! connection, waits without limit, and keeps some of what was answered to itself. Each of these is met here, without
//! knowing any command. A clone is another handle to the same gate.

use std::collections::VecDeque;
use std::fmt;
use std::io::{self, ErrorKind, Read};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use lettre::transport::smtp::Error;
use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::io::{AsyncBufRead, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

use super::reply::{Cut, Reply, Unfinished};

/// A stream to a server, held at both ends: lettre reads and writes, the dialogue rules.
pub(super) struct Gate<S>(Arc<Mutex<Inner<S>>>);

struct Inner<S> {
    stream: BufReader<S>,
    /// When waiting ends, for whatever it is.
    deadline: Pin<Box<Sleep>>,
    is_shut: bool,
    /// The line being read, and the reply it will belong to.
    line: Vec<u8>,
    unfinished: Unfinished,
    /// The last reply, until the dialogue takes it.
    reply: Option<Reply>,
    /// What lettre has not read of it yet.
    handing: VecDeque<u8>,
}

impl<S: AsyncRead> Gate<S> {
    /// Stands before `stream`, open. Must be called within a tokio runtime.
    pub(super) fn new(stream: S) -> Self {
        Self(Arc::new(Mutex::new(Inner {
            stream: BufReader::new(stream),
            deadline: Box::pin(sleep(Duration::ZERO)),
            is_shut: false,
            line: Vec::new(),
            unfinished: Unfinished::default(),
            reply: None,
            handing: VecDeque::new(),
        })))
    }

    /// Gives all that follows so much time, writes and reads together.
    pub(super) fn allow(&self, limit: Duration) {
        let now = Instant::now();
        self.inner().deadline.as_mut().reset(now.checked_add(limit).unwrap_or(now));
    }

    /// Lets nothing out until it is opened. A write waits without being woken: who opens the gate polls it again.
    pub(super) fn shut(&self) {
        self.inner().is_shut = true;
    }

    pub(super) fn is_shut(&self) -> bool {
        self.inner().is_shut
    }

    pub(super) fn open(&self) {
        self.inner().is_shut = false;
    }

    /// What the server answered to a call of lettre's that came to `result`. lettre's error would hold a refusal only
    /// in part, its connection nothing of what EHLO brought.
    pub(super) fn answer<T>(&self, result: &Result<T, Error>) -> Result<Reply, Cut> {
        match (self.inner().reply.take(), result) {
            (Some(reply), Ok(_)) => Ok(reply),
            (Some(reply), Err(_)) if reply.is_refusal() => Ok(reply),
            (_, Err(error)) => Err(Cut::from(error)),
            (None, Ok(_)) => Err(Cut::Unintelligible),
        }
    }

    /// Nothing is awaited while it is locked, and nothing in here panics: a poisoned lock is whole.
    fn inner(&self) -> MutexGuard<'_, Inner<S>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Gate<S> {
    /// Sends bytes that are not lettre's business.
    pub(super) async fn write(&self, bytes: &[u8]) -> io::Result<()> {
        let mut writer = self.clone();
        writer.write_all(bytes).await?;
        writer.flush().await
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Gate<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let inner = &mut *self.inner();
        if inner.handing.is_empty() {
            // After a refused EHLO lettre says QUIT and waits. The refusal is the answer, and the last one.
            if inner.reply.as_ref().is_some_and(Reply::is_refusal) {
                return Poll::Ready(Err(ErrorKind::ConnectionAborted.into()));
            }
            let reply = inner.poll_reply(cx);
            let reply = ready!(inner.in_time(cx, reply))?;
            inner.handing.extend(reply.to_wire().bytes());
            inner.reply = Some(reply);
        }
        let count = inner.handing.read(buf.initialize_unfilled())?;
        buf.advance(count);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Gate<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let inner = &mut *self.inner();
        if inner.is_shut {
            return Poll::Pending;
        }
        // The server has said more than was asked: it would be taken for the answer to these bytes.
        if !inner.stream.buffer().is_empty() {
            return Poll::Ready(Err(ErrorKind::InvalidData.into()));
        }
        let written = Pin::new(&mut inner.stream).poll_write(cx, bytes);
        inner.in_time(cx, written)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let inner = &mut *self.inner();
        let flushed = Pin::new(&mut inner.stream).poll_flush(cx);
        inner.in_time(cx, flushed)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let inner = &mut *self.inner();
        let closed = Pin::new(&mut inner.stream).poll_shutdown(cx);
        inner.in_time(cx, closed)
    }
}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> AsyncTokioStream for Gate<S> {
    /// Not known, and not asked for.
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Err(ErrorKind::Unsupported.into())
    }
}

impl<S> Clone for Gate<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S> fmt::Debug for Gate<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Gate")
    }
}

impl<S> Inner<S> {
    /// Turns a wait beyond the deadline into an error.
    fn in_time<T>(&mut self, cx: &mut Context<'_>, outcome: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if outcome.is_pending() {
            ready!(self.deadline.as_mut().poll(cx));
            return Poll::Ready(Err(ErrorKind::TimedOut.into()));
        }
        outcome
    }
}

impl<S: AsyncRead + Unpin> Inner<S> {
    /// Reads up to the end of a reply and not beyond, so that what follows is seen to be too much.
    fn poll_reply(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Reply>> {
        loop {
            ready!(self.poll_line(cx))?;
            let reply = self.unfinished.add(&self.line);
            self.line.clear();
            if let Some(reply) = reply? {
                return Poll::Ready(Ok(reply));
            }
        }
    }

    fn poll_line(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.line.ends_with(b"\n") {
            let arrived = ready!(Pin::new(&mut self.stream).poll_fill_buf(cx))?;
            if arrived.is_empty() {
                return Poll::Ready(Err(ErrorKind::UnexpectedEof.into()));
            }
            let piece = arrived.split_inclusive(|byte| *byte == b'\n').next().unwrap_or(arrived);
            let count = piece.len();
            if self.line.len().saturating_add(count) > MAX_LINE {
                return Poll::Ready(Err(ErrorKind::InvalidData.into()));
            }
            self.line.extend_from_slice(piece);
            Pin::new(&mut self.stream).consume(count);
        }
        Poll::Ready(Ok(()))
    }
}

/// RFC 5321 §4.5.3.1.5 allows 512 bytes; Exchange and some providers send longer ones.
const MAX_LINE: usize = 2_000;

#[cfg(test)]
mod tests;
