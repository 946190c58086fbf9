//! Signatures made to take long, or much room: on the smallest stack a phone gives, in time that goes with their size.
//! Nothing here is timed; something quadratic would keep the run for minutes.

use rcgen::SerialNumber;
use recapito_pec::Reason;
use std::sync::LazyLock;

use crate::authority::{Chain, Identity, authority, provider};
use crate::p7s::{ECDSA_SHA256, attributes, p7s, p7s_with_lists, signer, tlv};
use crate::trust::{CONTENT, judge_p7s};

static CHAIN: LazyLock<Chain> = LazyLock::new(Chain::genuine);

fn judge(p7s: Vec<u8>) -> Option<Reason> {
    let judge = move || judge_p7s(&p7s, &CHAIN.anchors()).reason;
    let thread = std::thread::Builder::new().stack_size(512 * 1024).spawn(judge).unwrap();
    thread.join().unwrap()
}

fn genuine_signer() -> Vec<u8> {
    signer(&CHAIN.provider, &attributes(CONTENT))
}

/// Thirty certificates of one name and key: any of them may have issued any other, so there are more paths than
/// anybody could try.
#[test]
fn authorities_that_are_all_one_another() {
    let first = Identity::self_signed(authority());
    let again = |number: u8| {
        let mut params = authority();
        params.serial_number = Some(SerialNumber::from_slice(&[number]));
        first.certify(&params, &first.key).der().to_vec()
    };
    let leaf = first.issue(provider());
    let enclosed: Vec<_> = (1..31).map(again).chain([leaf.der()]).collect();
    assert_eq!(judge(p7s(&enclosed, &[signer(&leaf, &attributes(CONTENT))])), Some(Reason::NoPath));
}

/// A list that nobody signed, of 100,000 certificates: it changes nothing.
#[test]
fn a_revocation_list_of_a_hundred_thousand() {
    let algorithm = tlv(0x30, &[&tlv(0x06, &[ECDSA_SHA256])]);
    let [issuer, _] = crate::p7s::issuer_and_serial(&CHAIN.provider.der());
    let time = tlv(0x17, &[b"240101000000Z"]);
    let entry = |number: u32| tlv(0x30, &[&tlv(0x02, &[&[1], &number.to_be_bytes()]), &time]);
    let entries: Vec<u8> = (0..100_000).flat_map(entry).collect();
    let tbs = tlv(0x30, &[&algorithm, &issuer, &time, &tlv(0x30, &[&entries])]);
    let list = tlv(0x30, &[&tbs, &algorithm, &tlv(0x03, &[&[0; 71]])]);
    assert_eq!(judge(p7s_with_lists(&CHAIN.enclosed(), &[list], &[genuine_signer()])), None);
}

/// Names of 10,000 parts, alike up to the last.
#[test]
fn names_without_end() {
    let certificate = |last: u8, size: usize| {
        let part =
            |value: &[u8]| tlv(0x31, &[&tlv(0x30, &[&tlv(0x06, &[&[0x55, 4, 3]]), &tlv(0x0c, &[value])])]);
        let name = tlv(0x30, &[&part(b"x").repeat(size), &part(&[last])]);
        let der = CHAIN.provider.der();
        let x509 = <x509_cert::Certificate as der::Decode>::from_der(&der).unwrap();
        let key = der::Encode::to_der(x509.tbs_certificate().subject_public_key_info()).unwrap();
        let algorithm = tlv(0x30, &[&tlv(0x06, &[ECDSA_SHA256])]);
        let time = tlv(0x17, &[b"240101000000Z"]);
        let validity = tlv(0x30, &[&time, &time]);
        let tbs = tlv(0x30, &[&[2, 1, 1], &algorithm, &name, &validity, &name, &key]);
        (tlv(0x30, &[&tbs, &algorithm, &tlv(0x03, &[&[0; 71]])]), name)
    };
    let enclosed: Vec<_> = (b'a'..b'k').map(|last| certificate(last, 10_000).0).collect();
    let (_, name) = certificate(b'z', 10_000);
    let info = tlv(
        0x30,
        &[
            &[2, 1, 1],
            &tlv(0x30, &[&name, &[2, 1, 1]]),
            &tlv(0x30, &[&tlv(0x06, &[crate::p7s::SHA256])]),
            &tlv(0xa0, &[&attributes(CONTENT).concat()]),
            &tlv(0x30, &[&tlv(0x06, &[ECDSA_SHA256])]),
            &tlv(0x04, &[&[0; 70]]),
        ],
    );
    assert_eq!(judge(p7s(&enclosed, &[info])), Some(Reason::CertificateMissing));
}

