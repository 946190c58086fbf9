//! Signature (stand-in until the branch `signature` lands): finds every signature unreadable.

pub mod anchor;

use jiff::Timestamp;
use std::collections::BTreeSet;

use crate::verification::Signer;
use crate::{Address, Anchors, Note, Reason, Verdict};

/// What the message says of itself that the signature must fit.
#[derive(Clone, Copy, Debug)]
pub struct Claim<'a> {
    /// The one plain From address, `None` if there is not exactly one.
    pub from: Option<&'a Address>,
    /// The certified time, used where the CMS has no signing time.
    pub time: Option<Timestamp>,
}

/// What a check found.
#[derive(Clone, Debug)]
pub struct Signature {
    /// From unreadable to trusted.
    pub verdict: Verdict,
    /// Why it is not trusted.
    pub reason: Option<Reason>,
    /// What else is worth knowing.
    pub notes: BTreeSet<Note>,
    /// Who signed.
    pub signer: Option<Signer>,
    /// The anchor reached.
    pub anchor: Option<String>,
    /// The CMS signing time.
    pub signed_at: Option<Timestamp>,
}

/// Checks a signature.
pub fn check(
    _cms: &[u8],
    _content: &mut dyn Iterator<Item = &[u8]>,
    _claim: &Claim<'_>,
    _anchors: &Anchors,
    _now: Timestamp,
) -> Signature {
    Signature {
        verdict: Verdict::Unreadable,
        reason: Some(Reason::MalformedSignature),
        notes: BTreeSet::new(),
        signer: None,
        anchor: None,
        signed_at: None,
    }
}
