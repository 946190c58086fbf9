//! Dialogues as byte scripts, against a peer that knows no protocol.
//!
//! Time is paused: a script that does not fit ends in a timeout at once, it does not hang.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::task::JoinHandle;
use zeroize::Zeroizing;

use super::*;
use crate::identity::{FolderName, UidValidity};
use crate::net::Stream;

mod fault;
mod idle;
mod login;
mod story;

/// What the peer does next.
enum Step {
    /// Read exactly these bytes.
    Hear(Vec<u8>),
    /// Stay connected and silent.
    Hold,
    /// Write these bytes.
    Say(Vec<u8>),
    /// Let time pass.
    Wait(Duration),
}

/// A script: `S: ` the server says, `C: ` the client must say, each with its CRLF; `hold`; `wait SECONDS`.
/// At the end the peer closes.
fn script(text: &str) -> Vec<Step> {
    let line = |line: &str| format!("{line}\r\n").into_bytes();
    let steps = text.lines().map(str::trim_start).filter(|text| !text.is_empty()).map(|text| {
        match text.split_at_checked(3) {
            Some(("S: ", said)) => Step::Say(line(said)),
            Some(("C: ", heard)) => Step::Hear(line(heard)),
            _ if text == "hold" => Step::Hold,
            _ => Step::Wait(Duration::from_secs(text.strip_prefix("wait ").unwrap().parse().unwrap())),
        }
    });
    steps.collect()
}

/// Starts the peer. Joining its handle fails where it heard anything but what its script says.
fn peer(steps: Vec<Step>) -> (Stream<DuplexStream>, JoinHandle<()>) {
    let (near, mut far) = duplex(64 * 1024);
    let playing = tokio::spawn(async move {
        for step in steps {
            match step {
                Step::Hear(expected) => {
                    let mut heard = vec![0; expected.len()];
                    far.read_exact(&mut heard).await.unwrap();
                    assert_eq!(heard.escape_ascii().to_string(), expected.escape_ascii().to_string());
                }
                Step::Hold => std::future::pending().await,
                // A client that has gone away hears no more; that is for its side of the test to judge.
                Step::Say(said) => _ = far.write_all(&said).await,
                Step::Wait(time) => tokio::time::sleep(time).await,
            }
        }
    });
    (Stream::new(near, Duration::from_secs(3600)), playing)
}

const LOGIN: &str = "
    S: * OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready
    C: A0001 AUTHENTICATE PLAIN
    S: +
    C: AGFsaWNlQGV4YW1wbGUudGVzdABzZWNyZXQx
    S: A0001 OK [CAPABILITY IMAP4rev1 IDLE] welcome
";

/// A session that has logged in, and goes on by these steps.
async fn session(steps: Vec<Step>) -> (Session, JoinHandle<()>) {
    limited(steps, Limits::PEC).await
}

async fn limited(steps: Vec<Step>, limits: Limits) -> (Session, JoinHandle<()>) {
    let mut all = script(LOGIN);
    all.extend(steps);
    let (stream, playing) = peer(all);
    let connection = Connection::open(stream, limits).await.unwrap();
    let session = connection.login("alice@example.test", &password("secret1")).await.unwrap();
    (session, playing)
}

fn password(text: &str) -> Zeroizing<String> {
    Zeroizing::new(text.to_owned())
}

fn uid(number: u32) -> Uid {
    Uid::new(number).unwrap()
}

fn uids(numbers: &[u32]) -> UidSet {
    numbers.iter().copied().map(uid).collect()
}

/// Every message of a fetch, or the error it ended with, beside what had come until then.
async fn collect(session: &mut Session, set: &UidSet) -> (Vec<(u32, Vec<u8>)>, Result<(), Error>) {
    let mut messages = Vec::new();
    let mut fetch = match session.fetch(set).await {
        Ok(fetch) => fetch,
        Err(error) => return (messages, Err(error)),
    };
    loop {
        match fetch.next().await {
            Ok(Some(Fetched { uid, body: Body::Whole(bytes), .. })) => messages.push((uid.get(), bytes)),
            Ok(Some(other)) => panic!("not whole: {other:?}"),
            Ok(None) => return (messages, Ok(())),
            Err(error) => return (messages, Err(error)),
        }
    }
}
