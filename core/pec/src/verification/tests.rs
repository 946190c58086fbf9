//! Messages made here, with a stand-in for the signature: the digest of the content. It binds content and signer as
//! a real one does, so that only structure, data and header are tried.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::candidate::CMS_MAX;
use super::*;
use crate::Address;
use crate::message::Message;
use crate::signature::{Content, LineEnds};

const PROVIDER: &str = "posta-certificata@pec.example.test";
const HEADER: &str = "From: posta-certificata@pec.example.test\r\n\
    To: anna@pec.example.test\r\n\
    Subject: CONSEGNA: prova\r\n\
    X-Ricevuta: avvenuta-consegna\r\n\
    X-Riferimento-Message-ID: <1@client.example.test>\r\n";
const TEXT: &str = "Content-Type: text/plain\r\n\r\nRicevuta di avvenuta consegna\r\n";
const ORIGINAL: &str = "From: anna@pec.example.test\r\nSubject: prova\r\n\r\nciao\r\n";

fn daticert(tipo: &str) -> String {
    format!(
        "Content-Type: application/xml; name=\"daticert.xml\"\r\n\r\n\
        <postacert tipo=\"{tipo}\"><intestazione><mittente>anna@pec.example.test</mittente>\
        <destinatari>bruno@pec.example.it</destinatari><risposte/></intestazione>\
        <dati><gestore-emittente>Prova</gestore-emittente>\
        <data zona=\"+0100\"><giorno>13/11/2018</giorno><ora>16:39:26</ora></data>\
        <identificativo>1@pec.example.test</identificativo><msgid>&lt;1@client.example.test&gt;</msgid>\
        <ricevuta tipo=\"breve\"/><consegna>bruno@pec.example.it</consegna></dati></postacert>\r\n"
    )
}

fn multipart(subtype: &str, boundary: &str, parts: &[&str]) -> String {
    let parts: String = parts.iter().map(|part| format!("--{boundary}\r\n{part}\r\n")).collect();
    format!("Content-Type: multipart/{subtype}; boundary=\"{boundary}\"\r\n\r\n{parts}--{boundary}--\r\n")
}

fn attached(message: &str) -> String {
    format!("Content-Type: message/rfc822; name=\"postacert.eml\"\r\n\r\n{message}")
}

fn p7s(content: &str) -> String {
    let mut digests = Content::new(Algorithms::EVERY, LineEnds::Canonical);
    digests.update(content.as_bytes());
    format!(
        "Content-Type: application/pkcs7-signature; name=smime.p7s\r\nContent-Transfer-Encoding: base64\r\n\r\n{}",
        STANDARD.encode(digests.finish().sha256())
    )
}

fn signed(header: &str, content: &str) -> String {
    header.to_owned() + &multipart("signed", "S", &[content, &p7s(content)])
}

/// A delivery receipt as providers make them.
fn delivery() -> String {
    let parts = [TEXT, &daticert("avvenuta-consegna"), &attached(ORIGINAL)];
    signed(HEADER, &multipart("mixed", "M", &parts))
}

/// The same with other boundaries, to be put inside.
fn inner(message: &str) -> String {
    message.replace("\"S\"", "\"T\"").replace("--S", "--T").replace("\"M\"", "\"N\"").replace("--M", "--N")
}

/// The signing time of every stand-in signature.
const SIGNED_AT: &str = "2018-11-13T15:39:27Z";

fn verifier<'a>() -> Verifier<'a> {
    Verifier::checking(Box::new(|cms, content, claim| {
        let fits = cms == content.sha256();
        let is_provider = claim.from == Some(&Address::new(PROVIDER));
        let (verdict, reason) = match (cms.len(), fits, is_provider) {
            (32, true, true) => (Verdict::Trusted, None),
            (32, true, false) => (Verdict::AddressMismatch, Some(Reason::FromNotSigner)),
            (32, false, _) => (Verdict::Altered, Some(Reason::ContentChanged)),
            _ => (Verdict::Unreadable, Some(Reason::MalformedSignature)),
        };
        let signed_at = Some(SIGNED_AT.parse().unwrap());
        Ok(Signature { verdict, reason, notes: BTreeSet::new(), signer: None, anchor: None, signed_at })
    }))
}

/// What is found, read at once and in pieces.
fn verified(raw: &str) -> Verification {
    let read = |size| {
        let mut verifier = verifier();
        raw.as_bytes().chunks(size).for_each(|piece| verifier.update(piece));
        verifier.finish().unwrap()
    };
    let found = read(raw.len().max(1));
    let smallest = if raw.len() < 20_000 { 1 } else { 1_000 };
    for size in [smallest, 4_096] {
        assert_eq!(format!("{:?}", read(size)), format!("{found:?}"), "in pieces of {size}: {raw}");
    }
    found
}

