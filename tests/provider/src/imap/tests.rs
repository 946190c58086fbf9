//! Dialogues with the IMAP server, line by line.

use std::sync::Arc;
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::net::TcpListener;

use super::{Server, session};
use crate::mailbox::Mailbox;
use crate::peer::{Desk, Peer, connect};
use crate::tls::Authority;

/// 80 bytes: a header of 64, its empty line included, and a text of 16.
const MESSAGE: &[u8] =
    b"From: anna@example.test\r\nSubject: a\r\n folded one\r\nX-Odd: yes\r\n\r\nOne line.\r\nTwo\r\n";
const JANUARY: i64 = 1_704_967_200; // 2024-01-11T10:00:00Z
const JUNE: i64 = 1_718_445_600; // 2024-06-15T10:00:00Z

/// A conversation with a server that takes messages of up to 1000 bytes, past its greeting.
async fn greeted(desk: &Arc<Desk>) -> Peer<DuplexStream> {
    let (ours, theirs) = duplex(1 << 16);
    tokio::spawn(session::converse(theirs, Arc::clone(desk) as _, 1000));
    let mut peer = Peer::new(ours);
    peer.hear("* OK [CAPABILITY IMAP4REV1 AUTH=PLAIN SASL-IR LITERAL+ IDLE ID NAMESPACE UNSELECT SPECIAL-USE] Recapito test provider").await;
    peer
}

