//! What has happened to a sent message, recipient by recipient: a join over the evidence held.
//!
//! ```text
//! Verification ──Evidence::of──> Evidence ──correlate──> whose message ──join──> Delivery ──> state
//! ```
//! Every recipient's status is an element of a semilattice: joining is commutative, associative and idempotent, so
//! order, repeats and late arrivals of receipts make no difference. Only trusted messages become [`Evidence`], and
//! only what the provider signed enters it. Ranks: RFC 6109 §3; a delivery may follow either delay notice, and
//! contradictions are kept and shown.

mod correlation;

use std::cmp::{self, Ordering};
use std::collections::{BTreeMap, BTreeSet};

pub use correlation::{Candidate, Correlation, correlate, is_plausible};

use crate::daticert::{ReceiptType, Recipient};
use crate::verification::EvidenceDigest;
use crate::{Address, CertifiedTime, Kind, Verdict, Verification};

/// What one trusted receipt proves.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Evidence {
    /// What identifies it.
    pub digest: EvidenceDigest,
    /// `<msgid>`: the Message-ID that the sender's client submitted. Optional in the DTD.
    pub reference: Option<String>,
    /// `<mittente>`: who sent the message.
    pub sender: Address,
    /// `<identificativo>`: the provider's id of this dispatch of the message.
    pub dispatch: String,
    /// The certified time.
    pub time: CertifiedTime,
    /// `<oggetto>`.
    pub subject: Option<String>,
    /// To and Cc as certified.
    pub recipients: Vec<Recipient>,
    /// What it says.
    pub fact: Fact,
}

/// What a receipt says of a message.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Fact {
    /// The sender's provider accepted it.
    Accepted,
    /// The sender's provider refused it.
    Refused(Failure),
    /// The recipient's provider took it in charge for these recipients (all certified ones, if it lists none).
    TakenInCharge(Vec<Address>),
    /// It is late.
    Delayed(Option<Address>, Delay),
    /// It could not be delivered to this recipient.
    Failed(Address, Failure),
    /// It is in this recipient's box.
    Delivered(Address, Option<ReceiptType>),
    /// The recipient's provider found a virus in it. Meant for the sender's provider: it moves no state.
    VirusFound,
}

/// Why something did not arrive, in the provider's words.
#[derive(Clone, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct Failure {
    /// `postacert/@errore`: `no-dest`, `no-dominio`, `virus`, `altro`.
    pub error: String,
    /// `<errore-esteso>`.
    pub text: Option<String>,
}

/// Which of the two delay notices (RFC 6109 §3.1.6).
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Delay {
    /// Nothing came back in 12 hours.
    Hours12,
    /// No delivery in 24 hours.
    Hours24,
}

impl Evidence {
    /// What this message proves; `None` unless it is a trusted receipt whose certification data say of what.
    pub fn of(verification: &Verification) -> Option<Self> {
        if verification.verdict != Verdict::Trusted {
            return None;
        }
        let data = verification.certdata.as_ref()?;
        // An empty element says no more than one left out.
        let text = |value: &Option<String>| value.clone().filter(|value| !value.is_empty());
        let failure = || Failure { error: data.error.clone(), text: text(&data.error_text) };
        let fact = match verification.kind {
            Kind::Acceptance => Fact::Accepted,
            Kind::Refusal => Fact::Refused(failure()),
            Kind::TakenInCharge => Fact::TakenInCharge(data.received_for.clone()),
            Kind::DelayNotice => {
                Fact::Delayed(data.recipient.clone(), Delay::from_text(data.error_text.as_deref()))
            }
            Kind::Failure => Fact::Failed(data.recipient.clone()?, failure()),
            Kind::Delivery => Fact::Delivered(data.recipient.clone()?, data.receipt),
            Kind::VirusNotice => Fact::VirusFound,
            Kind::Envelope | Kind::AnomalyEnvelope | Kind::Ordinary => return None,
        };
        Some(Self {
            digest: verification.digest,
            reference: text(&data.reference),
            sender: data.sender.clone()?,
            dispatch: text(&data.envelope)?,
            time: data.time?,
            subject: text(&data.subject),
            recipients: data.recipients.clone(),
            fact,
        })
    }

    /// Whether it can found a shipment of which nothing else is known: the provider's own answer to a submission,
    /// so that mail sent from another program shows too.
    pub fn founds(&self) -> bool {
        matches!(self.fact, Fact::Accepted | Fact::Refused(_))
    }

