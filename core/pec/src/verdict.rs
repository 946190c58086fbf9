//! Whether a message can be believed, in words that keep “could not check” apart from “wrong”.
//!
//! A verdict is a value, never an error. It is the first that applies of the order below; its [`Reason`] says which
//! rule decided, and [`Note`]s say what is worth knowing besides. Texts for people are made from these by whoever
//! shows them, in their language.

/// Whether a message can be believed. The order is that of the checks: the first that fails decides.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Verdict {
    /// Not all of the message is here yet, so its digest could not be taken. Never the result of [`crate::verify`]:
    /// it is for whoever fetched only part of a message.
    Unchecked,
    /// There is no signature.
    Absent,
    /// There is a signature that cannot be parsed, or a structure that can be read in more than one way.
    Unreadable,
    /// The signature does not fit the content.
    Altered,
    /// The signature fits, but no valid path leads from the signer to an anchor at the signing time.
    UnknownSigner,
    /// The path is good, but the certificate is not one of a PEC provider.
    NotAProvider,
    /// It is a provider's certificate, but not of the address in From, or From is not exactly one plain address.
    AddressMismatch,
    /// Every check passed: a PEC provider signed exactly these bytes. Of revocation only what the message itself
    /// proves was seen.
    Trusted,
}

impl Verdict {
    /// The word of the command line's contract and of the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unchecked => "unchecked",
            Self::Absent => "absent",
            Self::Unreadable => "unreadable",
            Self::Altered => "altered",
            Self::UnknownSigner => "unknown-signer",
            Self::NotAProvider => "not-a-provider",
            Self::AddressMismatch => "address-mismatch",
            Self::Trusted => "trusted",
        }
    }

    /// The verdict that a word of [`Verdict::as_str`] stands for.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verdict| verdict.as_str() == word)
    }

    /// Every verdict, in order.
    pub const ALL: [Self; 8] = [
        Self::Unchecked,
        Self::Absent,
        Self::Unreadable,
        Self::Altered,
        Self::UnknownSigner,
        Self::NotAProvider,
        Self::AddressMismatch,
        Self::Trusted,
    ];
}

/// What is worth knowing beside the verdict; a note never changes it.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Note {
    /// daticert.xml breaks its schema, or could not be read.
    CertdataInvalid,
    /// The outer headers say something else than the signed data; the signed data counts.
    HeaderDiffers,
    /// It is not known that the certificate was not revoked: authorities' lists are not at hand offline, and a list
    /// that the message encloses proves a revocation, never its absence. On every signed message.
    NoRevocationData,
    /// The content digest is SHA-1: sound for mail of its day, no longer collision-resistant.
    Sha1Digest,
    /// The signer's certificate was valid at the signing time and has expired since.
    SignerExpiredSince,
    /// The signing time is more than a second from the certified time (in all genuine mail seen they agree).
    TimeDiffers,
}

impl Note {
    /// Every note.
    pub const ALL: [Self; 6] = [
        Self::CertdataInvalid,
        Self::HeaderDiffers,
        Self::NoRevocationData,
        Self::Sha1Digest,
        Self::SignerExpiredSince,
        Self::TimeDiffers,
    ];

    /// The note that a word of [`Note::as_str`] stands for.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|note| note.as_str() == word)
    }

    /// The word of the command line's contract and of the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CertdataInvalid => "certdata-invalid",
            Self::HeaderDiffers => "header-differs",
            Self::NoRevocationData => "no-revocation-data",
            Self::Sha1Digest => "sha1-digest",
            Self::SignerExpiredSince => "signer-expired-since",
            Self::TimeDiffers => "time-differs",
        }
    }
}

/// Why a verdict is not [`Verdict::Trusted`]: the one rule that decided.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Reason {
    // Absent
    /// The message has no signature.
    NotSigned,

    // Unreadable
    /// The structure can be read in more than one way, so that nobody can say what was signed.
    AmbiguousStructure,
    /// The signature cannot be parsed as CMS.
    MalformedSignature,
    /// The signature is missing, or cut off.
    MissingSignature,
    /// Something exceeds the limits of what is examined.
    TooComplex,
    /// The signature uses an algorithm that is not known here.
    UnsupportedAlgorithm,

    // Altered
    /// The content is not the one that was signed.
    ContentChanged,
    /// The signature value does not fit the signed attributes.
    SignatureWrong,

    // UnknownSigner
    /// The signer's certificate is not among those enclosed.
    CertificateMissing,
    /// No path leads to a trusted authority.
    NoPath,
    /// A certificate of the path was not valid at the signing time.
    NotValidThen,
    /// A constraint of the authority (names, path length) excludes the signer.
    Constrained,
    /// A certificate of the path was revoked by the signing time, as an enclosed list of its authority says.
    Revoked,
    /// The signing time lies more than five minutes in the future of this device's clock. If it is the clock that is
    /// wrong, the same message is judged otherwise later.
    SignedInFuture,
    /// There is neither a signing time nor a certified time to check the path at.
    TimeMissing,
    /// A certificate of the path has a critical extension that is not understood here.
    UnknownExtension,

    // NotAProvider
    /// The authority that issued the certificate is not one for PEC providers.
    NotPecAuthority,
    /// The signer's certificate is that of an authority.
    SignerIsAuthority,
    /// The certificate lacks the policy under which PEC providers are certified.
    WrongPolicy,
    /// The certificate's key usage or extended key usage is not that of a PEC provider.
    WrongPurpose,

    // AddressMismatch
    /// From is missing, more than one, or not one plain address.
    FromNotSingle,
    /// From is not the address in the certificate.
    FromNotSigner,
}

impl Reason {
    /// The verdict that it leads to.
    pub fn verdict(self) -> Verdict {
        match self {
            Self::NotSigned => Verdict::Absent,
            Self::AmbiguousStructure
            | Self::MalformedSignature
            | Self::MissingSignature
            | Self::TooComplex
            | Self::UnsupportedAlgorithm => Verdict::Unreadable,
            Self::ContentChanged | Self::SignatureWrong => Verdict::Altered,
            Self::CertificateMissing
            | Self::NoPath
            | Self::NotValidThen
            | Self::Constrained
            | Self::Revoked
            | Self::SignedInFuture
            | Self::TimeMissing
            | Self::UnknownExtension => Verdict::UnknownSigner,
            Self::NotPecAuthority | Self::SignerIsAuthority | Self::WrongPolicy | Self::WrongPurpose => {
                Verdict::NotAProvider
            }
            Self::FromNotSingle | Self::FromNotSigner => Verdict::AddressMismatch,
        }
    }
}
