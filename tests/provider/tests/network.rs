//! The provider as a client finds it: TLS that its authority vouches for, login, mail in and receipts out.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use recapito_provider::{Provider, Settings};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

#[tokio::test]
async fn a_message_goes_in_and_the_receipts_come_out() {
    timeout(Duration::from_secs(60), dialogue()).await.expect("the servers answer");
}

async fn dialogue() {
    let provider = Provider::start(Settings::default()).await.unwrap();
    provider.open_box("mario@pec.example.test", "secret");
    provider.open_box("anna@pec.example.test", "secret");
    let pem = provider.tls_authority_pem();

    let mut smtp = connect(&pem, provider.smtp_address()).await;
    until(&mut smtp, "220 ").await;
    // printf '\0mario@pec.example.test\0secret' | base64
    let dialogue = [
        ("EHLO client.example.test", "250 "),
        ("AUTH PLAIN AG1hcmlvQHBlYy5leGFtcGxlLnRlc3QAc2VjcmV0", "235 "),
        ("MAIL FROM:<mario@pec.example.test>", "250 "),
        ("RCPT TO:<anna@pec.example.test>", "250 "),
        ("DATA", "354 "),
        (
            "From: mario@pec.example.test\r\nTo: anna@pec.example.test\r\nSubject: Prova\r\n\r\nCiao\r\n.",
            "250 ",
        ),
        ("QUIT", "221 "),
    ];
    for (command, reply) in dialogue {
        smtp.write_all(format!("{command}\r\n").as_bytes()).await.unwrap();
        until(&mut smtp, reply).await;
    }

    let mut imap = connect(&pem, provider.imap_address()).await;
    until(&mut imap, "* OK").await;
    let dialogue = [("LOGIN mario@pec.example.test secret", "a OK"), ("EXAMINE INBOX", "* 2 EXISTS")];
    for (command, reply) in dialogue {
        imap.write_all(format!("a {command}\r\n").as_bytes()).await.unwrap();
        until(&mut imap, reply).await;
    }
    provider.stop().await;
}

type Connection = BufReader<TlsStream<TcpStream>>;

async fn connect(pem: &str, address: SocketAddr) -> Connection {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()).unwrap();
    let ring = Arc::new(rustls::crypto::ring::default_provider());
    let versions = ClientConfig::builder_with_provider(ring).with_safe_default_protocol_versions().unwrap();
    let config = versions.with_root_certificates(roots).with_no_client_auth();
    let stream = TcpStream::connect(address).await.unwrap();
    let name = ServerName::from(address.ip());
    BufReader::new(TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap())
}

/// Reads lines up to one that starts so.
async fn until(connection: &mut Connection, start: &str) {
    loop {
        let mut line = String::new();
        assert_ne!(connection.read_line(&mut line).await.unwrap(), 0, "closed before {start:?}");
        if line.starts_with(start) {
            return;
        }
        let refused = line.starts_with(['4', '5']) || line.starts_with("a NO") || line.starts_with("a BAD");
        assert!(!refused, "{line}");
    }
}