fn check(raw: &str, kind: Kind, verdict: Verdict, reason: Option<Reason>, notes: &[Note]) -> Verification {
    let found = verified(raw);
    assert_eq!((found.kind, found.verdict, found.reason), (kind, verdict, reason), "{raw}");
    assert_eq!(found.notes.iter().copied().collect::<Vec<_>>(), notes, "{raw}");
    found
}

fn trusted(raw: &str, kind: Kind, notes: &[Note]) -> Verification {
    check(raw, kind, Verdict::Trusted, None, notes)
}

fn unreadable(raw: &str, reason: Reason) -> Verification {
    check(raw, Kind::Delivery, Verdict::Unreadable, Some(reason), &[])
}

#[test]
fn a_receipt_is_what_its_signed_data_say() {
    let found = trusted(&delivery(), Kind::Delivery, &[]);
    let data = found.certdata.unwrap();
    assert_eq!(data.reference.as_deref(), Some("<1@client.example.test>"));
    assert_eq!(data.problems, [""; 0]);
    assert_eq!(found.header.recipients, [Address::new("anna@pec.example.test")]);
    assert!(found.contains.is_empty());
}

/// Legalmail 2018: the data quoted-printable, attached after the original, their name without quotes. Poste 2012: no
/// `<msgid>`. Namirial 2024: DKIM. Aruba 2026: a comment in Date, a stray line end after the data.
#[test]
fn providers_write_it_differently() {
    let data = daticert("avvenuta-consegna");
    let (_, xml) = data.split_once("\r\n\r\n").unwrap();
    let quoted = format!(
        "Content-Type: application/xml;\r\n\tname=daticert.xml\r\nContent-Disposition: attachment;\r\n filename=daticert.xml\r\n\
        Content-Transfer-Encoding: quoted-printable\r\n\r\n{}",
        xml.replace('=', "=3D").replace("<dati>", "=\r\n<dati>")
    );
    let encoded = format!(
        "Content-Type: application/xml; name=\"daticert.xml\"\r\nContent-Disposition: inline; filename=\"daticert.xml\"\r\n\
        Content-Transfer-Encoding: base64\r\n\r\n{}\r\n",
        STANDARD.encode(format!("{xml}\n\r\n"))
    );
    let bare = data.replace("<msgid>&lt;1@client.example.test&gt;</msgid>", "");
    let header = format!(
        "DKIM-Signature: v=1; d=example.test; h=From:\r\n\tTo; b=x\r\nDate: Tue, 13 Nov 2018 16:39:26 +0100 (CET)\r\n\
        Reply-To: \"Ufficio; posta\" <a@example.test>\r\n{HEADER}"
    );
    let original = attached(ORIGINAL);
    for (parts, reference) in [
        ([TEXT, &original, &quoted], Some("<1@client.example.test>")),
        ([TEXT, &encoded, &original], Some("<1@client.example.test>")),
        ([TEXT, &bare, &original], None),
    ] {
        let raw = signed(&header, &multipart("mixed", "M", &parts));
        for raw in [raw.replace("\r\n", "\n"), raw] {
            let data = trusted(&raw, Kind::Delivery, &[]).certdata.unwrap();
            assert_eq!((data.reference.as_deref(), &data.problems[..]), (reference, &[][..]));
            assert_eq!(data.recipient, Some(Address::new("bruno@pec.example.it")));
        }
    }
}

#[test]
fn line_ends_make_no_difference() {
    let raw = delivery();
    let lf = raw.replace("\r\n", "\n");
    let (one, other) = (verified(&raw), verified(&lf));
    assert_eq!(other.verdict, Verdict::Trusted);
    assert_eq!((one.digest, one.certdata, one.header), (other.digest, other.certdata, other.header));
    // But they do where a part would disappear from one reading.
    assert_eq!(verified(&raw.replace("\r\n--M\r\n", "\r--M\r")).verdict, Verdict::Altered);
}

#[test]
fn evidence_is_the_same_whatever_servers_add() {
    let received = format!("Received: by mx.example.test\r\n{}", delivery());
    assert_eq!(verified(&received).digest, verified(&delivery()).digest);
}

#[test]
fn a_header_that_says_otherwise_is_noted() {
    let differs = [Note::HeaderDiffers];
    let raw = delivery();
    trusted(&raw.replacen("avvenuta-consegna", "accettazione", 1), Kind::Delivery, &differs);
    trusted(
        &raw.replacen("X-Ricevuta: avvenuta-consegna", "X-Trasporto: errore", 1),
        Kind::Delivery,
        &differs,
    );
    trusted(&raw.replacen("<1@client", "<2@client", 1), Kind::Delivery, &differs);
    trusted(&format!("X-TipoRicevuta: completa\r\n{raw}"), Kind::Delivery, &differs);
    trusted(&format!("X-Tiporicevuta: Breve\r\n{raw}"), Kind::Delivery, &[]);
    trusted(&raw.replacen("X-Ricevuta: avvenuta-consegna\r\n", "", 1), Kind::Delivery, &[]);
    trusted(
        &raw.replacen("X-Riferimento-Message-ID: <1@", "X-Riferimento-Message-ID:\r\n <1@", 1),
        Kind::Delivery,
        &[],
    );
}

