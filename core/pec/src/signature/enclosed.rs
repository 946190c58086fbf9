//! A signature with what it signs inside (RFC 5652 §5.2): the document of a `.p7m`, and whether it is still that.
//!
//! ```text
//! BER ──cut──> content, where it lies ──digest──┐
//!         └──> the rest, now a detached signature ──cms──> signers ──> integrity of each
//! ```
//! Integrity only: that a key signed exactly these bytes, and which certificate calls that key its own. Whose
//! certificate it really is (path, trust list, revocation, validity), time-stamps and countersignatures are not looked
//! at. Anybody can make a certificate in any name, so none of this makes a signer trusted.

mod cut;
mod octets;
mod pin;

use jiff::Timestamp;
use std::collections::BTreeSet;
use std::ops::Range;

use super::certificate::Certificate;
use super::cms::{Limits, Shell, SignedData, SignerInfo};
use super::content::Digests;
use super::digest::Digest;
use crate::{Note, Reason};

pub(crate) use cut::is_signed_data;
pub(crate) use octets::Octets;

/// One signer of a document.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Signer {
    /// Whether the document is what this signer signed.
    pub integrity: Integrity,
    /// Whose the enclosed certificate says that the signature is. Nothing here has checked the certificate.
    pub certificate: Option<CertificateClaim>,
    /// When the signer says that it signed.
    pub signed_at: Option<Timestamp>,
    /// What else is worth knowing: [`Note::Sha1Digest`].
    pub notes: BTreeSet<Note>,
}

/// Whether a document is what a signer signed. Cases that could not be checked are kept apart from wrong ones.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Integrity {
    /// The document, or what was signed beside it, has been changed, or the signature is not by this certificate's key.
    Altered,
    /// The certificate that the signature names is not enclosed, so that there is no key to check it with.
    CertificateMissing,
    /// The key of the enclosed certificate signed exactly this document.
    Intact,
    /// This signer's part of the signature cannot be read, or could be read in two ways.
    Unreadable,
    /// An algorithm that is not known here.
    Unsupported,
}

/// What a certificate says of itself, unchecked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CertificateClaim {
    /// The common name of its holder, else the organisation; empty where there is neither.
    pub name: String,
    /// The same of the authority that it names as its issuer.
    pub issuer: String,
    /// The issuer's number for it, in hexadecimal digits.
    pub serial: String,
}

/// Why a file cannot be taken apart as a signed document.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Fault {
    /// A signature without its document, which lies elsewhere.
    Detached,
    /// The bytes end early.
    Incomplete,
    /// It breaks the rules of CMS or of its encoding.
    Malformed,
    /// It is no CMS signature: something else, or encrypted.
    NotSigned,
    /// It exceeds the limits of what is examined.
    TooComplex,
    /// What is signed is not plain bytes (id-data) but a structure of its own.
    UnknownContent,
}

/// A signature taken apart: the content, and all the rest.
#[derive(Clone, Debug)]
pub(crate) struct Enclosed {
    /// Where the OCTET STRING with the content lies, its headers included; see [`Octets`].
    pub(crate) content: Range<usize>,
    /// The same structure without the content.
    shell: Vec<u8>,
}

impl Enclosed {
    /// Finds the content in the first element of `ber` and takes the rest apart from it; the content is not copied.
    ///
    /// # Errors
    /// Where it is not SignedData with plain content inside.
    pub(crate) fn cut(ber: &[u8]) -> Result<Self, Fault> {
        cut::cut(ber)
    }

    /// Reads the content once and says of each signer whether it fits, in the order they stand.
    ///
    /// # Errors
    /// Where the list of signers cannot be read at all.
    pub(crate) fn signers(&self, content: Octets<'_>) -> Result<Vec<Signer>, Fault> {
        let shell = Shell::read(&self.shell).map_err(Reason::from)?;
        let signed_data = SignedData::read(&shell, &Limits::DOCUMENT).map_err(Reason::from)?;
        let kinds = signed_data.signers.iter().flatten().map(|signer| signer.digest).collect();
        let content = Digests::of_file(kinds, content);
        let examine = |signer: &Result<SignerInfo<'_>, Reason>| match signer {
            Ok(signer) => examine(signer, &signed_data.certificates, &content),
            Err(reason) => Signer::unread(Integrity::from(*reason)),
        };
        Ok(signed_data.signers.iter().map(examine).collect())
    }
}

impl Signer {
    fn unread(integrity: Integrity) -> Self {
        Self { integrity, certificate: None, signed_at: None, notes: BTreeSet::new() }
    }
}

/// Of several certificates that the signer may mean, the first whose key fits counts.
fn examine(signer: &SignerInfo<'_>, certificates: &[Certificate<'_>], content: &Digests) -> Signer {
    let mut found = Signer {
        signed_at: signer.attributes.as_ref().and_then(|attributes| attributes.signing_time),
        notes: (signer.digest == Digest::Sha1).then_some(Note::Sha1Digest).into_iter().collect(),
        ..Signer::unread(Integrity::CertificateMissing)
    };
    let pins = match pin::read(signer) {
        Ok(pins) => pins,
        Err(reason) => return Signer { integrity: reason.into(), ..found },
    };
    let is_pinned = |certificate: &Certificate<'_>| pins.iter().all(|pin| pin.fits(certificate.der));
    let named = certificates.iter().filter(|certificate| signer.names(certificate)).take(MAX_NAMESAKES);
    let meant: Vec<_> = named.filter(|certificate| is_pinned(certificate)).collect();
    found.certificate = meant.first().map(|certificate| CertificateClaim::of(certificate));
    if let Err(reason) = signer.check_content(content) {
        return Signer { integrity: reason.into(), ..found };
    }
    for certificate in meant {
        match signer.check_signature(content, &certificate.key) {
            Ok(()) => {
                found.certificate = Some(CertificateClaim::of(certificate));
                found.integrity = Integrity::Intact;
                return found;
            }
            Err(reason) if found.integrity != Integrity::Altered => found.integrity = reason.into(),
            Err(_) => {}
        }
    }
    found
}

impl Integrity {
    /// The word of the command line's contract.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Altered => "altered",
            Self::CertificateMissing => "certificate-missing",
            Self::Intact => "intact",
            Self::Unreadable => "unreadable",
            Self::Unsupported => "unsupported",
        }
    }
}

impl From<Reason> for Integrity {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::ContentChanged | Reason::SignatureWrong => Self::Altered,
            Reason::CertificateMissing => Self::CertificateMissing,
            Reason::UnsupportedAlgorithm => Self::Unsupported,
            _ => Self::Unreadable,
        }
    }
}

impl CertificateClaim {
    fn of(certificate: &Certificate<'_>) -> Self {
        let digits: String = certificate.serial.iter().map(|octet| format!("{octet:02x}")).collect();
        Self {
            name: certificate.subject.title(),
            issuer: certificate.issuer.title(),
            serial: digits.trim_start_matches("00").to_owned(),
        }
    }
}

impl Fault {
    /// The word of the command line's contract.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Detached => "detached",
            Self::Incomplete => "incomplete",
            Self::Malformed => "malformed",
            Self::NotSigned => "not-signed",
            Self::TooComplex => "too-complex",
            Self::UnknownContent => "unknown-content",
        }
    }
}

impl From<Reason> for Fault {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::MissingSignature => Self::Incomplete,
            Reason::TooComplex => Self::TooComplex,
            _ => Self::Malformed,
        }
    }
}

/// As for messages: one certificate is meant, unless somebody made others for confusion.
const MAX_NAMESAKES: usize = 4;