/// As [`greeted`], and logged in.
async fn logged_in(desk: &Arc<Desk>) -> Peer<DuplexStream> {
    let mut peer = greeted(desk).await;
    peer.play(
        "C: a LOGIN anna \"open sesame\"
         S: a OK [CAPABILITY…",
    )
    .await;
    peer
}

/// As [`logged_in`], with INBOX open, which has so many messages.
async fn opened(desk: &Arc<Desk>, command: &str, count: usize) -> Peer<DuplexStream> {
    let mut peer = logged_in(desk).await;
    peer.play(&format!("C: o {command} INBOX")).await;
    peer.hear("* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)").await;
    peer.hear(&format!("* {count} EXISTS")).await;
    while !peer.line().await.starts_with("o OK [READ-") {}
    peer
}

fn at(second: i64) -> jiff::Timestamp {
    jiff::Timestamp::from_second(second).unwrap()
}

fn fill(mailbox: &Mailbox) {
    mailbox.append_at("INBOX", MESSAGE, at(JANUARY));
    mailbox.append_at("INBOX", *b"Message-ID: <2@example.test>\r\n\r\nSecond\r\n", at(JUNE));
}

#[tokio::test]
async fn every_way_to_log_in() {
    for script in [
        "C: a LOGIN anna {11}
         S: + Go ahead
         C: open sesame",
        "C: a LOGIN {4+}
         C: anna {11+}
         C: open sesame",
        "C: a AUTHENTICATE PLAIN AGFubmEAb3BlbiBzZXNhbWU=",
        "C: a authenticate plain
         S: +…
         C: AGFubmEAb3BlbiBzZXNhbWU=",
    ] {
        let mut peer = greeted(&Desk::new()).await;
        peer.play(script).await;
        peer.play(
            "S: a OK [CAPABILITY IMAP4REV1…
             C: b LOGIN anna \"open sesame\"
             S: b BAD…
             C: c LOGOUT
             S: * BYE…
             S: c OK…",
        )
        .await;
        peer.hear_end().await;
    }
}

#[tokio::test]
async fn failed_logins() {
    let mut peer = greeted(&Desk::new()).await;
    peer.play(
        "C: a SELECT INBOX
         S: a BAD Log in first
         C: b LOGIN anna wrong
         S: b NO [AUTHENTICATIONFAILED]…
         C: c AUTHENTICATE PLAIN
         S: +…
         C: *
         S: c BAD…
         C: d AUTHENTICATE PLAIN
         S: +…
         C: no base64!
         S: d BAD…
         C: e AUTHENTICATE CRAM-MD5
         S: e NO…",
    )
    .await;
    for _ in 0..8 {
        peer.play(
            "C: f LOGIN anna wrong
             S: f NO [AUTHENTICATIONFAILED]…",
        )
        .await;
    }
    peer.play(
        "C: g LOGIN anna wrong
         S: * BYE Too many mistakes",
    )
    .await;
    peer.hear_end().await;
}

#[tokio::test]
async fn what_is_not_understood() {
    let mut peer = logged_in(&Desk::new()).await;
    peer.play(
        "C: a NONSENSE
         S: a BAD Not understood
         C: )(
         S: * BAD Not understood
         C: b FETCH 1 FLAGS
         S: b BAD Open a folder first
         C: c DELETE INBOX
         S: c BAD Not offered here
         C: d SELECT Nowhere
         S: d NO There is no such folder",
    )
    .await;
    peer.say("e NOOP\n").await;
    peer.hear("e BAD Not understood").await;
    peer.say("\u{0}\u{1}é{5}\r\n").await;
    peer.hear("+ Go ahead").await;
    peer.say("\r\n\r\n{\r\n").await;
    peer.hear("* BAD Not understood").await;
    peer.play(
        "C: f NOOP
         S: f OK…",
    )
    .await;
}

#[tokio::test]
async fn a_line_without_end_ends_the_conversation() {
    let mut peer = greeted(&Desk::new()).await;
    peer.say(&"x".repeat(66_000)).await;
    peer.hear("* BYE Line too long").await;
    peer.hear_end().await;
}

#[tokio::test(start_paused = true)]
async fn a_silent_client_is_sent_away() {
    let mut peer = logged_in(&Desk::new()).await;
    tokio::time::sleep(Duration::from_secs(30 * 60 + 1)).await;
    peer.hear("* BYE Nothing heard for too long").await;
    peer.hear_end().await;
}

#[tokio::test]
async fn folders_are_listed() {
    let desk = Desk::new();
    desk.mailbox.create_folder("INBOX/Inviata", Some("\\Sent"));
    desk.mailbox.create_folder("Archivio & altro/2024", None);
    let mut peer = logged_in(&desk).await;
    peer.play(
        r#"C: a LIST "" *
           S: * LIST () "/" "Archivio & altro"
           S: * LIST () "/" "Archivio & altro/2024"
           S: * LIST () "/" INBOX
           S: * LIST (\Sent) "/" INBOX/Inviata
           S: a OK…
           C: b LIST "" %
           S: * LIST () "/" "Archivio & altro"
           S: * LIST () "/" INBOX
           S: b OK…
           C: c LIST "INBOX/" "%"
           S: * LIST (\Sent) "/" INBOX/Inviata
           S: c OK…
           C: d LIST "" inbox
           S: * LIST () "/" INBOX
           S: d OK…
           C: e LIST "" ""
           S: * LIST (\Noselect) "/" ""
           S: e OK…
           C: f LSUB "" "Nothing*"
           S: f OK…
           C: g LSUB "" "INBOX*"
           S: * LSUB () "/" INBOX
           S: * LSUB (\Sent) "/" INBOX/Inviata
           S: g OK…
           C: h CREATE Bozze/
           S: h OK…
           C: i CREATE Bozze
           S: i NO…
           C: j NAMESPACE
           S: * NAMESPACE (("" "/")) NIL NIL
           S: j OK…
           C: k ID NIL
           S: * ID ("name" "Recapito test provider")
           S: k OK…
           C: l CAPABILITY
           S: * CAPABILITY IMAP4REV1…
           S: l OK…"#,
    )
    .await;
}

#[tokio::test]
async fn a_folder_is_opened_and_its_numbers_told() {
    let desk = Desk::new();
    fill(&desk.mailbox);
    desk.mailbox.expunge("INBOX", 1);
    let validity = desk.mailbox.read("INBOX", |folder| folder.validity).unwrap();
    let mut peer = logged_in(&desk).await;
    for (command, permanent, mode) in [
        ("SELECT", "\\Answered \\Flagged \\Deleted \\Seen \\Draft \\*", "READ-WRITE"),
        ("EXAMINE", "", "READ-ONLY"),
    ] {
        peer.play(&format!(
            "C: a {command} inbox
             S: * FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)
             S: * 1 EXISTS
             S: * 0 RECENT
             S: * OK [UNSEEN 1]…
             S: * OK [PERMANENTFLAGS ({permanent})]…
             S: * OK [UIDVALIDITY {validity}]…
             S: * OK [UIDNEXT 3]…
             S: a OK [{mode}]…"
        ))
        .await;
    }
    peer.play(&format!(
        "C: b STATUS INBOX (MESSAGES RECENT UIDNEXT UIDVALIDITY UNSEEN)
         S: * STATUS INBOX (MESSAGES 1 RECENT 0 UIDNEXT 3 UIDVALIDITY {validity} UNSEEN 1)
         S: b OK…
         C: c UNSELECT
         S: c OK…
         C: d CHECK
         S: d BAD Open a folder first"
    ))
    .await;
}

