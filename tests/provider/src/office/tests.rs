//! Stories: a submission, time, and what is in the boxes at the end.

use std::collections::BTreeSet;

use super::*;
use crate::clock::hours;
use crate::notice::Failure;
use crate::script::{Ending, Silence};
use mailparse::MailHeaderMap;

const MARIO: &str = "mario@pec.example.test";
const ANNA: &str = "anna@pec.example.test";
const LUCA: &str = "luca@legal.example.test";

fn office() -> Office {
    let clock = VirtualClock::standing("2026-03-02T10:20:30Z".parse().unwrap());
    let office = Office::new(Settings { clock, ..Settings::default() });
    for address in [MARIO, ANNA, LUCA] {
        office.open_box(address, "secret");
    }
    office
}

/// Mario writes, with these header fields besides From, Subject and Message-ID.
fn submit(office: &Office, fields: &str, recipients: &[&str]) -> Reply {
    let raw = format!(
        "From: {MARIO}\r\n{fields}Subject: Prova\r\nMessage-ID: <1@mario.example.test>\r\n\r\nBuongiorno\r\n"
    );
    office.submit(Submission {
        login: MARIO.to_owned(),
        reverse_path: MARIO.to_owned(),
        recipients: recipients.iter().map(|&recipient| recipient.to_owned()).collect(),
        raw: raw.into_bytes(),
    })
}

fn to(office: &Office, recipient: &str) -> Reply {
    submit(office, &format!("To: {recipient}\r\n"), &[recipient])
}

/// What is in a box: for each message its kind, and the daticert's recipient where there is one.
fn inbox(office: &Office, address: &str) -> Vec<(String, Option<String>)> {
    let messages = office.mailbox(address).unwrap().messages("INBOX");
    let describe = |(_, raw): (u32, Arc<[u8]>)| {
        let message = mailparse::parse_mail(&raw).unwrap();
        let header = |name| message.headers.get_first_value(name);
        (
            header("X-Ricevuta").or_else(|| header("X-Trasporto")).unwrap_or_default(),
            element(&raw, "consegna"),
        )
    };
    messages.into_iter().map(describe).collect()
}

fn kinds(office: &Office, address: &str) -> Vec<String> {
    inbox(office, address).into_iter().map(|(kind, _)| kind).collect()
}

/// The text of an element of the message's daticert.xml, as it is escaped.
fn element(raw: &[u8], name: &str) -> Option<String> {
    let message = mailparse::parse_mail(raw).unwrap();
    let part = message.parts().find(|part| part.ctype.mimetype == "application/xml")?;
    let xml = String::from_utf8(part.get_body_raw().unwrap()).unwrap();
    let (_, after) = xml.split_once(&format!("<{name}>"))?;
    after.split_once("</").map(|(text, _)| text.to_owned())
}

#[test]
fn a_message_is_accepted_and_delivered() {
    let office = office();
    assert_eq!(to(&office, ANNA).code, 250);
    assert_eq!(kinds(&office, ANNA), ["posta-certificata"]);
    let expected =
        [("accettazione".to_owned(), None), ("avvenuta-consegna".to_owned(), Some(ANNA.to_owned()))];
    assert_eq!(inbox(&office, MARIO), expected);
}

#[test]
fn the_three_identifiers_tie_everything_together() {
    let office = office();
    to(&office, ANNA);
    let own = office.mailbox(MARIO).unwrap().messages("INBOX");
    let [(_, acceptance), (_, delivery)] = own.as_slice() else { panic!("two receipts") };
    let (_, envelope) = office.mailbox(ANNA).unwrap().messages("INBOX").remove(0);
    let header = |raw: &[u8], name| {
        let message = mailparse::parse_mail(raw).unwrap();
        message.headers.get_first_value(name).unwrap()
    };
    let identifier = element(acceptance, "identificativo").unwrap();
    assert_eq!(header(&envelope, "Message-ID"), format!("<{identifier}>"));
    for raw in [acceptance, delivery, &envelope] {
        assert_eq!(element(raw, "identificativo").as_deref(), Some(identifier.as_str()));
        assert_eq!(element(raw, "msgid").as_deref(), Some("&lt;1@mario.example.test&gt;"));
        assert_eq!(header(raw, "X-Riferimento-Message-ID"), "<1@mario.example.test>");
    }
    let outer = BTreeSet::from([header(acceptance, "Message-ID"), header(delivery, "Message-ID")]);
    assert_eq!(outer.len(), 2);
    assert!(!outer.contains(&format!("<{identifier}>")));

    let delivery = mailparse::parse_mail(delivery).unwrap();
    let original = delivery.parts().find(|part| part.ctype.mimetype == "message/rfc822").unwrap();
    let original = original.get_body_raw().unwrap();
    assert_eq!(header(&original, "Message-ID"), format!("<{identifier}>"));
    assert_eq!(header(&original, "X-Riferimento-Message-ID"), "<1@mario.example.test>");
}

