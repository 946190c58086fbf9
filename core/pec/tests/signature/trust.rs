//! Whom to believe: paths to an anchor, what makes a provider, and the order of the verdicts.

use jiff::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DnType, ExtendedKeyUsagePurpose, GeneralSubtree,
    IsCa, KeyPair, KeyUsagePurpose, NameConstraints, SanType, date_time_ymd,
};
use recapito_pec::signature::{Algorithms, Claim, Content, Digests, LineEnds, Signature, check};
use recapito_pec::{Address, Anchors, Note, Reason, Verdict};

use crate::authority::{
    ADDRESS, Chain, HOST, Identity, authority, mailbox, permitted, policy, provider, root,
};
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
        ("no key usage", |leaf| leaf.key_usages.clear(), None),
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
    let cases: [Case; 13] = [
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
fn path_length_counts_authorities_below() {
    let root = Identity::self_signed(root());
    let mut upper = authority();
    upper.distinguished_name.push(DnType::OrganizationalUnitName, "upper");
    let upper = root.issue(upper);
    let authority = upper.issue(authority());
    let provider = authority.issue(provider());
    let enclosed = [provider.der(), authority.der(), upper.der()];
    let p7s = p7s(&enclosed, &[signer(&provider, &attributes(CONTENT))]);
    let anchors =
        |identity: &Identity| Anchors::pec().with_pem(identity.certificate.pem().as_bytes()).unwrap();
    // The upper authority allows none below it.
    assert_eq!(judge_p7s(&p7s, &anchors(&root)).reason, Some(Reason::Constrained));
    // As an anchor it is trusted as such.
    assert_eq!(judge_p7s(&p7s, &anchors(&upper)).reason, None);
}

#[test]
fn the_authority_itself_may_be_the_anchor() {
    let chain = Chain::genuine();
    let anchors = Anchors::pec().with_pem(chain.authority.certificate.pem().as_bytes()).unwrap();
    let p7s = p7s(&[chain.provider.der()], &[signer(&chain.provider, &attributes(CONTENT))]);
    let found = judge_p7s(&p7s, &anchors);
    assert_eq!((found.verdict, found.anchor.as_deref()), (Verdict::Trusted, Some("Example CA1")));

    let mut other = provider();
    other.subject_alt_names = vec![mailbox("posta@example.test")];
    let chain = Chain::with(root(), authority(), other);
    let anchors = Anchors::pec().with_pem(chain.authority.certificate.pem().as_bytes()).unwrap();
    assert_eq!(judge_with(&chain, &anchors).reason, Some(Reason::Constrained));
}

#[test]
fn nobody_else_is_known() {
    let chain = Chain::genuine();
    assert_eq!(judge_with(&chain, &Anchors::pec()).reason, Some(Reason::NoPath));
    assert_eq!(judge_with(&chain, &Chain::genuine().anchors()).reason, Some(Reason::NoPath));
    let leaf = Identity::self_signed(provider());
    let p7s = p7s(&[leaf.der()], &[signer(&leaf, &attributes(CONTENT))]);
    assert_eq!(judge_p7s(&p7s, &chain.anchors()).reason, Some(Reason::NoPath));
}

#[test]
fn a_forged_authority_of_the_same_name_does_not_help() {
    let genuine = Chain::genuine();
    let forged = Chain::genuine();
    let signers = [signer(&forged.provider, &attributes(CONTENT))];
    for enclosed in [
        vec![forged.provider.der(), genuine.authority.der()],
        vec![forged.provider.der(), forged.authority.der()],
        vec![forged.provider.der(), forged.authority.der(), forged.root.der(), genuine.authority.der()],
    ] {
        assert_eq!(judge_p7s(&p7s(&enclosed, &signers), &genuine.anchors()).reason, Some(Reason::NoPath));
    }
}

/// AgID CA1's name with a key of somebody's: the pinned key counts.
#[test]
fn a_forged_agid_is_unknown() {
    let mut agid = authority();
    agid.distinguished_name = rcgen::DistinguishedName::new();
    for (kind, value) in [
        (DnType::CountryName, "IT"),
        (DnType::LocalityName, "Roma"),
        (DnType::OrganizationName, "Agenzia per l'Italia Digitale"),
        (DnType::OrganizationalUnitName, "Area Soluzioni per la Pubblica Amministrazione"),
        (DnType::CommonName, "AgID CA1"),
    ] {
        agid.distinguished_name.push(kind, value);
    }
    let chain = Chain::with(root(), agid, provider());
    assert_eq!(judge_with(&chain, &Anchors::pec()).reason, Some(Reason::NoPath));
}

#[test]
fn certificates_missing_doubled_and_added() {
    let chain = Chain::genuine();
    let stranger = Chain::genuine();
    let (leaf, authority) = (chain.provider.der(), chain.authority.der());
    let cases = [
        (vec![authority.clone(), leaf.clone()], None),
        (vec![leaf.clone(), leaf.clone(), authority.clone(), authority.clone()], None),
        (vec![leaf.clone(), authority.clone(), chain.root.der()], None),
        (vec![stranger.provider.der(), stranger.authority.der(), leaf.clone(), authority.clone()], None),
        (vec![b"\x30\x03\x02\x01\x05".to_vec(), leaf.clone(), authority.clone()], None),
        (vec![authority.clone()], Some(Reason::CertificateMissing)),
        (vec![], Some(Reason::CertificateMissing)),
        (vec![leaf.clone()], Some(Reason::NoPath)),
        (vec![leaf; 40], Some(Reason::TooComplex)),
    ];
    for (index, (enclosed, expected)) in cases.into_iter().enumerate() {
        let p7s = p7s(&enclosed, &[signer(&chain.provider, &attributes(CONTENT))]);
        assert_eq!(judge_p7s(&p7s, &chain.anchors()).reason, expected, "case {index}");
    }
}

/// Somebody's certificate that claims the provider's issuer and number cannot stand in its way, nor for it.
#[test]
fn a_certificate_with_the_same_number_does_not_harm() {
    let chain = Chain::genuine();
    let mut twin = provider();
    twin.serial_number = Some(rcgen::SerialNumber::from_slice(&[5]));
    let provider = chain.authority.issue(twin.clone());
    let forged = Chain::with(root(), authority(), twin);
    assert_ne!(provider.der(), forged.provider.der());

    let enclosed = [forged.provider.der(), provider.der(), chain.authority.der()];
    let genuine = p7s(&enclosed, &[signer(&provider, &attributes(CONTENT))]);
    assert_eq!(judge_p7s(&genuine, &chain.anchors()).reason, None);
    let forgery = p7s(&enclosed, &[signer(&forged.provider, &attributes(CONTENT))]);
    assert_eq!(judge_p7s(&forgery, &chain.anchors()).reason, Some(Reason::NoPath));

    // Each takes time, so that not any number of them is tried.
    let others = (0..4).map(|_| chain.authority.certify(&provider.params, &KeyPair::generate().unwrap()));
    let others = others.map(|certificate| certificate.der().to_vec());
    let enclosed: Vec<_> = others.chain([provider.der(), chain.authority.der()]).collect();
    let crowded = p7s(&enclosed, &[signer(&provider, &attributes(CONTENT))]);
    assert_eq!(judge_p7s(&crowded, &chain.anchors()).reason, Some(Reason::SignatureWrong));
}

#[test]
fn authorities_that_certify_one_another_end() {
    let first = Identity::self_signed(authority());
    let second = Identity::self_signed(authority());
    let cross = [
        first.certify(&second.params, &second.key).der().to_vec(),
        second.certify(&first.params, &first.key).der().to_vec(),
    ];
    let leaf = first.issue(provider());
    let enclosed = [vec![leaf.der(), first.der(), second.der()], cross.to_vec()].concat();
    let p7s = p7s(&enclosed, &[signer(&leaf, &attributes(CONTENT))]);
    assert_eq!(judge_p7s(&p7s, &Chain::genuine().anchors()).reason, Some(Reason::NoPath));
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

fn judge_with(chain: &Chain, anchors: &Anchors) -> Signature {
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
    time("2026-11-22T12:00:00Z")
}

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn mail(base: &str) -> NameConstraints {
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
