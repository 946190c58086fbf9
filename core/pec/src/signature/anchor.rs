//! Whom to trust: the authorities that issue certificates to PEC providers, and the roots above them.
//!
//! The providers' directory (RFC 6109 §4.5) is closed to clients, so the authorities are pinned by name and key:
//!
//! ```text
//! Actalis root ──> AgID CA1, all its issues since 2017 ──> provider      DigitPA CA1, until 2018 ──> provider
//! ```
//! A certificate of AgID CA1 inside a message is thus not needed, and a newer one than the provider's own does no
//! harm. Its key is certified anew now and then, with other constraints; all known issues are kept, since which of
//! them a provider's certificate was made under cannot be told.

mod agid;
mod digitpa;

use jiff::Timestamp;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

use super::certificate::Certificate;
use super::element::Malformed;
use super::key::PublicKey;
use super::name::{AlternativeName, DistinguishedName, NameConstraints};

/// The trusted authorities and roots, parsed once and used for every message.
#[derive(Clone, Debug)]
pub struct Anchors(Vec<Anchor>);

impl Anchors {
    /// What Italian PEC rests on: AgID CA1, before it DigitPA CA1, and the Actalis root above the former.
    pub fn pec() -> Self {
        Self([agid::anchor(), digitpa::anchor()].into_iter().chain(actalis()).collect())
    }

    /// Trusts the certificates of a PEM file too. Each is a root, below which an authority that carries AgID's
    /// policy issues providers' certificates, or such an authority itself; text around them is passed over.
    ///
    /// # Errors
    /// Where there is no certificate, or one of them is not an authority's.
    pub fn with_pem(mut self, pem: &[u8]) -> Result<Self, AnchorError> {
        let known = self.0.len();
        for der in CertificateDer::pem_slice_iter(pem) {
            let der = der.map_err(|_| AnchorError::Malformed)?;
            self.0.push(Anchor::read(&der, Role::Declared)?);
        }
        if self.0.len() == known { Err(AnchorError::Empty) } else { Ok(self) }
    }

    /// Each of them.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Anchor> {
        self.0.iter()
    }
}

/// Why a file of anchors cannot be used.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum AnchorError {
    /// It holds no certificate.
    #[error("there is no PEM certificate in it")]
    Empty,
    /// A certificate in it cannot be read.
    #[error("a certificate in it cannot be read")]
    Malformed,
    /// A certificate in it is somebody's, not an authority's: trusting it would trust nothing that it issued.
    #[error("a certificate in it is not an authority's (basic constraints say that it issues none)")]
    NotAnAuthority,
}

/// One trusted key, under its name.
#[derive(Clone, Debug)]
pub(super) struct Anchor {
    /// For people.
    pub(super) name: String,
    pub(super) subject: DistinguishedName,
    pub(super) key: PublicKey,
    /// When it was certified, and for whom; at least one.
    issues: Vec<Issue>,
    /// How many authorities may stand below it.
    pub(super) path_length: Option<usize>,
    pub(super) role: Role,
}

/// One certificate of an anchor's key.
#[derive(Clone, Debug)]
struct Issue {
    from: Timestamp,
    to: Timestamp,
    names: NameConstraints,
}

/// What an anchor is trusted for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Role {
    /// Named by the user: a root, or an authority for providers; AgID's policies tell.
    Declared,
    /// An authority that issues providers' certificates, of this era.
    Pec(Era),
    /// A root for all kinds of certificates; below it only the pinned authorities are PEC's.
    Root,
}

/// What a provider's certificate has to say of itself.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Era {
    /// DigitPA, to 2018: no policy, extended key usage not always.
    Digitpa,
    /// AgID, from 2017: AgID's policy for providers, and e-mail protection.
    Agid,
}

impl Anchor {
    fn read(der: &[u8], role: Role) -> Result<Self, AnchorError> {
        let malformed = |Malformed| AnchorError::Malformed;
        let certificate = Certificate::read(der, None).map_err(malformed)?;
        let authority = certificate.authority.ok_or(AnchorError::NotAnAuthority)?;
        let (from, to) = certificate.validity;
        let names = certificate.name_constraints().map_err(malformed)?;
        Ok(Self {
            name: certificate.subject.title(),
            subject: certificate.subject.read().map_err(malformed)?,
            key: certificate.key,
            issues: vec![Issue { from, to, names }],
            path_length: authority.path_length,
            role,
        })
    }

    /// Whether some issue was valid at this time.
    pub(super) fn is_valid_at(&self, time: Timestamp) -> bool {
        self.issues.iter().any(|issue| (issue.from..=issue.to).contains(&time))
    }

    /// Whether some issue admits all these names. Not only the issues of the time: a provider's certificate stays
    /// good when a later issue leaves its host out, as happened in 2019.
    pub(super) fn admits(&self, names: &[AlternativeName]) -> bool {
        self.issues.iter().any(|issue| issue.names.admit_all(names))
    }
}

/// The Actalis Authentication Root CA, as Mozilla ships it.
fn actalis() -> Option<Anchor> {
    let der = webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().find(|der| {
        memchr::memmem::find(der, b"Actalis Authentication Root CA").is_some()
            && ring::digest::digest(&ring::digest::SHA256, der).as_ref() == ACTALIS_SHA256
    })?;
    Anchor::read(der, Role::Root).ok()
}

const ACTALIS_SHA256: [u8; 32] = [
    0x55, 0x92, 0x60, 0x84, 0xec, 0x96, 0x3a, 0x64, 0xb9, 0x6e, 0x2a, 0xbe, 0x01, 0xce, 0x0b, 0xa8, 0x6a,
    0x64, 0xfb, 0xfe, 0xbc, 0xc7, 0xaa, 0xb5, 0xaf, 0xc1, 0x55, 0xb3, 0x7f, 0xd7, 0x60, 0x66,
];

#[cfg(test)]
pub(super) mod tests;
