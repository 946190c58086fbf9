//! The signature itself: other people's keys under the provider's name, attributes, algorithms, and bytes that lie.

use recapito_pec::Reason;

use super::Genuine;
use crate::authority::{Authority, SIGNED_AT, provider};
use crate::case::{Case, refused, trusted};
use crate::certificate::{Identity, Template};
use crate::cms::{
    CONTENT_TYPE, DATA, MESSAGE_DIGEST, NamedBy, Over, SIGNING_TIME, SignedData, SignerInfo, attribute,
    by_openssl,
};
use crate::der::{NULL, first, integer, octets, oid, sequence, set, tagged, time, tlv};
use crate::envelope::{outer, p7s_part, part, sealed, swap};
use crate::key::{Digest, Scheme};

/// All of them.
pub(super) fn cases(of: &Authority, genuine: &Genuine) -> Vec<Case> {
    [
        impostors(of, genuine),
        attributes(of, genuine),
        algorithms(of, genuine),
        values(of, genuine),
        shells(of, genuine),
    ]
    .concat()
}

/// Another key under the provider's name and number.
fn impostors(of: &Authority, genuine: &Genuine) -> Vec<Case> {
    let fake = &genuine.fake;
    let rsa = Scheme::Rsa(Digest::Sha256);
    let key = &of.spare;
    // The same subject, issuer, serial number and key identifier, signed by the attacker himself.
    let alike = Identity { key: key.clone(), ..of.pec.clone() }.issue(key, rsa, &provider(&of.provider.key));
    let with = |signers: Vec<Vec<u8>>, certificates: &[&Identity]| {
        let certificates = certificates.iter().map(|identity| identity.certificate.clone()).collect();
        sealed(fake, &SignedData { certificates, signers, ..SignedData::default() }.der())
    };
    let by = |named_by| vec![SignerInfo { named_by, ..SignerInfo::of(&alike) }.over(fake)];
    // By the key identifier of the provider, though the key is another.
    let identified =
        vec![swap_bytes(&by(NamedBy::KeyIdentifier)[0], &key.identifier(), &of.provider.key.identifier())];
    let below = of.provider.issue(key, rsa, &Template { name: "Falso PEC", ..provider(key) });
    let person = of.mail.certify(&of.rsa1024.key, &provider(&of.rsa1024.key));
    let below_person = person.issue(key, rsa, &provider(key));
    let point = SignerInfo::of(&alike).over(fake);
    let namesake = Identity { key: key.clone(), ..of.provider.clone() };
    let counter = attribute("1.2.840.113549.1.9.6", &SignerInfo::of(&of.provider).over(b"signature value"));
    let stranger = Identity::self_signed(key, rsa, &provider(key));
    let countersigned = SignerInfo { unsigned: vec![counter], ..SignerInfo::of(&stranger) }.over(fake);
    vec![
        refused(
            "the same issuer and number, the forged certificate",
            Reason::NoPath,
            with(by(NamedBy::IssuerAndSerial), &[&alike, &of.pec]),
        ),
        refused(
            "the same issuer and number, both certificates",
            Reason::NoPath,
            with(by(NamedBy::IssuerAndSerial), &[&of.provider, &alike, &of.pec]),
        ),
        refused(
            "the same issuer and number, both, the forged first",
            Reason::NoPath,
            with(by(NamedBy::IssuerAndSerial), &[&alike, &of.provider, &of.pec]),
        ),
        refused(
            "the same key identifier, the forged certificate",
            Reason::NoPath,
            with(identified.clone(), &[&alike, &of.pec]),
        ),
        refused(
            "the same key identifier, both certificates",
            Reason::NoPath,
            with(identified, &[&of.provider, &alike, &of.pec]),
        ),
        refused(
            "another's signature, the provider's certificate",
            Reason::SignatureWrong,
            with(vec![point], &[&of.provider, &of.pec]),
        ),
        refused(
            "another's signature in the provider's name",
            Reason::SignatureWrong,
            with(vec![SignerInfo::of(&namesake).over(fake)], &[&of.provider, &of.pec]),
        ),
        refused(
            "the provider as an authority",
            Reason::NoPath,
            with(vec![SignerInfo::of(&below).over(fake)], &[&below, &of.provider, &of.pec]),
        ),
        refused(
            "a person as an authority",
            Reason::NoPath,
            with(vec![SignerInfo::of(&below_person).over(fake)], &[&below_person, &person, &of.mail]),
        ),
        refused(
            "a stranger, countersigned by the provider",
            Reason::NoPath,
            with(vec![countersigned], &[&stranger, &of.provider, &of.pec]),
        ),
        refused(
            "a stranger beside the provider's other signature",
            Reason::NoPath,
            with(
                vec![SignerInfo::of(&stranger).over(fake), SignerInfo::of(&of.provider).over(b"x")],
                &[&stranger, &of.provider, &of.pec],
            ),
        ),
        refused(
            "the provider's other signature alone",
            Reason::ContentChanged,
            with(vec![SignerInfo::of(&of.provider).over(b"x")], &[&of.provider, &of.pec]),
        ),
        refused("no signer", Reason::MissingSignature, with(vec![], &[&of.provider, &of.pec])),
        refused(
            "no certificate",
            Reason::CertificateMissing,
            with(vec![SignerInfo::of(&of.provider).over(fake)], &[]),
        ),
    ]
}