#[test]
fn another_provider_takes_in_charge_and_tells_only_the_senders_provider() {
    let office = office();
    to(&office, LUCA);
    assert_eq!(kinds(&office, MARIO), ["accettazione", "avvenuta-consegna"]);
    assert_eq!(kinds(&office, "posta-certificata@pec.example.test"), ["presa-in-carico"]);
    let (_, delivery) = office.mailbox(MARIO).unwrap().messages("INBOX").remove(1);
    let from = mailparse::parse_mail(&delivery).unwrap().headers.get_first_value("From");
    assert_eq!(from.as_deref(), Some("posta-certificata@legal.example.test"));
}

#[test]
fn copies_get_synthetic_receipts_and_outsiders_none() {
    let office = office();
    let fields = format!("To: {ANNA}, Bar <bar@example.org>\r\nCc: {LUCA}\r\n");
    submit(&office, &fields, &[ANNA, "bar@example.org", LUCA]);
    assert_eq!(kinds(&office, MARIO), ["accettazione", "avvenuta-consegna", "avvenuta-consegna"]);
    let receipts = office.mailbox(MARIO).unwrap().messages("INBOX");
    let has_original = |raw: &[u8]| raw.windows(13).any(|window| window == b"postacert.eml");
    let found: Vec<bool> = receipts.iter().map(|(_, raw)| has_original(raw)).collect();
    assert_eq!(found, [false, true, false]);
}

#[test]
fn formal_faults_are_refused_with_a_notice() {
    let office = office();
    assert_eq!(submit(&office, &format!("To: {ANNA}\r\n"), &[ANNA, LUCA]).code, 250);
    assert_eq!(kinds(&office, MARIO), ["non-accettazione"]);
    assert!(kinds(&office, ANNA).is_empty());
}

#[test]
fn who_sends_in_another_name_is_refused_at_once() {
    let office = office();
    let submission = Submission {
        login: MARIO.to_owned(),
        reverse_path: ANNA.to_owned(),
        recipients: vec![LUCA.to_owned()],
        raw: b"\r\n".to_vec(),
    };
    assert_eq!(office.submit(submission).code, 553);
}

#[test]
fn failures_say_why() {
    let cases = [
        (Behaviour::FullMailbox, "5.2.2"),
        (Behaviour::UnknownDomain, "5.1.2"),
        (Behaviour::UnknownRecipient, "5.1.1"),
        (Behaviour::Virus, "5.5.1"),
    ];
    for (behaviour, code) in cases {
        let office = office();
        office.script().on(LUCA, behaviour);
        to(&office, LUCA);
        assert_eq!(kinds(&office, MARIO), ["accettazione", "errore-consegna"]);
        let (_, failure) = office.mailbox(MARIO).unwrap().messages("INBOX").remove(1);
        assert!(element(&failure, "errore-esteso").unwrap().starts_with(code));
        assert!(kinds(&office, LUCA).is_empty());
    }
}

