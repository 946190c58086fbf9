//! From a signer's certificate to an anchor, and whether a PEC provider stands at its end.
//!
//! ```text
//! leaf ──issuer──> anchor                                 the usual case: AgID CA1 is pinned
//! leaf ──issuer──> enclosed authority ──issuer──> anchor  issues to come, declared roots, other people's certificates
//! ```
//! First paths are built by names and signatures, then each is validated (RFC 5280 §6) at the signing time. Validities
//! need not nest: a message may enclose a newer certificate of the authority than its provider's. Of several paths the one
//! with the best verdict counts.
//! Revocation is seen where the message encloses the list that proves it. Policies are not mapped; AgID's are looked
//! for as they are.

use const_oid::db::rfc5280::{ANY_POLICY, ID_KP_EMAIL_PROTECTION};
use der::asn1::ObjectIdentifier;
use jiff::Timestamp;
use std::cell::Cell;

use super::anchor::{Anchor, Anchors, Era, Role};
use super::certificate::{Certificate, KeyUsage};
use super::cms::SignedData;
use super::name::AlternativeName;
use super::revocation::RevocationList;
use crate::Reason;

/// Looks for paths among the certificates of one message, with a limit on the work they may cause.
#[derive(Debug)]
pub(super) struct Search<'a> {
    enclosed: &'a [Certificate<'a>],
    revocations: &'a [RevocationList<'a>],
    anchors: &'a Anchors,
    signature_checks: Cell<u32>,
}

/// A valid path.
#[derive(Debug)]
pub(super) struct Path<'a> {
    /// Where it ends.
    pub(super) anchor: &'a Anchor,
    /// Whether a PEC provider stands at its other end; if not, the rule that the certificate breaks.
    pub(super) provider: Result<(), Reason>,
}

impl<'a> Search<'a> {
    /// A search among the certificates and revocation lists that a signature encloses.
    pub(super) fn new(enclosed: &'a SignedData<'a>, anchors: &'a Anchors) -> Self {
        Self {
            enclosed: &enclosed.certificates,
            revocations: &enclosed.revocations,
            anchors,
            signature_checks: Cell::new(MAX_SIGNATURE_CHECKS),
        }
    }