/// Signed attributes that could be read in two ways, or are content for somebody.
fn attributes(of: &Authority, genuine: &Genuine) -> Vec<Case> {
    let Genuine { content, fake, .. } = genuine;
    let plain = SignerInfo::of(&of.provider);
    let kind = attribute(CONTENT_TYPE, &oid(DATA));
    let at = attribute(SIGNING_TIME, &time(SIGNED_AT));
    let digest = |content: &[u8]| attribute(MESSAGE_DIGEST, &octets(&Digest::Sha256.of(content)));
    let both = [octets(&Digest::Sha256.of(content)), octets(&Digest::Sha256.of(fake))].concat();
    let with = |name: &str, reason, attributes: Vec<Vec<u8>>| {
        let signers = vec![plain.with_attributes(attributes, fake)];
        refused(
            format!("attributes: {name}"),
            reason,
            sealed(fake, &SignedData { signers, ..of.signed_data(&plain, fake) }.der()),
        )
    };
    let malformed = |name: &str, attributes| with(name, Reason::MalformedSignature, attributes);
    vec![
        malformed("two digests", vec![kind.clone(), digest(fake), digest(content)]),
        malformed("two values of a digest", vec![kind.clone(), attribute(MESSAGE_DIGEST, &both)]),
        malformed("no digest", vec![kind.clone(), at.clone()]),
        malformed("no value of a digest", vec![kind.clone(), attribute(MESSAGE_DIGEST, &[])]),
        malformed("no content type", vec![digest(fake), at.clone()]),
        malformed(
            "another content type",
            vec![attribute(CONTENT_TYPE, &oid("1.2.840.113549.1.9.16.1.4")), digest(fake)],
        ),
        malformed("two content types", vec![kind.clone(), kind.clone(), digest(fake)]),
        malformed(
            "two signing times",
            vec![kind.clone(), digest(fake), at, attribute(SIGNING_TIME, &time("20250101000000Z"))],
        ),
        malformed(
            "a signing time that is none",
            vec![kind.clone(), digest(fake), attribute(SIGNING_TIME, &octets(b"ieri"))],
        ),
        with(
            "the digest cut short",
            Reason::ContentChanged,
            vec![kind.clone(), attribute(MESSAGE_DIGEST, &octets(&Digest::Sha256.of(fake)[..20]))],
        ),
        with(
            "an empty digest",
            Reason::ContentChanged,
            vec![kind.clone(), attribute(MESSAGE_DIGEST, &octets(b""))],
        ),
        with(
            "the digest by another algorithm",
            Reason::ContentChanged,
            vec![kind, attribute(MESSAGE_DIGEST, &octets(&Digest::Sha1.of(fake)))],
        ),
        as_content(of, content),
    ]
}

/// The attributes of a genuine signature as the content of one without: the same bytes under the same signature, and
/// nothing that the provider ever wrote (the reason for RFC 5652's warning in §5.3 and for RFC 8933).
fn as_content(of: &Authority, content: &[u8]) -> Case {
    let plain = SignerInfo::of(&of.provider);
    let mut attributes = [
        attribute(CONTENT_TYPE, &oid(DATA)),
        attribute(MESSAGE_DIGEST, &octets(&Digest::Sha256.of(content))),
        attribute(SIGNING_TIME, &time(SIGNED_AT)),
    ];
    attributes.sort();
    let signed = set(&[&attributes.concat()]);
    let value = of.provider.key.sign(&signed, plain.scheme);
    let signers = vec![plain.with_value(&[], &value)];
    let p7s = SignedData { signers, ..of.signed_data(&plain, content) }.der();
    refused("attributes: as the content", Reason::AmbiguousStructure, sealed(&signed, &p7s))
}

