//! A provider on the network: the office behind SMTP and IMAP servers with TLS, on this machine.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::Deref;
use std::sync::Arc;

use tokio::net::TcpListener;

use crate::office::{Office, Settings};
use crate::smtp::PostOffice;
use crate::{imap, smtp, tls};

/// A running provider. It is its [`Office`] too: boxes, script and time are reached through it.
///
/// Dropping it closes its servers; [`stop`](Self::stop) waits until they are closed.
pub struct Provider {
    office: Office,
    tls: tls::Authority,
    imap: imap::Server,
    smtp: smtp::Server,
}

/// Why a provider could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// No port on the loopback interface.
    #[error("cannot listen on this machine: {0}")]
    Listen(#[from] io::Error),
    /// No certificate for the servers.
    #[error(transparent)]
    Tls(#[from] tls::Error),
}

impl Provider {
    /// Opens the office, and serves it on 127.0.0.1 on two free ports, with implicit TLS.
    ///
    /// # Errors
    /// When this machine gives no port or no randomness.
    pub async fn start(settings: Settings) -> Result<Self, StartError> {
        // Making the first keys takes seconds in an unoptimised build: not on a thread that serves others.
        let office =
            tokio::task::spawn_blocking(move || Office::new(settings)).await.map_err(io::Error::other)?;
        let authority = tls::Authority::new()?;
        let config = authority.server_config()?;
        let served: Arc<dyn PostOffice> = Arc::new(office.clone());
        let imap = imap::Server::start(listen().await?, Arc::clone(&config), Arc::clone(&served)).await;
        let smtp = smtp::Server::start(listen().await?, config, served).await;
        Ok(Self { office, tls: authority, imap, smtp })
    }

    /// Where the IMAP server listens.
    pub fn imap_address(&self) -> SocketAddr {
        self.imap.address()
    }

    /// Where the submission server listens.
    pub fn smtp_address(&self) -> SocketAddr {
        self.smtp.address()
    }

    /// The certificate, PEM, that a client must trust to connect.
    pub fn tls_authority_pem(&self) -> String {
        self.tls.pem()
    }

    /// The certificate, PEM, that a client must trust to believe the receipts: the root.
    pub fn anchors_pem(&self) -> String {
        self.office.authority().root_pem()
    }

    /// Closes every connection and returns once they are closed. Office and boxes stay.
    pub async fn stop(self) {
        self.imap.stop().await;
        self.smtp.stop().await;
    }
}

impl Deref for Provider {
    type Target = Office;

    fn deref(&self) -> &Office {
        &self.office
    }
}

async fn listen() -> io::Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await
}
