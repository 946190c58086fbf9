//! Dialogues with the SMTP server, line by line.

use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::net::TcpListener;

use super::{Server, session};
use crate::peer::{Desk, Peer, connect};
use crate::tls::Authority;

/// A conversation with a server that takes messages of up to 1000 bytes, past its EHLO.
async fn greeted() -> (Peer<DuplexStream>, Arc<Desk>) {
    let desk = Desk::new();
    let (ours, theirs) = duplex(4096);
    tokio::spawn(session::converse(theirs, Arc::clone(&desk) as _, 1000));
    let mut peer = Peer::new(ours);
    peer.play(
        "S: 220 localhost ESMTP…
         C: EHLO client.example.test
         S: 250-localhost
         S: 250-SIZE 1000
         S: 250-8BITMIME
         S: 250-ENHANCEDSTATUSCODES
         S: 250 AUTH PLAIN LOGIN",
    )
    .await;
    (peer, desk)
}

/// As [`greeted`], and logged in.
async fn logged_in() -> (Peer<DuplexStream>, Arc<Desk>) {
    let (mut peer, desk) = greeted().await;
    peer.play(
        "C: AUTH PLAIN AGFubmEAb3BlbiBzZXNhbWU=
         S: 235 2.7.0…",
    )
    .await;
    (peer, desk)
}

#[tokio::test]
async fn a_message_is_handed_in() {
    let (mut peer, desk) = logged_in().await;
    peer.play(
        "C: MAIL FROM:<anna@example.test> SIZE=100 BODY=8BITMIME
         S: 250 2.1.0…
         C: RCPT TO:<bruno@example.test>
         S: 250 2.1.5…
         C: RCPT TO:<nobody@example.test>
         S: 550 5.1.1 Nobody there
         C: RCPT TO:<Carla@example.test>
         S: 250 2.1.5…
         C: DATA
         S: 354…
         C: Subject: dots
         C:
         C: ..
         C: ..leading
         C: .
         S: 250 2.0.0 Taken
         C: QUIT
         S: 221 2.0.0…",
    )
    .await;
    peer.hear_end().await;
    let submissions = desk.submissions.lock().unwrap();
    let [submission] = &submissions[..] else { panic!("{} submissions", submissions.len()) };
    assert_eq!(submission.login, "anna");
    assert_eq!(submission.reverse_path, "anna@example.test");
    assert_eq!(submission.recipients, ["bruno@example.test", "Carla@example.test"]);
    assert_eq!(String::from_utf8_lossy(&submission.raw), "Subject: dots\r\n\r\n.\r\n.leading\r\n");
}

