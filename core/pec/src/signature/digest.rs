//! The message digests that are believed, each taken by whoever is fastest at it.
//!
//! `ring` has SHA-256, SHA-384 and SHA-512 in assembler, but SHA-1 in plain code and SHA-224 not at all; `sha1` and
//! `sha2` use the processor's instructions for those. 30 MB take 164 ms with ring's SHA-1 and 34 ms with that of
//! `sha1` (x86-64 with SHA instructions). SHA-1 is in because genuine mail of past years has it; MD5 is not.

use const_oid::db::rfc5912::{ID_SHA_1, ID_SHA_224, ID_SHA_256, ID_SHA_384, ID_SHA_512};
use sha1::Sha1;
use sha2::{Digest as _, Sha224};
use spki::AlgorithmIdentifierRef;

use super::algorithm::{Unsupported, no_parameters};

/// A message digest.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Digest {
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

impl Digest {
    /// Every one of them.
    pub(super) const ALL: [Self; 5] = [Self::Sha1, Self::Sha224, Self::Sha256, Self::Sha384, Self::Sha512];

    /// Reads a digest algorithm, whose parameters may be NULL or absent (RFC 5754 §2).
    pub(super) fn read(algorithm: AlgorithmIdentifierRef<'_>) -> Result<Self, Unsupported> {
        no_parameters(algorithm)?;
        match algorithm.oid {
            ID_SHA_1 => Ok(Self::Sha1),
            ID_SHA_224 => Ok(Self::Sha224),
            ID_SHA_256 => Ok(Self::Sha256),
            ID_SHA_384 => Ok(Self::Sha384),
            ID_SHA_512 => Ok(Self::Sha512),
            _ => Err(Unsupported),
        }
    }

    /// The digest of these bytes.
    pub(crate) fn of(self, bytes: &[u8]) -> Vec<u8> {
        let mut context = Context::new(self);
        context.update(bytes);
        context.finish()
    }

    /// How many bytes it has.
    pub(super) const fn size(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha224 => 28,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }
}

/// A digest being taken.
#[derive(Clone)]
pub(crate) enum Context {
    Ring(ring::digest::Context),
    Sha1(Sha1),
    Sha224(Sha224),
}

impl Context {
    /// Before the first byte.
    pub(crate) fn new(digest: Digest) -> Self {
        match digest {
            Digest::Sha1 => Self::Sha1(Sha1::new()),
            Digest::Sha224 => Self::Sha224(Sha224::new()),
            Digest::Sha256 => Self::Ring(ring::digest::Context::new(&ring::digest::SHA256)),
            Digest::Sha384 => Self::Ring(ring::digest::Context::new(&ring::digest::SHA384)),
            Digest::Sha512 => Self::Ring(ring::digest::Context::new(&ring::digest::SHA512)),
        }
    }

    /// The next bytes.
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Ring(context) => context.update(bytes),
            Self::Sha1(context) => context.update(bytes),
            Self::Sha224(context) => context.update(bytes),
        }
    }

    /// After the last byte.
    pub(crate) fn finish(self) -> Vec<u8> {
        match self {
            Self::Ring(context) => context.finish().as_ref().to_vec(),
            Self::Sha1(context) => context.finalize().to_vec(),
            Self::Sha224(context) => context.finalize().to_vec(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// FIPS 180-4's example, `abc`: the first four bytes.
    #[test]
    fn each_digest_is_itself() {
        let first = [
            [0xa9, 0x99, 0x3e, 0x36],
            [0x23, 0x09, 0x7d, 0x22],
            [0xba, 0x78, 0x16, 0xbf],
            [0xcb, 0x00, 0x75, 0x3f],
            [0xdd, 0xaf, 0x35, 0xa1],
        ];
        for (digest, first) in Digest::ALL.into_iter().zip(first) {
            let value = digest.of(b"abc");
            assert_eq!((&value[..4], value.len()), (&first[..], digest.size()), "{digest:?}");
        }
    }
}
