//! The way to a server: name, TCP, TLS. The only module that dials; imap and smtp are given the stream.
//!
//! ```text
//! Endpoint ──> addresses ──> TCP ──> TLS, certificate checked against Trust ──> Stream
//! ```
//!
//! TLS is from the first byte (RFC 8314), version 1.2 or 1.3, and there is no switch that turns the check of
//! the certificate off: a private server's authority is added to [`Trust`] instead.
//! What happens on the stream afterwards, and when to try again, is decided elsewhere.

mod error;
mod stream;
mod trust;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use rustls_pki_types::ServerName;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

pub use self::error::{CertificateFault, Error};
pub use self::stream::Stream;
pub use self::trust::Trust;

/// A TLS connection to a server, with its time limits and buffered writes.
pub type TlsStream = Stream<tokio_rustls::client::TlsStream<TcpStream>>;

/// Where a server is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// DNS name or IP address, without brackets; the certificate must be valid for it.
    pub host: String,
    /// TCP port, for example 993 or 465.
    pub port: u16,
}

/// How long a connection waits before it gives up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// For finding the name, for each address, and for the TLS handshake: each of them may take this long.
    pub connect: Duration,
    /// For each read or write after that: how long nothing may move in that direction.
    pub silence: Duration,
}

/// Opens a TLS connection to `endpoint`, whose certificate must lead to an authority in `trust`.
///
/// Every address of the name is tried in the order of the resolver (at most [`MOST_ADDRESSES`]); if none
/// answers, the error is that of the last one.
pub async fn connect(endpoint: &Endpoint, trust: &Trust, timeouts: Timeouts) -> Result<TlsStream, Error> {
    let name = ServerName::try_from(endpoint.host.clone()).map_err(|_| Error::HostNotFound)?;
    let tcp = dial(endpoint, timeouts.connect).await?;
    let tls = secure(tcp, name, trust, timeouts.connect).await?;
    Ok(Stream::new(tls, timeouts.silence))
}

/// The first TCP connection that comes about.
async fn dial(endpoint: &Endpoint, patience: Duration) -> Result<TcpStream, Error> {
    let found = timeout(patience, lookup_host((endpoint.host.as_str(), endpoint.port))).await;
    let addresses = found.map_err(|_| Error::TimedOut)?.map_err(|_| Error::HostNotFound)?;

    let mut last = Error::HostNotFound;
    for address in addresses.take(MOST_ADDRESSES) {
        match reach(address, patience).await {
            Ok(tcp) => return Ok(tcp),
            Err(error) => last = error,
        }
    }
    Err(last)
}

async fn reach(address: SocketAddr, patience: Duration) -> Result<TcpStream, Error> {
    let tcp = timeout(patience, TcpStream::connect(address)).await.map_err(|_| Error::TimedOut)?;
    let tcp = tcp.map_err(|error| Error::from_dial(&error))?;
    // Writes are buffered in Stream and flushed once per command: waiting for more would only delay them.
    tcp.set_nodelay(true).map_err(|error| Error::from_dial(&error))?;
    Ok(tcp)
}

async fn secure(
    tcp: TcpStream,
    name: ServerName<'static>,
    trust: &Trust,
    patience: Duration,
) -> Result<tokio_rustls::client::TlsStream<TcpStream>, Error> {
    let connector = TlsConnector::from(Arc::new(client_config(trust)?));
    let shaken: Result<_, io::Error> =
        timeout(patience, connector.connect(name, tcp)).await.map_err(|_| Error::TimedOut)?;
    shaken.map_err(|error| Error::from_handshake(&error))
}

fn client_config(trust: &Trust) -> Result<ClientConfig, Error> {
    // Named, not taken from the process: which provider is the default depends on who else links rustls.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .map_err(|_| Error::Tls)?;
    Ok(config.with_root_certificates(trust.roots()).with_no_client_auth())
}

/// Names with more addresses than this are not tried to the end: each may cost a whole timeout.
pub const MOST_ADDRESSES: usize = 8;

#[cfg(test)]
mod tests;