#[tokio::test]
async fn the_post_office_may_refuse_and_the_next_message_goes() {
    let (mut peer, desk) = logged_in().await;
    for (first, answer) in [("Virus: yes", "554 5.7.1 Not this"), ("Virtue: yes", "250 2.0.0 Taken")] {
        peer.play(&format!(
            "C: MAIL FROM:<>
             S: 250…
             C: RCPT TO:<bruno@example.test>
             S: 250…
             C: DATA
             S: 354…
             C: {first}
             C: .
             S: {answer}"
        ))
        .await;
    }
    assert_eq!(desk.submissions.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn nothing_else_ends_the_data() {
    let (mut peer, desk) = logged_in().await;
    peer.play(
        "C: MAIL FROM:<anna@example.test>
         S: 250…
         C: RCPT TO:<bruno@example.test>
         S: 250…
         C: DATA
         S: 354…",
    )
    .await;
    let smuggled = "a\n.\r\nMAIL FROM:<eve@example.test>\r\n.\nRSET\r.\r\n";
    peer.say(smuggled).await;
    peer.play("C: .").await;
    peer.hear("250 2.0.0 Taken").await;
    let raw = &desk.submissions.lock().unwrap()[0].raw;
    assert_eq!(String::from_utf8_lossy(raw), smuggled.replace("\r\n.\nRSET", "\r\n\nRSET"));
}

#[tokio::test]
async fn commands_out_of_order() {
    let (mut peer, _) = greeted().await;
    peer.play(
        "C: MAIL FROM:<anna@example.test>
         S: 530 5.7.0…
         C: RCPT TO:<bruno@example.test>
         S: 503 5.5.1…
         C: DATA
         S: 503 5.5.1…
         C: AUTH PLAIN AGFubmEAb3BlbiBzZXNhbWU=
         S: 235…
         C: AUTH PLAIN AGFubmEAb3BlbiBzZXNhbWU=
         S: 503 5.5.1…
         C: MAIL FROM:<anna@example.test>
         S: 250…
         C: MAIL FROM:<anna@example.test>
         S: 503 5.5.1…
         C: DATA
         S: 503 5.5.1…
         C: RSET
         S: 250…
         C: RCPT TO:<bruno@example.test>
         S: 503 5.5.1…
         C: MAIL FROM:<anna@example.test>
         S: 250…
         C: EHLO again.example.test
         S: 250-localhost
         S: 250-SIZE 1000
         S: 250-8BITMIME
         S: 250-ENHANCEDSTATUSCODES
         S: 250 AUTH PLAIN LOGIN
         C: RCPT TO:<bruno@example.test>
         S: 503 5.5.1…
         C: VRFY anna
         S: 252…
         C: NOOP
         S: 250…
         C: STARTTLS
         S: 502…",
    )
    .await;
}

#[tokio::test]
async fn a_login_before_the_greeting_is_out_of_order() {
    let (ours, theirs) = duplex(4096);
    tokio::spawn(session::converse(theirs, Desk::new(), 1000));
    Peer::new(ours)
        .play(
            "S: 220…
             C: AUTH PLAIN AGFubmEAb3BlbiBzZXNhbWU=
             S: 503 5.5.1…",
        )
        .await;
}

#[tokio::test]
async fn every_way_to_log_in() {
    for script in [
        "C: AUTH PLAIN AGFubmEAb3BlbiBzZXNhbWU=",
        "C: auth plain
         S: 334…
         C: AGFubmEAb3BlbiBzZXNhbWU=",
        "C: AUTH LOGIN
         S: 334 VXNlcm5hbWU6
         C: YW5uYQ==
         S: 334 UGFzc3dvcmQ6
         C: b3BlbiBzZXNhbWU=",
        "C: AUTH LOGIN YW5uYQ==
         S: 334 UGFzc3dvcmQ6
         C: b3BlbiBzZXNhbWU=",
    ] {
        let (mut peer, _) = greeted().await;
        peer.play(script).await;
        peer.hear("235 2.7.0…").await;
    }
}

#[tokio::test]
async fn failed_logins() {
    let (mut peer, _) = greeted().await;
    peer.play(
        "C: AUTH PLAIN AGFubmEAd3Jvbmc=
         S: 535 5.7.8…
         C: AUTH PLAIN
         S: 334…
         C: *
         S: 501 5.7.0…
         C: AUTH PLAIN
         S: 334…
         C: not base64!
         S: 501 5.5.2…
         C: AUTH PLAIN =
         S: 501 5.5.2…
         C: AUTH CRAM-MD5
         S: 504 5.5.4…
         C: AUTH LOGIN
         S: 334…
         C: YW5uYQ==
         S: 334…
         C: d3Jvbmc=
         S: 535 5.7.8…
         C: AUTH PLAIN AGFubmEAd3Jvbmc=
         S: 421 4.7.0…",
    )
    .await;
    peer.hear_end().await;
}

#[tokio::test]
async fn a_message_too_large_is_refused_when_announced_and_when_sent() {
    let (mut peer, desk) = logged_in().await;
    peer.play(
        "C: MAIL FROM:<anna@example.test> SIZE=1001
         S: 552 5.3.4…
         C: MAIL FROM:<anna@example.test>
         S: 250…
         C: RCPT TO:<bruno@example.test>
         S: 250…
         C: DATA
         S: 354…",
    )
    .await;
    peer.say(&"0123456789\r\n".repeat(100)).await;
    peer.play(
        "C: .
         S: 552 5.3.4…
         C: NOOP
         S: 250…",
    )
    .await;
    assert!(desk.submissions.lock().unwrap().is_empty());
}

#[tokio::test]
async fn what_is_not_understood() {
    let (mut peer, _) = logged_in().await;
    peer.play(
        "C: HELLO
         S: 500…
         C:
         S: 500…
         C: MAIL FROM:anna
         S: 501…
         C: MAIL FROM:<anna@example.test> COLOUR=blue
         S: 555…
         C: MAIL FROM:<anna@example.test> BODY=BINARYMIME
         S: 555…
         C: MAIL FROM:<anna@example.test> SMTPUTF8
         S: 555…
         C: MAIL FROM:<anna@example.test>
         S: 250…
         C: RCPT TO:<bruno@example.test> NOTIFY=NEVER
         S: 555…
         C: RCPT TO:<>
         S: 501…",
    )
    .await;
}

#[tokio::test]
async fn lines_out_of_bounds_end_the_conversation() {
    for line in ["NOOP\n".to_owned(), "x".repeat(12_288)] {
        let (mut peer, _) = greeted().await;
        peer.say(&line).await;
        peer.hear("521 5.5.2…").await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_client_is_sent_away() {
    let (mut peer, _) = greeted().await;
    // The clock is paused: tokio moves it on to the server's time limit, which is the next one due.
    tokio::time::sleep(std::time::Duration::from_secs(301)).await;
    peer.hear("421 4.4.2…").await;
    peer.hear_end().await;
}

#[tokio::test]
async fn over_tls_until_stopped() {
    let authority = Authority::new().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = Server::start(listener, authority.server_config().unwrap(), Desk::new()).await;
    let address = server.address();
    let mut peer = connect(&authority, address, "localhost").await.unwrap();
    peer.play(
        "S: 220 localhost…
         C: NOOP
         S: 250…",
    )
    .await;
    let other = Authority::new().unwrap();
    assert!(connect(&other, address, "localhost").await.is_err(), "another authority is not this one");
    server.stop().await;
    peer.hear_end().await;
    assert!(connect(&authority, address, "localhost").await.is_err(), "nobody listens any more");
}

proptest! {
    #[test]
    fn no_garbage_makes_the_server_fail(login in any::<bool>(), pieces in vec(select(&PIECES[..]), 0..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let (ours, theirs) = duplex(1 << 16);
            let session = tokio::spawn(session::converse(theirs, Desk::new(), 1000));
            let (mut reading, mut writing) = tokio::io::split(ours);
            let answers = tokio::spawn(async move { reading.read_to_end(&mut Vec::new()).await });
            let start = if login { "EHLO x\r\nAUTH PLAIN AGFubmEAb3BlbiBzZXNhbWU=\r\n" } else { "" };
            // The server may have hung up before the end.
            let _ = writing.write_all([start, &pieces.concat()].concat().as_bytes()).await;
            let _ = writing.shutdown().await;
            session.await.expect("no panic");
            answers.await.expect("no panic").expect("a clean end");
        });
    }
}

/// What garbage is made of: bits of commands, and what could upset a parser.
const PIECES: [&str; 30] = [
    "EHLO x\r\n",
    "AUTH PLAIN AGFubmEAb3BlbiBzZXNhbWU=\r\n",
    "AUTH LOGIN\r\n",
    "MAIL FROM:<a@example.test>",
    "RCPT TO:<",
    "b@example.test",
    ">",
    "<",
    "\"",
    "\\",
    "@",
    " SIZE=",
    "99999999999999999999",
    " BODY=",
    "8BITMIME",
    "DATA\r\n",
    ".",
    "..",
    "BDAT 5",
    "RSET\r\n",
    "VRFY ",
    "NOOP ",
    "=",
    "*",
    "\0",
    "\u{e8}",
    "\r",
    "\n",
    "\r\n",
    ".\r\n",
];