#[test]
fn times_further_apart_than_a_second_are_noted() {
    let late = daticert("avvenuta-consegna").replace("16:39:26", "16:39:25");
    trusted(&signed(HEADER, &multipart("mixed", "M", &[TEXT, &late])), Kind::Delivery, &[Note::TimeDiffers]);
}

#[test]
fn without_trust_the_header_claims_and_the_data_are_shown() {
    let changed = delivery().replace("bruno@", "carlo@");
    let reason = Some(Reason::ContentChanged);
    let found = check(&changed, Kind::Delivery, Verdict::Altered, reason, &[]);
    assert_eq!(found.certdata.unwrap().recipient, Some(Address::new("carlo@pec.example.it")));

    let mixed = multipart("mixed", "M", &[TEXT, &daticert("accettazione")]);
    let stripped = format!("{HEADER}{}", multipart("signed", "S", &[&mixed]));
    for raw in [stripped, format!("{HEADER}{mixed}")] {
        let found = check(&raw, Kind::Delivery, Verdict::Absent, Some(Reason::NotSigned), &[]);
        assert_eq!(found.certdata.unwrap().tipo, "accettazione");
    }
}

#[test]
fn certification_data_that_cannot_be_read_are_noted() {
    let broken = daticert("avvenuta-consegna").replace("</postacert>", "");
    let raw = signed(HEADER, &multipart("mixed", "M", &[TEXT, &broken]));
    trusted(&raw, Kind::Ordinary, &[Note::CertdataInvalid, Note::HeaderDiffers]);
    let encoded =
        daticert("avvenuta-consegna").replace("\r\n\r\n", "\r\nContent-Transfer-Encoding: base64\r\n\r\n");
    let raw = signed(HEADER, &multipart("mixed", "M", &[TEXT, &encoded]));
    trusted(&raw, Kind::Ordinary, &[Note::CertdataInvalid, Note::HeaderDiffers]);
    let unknown = daticert("mancata-consegna");
    let raw = signed(HEADER, &multipart("mixed", "M", &[TEXT, &unknown]));
    trusted(&raw, Kind::Ordinary, &[Note::CertdataInvalid, Note::HeaderDiffers]);
}

#[test]
fn without_signed_data_nothing_is_certified() {
    let inside = attached(&inner(&delivery()));
    let deeper = multipart("mixed", "N", &[&daticert("avvenuta-consegna")]);
    for parts in [&[TEXT][..], &[TEXT, &inside], &[TEXT, &deeper]] {
        let found = trusted(&signed(HEADER, &multipart("mixed", "M", parts)), Kind::Ordinary, &[]);
        assert_eq!(found.certdata, None);
    }
    let alternative = multipart("alternative", "M", &[TEXT, &daticert("avvenuta-consegna")]);
    trusted(&signed(HEADER, &alternative), Kind::Ordinary, &[]);
    trusted(&signed(HEADER, &daticert("avvenuta-consegna")), Kind::Ordinary, &[]);

    let header = HEADER.replace("X-Ricevuta: avvenuta-consegna", "X-Trasporto: errore");
    let anomaly = multipart("mixed", "M", &[TEXT, &attached(ORIGINAL)]);
    trusted(&signed(&header, &anomaly), Kind::AnomalyEnvelope, &[]);
    let reason = Some(Reason::NotSigned);
    check(&format!("{header}{anomaly}"), Kind::AnomalyEnvelope, Verdict::Absent, reason, &[]);
    check(&format!("From: a@example.test\r\n{TEXT}"), Kind::Ordinary, Verdict::Absent, reason, &[]);
}

#[test]
fn from_must_be_one_plain_address() {
    let raw = delivery();
    let kind = Kind::Delivery;
    let reason = Some(Reason::FromNotSigner);
    let from = "From: posta-certificata@pec.example.test";
    let phrase = "From: \"Per conto di: anna@pec.example.test\" <posta-certificata@pec.example.test>";
    trusted(&raw.replacen(from, phrase, 1), kind, &[]);
    for other in [
        "From: anna@pec.example.test".to_owned(),
        "X-From: posta-certificata@pec.example.test".to_owned(),
        format!("{from}, anna@pec.example.test"),
        format!("{from}\r\nFrom: anna@pec.example.test"),
        format!("{from}\r\nfrom : anna@pec.example.test"),
    ] {
        check(&raw.replacen(from, &other, 1), kind, Verdict::AddressMismatch, reason, &[]);
    }
}

