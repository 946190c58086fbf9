//! Signatures by hand: algorithms, encodings, and what else may stand in a SignedData.

use recapito_pec::Note;

use crate::authority::{Authority, SIGNED_AT, pec, provider};
use crate::case::{Case, trusted};
use crate::certificate::{Identity, Mark, Template, extension, name, no_authority};
use crate::cms::{NamedBy, Over, SIGNING_TIME, SignedData, SignerInfo, attribute};
use crate::der::{Loose, NULL, integer, loosen, octets, oid, sequence, tagged, tlv};
use crate::envelope::{content, sealed};
use crate::key::{Digest, Scheme, pss};

/// All of them.
pub(super) fn cases(of: &Authority) -> Vec<Case> {
    [algorithms(of), certificates(of), encodings(of), sets(of)].concat()
}

const DIGESTS: [Digest; 5] = [Digest::Sha1, Digest::Sha224, Digest::Sha256, Digest::Sha384, Digest::Sha512];

fn by(of: &Authority, name: impl Into<String>, signer: &SignerInfo<'_>) -> Case {
    let content = content();
    let notes: &[Note] = if signer.digest == Digest::Sha1 { &[Note::Sha1Digest] } else { &[] };
    trusted(name, sealed(&content, &of.p7s_by(signer, &content))).noting(notes)
}

fn algorithms(of: &Authority) -> Vec<Case> {
    let mut cases = Vec::new();
    let rsa = [("1024", &of.rsa1024), ("2048", &of.provider), ("3072", &of.rsa3072), ("4096", &of.rsa4096)];
    for digest in DIGESTS {
        let name = digest.name();
        for (size, signer) in rsa {
            cases.push(by(of, format!("RSA-{size}, {name}"), &SignerInfo::by(signer, Scheme::Rsa(digest))));
            let bare = SignerInfo { over: Over::Content, ..SignerInfo::by(signer, Scheme::Rsa(digest)) };
            cases.push(by(of, format!("RSA-{size}, {name}, no attributes"), &bare));
        }
        for (form, scheme) in [
            ("rsaEncryption without parameters", Scheme::RsaAbsent(digest)),
            ("named with NULL", Scheme::RsaNamed(digest)),
            ("named without parameters", Scheme::RsaNamedAbsent(digest)),
        ] {
            cases.push(by(of, format!("RSA, {name}, {form}"), &SignerInfo::by(&of.provider, scheme)));
        }
        for (curve, signer) in [("P-256", &of.p256), ("P-384", &of.p384)] {
            let signer = SignerInfo::by(signer, Scheme::Ecdsa(digest));
            cases.push(by(of, format!("{curve}, {name}"), &signer));
            let absent = SignerInfo { parameters: &[], ..signer.clone() };
            cases.push(by(of, format!("{curve}, {name}, digest without parameters"), &absent));
            cases.push(by(
                of,
                format!("{curve}, {name}, no attributes"),
                &SignerInfo { over: Over::Content, ..signer },
            ));
        }
        let salts: [usize; 3] = [0, digest.of(b"").len(), 17];
        for salt in salts {
            let scheme = Scheme::pss(digest, salt);
            cases.push(by(of, format!("PSS, {name}, salt of {salt}"), &SignerInfo::by(&of.provider, scheme)));
        }
        let bare =
            SignerInfo { over: Over::Content, ..SignerInfo::by(&of.provider, Scheme::pss(digest, 20)) };
        cases.push(by(of, format!("PSS, {name}, no attributes"), &bare));
        let key = SignerInfo::by(&of.pss, Scheme::pss(digest, 20));
        cases.push(by(of, format!("PSS, {name}, a key for PSS only"), &key));
    }
    for (name, signer, digest, salt) in [
        ("PSS, the longest salt of RSA-2048 and SHA-256", &of.provider, Digest::Sha256, 222),
        ("PSS, the longest salt of RSA-1024 and SHA-512", &of.rsa1024, Digest::Sha512, 62),
        ("PSS, the longest salt of RSA-4096 and SHA-1", &of.rsa4096, Digest::Sha1, 490),
        ("PSS, RSA-1024", &of.rsa1024, Digest::Sha256, 32),
        ("PSS, RSA-3072", &of.rsa3072, Digest::Sha384, 48),
    ] {
        cases.push(by(of, name, &SignerInfo::by(signer, Scheme::pss(digest, salt))));
    }
    let other_mask = Scheme::Pss { digest: Digest::Sha256, mgf: Digest::Sha1, salt: 32 };
    cases.push(by(of, "PSS, SHA-256 with a mask of SHA-1", &SignerInfo::by(&of.provider, other_mask)));
    cases
}

