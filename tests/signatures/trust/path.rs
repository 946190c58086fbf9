//! The path from the signer to who is trusted: authorities that are missing, forged, limited or revoked.

use recapito_pec::Reason;

use crate::authority::{
    Authority, EMAIL, HOST, POLICY_AUTHORITY, POLICY_PROVIDER, mail, pec, provider, provider_for, root,
};
use crate::case::{Case, refused, trusted};
use crate::certificate::{
    Identity, Mark, Template, addresses, authority, extension, hosts, key_usage, name, policies, purposes,
};
use crate::cms::{SignedData, SignerInfo};
use crate::der::{octets, oid, sequence, set, tagged, tlv};
use crate::envelope::{ADDRESS, content, sealed};
use crate::key::{Digest, Scheme};

/// All of them.
pub(super) fn cases(of: &Authority) -> Vec<Case> {
    [strangers(of), authorities(of), hosts_and_lengths(of), revocations(of)].concat()
}

const RSA: Scheme = Scheme::Rsa(Digest::Sha256);

/// The usual message, signed with this certificate; these are enclosed besides.
fn raw(signer: &Identity, besides: &[&Identity]) -> Vec<u8> {
    let content = content();
    let enclosed = [signer].into_iter().chain(besides.iter().copied());
    let data = SignedData {
        certificates: enclosed.map(|identity| identity.certificate.clone()).collect(),
        signers: vec![SignerInfo::of(signer).over(&content)],
        ..SignedData::default()
    };
    sealed(&content, &data.der())
}

/// Somebody who is not below the root, or not a provider.
fn strangers(of: &Authority) -> Vec<Case> {
    let key = &of.spare;
    let other_root = Identity::self_signed(key, RSA, &Template { name: "Altro Root", ..root() });
    let below_other = other_root.certify(&of.pec.key, &pec(&of.pec.key));
    let forged_root = Identity::self_signed(key, RSA, &root());
    let forged = Identity::self_signed(key, RSA, &pec(key));
    let below_forged_root = forged_root.certify(key, &pec(key));
    let by = |authority: &Identity| authority.certify(&of.provider.key, &provider(&of.provider.key));
    let agid = Identity { name: agid_name(), key: key.clone(), ..of.pec.clone() };
    let impostor = agid.certify(key, &provider_for(key, &["posta-certificata@zucchettipec.it"]));
    let agid = agid.reissue(&agid, &pec(key));
    let person = Template {
        extensions: vec![key_usage(0x80), purposes(&[EMAIL]), addresses(&[ADDRESS])],
        ..provider(key)
    };
    let pretending = of.mail.certify(key, &provider(key));
    let own = Identity::self_signed(key, RSA, &provider(key));
    let alike = Identity { point: of.provider.point.clone(), ..own.clone() };
    vec![
        refused("an unknown authority", Reason::NoPath, raw(&by(&below_other), &[&below_other, &other_root])),
        refused("a forged authority of the same name", Reason::NoPath, raw(&by(&forged), &[&forged])),
        refused(
            "a forged authority beside the genuine",
            Reason::NoPath,
            raw(&by(&forged), &[&forged, &of.pec]),
        ),
        refused(
            "a forged root of the same name",
            Reason::NoPath,
            raw(&by(&below_forged_root), &[&below_forged_root, &forged_root]),
        ),
        refused("a forged authority, its name trusted", Reason::NoPath, raw(&by(&forged), &[&forged]))
            .trusting_the_authority(),
        refused("a forged AgID CA1", Reason::NoPath, raw(&impostor, &[&agid])),
        refused("a forged AgID CA1, not enclosed", Reason::NoPath, raw(&impostor, &[])),
        refused("self-signed", Reason::NoPath, raw(&own, &[])),
        refused("self-signed, the authority beside", Reason::NoPath, raw(&own, &[&of.pec])),
        refused(
            "self-signed with the provider's issuer and number",
            Reason::CertificateMissing,
            raw(&alike, &[&of.pec]),
        ),
        refused("the authority missing", Reason::NoPath, raw(&of.provider, &[])),
        refused("the authority of somebody else enclosed", Reason::NoPath, raw(&of.provider, &[&of.mail])),
        refused(
            "a person's certificate, same root",
            Reason::NotPecAuthority,
            raw(&of.mail.certify(key, &person), &[&of.mail]),
        ),
        refused(
            "a person's certificate, the provider's policy",
            Reason::NotPecAuthority,
            raw(&pretending, &[&of.mail]),
        ),
        refused(
            "a person's certificate, the PEC authority beside",
            Reason::NotPecAuthority,
            raw(&pretending, &[&of.mail, &of.pec]),
        ),
    ]
}

