//! Drafts into messages: what is refused, and what arrives as another reader reads it.

use mail_parser::MessageParser;
use proptest::prelude::*;

use super::*;

const NOW: Timestamp = Timestamp::constant(1_790_000_000, 0);

fn draft() -> Draft {
    Draft {
        from: Address::new("anna@pec.example.test"),
        to: vec![Address::new("bruno@pec.example.it")],
        cc: Vec::new(),
        subject: "Un saluto".to_owned(),
        text: "Buongiorno.\n".to_owned(),
        receipt: ReceiptType::Complete,
    }
}

fn composed(draft: &Draft) -> Result<Composed, Violation> {
    compose(draft, &Address::new("Anna@PEC.example.test"), &Limits::default(), [7; 16], NOW)
}

fn addresses(texts: &[&str]) -> Vec<Address> {
    texts.iter().map(|text| Address::new(text)).collect()
}

#[test]
fn a_plain_message_byte_for_byte() {
    let message = composed(&draft()).unwrap();
    assert_eq!(message.reference, "<07070707070707070707070707070707@pec.example.test>");
    assert_eq!(
        String::from_utf8(message.raw).unwrap(),
        "Message-ID: <07070707070707070707070707070707@pec.example.test>\r\n\
         Date: Mon, 21 Sep 2026 14:13:20 +0000\r\n\
         From: <anna@pec.example.test>\r\n\
         To: <bruno@pec.example.it>\r\n\
         Subject: Un saluto\r\n\
         X-TipoRicevuta: completa\r\n\
         MIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=\"utf-8\"\r\n\
         Content-Transfer-Encoding: 7bit\r\n\
         \r\n\
         Buongiorno.\r\n"
    );
}

#[test]
fn the_receipt_asked_for_is_named_in_italian() {
    for (receipt, word) in [
        (ReceiptType::Complete, "completa"),
        (ReceiptType::Brief, "breve"),
        (ReceiptType::Synthetic, "sintetica"),
    ] {
        let raw = composed(&Draft { receipt, ..draft() }).unwrap().raw;
        assert!(String::from_utf8(raw).unwrap().contains(&format!("\r\nX-TipoRicevuta: {word}\r\n")));
    }
}

#[test]
fn a_recipient_named_twice_is_one_and_to_wins_over_cc() {
    let message = composed(&Draft {
        to: addresses(&["b@example.it", "c@example.it", "B@example.it"]),
        cc: addresses(&["C@example.it", "d@example.it"]),
        ..draft()
    })
    .unwrap();
    assert_eq!(message.recipients, addresses(&["b@example.it", "c@example.it", "d@example.it"]));
    let text = String::from_utf8(message.raw).unwrap();
    assert!(text.contains("\r\nTo: <b@example.it>, <c@example.it>\r\n"), "{text}");
    assert!(text.contains("\r\nCc: <d@example.it>\r\n"), "{text}");
}

#[test]
fn what_the_rules_forbid_is_refused_with_its_rule() {
    let malformed = |field, position| Violation::MalformedAddress { field, position };
    let cases = [
        (Draft { from: Address::new("other@pec.example.test"), ..draft() }, Violation::ForeignSender),
        (Draft { to: Vec::new(), ..draft() }, Violation::NoRecipient),
        (Draft { to: Vec::new(), cc: addresses(&["b@example.it"]), ..draft() }, Violation::NoRecipient),
        (Draft { to: addresses(&["b@example.it", "c@exa mple.it"]), ..draft() }, malformed(Field::To, 2)),
        (Draft { cc: addresses(&["nobody"]), ..draft() }, malformed(Field::Cc, 1)),
        (
            Draft { subject: "a\r\nBcc: x@example.it".into(), ..draft() },
            Violation::ControlCharacter(Field::Subject),
        ),
        (Draft { subject: "a\u{85}b".into(), ..draft() }, Violation::ControlCharacter(Field::Subject)),
        (Draft { text: "a\0b".into(), ..draft() }, Violation::ControlCharacter(Field::Text)),
    ];
    for (draft, violation) in cases {
        assert_eq!(composed(&draft), Err(violation), "{draft:?}");
    }
}

#[test]
fn only_plain_full_ascii_addresses_pass() {
    for good in ["a@example.it", "a.b+c@pec.example.it", "a_b@x-y.example.test"] {
        assert!(is_mailbox(good), "{good}");
    }
    let long_local = format!("{}@example.it", "a".repeat(65));
    let long_label = format!("a@{}.it", "a".repeat(64));
    for bad in [
        "",
        "a",
        "@example.it",
        "a@",
        "a@localhost",
        "a@example..it",
        "a@-example.it",
        "a@example.it.",
        ".a@example.it",
        "a..b@example.it",
        "a b@example.it",
        "a@b@example.it",
        "a@example.it>",
        "a@example.it\r\nDATA",
        "à@example.it",
        "a@exàmple.it",
        "\"a b\"@example.it",
        "a@[127.0.0.1]",
        &long_local,
        &long_label,
    ] {
        assert!(!is_mailbox(bad), "{bad}");
    }
}

#[test]
fn limits_count_recipients_and_volume() {
    let draft = Draft { cc: addresses(&["c@example.it"]), ..draft() };
    let account = draft.from.clone();
    let compose = |limits| compose(&draft, &account, &limits, [7; 16], NOW);
    let size = count(compose(Limits::default()).unwrap().raw.len());

    let exact = Limits { recipients: 2, volume: size * 2 };
    assert!(compose(exact).is_ok());
    assert_eq!(
        compose(Limits { recipients: 1, ..exact }),
        Err(Violation::TooManyRecipients { count: 2, limit: 1 })
    );
    assert_eq!(
        compose(Limits { volume: size * 2 - 1, ..exact }),
        Err(Violation::TooLarge { volume: size * 2, limit: size * 2 - 1 })
    );
}

#[test]
fn no_violation_speaks_of_an_address() {
    let violation = composed(&Draft { to: addresses(&["secret person@example.it"]), ..draft() }).unwrap_err();
    assert!(!violation.to_string().contains("secret"), "{violation}");
}

proptest! {
    /// Whatever the author writes arrives as written, in a message that no server needs to touch: ASCII, CRLF only,
    /// no line beyond 998 bytes (RFC 5322 §2.1.1).
    #[test]
    fn any_text_and_subject_survive(
        subject in "\\PC{0,300}",
        text in "([^\\p{Cc}]{0,1200}(\n|\r\n)?){0,5}",
    ) {
        let draft = Draft { subject, text, ..draft() };
        let raw = composed(&draft).unwrap().raw;

        prop_assert!(raw.is_ascii());
        prop_assert!(raw.ends_with(b"\r\n"));
        let lines: Vec<&[u8]> = raw.strip_suffix(b"\r\n").unwrap().split(|&byte| byte == b'\n').collect();
        let (last, lines) = lines.split_last().unwrap();
        prop_assert!(lines.iter().all(|line| line.ends_with(b"\r")));
        prop_assert!(lines.iter().chain([last]).all(|line| line.len() <= 999));
        prop_assert!(!raw.split(|&byte| byte == b'\n').any(|line| line.strip_suffix(b"\r").unwrap_or(line).contains(&b'\r')));

        let read = MessageParser::new().parse(&raw).unwrap();
        prop_assert_eq!(read.subject().unwrap_or_default().trim(), draft.subject.trim());
        let lines = |text: &str| text.replace("\r\n", "\n").trim_end_matches('\n').to_owned();
        prop_assert_eq!(lines(&read.body_text(0).unwrap_or_default()), lines(&draft.text));
    }
}
