//! The other side in the tests of the servers: a peer that knows no protocol and follows a script.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::mailbox::Mailbox;
use crate::smtp::{PostOffice, Reply, Submission};
use crate::tls::Authority;

/// A stream, and who is on our side of it.
pub(crate) struct Peer<S> {
    stream: BufReader<S>,
}

/// A post office with one user, `anna` with the password `open sesame`, that keeps what it is given.
pub(crate) struct Desk {
    pub(crate) mailbox: Mailbox,
    pub(crate) submissions: Mutex<Vec<Submission>>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Peer<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self { stream: BufReader::new(stream) }
    }

    /// Plays a script: `C: ` lines are sent, `S: ` lines must come; `…` at the end of one stands for anything.
    pub(crate) async fn play(&mut self, script: &str) {
        for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
            match line.split_once(':').map(|(side, text)| (side, text.strip_prefix(' ').unwrap_or(text))) {
                Some(("C", said)) => self.say(&format!("{said}\r\n")).await,
                Some(("S", expected)) => self.hear(expected).await,
                _ => panic!("not a script: {line}"),
            }
        }
    }

    pub(crate) async fn say(&mut self, bytes: &str) {
        self.stream.write_all(bytes.as_bytes()).await.unwrap();
        self.stream.flush().await.unwrap();
    }

    /// Expects one line.
    pub(crate) async fn hear(&mut self, expected: &str) {
        let heard = self.line().await;
        match expected.strip_suffix('…') {
            Some(start) => assert!(heard.starts_with(start), "expected {expected:?}, got {heard:?}"),
            None => assert_eq!(heard, expected),
        }
    }

    /// The next line without its line end.
    pub(crate) async fn line(&mut self) -> String {
        let mut line = String::new();
        timeout(PATIENCE, self.stream.read_line(&mut line)).await.expect("a line in time").unwrap();
        line.strip_suffix("\r\n").unwrap_or_else(|| panic!("{line:?} does not end with CR LF")).to_owned()
    }

    /// So many bytes, whatever they are.
    pub(crate) async fn bytes(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        timeout(PATIENCE, self.stream.read_exact(&mut bytes)).await.expect("bytes in time").unwrap();
        bytes
    }

    /// Expects the end of the conversation.
    pub(crate) async fn hear_end(&mut self) {
        let mut rest = Vec::new();
        // A cut line ends with an error, a closed one with nothing.
        let _ = timeout(PATIENCE, self.stream.read_to_end(&mut rest)).await.expect("an end in time");
        assert_eq!(String::from_utf8_lossy(&rest), "");
    }
}

impl Desk {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { mailbox: Mailbox::new(), submissions: Mutex::default() })
    }
}

impl PostOffice for Desk {
    fn login(&self, login: &str, password: &str) -> Option<Mailbox> {
        (login == "anna" && password == "open sesame").then(|| self.mailbox.clone())
    }

    fn recipient(&self, _login: &str, address: &str) -> Result<(), Reply> {
        match address {
            "nobody@example.test" => Err(Reply::new(550, "5.1.1 Nobody there")),
            _ => Ok(()),
        }
    }

    fn submit(&self, submission: Submission) -> Reply {
        let virus = submission.raw.starts_with(b"Virus");
        self.submissions.lock().unwrap().push(submission);
        if virus { Reply::new(554, "5.7.1 Not this") } else { Reply::new(250, "2.0.0 Taken") }
    }
}

/// Connects as a client that trusts `authority` only.
pub(crate) async fn connect(
    authority: &Authority,
    address: std::net::SocketAddr,
    name: &'static str,
) -> std::io::Result<Peer<TlsStream<TcpStream>>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(authority.pem().as_bytes()).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connector = TlsConnector::from(Arc::new(config));
    let stream = TcpStream::connect(address).await?;
    Ok(Peer::new(connector.connect(ServerName::try_from(name).unwrap(), stream).await?))
}

/// Long enough for a busy machine; a test that waits this long has failed.
const PATIENCE: Duration = Duration::from_secs(30);