#[tokio::test]
async fn messages_are_fetched_whole_and_in_part() {
    let desk = Desk::new();
    fill(&desk.mailbox);
    let mut peer = opened(&desk, "EXAMINE", 2).await;
    let whole = String::from_utf8_lossy(MESSAGE);
    for (item, answer) in [
        ("BODY.PEEK[]", format!("BODY[] {{80}}\r\n{whole}")),
        ("BODY[]", format!("BODY[] {{80}}\r\n{whole}")),
        ("RFC822", format!("RFC822 {{80}}\r\n{whole}")),
        ("BODY.PEEK[]<2.6>", "BODY[]<2> {6}\r\nom: an".to_owned()),
        ("BODY.PEEK[]<78.100>", "BODY[]<78> {2}\r\n\r\n".to_owned()),
        ("BODY.PEEK[]<81.1>", "BODY[]<81> {0}\r\n".to_owned()),
        ("BODY.PEEK[HEADER]", format!("BODY[HEADER] {{64}}\r\n{}", &whole[..64])),
        ("BODY.PEEK[TEXT]<0.3>", "BODY[TEXT]<0> {3}\r\nOne".to_owned()),
        (
            "BODY.PEEK[HEADER.FIELDS (subject Absent)]",
            "BODY[HEADER.FIELDS (subject Absent)] {27}\r\nSubject: a\r\n folded one\r\n\r\n".to_owned(),
        ),
        (
            "BODY.PEEK[HEADER.FIELDS.NOT (subject from)]",
            "BODY[HEADER.FIELDS.NOT (subject from)] {14}\r\nX-Odd: yes\r\n\r\n".to_owned(),
        ),
        (
            "(FLAGS INTERNALDATE RFC822.SIZE UID)",
            "FLAGS () INTERNALDATE \"11-Jan-2024 10:00:00 +0000\" RFC822.SIZE 80 UID 1".to_owned(),
        ),
        ("FAST", "FLAGS () INTERNALDATE \"11-Jan-2024 10:00:00 +0000\" RFC822.SIZE 80".to_owned()),
    ] {
        peer.say(&format!("f FETCH 1 {item}\r\n")).await;
        for line in format!("* 1 FETCH ({answer})\r\nf OK Done\r\n").split_terminator("\r\n") {
            peer.hear(line).await;
        }
    }
    assert!(desk.mailbox.flags("INBOX", 1).unwrap().is_empty(), "EXAMINE leaves no trace");
    peer.play(
        "C: g UID FETCH 2:* (FLAGS)
         S: * 2 FETCH (UID 2 FLAGS ())
         S: g OK…
         C: h UID FETCH 7:9 FLAGS
         S: h OK…
         C: i UID FETCH 7:* FLAGS
         S: * 2 FETCH (UID 2 FLAGS ())
         S: i OK…
         C: j FETCH 3 FLAGS
         S: j BAD…
         C: k FETCH 1 ENVELOPE
         S: k NO…
         C: l FETCH 1 BODY[1.2]
         S: l NO…
         C: m STORE 1 +FLAGS (\\Seen)
         S: m NO…",
    )
    .await;
}