/// Certificates signed otherwise, and extensions that say nothing new.
fn certificates(of: &Authority) -> Vec<Case> {
    let key = &of.provider.key;
    let mut cases = Vec::new();
    let mut issued = |name: String, authority: &Identity, template: &Template| {
        let leaf = authority.certify(key, template);
        let content = content();
        let mut data = of.signed_data(&SignerInfo::of(&leaf), &content);
        data.certificates = vec![authority.certificate.clone(), leaf.certificate.clone()];
        cases.push(trusted(name, sealed(&content, &data.der())));
    };
    for digest in DIGESTS {
        for (form, scheme) in [("RSA", Scheme::Rsa(digest)), ("PSS", Scheme::pss(digest, 20))] {
            let authority = Identity { scheme, ..of.pec.clone() };
            issued(
                format!("certificate signed with {form} and {}", digest.name()),
                &authority,
                &provider(key),
            );
        }
    }
    for (name, holder) in [("P-256", &of.p256), ("P-384", &of.p384)] {
        let authority = of.root.issue(&holder.key, holder.scheme, &pec(&holder.key));
        issued(format!("an authority on {name}"), &authority, &provider(key));
    }
    let with = |extension: Vec<u8>| {
        let mut template = provider(key);
        template.extensions.push(extension);
        template
    };
    let identifier = tlv(0x80, &[&of.pec.key.identifier()]);
    for (name, extension) in [
        ("basic constraints that say no authority", no_authority()),
        ("an authority key identifier", extension("2.5.29.35", Mark::Plain, &sequence(&[&identifier]))),
        ("an unknown extension, not critical", extension("1.2.3.4", Mark::Plain, &octets(b"x"))),
        ("where revocation lists are, critical", extension("2.5.29.31", Mark::Critical, &sequence(&[]))),
    ] {
        issued(format!("certificate with {name}"), &of.pec, &with(extension));
    }
    // RFC 5280 §4.1.2.5.
    let endless = |template: Template| Template { to: "99991231235959Z", ..template };
    let authority = of.root.certify(&of.pec.key, &endless(pec(&of.pec.key)));
    issued("an authority without end".to_owned(), &authority, &provider(key));
    issued("a certificate without end".to_owned(), &of.pec, &endless(provider(key)));
    issued("a large serial number".to_owned(), &of.pec, &Template { serial: u64::MAX, ..provider(key) });
    cases
}

