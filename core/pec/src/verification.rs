//! Everything that can be said of one file: what it is, whether it can be believed, what it certifies.
//!
//! Only the outermost structure speaks: a receipt that somebody forwarded or attached is reported under
//! [`Verification::contains`] and never becomes the file's own kind, verdict or data.

use jiff::Timestamp;
use std::collections::BTreeSet;

use crate::{Address, Anchors, CertificationData, Kind, Note, Reason, Verdict};

/// The rules by which [`verify`] judges. It grows with every change that can turn a verdict of one release into
/// another, so that stored verdicts are known to be old.
pub const RULES: u32 = 1;

/// What [`verify`] found.
#[derive(Clone, Debug)]
pub struct Verification {
    /// For a trusted message what the signed `tipo` says; otherwise what the headers claim.
    pub kind: Kind,
    /// Whether it can be believed.
    pub verdict: Verdict,
    /// Why it is not trusted; absent for a trusted message.
    pub reason: Option<Reason>,
    /// What else is worth knowing.
    pub notes: BTreeSet<Note>,
    /// Who signed, as the certificate says, once there is a readable signature.
    pub signer: Option<Signer>,
    /// The name of the authority or root that the path ends at.
    pub anchor: Option<String>,
    /// The CMS signing time: the signer's own claim.
    pub signed_at: Option<Timestamp>,
    /// The certification data: proven for a trusted message, otherwise what it claims. Taken from inside the
    /// signed part where there is one.
    pub certdata: Option<CertificationData>,
    /// What the unsigned outer headers say.
    pub header: Header,
    /// What identifies this evidence wherever it is read.
    pub digest: EvidenceDigest,
    /// Certified messages further inside, with their place; they speak for themselves only.
    pub contains: Vec<Contained>,
}

/// Who signed, by the certificate.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Signer {
    /// The rfc822 name of the subject alternative name, if there is exactly one.
    pub address: Option<Address>,
    /// Common name, else organisation.
    pub name: String,
}

/// The outer header fields that people and correlation look at; none of them is signed.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Header {
    /// Message-ID, angle brackets kept.
    pub message_id: Option<String>,
    /// X-Riferimento-Message-ID, angle brackets kept.
    pub reference: Option<String>,
    /// From, decoded.
    pub from: Option<String>,
    /// The addresses of To and Cc.
    pub recipients: Vec<Address>,
    /// Subject, decoded.
    pub subject: Option<String>,
    /// Date.
    pub date: Option<Timestamp>,
}

/// SHA-256 over the signed content with canonical line ends, or, without a signed part, over the whole message so.
/// Header lines that servers add on the way, or LF for CRLF, do not change it.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct EvidenceDigest(pub [u8; 32]);

/// A certified message inside another.
#[derive(Clone, Debug)]
pub struct Contained {
    /// Its place, as IMAP numbers parts (RFC 3501 §6.4.5): `2`, `1.3`.
    pub part: String,
    /// What it says of itself.
    pub verification: Verification,
}

/// Says what a message is and whether it can be believed.
pub fn verify(_raw: &[u8], _anchors: &Anchors, _now: Timestamp) -> Verification {
    unreachable!()
}