#[tokio::test]
async fn bytes_that_the_grammar_has_no_room_for() {
    let desk = Desk::new();
    desk.mailbox.append("INBOX", *b"a\0b");
    desk.mailbox.append("INBOX", *b"");
    let mut peer = opened(&desk, "EXAMINE", 2).await;
    peer.say("a FETCH 1:2 (RFC822.SIZE BODY.PEEK[] BODY.PEEK[TEXT])\r\n").await;
    peer.hear("* 1 FETCH (RFC822.SIZE 3 BODY[] {3}").await;
    assert_eq!(peer.bytes(3).await, b"a\x80b");
    peer.play(
        "S:  BODY[TEXT] {0}
         S: )
         S: * 2 FETCH (RFC822.SIZE 0 BODY[] {0}
         S:  BODY[TEXT] {0}
         S: )
         S: a OK…",
    )
    .await;
}

#[tokio::test]
async fn reading_marks_as_seen_and_peeking_does_not() {
    let desk = Desk::new();
    fill(&desk.mailbox);
    let mut peer = opened(&desk, "SELECT", 2).await;
    peer.play(
        "C: a FETCH 1 BODY.PEEK[]<0.1>
         S: * 1 FETCH (BODY[]<0> {1}
         S: F)
         S: a OK…",
    )
    .await;
    assert!(desk.mailbox.flags("INBOX", 1).unwrap().is_empty());
    peer.play(
        "C: b FETCH 1 BODY[]<0.1>
         S: * 1 FETCH (BODY[]<0> {1}
         S: F FLAGS (\\Seen))
         S: b OK…
         C: c FETCH 1 BODY[]<0.1>
         S: * 1 FETCH (BODY[]<0> {1}
         S: F)
         S: c OK…",
    )
    .await;
    assert!(desk.mailbox.flags("INBOX", 1).unwrap().contains("\\Seen"));
}

#[tokio::test]
async fn messages_are_searched() {
    let desk = Desk::new();
    fill(&desk.mailbox);
    desk.mailbox.append_at("INBOX", *b"To: c@example.test\r\n\r\nThird\r\n", at(JUNE + 86_400));
    desk.mailbox.expunge("INBOX", 1);
    desk.mailbox.append_at("INBOX", MESSAGE, at(JANUARY));
    let mut peer = opened(&desk, "SELECT", 3).await;
    peer.play(
        "C: s STORE 2 +FLAGS.SILENT (\\Flagged)
         S: s OK…",
    )
    .await;
    for (keys, uids) in [
        ("ALL", " 2 3 4"),
        ("UID 3:*", " 3 4"),
        ("2:3", " 3 4"),
        ("HEADER Message-ID <2@EXAMPLE.test>", " 2"),
        ("HEADER X-Odd \"\"", " 4"),
        ("SUBJECT \"folded\"", " 4"),
        ("SUBJECT \"a folded\"", " 4"),
        ("SINCE 15-Jun-2024", " 2 3"),
        ("SINCE 16-Jun-2024", " 3"),
        ("BEFORE 15-Jun-2024", " 4"),
        ("ON 15-Jun-2024", " 2"),
        ("SINCE 1-Jan-2024 HEADER To c@", " 3"),
        ("FLAGGED", " 3"),
        ("UNFLAGGED NOT UID 2", " 4"),
        ("OR UID 2 UID 4", " 2 4"),
        ("(UID 2 ALL) UNSEEN", " 2"),
        ("CHARSET UTF-8 TEXT third", " 3"),
        ("LARGER 50", " 4"),
        ("UID 77", ""),
    ] {
        peer.play(&format!(
            "C: a UID SEARCH {keys}
             S: * SEARCH{uids}
             S: a OK…"
        ))
        .await;
    }
    peer.play(
        "C: b SEARCH FLAGGED
         S: * SEARCH 2
         S: b OK…
         C: c SEARCH SENTSINCE 1-Jan-2024
         S: c BAD…
         C: d SEARCH COLOUR blue
         S: d BAD…
         C: e SEARCH CHARSET EBCDIC ALL
         S: e NO [BADCHARSET]…",
    )
    .await;
}