/// Algorithms that are weak, unknown, or not the same in two places.
fn algorithms(of: &Authority, genuine: &Genuine) -> Vec<Case> {
    let content = &genuine.content;
    let unsupported = |name: &str, signer: SignerInfo<'_>| {
        refused(
            format!("algorithm: {name}"),
            Reason::UnsupportedAlgorithm,
            sealed(content, &of.p7s_by(&signer, content)),
        )
    };
    let plain = SignerInfo::of(&of.provider);
    let named =
        |digest| SignerInfo { digest, ..SignerInfo::by(&of.provider, Scheme::RsaNamed(Digest::Sha256)) };
    let enclosed = ["-certfile", "authority.pem"];
    let md5 = by_openssl(&of.provider, &[&["-md", "md5"], &enclosed[..]].concat(), content);
    // Without being told the padding, OpenSSL 3.0 signs with PSS and says rsaEncryption.
    let mislabelled = by_openssl(&of.pss, &[&["-md", "sha256"], &enclosed[..]].concat(), content);
    let other_digest =
        SignerInfo { digest: Digest::Sha1, ..SignerInfo::by(&of.provider, Scheme::pss(Digest::Sha256, 32)) };
    let p521 = of.pec.issue(&of.p521, Scheme::Ecdsa(Digest::Sha512), &provider(&of.p521));
    let protection = |digest: Digest, scheme: Scheme| {
        let algorithm = scheme.algorithm();
        let (_, parts, ..) = first(&algorithm);
        attribute("1.2.840.113549.1.9.52", &sequence(&[&digest.algorithm(NULL), &tagged(1, &[parts])]))
    };
    let by_name = SignerInfo::by(&of.provider, Scheme::RsaNamed(Digest::Sha256));
    let protected = |more| SignerInfo { more: vec![more], ..by_name.clone() };
    let mismatch = |name: &str, signer: SignerInfo<'_>| {
        refused(
            format!("algorithm: {name}"),
            Reason::MalformedSignature,
            sealed(content, &of.p7s_by(&signer, content)),
        )
    };
    vec![
        refused("algorithm: MD5", Reason::UnsupportedAlgorithm, sealed(content, &md5)),
        refused(
            "algorithm: PSS under the name of the older padding",
            Reason::UnsupportedAlgorithm,
            sealed(content, &mislabelled),
        ),
        unsupported("the digest is SHA-1, the signature's SHA-256", named(Digest::Sha1)),
        unsupported("the digest is SHA-512, the signature's SHA-256", named(Digest::Sha512)),
        unsupported("the digest is not that of PSS", other_digest),
        unsupported("P-521", SignerInfo::of(&p521)),
        unsupported("unknown parameters of the digest", SignerInfo { parameters: &[2, 1, 0], ..plain }),
        mismatch(
            "protected, of another digest",
            protected(protection(Digest::Sha1, Scheme::RsaNamed(Digest::Sha256))),
        ),
        mismatch(
            "protected, of another signature",
            protected(protection(Digest::Sha256, Scheme::RsaNamed(Digest::Sha1))),
        ),
    ]
}

