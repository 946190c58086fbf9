//! Certified messages inside a message: forwarded, attached as a file, or under a list manager's wrapper.
//!
//! Each is judged by itself, as if it had come alone, and reported in one flat list; none says anything of the
//! message around it. How much is looked at is bounded, since everything in there is the sender's to choose.

use crate::message::{Encoding, Message, Part};
use crate::{Kind, Verdict, Verification};

use super::form::Form;
use super::{Check, Contained, judge};

/// What may still be looked at.
struct Budget {
    messages: usize,
    /// Judged or decoded: each costs time in proportion.
    bytes: usize,
}

/// A message that had to be decoded to be seen.
struct Encoded {
    part: String,
    bytes: Vec<u8>,
    depth: usize,
}

/// The certified messages inside `message`, in the order of their parts; those in encoded files come last.
pub(super) fn search(message: &Message<'_>, check: &Check<'_>) -> Vec<Contained> {
    let mut budget = Budget { messages: MESSAGES_MAX, bytes: BYTES_MAX };
    let mut found = Vec::new();
    let mut encoded = Vec::new();
    for part in message.parts() {
        if part.parent().is_some() {
            found.extend(examine(part, "", &mut budget, check));
        }
        encoded.extend(decode(part, "", 0, &mut budget));
    }
    while let Some(outer) = encoded.pop() {
        for part in Message::parse(&outer.bytes).parts() {
            found.extend(examine(part, &outer.part, &mut budget, check));
            encoded.extend(decode(part, &outer.part, outer.depth, &mut budget));
        }
    }
    found
}

/// Judges a part that is a message, or a multipart/signed without a header of its own.
fn examine(part: Part<'_>, prefix: &str, budget: &mut Budget, check: &Check<'_>) -> Option<Contained> {
    let is_candidate = part.is_message() || part.media() == "multipart/signed";
    let has_something = || !matches!(Form::of(part), Form::Unsigned { daticert: None });
    if !(is_candidate && has_something() && budget.spend(part.raw().len())) {
        return None;
    }
    let verification = judge(part, check);
    let holder = if part.is_message() { part.parent() } else { Some(part) };
    let number = holder.map(Part::number).unwrap_or_default();
    is_certified(&verification).then(|| Contained { part: join(prefix, &number), verification })
}

/// Ordinary mail inside is no news, nor is what only calls itself certified.
fn is_certified(verification: &Verification) -> bool {
    let has_proof = verification.verdict != Verdict::Absent || verification.certdata.is_some();
    has_proof && !matches!(verification.kind, Kind::AnomalyEnvelope | Kind::Ordinary)
}

/// The message in a part that the structure does not show: a message/rfc822 that somebody encoded, or a file whose
/// name ends in `.eml`.
fn decode(part: Part<'_>, prefix: &str, depth: usize, budget: &mut Budget) -> Option<Encoded> {
    let is_encoded_message = part.media() == "message/rfc822" && part.encoding() != Encoding::Identity;
    let is_leaf = !part.is_multipart() && part.media() != "message/rfc822";
    let is_file = is_leaf && part.plain_names().any(|name| name.ends_with(b".eml"));
    if depth >= DEPTH_MAX || !(is_encoded_message || is_file) || !budget.spend(part.body().len()) {
        return None;
    }
    let bytes = part.decode(part.body().len()).bytes;
    Some(Encoded { part: join(prefix, &part.number()), bytes, depth: depth.saturating_add(1) })
}

impl Budget {
    /// Whether one more message of this size is within the budget, and if so takes it out.
    fn spend(&mut self, bytes: usize) -> bool {
        match (self.messages.checked_sub(1), self.bytes.checked_sub(bytes)) {
            (Some(messages), Some(bytes)) => {
                *self = Self { messages, bytes };
                true
            }
            _ => false,
        }
    }
}

fn join(prefix: &str, number: &str) -> String {
    let parts = [prefix, number].into_iter().filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join(".")
}

/// Files within files.
const DEPTH_MAX: usize = 4;
const MESSAGES_MAX: usize = 32;
/// Three times the largest message the law lets a provider refuse no more than (30 MB).
const BYTES_MAX: usize = 100 * 1024 * 1024;
