//! Revocation lists enclosed in a signature: what proves that the signer was revoked, and what proves nothing.

use rcgen::{CertificateParams, KeyUsagePurpose, SerialNumber, SigningKey};
use recapito_pec::{Anchors, Note, Reason, Verdict};
use std::process::Command;
use std::sync::LazyLock;
use tempfile::TempDir;

use crate::authority::{Chain, Identity, authority, provider, root};
use crate::p7s::{
    ECDSA_SHA256, TIME, attributes, issuer_and_serial, p7s, p7s_with_lists, signer, signer_info, tlv,
};
use crate::trust::{CONTENT, judge_p7s};

static CHAIN: LazyLock<Chain> =
    LazyLock::new(|| Chain::with(root(), numbered(authority(), 6), numbered(provider(), 5)));

#[test]
fn what_a_list_proves() {
    let chain = &*CHAIN;
    let stranger = Chain::genuine();
    let list = || List::of(&chain.authority);
    let sign = |list: List| list.sign(&chain.authority);
    let revoked = |list: List| sign(list.with(&chain.provider, "230701000000Z"));
    let cases = [
        ("no entries", sign(list()), None),
        ("revoked before", revoked(list()), Some(Reason::Revoked)),
        ("revoked at that second", sign(list().with(&chain.provider, TIME)), Some(Reason::Revoked)),
        ("revoked a second later", sign(list().with(&chain.provider, "240601120001Z")), None),
        ("another's number", sign(list().with(&stranger.provider, "230701000000Z")), None),
        ("one of several", revoked(list().with(&stranger.provider, "230701000000Z")), Some(Reason::Revoked)),
        ("made after the signature", revoked(list().made("250101000000Z")), Some(Reason::Revoked)),
        ("of the first version", revoked(list().first_version()), Some(Reason::Revoked)),
        (
            "signed by somebody of that name",
            list().with(&chain.provider, "230701000000Z").sign(&stranger.authority),
            None,
        ),
        (
            "signed by the provider itself",
            list().with(&chain.provider, "230701000000Z").sign(&chain.provider),
            None,
        ),
        ("of another name", revoked(List::of(&chain.root)), None),
        (
            "with a note",
            revoked(list().extended(extension(&[0x2a, 3], false, &[5, 0]))),
            Some(Reason::Revoked),
        ),
        ("with something unknown", revoked(list().extended(extension(&[0x2a, 3], true, &[5, 0]))), None),
        ("of changes only", revoked(list().extended(extension(DELTA, true, &[2, 1, 1]))), None),
        ("of providers only", revoked(list().extended(part(0x81))), Some(Reason::Revoked)),
        ("of several authorities", revoked(list().extended(part(0x84))), None),
        ("of attribute certificates", revoked(list().extended(part(0x85))), None),
        ("with an entry about another authority", revoked(list().with_critical_entry()), None),
        ("with two algorithms", revoked(list().of_algorithm(&[0x2a, 3])), None),
        ("not a list", vec![0x30, 3, 2, 1, 5], None),
        ("of another kind", tlv(0xa1, &[&[5, 0]]), None),
    ];
    for (what, list, expected) in cases {
        let found = judge(&[list]);
        assert_eq!(found, expected, "{what}");
    }
}

#[test]
fn a_revoked_signer_is_unknown_and_the_note_goes() {
    let list = List::of(&CHAIN.authority).with(&CHAIN.provider, "230701000000Z").sign(&CHAIN.authority);
    let p7s = p7s_with_lists(&CHAIN.enclosed(), &[list], &[signer(&CHAIN.provider, &attributes(CONTENT))]);
    let found = judge_p7s(&p7s, &CHAIN.anchors());
    assert_eq!((found.verdict, found.reason), (Verdict::UnknownSigner, Some(Reason::Revoked)));
    assert!(found.signer.is_some() && !found.notes.contains(&Note::NoRevocationData));
    assert!(judge_p7s(&genuine(), &CHAIN.anchors()).notes.contains(&Note::NoRevocationData));
}

#[test]
fn an_authority_may_be_revoked_too() {
    let list = List::of(&CHAIN.root).with(&CHAIN.authority, "230701000000Z").sign(&CHAIN.root);
    assert_eq!(judge(&[list]), Some(Reason::Revoked));
    // By itself it cannot be.
    let list = List::of(&CHAIN.authority).with(&CHAIN.authority, "230701000000Z").sign(&CHAIN.authority);
    assert_eq!(judge(&[list]), None);
}

