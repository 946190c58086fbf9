//! Signatures that must not be believed, and bytes that must not break anything.

use recapito_pec::{Anchors, Reason, Verdict};
use std::sync::LazyLock;

use crate::authority::{Chain, Identity};
use crate::p7s::{
    CONTENT_TYPE, DATA, MESSAGE_DIGEST, SHA256, SIGNED_DATA, SIGNING_TIME, attribute, attributes,
    issuer_and_serial, p7s, p7s_of, signer, signer_info, signer_without_attributes, tlv,
};
use crate::trust::{CONTENT, judge_p7s};

static CHAIN: LazyLock<Chain> = LazyLock::new(Chain::genuine);

#[test]
fn every_cut_is_unreadable() {
    let genuine = genuine();
    let anchors = CHAIN.anchors();
    assert_eq!(judge_p7s(&genuine, &anchors).verdict, Verdict::Trusted);
    for size in 0..genuine.len() {
        let found = judge_p7s(&genuine[..size], &anchors);
        assert_eq!(found.reason, Some(Reason::MissingSignature), "cut at {size}");
    }
}

/// A flipped bit may be harmless only where nothing is signed: in version numbers, the list of digests, and the name
/// by which the signer points to its certificate, which is compared without regard to case and string type.
#[test]
fn every_flipped_bit_that_is_signed_is_seen() {
    let (genuine, anchors) = small();
    let point = tlv(0x30, &issuer_and_serial(&CHAIN.provider.der()).each_ref().map(Vec::as_slice));
    let digests = tlv(0x31, &[&tlv(0x30, &[&tlv(0x06, &[SHA256])])]);
    let unsigned = [point, digests].map(|part| {
        let start = genuine.windows(part.len()).position(|window| window == part).unwrap();
        start..start + part.len()
    });
    for bit in 0..genuine.len() * 8 {
        let place = bit / 8;
        let mut flipped = genuine.clone();
        flipped[place] ^= 1 << (bit % 8);
        if judge_p7s(&flipped, &anchors).verdict == Verdict::Trusted {
            let is_version = genuine[..place].ends_with(&[2, 1]);
            assert!(is_version || unsigned.iter().any(|part| part.contains(&place)), "bit {bit}");
        }
    }
}

/// Each octet replaced by those that steer a parser: whatever comes of it, it comes to an end.
#[test]
fn lengths_and_tags_may_lie() {
    let (genuine, anchors) = small();
    for place in 0..genuine.len() {
        for octet in [0x1f, 0x24, 0x80, 0x84, 0xff] {
            let mut changed = genuine.clone();
            changed[place] = octet;
            let found = judge_p7s(&changed, &anchors);
            assert_eq!(found.reason.map(Reason::verdict).unwrap_or(Verdict::Trusted), found.verdict);
        }
    }
}

#[test]
fn depth_and_number_are_bounded() {
    let anchors = CHAIN.anchors();
    let deep = (0..1_000).fold(vec![5, 0], |inner, _| tlv(0x30, &[&inner]));
    let one = signer(&CHAIN.provider, &attributes(CONTENT));
    let many_attributes = vec![attribute(&[0x2a, 3], &[5, 0]); 1_000];
    let cases = [
        deep,
        [0x30, 0x80].repeat(200_000),
        [0x24, 0x80].repeat(200_000),
        p7s(&CHAIN.enclosed(), &vec![one.clone(); 5]),
        p7s(&vec![tlv(0x30, &[&[5, 0]]); 10_000], &[one]),
        p7s(&CHAIN.enclosed(), &[signer(&CHAIN.provider, &many_attributes)]),
    ];
    for (index, bomb) in cases.iter().enumerate() {
        assert_eq!(judge_p7s(bomb, &anchors).reason, Some(Reason::TooComplex), "case {index}");
    }
    assert_eq!(judge_p7s(&tlv(0x30, &[&vec![5; 5 << 20]]), &anchors).reason, Some(Reason::TooComplex));
}