/// Signature values that nobody computed.
fn values(of: &Authority, genuine: &Genuine) -> Vec<Case> {
    let content = &genuine.content;
    let mut cases = Vec::new();
    let zeros = sequence(&[&integer(0), &integer(0)]);
    let ones = sequence(&[&integer(1), &integer(1)]);
    for (name, signer, value) in [
        ("RSA, empty", &of.provider, vec![]),
        ("RSA, zero", &of.provider, vec![0; 256]),
        ("RSA, one", &of.provider, [vec![0; 255], vec![1]].concat()),
        ("RSA, all ones", &of.provider, vec![0xff; 256]),
        ("RSA, too short", &of.provider, vec![7; 255]),
        ("ECDSA, zeros", &of.p256, zeros.clone()),
        ("ECDSA, ones", &of.p256, ones),
        ("ECDSA, P-384, zeros", &of.p384, zeros),
        ("ECDSA, empty", &of.p256, vec![]),
    ] {
        let info = SignerInfo::of(signer);
        let mut attributes = vec![
            attribute(CONTENT_TYPE, &oid(DATA)),
            attribute(MESSAGE_DIGEST, &octets(&Digest::Sha256.of(content))),
        ];
        if signer.scheme.digest() != Digest::Sha256 {
            attributes[1] = attribute(MESSAGE_DIGEST, &octets(&signer.scheme.digest().of(content)));
        }
        attributes.push(attribute(SIGNING_TIME, &time(SIGNED_AT)));
        attributes.sort();
        let signers = vec![info.with_value(&attributes.concat(), &value)];
        let raw = sealed(content, &SignedData { signers, ..of.signed_data(&info, content) }.der());
        cases.push(refused(format!("value: {name}"), Reason::SignatureWrong, raw));
    }
    for (name, scheme) in [("RSA", Scheme::Rsa(Digest::Sha256)), ("PSS", Scheme::pss(Digest::Sha256, 32))] {
        let info = SignerInfo { over: Over::Content, ..SignerInfo::by(&of.provider, scheme) };
        let data = of.signed_data(&info, content);
        let raw = sealed(&genuine.fake, &data.der());
        cases.push(refused(
            format!("value: {name} over other content, no attributes"),
            Reason::ContentChanged,
            raw,
        ));
    }
    cases
}

/// What is around the signers.
fn shells(of: &Authority, genuine: &Genuine) -> Vec<Case> {
    let Genuine { content, p7s, fake } = genuine;
    let data_only = sequence(&[&oid(DATA), &tagged(0, &[&octets(content)])]);
    let forged_first = [&of.p7s(fake)[..], p7s].concat();
    let genuine_first = [&p7s[..], &of.p7s(fake)].concat();
    let other_type = swap_bytes(p7s, &sequence(&[&oid(DATA)]), &sequence(&[&oid("1.2.840.113549.1.7.5")]));
    let deep = (0..10_000).fold(NULL.to_vec(), |inner, _| tlv(0x30, &[&inner]));
    let kind = "Content-Type: application/pkcs7-signature\r\nContent-Transfer-Encoding: binary\r\n";
    let as_is = |p7s: &[u8]| outer(&[content, &part(kind, p7s)]);
    vec![
        refused(
            "shell: data in place of a signature",
            Reason::MalformedSignature,
            sealed(content, &data_only),
        ),
        refused(
            "shell: another type of what is signed",
            Reason::MalformedSignature,
            sealed(content, &other_type),
        ),
        refused(
            "shell: the forged content's signature first",
            Reason::ContentChanged,
            sealed(content, &forged_first),
        ),
        refused(
            "shell: the genuine content's signature first",
            Reason::ContentChanged,
            sealed(fake, &genuine_first),
        ),
        refused("shell: ten thousand levels", Reason::TooComplex, sealed(content, &deep)),
        refused(
            "shell: open lengths without end",
            Reason::TooComplex,
            sealed(content, &[0x30, 0x80].repeat(50_000)),
        ),
        refused(
            "shell: a length that lies",
            Reason::MissingSignature,
            sealed(content, &[0x30, 0x84, 0x7f, 0xff, 0xff, 0xff, 0x06]),
        ),
        refused(
            "shell: a length of more than memory",
            Reason::MissingSignature,
            sealed(content, &[0x30, 0x88, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
        ),
        refused(
            "shell: a megabyte and more",
            Reason::TooComplex,
            as_is(&[&p7s[..], &vec![0; 2 << 20]].concat()),
        ),
        refused("shell: base64 of nothing", Reason::MissingSignature, sealed(content, b"")),
        refused(
            "shell: text",
            Reason::MissingSignature,
            sealed(content, b"This is no signature at all, but text"),
        ),
        trusted("shell: the genuine one and more behind it", sealed(content, &genuine_first)),
        refused(
            "shell: a part with two of them",
            Reason::ContentChanged,
            outer(&[fake, &[p7s_part(p7s), p7s_part(&of.p7s(fake))].concat()]),
        ),
        refused(
            "shell: its letters in another case",
            Reason::MalformedSignature,
            swap(&sealed(content, p7s), "MII", "mii"),
        ),
    ]
}

/// The same bytes with others in one place.
fn swap_bytes(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let at = bytes.windows(from.len()).position(|window| window == from).expect("the bytes to change");
    assert_eq!(from.len(), to.len(), "or the lengths around them are wrong");
    [&bytes[..at], to, &bytes[at + from.len()..]].concat()
}