#[test]
fn an_anchor_revokes_what_it_issued() {
    let list = List::of(&CHAIN.authority).with(&CHAIN.provider, "230701000000Z").sign(&CHAIN.authority);
    let anchors = Anchors::pec().with_pem(CHAIN.authority.certificate.pem().as_bytes()).unwrap();
    let signers = [signer(&CHAIN.provider, &attributes(CONTENT))];
    let found = judge_p7s(&p7s_with_lists(&[CHAIN.provider.der()], &[list], &signers), &anchors);
    assert_eq!(found.reason, Some(Reason::Revoked));
}

#[test]
fn only_an_authority_for_lists_revokes() {
    let mut authority = authority();
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let chain = Chain::with(root(), authority, provider());
    let list = List::of(&chain.authority).with(&chain.provider, "230701000000Z").sign(&chain.authority);
    let signers = [signer(&chain.provider, &attributes(CONTENT))];
    assert_eq!(
        judge_p7s(&p7s_with_lists(&chain.enclosed(), &[list], &signers), &chain.anchors()).reason,
        None
    );
}

/// Revocation comes after the signature itself, and before what makes a provider.
#[test]
fn the_first_failure_decides() {
    let mut leaf = provider();
    leaf.custom_extensions.clear();
    let chain = Chain::with(root(), authority(), leaf);
    let list = List::of(&chain.authority).with(&chain.provider, "230701000000Z").sign(&chain.authority);
    let judged = |signer| {
        let p7s = p7s_with_lists(&chain.enclosed(), std::slice::from_ref(&list), &[signer]);
        judge_p7s(&p7s, &chain.anchors()).reason
    };
    assert_eq!(judged(signer(&chain.provider, &attributes(CONTENT))), Some(Reason::Revoked));
    assert_eq!(judged(signer(&chain.provider, &attributes(b"other"))), Some(Reason::ContentChanged));
    let wrong = signer_info(&chain.provider, Some(&attributes(CONTENT)), &[0; 70]);
    assert_eq!(judged(wrong), Some(Reason::SignatureWrong));
}

#[test]
fn lists_are_bounded_in_number() {
    let stranger = Chain::genuine();
    let forged = List::of(&CHAIN.authority).with(&CHAIN.provider, "230701000000Z").sign(&stranger.authority);
    let list = List::of(&CHAIN.authority).with(&CHAIN.provider, "230701000000Z").sign(&CHAIN.authority);
    let after = |count| [vec![forged.clone(); count], vec![list.clone()]].concat();
    assert_eq!(judge(&after(7)), Some(Reason::Revoked));
    assert_eq!(judge(&after(8)), Some(Reason::TooComplex));
}

/// Each bit of a list flipped: none leaves a list that revokes.
#[test]
fn every_flipped_bit_of_a_list_is_seen() {
    let list = List::of(&CHAIN.authority).with(&CHAIN.provider, "230701000000Z").sign(&CHAIN.authority);
    assert_eq!(judge(std::slice::from_ref(&list)), Some(Reason::Revoked));
    for bit in 0..list.len() * 8 {
        let mut flipped = list.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert_ne!(judge(&[flipped]), Some(Reason::Revoked), "bit {bit}");
    }
}

#[test]
fn made_by_openssl() {
    if Command::new("openssl").arg("version").output().is_err() {
        return crate::skip("the openssl command is missing");
    }
    let folder = TempDir::new().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("authority.pem", &CHAIN.authority.certificate.pem());
    write("authority.key", &CHAIN.authority.key.serialize_pem());
    write("numbers", "01\n");
    let versions =
        [("", Some("230701000000Z")), ("crl_extensions = second", Some("230701000000Z,superseded"))];
    for (extensions, revoked) in versions.into_iter().chain([("crl_extensions = second", None)]) {
        let entry = |since| format!("R\t351231000000Z\t{since}\t05\tunknown\t/CN=Example PEC\n");
        write("index", &revoked.map(entry).unwrap_or_default());
        write(
            "configuration",
            &format!(
                "[ca]\ndefault_ca = ca\n[ca]\ndatabase = index\ncrlnumber = numbers\ndefault_md = sha256\n\
                 default_crl_days = 30\n{extensions}\n[second]\nauthorityKeyIdentifier = keyid\n"
            ),
        );
        let arguments = ["ca", "-gencrl", "-config", "configuration", "-cert", "authority.pem"];
        let output = ["-keyfile", "authority.key", "-out", "list.pem"];
        let made =
            Command::new("openssl").args(arguments).args(output).current_dir(&folder).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let pem = std::fs::read_to_string(folder.path().join("list.pem")).unwrap();
        assert_eq!(judge(&[decode_pem(&pem)]), revoked.map(|_| Reason::Revoked), "{extensions}");
    }
}

