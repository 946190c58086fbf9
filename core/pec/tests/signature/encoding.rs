//! What was signed in an encoding that is not DER, and what differs between the bytes that came and those that were
//! signed.

use rcgen::SigningKey;
use recapito_pec::{Reason, Verdict};
use std::sync::LazyLock;

use crate::authority::{Chain, Identity};
use crate::p7s::{
    ECDSA_SHA256, SHA256, attribute, attributes, issuer_and_serial, p7s, signer, signer_info, tlv,
};
use crate::trust::{CONTENT, judge_p7s};

static CHAIN: LazyLock<Chain> = LazyLock::new(Chain::genuine);

/// A certificate over these bytes, signed by the authority.
fn certificate(tbs: &[u8]) -> Vec<u8> {
    let signature = CHAIN.authority.key.sign(tbs).unwrap();
    tlv(0x30, &[tbs, &tlv(0x30, &[&tlv(0x06, &[ECDSA_SHA256])]), &tlv(0x03, &[&[0], &signature])])
}

/// The provider's certificate, without its signature.
fn tbs() -> Vec<u8> {
    let der = CHAIN.provider.der();
    let length = usize::from(u16::from_be_bytes([der[6], der[7]]));
    assert_eq!((der[1], der[5]), (0x82, 0x82));
    der[4..8 + length].to_vec()
}

fn replaced(bytes: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    assert_eq!(old.len(), new.len());
    let place = bytes.windows(old.len()).position(|window| window == old).unwrap();
    [&bytes[..place], new, &bytes[place + old.len()..]].concat()
}

/// An authority that writes BER signs what it writes.
#[test]
fn certificates_signed_in_ber() {
    let tbs = tbs();
    let long = [&[0x30, 0x83, 0x00][..], &tbs[2..]].concat();
    let open = [&[0x30, 0x80][..], &tbs[4..], &[0, 0]].concat();
    let truth = replaced(&tbs, &[0x01, 0x01, 0xff], &[0x01, 0x01, 0x01]);
    let signers = [signer(&CHAIN.provider, &attributes(CONTENT))];
    for (name, tbs) in [("DER", &tbs), ("long length", &long), ("open length", &open), ("truth", &truth)] {
        let p7s = p7s(&[certificate(tbs), CHAIN.authority.der()], &signers);
        assert_eq!(judge_p7s(&p7s, &CHAIN.anchors()).reason, None, "{name}");
    }
    // What is only written otherwise means the same, but nobody signed it.
    let changed = replaced(&CHAIN.provider.der(), &[0x01, 0x01, 0xff], &[0x01, 0x01, 0x01]);
    let p7s = p7s(&[changed, CHAIN.authority.der()], &signers);
    assert_eq!(judge_p7s(&p7s, &CHAIN.anchors()).reason, Some(Reason::NoPath));
}

/// RFC 5652 §5.4 has DER signed; some sign what they send.
#[test]
fn attributes_signed_in_ber() {
    let content = attributes(CONTENT).concat();
    // The first attribute of open length, the others as they are.
    let size = 2 + usize::from(content[1]);
    let open = [&[0x30, 0x80], &content[2..size], &[0, 0], &content[size..]].concat();
    for signed in [&content, &open] {
        let value = CHAIN.provider.key.sign(&tlv(0x31, &[signed])).unwrap();
        let signer = signer_info(&CHAIN.provider, Some(std::slice::from_ref(&open)), &value);
        let p7s = p7s(&CHAIN.enclosed(), &[signer]);
        assert_eq!(judge_p7s(&p7s, &CHAIN.anchors()).reason, None);
    }
}

/// As with rsaEncryption, the digest is then that of the digest algorithm.
#[test]
fn the_signature_algorithm_may_name_the_kind_of_key_only() {
    const EC_PUBLIC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
    let attributes = attributes(CONTENT);
    let value = CHAIN.provider.key.sign(&tlv(0x31, &[&attributes.concat()])).unwrap();
    let id = issuer_and_serial(&CHAIN.provider.der());
    let info = tlv(
        0x30,
        &[
            &[2, 1, 1],
            &tlv(0x30, &id.each_ref().map(Vec::as_slice)),
            &tlv(0x30, &[&tlv(0x06, &[SHA256])]),
            &tlv(0xa0, &[&attributes.concat()]),
            &tlv(0x30, &[&tlv(0x06, &[EC_PUBLIC_KEY])]),
            &tlv(0x04, &[&value]),
        ],
    );
    assert_eq!(judge_p7s(&p7s(&CHAIN.enclosed(), &[info]), &CHAIN.anchors()).reason, None);
}

