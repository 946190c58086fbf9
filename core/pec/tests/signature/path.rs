//! Paths from a signer to an anchor: which certificates lead there, and which only seem to.

use rcgen::{CertificateParams, DnType, KeyPair};
use recapito_pec::{Anchors, Reason, Verdict};

use crate::authority::{Chain, HOST, Identity, authority, mailbox, provider, root};
use crate::p7s::{attributes, p7s, signer};
use crate::trust::{CONTENT, judge, judge_p7s, judge_with, mail};

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
    // The upper authority allows none below it, also where it is itself the anchor.
    assert_eq!(judge_p7s(&p7s, &anchors(&root)).reason, Some(Reason::Constrained));
    assert_eq!(judge_p7s(&p7s, &anchors(&upper)).reason, Some(Reason::Constrained));
    assert_eq!(judge_p7s(&p7s, &anchors(&authority)).reason, None);
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

/// Two authorities of one name and key certified the provider's authority, one of them for other hosts: whichever path
/// is found first, the good one counts.
#[test]
fn the_best_of_several_paths_counts() {
    let root = Identity::self_signed(root());
    let authority_of = |constraints| {
        let mut params = authority();
        params.name_constraints = Some(constraints);
        params
    };
    let key = KeyPair::generate().unwrap();
    let issue = |params: CertificateParams| root.certify(&params, &key).der().to_vec();
    let (good, narrow) = (issue(authority_of(mail(HOST))), issue(authority_of(mail("example.test"))));
    let mut plain = authority();
    plain.custom_extensions.clear();
    let plain = issue(plain);
    let issuer = rcgen::Issuer::from_params(&root.params, &root.key);
    let certificate = authority().signed_by(&key, &issuer).unwrap();
    let issuer = Identity { params: authority(), key, certificate };
    let leaf = issuer.issue(provider());
    let anchors = Anchors::pec().with_pem(root.certificate.pem().as_bytes()).unwrap();
    let signers = [signer(&leaf, &attributes(CONTENT))];
    let cases = [
        (vec![&narrow, &plain, &good], None),
        (vec![&good, &narrow], None),
        (vec![&narrow, &plain], Some(Reason::NotPecAuthority)),
        (vec![&plain, &narrow], Some(Reason::NotPecAuthority)),
        (vec![&narrow], Some(Reason::Constrained)),
    ];
    for (index, (authorities, expected)) in cases.into_iter().enumerate() {
        let enclosed = [vec![leaf.der()], authorities.into_iter().cloned().collect()].concat();
        assert_eq!(judge_p7s(&p7s(&enclosed, &signers), &anchors).reason, expected, "case {index}");
    }
}

/// A person's certificate below the same root, from an authority for mail that is not one for providers.
#[test]
fn a_certificate_of_the_same_root_is_not_a_providers() {
    let mut persons = authority();
    persons.custom_extensions.clear();
    persons.name_constraints = None;
    let mut person = provider();
    person.custom_extensions.clear();
    person.subject_alt_names = vec![mailbox("anna@example.test")];
    let found = judge(&Chain::with(root(), persons, person));
    assert_eq!((found.verdict, found.reason), (Verdict::NotAProvider, Some(Reason::NotPecAuthority)));
    assert_eq!(found.anchor.as_deref(), Some("Example Root"));
}
