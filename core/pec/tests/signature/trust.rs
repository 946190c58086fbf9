//! Whom to believe: paths to an anchor, what makes a provider, and the order of the verdicts.

use jiff::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DnType, ExtendedKeyUsagePurpose, GeneralSubtree,
    IsCa, KeyUsagePurpose, NameConstraints, SanType, date_time_ymd,
};
use recapito_pec::signature::{Algorithms, Claim, Content, Digests, LineEnds, Signature, check};
use recapito_pec::{Address, Anchors, Note, Reason, Verdict};

use crate::authority::{ADDRESS, Chain, HOST, authority, mailbox, permitted, policy, provider, root};
use crate::p7s::{attributes, attributes_at, p7s, signer};

pub(crate) const CONTENT: &[u8] = b"Content-Type: text/plain\r\n\r\nRicevuta\r\n";

#[test]
fn a_provider_is_trusted() {
    let chain = Chain::genuine();
    let found = judge(&chain);
    assert_eq!((found.verdict, found.reason), (Verdict::Trusted, None));
    assert_eq!(found.anchor.as_deref(), Some("Example Root"));
    assert_eq!(found.notes, [Note::NoRevocationData, Note::SignerExpiredSince].into());
    assert_eq!(found.signed_at, Some(time("2024-06-01T12:00:00Z")));
    let signer = found.signer.unwrap();
    assert_eq!((signer.address, signer.name.as_str()), (Some(Address::new(ADDRESS)), "Example PEC"));
}

/// One thing changed in the provider's certificate.
#[test]
fn what_a_provider_has_to_be() {
    type Case = (&'static str, fn(&mut CertificateParams), Option<Reason>);
    let cases: [Case; 18] = [
        ("nothing", |_| (), None),
        ("no key usage", |leaf| leaf.key_usages.clear(), Some(Reason::WrongPurpose)),
        ("purpose besides", |leaf| leaf.extended_key_usages.push(ExtendedKeyUsagePurpose::ClientAuth), None),
        ("expired then", |leaf| leaf.not_after = date_time_ymd(2024, 5, 1), Some(Reason::NotValidThen)),
        ("not yet valid", |leaf| leaf.not_before = date_time_ymd(2024, 7, 1), Some(Reason::NotValidThen)),
        ("no policy", |leaf| leaf.custom_extensions.clear(), Some(Reason::WrongPolicy)),
        (
            "the authority's policy",
            |leaf| leaf.custom_extensions = vec![policy(&[1, 3, 76, 16, 3, 1])],
            Some(Reason::WrongPolicy),
        ),
        (
            "web server",
            |leaf| leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth],
            Some(Reason::WrongPurpose),
        ),
        ("no purpose", |leaf| leaf.extended_key_usages.clear(), Some(Reason::WrongPurpose)),
        (
            "encryption key",
            |leaf| leaf.key_usages = vec![KeyUsagePurpose::KeyEncipherment],
            Some(Reason::WrongPurpose),
        ),
        (
            "an authority",
            |leaf| leaf.is_ca = IsCa::Ca(BasicConstraints::Constrained(0)),
            Some(Reason::SignerIsAuthority),
        ),
        ("explicitly none", |leaf| leaf.is_ca = IsCa::ExplicitNoCa, None),
        (
            "other host",
            |leaf| leaf.subject_alt_names = vec![mailbox("posta@example.test")],
            Some(Reason::Constrained),
        ),
        (
            "host below",
            |leaf| leaf.subject_alt_names = vec![mailbox("posta@sub.pec.example.test")],
            Some(Reason::Constrained),
        ),
        ("no address", |leaf| leaf.subject_alt_names.clear(), Some(Reason::FromNotSigner)),
        ("two addresses", |leaf| leaf.subject_alt_names.insert(0, mailbox("other@pec.example.test")), None),
        (
            "other address",
            |leaf| leaf.subject_alt_names = vec![mailbox("other@pec.example.test")],
            Some(Reason::FromNotSigner),
        ),
        (
            "two addresses, one at another host",
            |leaf| leaf.subject_alt_names.push(mailbox("posta@example.test")),
            Some(Reason::Constrained),
        ),
    ];
    for (what, change, expected) in cases {
        let mut leaf = provider();
        change(&mut leaf);
        assert_eq!(judge(&Chain::with(root(), authority(), leaf)).reason, expected, "{what}");
    }
}