/// What is said of a genuine signature that encloses these lists.
fn judge(lists: &[Vec<u8>]) -> Option<Reason> {
    let p7s = p7s_with_lists(&CHAIN.enclosed(), lists, &[signer(&CHAIN.provider, &attributes(CONTENT))]);
    judge_p7s(&p7s, &CHAIN.anchors()).reason
}

fn genuine() -> Vec<u8> {
    p7s(&CHAIN.enclosed(), &[signer(&CHAIN.provider, &attributes(CONTENT))])
}

/// With a serial number that a test can write down.
fn numbered(mut params: CertificateParams, serial: u8) -> CertificateParams {
    params.serial_number = Some(SerialNumber::from_slice(&[serial]));
    params
}

/// A revocation list, piece by piece.
struct List {
    version: Vec<u8>,
    algorithm: Vec<u8>,
    issuer: Vec<u8>,
    made: Vec<u8>,
    entries: Vec<Vec<u8>>,
    extensions: Vec<Vec<u8>>,
}

impl List {
    /// An authority's, empty, of the second version, made before the tests' messages.
    fn of(issuer: &Identity) -> Self {
        let subject = {
            use der::{Decode, Encode};
            let certificate = x509_cert::Certificate::from_der(&issuer.der()).unwrap();
            certificate.tbs_certificate().subject().to_der().unwrap()
        };
        Self {
            version: vec![2, 1, 1],
            algorithm: tlv(0x30, &[&tlv(0x06, &[ECDSA_SHA256])]),
            issuer: subject,
            made: utc("240501000000Z"),
            entries: Vec::new(),
            extensions: Vec::new(),
        }
    }

    fn with(mut self, revoked: &Identity, since: &str) -> Self {
        let [_, serial] = issuer_and_serial(&revoked.der());
        self.entries.push(tlv(0x30, &[&serial, &utc(since)]));
        self
    }

    /// An entry that speaks of another authority's certificate.
    fn with_critical_entry(mut self) -> Self {
        let extensions = tlv(0x30, &[&extension(CERTIFICATE_ISSUER, true, &[0x30, 0])]);
        self.entries.push(tlv(0x30, &[&[2, 1, 9], &utc("230701000000Z"), &extensions]));
        self
    }

    fn made(mut self, time: &str) -> Self {
        self.made = utc(time);
        self
    }

    fn first_version(mut self) -> Self {
        self.version.clear();
        self
    }

    fn of_algorithm(mut self, oid: &[u8]) -> Self {
        self.algorithm = tlv(0x30, &[&tlv(0x06, &[oid])]);
        self
    }

    fn extended(mut self, extension: Vec<u8>) -> Self {
        self.extensions.push(extension);
        self
    }

    fn sign(self, signer: &Identity) -> Vec<u8> {
        let some = |parts: &[Vec<u8>], wrap: fn(&[u8]) -> Vec<u8>| match parts {
            [] => Vec::new(),
            parts => wrap(&parts.concat()),
        };
        let entries = some(&self.entries, |entries| tlv(0x30, &[entries]));
        let extensions = some(&self.extensions, |list| tlv(0xa0, &[&tlv(0x30, &[list])]));
        let next = utc("260101000000Z");
        let parts = [&self.version, &self.algorithm, &self.issuer, &self.made, &next, &entries, &extensions];
        let tbs = tlv(0x30, &parts.map(Vec::as_slice));
        let signature = signer.key.sign(&tbs).unwrap();
        let algorithm = tlv(0x30, &[&tlv(0x06, &[ECDSA_SHA256])]);
        tlv(0x30, &[&tbs, &algorithm, &tlv(0x03, &[&[0], &signature])])
    }
}

fn extension(kind: &[u8], is_critical: bool, value: &[u8]) -> Vec<u8> {
    let critical: &[u8] = if is_critical { &[1, 1, 0xff] } else { &[] };
    tlv(0x30, &[&tlv(0x06, &[kind]), critical, &tlv(0x04, &[value])])
}

/// An issuing distribution point with one of its flags set.
fn part(flag: u8) -> Vec<u8> {
    extension(ISSUING_DISTRIBUTION_POINT, true, &tlv(0x30, &[&tlv(flag, &[&[0xff]])]))
}

fn utc(time: &str) -> Vec<u8> {
    tlv(0x17, &[time.as_bytes()])
}

fn decode_pem(pem: &str) -> Vec<u8> {
    use base64::Engine;
    let base64: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    base64::engine::general_purpose::STANDARD.decode(base64).unwrap()
}

const DELTA: &[u8] = &[0x55, 0x1d, 27];
const ISSUING_DISTRIBUTION_POINT: &[u8] = &[0x55, 0x1d, 28];
const CERTIFICATE_ISSUER: &[u8] = &[0x55, 0x1d, 29];
