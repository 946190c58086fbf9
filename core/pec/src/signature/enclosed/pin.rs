//! The certificate that a signer has signed for: signing-certificate attributes (RFC 2634 §5.4, RFC 5035 §3).
//!
//! The list of certificates is protected by nothing, so others could put one there with the same key and number in
//! another name. CAdES (EN 319 122-1 §5.2.2) therefore has the digest of the right one among the signed attributes.
//! Without such an attribute, any certificate that the signer's identifier fits will do.

use const_oid::db::rfc5911::{ID_AA_SIGNING_CERTIFICATE, ID_AA_SIGNING_CERTIFICATE_V_2};
use der::Decode;
use der::asn1::ObjectIdentifier;
use spki::AlgorithmIdentifierRef;

use super::super::cms::SignerInfo;
use super::super::digest::Digest;
use super::super::element::{Elements, Malformed, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE, SET};
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
    let forms = attributes.signed()?;
    let mut pins = Vec::new();
    for attribute in Elements(forms.first().map_or(&[], Vec::as_slice)).expect(SET)?.children() {
        let mut attribute = attribute?.children();
        let kind = attribute.expect(OBJECT_IDENTIFIER)?;
        let default = match ObjectIdentifier::from_der(kind.whole) {
            Ok(ID_AA_SIGNING_CERTIFICATE) => Digest::Sha1,
            Ok(ID_AA_SIGNING_CERTIFICATE_V_2) => Digest::Sha256,
            _ => continue,
        };
        let mut value = attribute.expect(SET)?.children().expect(SEQUENCE)?.children();
        // The first is the signer's, others are those of its authorities.
        let id = value.expect(SEQUENCE)?.children().expect(SEQUENCE)?;
        pins.push(pin(id.children(), default)?);
    }
    Ok(pins)
}

/// ESSCertID { certHash, … } or ESSCertIDv2 { hashAlgorithm DEFAULT sha256, certHash, … }.
fn pin(mut id: Elements<'_>, default: Digest) -> Result<Pin, Reason> {
    let algorithm = match id.optional(SEQUENCE)? {
        Some(named) => {
            let named = AlgorithmIdentifierRef::from_der(named.whole).map_err(|_| Malformed)?;
            Digest::read(named).map_err(|_| Reason::UnsupportedAlgorithm)?
        }
        None => default,
    };
    Ok(Pin { algorithm, digest: id.expect(OCTET_STRING)?.content.to_vec() })
}

impl From<Malformed> for Reason {
    fn from(_: Malformed) -> Self {
        Self::MalformedSignature
    }
}