/// One thing changed in the authority's certificate.
#[test]
fn what_an_authority_has_to_be() {
    type Case = (&'static str, fn(&mut CertificateParams), Option<Reason>);
    let cases: [Case; 15] = [
        ("nothing", |_| (), None),
        ("no constraints", |ca| ca.name_constraints = None, None),
        ("domain form", |ca| ca.name_constraints = Some(mail(".example.test")), None),
        ("address form", |ca| ca.name_constraints = Some(mail(ADDRESS)), None),
        ("other host", |ca| ca.name_constraints = Some(mail("example.test")), Some(Reason::Constrained)),
        ("excluded", |ca| ca.name_constraints = Some(excluded(HOST)), Some(Reason::Constrained)),
        (
            "directory name",
            |ca| ca.name_constraints = Some(permitted(vec![directory("Example S.p.A.")])),
            None,
        ),
        (
            "other directory name",
            |ca| ca.name_constraints = Some(permitted(vec![directory("Other S.p.A.")])),
            Some(Reason::Constrained),
        ),
        ("no authority", |ca| ca.is_ca = IsCa::ExplicitNoCa, Some(Reason::NoPath)),
        ("may not sign", |ca| ca.key_usages = vec![KeyUsagePurpose::CrlSign], Some(Reason::NoPath)),
        ("expired then", |ca| ca.not_after = date_time_ymd(2024, 5, 1), Some(Reason::NotValidThen)),
        ("no policy", |ca| ca.custom_extensions.clear(), Some(Reason::NotPecAuthority)),
        (
            "for web servers only",
            |ca| ca.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth],
            Some(Reason::NotPecAuthority),
        ),
        (
            "for mail and web servers",
            |ca| {
                ca.extended_key_usages =
                    vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::EmailProtection]
            },
            None,
        ),
        (
            "unknown critical extension",
            |ca| {
                let mut unknown = CustomExtension::from_oid_content(&[1, 2, 3, 4], vec![5, 0]);
                unknown.set_criticality(true);
                ca.custom_extensions.push(unknown);
            },
            Some(Reason::UnknownExtension),
        ),
    ];
    for (what, change, expected) in cases {
        let mut ca = authority();
        change(&mut ca);
        assert_eq!(judge(&Chain::with(root(), ca, provider())).reason, expected, "{what}");
    }
}

#[test]
fn the_signing_time_is_that_of_the_check() {
    let chain = Chain::genuine();
    let signed_at = |signed: Option<&str>, claimed: Option<&str>| {
        let signer = signer(&chain.provider, &attributes_at(CONTENT, signed));
        let from = Address::new(ADDRESS);
        let claim = Claim { from: Some(&from), time: claimed.map(time) };
        let p7s = p7s(&chain.enclosed(), &[signer]);
        check(&p7s, &digests(CONTENT), &claim, &chain.anchors(), time("2024-07-01T00:00:00Z")).unwrap()
    };
    let inside = "2024-06-01T12:00:00Z";
    let outside = "2022-06-01T12:00:00Z";
    let cases = [
        (Some("240601120000Z"), Some(outside), None),
        (Some("220601120000Z"), Some(inside), Some(Reason::NotValidThen)),
        (Some("270601120000Z"), None, Some(Reason::NotValidThen)),
        (None, Some(inside), None),
        (None, Some(outside), Some(Reason::NotValidThen)),
        (None, None, Some(Reason::TimeMissing)),
        // Now is 2024-07-01 00:00:00.
        (Some("240701000500Z"), None, None),
        (Some("240701000501Z"), None, Some(Reason::SignedInFuture)),
        (None, Some("2024-07-01T00:05:01Z"), Some(Reason::SignedInFuture)),
    ];
    for (signed, claimed, expected) in cases {
        let found = signed_at(signed, claimed);
        assert_eq!(found.reason, expected, "{signed:?} {claimed:?}");
        assert_eq!(found.signed_at.is_some(), signed.is_some());
        assert!(!found.notes.contains(&Note::SignerExpiredSince));
    }
}