/// RFC 6211: the algorithms are repeated under the signature.
#[test]
fn protected_algorithms_must_agree() {
    const PROTECTION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x34];
    const SHA512: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03];
    const ECDSA_SHA512: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x04];
    let protection = |digest: &[u8], scheme: &[u8]| {
        let digest = tlv(0x30, &[&tlv(0x06, &[digest]), &[5, 0]]);
        let value = tlv(0x30, &[&digest, &tlv(0xa1, &[&tlv(0x06, &[scheme])])]);
        [attributes(CONTENT), vec![attribute(PROTECTION, &value)]].concat()
    };
    let twice = [protection(SHA256, ECDSA_SHA256), protection(SHA256, ECDSA_SHA256).split_off(3)].concat();
    let cases = [
        (protection(SHA256, ECDSA_SHA256), None),
        (protection(SHA512, ECDSA_SHA512), Some(Reason::SignatureWrong)),
        (protection(SHA256, &[0x2a, 3]), Some(Reason::UnsupportedAlgorithm)),
        (twice, Some(Reason::MalformedSignature)),
    ];
    for (index, (attributes, expected)) in cases.into_iter().enumerate() {
        let p7s = p7s(&CHAIN.enclosed(), &[signer(&CHAIN.provider, &attributes)]);
        assert_eq!(judge_p7s(&p7s, &CHAIN.anchors()).reason, expected, "case {index}");
    }
}

/// `[0] IMPLICIT OCTET STRING`, in one piece or several; no tag inside says what the pieces are.
#[test]
fn key_identifiers_may_be_in_segments() {
    let key_id = CHAIN.authority.params.key_identifier(&CHAIN.authority.key);
    let issuer = Chain::genuine();
    // The authority's own certificate has a key identifier: signed by it, the answer is that an authority signed.
    let point = tlv(0x30, &issuer_and_serial(&CHAIN.authority.der()).each_ref().map(Vec::as_slice));
    let by_number = signer(&CHAIN.authority, &attributes(CONTENT));
    let (head, tail) = key_id.split_at(7);
    for id in [tlv(0x80, &[&key_id]), tlv(0xa0, &[&tlv(0x04, &[head]), &tlv(0x04, &[tail])])] {
        let place = by_number.windows(point.len()).position(|window| window == point).unwrap();
        // Before it there is only the version.
        let content = [&[2, 1, 3], &id[..], &by_number[place + point.len()..]].concat();
        let p7s = p7s(&CHAIN.enclosed(), &[tlv(0x30, &[&content])]);
        let found = judge_p7s(&p7s, &CHAIN.anchors());
        assert_eq!(found.reason, Some(Reason::SignerIsAuthority), "{:02x}", id[0]);
        assert_eq!(judge_p7s(&p7s, &issuer.anchors()).verdict, Verdict::UnknownSigner);
    }
}

/// RFC 5652 §10.2.2: besides certificates there may be attribute certificates and whatever else.
#[test]
fn what_is_no_certificate_is_passed_over() {
    let signers = [signer(&CHAIN.provider, &attributes(CONTENT))];
    for tag in [0xa0, 0xa1, 0xa2, 0xa3] {
        let other = tlv(tag, &[&tlv(0x30, &[&[5, 0]])]);
        let enclosed = [vec![other.clone()], CHAIN.enclosed(), vec![other]].concat();
        assert_eq!(judge_p7s(&p7s(&enclosed, &signers), &CHAIN.anchors()).reason, None, "{tag:02x}");
    }
}

/// Somebody's signer info beside the genuine one, readable or not, in front or behind.
#[test]
fn a_signer_that_cannot_be_read_harms_nobody() {
    let genuine = signer(&CHAIN.provider, &attributes(CONTENT));
    let stranger = Identity::self_signed(crate::authority::provider());
    for other in [tlv(0x30, &[&[2, 1, 1]]), vec![5, 0], signer(&stranger, &attributes(b"other"))] {
        for signers in [[other.clone(), genuine.clone()], [genuine.clone(), other.clone()]] {
            assert_eq!(judge_p7s(&p7s(&CHAIN.enclosed(), &signers), &CHAIN.anchors()).reason, None);
        }
    }
}
