//! Accepts TLS connections and runs one conversation on each, until it is stopped.
//!
//! The part that the SMTP and the IMAP server have in common. It knows no protocol and decides nothing but
//! how many connections there may be and how long a handshake may take.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// A running server; dropping it stops it too, without waiting for the end.
pub(crate) struct Listener {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Listener {
    /// Starts to accept on `listener`; `converse` is called once for each connection.
    pub(crate) fn start<F, C>(listener: TcpListener, tls: Arc<ServerConfig>, converse: F) -> Self
    where
        F: Fn(TlsStream<TcpStream>) -> C + Send + Sync + 'static,
        C: Future<Output = ()> + Send + 'static,
    {
        let address = listener.local_addr().expect("a listening socket has an address");
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(accept(listener, TlsAcceptor::from(tls), Arc::new(converse), stopped));
        Self { address, stop, task }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Cuts every connection, without a goodbye, and returns when the last one is gone.
    pub(crate) async fn stop(self) {
        // It may be gone already, which is what we want.
        let _ = self.stop.send(());
        let _ = self.task.await;
    }
}

async fn accept<F, C>(
    listener: TcpListener,
    acceptor: TlsAcceptor,
    converse: Arc<F>,
    mut stopped: oneshot::Receiver<()>,
) where
    F: Fn(TlsStream<TcpStream>) -> C + Send + Sync + 'static,
    C: Future<Output = ()> + Send + 'static,
{
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            // An error here is the sender dropped with its Listener: that is a stop as well.
            _ = &mut stopped => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept(), if connections.len() < MAX_CONNECTIONS => {
                // Mostly a connection that failed before it was accepted, and concerns nobody else; or no
                // more file descriptors, and then trying again at once would only burn the processor.
                let Ok((stream, _)) = accepted else {
                    sleep(ACCEPT_PAUSE).await;
                    continue;
                };
                let (acceptor, converse) = (acceptor.clone(), Arc::clone(&converse));
                connections.spawn(async move {
                    // Small answers go out at once: both protocols wait for each other line by line.
                    let _ = stream.set_nodelay(true);
                    if let Ok(Ok(stream)) = timeout(HANDSHAKE_TIMEOUT, acceptor.accept(stream)).await {
                        converse(stream).await;
                    }
                });
            }
        }
    }
    drop(listener);
    connections.shutdown().await;
}

const MAX_CONNECTIONS: usize = 256;
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(30);
