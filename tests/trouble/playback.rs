//! An IMAP server with one message that answers a chosen command as a test wants it, and every other one well.

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};

use recapito_provider::tls::Authority;
use recapito_tests::recapito::Servers;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::desk::Outcome;

/// A running server. It ends with the runtime.
pub(crate) struct Playback {
    port: u16,
    authority: String,
    answer: Arc<Mutex<Option<Answer>>>,
}

/// What is said to the command that holds a word. `TAG` stands for the command's own.
#[derive(Clone, Copy)]
pub(crate) struct Answer {
    /// A word of the command, in capitals.
    pub(crate) to: &'static str,
    /// The whole answer; the connection is closed behind one that begins with `* BYE`.
    pub(crate) with: &'static str,
}

impl Playback {
    /// Starts the server.
    pub(crate) async fn start() -> Outcome<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = listener.local_addr()?.port();
        let authority = Authority::new()?;
        let acceptor = TlsAcceptor::from(authority.server_config()?);
        let answer = Arc::new(Mutex::new(None));
        let chosen = Arc::clone(&answer);
        tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                if let Ok(stream) = acceptor.accept(tcp).await {
                    // A client that goes away ends its conversation.
                    let _ = converse(BufReader::new(stream), &chosen).await;
                }
            }
        });
        Ok(Self { port, authority: authority.pem(), answer })
    }

    /// From now on says this.
    pub(crate) fn say(&self, answer: Option<Answer>) {
        *self.answer.lock().unwrap_or_else(PoisonError::into_inner) = answer;
    }

    /// What `account add` has to be told; there is no submission server.
    pub(crate) fn servers(&self) -> Servers<'_> {
        Servers { imap: self.port, smtp: self.port, authorities: &self.authority, anchors: None }
    }
}

async fn converse<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: BufReader<S>,
    chosen: &Mutex<Option<Answer>>,
) -> std::io::Result<()> {
    stream.write_all(b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] ready\r\n").await?;
    loop {
        stream.flush().await?;
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let (tag, command) = line.split_once(' ').unwrap_or((&line, ""));
        let command = command.to_uppercase();
        let chosen = *chosen.lock().unwrap_or_else(PoisonError::into_inner);
        let chosen = chosen.filter(|answer| command.contains(answer.to)).map(|answer| answer.with);
        let answer = chosen.unwrap_or_else(|| well(&command)).replace("TAG", tag);
        stream.write_all(answer.as_bytes()).await?;
        if answer.starts_with("* BYE") {
            return stream.shutdown().await;
        }
    }
}

/// The answer of a server with one message.
fn well(command: &str) -> &'static str {
    match command {
        _ if command.starts_with("CAPABILITY") => {
            "* CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR\r\nTAG OK done\r\n"
        }
        _ if command.starts_with("EXAMINE") => {
            "* FLAGS ()\r\n* 1 EXISTS\r\n* 0 RECENT\r\n* OK [UIDVALIDITY 7] valid\r\n* OK [UIDNEXT 2] next\r\n\
             TAG OK [READ-ONLY] done\r\n"
        }
        _ if command.contains("BODY") => {
            "* 1 FETCH (UID 1 RFC822.SIZE 16 INTERNALDATE \"01-Mar-2026 10:00:00 +0100\" BODY[] {16}\r\n\
             Subject: one\r\n\r\n)\r\nTAG OK done\r\n"
        }
        _ if command.contains("FETCH") => "* 1 FETCH (UID 1 RFC822.SIZE 16)\r\nTAG OK done\r\n",
        _ if command.starts_with("LOGOUT") => "* BYE bye\r\nTAG OK done\r\n",
        _ => "TAG OK done\r\n",
    }
}
