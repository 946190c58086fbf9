//! What an authority signs, a certificate or a revocation list, as far as the two are alike (RFC 5280 §4.1.1, §5.1.1).
//!
//! ```text
//! SEQUENCE { tbs…, signatureAlgorithm, signatureValue BIT STRING }
//! ```
//! An authority signs DER. Where the bytes came in another encoding, somebody on the way may have made it of DER, or the
//! authority may itself have signed it so: both are tried, the bytes as they came first.

use der::Decode;
use spki::AlgorithmIdentifierRef;

use super::algorithm::Scheme;
use super::element::{BIT_STRING, Element, Elements, Malformed, SEQUENCE};
use super::key::PublicKey;

/// Signed bytes and their signature.
#[derive(Clone, Debug)]
pub(super) struct Signed<'a> {
    /// What is signed, to be read.
    pub(super) fields: Elements<'a>,
    /// The signature algorithm; nothing protects it here, so it must be repeated inside.
    pub(super) algorithm: Element<'a>,
    tbs: &'a [u8],
    /// The same in the encoding it came in, where that is another.
    received: Option<&'a [u8]>,
    signature: &'a [u8],
}

impl<'a> Signed<'a> {
    /// Takes it apart. `received` is the same in the encoding it came in, where that is another.
    ///
    /// # Errors
    /// Where it is not of this shape.
    pub(super) fn read(der: &'a [u8], received: Option<&'a [u8]>) -> Result<Self, Malformed> {
        let mut outer = Elements(der);
        let mut parts = outer.expect(SEQUENCE)?.children();
        let (tbs, algorithm) = (parts.expect(SEQUENCE)?, parts.expect(SEQUENCE)?);
        let signature = parts.expect(BIT_STRING)?.content.strip_prefix(&WHOLE_OCTETS).ok_or(Malformed)?;
        if !(parts.is_empty() && outer.is_empty()) {
            return Err(Malformed);
        }
        let received = received
            .map(|whole| Elements(whole).expect(SEQUENCE)?.children().expect(SEQUENCE))
            .transpose()?;
        let received = received.map(|tbs| tbs.whole).filter(|received| *received != tbs.whole);
        Ok(Self { fields: tbs.children(), algorithm, tbs: tbs.whole, received, signature })
    }

    /// Whether this key signed it. An algorithm that is not known proves nothing.
    pub(super) fn is_signed_by(&self, key: &PublicKey) -> bool {
        let scheme = AlgorithmIdentifierRef::from_der(self.algorithm.whole).ok();
        let Some(scheme) = scheme.and_then(|algorithm| Scheme::read(algorithm).ok()) else { return false };
        let mut forms = self.received.into_iter().chain([self.tbs]);
        forms.any(|form| key.verifies(scheme, form, self.signature) == Ok(true))
    }
}

/// How many bits of a BIT STRING's last octet are unused.
const WHOLE_OCTETS: [u8; 1] = [0];
