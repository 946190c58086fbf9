//! Algorithms that are weak, unknown, or not the same in two places; signature values that nobody computed.

use recapito_pec::Reason;

use super::Genuine;
use crate::authority::{Authority, SIGNED_AT, provider};
use crate::case::{Case, refused};
use crate::cms::{
    CONTENT_TYPE, DATA, MESSAGE_DIGEST, Over, SIGNING_TIME, SignedData, SignerInfo, attribute, by_openssl,
};
use crate::der::{NULL, bits, elements, first, integer, octets, oid, sequence, set, tagged, time};
use crate::envelope::sealed;
use crate::key::{Digest, Key, Scheme, pss};

/// All of them.
pub(super) fn cases(of: &Authority, genuine: &Genuine) -> Vec<Case> {
    let mut cases = [algorithms(of, genuine), values(of, genuine)].concat();
    cases.extend([1, 2, 3].map(|exponent| unsigned(of, genuine, exponent)));
    cases
}

/// What the signature says of itself.
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
    let pss_scheme = Scheme::pss(Digest::Sha256, 32);
    let relabelled = |name: &str, parameters: &[&[u8]]| {
        let with_digest = [&tagged(0, &[&Digest::Sha256.algorithm(NULL)])[..]];
        let parameters =
            if name.contains("a digest") { parameters.to_vec() } else { [&with_digest, parameters].concat() };
        refused(
            format!("algorithm: {name}"),
            Reason::UnsupportedAlgorithm,
            of.relabelled(pss_scheme, &pss(&parameters)),
        )
    };
    let p521 = of.pec.issue(&of.p521, Scheme::Ecdsa(Digest::Sha512), &provider(&of.p521));
    let protection = |digest: Digest, scheme: Scheme| {
        let algorithm = scheme.algorithm();
        let (_, parts, ..) = first(&algorithm);
        attribute("1.2.840.113549.1.9.52", &sequence(&[&digest.algorithm(NULL), &tagged(1, &[parts])]))
    };
    let by_name = SignerInfo::by(&of.provider, Scheme::RsaNamed(Digest::Sha256));
    let protected = |more| SignerInfo { more: vec![more], ..by_name.clone() };
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
        relabelled("PSS, a trailer that is none", &[&tagged(2, &[&integer(32)]), &tagged(3, &[&integer(2)])]),
        relabelled(
            "PSS, a mask that is none",
            &[&tagged(1, &[&sequence(&[&oid("1.2.3"), NULL])]), &tagged(2, &[&integer(32)])],
        ),
        relabelled("PSS, a digest that is none", &[&tagged(0, &[&sequence(&[&oid("1.2.3"), NULL])])]),
        refused(
            "algorithm: PSS, another salt than signed",
            Reason::SignatureWrong,
            of.relabelled(pss_scheme, &Scheme::pss(Digest::Sha256, 31).algorithm()),
        ),
        refused(
            "algorithm: PSS, a salt of a gigabyte",
            Reason::UnsupportedAlgorithm,
            of.relabelled(pss_scheme, &Scheme::pss(Digest::Sha256, 1 << 30).algorithm()),
        ),
        refused(
            "algorithm: PSS, another mask than signed",
            Reason::SignatureWrong,
            of.relabelled(
                pss_scheme,
                &Scheme::Pss { digest: Digest::Sha256, mgf: Digest::Sha1, salt: 32 }.algorithm(),
            ),
        ),
        refused(
            "algorithm: PSS, said to be the older padding",
            Reason::SignatureWrong,
            of.relabelled(pss_scheme, &Scheme::Rsa(Digest::Sha256).algorithm()),
        ),
        refused(
            "algorithm: the older padding, said to be PSS",
            Reason::SignatureWrong,
            of.relabelled(Scheme::Rsa(Digest::Sha256), &pss_scheme.algorithm()),
        ),
        refused(
            "algorithm: RSA, said to be ECDSA",
            Reason::UnsupportedAlgorithm,
            of.relabelled(Scheme::Rsa(Digest::Sha256), &Scheme::Ecdsa(Digest::Sha256).algorithm()),
        ),
        unsupported("P-521", SignerInfo::of(&p521)),
        unsupported("unknown parameters of the digest", SignerInfo { parameters: &[2, 1, 0], ..plain }),
        unsupported(
            "protected, of another digest",
            protected(protection(Digest::Sha1, Scheme::RsaNamed(Digest::Sha256))),
        ),
        unsupported(
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

/// The padded digest itself in place of a signature, for a key with this exponent: with 1, RSA changes nothing.
fn unsigned(of: &Authority, genuine: &Genuine, exponent: u64) -> Case {
    let digest = Digest::Sha224;
    let (_, parts, ..) = first(&of.provider.key.public);
    let parts = elements(parts);
    let (_, key, ..) = first(parts[1]);
    let (_, numbers, ..) = first(&key[1..]);
    let key = sequence(&[elements(numbers)[0], &integer(exponent)]);
    let key = Key { public: sequence(&[parts[0], &bits(&key)]), ..of.provider.key.clone() };
    let signer = of.pec.certify(&key, &provider(&key));

    let mut attributes = [
        attribute(CONTENT_TYPE, &oid(DATA)),
        attribute(MESSAGE_DIGEST, &octets(&digest.of(&genuine.fake))),
        attribute(SIGNING_TIME, &time(SIGNED_AT)),
    ];
    attributes.sort();
    let sent = attributes.concat();
    let info = sequence(&[&digest.algorithm(NULL), &octets(&digest.of(&set(&[&sent])))]);
    let value = [&[0, 1], &*vec![0xff; 256 - 3 - info.len()], &[0], &info].concat();
    let info = SignerInfo::by(&signer, Scheme::Rsa(digest));
    let data =
        SignedData { signers: vec![info.with_value(&sent, &value)], ..of.signed_data(&info, &genuine.fake) };
    let name = format!("value: RSA, what is signed itself, an exponent of {exponent}");
    refused(name, Reason::SignatureWrong, sealed(&genuine.fake, &data.der()))
}
