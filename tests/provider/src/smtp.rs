//! The submission server (RFC 6409 over implicit TLS, RFC 8314), and what it asks of the post office.
//!
//! ```text
//! client ──TLS──> session ──login, recipient, submit──> PostOffice
//!                    └─ data: what lies between DATA and the dot, unstuffed
//! ```
//! Offers SIZE, 8BITMIME, ENHANCEDSTATUSCODES and AUTH PLAIN and LOGIN; nothing goes without a login. It is
//! strict where laxity has done harm: lines end with CR LF, and only CR LF dot CR LF ends a message.
//! What is done with a message is not decided here.

mod data;
mod session;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::sync::Arc;

use rustls::ServerConfig;
use tokio::net::TcpListener;

use crate::listener::Listener;
use crate::mailbox::Mailbox;

/// A running submission server; it stops when dropped.
pub struct Server {
    listener: Listener,
}

/// What the servers ask: who may come in, and what becomes of a message.
///
/// All calls are synchronous; [`submit`](Self::submit) may take its time, it runs on a thread for such work.
pub trait PostOffice: Send + Sync + 'static {
    /// The mailbox of `login`, if the password is right.
    fn login(&self, login: &str, password: &str) -> Option<Mailbox>;

    /// Whether `login` may send to `address` (RCPT).
    ///
    /// # Errors
    /// The refusal to give, a 4xx or 5xx reply.
    fn recipient(&self, login: &str, address: &str) -> Result<(), Reply>;

    /// Takes a whole message, after the dot: a 250 reply, or a refusal.
    fn submit(&self, submission: Submission) -> Reply;
}

/// A message as it was handed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    /// Who logged in.
    pub login: String,
    /// The address of MAIL FROM, without brackets; empty for the null path.
    pub reverse_path: String,
    /// The addresses of RCPT TO that were accepted, in their order.
    pub recipients: Vec<String>,
    /// What was between DATA and the dot: unstuffed, byte for byte otherwise, the final CR LF included.
    pub raw: Vec<u8>,
}

/// An answer of the submission server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Three digits (RFC 5321 section 4.2).
    pub code: u16,
    /// What follows the code, with its enhanced status code (RFC 2034) if it has one; one line or several.
    pub text: String,
}

impl Server {
    /// Serves on `listener` until stopped.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    #[expect(clippy::unused_async, reason = "starting needs a runtime, and an async function says so")]
    pub async fn start(listener: TcpListener, tls: Arc<ServerConfig>, office: Arc<dyn PostOffice>) -> Self {
        let listener = Listener::start(listener, tls, move |stream| {
            session::converse(stream, Arc::clone(&office), MAX_MESSAGE)
        });
        Self { listener }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.listener.address()
    }

    /// Closes every connection, without a goodbye, and returns once all are closed.
    pub async fn stop(self) {
        self.listener.stop().await;
    }
}

impl Reply {
    /// A reply with this code and text.
    pub fn new(code: u16, text: impl Into<String>) -> Self {
        Self { code, text: text.into() }
    }
}

/// The largest message taken, in bytes: the 100 MB that the large PEC providers allow.
pub(crate) const MAX_MESSAGE: usize = 100 * 1000 * 1000;