#[test]
fn from_is_the_address_of_the_certificate() {
    let chain = Chain::genuine();
    let p7s = p7s(&chain.enclosed(), &[signer(&chain.provider, &attributes(CONTENT))]);
    let cases = [
        (Some(ADDRESS), None),
        (Some("Posta-Certificata@PEC.Example.test"), None),
        (Some("posta-certificata@example.test"), Some(Reason::FromNotSigner)),
        (Some(""), Some(Reason::FromNotSigner)),
        (None, Some(Reason::FromNotSingle)),
    ];
    for (from, expected) in cases {
        let from = from.map(Address::new);
        let claim = Claim { from: from.as_ref(), time: None };
        let found = check(&p7s, &digests(CONTENT), &claim, &chain.anchors(), now()).unwrap();
        assert_eq!(found.reason, expected, "{from:?}");
        assert!(found.signer.is_some() && found.anchor.is_some());
    }
}

/// The first verdict in order decides, however much else is wrong.
#[test]
fn the_first_failure_decides() {
    let mut leaf = provider();
    leaf.custom_extensions.clear();
    leaf.subject_alt_names = vec![mailbox("posta@example.test")];
    let chain = Chain::with(root(), authority(), leaf);
    let p7s = p7s(&chain.enclosed(), &[signer(&chain.provider, &attributes(CONTENT))]);
    let judged = |content: &[u8], anchors: &Anchors| {
        check(&p7s, &digests(content), &Claim::default(), anchors, now()).unwrap().reason
    };
    assert_eq!(judged(b"other", &Anchors::pec()), Some(Reason::ContentChanged));
    assert_eq!(judged(CONTENT, &Anchors::pec()), Some(Reason::NoPath));
    assert_eq!(judged(CONTENT, &chain.anchors()), Some(Reason::Constrained));

    let mut leaf = provider();
    leaf.custom_extensions.clear();
    let chain = Chain::with(root(), authority(), leaf);
    let found = judge_with(&chain, &chain.anchors());
    assert_eq!((found.verdict, found.reason), (Verdict::NotAProvider, Some(Reason::WrongPolicy)));
}

#[test]
fn other_kinds_of_names_are_free_unless_constrained() {
    let mut leaf = provider();
    leaf.subject_alt_names.push(SanType::DnsName("pec.example.test".try_into().unwrap()));
    assert_eq!(judge(&Chain::with(root(), authority(), leaf.clone())).reason, None);
    let mut ca = authority();
    let dns = GeneralSubtree::DnsName("pec.example.test".to_owned());
    ca.name_constraints = Some(permitted(vec![GeneralSubtree::Rfc822Name(HOST.to_owned()), dns]));
    assert_eq!(judge(&Chain::with(root(), ca, leaf)).reason, Some(Reason::Constrained));
}

pub(crate) fn judge(chain: &Chain) -> Signature {
    judge_with(chain, &chain.anchors())
}

pub(crate) fn judge_with(chain: &Chain, anchors: &Anchors) -> Signature {
    judge_p7s(&p7s(&chain.enclosed(), &[signer(&chain.provider, &attributes(CONTENT))]), anchors)
}

/// What is said of a signature over [`CONTENT`] from [`ADDRESS`].
pub(crate) fn judge_p7s(p7s: &[u8], anchors: &Anchors) -> Signature {
    let from = Address::new(ADDRESS);
    let claim = Claim { from: Some(&from), time: None };
    check(p7s, &digests(CONTENT), &claim, anchors, now()).unwrap()
}

/// Every digest of a content.
pub(crate) fn digests(content: &[u8]) -> Digests {
    let mut digests = Content::new(Algorithms::EVERY, LineEnds::Canonical);
    content.chunks(5).for_each(|piece| digests.update(piece));
    digests.finish()
}

pub(crate) fn now() -> Timestamp {
    time("2038-11-22T12:00:00Z")
}

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn mail(base: &str) -> NameConstraints {
    permitted(vec![GeneralSubtree::Rfc822Name(base.to_owned())])
}

fn excluded(base: &str) -> NameConstraints {
    let excluded_subtrees = vec![GeneralSubtree::Rfc822Name(base.to_owned())];
    NameConstraints { permitted_subtrees: Vec::new(), excluded_subtrees }
}

fn directory(organisation: &str) -> GeneralSubtree {
    let mut name = rcgen::DistinguishedName::new();
    name.push(DnType::CountryName, "IT");
    name.push(DnType::OrganizationName, organisation);
    GeneralSubtree::DirectoryName(name)
}