    /// What it says of each recipient that it names.
    fn statuses(&self) -> Vec<(Address, Status)> {
        let everyone = || self.recipients.iter().map(|recipient| recipient.address.clone());
        let certified =
            || self.recipients.iter().filter(|recipient| recipient.certified).map(|r| r.address.clone());
        let at = |state| Status::new(state, self, None);
        match &self.fact {
            Fact::Accepted => {
                let state = |recipient: &Recipient| {
                    if recipient.certified { State::Accepted } else { State::Outside }
                };
                self.recipients.iter().map(|r| (r.address.clone(), at(state(r)))).collect()
            }
            Fact::Refused(failure) => everyone()
                .map(|address| (address, Status::new(State::Refused, self, Some(failure.clone()))))
                .collect(),
            Fact::TakenInCharge(named) if named.is_empty() => {
                certified().map(|address| (address, at(State::TakenInCharge))).collect()
            }
            Fact::TakenInCharge(named) => {
                named.iter().map(|address| (address.clone(), at(State::TakenInCharge))).collect()
            }
            Fact::Delayed(recipient, delay) => {
                let state = match delay {
                    Delay::Hours12 => State::Delayed12h,
                    Delay::Hours24 => State::Delayed24h,
                };
                match recipient {
                    Some(address) => vec![(address.clone(), at(state))],
                    None => certified().map(|address| (address, at(state))).collect(),
                }
            }
            Fact::Failed(address, failure) => {
                vec![(address.clone(), Status::new(State::Failed, self, Some(failure.clone())))]
            }
            Fact::Delivered(address, _) => vec![(address.clone(), at(State::Delivered))],
            Fact::VirusFound => Vec::new(),
        }
    }
}

impl Fact {
    /// The one recipient that it speaks of; `None` where it speaks of all or several.
    pub fn recipient(&self) -> Option<&Address> {
        match self {
            Self::Delivered(address, _) | Self::Failed(address, _) => Some(address),
            Self::Delayed(address, _) => address.as_ref(),
            Self::Accepted | Self::Refused(_) | Self::TakenInCharge(_) | Self::VirusFound => None,
        }
    }
}

impl Delay {
    /// Both notices share header, `tipo` and subject; only the provider's text tells them apart. What cannot be
    /// told is the earlier one, which claims less. “5.4.1” opens the last notice of Aruba and Namirial (2023–2026);
    /// the first notice speaks of the first and of the next 12 hours, and may announce the other one.
    pub fn from_text(text: Option<&str>) -> Self {
        let text = text.unwrap_or_default().trim().to_lowercase();
        let words: Vec<_> =
            text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
        // A number counts only as a number of hours: dates and times of day are full of 12 and 24.
        let says = |numbers: [&str; 3], joined: &str| {
            let of_hours = |pair: &[&str]| matches!(pair, [number, "ore" | "hour" | "hours" | "h"] if numbers.contains(number));
            words.contains(&joined) || words.windows(2).any(of_hours)
        };
        let of_12 = says(["12", "dodici", "twelve"], "12h");
        // “twenty-four” ends in its own word.
        let of_24 = says(["24", "ventiquattro", "four"], "24h");
        match text.starts_with("5.4.1") || (of_24 && !of_12) {
            true => Self::Hours24,
            false => Self::Hours12,
        }
    }
}

/// How far a message has come for one recipient; a higher rank replaces a lower one.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum State {
    /// The provider's server has taken it; no receipt yet.
    Submitted,
    /// The sender's provider certifies that it accepted it.
    Accepted,
    /// Not a PEC box: accepted, and no receipt will ever come.
    Outside,
    /// The recipient's provider has it.
    TakenInCharge,
    /// Nothing after 12 hours.
    Delayed12h,
    /// Nothing after 24 hours.
    Delayed24h,
    /// The sender's provider refused it.
    Refused,
    /// It could not be delivered.
    Failed,
    /// It is in the recipient's box.
    Delivered,
}

impl State {
    /// Every state, by rank.
    pub const ALL: [Self; 9] = [
        Self::Submitted,
        Self::Accepted,
        Self::Outside,
        Self::TakenInCharge,
        Self::Delayed12h,
        Self::Delayed24h,
        Self::Refused,
        Self::Failed,
        Self::Delivered,
    ];

    /// The word of the command line's contract and of the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Submitted => "submitted",
            Self::Accepted => "accepted",
            Self::Outside => "outside",
            Self::TakenInCharge => "taken-in-charge",
            Self::Delayed12h => "delayed-12h",
            Self::Delayed24h => "delayed-24h",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Delivered => "delivered",
        }
    }

    /// The state that a word of [`State::as_str`] stands for.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// Whether nothing more is awaited: delivered, failed, refused, or outside PEC.
    pub fn is_settled(self) -> bool {
        matches!(self, Self::Outside | Self::Refused | Self::Failed | Self::Delivered)
    }

    /// How much it asks for attention: a shipment shows the state of its worst recipient.
    fn concern(self) -> u8 {
        match self {
            Self::Delivered => 0,
            Self::Outside => 1,
            Self::TakenInCharge => 2,
            Self::Accepted => 3,
            Self::Submitted => 4,
            Self::Delayed12h => 5,
            Self::Delayed24h => 6,
            Self::Refused => 7,
            Self::Failed => 8,
        }
    }
}

