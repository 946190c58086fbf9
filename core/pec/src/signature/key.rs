//! Public keys, and whether a signature is theirs.
//!
//! ```text
//! RSA    1024 to 8192 bits, PKCS #1 v1.5 and PSS   ─┬─ ring, where it takes the key, the digest and the whole message
//! ECDSA  P-256, P-384, over any digest             ─┴─ else RustCrypto, over a digest: `rsa`, p256, p384
//! ```
//! Short keys and SHA-1 are in because genuine mail of past years has them, in certificates too.

use const_oid::db::rfc5912::{ID_EC_PUBLIC_KEY, ID_RSASSA_PSS, RSA_ENCRYPTION, SECP_256_R_1, SECP_384_R_1};
use p256::ecdsa::signature::hazmat::PrehashVerifier;
use ring::signature as scheme;
use spki::SubjectPublicKeyInfoRef;

use super::algorithm::{Scheme, Unsupported};
use super::digest::Digest;
use super::pss::Pss;
use super::rsa;

/// A public key as a certificate carries it: the content of its BIT STRING, and what kind it is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct PublicKey {
    kind: Kind,
    bytes: Vec<u8>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    P256,
    P384,
    /// For PKCS #1 v1.5 and PSS.
    Rsa,
    /// For PSS only, and perhaps only in one way.
    RsaPss(Option<Pss>),
    Unknown,
}

impl PublicKey {
    /// An RSA key, as the DER of RSAPublicKey (RFC 8017 §A.1.1).
    pub(super) fn rsa(bytes: &[u8]) -> Self {
        Self { kind: Kind::Rsa, bytes: bytes.to_vec() }
    }

    /// Reads a certificate's key. A kind that is not known verifies nothing.
    pub(super) fn read(spki: SubjectPublicKeyInfoRef<'_>) -> Self {
        let kind = match (spki.algorithm.oid, spki.algorithm.parameters) {
            (RSA_ENCRYPTION, _) => Kind::Rsa,
            (ID_RSASSA_PSS, None) => Kind::RsaPss(None),
            (ID_RSASSA_PSS, parameters) => {
                Pss::read(parameters).map_or(Kind::Unknown, |pss| Kind::RsaPss(Some(pss)))
            }
            (ID_EC_PUBLIC_KEY, _) => match spki.algorithm.parameters_oid() {
                Ok(SECP_256_R_1) => Kind::P256,
                Ok(SECP_384_R_1) => Kind::P384,
                _ => Kind::Unknown,
            },
            _ => Kind::Unknown,
        };
        Self { kind, bytes: spki.subject_public_key.raw_bytes().to_vec() }
    }

    /// Whether `signature` is this key's signature over `message`.
    pub(super) fn verifies(
        &self,
        scheme: Scheme,
        message: &[u8],
        signature: &[u8],
    ) -> Result<bool, Unsupported> {
        match self.ring(scheme, signature.len()) {
            Some(algorithm) => {
                let key = scheme::UnparsedPublicKey::new(algorithm, &self.bytes);
                Ok(key.verify(message, signature).is_ok())
            }
            None => self.verifies_digest(scheme, &scheme.digest().of(message), signature),
        }
    }

    /// Whether `signature` is this key's signature over what has this digest.
    pub(super) fn verifies_digest(
        &self,
        scheme: Scheme,
        digest: &[u8],
        signature: &[u8],
    ) -> Result<bool, Unsupported> {
        match (scheme, self.kind) {
            (Scheme::Pkcs1(kind), Kind::Rsa) => rsa::fits_pkcs1(&self.bytes, kind, digest, signature),
            (Scheme::Pss(pss), Kind::Rsa | Kind::RsaPss(None)) => {
                rsa::fits_pss(&self.bytes, &pss, digest, signature)
            }
            (Scheme::Pss(pss), Kind::RsaPss(Some(allowed))) if allowed.allows(&pss) => {
                rsa::fits_pss(&self.bytes, &pss, digest, signature)
            }
            (Scheme::Ecdsa(_), Kind::P256) => {
                let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(&self.bytes);
                let signature = p256::ecdsa::Signature::from_der(signature);
                Ok(key.and_then(|key| key.verify_prehash(&widened::<32>(digest), &signature?)).is_ok())
            }
            (Scheme::Ecdsa(_), Kind::P384) => {
                let key = p384::ecdsa::VerifyingKey::from_sec1_bytes(&self.bytes);
                let signature = p384::ecdsa::Signature::from_der(signature);
                Ok(key.and_then(|key| key.verify_prehash(&widened::<48>(digest), &signature?)).is_ok())
            }
            _ => Err(Unsupported),
        }
    }

    /// The implementation in `ring`, if it has one. An RSA signature is as long as the key's modulus, which says the
    /// key's size without parsing it.
    fn ring(
        &self,
        scheme: Scheme,
        signature_size: usize,
    ) -> Option<&'static dyn scheme::VerificationAlgorithm> {
        let is_uncompressed = self.bytes.first() == Some(&UNCOMPRESSED_POINT);
        Some(match (scheme, self.kind, signature_size) {
            (Scheme::Pkcs1(Digest::Sha1), Kind::Rsa, 128..=1024) => {
                &scheme::RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY
            }
            (Scheme::Pkcs1(Digest::Sha256), Kind::Rsa, 128..=1024) => {
                &scheme::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY
            }
            (Scheme::Pkcs1(Digest::Sha384), Kind::Rsa, 256..=1024) => &scheme::RSA_PKCS1_2048_8192_SHA384,
            (Scheme::Pkcs1(Digest::Sha512), Kind::Rsa, 128..=1024) => {
                &scheme::RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY
            }
            (Scheme::Ecdsa(Digest::Sha256), Kind::P256, _) if is_uncompressed => {
                &scheme::ECDSA_P256_SHA256_ASN1
            }
            (Scheme::Ecdsa(Digest::Sha384), Kind::P256, _) if is_uncompressed => {
                &scheme::ECDSA_P256_SHA384_ASN1
            }
            (Scheme::Ecdsa(Digest::Sha256), Kind::P384, _) if is_uncompressed => {
                &scheme::ECDSA_P384_SHA256_ASN1
            }
            (Scheme::Ecdsa(Digest::Sha384), Kind::P384, _) if is_uncompressed => {
                &scheme::ECDSA_P384_SHA384_ASN1
            }
            _ => return None,
        })
    }
}

/// A digest of at least `SIZE` bytes, with zeros before it: the number that ECDSA takes it for is the same, and
/// RustCrypto refuses one of less than half the curve's size, as SHA-1 is for P-384.
fn widened<const SIZE: usize>(digest: &[u8]) -> Vec<u8> {
    let zeros = std::iter::repeat_n(0, SIZE.saturating_sub(digest.len()));
    zeros.chain(digest.iter().copied()).collect()
}

/// Of the forms in which a point may be written (SEC 1 §2.3.3) the one that ring knows.
const UNCOMPRESSED_POINT: u8 = 4;