#[test]
fn attributes_are_unambiguous() {
    let whole = attributes(CONTENT);
    let [content_type, digest, time] = [whole[0].clone(), whole[1].clone(), whole[2].clone()];
    let octets = |octets: &[u8]| tlv(0x04, &[octets]);
    let time_stamp = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x01, 0x04];
    let other_type = attribute(CONTENT_TYPE, &tlv(0x06, &[time_stamp]));
    let two_values = [octets(&[0; 32]), octets(&[0; 32])].concat();
    let malformed = Some(Reason::MalformedSignature);
    let cases = [
        (vec![], malformed),
        (vec![content_type.clone()], malformed),
        (vec![digest.clone(), time.clone()], malformed),
        (vec![other_type, digest.clone()], malformed),
        ([whole.clone(), vec![content_type.clone()]].concat(), malformed),
        ([whole.clone(), vec![digest.clone()]].concat(), malformed),
        ([whole.clone(), vec![time.clone()]].concat(), malformed),
        (vec![content_type.clone(), attribute(MESSAGE_DIGEST, &two_values)], malformed),
        (vec![content_type.clone(), digest.clone(), attribute(SIGNING_TIME, &octets(b"now"))], malformed),
        (
            vec![content_type.clone(), attribute(MESSAGE_DIGEST, &octets(&[0; 32]))],
            Some(Reason::ContentChanged),
        ),
        (vec![content_type.clone(), attribute(MESSAGE_DIGEST, &octets(&[]))], Some(Reason::ContentChanged)),
        ([whole, vec![attribute(&[0x2a, 3], &[5, 0])]].concat(), None),
    ];
    for (index, (attributes, expected)) in cases.iter().enumerate() {
        let p7s = p7s(&CHAIN.enclosed(), &[signer(&CHAIN.provider, attributes)]);
        assert_eq!(judge_p7s(&p7s, &CHAIN.anchors()).reason, *expected, "case {index}");
    }
}

/// A genuine signature's attributes sent as the content of a signature without attributes: the same bytes, signed by
/// the same key, and nothing that the provider ever wrote.
#[test]
fn signed_attributes_are_not_content() {
    let signed = tlv(0x31, &[&attributes(CONTENT).concat()]);
    let moved = signer_without_attributes(&CHAIN.provider, &signed);
    let p7s = p7s(&CHAIN.enclosed(), &[moved]);
    let found = recapito_pec::signature::check(
        &p7s,
        &crate::trust::digests(&signed),
        &Default::default(),
        &CHAIN.anchors(),
        crate::trust::now(),
    )
    .unwrap();
    assert_eq!(found.reason, Some(Reason::AmbiguousStructure));
}

#[test]
fn only_mime_content_is_signed_mail() {
    let one = signer(&CHAIN.provider, &attributes(CONTENT));
    for content_type in [SIGNED_DATA, &[0x2a, 3]] {
        let p7s = p7s_of(content_type, &CHAIN.enclosed(), &[], std::slice::from_ref(&one));
        assert_eq!(judge_p7s(&p7s, &CHAIN.anchors()).reason, Some(Reason::MalformedSignature));
    }
    let p7s = p7s_of(DATA, &CHAIN.enclosed(), &[], &[one]);
    assert_eq!(judge_p7s(&p7s, &CHAIN.anchors()).reason, None);
}

/// A provider's signature counts whoever signed besides; nobody's signature borrows another's certificate.
#[test]
fn several_signers() {
    let genuine = signer(&CHAIN.provider, &attributes(CONTENT));
    let stranger = Identity::self_signed(crate::authority::provider());
    let strangers = signer(&stranger, &attributes(CONTENT));
    let altered = signer(&CHAIN.provider, &attributes(b"other"));
    let wrong = signer_info(&CHAIN.provider, Some(&attributes(CONTENT)), &[0; 70]);
    let cases = [
        (vec![], Some(Reason::MissingSignature)),
        (vec![genuine.clone(), strangers.clone()], None),
        (vec![strangers.clone(), genuine.clone()], None),
        (vec![altered.clone(), wrong.clone(), genuine.clone()], None),
        (vec![tlv(0x30, &[]), genuine], None),
        (vec![strangers, altered.clone()], Some(Reason::NoPath)),
        (vec![altered, wrong.clone()], Some(Reason::ContentChanged)),
        (vec![wrong], Some(Reason::SignatureWrong)),
    ];
    let certificates = [CHAIN.enclosed(), vec![stranger.der()]].concat();
    for (index, (signers, expected)) in cases.iter().enumerate() {
        let found = judge_p7s(&p7s(&certificates, signers), &CHAIN.anchors());
        assert_eq!(found.reason, *expected, "case {index}");
    }
}

#[test]
fn pinned_trust_is_not_lent() {
    let found = judge_p7s(&genuine(), &Anchors::pec());
    assert_eq!((found.verdict, found.reason), (Verdict::UnknownSigner, Some(Reason::NoPath)));
}

fn genuine() -> Vec<u8> {
    p7s(&CHAIN.enclosed(), &[signer(&CHAIN.provider, &attributes(CONTENT))])
}

/// A signature that encloses the leaf only, and anchors that know its authority.
fn small() -> (Vec<u8>, Anchors) {
    let anchors = Anchors::pec().with_pem(CHAIN.authority.certificate.pem().as_bytes()).unwrap();
    (p7s(&[CHAIN.provider.der()], &[signer(&CHAIN.provider, &attributes(CONTENT))]), anchors)
}
