//! What the standards forbid and OpenSSL lets pass: certificates, attributes and headers that real software writes.
//!
//! Nothing of it may be rewritten before it is checked, since the signature is over the octets as they came.

use recapito_pec::Note;

use crate::authority::{Authority, EMAIL, POLICY_AUTHORITY, POLICY_PROVIDER, SIGNED_AT, pec, provider};
use crate::case::{Case, trusted};
use crate::certificate::{Identity, Template, addresses, key_usage, policies, purposes, raw_name};
use crate::cms::{CONTENT_TYPE, DATA, MESSAGE_DIGEST, Over, SIGNING_TIME, SignedData, SignerInfo, attribute};
use crate::der::{NULL, first, integer, octets, oid, sequence, set, tagged, time, tlv};
use crate::envelope::{ADDRESS, content, sealed};
use crate::key::{Digest, Key, MGF1, Scheme, pss};

/// All of them.
pub(super) fn cases(of: &Authority) -> Vec<Case> {
    [extensions(of), keys_and_names(of), attributes(of), parameters(of), shells(of)].concat()
}

/// The usual message, signed by `leaf` below `authority`.
fn raw(of: &Authority, authority: &Identity, leaf: &Identity) -> Vec<u8> {
    let content = content();
    let data = of.signed_data(&SignerInfo::of(leaf), &content);
    let certificates = vec![leaf.certificate.clone(), authority.certificate.clone()];
    sealed(&content, &SignedData { certificates, ..data }.der())
}

fn extensions(of: &Authority) -> Vec<Case> {
    let usual = [key_usage(0x80), purposes(&[EMAIL]), policies(&[POLICY_PROVIDER]), addresses(&[ADDRESS])];
    let leaf = |extensions: Vec<Vec<u8>>| {
        raw(of, &of.pec, &of.provider_with(&Template { extensions, ..provider(&of.provider.key) }))
    };
    let instead = |usage: &[u8]| leaf([&[usage.to_vec()], &usual[1..]].concat());
    let and = |more: &[u8]| leaf([&usual[..], &[more.to_vec()]].concat());
    let written =
        |kind: &str, critical: &[u8], value: &[u8]| sequence(&[&oid(kind), critical, &octets(value)]);
    let usage = |critical: &[u8], value: &[u8]| written(KEY_USAGE, critical, &tlv(0x03, &[value]));
    let truth: &[u8] = &[1, 1, 0xff];
    let authority = |constraints: &[u8]| {
        let extensions = vec![
            written(CONSTRAINTS, truth, &sequence(&[constraints])),
            key_usage(0x06),
            policies(&[POLICY_AUTHORITY]),
        ];
        let authority = of.root.certify(&of.pec.key, &Template { extensions, ..pec(&of.pec.key) });
        raw(of, &authority, &authority.certify(&of.provider.key, &provider(&of.provider.key)))
    };
    vec![
        trusted("loose: an extension not critical, and said so", instead(&usage(&[1, 1, 0], &[7, 0x80]))),
        trusted("loose: critical by another octet than FF", instead(&usage(&[1, 1, 1], &[7, 0x80]))),
        trusted("loose: key usage of a whole octet", instead(&usage(truth, &[0, 0x80]))),
        trusted("loose: key usage of nine bits", instead(&usage(truth, &[7, 0x80, 0]))),
        trusted("loose: key usage of more bits than have a name", instead(&usage(truth, &[0, 0x80, 0, 0]))),
        trusted(
            "loose: no authority, and said so",
            and(&written(CONSTRAINTS, truth, &sequence(&[&[1, 1, 0]]))),
        ),
        trusted("loose: an authority by another octet than FF", authority(&[1, 1, 1, 2, 1, 0])),
        trusted("loose: an empty extension of no importance", and(&written("1.2.3.4", &[], b""))),
    ]
}

