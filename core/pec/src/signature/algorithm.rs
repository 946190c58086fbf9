//! The signature schemes that are believed: RSA with PKCS #1 v1.5 or PSS, and ECDSA.
//!
//! Anything else is [`Unsupported`]: it was not checked, which is not the same as wrong.

use const_oid::db::rfc5912::{
    ECDSA_WITH_SHA_224, ECDSA_WITH_SHA_256, ECDSA_WITH_SHA_384, ECDSA_WITH_SHA_512, ID_EC_PUBLIC_KEY,
    ID_RSASSA_PSS, RSA_ENCRYPTION, SHA_1_WITH_RSA_ENCRYPTION, SHA_224_WITH_RSA_ENCRYPTION,
    SHA_256_WITH_RSA_ENCRYPTION, SHA_384_WITH_RSA_ENCRYPTION, SHA_512_WITH_RSA_ENCRYPTION,
};
use der::asn1::ObjectIdentifier;
use der::{Tag, Tagged};
use spki::AlgorithmIdentifierRef;

use super::digest::Digest;
use super::pss::Pss;

/// An algorithm, parameter or key size that is not known here.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Unsupported;

/// How a signature value is made from a digest.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Scheme {
    Ecdsa(Digest),
    Pkcs1(Digest),
    Pss(Pss),
}

impl Scheme {
    /// Reads a signature algorithm that names its digest, as certificates have it.
    pub(super) fn read(algorithm: AlgorithmIdentifierRef<'_>) -> Result<Self, Unsupported> {
        if algorithm.oid == ID_RSASSA_PSS {
            return Ok(Self::Pss(Pss::read(algorithm.parameters)?));
        }
        no_parameters(algorithm)?;
        match algorithm.oid {
            ECDSA_WITH_SHA_1 => Ok(Self::Ecdsa(Digest::Sha1)),
            ECDSA_WITH_SHA_224 => Ok(Self::Ecdsa(Digest::Sha224)),
            ECDSA_WITH_SHA_256 => Ok(Self::Ecdsa(Digest::Sha256)),
            ECDSA_WITH_SHA_384 => Ok(Self::Ecdsa(Digest::Sha384)),
            ECDSA_WITH_SHA_512 => Ok(Self::Ecdsa(Digest::Sha512)),
            SHA_1_WITH_RSA_ENCRYPTION | SHA_1_WITH_RSA_SIGNATURE => Ok(Self::Pkcs1(Digest::Sha1)),
            SHA_224_WITH_RSA_ENCRYPTION => Ok(Self::Pkcs1(Digest::Sha224)),
            SHA_256_WITH_RSA_ENCRYPTION => Ok(Self::Pkcs1(Digest::Sha256)),
            SHA_384_WITH_RSA_ENCRYPTION => Ok(Self::Pkcs1(Digest::Sha384)),
            SHA_512_WITH_RSA_ENCRYPTION => Ok(Self::Pkcs1(Digest::Sha512)),
            _ => Err(Unsupported),
        }
    }

    /// Reads the signature algorithm of a CMS signer, which may name only the kind of key: the digest is then that of
    /// the digest algorithm (RFC 3370 §3.2). Where both name one, it must be the same (RFC 8933 §2).
    pub(super) fn read_with(
        digest: Digest,
        algorithm: AlgorithmIdentifierRef<'_>,
    ) -> Result<Self, Unsupported> {
        match algorithm.oid {
            // With any parameters: some signers repeat the curve.
            ID_EC_PUBLIC_KEY => return Ok(Self::Ecdsa(digest)),
            RSA_ENCRYPTION => return no_parameters(algorithm).map(|()| Self::Pkcs1(digest)),
            _ => (),
        }
        let scheme = Self::read(algorithm)?;
        if scheme.digest() == digest { Ok(scheme) } else { Err(Unsupported) }
    }

    /// The digest that it signs.
    pub(super) fn digest(self) -> Digest {
        match self {
            Self::Ecdsa(digest) | Self::Pkcs1(digest) => digest,
            Self::Pss(pss) => pss.digest,
        }
    }
}

/// Refuses parameters other than NULL.
pub(super) fn no_parameters(algorithm: AlgorithmIdentifierRef<'_>) -> Result<(), Unsupported> {
    match algorithm.parameters {
        Some(parameters) if parameters.tag() != Tag::Null => Err(Unsupported),
        _ => Ok(()),
    }
}

/// RFC 3279 §2.2.3.
const ECDSA_WITH_SHA_1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.1");
/// OIW's name for sha1WithRSAEncryption, which signers of the nineties left behind.
const SHA_1_WITH_RSA_SIGNATURE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.14.3.2.29");
