//! What goes wrong, by order: the behaviour of recipients and the mishaps of submissions.
//!
//! Without a script every known box gets its mail at once. A rule for a recipient holds until it is changed;
//! one for the next submission is used up by it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::SignedDuration;

use crate::notice::Failure;

/// What happens to mail for a recipient.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Behaviour {
    /// Delivered at once, with one receipt.
    #[default]
    Deliver,
    /// Delivered; the receipt arrives twice, byte for byte the same.
    DoubledReceipt,
    /// Fails: the box is full.
    FullMailbox,
    /// The recipient's provider is silent for a while; see [`Silence`].
    Late(Silence),
    /// Delivered, but whatever the recipient's provider answers is lost: the sender hears of delays.
    LostReceipt,
    /// The submission server refuses the recipient at RCPT.
    RefusedAtRcpt,
    /// Fails at the sender's provider: no such domain.
    UnknownDomain,
    /// Fails at the recipient's provider: no such box.
    UnknownRecipient,
    /// Fails: the recipient's provider finds a virus.
    Virus,
}

/// A recipient's provider that does not answer at first. After 12 and 24 hours the sender is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Silence {
    /// How long from the acceptance to the end.
    pub lasts: SignedDuration,
    /// How it ends.
    pub ending: Ending,
    /// Whether the recipient's provider took the message in charge at once; then there is no notice at 12
    /// hours (RFC 6109 §3.1.6).
    pub taken_in_charge: bool,
}

impl Silence {
    /// Silence of a provider that cannot be reached, ended by the delivery.
    pub fn until_delivery(lasts: SignedDuration) -> Self {
        Self { lasts, ending: Ending::Delivery, taken_in_charge: false }
    }
}

/// How a silence ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The message is delivered after all.
    Delivery,
    /// It fails after all.
    Failure(Failure),
    /// Not at all.
    Never,
}

/// What happens to a submission at the sender's own provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mishap {
    /// Everything goes its way, but the acceptance never reaches the sender.
    LostAcceptance,
    /// A virus is found: refused.
    Virus,
}

/// The rules in force. Clones are the same script.
#[derive(Clone, Debug, Default)]
pub struct Script {
    rules: Arc<Mutex<Rules>>,
}

#[derive(Debug, Default)]
struct Rules {
    recipients: BTreeMap<String, Behaviour>,
    submissions: VecDeque<Mishap>,
}

impl Script {
    /// From now on mail for `recipient` behaves so.
    pub fn on(&self, recipient: &str, behaviour: Behaviour) {
        self.rules().recipients.insert(recipient.to_lowercase(), behaviour);
    }

    /// The next submission not yet ruled about meets this.
    pub fn on_next_submission(&self, mishap: Mishap) {
        self.rules().submissions.push_back(mishap);
    }

    /// What happens to mail for `recipient`.
    pub(crate) fn behaviour(&self, recipient: &str) -> Behaviour {
        self.rules().recipients.get(&recipient.to_lowercase()).cloned().unwrap_or_default()
    }

    /// The mishap of the submission at hand; used up.
    pub(crate) fn take_mishap(&self) -> Option<Mishap> {
        self.rules().submissions.pop_front()
    }

    fn rules(&self) -> MutexGuard<'_, Rules> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