fn encodings(of: &Authority) -> Vec<Case> {
    let content = content();
    let mut cases = Vec::new();
    let sorted = SignerInfo::of(&of.provider);
    for (signed, signer) in [
        ("", sorted.clone()),
        (", no attributes", SignerInfo { over: Over::Content, ..sorted.clone() }),
        (", key identifier", SignerInfo { named_by: NamedBy::KeyIdentifier, ..sorted.clone() }),
        (", P-256", SignerInfo::of(&of.p256)),
    ] {
        let der = of.p7s_by(&signer, &content);
        for (name, form) in [
            ("indefinite lengths", Loose::Indefinite),
            ("long lengths", Loose::LongLengths),
            ("octet strings in segments of 1", Loose::Segments(1)),
            ("octet strings in segments of 100", Loose::Segments(100)),
            ("octet strings in segments of segments", Loose::SegmentsOfSegments),
        ] {
            cases.push(trusted(format!("BER: {name}{signed}"), sealed(&content, &loosen(&der, form))));
        }
        for (name, tail) in
            [("a line end", &b"\r\n"[..]), ("zeros", &[0; 9]), ("half an element", &[0x30, 0x82, 0xff])]
        {
            let raw = sealed(&content, &[&der, tail].concat());
            cases.push(trusted(format!("{name} after the signature{signed}"), raw));
        }
    }
    for (name, over) in [
        ("attributes sent in another order than signed", Over::SortedSentOtherwise),
        ("attributes signed in an order that is not DER's", Over::Unsorted),
    ] {
        cases.push(by(of, name, &SignerInfo { over, ..sorted.clone() }));
    }
    cases.push(by(of, "digest without parameters", &SignerInfo { parameters: &[], ..sorted.clone() }));
    let defaults = of.relabelled(Scheme::pss(Digest::Sha1, 20), &pss(&[]));
    cases.push(trusted("PSS with default parameters left out", defaults).noting(&[Note::Sha1Digest]));
    cases
}