    /// The best path from a certificate to an anchor that is valid at a time.
    ///
    /// # Errors
    /// The first rule that an otherwise whole path breaks, or [`Reason::NoPath`].
    pub(super) fn path(&self, leaf: &'a Certificate<'a>, at: Timestamp) -> Result<Path<'a>, Reason> {
        let mut best = Err(Reason::NoPath);
        self.extend(&mut vec![leaf], at, &mut best);
        best
    }

    /// Goes on from the last certificate of a chain until a provider's path is found.
    fn extend(
        &self,
        chain: &mut Vec<&'a Certificate<'a>>,
        at: Timestamp,
        best: &mut Result<Path<'a>, Reason>,
    ) {
        let Some(&last) = chain.last() else { return };
        let Ok(issuer) = last.issuer.read() else { return };
        for anchor in self.anchors.iter().filter(|anchor| anchor.subject == issuer) {
            if self.may_check() && last.is_signed_by(&anchor.key) {
                keep_better(best, self.validate(chain, anchor, at));
                if is_providers(best) {
                    return;
                }
            }
        }
        if chain.len() > MAX_ENCLOSED_AUTHORITIES {
            return;
        }
        for authority in self.enclosed.iter().filter(|enclosed| enclosed.subject.is(last.issuer)) {
            let is_in_chain = chain.iter().any(|certificate| certificate.der == authority.der);
            if !is_in_chain
                && is_authority(authority)
                && self.may_check()
                && last.is_signed_by(&authority.key)
            {
                chain.push(authority);
                self.extend(chain, at, best);
                chain.pop();
                if is_providers(best) {
                    return;
                }
            }
        }
    }

    /// Checks a chain (leaf first) whose names and signatures lead to this anchor.
    fn validate(
        &self,
        chain: &[&'a Certificate<'a>],
        anchor: &'a Anchor,
        at: Timestamp,
    ) -> Result<Path<'a>, Reason> {
        if !anchor.is_valid_at(at) || !chain.iter().all(|certificate| certificate.is_valid_at(at)) {
            return Err(Reason::NotValidThen);
        }
        if chain.iter().any(|certificate| certificate.has_unknown_critical) {
            return Err(Reason::UnknownExtension);
        }
        self.check_constraints(chain, anchor).ok_or(Reason::Constrained)?;
        if self.has_revoked(chain, anchor, at) {
            return Err(Reason::Revoked);
        }
        let (leaf, authorities) = chain.split_first().ok_or(Reason::NoPath)?;
        Ok(Path { anchor, provider: check_provider(leaf, era(anchor, authorities, self.anchors)) })
    }

    /// Whether every authority was allowed to have as many below it, and to name those that it leads to.
    fn check_constraints(&self, chain: &[&Certificate<'_>], anchor: &Anchor) -> Option<()> {
        let mut names = Vec::new();
        for (below, certificate) in chain.iter().enumerate() {
            // An authority; those between it and the leaf count.
            if let Some(between) = below.checked_sub(1) {
                let limit = certificate.authority.and_then(|authority| authority.path_length);
                let constraints = certificate.name_constraints().ok()?;
                if limit.is_some_and(|limit| between > limit) || !constraints.admit_all(&names) {
                    return None;
                }
            }
            names.push(AlternativeName::Directory(certificate.subject.read().ok()?));
            names.extend_from_slice(&certificate.alternative_names);
        }
        let authorities = chain.len().saturating_sub(1);
        let is_short = anchor.path_length.is_none_or(|limit| authorities <= limit);
        let is_admitted = anchor.admits(&names) || self.enclosed_issue_admits(anchor, &names);
        (is_short && is_admitted).then_some(())
    }

    /// Whether an enclosed certificate of a pinned authority, newer than those known here, admits all these names.
    fn enclosed_issue_admits(&self, authority: &Anchor, names: &[AlternativeName]) -> bool {
        let mut roots = self.anchors.iter().filter(|anchor| anchor.role == Role::Root);
        let mut is_genuine = |issue: &Certificate<'_>| {
            roots.any(|root| {
                issue.issuer.read().is_ok_and(|issuer| issuer == root.subject)
                    && self.may_check()
                    && issue.is_signed_by(&root.key)
            })
        };
        let mut issues = self.enclosed.iter().filter(|enclosed| {
            matches!(authority.role, Role::Pec(_))
                && enclosed.key == authority.key
                && enclosed.subject.read().is_ok_and(|subject| subject == authority.subject)
                && is_authority(enclosed)
                && !enclosed.has_unknown_critical
        });
        issues.any(|issue| {
            issue.name_constraints().is_ok_and(|constraints| constraints.admit_all(names))
                && is_genuine(issue)
        })
    }

    /// Whether an enclosed list, signed by the very authority that issued a certificate of the chain, says that it was
    /// revoked by then. Beyond the limit of signature checks a list is passed over: whoever overloads the message
    /// could as well have left the list out.
    fn has_revoked(&self, chain: &[&Certificate<'_>], anchor: &Anchor, at: Timestamp) -> bool {
        let authorities = chain.iter().skip(1);
        let issuers = authorities.map(|issuer| issuer.allows(KeyUsage::CrlSign).then_some(&issuer.key));
        chain.iter().zip(issuers.chain([Some(&anchor.key)])).any(|(certificate, key)| {
            let mut lists = self.revocations.iter().filter(|list| list.revokes(certificate, at));
            key.is_some_and(|key| lists.any(|list| self.may_check() && list.is_signed_by(key)))
        })
    }

    fn may_check(&self) -> bool {
        let left = self.signature_checks.get();
        self.signature_checks.set(left.saturating_sub(1));
        left > 0
    }
}

/// A valid path is better than none, and a provider's better than any other; of what breaks a rule, the first counts.
fn keep_better<'a>(best: &mut Result<Path<'a>, Reason>, found: Result<Path<'a>, Reason>) {
    let is_better = match (&*best, &found) {
        (Err(_), Ok(_)) | (Err(Reason::NoPath), Err(_)) => true,
        (Ok(best), Ok(found)) => best.provider.is_err() && found.provider.is_ok(),
        (_, Err(_)) => false,
    };
    if is_better {
        *best = found;
    }
}

