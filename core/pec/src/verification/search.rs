//! What a verification looks for: the verdict on the message itself, and on certified messages inside it.
//!
//! It is shared by the walks through the message and through the files in it, and keeps the account of what may still
//! be looked at: each candidate costs a digest of its bytes, and a signature to check.

use super::candidate::Found;
use super::form::Form;
use super::judgement::{judge, unchecked};
use super::{Check, Contained, ReadAgain, Verification};
use crate::message::Fields;
use crate::signature::{Algorithms, NotTaken};
use crate::{Kind, Reason, Verdict};

/// What is looked for, and what was found.
pub(super) struct Search<'c> {
    check: Check<'c>,
    /// The digests to take, if not those that each message announces.
    pub(super) algorithms: Option<Algorithms>,
    /// Whether a signer used a digest that was not taken.
    is_incomplete: bool,
    itself: Option<Verification>,
    inside: Vec<(usize, Contained)>,
    turns: usize,
    open: usize,
    headers: usize,
    /// How many more may be looked at inside.
    messages: usize,
    /// How many bytes of them still, the outermost first: what lies deeper cannot use up what lies around it.
    bytes: [usize; OPEN_MAX],
}

impl<'c> Search<'c> {
    /// Before anything was seen.
    pub(super) fn new(check: Check<'c>) -> Self {
        let mut bytes = [BYTES_MAX; OPEN_MAX];
        let mut share = BYTES_MAX;
        for slot in &mut bytes {
            *slot = share;
            share /= 2;
        }
        Self {
            check,
            algorithms: None,
            is_incomplete: false,
            itself: None,
            inside: Vec::new(),
            turns: 0,
            open: 0,
            headers: 0,
            messages: MESSAGES_MAX,
            bytes,
        }
    }

    /// The verification of the message itself, with what is inside in the order of the parts.
    ///
    /// # Errors
    /// [`ReadAgain`] if not every digest was taken that a signer used.
    pub(super) fn finish(mut self) -> Result<Verification, ReadAgain> {
        self.inside.sort_by_key(|(turn, _)| *turn);
        // Every message ends, so that the default never comes to pass.
        let nothing = Found { form: Form::Unclear(Reason::AmbiguousStructure), digest: [0; 32] };
        let itself = self.itself.take().unwrap_or_else(|| self.judge(nothing, Fields::new(b"")));
        let contains = self.inside.into_iter().map(|(_, contained)| contained).collect();
        let verification = Verification { contains, ..itself };
        if self.is_incomplete { Err(ReadAgain(Box::new(verification))) } else { Ok(verification) }
    }

    /// Whether one more header may be kept for the messages inside; if so it is counted.
    pub(super) fn may_keep_header(&mut self) -> bool {
        let may = self.headers < HEADERS_MAX;
        self.headers = self.headers.saturating_add(usize::from(may));
        may
    }

    /// A header that was kept is not needed any more.
    pub(super) fn drop_header(&mut self) {
        self.headers = self.headers.saturating_sub(1);
    }

    /// Lets in one more message inside, if there is room: its turn, and the slot that its bytes are counted in.
    pub(super) fn let_in(&mut self) -> Option<(usize, usize)> {
        if self.open >= OPEN_MAX {
            return None;
        }
        self.messages = self.messages.checked_sub(1)?;
        let slot = self.open;
        self.open = self.open.saturating_add(1);
        self.turns = self.turns.saturating_add(1);
        Some((self.turns, slot))
    }

    /// One that was let in is over.
    pub(super) fn let_out(&mut self) {
        self.open = self.open.saturating_sub(1);
    }

    /// Whether so many more bytes may be read of what was let into a slot, and if so counts them. If not, none may any
    /// more, so that it makes no difference in what pieces they come.
    pub(super) fn may_read(&mut self, slot: usize, bytes: usize) -> bool {
        let Some(left) = self.bytes.get_mut(slot) else { return false };
        let rest = left.checked_sub(bytes);
        *left = rest.unwrap_or_default();
        rest.is_some()
    }

    /// The message itself is over.
    pub(super) fn judge_itself(&mut self, found: Found, fields: Fields<'_>) {
        self.itself = Some(self.judge(found, fields));
    }

    /// One that was let in is over; it is reported if it is certified, or says so with a signature or data.
    pub(super) fn judge_inside(&mut self, found: Found, fields: Fields<'_>, part: String, turn: usize) {
        self.let_out();
        if found.form.is_ordinary() {
            self.messages = self.messages.saturating_add(1);
            return;
        }
        let verification = self.judge(found, fields);
        if is_certified(&verification) {
            self.inside.push((turn, Contained { part, verification }));
        }
    }

    fn judge(&mut self, found: Found, fields: Fields<'_>) -> Verification {
        let Self { check, is_incomplete, .. } = self;
        judge(found, fields, |p7s, content, claim| {
            check(p7s, content, claim).unwrap_or_else(|NotTaken| {
                *is_incomplete = true;
                unchecked(Verdict::Unreadable, Reason::UnsupportedAlgorithm)
            })
        })
    }
}

/// Ordinary mail inside is no news, nor is what only calls itself certified.
fn is_certified(verification: &Verification) -> bool {
    let has_proof = verification.verdict != Verdict::Absent || verification.certdata.is_some();
    has_proof && !matches!(verification.kind, Kind::AnomalyEnvelope | Kind::Ordinary)
}

/// Messages within messages that are judged at a time; a forwarded chain adds one a hop.
const OPEN_MAX: usize = 8;
/// Messages within messages whose headers are kept; a forwarded chain adds two a hop.
const HEADERS_MAX: usize = 16;
const MESSAGES_MAX: usize = 32;
/// Three times 30 MB, the size of a message that every provider must take.
const BYTES_MAX: usize = 90 * 1024 * 1024;
