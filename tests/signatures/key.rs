//! Private keys, and what is signed with them: RSA in both paddings, and ECDSA.
//!
//! The keys lie in a folder of the run and `openssl` uses them there.

use sha1::Sha1;
use sha2::{Digest as _, Sha224, Sha256, Sha384, Sha512};
use std::path::{Path, PathBuf};

use crate::der::{NULL, integer, oid, sequence, tagged};
use crate::openssl;

/// A key in the folder of the run.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    /// The folder of the run.
    pub(crate) folder: PathBuf,
    /// Where it lies there.
    pub(crate) file: String,
    /// SubjectPublicKeyInfo, DER.
    pub(crate) public: Vec<u8>,
}

impl Key {
    /// Makes a key: `name`, then what `openssl genpkey` has to know.
    pub(crate) fn generate(folder: &Path, name: &str, options: &[&str]) -> Self {
        let file = format!("{name}.key");
        openssl::run(folder, &[&["genpkey", "-quiet", "-out", &file], options].concat(), b"");
        let public = openssl::run(folder, &["pkey", "-in", &file, "-pubout", "-outform", "DER"], b"");
        Self { folder: folder.to_owned(), file, public }
    }

    /// What a subject key identifier says: SHA-1 of the key (RFC 5280 §4.2.1.2; here of all of its DER).
    pub(crate) fn identifier(&self) -> Vec<u8> {
        Digest::Sha1.of(&self.public)
    }

    /// A signature value over `message`.
    pub(crate) fn sign(&self, message: &[u8], scheme: Scheme) -> Vec<u8> {
        let digest = format!("-{}", scheme.digest().name());
        let mut arguments = vec!["dgst", &digest, "-sign", &self.file, "-binary"];
        let (salt, mgf);
        if let Scheme::Pss { salt: octets, mgf: digest, .. } = scheme {
            salt = format!("rsa_pss_saltlen:{octets}");
            mgf = format!("rsa_mgf1_md:{}", digest.name());
            arguments.extend(["-sigopt", "rsa_padding_mode:pss", "-sigopt", &salt, "-sigopt", &mgf]);
        }
        openssl::run(&self.folder, &arguments, message)
    }
}

/// A message digest.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Digest {
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

impl Digest {
    /// As `openssl` and micalg call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "sha1",
            Self::Sha224 => "sha224",
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
        }
    }

    /// The digest of a content.
    pub(crate) fn of(self, content: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha1 => Sha1::digest(content).to_vec(),
            Self::Sha224 => Sha224::digest(content).to_vec(),
            Self::Sha256 => Sha256::digest(content).to_vec(),
            Self::Sha384 => Sha384::digest(content).to_vec(),
            Self::Sha512 => Sha512::digest(content).to_vec(),
        }
    }

    /// AlgorithmIdentifier.
    pub(crate) fn algorithm(self, parameters: &[u8]) -> Vec<u8> {
        let dotted = match self {
            Self::Sha1 => "1.3.14.3.2.26",
            Self::Sha224 => "2.16.840.1.101.3.4.2.4",
            Self::Sha256 => "2.16.840.1.101.3.4.2.1",
            Self::Sha384 => "2.16.840.1.101.3.4.2.2",
            Self::Sha512 => "2.16.840.1.101.3.4.2.3",
        };
        sequence(&[&oid(dotted), parameters])
    }
}

/// How a signature value is made, and how the signature says so.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Scheme {
    /// ECDSA, by the identifier that names the digest.
    Ecdsa(Digest),
    /// RSA of PKCS #1 v1.5 by the bare identifier rsaEncryption.
    Rsa(Digest),
    /// The same by the identifier that names the digest, with NULL parameters.
    RsaNamed(Digest),
    /// The same without parameters.
    RsaNamedAbsent(Digest),
    /// The same by the bare identifier without parameters.
    RsaAbsent(Digest),
    /// RSA-PSS with everything written down.
    Pss { digest: Digest, mgf: Digest, salt: usize },
}

impl Scheme {
    /// RSA-PSS with one digest for everything.
    pub(crate) fn pss(digest: Digest, salt: usize) -> Self {
        Self::Pss { digest, mgf: digest, salt }
    }

    /// The digest it takes.
    pub(crate) fn digest(self) -> Digest {
        match self {
            Self::Ecdsa(digest)
            | Self::Rsa(digest)
            | Self::RsaNamed(digest)
            | Self::RsaNamedAbsent(digest)
            | Self::RsaAbsent(digest)
            | Self::Pss { digest, .. } => digest,
        }
    }

    /// AlgorithmIdentifier.
    pub(crate) fn algorithm(self) -> Vec<u8> {
        let rsa = |digest| match digest {
            Digest::Sha1 => "1.2.840.113549.1.1.5",
            Digest::Sha224 => "1.2.840.113549.1.1.14",
            Digest::Sha256 => "1.2.840.113549.1.1.11",
            Digest::Sha384 => "1.2.840.113549.1.1.12",
            Digest::Sha512 => "1.2.840.113549.1.1.13",
        };
        match self {
            Self::Rsa(_) => sequence(&[&oid(RSA), NULL]),
            Self::RsaAbsent(_) => sequence(&[&oid(RSA)]),
            Self::RsaNamed(digest) => sequence(&[&oid(rsa(digest)), NULL]),
            Self::RsaNamedAbsent(digest) => sequence(&[&oid(rsa(digest))]),
            Self::Ecdsa(digest) => {
                let last = match digest {
                    Digest::Sha1 => return sequence(&[&oid("1.2.840.10045.4.1")]),
                    Digest::Sha224 => "1",
                    Digest::Sha256 => "2",
                    Digest::Sha384 => "3",
                    Digest::Sha512 => "4",
                };
                sequence(&[&oid(&format!("1.2.840.10045.4.3.{last}"))])
            }
            Self::Pss { digest, mgf, salt } => pss(&[
                &tagged(0, &[&digest.algorithm(NULL)]),
                &tagged(1, &[&sequence(&[&oid(MGF1), &mgf.algorithm(NULL)])]),
                &tagged(2, &[&integer(salt as u64)]),
            ]),
        }
    }
}

/// AlgorithmIdentifier of RSA-PSS with these parameters; what is left out is the default (RFC 4055 §3.1: SHA-1 for
/// both, 20 octets of salt).
pub(crate) fn pss(parameters: &[&[u8]]) -> Vec<u8> {
    sequence(&[&oid("1.2.840.113549.1.1.10"), &sequence(parameters)])
}

const RSA: &str = "1.2.840.113549.1.1.1";
/// The mask of RSA-PSS.
pub(crate) const MGF1: &str = "1.2.840.113549.1.1.8";