#[test]
fn a_structure_with_two_readings_is_unreadable() {
    let ambiguous = |raw: String| {
        let found = unreadable(&raw, Reason::AmbiguousStructure);
        assert_eq!(found.certdata, None);
    };
    let raw = delivery();
    let parts = [TEXT, &daticert("avvenuta-consegna")];
    let content = multipart("mixed", "M", &parts);
    let wrap = |content: &str| signed(HEADER, content);

    ambiguous(format!("Content-Type: text/plain\r\n{raw}"));
    ambiguous(raw.replacen("boundary=\"S\"", "boundary=\"S\"; boundary=\"M\"", 1));
    ambiguous(raw.replacen("boundary=\"S\"", "boundary=\"S", 1));
    ambiguous(raw.replacen("; boundary=\"S\"", "", 1));
    ambiguous(raw.replacen("boundary=\"S\"", "boundary=\"S \"", 1).replace("--S", "--S "));
    ambiguous(format!("Content-Transfer-Encoding: base64\r\n{raw}"));
    ambiguous(format!("{raw}--S\r\n{TEXT}\r\n--S--\r\n"));
    ambiguous(HEADER.to_owned() + &multipart("signed", "S", &[&content, &p7s(&content), TEXT]));
    ambiguous(raw.replacen(
        "Content-Type: application/pkcs7",
        "Content-Type: x/y\r\nContent-Type: application/pkcs7",
        1,
    ));
    ambiguous(wrap(&format!("Content-Type: text/plain\r\n{content}")));
    ambiguous(wrap(&multipart(
        "mixed",
        "M",
        &[TEXT, &daticert("accettazione"), &daticert("avvenuta-consegna")],
    )));
    ambiguous(wrap(&multipart("mixed", "M", &[TEXT, &format!("Content-Type: x/y\r\n{}", daticert("x"))])));
    // Whoever guesses the provider's boundary can close its multipart and hide what follows.
    let injected = attached(&format!("{ORIGINAL}\r\n--M\r\n{}\r\n--M--\r\n", daticert("avvenuta-consegna")));
    ambiguous(wrap(&multipart("mixed", "M", &[TEXT, &injected, &daticert("posta-certificata")])));
}

#[test]
fn a_signature_that_cannot_be_read_is_unreadable() {
    let raw = delivery();
    let content = multipart("mixed", "M", &[TEXT, &daticert("accettazione")]);
    let with = |p7s: &str| HEADER.to_owned() + &multipart("signed", "S", &[&content, p7s]);
    unreadable(&with("Content-Type: application/pgp-signature\r\n\r\nx"), Reason::UnsupportedAlgorithm);
    unreadable(&with("Content-Type: application/pkcs7-signature\r\n\r\n"), Reason::MissingSignature);
    unreadable(
        &format!("{HEADER}Content-Type: application/pkcs7-mime\r\n\r\nMII"),
        Reason::UnsupportedAlgorithm,
    );
    let huge = "A".repeat(2 * CMS_MAX);
    for (body, reason) in [("x", Reason::MalformedSignature), (huge.as_str(), Reason::TooComplex)] {
        let raw = with(&format!("Content-Type: application/x-pkcs7-signature\r\n\r\n{body}"));
        unreadable(&raw, reason);
    }
    let padding = "X-Padding: x\r\n".repeat(30_000);
    unreadable(&format!("{HEADER}{padding}{}", raw.strip_prefix(HEADER).unwrap()), Reason::TooComplex);
    let many: Vec<_> = std::iter::repeat_n(TEXT, 3_000).collect();
    unreadable(&signed(HEADER, &multipart("mixed", "M", &many)), Reason::TooComplex);
}

#[test]
fn cut_anywhere_it_is_not_trusted_before_its_signature_is_whole() {
    let raw = delivery();
    let end = raw.find("\r\n--S--").unwrap();
    for len in 0..=raw.len() {
        let verdict = verified(&raw[..len]).verdict;
        // The padding of base64 may go: what it says is there already.
        assert!(verdict != Verdict::Trusted || len + "=".len() >= end, "cut at {len}");
    }
}

#[test]
fn the_original_is_found_by_structure() {
    let raw = delivery();
    let message = Message::parse(raw.as_bytes());
    let original = original(&message).unwrap();
    assert_eq!(original.number(), "1.3.1");
    assert_eq!(original.raw(), ORIGINAL.as_bytes());
    assert_eq!(original.text(1000).as_deref(), Some("ciao\r\n"));
    assert!(super::original(&Message::parse(ORIGINAL.as_bytes())).is_none());
}

mod inside;
mod stream;
