//! Certified messages inside a message: forwarded, attached as a file, or under a list manager's wrapper.
//!
//! Each is judged by itself, as if it had come alone, and reported in one flat list; none says anything of the
//! message around it. How much is looked at is bounded, since everything in there is the sender's to choose.

use crate::message::{Encoding, Message, Part};
use crate::{Kind, Verdict, Verification};

use super::form::Form;
use super::{Check, Contained, judge};

/// The certified messages inside `message`, in the order of their parts.
pub(super) fn search(message: &Message<'_>, check: &Check<'_>) -> Vec<Contained> {
    let mut search = Search { check, messages: MESSAGES_MAX, bytes: BYTES_MAX, found: Vec::new() };
    search.look_into(message, "", 0);
    search.found
}

struct Search<'c> {
    check: &'c Check<'c>,
    /// How many more may be judged or decoded.
    messages: usize,
    /// How many bytes of them, since each costs time in proportion.
    bytes: usize,
    found: Vec<Contained>,
}

impl Search<'_> {
    /// `place` is the part that holds the message, and `depth` counts the files within files that led to it.
    fn look_into(&mut self, message: &Message<'_>, place: &str, depth: usize) {
        for part in message.parts() {
            let is_the_file_itself = depth == 0 && part.parent().is_none();
            if !is_the_file_itself {
                self.examine(part, place);
            }
            if depth < DEPTH_MAX && is_encoded_message(part) && self.may_spend(part.body().len()) {
                let bytes = part.decode(part.body().len()).bytes;
                let place = join(place, &part.number());
                self.look_into(&Message::parse(&bytes), &place, depth.saturating_add(1));
            }
        }
    }

    /// Judges a part that is a message, or a multipart/signed without a header of its own.
    fn examine(&mut self, part: Part<'_>, place: &str) {
        let is_candidate = part.is_message() || part.media() == "multipart/signed";
        let has_something = || !matches!(Form::of(part), Form::Unsigned { daticert: None });
        if !(is_candidate && has_something() && self.may_spend(part.raw().len())) {
            return;
        }
        let verification = judge(part, self.check);
        if is_certified(&verification) {
            let holder = if part.is_message() { part.parent() } else { Some(part) };
            let number = holder.map(Part::number).unwrap_or_default();
            self.found.push(Contained { part: join(place, &number), verification });
        }
    }

    /// Whether one more message of this size may be looked at, and if so counts it.
    fn may_spend(&mut self, bytes: usize) -> bool {
        let rest = self.messages.checked_sub(1).zip(self.bytes.checked_sub(bytes));
        if let Some((messages, bytes)) = rest {
            self.messages = messages;
            self.bytes = bytes;
        }
        rest.is_some()
    }
}

/// Ordinary mail inside is no news, nor is what only calls itself certified.
fn is_certified(verification: &Verification) -> bool {
    let has_proof = verification.verdict != Verdict::Absent || verification.certdata.is_some();
    has_proof && !matches!(verification.kind, Kind::AnomalyEnvelope | Kind::Ordinary)
}

/// Whether it holds a message that the structure does not show: a message/rfc822 that somebody encoded, or a file
/// whose name ends in `.eml`.
fn is_encoded_message(part: Part<'_>) -> bool {
    match part.media() {
        "message/rfc822" => part.encoding() != Encoding::Identity,
        _ => !part.is_multipart() && part.plain_names().any(|name| name.ends_with(b".eml")),
    }
}

fn join(place: &str, number: &str) -> String {
    let parts = [place, number].into_iter().filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join(".")
}

/// Files within files.
const DEPTH_MAX: usize = 4;
const MESSAGES_MAX: usize = 32;
/// Three times 30 MB, the size of a message that every provider must take.
const BYTES_MAX: usize = 90 * 1024 * 1024;