fn is_providers(path: &Result<Path<'_>, Reason>) -> bool {
    path.as_ref().is_ok_and(|path| path.provider.is_ok())
}

/// Whether a certificate is that of a PEC provider of an era.
fn check_provider(leaf: &Certificate<'_>, era: Option<Era>) -> Result<(), Reason> {
    if leaf.authority.is_some() {
        return Err(Reason::SignerIsAuthority);
    }
    let era = era.ok_or(Reason::NotPecAuthority)?;
    if era == Era::Agid && !leaf.policies.contains(&POLICY_PROVIDER) {
        return Err(Reason::WrongPolicy);
    }
    // RFC 6109 §5.5 asks for both; certificates of the first era may leave either out.
    let is_first_era = era == Era::Digitpa;
    let is_for_mail = leaf.is_for(ID_KP_EMAIL_PROTECTION).unwrap_or(is_first_era);
    let may_sign = leaf.names_usage(KeyUsage::DigitalSignature).unwrap_or(is_first_era);
    if is_for_mail && may_sign { Ok(()) } else { Err(Reason::WrongPurpose) }
}

/// The era of the authority that issued the leaf, if it is one for PEC providers. `authorities` are the certificates
/// between leaf and anchor, the issuer's first; none where the anchor is itself the issuer.
fn era(anchor: &Anchor, authorities: &[&Certificate<'_>], anchors: &Anchors) -> Option<Era> {
    // An authority that is not for mail issues no certificates for it, nor do those below it (RFC 5280 §4.2.1.12, as
    // it is applied).
    if authorities.iter().any(|authority| authority.is_for(ID_KP_EMAIL_PROTECTION) == Some(false)) {
        return None;
    }
    match (anchor.role, authorities) {
        (Role::Pec(era), []) => Some(era),
        (Role::Declared, []) => Some(Era::Agid),
        (Role::Declared, [issuer, above @ ..]) => {
            // Or an authority for something else could name one for providers below itself (RFC 5280 §6.1).
            let may_pass_it_on = |authority: &&Certificate<'_>| {
                [POLICY_AUTHORITY, ANY_POLICY].iter().any(|policy| authority.policies.contains(policy))
            };
            let is_for_providers =
                issuer.policies.contains(&POLICY_AUTHORITY) && above.iter().all(may_pass_it_on);
            is_for_providers.then_some(Era::Agid)
        }
        // An issue of a pinned authority that this program does not know yet. The policy alone would not do:
        // AgID's authority for web servers, below the same root, carries it too.
        (Role::Root, [issuer, ..]) => anchors.iter().find_map(|anchor| match anchor.role {
            Role::Pec(era)
                if anchor.key == issuer.key
                    && issuer.subject.read().is_ok_and(|subject| subject == anchor.subject) =>
            {
                Some(era)
            }
            _ => None,
        }),
        (Role::Root, []) | (Role::Pec(_), [_, ..]) => None,
    }
}

fn is_authority(certificate: &Certificate<'_>) -> bool {
    certificate.authority.is_some() && certificate.allows(KeyUsage::KeyCertSign)
}

/// AgID's policy for authorities that certify PEC providers.
const POLICY_AUTHORITY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.76.16.3.1");
/// AgID's policy for PEC providers.
const POLICY_PROVIDER: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.76.16.3.1.1");

/// PEC has one authority between leaf and root; other people's certificates seldom more than two.
const MAX_ENCLOSED_AUTHORITIES: usize = 4;
/// A genuine message needs one or two. This many take a few milliseconds; over the largest lists some hundred.
const MAX_SIGNATURE_CHECKS: u32 = 64;

#[cfg(test)]
mod tests {
    use rcgen::{
        BasicConstraints, CertificateParams, DnType, GeneralSubtree, IsCa, Issuer, KeyPair, NameConstraints,
        SanType,
    };

    use super::*;
    use crate::signature::anchor::tests::{anchors, certificate};

