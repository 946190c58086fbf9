//! Signed attributes that could be read in two ways, and shells that lie about what is in them.

use recapito_pec::Reason;

use super::{Genuine, swap_bytes};
use crate::authority::{Authority, SIGNED_AT};
use crate::case::{Case, refused, trusted};
use crate::cms::{CONTENT_TYPE, DATA, MESSAGE_DIGEST, Over, SIGNING_TIME, SignedData, SignerInfo, attribute};
use crate::der::{NULL, octets, oid, sequence, set, tagged, time, tlv};
use crate::envelope::{outer, p7s_part, part, sealed, swap};
use crate::key::Digest;

/// All of them.
pub(super) fn cases(of: &Authority, genuine: &Genuine) -> Vec<Case> {
    [attributes(of, genuine), shells(of, genuine)].concat()
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
        in_ber(of, content),
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

/// Attributes signed in an encoding that is not DER, which RFC 5652 §5.4 asks for: OpenSSL refuses them too.
fn in_ber(of: &Authority, content: &[u8]) -> Case {
    let plain = SignerInfo { over: Over::Unsorted, ..SignerInfo::of(&of.provider) };
    let fields = [oid(MESSAGE_DIGEST), set(&[&octets(&Digest::Sha256.of(content))])].concat();
    let long = [&[0x30, 0x81, u8::try_from(fields.len()).expect("a short attribute")], &fields[..]].concat();
    let attributes =
        vec![attribute(CONTENT_TYPE, &oid(DATA)), attribute(SIGNING_TIME, &time(SIGNED_AT)), long];
    let signers = vec![plain.with_attributes(attributes, content)];
    let p7s = SignedData { signers, ..of.signed_data(&plain, content) }.der();
    refused("attributes: signed in BER", Reason::SignatureWrong, sealed(content, &p7s))
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