fn keys_and_names(of: &Authority) -> Vec<Case> {
    let key = &of.provider.key;
    // SubjectPublicKeyInfo { SEQUENCE { rsaEncryption, NULL }, key } without the NULL.
    let (_, parts, ..) = first(&key.public);
    let (.., bits) = first(parts);
    let bare = Key { public: sequence(&[&sequence(&[&oid("1.2.840.113549.1.1.1")]), bits]), ..key.clone() };
    let named = |tag: u8, text: &[u8]| {
        let authority = Identity { name: raw_name(tag, text), ..of.pec.clone() };
        let authority = of.root.reissue(&authority, &pec(&of.pec.key));
        raw(of, &authority, &authority.certify(key, &provider(key)))
    };
    let certificate = |tbs: &dyn Fn(&[u8]) -> Vec<u8>| {
        let leaf = of.pec.rewritten(&of.provider, tbs);
        raw(of, &of.pec, &leaf)
    };
    vec![
        trusted(
            "loose: an RSA key without parameters",
            raw(of, &of.pec, &of.pec.certify(&bare, &provider(&bare))),
        ),
        trusted("loose: a name in BMPString", named(0x1e, &[0, b'P', 0, b'E', 0, b'C'])),
        trusted("loose: a name in TeletexString, with Latin letters", named(0x14, b"Citt\xe0")),
        trusted("loose: a name in PrintableString with other letters", named(0x13, b"PEC_*@&")),
        trusted(
            "loose: a certificate with a length in too many octets",
            certificate(&|tbs| {
                let (_, parts, ..) = first(tbs);
                let length = u16::try_from(parts.len()).expect("a small certificate").to_be_bytes();
                [&[0x30, 0x83, 0], &length[..], parts].concat()
            }),
        ),
    ]
}

/// Signed attributes: more than usual, and odd ones.
fn attributes(of: &Authority) -> Vec<Case> {
    let content = content();
    let kind = attribute(CONTENT_TYPE, &oid(DATA));
    let at = attribute(SIGNING_TIME, &time(SIGNED_AT));
    let signer = SignerInfo { over: Over::Unsorted, ..SignerInfo::of(&of.provider) };
    let with = |name: &str, attributes: Vec<Vec<u8>>| {
        let signers = vec![signer.with_attributes(attributes, &content)];
        trusted(name, sealed(&content, &SignedData { signers, ..of.signed_data(&signer, &content) }.der()))
    };
    let plain = attribute(MESSAGE_DIGEST, &octets(&Digest::Sha256.of(&content)));
    let many = (0..40).map(|number| attribute(&format!("1.2.3.{number}"), NULL));
    vec![
        with(
            "loose: forty attributes",
            [kind.clone(), at.clone(), plain.clone()].into_iter().chain(many).collect(),
        ),
        with(
            "loose: an unknown attribute without value",
            vec![kind, at, plain, sequence(&[&oid("1.2.3"), &set(&[])])],
        ),
    ]
}

/// Parameters of RSA-PSS, written out or not (RFC 4055 §3.1).
fn parameters(of: &Authority) -> Vec<Case> {
    let bare = sequence(&[&oid("2.16.840.1.101.3.4.2.1")]);
    let with_null = Digest::Sha256.algorithm(NULL);
    let salt = tagged(2, &[&integer(32)]);
    let mask = |digest: &[u8]| tagged(1, &[&sequence(&[&oid(MGF1), digest])]);
    let with = |name: &str, parameters: &[&[u8]]| {
        trusted(name, of.relabelled(Scheme::pss(Digest::Sha256, 32), &pss(parameters)))
    };
    vec![
        with(
            "loose: PSS, the trailer written out",
            &[&tagged(0, &[&with_null]), &mask(&with_null), &salt, &tagged(3, &[&integer(1)])],
        ),
        with("loose: PSS, digests without parameters", &[&tagged(0, &[&bare]), &mask(&bare), &salt]),
        with("loose: PSS, one digest without parameters", &[&tagged(0, &[&with_null]), &mask(&bare), &salt]),
        trusted(
            "loose: PSS, defaults written out",
            of.relabelled(
                Scheme::pss(Digest::Sha1, 20),
                &pss(&[
                    &tagged(0, &[&Digest::Sha1.algorithm(NULL)]),
                    &mask(&Digest::Sha1.algorithm(NULL)),
                    &tagged(2, &[&integer(20)]),
                ]),
            ),
        )
        .noting(&[Note::Sha1Digest]),
    ]
}

/// The SignedData around it.
fn shells(of: &Authority) -> Vec<Case> {
    let content = content();
    let signer = SignerInfo::of(&of.provider);
    let data = of.signed_data(&signer, &content);
    let usual = data.der();
    let version = sequence(&[&oid(DATA)]);
    let at = usual.windows(version.len()).position(|window| window == version).expect("the content's type");
    let digests = set(&[&Digest::Sha256.algorithm(NULL)]);
    let start = at - digests.len() - integer(1).len();
    let numbered = |number: u8| {
        let mut der = usual.clone();
        der[start + 2] = number;
        sealed(&content, &der)
    };
    vec![
        trusted("loose: of version 0", numbered(0)),
        trusted("loose: of version 3", numbered(3)),
        trusted("loose: of version 5", numbered(5)),
        trusted(
            "loose: an empty content inside",
            sealed(&content, &SignedData { inside: Some(Vec::new()), ..data }.der()),
        ),
    ]
}

const KEY_USAGE: &str = "2.5.29.15";
const CONSTRAINTS: &str = "2.5.29.19";