    /// Below the root that all of them share, the pinned key tells AgID CA1 from AgID's other authority, whose
    /// certificate carries the same policy.
    #[test]
    fn an_issue_to_come_is_known_by_its_key() {
        let anchors = Anchors::pec();
        let root = anchors.iter().find(|anchor| anchor.role == Role::Root).unwrap();
        for (file, expected) in [
            ("AgID_ca-agid-ca1/AgID_CA1_20250220.pem", Some(Era::Agid)),
            ("AgID_ca-agid-ca1/AgIDCASSLSERVER.pem", None),
        ] {
            let Some(der) = certificate(file) else { return };
            let issuer = Certificate::read(&der, None).unwrap();
            assert!(issuer.policies.contains(&POLICY_AUTHORITY), "{file}");
            assert_eq!(era(root, &[&issuer], &anchors), expected, "{file}");
        }
    }

    /// Of a pinned authority, to which nobody but its key's owner could add: a newer issue that the message encloses
    /// permits more hosts, whenever it was made, if the root certified it; another authority below it counts for
    /// nothing.
    #[test]
    fn a_pinned_authority_and_what_is_enclosed_with_it() {
        let named = |name: &str, host: &str, role| {
            let mut params = CertificateParams::default();
            params.distinguished_name = rcgen::DistinguishedName::new();
            params.distinguished_name.push(DnType::CommonName, name);
            params.is_ca = role;
            let permitted_subtrees = vec![GeneralSubtree::Rfc822Name(host.to_owned())];
            params.name_constraints = Some(NameConstraints { permitted_subtrees, excluded_subtrees: vec![] });
            params
        };
        let authority = |host| named("authority", host, IsCa::Ca(BasicConstraints::Constrained(0)));
        let root = named("root", "", IsCa::Ca(BasicConstraints::Unconstrained));
        let [key, root_key, other_key] = [(); 3].map(|()| KeyPair::generate().unwrap());
        let root_issuer = Issuer::from_params(&root, &root_key);
        let pinned = authority("old.test").signed_by(&key, &root_issuer).unwrap();
        let mut newer = authority("new.test");
        newer.not_before = rcgen::date_time_ymd(2030, 1, 1);
        let forged = newer.signed_by(&key, &Issuer::from_params(&root, &other_key)).unwrap();
        let newer = newer.signed_by(&key, &root_issuer).unwrap();
        let issuer = authority("");
        let issuer = Issuer::from_params(&issuer, &key);
        let below = named("below", "new.test", IsCa::Ca(BasicConstraints::Constrained(0)));
        let certified = below.signed_by(&other_key, &issuer).unwrap();
        let below = Issuer::from_params(&below, &other_key);

        let leaf = |host: &str, issuer| {
            let mut leaf = named("leaf", host, IsCa::NoCa);
            leaf.name_constraints = None;
            leaf.subject_alt_names = vec![SanType::Rfc822Name(format!("a@{host}").try_into().unwrap())];
            leaf.signed_by(&other_key, issuer).unwrap()
        };
        let root = root.self_signed(&root_key).unwrap();
        let anchors = anchors(&[(pinned.der(), Role::Pec(Era::Digitpa)), (root.der(), Role::Root)]);
        let cases: [(_, &[&rcgen::Certificate], _); 6] = [
            (leaf("old.test", &issuer), &[], None),
            (leaf("new.test", &issuer), &[], Some(Reason::Constrained)),
            (leaf("new.test", &issuer), &[&newer], None),
            (leaf("new.test", &issuer), &[&forged], Some(Reason::Constrained)),
            (leaf("old.test", &issuer), &[&newer], None),
            (leaf("old.test", &below), &[&certified], Some(Reason::Constrained)),
        ];
        for (index, (leaf, enclosed, expected)) in cases.iter().enumerate() {
            let read = |der| Certificate::read(der, None).unwrap();
            let enclosed: Vec<_> = enclosed.iter().map(|enclosed| read(enclosed.der())).collect();
            let signature_checks = Cell::new(MAX_SIGNATURE_CHECKS);
            let search =
                Search { enclosed: &enclosed, revocations: &[], anchors: &anchors, signature_checks };
            let found = search.path(&read(leaf.der()), "2024-01-01T00:00:00Z".parse().unwrap()).err();
            assert_eq!(found, *expected, "case {index}");
        }
    }
}
