//! The IMAP server (RFC 3501 over implicit TLS, RFC 8314): shows a user's mailbox as a mail program sees it.
//!
//! ```text
//! client ──TLS──> connection ──command──> session ─┬─ folder   LIST, STATUS, APPEND …: the mailbox as it is
//!                 lines, literals                  └─ view     the open folder as this session knows it
//!                                                       ├─ fetch    what of a message
//!                                                       └─ search   which messages
//! ```
//! Offers IDLE (RFC 2177), LITERAL+ (7888), SASL-IR (4959), ID (2971), NAMESPACE (2342), UNSELECT (3691) and
//! SPECIAL-USE (6154). Grammar and spelling are imap-codec's, so that a client under test meets a second
//! opinion on the protocol. Absent: ENVELOPE, BODYSTRUCTURE and sections of parts (answered with NO), DELETE,
//! RENAME, CONDSTORE, COMPRESS; `\Recent` is never set.

mod answer;
mod connection;
mod fetch;
mod folder;
mod header;
mod search;
mod session;
#[cfg(test)]
mod tests;
mod view;

use std::net::SocketAddr;
use std::sync::Arc;

use rustls::ServerConfig;
use tokio::net::TcpListener;

use crate::listener::Listener;
use crate::smtp::{MAX_MESSAGE, PostOffice};

/// A running IMAP server; it stops when dropped.
pub struct Server {
    listener: Listener,
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
