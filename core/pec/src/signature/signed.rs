//! What an authority signs, a certificate or a revocation list, as far as the two are alike (RFC 5280 §4.1.1, §5.1.1).
//!
//! ```text
//! SEQUENCE { tbs…, signatureAlgorithm, signatureValue BIT STRING }
//! ```
//! The signed bytes are kept as they came and never encoded again.

use der::asn1::BitStringRef;
use der::{AnyRef, Decode, ErrorKind, Reader, Tag};
use spki::AlgorithmIdentifierRef;

use super::algorithm::Scheme;
use super::key::PublicKey;

/// Signed bytes and their signature.
#[derive(Clone, Debug)]
pub(super) struct Signed<'a> {
    /// The bytes that are signed, with their header.
    pub(super) tbs: &'a [u8],
    /// The signature algorithm; nothing protects it here, so it must be repeated inside.
    pub(super) algorithm: AlgorithmIdentifierRef<'a>,
    signature: &'a [u8],
}

impl<'a> Signed<'a> {
    /// Takes it apart.
    ///
    /// # Errors
    /// Where it is not DER of this shape.
    pub(super) fn read(der: &'a [u8]) -> der::Result<Self> {
        AnyRef::from_der(der)?.sequence(|reader| {
            let tbs = reader.tlv_bytes()?;
            let algorithm = AlgorithmIdentifierRef::decode(reader)?;
            let signature = BitStringRef::decode(reader)?;
            let signature = signature.as_bytes().ok_or(ErrorKind::Noncanonical { tag: Tag::BitString })?;
            Ok(Self { tbs, algorithm, signature })
        })
    }

    /// Whether this key signed it. An algorithm that is not known proves nothing.
    pub(super) fn is_signed_by(&self, key: &PublicKey) -> bool {
        Scheme::read(self.algorithm)
            .is_ok_and(|scheme| key.verifies(scheme, self.tbs, self.signature) == Ok(true))
    }
}
