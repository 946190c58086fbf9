//! Receipts made here, of messages made here. Signature and chain are not the subject: a receipt is taken for trusted.

use jiff::Timestamp;
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};

use super::*;
use crate::{Anchors, verify};

mod attack;
mod brief;
mod complete;
mod hostile;

const ID: &str = "Message-ID: <1@client.example.test>\r\n";
const KEPT: &str = "Received: from client\r\nMessage-ID: <9@pec.example.test>\r\n\
    X-Riferimento-Message-ID: <1@client.example.test>\r\n";

const TEXT: &str = "Content-Type: text/plain; charset=utf-8\r\n\r\nBuongiorno,\r\nin allegato";
const HTML: &str =
    "Content-Type: text/html\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<p>Buongiorno=20\r\n";
/// The bytes 0 to 3.
const PDF: &str = "Content-Type: application/pdf; name=\"a.pdf\"\r\nContent-Transfer-Encoding: base64\r\n\
    Content-Disposition: attachment; filename=\"a.pdf\"\r\n\r\nAAECAw==";
const NOTE: &str = "Content-Type: text/plain; name=note.txt\r\n\r\n1\r\n2";
/// An attached message, without a name.
const MAIL: &str = "Content-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\nbody";

fn multipart(subtype: &str, boundary: &str, parts: &[&str]) -> String {
    let parts: String = parts.iter().map(|part| format!("--{boundary}\r\n{part}\r\n")).collect();
    format!("Content-Type: multipart/{subtype}; boundary=\"{boundary}\"\r\n\r\n{parts}--{boundary}--\r\n")
}

/// A message as its sender submitted it; `content` begins with its Content-Type.
fn sent(content: &str) -> String {
    format!(
        "From: Anna Neri <anna@pec.example.test>\r\nTo: bruno@pec.example.it\r\nSubject: Prova\r\n\
        Date: Tue, 13 Nov 2018 16:39:26 +0100\r\n{ID}MIME-Version: 1.0\r\n{content}"
    )
}

/// The original as providers give it back.
fn kept(sent: &str) -> String {
    sent.replace(ID, KEPT)
}

/// A delivery receipt of this type (`completa`) with this copy of the original.
fn receipt(tipo: &str, copy: &str) -> String {
    let original = format!("Content-Type: message/rfc822; name=\"postacert.eml\"\r\n\r\n{copy}");
    receipt_of(&[&daticert(tipo), &original])
}

fn receipt_of(parts: &[&str]) -> String {
    let head = "From: posta-certificata@pec.example.it\r\nX-Ricevuta: avvenuta-consegna\r\n";
    head.to_owned() + &multipart("mixed", "receipt", parts)
}

fn daticert(tipo: &str) -> String {
    format!(
        "Content-Type: application/xml; name=\"daticert.xml\"\r\n\r\n<postacert tipo=\"avvenuta-consegna\">\
        <intestazione><mittente>anna@pec.example.test</mittente></intestazione><dati>\
        <identificativo>9@pec.example.test</identificativo><msgid>&lt;1@client.example.test&gt;</msgid>\
        <ricevuta tipo=\"{tipo}\"/><consegna>bruno@pec.example.it</consegna></dati></postacert>"
    )
}

fn trusted(receipt: &str) -> Verification {
    let verification = verify(receipt.as_bytes(), &Anchors::pec(), Timestamp::UNIX_EPOCH);
    Verification { verdict: Verdict::Trusted, reason: None, ..verification }
}

/// What a provider that follows the RFC puts in the place of a part.
fn stub(name: &str, hashed: &str) -> String {
    stub_by(&SHA1_FOR_LEGACY_USE_ONLY, name, hashed.as_bytes())
}

fn stub_by(algorithm: &'static ring::digest::Algorithm, name: &str, hashed: &[u8]) -> String {
    let digits: String =
        digest(algorithm, hashed).as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("Content-Type: text/plain; name=\"{name}.hash\"\r\n\r\n{digits}")
}

fn body(part: &str) -> &str {
    part.split_once("\r\n\r\n").unwrap().1
}

