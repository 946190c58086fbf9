//! Mail made to do harm: bounded time, stored like any other, and the sync goes on behind it.

use std::fs;
use std::time::{Duration, Instant};

use recapito_tests::recapito::Recapito;

use crate::desk::{ANNA, Desk, Outcome, PASSWORD};
use crate::message::message;

/// Generous, for an unoptimised build on a busy machine; what is not bounded takes far longer.
const BOUND: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn hostile_mail_is_stored_and_passed() -> Outcome {
    let desk = Desk::start().await?;
    let user = Recapito::new();
    user.add_account(ANNA, PASSWORD, &desk.servers()).expect(0);
    user.run(["sync"]).expect(0);
    let hostile = [
        ("nested parts", nested_parts(10_000)),
        ("nested messages", nested_messages(10_000)),
        ("many parts", many_parts(100_000)),
        ("one header of a megabyte", format!("Subject: {}\r\n\r\n", "x".repeat(1 << 20)).into_bytes()),
        ("a megabyte of headers", "X-A: b\r\n".repeat((1 << 20) / 8).into_bytes()),
        (
            "a megabyte of recipients",
            format!("To: {}\r\n\r\n", "a@example.test,".repeat(70_000)).into_bytes(),
        ),
        ("broken base64", attachment("daticert.xml", "base64", "=====%%%AAA=\r\n\0\u{fffd}")),
        ("an XML bomb", attachment("daticert.xml", "8bit", &xml_bomb())),
        ("deep XML", attachment("daticert.xml", "8bit", &"<a>".repeat(200_000))),
        ("a signature of zeroes", attachment("smime.p7s", "base64", &"AAAA".repeat(100_000))),
        ("NUL bytes", b"Subject: \0\0\r\nFrom: \0@\0\r\n\r\n\0\0\0\r\n".to_vec()),
        ("an empty message", Vec::new()),
        ("line ends only", b"\r\n".repeat(100_000)),
    ];
    for (_, raw) in &hostile {
        desk.mailbox().append("INBOX", raw.clone());
    }
    desk.mailbox().append("INBOX", message("the last one"));

    let begin = Instant::now();
    let synced = user.run(["sync"]).expect(0);
    assert!(begin.elapsed() < BOUND, "{:?}", begin.elapsed());
    assert!(synced.stdout.contains("the last one"), "the sync goes on");
    assert!(synced.stderr.contains(&format!("{} messages fetched", hostile.len() + 1)), "{}", synced.stderr);

    for (number, (name, raw)) in (1..).zip(&hostile) {
        let (id, out) = (format!("m{number}"), user.data().join(format!("{number}.eml")));
        let begin = Instant::now();
        user.run(["show", &id]).expect(0);
        user.run(["export".as_ref(), id.as_ref(), "--out".as_ref(), out.as_os_str()]).expect(0);
        // The grammar of IMAP has no NUL: the server sends 0x80 in its place, as Dovecot does.
        let expected: Vec<u8> = raw.iter().map(|&byte| if byte == 0 { 0x80 } else { byte }).collect();
        assert!(fs::read(&out)? == expected, "{name} is kept byte for byte");
        user.run(["verify".as_ref(), out.as_os_str()]).expect(30);
        assert!(begin.elapsed() < BOUND, "{name}: {:?}", begin.elapsed());
    }
    Ok(())
}

fn nested_parts(depth: usize) -> Vec<u8> {
    let open = |level| format!("Content-Type: multipart/mixed; boundary=b{level}\r\n\r\n--b{level}\r\n");
    (0..depth).map(open).collect::<String>().into_bytes()
}

fn nested_messages(depth: usize) -> Vec<u8> {
    "Content-Type: message/rfc822\r\n\r\n".repeat(depth).into_bytes()
}

fn many_parts(count: usize) -> Vec<u8> {
    let head = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
    [head, &"--b\r\n\r\nx\r\n".repeat(count), "--b--\r\n"].concat().into_bytes()
}

/// What claims to be a receipt, with such an attachment.
fn attachment(name: &str, encoding: &str, content: &str) -> Vec<u8> {
    format!(
        "From: posta-certificata@example.test\r\nX-Ricevuta: avvenuta-consegna\r\nSubject: CONSEGNA: x\r\n\
         Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; boundary=s\r\n\r\n--s\r\n\
         Content-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\nContent-Type: application/octet-stream; \
         name=\"{name}\"\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n{content}\r\n--m--\r\n--s\r\n\
         Content-Type: application/pkcs7-signature; name=\"{name}\"\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n\
         {content}\r\n--s--\r\n"
    )
    .into_bytes()
}

/// Ten to the power of ten copies of one word.
fn xml_bomb() -> String {
    let mut text = "<?xml version=\"1.0\"?><!DOCTYPE postacert [<!ENTITY e0 \"ha\">".to_owned();
    for level in 1..=10 {
        let entity = format!("&e{};", level - 1).repeat(10);
        text += &format!("<!ENTITY e{level} \"{entity}\">");
    }
    text + "]><postacert tipo=\"avvenuta-consegna\" errore=\"nessuno\"><intestazione>&e10;</intestazione></postacert>"
}
