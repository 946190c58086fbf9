//! Whose message a receipt speaks of, and whether it can have been signed when it says so.
//!
//! Only what the provider signed decides. The outer header's reference, which nobody signed, is looked at only where
//! the signed data have none (`<msgid>` is optional, RFC 6109 §4.4), and never alone.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::Evidence;
use crate::Address;

/// A shipment as far as correlation looks at it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Candidate<Id> {
    /// Whatever identifies it to the caller.
    pub id: Id,
    /// The Message-ID it was submitted with.
    pub reference: String,
    /// Who sent it: the From we submitted with, or the certified sender of an imported one.
    pub sender: Address,
    /// Its subject.
    pub subject: Option<String>,
    /// Its recipients.
    pub recipients: BTreeSet<Address>,
    /// The provider's ids known so far.
    pub dispatches: BTreeSet<String>,
}

/// Whose message a piece of evidence speaks of.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Correlation<Id> {
    /// Of this shipment.
    Of(Id),
    /// Of a message sent elsewhere, of which it is the first that is known.
    Founds,
    /// Of no message known here; kept until one founds the shipment.
    Parked,
}

/// Finds the shipment that evidence speaks of.
///
/// With a certified reference, reference and sender must both fit: a genuine receipt about somebody else's message
/// with a copied Message-ID fits no shipment of ours. Without one (the DTD allows that) a known dispatch of the same
/// sender fits; else the header's reference, which nobody signed, counts only where sender, recipients and subject
/// fit exactly one candidate.
///
/// `candidates` are the shipments with that reference, dispatch or header reference; others do no harm.
pub fn correlate<Id: Clone>(
    evidence: &Evidence,
    header_reference: Option<&str>,
    candidates: &[Candidate<Id>],
) -> Correlation<Id> {
    let ours = || candidates.iter().filter(|candidate| candidate.sender == evidence.sender);
    let found = match evidence.reference.as_deref() {
        Some(reference) => ours().find(|candidate| candidate.reference == reference),
        None => ours().find(|candidate| candidate.dispatches.contains(&evidence.dispatch)).or_else(|| {
            let recipients: BTreeSet<_> = evidence.recipients.iter().map(|r| &r.address).collect();
            let mut fitting = ours().filter(|candidate| {
                Some(candidate.reference.as_str()) == header_reference
                    && words(&candidate.subject).eq(words(&evidence.subject))
                    && candidate.recipients.iter().collect::<BTreeSet<_>>() == recipients
            });
            fitting.next().filter(|_| fitting.next().is_none())
        }),
    };
    match found {
        Some(candidate) => Correlation::Of(candidate.id.clone()),
        None if evidence.founds() => Correlation::Founds,
        None => Correlation::Parked,
    }
}

/// A subject as far as it survives folding and certification: white space may change, and none is an empty one.
fn words(subject: &Option<String>) -> impl Iterator<Item = &str> {
    subject.iter().flat_map(|subject| subject.split_whitespace())
}

/// Whether a signing time can be true: not before the message was submitted here, not after it was first seen.
///
/// The signing time is the signer's claim. Five minutes are allowed on either side, since the clock it is compared
/// with is that of a phone or a desk. A receipt that fails this is suspicious and moves nothing.
pub fn is_plausible(signed_at: Timestamp, submitted_at: Option<Timestamp>, first_seen: Timestamp) -> bool {
    let before_submission = submitted_at.is_some_and(|at| at.duration_since(signed_at) > CLOCK_TOLERANCE);
    let after_seen = signed_at.duration_since(first_seen) > CLOCK_TOLERANCE;
    !before_submission && !after_seen
}

const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_mins(5);
