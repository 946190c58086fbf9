//! The smallest IMAP client that can look into a server: one command, its answer as bytes.
//!
//! It shares nothing with the engine, so that it cannot share its mistakes.

use std::error::Error;
use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use recapito_tests::dovecot::{Dovecot, Mailbox};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName};

pub(crate) type Answer<T> = Result<T, Box<dyn Error>>;

/// A connection over TLS that has been greeted.
pub(crate) struct Client {
    stream: BufReader<StreamOwned<ClientConnection, TcpStream>>,
}

impl Client {
    /// Connects to `server`, trusting only the authority of `trusted`.
    pub(crate) fn connect(server: &Dovecot, trusted: &Dovecot) -> Answer<Self> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_reader(File::open(trusted.authority())?)?)?;
        let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        let tls = ClientConnection::new(Arc::new(config), ServerName::try_from("localhost")?)?;
        let tcp = TcpStream::connect((Ipv4Addr::LOCALHOST, server.imaps_port()))?;
        tcp.set_read_timeout(Some(Duration::from_secs(30)))?;
        tcp.set_write_timeout(Some(Duration::from_secs(30)))?;
        let mut client = Self { stream: BufReader::new(StreamOwned::new(tls, tcp)) };
        client.read_to(b"\r\n")?;
        Ok(client)
    }

    /// Connects and logs in.
    pub(crate) fn log_in(server: &Dovecot, mailbox: Mailbox) -> Answer<Self> {
        let mut client = Self::connect(server, server)?;
        client.command(&format!("LOGIN {} {}", mailbox.address, mailbox.password))?;
        Ok(client)
    }

    /// Sends a command and returns all that comes until its `OK`; anything else is an error.
    pub(crate) fn command(&mut self, command: &str) -> Answer<Vec<u8>> {
        self.stream.get_mut().write_all(format!("tag {command}\r\n").as_bytes())?;
        let mut answer = Vec::new();
        loop {
            let line = self.read_to(b"\r\n")?;
            if line.starts_with(b"tag OK") {
                return Ok(answer);
            }
            if line.starts_with(b"tag ") {
                return Err(String::from_utf8_lossy(&line).into());
            }
            answer.extend_from_slice(&line);
            if let Some(length) = literal(&line) {
                let start = answer.len();
                answer.resize(start + length, 0);
                self.stream.read_exact(&mut answer[start..])?;
            }
        }
    }

    /// The message with this sequence number in INBOX, byte for byte.
    pub(crate) fn message(&mut self, number: u32) -> Answer<Vec<u8>> {
        self.command("EXAMINE INBOX")?;
        let answer = self.command(&format!("FETCH {number} BODY.PEEK[]"))?;
        let start = answer.windows(2).position(|pair| pair == b"\r\n").ok_or("no message")? + 2;
        let length = literal(&answer[..start]).ok_or("no literal")?;
        Ok(answer[start..start + length].to_vec())
    }

    fn read_to(&mut self, end: &[u8]) -> Answer<Vec<u8>> {
        let mut line = Vec::new();
        while !line.ends_with(end) {
            let mut byte = [0];
            self.stream.read_exact(&mut byte)?;
            line.extend_from_slice(&byte);
        }
        Ok(line)
    }
}

/// The length of the literal that a line announces at its end.
fn literal(line: &[u8]) -> Option<usize> {
    let line = line.strip_suffix(b"}\r\n")?;
    let open = line.iter().rposition(|&byte| byte == b'{')?;
    std::str::from_utf8(&line[open + 1..]).ok()?.parse().ok()
}
