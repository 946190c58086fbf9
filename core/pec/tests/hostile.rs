//! Mail made to break its reader: whatever the bytes, there is a verdict, soon, and without a panic.

#![allow(clippy::disallowed_methods, clippy::disallowed_types)] // a test may: files, threads, clock

use jiff::Timestamp;
use proptest::prelude::*;
use recapito_pec::message::{Message, Problem};
use recapito_pec::{Anchors, CertificationData, Verdict, Verification, verify};
use std::sync::LazyLock;

static ANCHORS: LazyLock<Anchors> = LazyLock::new(Anchors::pec);

/// Everything that can be asked of a message.
fn read(raw: &[u8]) -> Verification {
    let message = Message::parse(raw);
    for part in message.parts() {
        let _ = (part.number(), part.name(), part.decode(1 << 20), part.text(1 << 20), part.attachments());
    }
    verify(raw, &ANCHORS, Timestamp::UNIX_EPOCH)
}

/// Judges on a thread with the smallest stack a phone gives. Something quadratic would keep the run for minutes.
fn judge(name: &str, raw: Vec<u8>) -> (Vec<u8>, Verification) {
    let judge = move || {
        let verification = verify(&raw, &ANCHORS, Timestamp::UNIX_EPOCH);
        (raw, verification)
    };
    let thread =
        std::thread::Builder::new().name(name.to_owned()).stack_size(512 * 1024).spawn(judge).unwrap();
    thread.join().unwrap()
}

fn multipart(subtype: &str, boundary: &str, body: &str) -> String {
    format!("Content-Type: multipart/{subtype}; boundary=\"{boundary}\"\r\n\r\n{body}")
}

#[test]
fn eight_megabytes_of_boundaries() {
    for subtype in ["mixed", "signed"] {
        let body = "--B\n".repeat(2 * 1024 * 1024);
        let (raw, verification) = judge(subtype, multipart(subtype, "B", &body).into_bytes());
        assert_ne!(verification.verdict, Verdict::Trusted);
        let message = Message::parse(&raw);
        assert!(message.parts().count() <= 2_001);
        assert!(message.root().problems().contains(&Problem::TooManyParts));
    }
}

#[test]
fn ten_thousand_nested_multiparts() {
    let open: String =
        (0..10_000).map(|i| multipart("mixed", &format!("B{i}"), &format!("--B{i}\r\n"))).collect();
    let (raw, _) = judge("nested", open.into_bytes());
    let message = Message::parse(&raw);
    assert!(message.parts().any(|part| part.problems().contains(&Problem::TooDeep)));

    let messages = "Content-Type: message/rfc822\r\n\r\n".repeat(10_000);
    judge("messages in messages", messages.into_bytes());
    let signed: String =
        (0..10_000).map(|i| multipart("signed", &format!("B{i}"), &format!("--B{i}\r\n"))).collect();
    judge("signed in signed", signed.into_bytes());
}

#[test]
fn giant_headers() {
    for (name, field) in [
        ("one line", format!("Subject: {}\r\n", "x".repeat(8 << 20))),
        ("folded", format!("To: x{}\r\n", "\r\n x".repeat(2 << 20))),
        ("many", "X-A: b\r\n".repeat(1 << 20)),
        ("no colon", "x\r\n".repeat(1 << 20)),
        ("encoded words never ended", format!("Subject: {}\r\n", "=?aa?Q?".repeat(1 << 20))),
        ("addresses never ended", format!("To: {}\r\n", "=?aa?Q?<".repeat(1 << 20))),
        ("comments never ended", format!("From: {}\r\n", "(".repeat(8 << 20))),
        ("parameters", format!("Content-Type: x/y{}\r\n", "; a=b".repeat(1 << 20))),
    ] {
        let (_, verification) = judge(name, format!("{field}\r\nbody").into_bytes());
        assert_eq!(verification.verdict, Verdict::Unreadable, "{name}");
    }
    for (name, field) in [
        ("short enough to be read", format!("Subject: {}\r\n", "=?aa?Q?".repeat(30_000))),
        ("as addresses", format!("To: {}\r\n", "=?aa?Q?<".repeat(30_000))),
        ("as parameters", format!("Content-Type: x/y{}\r\n", "; a*1==?aa?Q?".repeat(15_000))),
    ] {
        judge(name, format!("{field}\r\nbody").into_bytes());
    }
}

