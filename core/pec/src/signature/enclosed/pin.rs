//! The certificate that a signer has signed for: signing-certificate attributes (RFC 2634 §5.4, RFC 5035 §3).
//!
//! The list of certificates is protected by nothing, so others could put one there with the same key and number in
//! another name. CAdES (EN 319 122-1 §5.2.2) therefore has the digest of the right one among the signed attributes.
//! Without such an attribute, any certificate that the signer's identifier fits will do.

use const_oid::db::rfc5911::{ID_AA_SIGNING_CERTIFICATE, ID_AA_SIGNING_CERTIFICATE_V_2};
use der::asn1::{ObjectIdentifier, OctetStringRef};
use der::{AnyRef, Decode, Reader, SliceReader, Tag};
use spki::AlgorithmIdentifierRef;

use super::super::cms::SignerInfo;
use super::super::digest::Digest;
use crate::Reason;

/// The digest that a certificate has to have.
pub(super) struct Pin {
    algorithm: Digest,
    digest: Vec<u8>,
}

impl Pin {
    /// Whether this is the certificate.
    pub(super) fn fits(&self, der: &[u8]) -> bool {
        self.algorithm.of(der) == self.digest
    }
}

/// What the signed attributes say of the certificate: nothing, or one digest or more that all have to fit.
///
/// # Errors
/// [`Reason::MalformedSignature`], or [`Reason::UnsupportedAlgorithm`] for an unknown digest.
pub(super) fn read(signer: &SignerInfo<'_>) -> Result<Vec<Pin>, Reason> {
    let Some(attributes) = &signer.attributes else { return Ok(Vec::new()) };
    let [as_received, _] = attributes.signed()?;
    let mut pins = Vec::new();
    let mut attributes = reader(AnyRef::from_der(&as_received))?;
    while !attributes.is_finished() {
        let mut attribute = reader(AnyRef::decode(&mut attributes))?;
        let kind = ObjectIdentifier::decode(&mut attribute).map_err(malformed)?;
        let default = match kind {
            ID_AA_SIGNING_CERTIFICATE => Digest::Sha1,
            ID_AA_SIGNING_CERTIFICATE_V_2 => Digest::Sha256,
            _ => continue,
        };
        let mut values = reader(AnyRef::decode(&mut attribute))?;
        let mut value = reader(AnyRef::decode(&mut values))?;
        let mut certificates = reader(AnyRef::decode(&mut value))?;
        // The first is the signer's, others are those of its authorities.
        pins.push(pin(reader(AnyRef::decode(&mut certificates))?, default)?);
    }
    Ok(pins)
}

/// ESSCertID { certHash, … } or ESSCertIDv2 { hashAlgorithm DEFAULT sha256, certHash, … }.
fn pin(mut id: SliceReader<'_>, default: Digest) -> Result<Pin, Reason> {
    let algorithm = match Tag::peek(&id).map_err(malformed)? {
        Tag::Sequence => {
            let named = AlgorithmIdentifierRef::decode(&mut id).map_err(malformed)?;
            Digest::read(named).map_err(|_| Reason::UnsupportedAlgorithm)?
        }
        _ => default,
    };
    let digest = <&OctetStringRef>::decode(&mut id).map_err(malformed)?;
    Ok(Pin { algorithm, digest: digest.as_bytes().to_vec() })
}

/// Into an element.
fn reader<'a>(element: der::Result<AnyRef<'a>>) -> Result<SliceReader<'a>, Reason> {
    element.and_then(|element| SliceReader::new(element.value())).map_err(malformed)
}

fn malformed(_: der::Error) -> Reason {
    Reason::MalformedSignature
}