/// A line for each part, field and problem.
fn told(proof: &Proof) -> Vec<String> {
    let part = |it: &PartProof| {
        let name = it.name.as_ref().map(|name| format!(" {name}")).unwrap_or_default();
        let more = match it.state {
            State::Differs(difference) => format!(" {}", difference.as_str()),
            State::Proven(Means::Copy) => " copy".to_owned(),
            State::Proven(Means::Hash { algorithm, reading }) => {
                format!(" {} {}", algorithm.as_str(), reading.as_str())
            }
            _ => String::new(),
        };
        format!("{}{name}: {}{more}", it.part, it.state.as_str())
    };
    let parts = proof.parts.iter().map(part);
    let fields = proof.fields.iter().map(|it| {
        format!(
            "{}: {} | {}",
            it.name,
            it.sent.as_deref().unwrap_or("-"),
            it.receipt.as_deref().unwrap_or("-")
        )
    });
    parts.chain(fields).chain(proof.problems.iter().map(|it| it.as_str().to_owned())).collect()
}

#[track_caller]
fn check(receipt: &str, sent: &str, expected: &[&str]) {
    let proof = prove(receipt.as_bytes(), &trusted(receipt), sent.as_bytes());
    assert_eq!(told(&proof), expected, "\nreceipt:\n{receipt}\nsent:\n{sent}");
    let all_proven = expected.iter().all(|line| line.contains(": proven "));
    assert_eq!(proof.is_complete(), all_proven);
    // Line ends that a store has made LF change nothing.
    let [lf_receipt, lf_sent] = [receipt, sent].map(|text| text.replace("\r\n", "\n"));
    for (receipt, sent) in [(receipt, lf_sent.as_str()), (&lf_receipt, sent), (&lf_receipt, &lf_sent)] {
        let proof = prove(receipt.as_bytes(), &trusted(receipt), sent.as_bytes());
        assert_eq!(told(&proof), expected, "with LF");
    }
}

#[test]
fn a_receipt_that_cannot_speak_of_the_message_proves_nothing() {
    let sent = sent(&multipart("mixed", "b", &[TEXT, PDF]));
    let complete = receipt("completa", &kept(&sent));
    let nothing = |receipt: &str, sent: &str, problem: &str| {
        check(receipt, sent, &["1: not-covered", "2 a.pdf: not-covered", problem]);
    };
    nothing(&receipt_of(&[&daticert("sintetica")]), &sent, "synthetic");
    nothing(&receipt("sintetica", &kept(&sent)), &sent, "synthetic");
    nothing(&receipt_of(&[&daticert("completa")]), &sent, "copy-missing");
    nothing(&receipt("other", &kept(&sent)), &sent, "type-missing");
    nothing(&complete, &sent.replace("<1@client", "<2@client"), "another-message");
    nothing(&complete, &sent.replace(ID, ""), "message-id-missing");
    nothing(&complete, &sent.replace(ID, "Message-ID:\r\n"), "message-id-missing");
    nothing(&complete, &sent.replace(ID, &ID.repeat(2)), "message-id-missing");
    let without_reference = receipt("completa", &kept(&sent).replace("X-Riferimento-", "X-"));
    nothing(&without_reference.replace("msgid", "other"), &sent, "reference-missing");
    nothing(&complete.replace("avvenuta-consegna", "accettazione"), &sent, "not-a-delivery");

    for verdict in Verdict::ALL.into_iter().filter(|verdict| *verdict != Verdict::Trusted) {
        let verification = Verification { verdict, ..trusted(&complete) };
        let proof = prove(complete.as_bytes(), &verification, sent.as_bytes());
        assert_eq!(told(&proof), ["1: not-covered", "2 a.pdf: not-covered", "not-trusted"], "{verdict:?}");
    }
}

#[test]
fn the_reference_may_be_folded_bare_or_kept_in_the_original_only() {
    let sent = sent(TEXT);
    let complete = receipt("completa", &kept(&sent));
    let proven = &["1: proven copy"];
    check(&complete, &sent, proven);
    check(&complete, &sent.replace("<1@client", "\r\n <1@client"), proven);
    check(&complete.replace("&lt;1@client.example.test&gt;", "1@client.example.test"), &sent, proven);
    check(&complete.replace("<msgid>&lt;1@client.example.test&gt;</msgid>", ""), &sent, proven);
    check(&complete.replace("&lt;1@client.example.test&gt;", ""), &sent, proven);
}