/// What else stands in the sets of a SignedData, none of which anybody protects.
fn sets(of: &Authority) -> Vec<Case> {
    let content = content();
    let plain = SignerInfo::of(&of.provider);
    let data = of.signed_data(&plain, &content);
    let case = |name: &str, data: SignedData| trusted(name, sealed(&content, &data.der()));
    let certificates =
        |name: &str, certificates: Vec<Vec<u8>>| case(name, SignedData { certificates, ..data.clone() });
    let leaf = of.provider.certificate.clone();
    let authority = of.pec.certificate.clone();
    let root = of.root.certificate.clone();
    let attribute_certificate = tagged(2, &[&sequence(&[&integer(1)])]);
    let other_certificate = tagged(3, &[&oid("1.2.3"), NULL]);
    let other_leaf = of.provider_with(&Template { serial: 99, ..provider(&of.provider.key) });
    let newer =
        of.root.certify(&of.pec.key, &Template { serial: 12, from: "20250101000000Z", ..pec(&of.pec.key) });
    let stranger = Identity::self_signed(&of.spare, Scheme::Rsa(Digest::Sha256), &provider(&of.spare));
    let by_stranger = SignerInfo::of(&stranger).over(&content);
    let unread = sequence(&[&integer(1), NULL]);
    let info = plain.over(&content);
    let later = Some("20240601120005Z");
    let by_other_digest =
        SignerInfo { time: later, ..SignerInfo::by(&of.provider, Scheme::Rsa(Digest::Sha512)) }
            .over(&content);
    let countersigned = attribute("1.2.840.113549.1.9.6", &SignerInfo::of(&stranger).over(b"x"));
    let protection = {
        let rsa = Scheme::RsaNamed(Digest::Sha256).algorithm();
        attribute(
            "1.2.840.113549.1.9.52",
            &sequence(&[&Digest::Sha256.algorithm(NULL), &tlv(0xa1, &[&rsa[2..]])]),
        )
    };
    let protected = SignerInfo {
        more: vec![protection],
        ..SignerInfo::by(&of.provider, Scheme::RsaNamed(Digest::Sha256))
    };
    let capabilities =
        attribute("1.2.840.113549.1.9.15", &sequence(&[&sequence(&[&oid("1.2.840.113549.3.7")])]));
    vec![
        certificates("the leaf alone, by its authority", vec![leaf.clone()]).trusting_the_authority(),
        certificates("the root enclosed", vec![root, authority.clone(), leaf.clone()]),
        certificates(
            "doubled certificates",
            vec![leaf.clone(), leaf.clone(), authority.clone(), authority.clone()],
        ),
        certificates(
            "other people's certificates",
            vec![of.mail.certificate.clone(), stranger.certificate.clone(), leaf.clone(), authority.clone()],
        ),
        certificates(
            "two certificates of the same key",
            vec![other_leaf.certificate, leaf.clone(), authority.clone()],
        ),
        certificates("a certificate that cannot be read", vec![unread, leaf.clone(), authority.clone()]),
        certificates(
            "an attribute certificate",
            vec![leaf.clone(), authority.clone(), attribute_certificate],
        ),
        certificates(
            "a certificate of another format",
            vec![leaf.clone(), authority.clone(), other_certificate],
        ),
        certificates(
            "a newer certificate of the authority beside the old",
            vec![newer.certificate, leaf.clone(), authority],
        ),
        case(
            "a revocation list",
            SignedData { lists: vec![of.pec.revoke(&[77], "20240101000000Z")], ..data.clone() },
        ),
        case(
            "an empty revocation list",
            SignedData { lists: vec![of.pec.revoke(&[], "20240101000000Z")], ..data.clone() },
        ),
        case(
            "a revocation list that cannot be read",
            SignedData { lists: vec![sequence(&[])], ..data.clone() },
        ),
        case(
            "a revocation list of another format",
            SignedData { lists: vec![tagged(1, &[&oid("1.2.3"), NULL])], ..data.clone() },
        ),
        case(
            "revoked after it signed",
            SignedData { lists: vec![of.pec.revoke(&[2], "20240601120001Z")], ..data.clone() },
        ),
        case(
            "a stranger's signature first",
            SignedData { signers: vec![by_stranger.clone(), info.clone()], ..data.clone() },
        ),
        case(
            "a stranger's signature last",
            SignedData { signers: vec![info.clone(), by_stranger], ..data.clone() },
        ),
        case(
            "the provider's signature twice",
            SignedData { signers: vec![info.clone(), info.clone()], ..data.clone() },
        ),
        case(
            "the provider's signature twice, first by a digest that is not announced",
            SignedData { signers: vec![by_other_digest, info.clone()], ..data.clone() },
        )
        .noting(&[Note::TimeDiffers]),
        case(
            "a signer that cannot be read",
            SignedData { signers: vec![sequence(&[&integer(1)]), info.clone()], ..data.clone() },
        ),
        case("the content inside the signature too", SignedData { inside: Some(content.clone()), ..data }),
        by(of, "key identifier", &SignerInfo { named_by: NamedBy::KeyIdentifier, ..plain.clone() }),
        by(
            of,
            "an unsigned attribute",
            &SignerInfo { unsigned: vec![attribute("1.2.3", NULL)], ..plain.clone() },
        ),
        by(of, "a countersignature", &SignerInfo { unsigned: vec![countersigned], ..plain.clone() }),
        by(of, "no signing time", &SignerInfo { time: None, ..plain.clone() }),
        by(
            of,
            "an unknown signed attribute",
            &SignerInfo { more: vec![attribute("1.2.3", NULL)], ..plain.clone() },
        ),
        by(of, "capabilities", &SignerInfo { more: vec![capabilities], ..plain.clone() }),
        by(of, "the algorithms protected", &protected),
        in_general_time(of),
        issuer_in_capitals(of),
    ]
}

/// RFC 5652 §11.3 wants UTCTime up to 2049; some write the longer form throughout.
fn in_general_time(of: &Authority) -> Case {
    let at = attribute(SIGNING_TIME, &tlv(0x18, &[SIGNED_AT.as_bytes()]));
    let signer = SignerInfo { time: None, more: vec![at], ..SignerInfo::of(&of.provider) };
    by(of, "a signing time in the longer form", &signer)
}

/// The issuer written otherwise than in the certificate (RFC 5280 §7.1).
fn issuer_in_capitals(of: &Authority) -> Case {
    let point = sequence(&[&name("ESEMPIO  CA1"), &integer(2)]);
    let signer = Identity { point, ..of.provider.clone() };
    by(of, "the issuer's name in capitals", &SignerInfo::of(&signer))
}
