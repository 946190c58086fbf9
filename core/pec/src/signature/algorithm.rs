//! The digests and signature schemes that are believed, and `ring` behind them.
//!
//! RSA (PKCS #1 v1.5, 1024 to 8192 bits) with SHA-1, SHA-256, SHA-384 and SHA-512; ECDSA on P-256 and P-384 with
//! SHA-256 and SHA-384. SHA-1 and short keys are in because genuine mail of past years has them, in certificates too;
//! a note tells of content digested with SHA-1. Anything else is [`Unsupported`]: it was not checked, which is not the
//! same as wrong.

use const_oid::db::rfc5912::{
    ECDSA_WITH_SHA_256, ECDSA_WITH_SHA_384, ID_EC_PUBLIC_KEY, ID_SHA_1, ID_SHA_256, ID_SHA_384, ID_SHA_512,
    RSA_ENCRYPTION, SECP_256_R_1, SECP_384_R_1, SHA_1_WITH_RSA_ENCRYPTION, SHA_256_WITH_RSA_ENCRYPTION,
    SHA_384_WITH_RSA_ENCRYPTION, SHA_512_WITH_RSA_ENCRYPTION,
};
use der::{Tag, Tagged};
use ring::signature as scheme;
use spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};

/// An algorithm, parameter or key size that is not known here.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Unsupported;

/// A message digest.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Digest {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Digest {
    /// Reads a digest algorithm, whose parameters may be NULL or absent (RFC 5754 §2).
    pub(super) fn read(algorithm: AlgorithmIdentifierRef<'_>) -> Result<Self, Unsupported> {
        no_parameters(algorithm)?;
        match algorithm.oid {
            ID_SHA_1 => Ok(Self::Sha1),
            ID_SHA_256 => Ok(Self::Sha256),
            ID_SHA_384 => Ok(Self::Sha384),
            ID_SHA_512 => Ok(Self::Sha512),
            _ => Err(Unsupported),
        }
    }

    /// The implementation.
    pub(super) fn algorithm(self) -> &'static ring::digest::Algorithm {
        match self {
            Self::Sha1 => &ring::digest::SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => &ring::digest::SHA256,
            Self::Sha384 => &ring::digest::SHA384,
            Self::Sha512 => &ring::digest::SHA512,
        }
    }
}

/// How a signature value is made from a digest.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Scheme {
    Ecdsa(Digest),
    Rsa(Digest),
}

impl Scheme {
    /// Reads a signature algorithm that names its digest, as certificates have it.
    pub(super) fn read(algorithm: AlgorithmIdentifierRef<'_>) -> Result<Self, Unsupported> {
        no_parameters(algorithm)?;
        match algorithm.oid {
            ECDSA_WITH_SHA_256 => Ok(Self::Ecdsa(Digest::Sha256)),
            ECDSA_WITH_SHA_384 => Ok(Self::Ecdsa(Digest::Sha384)),
            SHA_1_WITH_RSA_ENCRYPTION => Ok(Self::Rsa(Digest::Sha1)),
            SHA_256_WITH_RSA_ENCRYPTION => Ok(Self::Rsa(Digest::Sha256)),
            SHA_384_WITH_RSA_ENCRYPTION => Ok(Self::Rsa(Digest::Sha384)),
            SHA_512_WITH_RSA_ENCRYPTION => Ok(Self::Rsa(Digest::Sha512)),
            _ => Err(Unsupported),
        }
    }

    /// Reads the signature algorithm of a CMS signer, which may be bare rsaEncryption: the digest is then that of
    /// the digest algorithm (RFC 3370 §3.2). Where both name one, it must be the same (RFC 8933 §2).
    pub(super) fn read_with(
        digest: Digest,
        algorithm: AlgorithmIdentifierRef<'_>,
    ) -> Result<Self, Unsupported> {
        if algorithm.oid == RSA_ENCRYPTION {
            no_parameters(algorithm)?;
            return Ok(Self::Rsa(digest));
        }
        let scheme = Self::read(algorithm)?;
        let (Self::Ecdsa(named) | Self::Rsa(named)) = scheme;
        if named == digest { Ok(scheme) } else { Err(Unsupported) }
    }
}

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
    Rsa,
    Unknown,
}

impl PublicKey {
    /// An RSA key, as the DER of RSAPublicKey (RFC 8017 §A.1.1).
    pub(super) fn rsa(bytes: &[u8]) -> Self {
        Self { kind: Kind::Rsa, bytes: bytes.to_vec() }
    }

    /// Reads a certificate's key. A kind that is not known verifies nothing.
    pub(super) fn read(spki: SubjectPublicKeyInfoRef<'_>) -> Self {
        let kind = match (spki.algorithm.oid, spki.algorithm.parameters_oid()) {
            (RSA_ENCRYPTION, _) => Kind::Rsa,
            (ID_EC_PUBLIC_KEY, Ok(SECP_256_R_1)) => Kind::P256,
            (ID_EC_PUBLIC_KEY, Ok(SECP_384_R_1)) => Kind::P384,
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
        let algorithm = self.algorithm(scheme, signature.len())?;
        let key = scheme::UnparsedPublicKey::new(algorithm, &self.bytes);
        Ok(key.verify(message, signature).is_ok())
    }

    /// An RSA signature is as long as the key's modulus, which says the key's size without parsing it.
    fn algorithm(
        &self,
        scheme: Scheme,
        signature_size: usize,
    ) -> Result<&'static dyn scheme::VerificationAlgorithm, Unsupported> {
        Ok(match (scheme, self.kind, signature_size) {
            (Scheme::Rsa(Digest::Sha1), Kind::Rsa, 128..=1024) => {
                &scheme::RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY
            }
            (Scheme::Rsa(Digest::Sha256), Kind::Rsa, 128..=1024) => {
                &scheme::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY
            }
            (Scheme::Rsa(Digest::Sha384), Kind::Rsa, 256..=1024) => &scheme::RSA_PKCS1_2048_8192_SHA384,
            (Scheme::Rsa(Digest::Sha512), Kind::Rsa, 128..=1024) => {
                &scheme::RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY
            }
            (Scheme::Ecdsa(Digest::Sha256), Kind::P256, _) => &scheme::ECDSA_P256_SHA256_ASN1,
            (Scheme::Ecdsa(Digest::Sha384), Kind::P256, _) => &scheme::ECDSA_P256_SHA384_ASN1,
            (Scheme::Ecdsa(Digest::Sha256), Kind::P384, _) => &scheme::ECDSA_P384_SHA256_ASN1,
            (Scheme::Ecdsa(Digest::Sha384), Kind::P384, _) => &scheme::ECDSA_P384_SHA384_ASN1,
            _ => return Err(Unsupported),
        })
    }
}

fn no_parameters(algorithm: AlgorithmIdentifierRef<'_>) -> Result<(), Unsupported> {
    match algorithm.parameters {
        Some(parameters) if parameters.tag() != Tag::Null => Err(Unsupported),
        _ => Ok(()),
    }
}