/// The name of AgID CA1, whose key is pinned.
fn agid_name() -> Vec<u8> {
    let attributes = [
        ("2.5.4.6", "IT"),
        ("2.5.4.7", "Roma"),
        ("2.5.4.10", "Agenzia per l'Italia Digitale"),
        ("2.5.4.11", "Area Soluzioni per la Pubblica Amministrazione"),
        ("2.5.4.3", "AgID CA1"),
    ];
    let relative =
        |(kind, text): (&str, &str)| set(&[&sequence(&[&oid(kind), &tlv(0x0c, &[text.as_bytes()])])]);
    sequence(&[&attributes.map(relative).concat()])
}

/// What the authority's certificate must be.
fn authorities(of: &Authority) -> Vec<Case> {
    let key = &of.provider.key;
    let below = |template: &Template| {
        let authority = of.root.certify(&of.pec.key, template);
        raw(&authority.certify(key, &provider(key)), &[&authority])
    };
    let with = |extensions: Vec<Vec<u8>>| below(&Template { extensions, ..pec(&of.pec.key) });
    let is_authority = || authority(Some(0));
    let policy = || policies(&[POLICY_AUTHORITY]);
    let usual = || pec(&of.pec.key);
    let unknown = || extension("1.2.3.4", Mark::Critical, &octets(b"x"));
    let first = of.root.certify(&of.pec.key, &Template { name: "Uno", ..mail() });
    let second = first.certify(&of.mail.key, &Template { name: "Due", ..mail() });
    let round = second.certify(&of.pec.key, &Template { name: "Uno", ..mail() });
    let lost = round.certify(key, &provider(key));
    let stranger = Identity { name: name("Nessuno"), ..round.clone() };
    let cycle =
        [stranger.certify(&of.pec.key, &Template { name: "Uno", ..mail() }), second.clone(), round.clone()];
    vec![
        refused(
            "the authority has no policy",
            Reason::NotPecAuthority,
            with(vec![is_authority(), key_usage(0x06)]),
        ),
        refused(
            "the authority has another policy",
            Reason::NotPecAuthority,
            with(vec![is_authority(), key_usage(0x06), policies(&[POLICY_PROVIDER])]),
        ),
        refused(
            "the authority has any policy",
            Reason::NotPecAuthority,
            with(vec![is_authority(), key_usage(0x06), policies(&["2.5.29.32.0"])]),
        ),
        refused("the authority is none", Reason::NoPath, with(vec![key_usage(0x06), policy()])),
        refused(
            "the authority may not issue certificates",
            Reason::NoPath,
            with(vec![is_authority(), key_usage(0x80), policy()]),
        ),
        refused(
            "the authority has an unknown critical extension",
            Reason::UnknownExtension,
            with(vec![is_authority(), key_usage(0x06), policy(), unknown()]),
        ),
        refused(
            "the authority had expired",
            Reason::NotValidThen,
            below(&Template { to: "20240601115959Z", ..usual() }),
        ),
        refused(
            "the authority was not valid yet",
            Reason::NotValidThen,
            below(&Template { from: "20240601120001Z", ..usual() }),
        ),
        trusted("the authority has expired since", below(&Template { to: "20240601120000Z", ..usual() })),
        refused(
            "authorities that certify each other",
            Reason::NoPath,
            raw(&lost, &[&cycle[0], &cycle[1], &cycle[2]]),
        ),
    ]
}