/// What is known of one recipient.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Status {
    /// The highest state that any evidence proves.
    pub state: State,
    /// The certified time of the evidence that proves it, the earliest if several do; absent while only submitted.
    pub since: Option<CertifiedTime>,
    /// Why, for refused and failed.
    pub failure: Option<Failure>,
    /// The evidence that proves the state.
    pub evidence: Option<EvidenceDigest>,
    /// Every state that any evidence has claimed.
    pub seen: BTreeSet<State>,
}

impl Status {
    /// Submitted by us, nothing heard yet.
    pub fn submitted() -> Self {
        let seen = BTreeSet::from([State::Submitted]);
        Self { state: State::Submitted, since: None, failure: None, evidence: None, seen }
    }

    fn new(state: State, evidence: &Evidence, failure: Option<Failure>) -> Self {
        Self {
            state,
            since: Some(evidence.time),
            failure,
            evidence: Some(evidence.digest),
            seen: BTreeSet::from([state]),
        }
    }

    /// Whether the evidence contradicts itself: delivered and failed, or accepted and refused.
    pub fn is_contradictory(&self) -> bool {
        let both = |one, other| self.seen.contains(&one) && self.seen.contains(&other);
        both(State::Delivered, State::Failed)
            || both(State::Accepted, State::Refused)
            || both(State::Outside, State::Refused)
            || both(State::Delivered, State::Refused)
    }

    /// The least status that knows what both know: higher rank, then earlier time, then smaller digest.
    pub fn join(self, other: Self) -> Self {
        let key = |status: &Self| (status.since, status.evidence, status.failure.clone());
        let seen = &self.seen | &other.seen;
        let winner = match self.state.cmp(&other.state).reverse().then_with(|| key(&self).cmp(&key(&other))) {
            Ordering::Greater => other,
            _ => self,
        };
        Self { seen, ..winner }
    }
}

/// What is known of one shipment.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Delivery {
    /// Every recipient that we submitted to or that evidence names.
    pub recipients: BTreeMap<Address, Status>,
    /// The provider's ids of this message; more than one means that it was sent more than once.
    pub dispatches: BTreeSet<String>,
}

impl Delivery {
    /// A message just submitted to these recipients.
    pub fn submitted(recipients: impl IntoIterator<Item = Address>) -> Self {
        let recipients = recipients.into_iter().map(|address| (address, Status::submitted())).collect();
        Self { recipients, dispatches: BTreeSet::new() }
    }

    /// Takes in what one receipt proves.
    pub fn join(&mut self, evidence: &Evidence) {
        // A refused message never got an envelope: the id of a refusal is not that of a dispatch.
        if !matches!(evidence.fact, Fact::Refused(_) | Fact::VirusFound) {
            self.dispatches.insert(evidence.dispatch.clone());
        }
        for (address, status) in evidence.statuses() {
            let (address, status) = match self.recipients.remove_entry(&address) {
                // Of two spellings one is kept whichever came first.
                Some((known, before)) => {
                    (cmp::min_by_key(known, address, |a| a.as_str().to_owned()), before.join(status))
                }
                None => (address, status),
            };
            self.recipients.insert(address, status);
        }
    }

    /// The state of the worst recipient inside PEC; `None` without recipients. Those outside are settled with the
    /// acceptance, so a message to them alone is accepted, and that is all that will ever be known.
    pub fn state(&self) -> Option<State> {
        let states = || self.recipients.values().map(|status| status.state);
        let worst = states().filter(|state| *state != State::Outside).max_by_key(|state| state.concern());
        worst.or_else(|| states().next().map(|_| State::Accepted))
    }

    /// Whether more is awaited for a recipient.
    pub fn is_pending(&self) -> bool {
        self.recipients.values().any(|status| !status.state.is_settled())
    }

    /// Whether the evidence on any recipient contradicts itself.
    pub fn is_contradictory(&self) -> bool {
        self.recipients.values().any(Status::is_contradictory)
    }

    /// Whether the provider gave the same message two ids.
    pub fn is_sent_twice(&self) -> bool {
        self.dispatches.len() > 1
    }
}

#[cfg(test)]
mod tests;