/// An extension of a provider's certificate, made by an authority that is known: names beyond number, or depth.
#[test]
fn extensions_without_end() {
    let deep = (0..10_000).fold(vec![5, 0], |inner, _| tlv(0x30, &[&inner]));
    let many = tlv(0x30, &[&tlv(0x82, &[b"a"]).repeat(50_000)]);
    let open = [0x30, 0x80].repeat(50_000);
    for value in [deep, many, open] {
        let mut leaf = provider();
        leaf.subject_alt_names.clear();
        leaf.custom_extensions.push(rcgen::CustomExtension::from_oid_content(&[2, 5, 29, 17], value));
        let leaf = CHAIN.authority.issue(leaf);
        let p7s = p7s(&[leaf.der(), CHAIN.authority.der()], &[signer(&leaf, &attributes(CONTENT))]);
        assert!(judge(p7s).is_some());
    }
}

/// Keys whose public operation would take for ever, and keys that are none.
#[test]
fn exponents_without_end() {
    let key = |modulus: &[u8], exponent: &[u8]| {
        let numbers = tlv(0x30, &[&tlv(0x02, &[&[0], modulus]), &tlv(0x02, &[&[0], exponent])]);
        let algorithm =
            tlv(0x30, &[&tlv(0x06, &[&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01]]), &[5, 0]]);
        tlv(0x30, &[&algorithm, &tlv(0x03, &[&[0], &numbers])])
    };
    let der = CHAIN.provider.der();
    let x509 = <x509_cert::Certificate as der::Decode>::from_der(&der).unwrap();
    let old = der::Encode::to_der(x509.tbs_certificate().subject_public_key_info()).unwrap();
    let place = der.windows(old.len()).position(|window| window == old).unwrap();
    for (size, exponent) in [(512, 512), (1024, 1024), (1024, 5), (1 << 20, 3), (0, 3), (256, 0)] {
        let key = key(&vec![0xff; size], &vec![0xff; exponent]);
        let tbs = [&der[8..place], &key, &der[place + old.len()..]].concat();
        // The end of the extensions is where the old signature algorithm began.
        let algorithm = tlv(0x30, &[&tlv(0x06, &[ECDSA_SHA256])]);
        let end = tbs.windows(algorithm.len()).rposition(|window| window == algorithm).unwrap();
        let certificate = tlv(0x30, &[&tlv(0x30, &[&tbs[..end]]), &algorithm, &tlv(0x03, &[&[0; 71]])]);
        for scheme in [
            &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0e][..],
            &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b],
        ] {
            let [issuer, serial] = crate::p7s::issuer_and_serial(&der);
            let digest = if scheme.ends_with(&[0x0b]) {
                crate::p7s::SHA256
            } else {
                &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x04]
            };
            let info = tlv(
                0x30,
                &[
                    &[2, 1, 1],
                    &tlv(0x30, &[&issuer, &serial]),
                    &tlv(0x30, &[&tlv(0x06, &[digest])]),
                    &tlv(0x30, &[&tlv(0x06, &[scheme]), &[5, 0]]),
                    &tlv(0x04, &[&vec![0x7f; size]]),
                ],
            );
            let reason = judge(p7s(std::slice::from_ref(&certificate), &[info]));
            let expected = [Reason::ContentChanged, Reason::UnsupportedAlgorithm].map(Some);
            assert!(expected.contains(&reason), "{size} {exponent}: {reason:?}");
        }
    }
}