fn hosts_and_lengths(of: &Authority) -> Vec<Case> {
    let key = &of.provider.key;
    let for_addresses = |all: &[&str]| raw(&of.provider_with(&provider_for(key, all)), &[&of.pec]);
    let below_hosts = |permitted: &[&str], excluded: &[&str]| {
        let extensions = vec![
            authority(Some(0)),
            key_usage(0x06),
            policies(&[POLICY_AUTHORITY]),
            hosts(permitted, excluded),
        ];
        let authority = of.root.certify(&of.pec.key, &Template { extensions, ..pec(&of.pec.key) });
        raw(&authority.certify(key, &provider(key)), &[&authority])
    };
    let below_names = |number: u8, base: &[u8]| {
        let trees = tagged(number, &[&sequence(&[&tagged(4, &[base])])]);
        let constraints = extension("2.5.29.30", Mark::Plain, &sequence(&[&trees]));
        let extensions =
            vec![authority(Some(0)), key_usage(0x06), policies(&[POLICY_AUTHORITY]), constraints];
        let authority = of.root.certify(&of.pec.key, &Template { extensions, ..pec(&of.pec.key) });
        raw(&authority.certify(key, &provider(key)), &[&authority])
    };
    let below_other = |more: &[Vec<u8>]| {
        let extensions = [&[authority(None), key_usage(0x06)], more].concat();
        let upper = of.root.certify(&of.mail.key, &Template { extensions, ..mail() });
        let lower = upper.certify(&of.pec.key, &pec(&of.pec.key));
        raw(&lower.certify(key, &provider(key)), &[&lower, &upper])
    };
    let provider_name = name("Esempio PEC");
    let deeper = |below: Option<u64>| {
        let extensions = vec![authority(below), key_usage(0x06), policies(&[POLICY_AUTHORITY])];
        let upper =
            of.root.certify(&of.pec.key, &Template { extensions: extensions.clone(), ..pec(&of.pec.key) });
        let lower =
            upper.certify(&of.mail.key, &Template { name: "Esempio CA2", extensions, ..pec(&of.mail.key) });
        raw(&lower.certify(key, &provider(key)), &[&lower, &upper])
    };
    // Below the genuine authority, which may have none below it.
    let lower = of.pec.certify(&of.mail.key, &Template { name: "Esempio CA2", ..pec(&of.mail.key) });
    let too_deep = raw(&lower.certify(key, &provider(key)), &[&lower, &of.pec]);
    vec![
        refused(
            "a host that the authority may not certify",
            Reason::Constrained,
            for_addresses(&["posta-certificata@other.example.test"]),
        ),
        refused(
            "a host below the permitted one",
            Reason::Constrained,
            for_addresses(&["posta-certificata@sub.pec.example.test"]),
        ),
        refused(
            "a host that ends like the permitted one",
            Reason::Constrained,
            for_addresses(&["posta-certificata@evilpec.example.test"]),
        ),
        refused(
            "one of two hosts that the authority may not certify",
            Reason::Constrained,
            for_addresses(&[ADDRESS, "x@other.example.test"]),
        ),
        refused(
            "an address with two hosts",
            Reason::Constrained,
            for_addresses(&["x@other.example.test@pec.example.test"]),
        ),
        refused("a host excluded", Reason::Constrained, below_hosts(&[], &[HOST])),
        refused("a host permitted and excluded", Reason::Constrained, below_hosts(&[HOST], &[HOST])),
        refused(
            "a permitted domain is not its own host",
            Reason::Constrained,
            below_hosts(&[".pec.example.test"], &[]),
        ),
        trusted("a host in a permitted domain", below_hosts(&[".example.test"], &[])),
        trusted("an address permitted by name", below_hosts(&["other.test", ADDRESS], &[])),
        refused("the provider's name not permitted", Reason::Constrained, below_names(0, &name("Altri"))),
        trusted("the provider's name permitted", below_names(0, &provider_name)),
        refused("the provider's name excluded", Reason::Constrained, below_names(1, &provider_name)),
        trusted("another name excluded", below_names(1, &name("Altri"))),
        refused("NUL in the host", Reason::Constrained, for_addresses(&["x@pec.example.test\0.evil.test"])),
        trusted("another host excluded", below_hosts(&[], &["other.test"])),
        refused("a path longer than allowed", Reason::Constrained, too_deep.clone()),
        refused("a path longer than allowed, from the authority", Reason::Constrained, too_deep)
            .trusting_the_authority(),
        refused(
            "a host not permitted, from the authority",
            Reason::Constrained,
            for_addresses(&["x@other.example.test"]),
        )
        .trusting_the_authority(),
        trusted("two authorities", deeper(Some(1))),
        trusted("two authorities, no limit", deeper(None)),
        trusted("two authorities, the upper for any policy", below_other(&[policies(&["2.5.29.32.0"])])),
        refused("two authorities, the upper without the policy", Reason::NotPecAuthority, below_other(&[])),
        refused(
            "two authorities, the upper for servers",
            Reason::NotPecAuthority,
            below_other(&[policies(&[POLICY_AUTHORITY]), purposes(&["1.3.6.1.5.5.7.3.1"])]),
        ),
        refused("two authorities, one allowed", Reason::Constrained, deeper(Some(0))),
    ]
}

/// Lists that the message encloses: they prove a revocation if the very authority signed them.
fn revocations(of: &Authority) -> Vec<Case> {
    let content = content();
    let data = of.signed_data(&SignerInfo::of(&of.provider), &content);
    let with = |lists: Vec<Vec<u8>>| sealed(&content, &SignedData { lists, ..data.clone() }.der());
    let before = "20240601120000Z";
    let namesake = Identity { key: of.spare.clone(), ..of.pec.clone() };
    vec![
        refused("revoked", Reason::Revoked, with(vec![of.pec.revoke(&[1, 2, 3], before)])),
        refused(
            "revoked in the second of two lists",
            Reason::Revoked,
            with(vec![of.pec.revoke(&[], before), of.pec.revoke(&[2], before)]),
        ),
        refused("the authority revoked", Reason::Revoked, with(vec![of.root.revoke(&[10], before)])),
        trusted("revoked by somebody else", with(vec![of.mail.revoke(&[2], before)])),
        trusted("revoked by a forged list", with(vec![namesake.revoke(&[2], before)])),
        refused("revoked, from the authority", Reason::Revoked, with(vec![of.pec.revoke(&[2], before)]))
            .trusting_the_authority(),
    ]
}
