//! A test authority of the shape of AgID's, and the certificates that providers sign with.
//!
//! ```text
//! root ─┬─> PEC authority (pathlen 0, policy 1.3.76.16.3.1, name constraints) ──> provider (…3.1.1)
//!       └─> personal authority (no such policy)                               ──> not a provider
//! ```
//! The shape was read in the certificates of AgID CA1 and of the providers below it. The personal
//! authority has its like under the real root too: it issues sound certificates for any address.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use der::EncodePem;
use der::asn1::ObjectIdentifier;
use der::pem::LineEnding;
use jiff::{SignedDuration, Timestamp};
use rsa::RsaPrivateKey;
use x509_cert::certificate::Certificate;

use crate::certificate::{self, Request, name};
use crate::key::{Role, key};

/// A root and the PEC authority below it, which certifies providers.
#[derive(Debug)]
pub struct Authority {
    made_at: Timestamp,
    root: Issuer,
    pec: Issuer,
    personal: Issuer,
    /// Providers certified so far, by domain, in that order numbered.
    providers: Mutex<BTreeMap<String, Arc<Signer>>>,
}

/// A certificate, its key, and the certificate of who issued it: what a signature needs.
#[derive(Debug)]
pub struct Signer {
    pub(crate) certificate: Certificate,
    /// Enclosed in every signature, as the root never is.
    pub(crate) issuer: Certificate,
    pub(crate) key: &'static RsaPrivateKey,
}

/// An authority below nobody or below the root.
#[derive(Debug)]
struct Issuer {
    certificate: Certificate,
    key: &'static RsaPrivateKey,
    /// The policy of the certificates it issues to others than authorities.
    policy: Option<ObjectIdentifier>,
}

impl Authority {
    /// A fresh authority that may certify the providers of these mail domains.
    ///
    /// Certificates are valid from years before `at` to years after. The keys are made once per process and
    /// shared by its authorities: the first call may take seconds in an unoptimised build, the others none.
    pub fn new(domains: &[&str], at: Timestamp) -> Self {
        Self::with_keys(domains, at, [key(Role::Root), key(Role::PecAuthority), key(Role::Stranger)])
    }

    fn with_keys(domains: &[&str], at: Timestamp, keys: [&'static RsaPrivateKey; 3]) -> Self {
        let [root_key, pec_key, personal_key] = keys;
        let subject = name("CN=Recapito Test Root,O=Recapito Test,C=IT");
        let request = Request {
            serial: 1,
            subject: subject.clone(),
            key: root_key,
            valid: (at - YEAR * 10, at + YEAR * 10),
            extensions: certificate::authority(None),
        };
        let certificate = request.issued_by(&subject, root_key);
        let root = Issuer { certificate, key: root_key, policy: None };

        let below = |serial, subject, key, policy, particular: Vec<_>| {
            let mut extensions = certificate::authority(Some(0));
            extensions.push(certificate::email_protection());
            extensions.extend(particular);
            let valid = (at - YEAR * 5, at + YEAR * 5);
            let request = Request { serial, subject: name(subject), key, valid, extensions };
            Issuer { certificate: request.issued_by(root.subject(), root.key), key, policy }
        };
        let particular = vec![certificate::policy(PEC_AUTHORITY), certificate::permitted(domains)];
        let subject = "CN=Recapito Test PEC CA,O=Recapito Test,L=Roma,C=IT";
        let pec = below(2, subject, pec_key, Some(PROVIDER), particular);
        let subject = "CN=Recapito Test Personal CA,O=Recapito Test,C=IT";
        let personal = below(3, subject, personal_key, None, Vec::new());
        Self { made_at: at, root, pec, personal, providers: Mutex::default() }
    }

    /// The root's certificate, PEM: the anchor to give to a client.
    pub fn root_pem(&self) -> String {
        self.root.pem()
    }

    /// The certificate of the PEC authority, PEM: an anchor too, nearer to the providers.
    pub fn authority_pem(&self) -> String {
        self.pec.pem()
    }

    /// The signer of a provider: for `posta-certificata@DOMAIN`, valid for three years, one of them past.
    ///
    /// Asked again for the same domain, it is the same one.
    pub fn provider(&self, organisation: &str, domain: &str) -> Arc<Signer> {
        let mut providers = self.providers.lock().unwrap_or_else(PoisonError::into_inner);
        let place = providers.len();
        let make = || {
            let valid = (self.made_at - YEAR, self.made_at + YEAR * 2);
            Arc::new(self.pec.certify(organisation, domain, key(Role::Provider(place)), valid))
        };
        Arc::clone(providers.entry(domain.to_owned()).or_insert_with(make))
    }

    /// The provider's signer under an authority of the same names with other keys: what a forger can make.
    pub(crate) fn counterfeit(&self, organisation: &str, domain: &str) -> Signer {
        let stranger = key(Role::Stranger);
        let forged = Self::with_keys(&[domain], self.made_at, [stranger; 3]);
        forged.pec.certify(organisation, domain, stranger, (self.made_at - YEAR, self.made_at + YEAR * 2))
    }

    /// A provider's signer whose certificate ran out half a year before the authority was made.
    pub(crate) fn expired(&self, organisation: &str, domain: &str) -> Signer {
        let end = self.made_at - YEAR / 2;
        self.pec.certify(organisation, domain, key(Role::Provider(0)), (end - YEAR * 2, end))
    }

    /// A signer under the same root with a provider's address, that no authority of providers certified.
    pub(crate) fn impostor(&self, organisation: &str, domain: &str) -> Signer {
        let valid = (self.made_at - YEAR, self.made_at + YEAR * 2);
        self.personal.certify(organisation, domain, key(Role::Stranger), valid)
    }
}

impl Issuer {
    fn certify(
        &self,
        organisation: &str,
        domain: &str,
        key: &'static RsaPrivateKey,
        valid: (Timestamp, Timestamp),
    ) -> Signer {
        let mut extensions = certificate::signer(&format!("posta-certificata@{domain}"));
        extensions.push(certificate::email_protection());
        extensions.extend(self.policy.map(certificate::policy));
        // A comma would end the name's part.
        let organisation = organisation.replace(',', "\\,");
        let subject = name(&format!("CN=Posta Certificata {organisation},O={organisation},L=Roma,C=IT"));
        let request = Request { serial: fastrand::u64(1 << 32..1 << 62), subject, key, valid, extensions };
        let certificate = request.issued_by(self.subject(), self.key);
        Signer { certificate, issuer: self.certificate.clone(), key }
    }

    fn subject(&self) -> &x509_cert::name::Name {
        &self.certificate.tbs_certificate.subject
    }

    fn pem(&self) -> String {
        self.certificate.to_pem(LineEnding::LF).expect("a certificate has a PEM form")
    }
}

/// The policy of AgID's authority for PEC providers (read in AgID CA1).
const PEC_AUTHORITY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.76.16.3.1");
/// The policy of providers' certificates, since 2017.
const PROVIDER: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.76.16.3.1.1");

const YEAR: SignedDuration = SignedDuration::from_hours(24 * 365);
