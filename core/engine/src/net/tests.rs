//! Real sockets on the loopback, certificates made for each test.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls_pki_types::PrivateKeyDer;
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use super::*;

const TIMEOUTS: Timeouts = Timeouts { connect: Duration::from_secs(10), silence: Duration::from_secs(10) };

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority(name: &str) -> Authority {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A server on the loopback that sends back what it hears, under a certificate of `authority`.
async fn echo(authority: &Authority, params: CertificateParams) -> (Endpoint, JoinHandle<()>) {
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, authority).unwrap();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key).unwrap();

    let (listener, endpoint) = listen().await;
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let serving = tokio::spawn(async move {
        let (tcp, _) = listener.accept().await.unwrap();
        // A client that refuses the certificate ends the handshake; that is for its test to see.
        let Ok(mut tls) = acceptor.accept(tcp).await else { return };
        let mut heard = [0; 5];
        tls.read_exact(&mut heard).await.unwrap();
        tls.write_all(&heard).await.unwrap();
        tls.shutdown().await.unwrap();
    });
    (endpoint, serving)
}

async fn listen() -> (TcpListener, Endpoint) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, Endpoint { host: "127.0.0.1".to_owned(), port })
}

fn server_params() -> CertificateParams {
    CertificateParams::new(["127.0.0.1".to_owned()]).unwrap()
}

fn trusting(authority: &Authority) -> Trust {
    Trust::public().with_authority(authority.pem().as_bytes()).unwrap()
}

async fn refused(endpoint: &Endpoint, trust: &Trust) -> Error {
    connect(endpoint, trust, TIMEOUTS).await.unwrap_err()
}

#[tokio::test]
async fn bytes_go_there_and_back_once_the_authority_is_trusted() {
    let authority = authority("Ours");
    let (endpoint, serving) = echo(&authority, server_params()).await;
    let mut stream = connect(&endpoint, &trusting(&authority), TIMEOUTS).await.unwrap();
    stream.write_all(b"hello").await.unwrap();
    stream.flush().await.unwrap();
    let mut heard = Vec::new();
    stream.read_to_end(&mut heard).await.unwrap();
    assert_eq!(heard, b"hello");
    serving.await.unwrap();
}

#[tokio::test]
async fn a_wrong_certificate_is_refused_with_its_reason() {
    let ours = authority("Ours");
    let check = async |params: CertificateParams, trust: &Trust, fault: CertificateFault| {
        let (endpoint, serving) = echo(&ours, params).await;
        assert_eq!(refused(&endpoint, trust).await, Error::Certificate(fault));
        serving.await.unwrap();
    };
    let trust = trusting(&ours);
    let with = |change: fn(&mut CertificateParams)| {
        let mut params = server_params();
        change(&mut params);
        params
    };
    check(server_params(), &Trust::public(), CertificateFault::UnknownIssuer).await;
    check(server_params(), &trusting(&authority("Theirs")), CertificateFault::UnknownIssuer).await;
    let other = CertificateParams::new(["imap.example.test".to_owned()]).unwrap();
    check(other, &trust, CertificateFault::NameMismatch).await;
    check(with(|p| p.not_after = date_time_ymd(2020, 1, 1)), &trust, CertificateFault::Expired).await;
    check(with(|p| p.not_before = date_time_ymd(2999, 1, 1)), &trust, CertificateFault::NotYetValid).await;
    let as_authority = with(|p| p.is_ca = IsCa::Ca(BasicConstraints::Unconstrained));
    check(as_authority, &trust, CertificateFault::Unsuitable).await;
}

#[tokio::test]
async fn what_is_not_there_or_not_tls_has_its_own_word() {
    let trust = Trust::public();
    let (listener, endpoint) = listen().await;
    drop(listener);
    assert_eq!(refused(&endpoint, &trust).await, Error::Refused);

    let nowhere = Endpoint { host: "no such name".to_owned(), port: 993 };
    assert_eq!(refused(&nowhere, &trust).await, Error::HostNotFound);

    let (listener, endpoint) = listen().await;
    let plain = tokio::spawn(async move {
        let (mut tcp, _) = listener.accept().await.unwrap();
        tcp.write_all(b"* OK not TLS\r\n").await.unwrap();
        // Closing with the client's bytes unread would send a reset in place of the greeting.
        tcp.read_to_end(&mut Vec::new()).await.unwrap();
    });
    assert_eq!(refused(&endpoint, &trust).await, Error::Tls);
    plain.await.unwrap();

    let (listener, endpoint) = listen().await;
    let closing = tokio::spawn(async move { drop(listener.accept().await.unwrap()) });
    assert_eq!(refused(&endpoint, &trust).await, Error::Closed);
    closing.await.unwrap();

    // Nobody accepts: the system completes the connection, and then nothing comes.
    let (_listener, endpoint) = listen().await;
    let hasty = Timeouts { connect: Duration::from_millis(50), ..TIMEOUTS };
    assert_eq!(connect(&endpoint, &trust, hasty).await.unwrap_err(), Error::TimedOut);
}

#[test]
fn an_authority_must_be_a_certificate() {
    for pem in ["", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        assert_eq!(Trust::public().with_authority(pem.as_bytes()).unwrap_err(), Error::Authority);
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_waits_for_its_flush_and_arrives_whole() {
    let (near, mut far) = duplex(64);
    let mut stream = Stream::new(near, TIMEOUTS.silence);
    let long = vec![b'x'; 40_000];
    let reading = tokio::spawn(async move {
        let mut heard = Vec::new();
        far.read_to_end(&mut heard).await.unwrap();
        heard
    });
    stream.write_all(b"A1 ").await.unwrap();
    assert_eq!(format!("{stream:?}"), "Stream { unsent: 3, .. }");
    stream.write_all(&long).await.unwrap();
    stream.shutdown().await.unwrap();
    drop(stream);
    assert_eq!(reading.await.unwrap(), [b"A1 ".as_slice(), &long].concat());
}

#[tokio::test(start_paused = true)]
async fn silence_is_an_error_in_either_direction() {
    let (near, mut far) = duplex(64);
    let mut stream = Stream::new(near, TIMEOUTS.silence);
    let begin = tokio::time::Instant::now();
    let mut heard = [0; 1];
    let error = stream.read_exact(&mut heard).await.unwrap_err();
    assert_eq!((error.kind(), begin.elapsed().as_secs()), (io::ErrorKind::TimedOut, 10));

    // Once something has moved, the time starts anew.
    far.write_all(b"x").await.unwrap();
    stream.read_exact(&mut heard).await.unwrap();
    let error = stream.read_exact(&mut heard).await.unwrap_err();
    assert_eq!((error.kind(), begin.elapsed().as_secs()), (io::ErrorKind::TimedOut, 20));

    stream.write_all(&[0; 100]).await.unwrap();
    let error = stream.flush().await.unwrap_err();
    assert_eq!((error.kind(), begin.elapsed().as_secs()), (io::ErrorKind::TimedOut, 30));
}
