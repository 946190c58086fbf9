//! What is read from one enclosed revocation list (RFC 5280 §5).
//!
//! A list can prove that a certificate was revoked, never that it was not: nothing protects the set of lists, so
//! whoever wants a revocation hidden leaves the list out. A list that cannot be read, or is not understood in full,
//! therefore changes nothing, and its own dates do not matter: a revocation is not taken back (§3.3), and a list made
//! after the signature knows more of that moment, not less. An entry "on hold" counts as the others do.

use const_oid::db::rfc5280::ID_CE_ISSUING_DISTRIBUTION_POINT;
use der::{Decode, ErrorKind, Reader, SliceReader, TagMode, TagNumber};
use jiff::Timestamp;
use spki::AlgorithmIdentifierRef;
use x509_cert::Version;
use x509_cert::crl::RevokedCert;
use x509_cert::ext::pkix::crl::dp::IssuingDistributionPoint;
use x509_cert::ext::{Extension, Extensions};
use x509_cert::name::Name;
use x509_cert::time::Time;

use super::certificate::{self, Certificate};
use super::key::PublicKey;
use super::name::DistinguishedName;
use super::signed::Signed;

/// A revocation list, read.
#[derive(Debug)]
pub(super) struct RevocationList<'a> {
    issuer: DistinguishedName,
    revoked: Vec<RevokedCert>,
    signed: Signed<'a>,
}

impl<'a> RevocationList<'a> {
    /// Reads a list. Field by field, since x509-cert 0.3.0 (November 2026) wants a version, and lists of the first
    /// version have none.
    ///
    /// # Errors
    /// Where it is not DER, or has a critical extension that is not understood here (RFC 5280 §5.2): a list of
    /// changes only, of several authorities' certificates, or of attribute certificates.
    pub(super) fn read(der: &'a [u8]) -> der::Result<Self> {
        let signed = Signed::read(der)?;
        SliceReader::new(signed.tbs)?.sequence(|list| {
            Option::<Version>::decode(list)?;
            let algorithm = AlgorithmIdentifierRef::decode(list)?;
            let issuer = DistinguishedName::read(&Name::decode(list)?);
            Time::decode(list)?; // this update
            Option::<Time>::decode(list)?; // next update
            let revoked = Option::<Vec<RevokedCert>>::decode(list)?.unwrap_or_default();
            let extensions = list.context_specific::<Extensions>(TagNumber(0), TagMode::Explicit)?;

            let of_entries = revoked.iter().flat_map(|entry| &entry.crl_entry_extensions).flatten();
            let is_understood = extensions.iter().flatten().all(is_understood)
                && of_entries.into_iter().all(|extension| !extension.critical);
            if algorithm != signed.algorithm || !is_understood {
                return Err(ErrorKind::Failed.into());
            }
            Ok(Self { issuer, revoked, signed })
        })
    }

    /// Whether it says that this certificate was revoked by this time.
    pub(super) fn revokes(&self, certificate: &Certificate<'_>, time: Timestamp) -> bool {
        let is_listed = |entry: &RevokedCert| {
            entry.serial_number.as_bytes() == certificate.serial
                && certificate::time(entry.revocation_date).is_ok_and(|revoked| revoked <= time)
        };
        self.issuer == certificate.issuer && self.revoked.iter().any(is_listed)
    }

    /// Whether this key signed the list.
    pub(super) fn is_signed_by(&self, key: &PublicKey) -> bool {
        self.signed.is_signed_by(key)
    }
}

/// Whether an extension leaves the entries meaning what they say. The one that may be critical and does so divides an
/// authority's certificates among several lists.
fn is_understood(extension: &Extension) -> bool {
    if !extension.critical {
        return true;
    }
    // By its identifier: x509-cert 0.3.0 gives its type another extension's.
    extension.extn_id == ID_CE_ISSUING_DISTRIBUTION_POINT
        && IssuingDistributionPoint::from_der(extension.extn_value.as_bytes())
            .is_ok_and(|point| !point.indirect_crl && !point.only_contains_attribute_certs)
}