#[test]
fn costly_parts() {
    let part = format!("--B\r\nContent-Type: text/plain; name=\"{}\"\r\n\r\nx\r\n", "=?aa?Q?".repeat(500));
    let raw = multipart("mixed", "B", &part.repeat(1_500)).into_bytes();
    let message = Message::parse(&raw);
    assert!(!message.root().attachments().is_empty());
    assert_eq!(message.root().text(100), None);
}

#[test]
fn broken_signatures_and_data() {
    let xml =
        format!("<!DOCTYPE postacert [<!ENTITY a \"{}\">]><postacert>&a;</postacert>", "x".repeat(1000));
    let daticert = format!("--M\r\nContent-Type: application/xml; name=daticert.xml\r\n\r\n{xml}\r\n--M--");
    let content = multipart("mixed", "M", &daticert);
    for p7s in ["", "MII", "!!!!", &"A".repeat(8 << 20), &"MIAG".repeat(100_000), &"JIAk".repeat(100_000)] {
        let signature = "Content-Type: application/pkcs7-signature\r\nContent-Transfer-Encoding: base64";
        let raw = multipart(
            "signed",
            "S",
            &format!("--S\r\n{content}\r\n--S\r\n{signature}\r\n\r\n{p7s}\r\n--S--"),
        );
        let (_, verification) = judge("p7s", raw.into_bytes());
        assert_eq!(verification.verdict, Verdict::Unreadable);
        assert!(!verification.certdata.unwrap().problems.is_empty());
    }
}

/// Bytes that look enough like mail to get somewhere.
fn mail() -> impl Strategy<Value = Vec<u8>> {
    let pieces = prop::sample::select(vec![
        "From: a@example.test\r\n",
        "Content-Type: multipart/signed; boundary=S\r\n",
        "Content-Type: multipart/mixed; boundary=\"M\"\n",
        "Content-Type: message/rfc822\r\n",
        "Content-Type: text/html; charset=utf-7\r\n",
        "Content-Type: text/plain; charset=iso-2022-jp; name*0*=utf-8''%\r\n",
        "Content-Type: application/pkcs7-signature\r\n",
        "Content-Disposition: attachment; filename=\"daticert.xml\"\r\n",
        "Content-Transfer-Encoding: base64\r\n",
        "Content-Transfer-Encoding: quoted-printable\n",
        "Subject: =?utf-8?Q?=C3\r\n",
        "X-Ricevuta: accettazione\r\n",
        "Date: Tue, 13 Nov 2018 16:39:26 +0100 (CET)\r\n",
        "\r\n",
        "\n",
        "\r",
        " ",
        "--S\r\n",
        "--S--\r\n",
        "--M\n",
        "--M--",
        "<postacert tipo='x'><dati><data zona='+0100'><ora>",
        "&lt;&amp;<p>=E0=",
        "MIIC",
    ]);
    let piece = prop_oneof![
        9 => pieces.prop_map(|piece| piece.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..20),
    ];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_bytes_get_a_verdict(raw in prop::collection::vec(any::<u8>(), 0..2_000)) {
        prop_assert_ne!(read(&raw).verdict, Verdict::Trusted);
    }

    #[test]
    fn anything_like_mail_gets_a_verdict(raw in mail()) {
        prop_assert_ne!(read(&raw).verdict, Verdict::Trusted);
    }

    #[test]
    fn any_text_is_read_as_certification_data(xml in "(<|</|>|postacert|dati|data|tipo='|'|zona=|&|[a-z0-9 ]){0,60}") {
        let _ = CertificationData::parse(xml.as_bytes());
    }

    #[test]
    fn parts_lie_inside_their_parents_and_apart_from_each_other(raw in mail()) {
        let message = Message::parse(&raw);
        for part in message.parts() {
            let mut from = part.body_range().start;
            for child in part.children() {
                prop_assert!(from <= child.range().start && child.range().end <= part.body_range().end);
                from = child.range().end;
            }
        }
    }
}