#[tokio::test]
async fn flags_are_kept_and_deleted_messages_go() {
    let desk = Desk::new();
    fill(&desk.mailbox);
    desk.mailbox.create_folder("Cestino", Some("\\Trash"));
    let mut peer = opened(&desk, "SELECT", 2).await;
    let mut other = opened(&desk, "SELECT", 2).await;
    peer.play(
        "C: a STORE 1 FLAGS (\\Seen Importante)
         S: * 1 FETCH (FLAGS (Importante \\Seen))
         S: a OK…
         C: b UID STORE 1 -FLAGS (\\seen)
         S: * 1 FETCH (UID 1 FLAGS (Importante))
         S: b OK…
         C: c UID COPY 1 Cestino
         S: c OK…
         C: d COPY 1 Nowhere
         S: d NO [TRYCREATE]…
         C: e STORE 1 +FLAGS.SILENT (\\Deleted)
         S: e OK…
         C: f EXPUNGE
         S: * 1 EXPUNGE
         S: f OK…",
    )
    .await;
    assert_eq!(desk.mailbox.messages("Cestino").len(), 1);
    // The other session counts as before until it may hear of it.
    other
        .play(
            "C: a FETCH 2 UID
             S: * 2 FETCH (UID 2)
             S: a OK…
             C: b NOOP
             S: * 1 EXPUNGE
             S: b OK…
             C: c FETCH 1 UID
             S: * 1 FETCH (UID 2)
             S: c OK…
             C: d STORE 1 +FLAGS (\\Deleted)
             S: * 1 FETCH (FLAGS (\\Deleted))
             S: d OK…
             C: e CLOSE
             S: e OK…",
        )
        .await;
    peer.play(
        "C: g NOOP
         S: * 1 EXPUNGE
         S: g OK…",
    )
    .await;
    assert!(desk.mailbox.messages("INBOX").is_empty());
}