#[test]
fn time_brings_delays_and_then_the_delivery_each_certified_at_its_own_time() {
    let office = office();
    office.script().on(ANNA, Behaviour::Late(Silence::until_delivery(hours(30))));
    to(&office, ANNA);
    assert_eq!(kinds(&office, MARIO), ["accettazione"]);
    office.advance(hours(48));
    let delay = "preavviso-errore-consegna";
    assert_eq!(kinds(&office, MARIO), ["accettazione", delay, delay, "avvenuta-consegna"]);
    let messages = office.mailbox(MARIO).unwrap().messages("INBOX");
    let times: Vec<_> = messages.iter().map(|(_, raw)| element(raw, "ora").unwrap()).collect();
    assert_eq!(times, ["11:20:30", "23:20:30", "11:20:30", "17:20:30"]);
    assert_eq!(office.clock().now(), "2026-03-04T10:20:30Z".parse().unwrap());
}

#[test]
fn a_silence_may_end_in_failure() {
    let office = office();
    let silence =
        Silence { lasts: hours(25), ending: Ending::Failure(Failure::FullMailbox), taken_in_charge: true };
    office.script().on(LUCA, Behaviour::Late(silence));
    to(&office, LUCA);
    office.advance(hours(25));
    assert_eq!(kinds(&office, MARIO), ["accettazione", "preavviso-errore-consegna", "errore-consegna"]);
    assert_eq!(kinds(&office, "posta-certificata@pec.example.test"), ["presa-in-carico"]);
}

#[test]
fn receipts_get_lost_and_doubled() {
    let office = office();
    office.script().on(ANNA, Behaviour::DoubledReceipt);
    office.script().on_next_submission(Mishap::LostAcceptance);
    to(&office, ANNA);
    assert_eq!(kinds(&office, MARIO), ["avvenuta-consegna", "avvenuta-consegna"]);
    let messages = office.mailbox(MARIO).unwrap().messages("INBOX");
    assert_eq!(messages[0].1, messages[1].1);
}

#[test]
fn a_virus_is_refused_and_only_once() {
    let office = office();
    office.script().on_next_submission(Mishap::Virus);
    to(&office, ANNA);
    to(&office, ANNA);
    assert_eq!(kinds(&office, MARIO), ["non-accettazione", "accettazione", "avvenuta-consegna"]);
}

#[test]
fn a_recipient_can_be_refused_at_rcpt() {
    let office = office();
    office.script().on(ANNA, Behaviour::RefusedAtRcpt);
    assert_eq!(office.recipient(MARIO, ANNA).unwrap_err().code, 550);
    assert_eq!(office.recipient(MARIO, LUCA), Ok(()));
}

#[test]
fn ordinary_mail_comes_in_an_anomaly_envelope() {
    let office = office();
    let raw =
        b"From: bar@example.org\r\nTo: anna@pec.example.test\r\nMessage-ID: <9@example.org>\r\n\r\nCiao\r\n";
    assert!(office.receive_ordinary("bar@example.org", ANNA, raw));
    assert!(!office.receive_ordinary("bar@example.org", "nobody@pec.example.test", raw));
    let (_, envelope) = office.mailbox(ANNA).unwrap().messages("INBOX").remove(0);
    let message = mailparse::parse_mail(&envelope).unwrap();
    let header = |name| message.headers.get_first_value(name);
    assert_eq!(header("X-Trasporto").as_deref(), Some("errore"));
    assert_eq!(header("Message-ID").as_deref(), Some("<9@example.org>"));
    assert!(kinds(&office, MARIO).is_empty());
}

#[test]
fn equal_seeds_and_a_standing_clock_tell_the_same_story() {
    let identifiers = || {
        let office = office();
        to(&office, LUCA);
        let messages = office.mailbox(MARIO).unwrap().messages("INBOX");
        let id = |(_, raw): (u32, Arc<[u8]>)| {
            mailparse::parse_mail(&raw).unwrap().headers.get_first_value("Message-ID")
        };
        messages.into_iter().map(id).collect::<Vec<_>>()
    };
    assert_eq!(identifiers(), identifiers());
}

#[test]
fn only_the_right_password_opens_a_box() {
    let office = office();
    assert!(office.login("MARIO@pec.example.test", "secret").is_some());
    assert!(office.login(MARIO, "wrong").is_none());
    assert!(office.login("posta-certificata@pec.example.test", "").is_none());
}
