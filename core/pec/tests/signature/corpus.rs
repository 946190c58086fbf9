//! Real mail, read from the corpus beside the project; none of it enters this repository.

use jiff::Timestamp;
use recapito_pec::signature::{Claim, Signature, check};
use recapito_pec::{Address, Anchors, Note, Reason, Verdict};
use std::path::PathBuf;

#[test]
fn genuine_mail_is_trusted() {
    for name in [
        "aruba-2018-acceptance",
        "aruba-2018-delivery-complete",
        "sogei-2018-envelope-invoice",
        "sogei-2018-envelope-sdi-notice",
    ] {
        let Some(mail) = Mail::read(name) else { return };
        let signature = mail.check();
        assert_eq!((signature.verdict, signature.reason), (Verdict::Trusted, None), "{name}");
        assert_eq!(signature.anchor.as_deref(), Some("AgID CA1"), "{name}");
        assert_eq!(
            signature.notes,
            [Note::NoRevocationData, Note::Sha1Digest, Note::SignerExpiredSince].into(),
            "{name}"
        );
        assert!(signature.signed_at.is_some_and(|time| time.to_string().starts_with("2018-")), "{name}");
    }
}

#[test]
fn altered_mail_is_altered_and_its_signer_known() {
    for (name, is_sha1) in [
        ("sogei-2018-envelope-altered", true),
        ("sogei-2019-envelope-sdi-nondelivery-altered", true),
        ("aruba-2026-failure-anonymised", false),
    ] {
        let Some(mail) = Mail::read(name) else { return };
        let signature = mail.check();
        assert_eq!(
            (signature.verdict, signature.reason),
            (Verdict::Altered, Some(Reason::ContentChanged)),
            "{name}"
        );
        assert!(signature.signer.is_some_and(|signer| signer.address == mail.from), "{name}");
        assert_eq!(signature.notes.contains(&Note::Sha1Digest), is_sha1, "{name}");
    }
}

#[test]
fn a_cut_signature_is_unreadable() {
    let Some(mail) = Mail::read("anonymised-2021-delivery-complete") else { return };
    let signature = mail.check();
    assert_eq!((signature.verdict, signature.reason), (Verdict::Unreadable, Some(Reason::MissingSignature)));
    assert!(signature.notes.is_empty());
}

#[test]
fn every_change_of_the_content_is_seen() {
    let Some(mail) = Mail::read("aruba-2018-acceptance") else { return };
    for place in (0..mail.content.len()).step_by(97) {
        let mut content = mail.content.clone();
        content[place] ^= 1;
        let signature = mail.check_content(&content);
        assert_eq!(signature.reason, Some(Reason::ContentChanged), "{place}");
    }
}

#[test]
fn only_the_address_of_the_certificate_may_send() {
    let Some(mut mail) = Mail::read("aruba-2018-acceptance") else { return };
    mail.from = Some(Address::new("posta-certificata@pec.example.test"));
    assert_eq!(mail.check().reason, Some(Reason::FromNotSigner));
    mail.from = None;
    assert_eq!(mail.check().reason, Some(Reason::FromNotSingle));
}

/// A message of the corpus, split as far as these tests need it.
struct Mail {
    content: Vec<u8>,
    signature: Vec<u8>,
    from: Option<Address>,
}

impl Mail {
    fn read(name: &str) -> Option<Self> {
        let raw = file(&format!("pec/{name}.eml"))?;
        let text = raw.iter().filter(|octet| **octet != b'\r').fold(Vec::new(), |mut text, octet| {
            if *octet == b'\n' {
                text.push(b'\r');
            }
            text.push(*octet);
            text
        });
        let header_end = find(&text, b"\r\n\r\n").unwrap();
        let header =
            String::from_utf8_lossy(&text[..header_end]).replace("\r\n\t", " ").replace("\r\n ", " ");
        let boundary = header.split_once("boundary=\"").unwrap().1.split_once('"').unwrap().0;
        let from = header.lines().find_map(|line| line.strip_prefix("From:")).unwrap();
        let from = from.rsplit('<').next().unwrap().trim_end_matches('>');

        let start = find(&text, format!("--{boundary}\r\n").as_bytes()).unwrap() + boundary.len() + 4;
        let end = start + find(&text[start..], format!("\r\n--{boundary}").as_bytes()).unwrap();
        let last = &text[end + boundary.len() + 6..];
        let body = find(last, b"\r\n\r\n").unwrap() + 4;
        let body_end = find(last, format!("\r\n--{boundary}").as_bytes()).unwrap_or(last.len());
        let base64: String =
            last[body..body_end].iter().map(|octet| *octet as char).filter(|c| !c.is_whitespace()).collect();
        Some(Self {
            content: text[start..end].to_vec(),
            signature: decode_base64(&base64),
            from: Some(Address::new(from)),
        })
    }

    fn check(&self) -> Signature {
        self.check_content(&self.content)
    }

    fn check_content(&self, content: &[u8]) -> Signature {
        let claim = Claim { from: self.from.as_ref(), time: None };
        let now: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
        check(&self.signature, &crate::trust::digests(content), &claim, &Anchors::pec(), now).unwrap()
    }
}

/// A file of the corpus; where there is none, says so.
fn file(name: &str) -> Option<Vec<u8>> {
    let folder = std::env::var_os("RECAPITO_CORPUS").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus"),
        PathBuf::from,
    );
    let found = std::fs::read(folder.join(name)).ok();
    if found.is_none() {
        crate::skip(&format!("the corpus is missing ({name})"));
    }
    found
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|window| window == what)
}

/// Whole groups only: one signature of the corpus is cut off in the middle.
fn decode_base64(text: &str) -> Vec<u8> {
    use base64::Engine;
    let whole = text.len() / 4 * 4;
    base64::engine::general_purpose::STANDARD.decode(&text[..whole]).unwrap_or_default()
}