#[tokio::test]
async fn messages_are_appended() {
    let desk = Desk::new();
    let mut peer = opened(&desk, "EXAMINE", 0).await;
    peer.say("a APPEND INBOX (\\Seen) \"11-Jan-2024 11:00:00 +0100\" {10}\r\n").await;
    peer.hear("+ Go ahead").await;
    peer.say("A: b\r\n\r\nc\n\r\n").await;
    peer.play(
        "S: * 1 EXISTS
         S: a OK…
         C: b FETCH 1 (INTERNALDATE FLAGS)
         S: * 1 FETCH (INTERNALDATE \"11-Jan-2024 10:00:00 +0000\" FLAGS (\\Seen))
         S: b OK…
         C: c APPEND Nowhere {1+}
         C: x
         S: c NO [TRYCREATE]…
         C: d APPEND INBOX {1001}
         S: d NO [TOOBIG]…
         C: e NOOP
         S: e OK…
         C: f APPEND INBOX {1001+}
         S: * BYE Too large",
    )
    .await;
    peer.hear_end().await;
    assert_eq!(desk.mailbox.messages("INBOX"), [(1, Arc::from(*b"A: b\r\n\r\nc\n"))]);
}

#[tokio::test]
async fn changes_are_pushed_during_idle() {
    let desk = Desk::new();
    let mut peer = opened(&desk, "EXAMINE", 0).await;
    peer.play(
        "C: a IDLE
         S: + Idling",
    )
    .await;
    let uid = desk.mailbox.append("INBOX", MESSAGE);
    peer.hear("* 1 EXISTS").await;
    desk.mailbox.append("INBOX", MESSAGE);
    peer.hear("* 2 EXISTS").await;
    desk.mailbox.expunge("INBOX", uid);
    peer.hear("* 1 EXPUNGE").await;
    desk.mailbox.append("INBOX/Altra", MESSAGE);
    peer.play(
        "C: DONE
         S: a OK…
         C: b IDLE
         S: + Idling
         C: DUNE
         S: b BAD…",
    )
    .await;
}

#[tokio::test]
async fn what_arrived_before_idle_is_told_at_its_start() {
    let desk = Desk::new();
    let mut peer = opened(&desk, "EXAMINE", 0).await;
    desk.mailbox.append("INBOX", MESSAGE);
    peer.play(
        "C: a IDLE
         S: + Idling
         S: * 1 EXISTS
         C: DONE
         S: a OK…",
    )
    .await;
}

#[tokio::test]
async fn a_renumbered_folder_ends_the_sessions_that_have_it_open() {
    let desk = Desk::new();
    fill(&desk.mailbox);
    let mut peer = opened(&desk, "EXAMINE", 2).await;
    peer.play(
        "C: a IDLE
         S: + Idling",
    )
    .await;
    let before = desk.mailbox.read("INBOX", |folder| folder.validity).unwrap();
    desk.mailbox.renumber("INBOX");
    peer.hear("* BYE The folder was renumbered").await;
    peer.hear_end().await;
    let mut peer = logged_in(&desk).await;
    peer.play(&format!(
        "C: a STATUS INBOX (UIDVALIDITY UIDNEXT)
         S: * STATUS INBOX (UIDVALIDITY {} UIDNEXT 3)
         S: a OK…",
        before + 1
    ))
    .await;
}

#[tokio::test]
async fn over_tls_until_stopped() {
    let authority = Authority::new().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let desk = Desk::new();
    desk.mailbox.append("INBOX", vec![b'x'; 300_000]);
    let server = Server::start(listener, authority.server_config().unwrap(), desk).await;
    let mut peer = connect(&authority, server.address(), "127.0.0.1").await.unwrap();
    peer.play(
        "S: * OK…
         C: a LOGIN anna \"open sesame\"
         S: a OK…
         C: b EXAMINE INBOX",
    )
    .await;
    while !peer.line().await.starts_with("b OK") {}
    peer.play(
        "C: c FETCH 1 BODY.PEEK[]
         S: * 1 FETCH (BODY[] {300000}",
    )
    .await;
    assert!(peer.bytes(300_000).await.iter().all(|&byte| byte == b'x'));
    peer.play(
        "S: )
         S: c OK…
         C: d IDLE
         S: + Idling",
    )
    .await;
    server.stop().await;
    peer.hear_end().await;
}

#[tokio::test]
async fn certificates_that_a_client_must_refuse() {
    let authority = Authority::new().unwrap();
    for config in [
        authority.expired_server_config().unwrap(),
        authority.server_config_for(&["pec.example.test"]).unwrap(),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Server::start(listener, config, Desk::new()).await;
        assert!(connect(&authority, server.address(), "localhost").await.is_err());
        server.stop().await;
    }
}

proptest! {
    #[test]
    fn no_garbage_makes_the_server_fail(login in any::<bool>(), pieces in vec(select(&PIECES[..]), 0..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let (ours, theirs) = duplex(1 << 16);
            let desk = Desk::new();
            fill(&desk.mailbox);
            let session = tokio::spawn(session::converse(theirs, desk, 1000));
            let (mut reading, mut writing) = tokio::io::split(ours);
            let answers = tokio::spawn(async move { reading.read_to_end(&mut Vec::new()).await });
            let start = if login { "a LOGIN anna \"open sesame\"\r\na SELECT INBOX\r\n" } else { "" };
            // The server may have hung up before the end.
            let _ = writing.write_all([start, &pieces.concat()].concat().as_bytes()).await;
            let _ = writing.shutdown().await;
            session.await.expect("no panic");
            answers.await.expect("no panic").expect("a clean end");
        });
    }
}

/// What garbage is made of: bits of commands, and what could upset a parser.
const PIECES: [&str; 36] = [
    "a ",
    "b ",
    "LOGIN anna \"open sesame\"\r\n",
    "SELECT INBOX\r\n",
    "UID FETCH 1:* ",
    "FETCH 1 ",
    "BODY[",
    "]",
    "<0.1>",
    "HEADER.FIELDS (",
    ")",
    "SEARCH ",
    "NOT ",
    "OR ",
    "(",
    "STORE 1 +FLAGS ",
    "\\Seen",
    "APPEND INBOX ",
    "{3}",
    "{3+}",
    "{99999999}",
    "IDLE\r\n",
    "DONE\r\n",
    "AUTHENTICATE PLAIN\r\n",
    "*",
    "=",
    "1:*",
    "0",
    "4294967296",
    "\"",
    "\\",
    "\0",
    "\u{e8}",
    "\r",
    "\n",
    "\r\n",
];
