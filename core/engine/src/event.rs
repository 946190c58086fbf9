//! Events: what a phone would raise a notification for, as rows that survive a kill.
//!
//! An event's identity comes from its content, so that a second device or a reinstalled app that reads the same
//! mailbox makes the same event; its position is only a cursor. An event follows from one piece of evidence alone,
//! never from the state it met, so that the set of events does not depend on the order of arrival.

use jiff::Timestamp;
use recapito_pec::verification::EvidenceDigest;
use recapito_pec::{Address, Kind, Verdict, Verification};
use ring::digest::{Context, SHA256};

use crate::identity::{AccountId, EventId, MessageId, ShipmentId};

/// One event row.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Event {
    /// What it is, on every device.
    pub id: EventId,
    /// Where it stands in this store; grows by insertion.
    pub position: i64,
    /// When it was found.
    pub at: Timestamp,
    /// Of which mailbox.
    pub account: AccountId,
    /// What happened.
    pub kind: EventKind,
    /// Of which shipment, if of one.
    pub shipment: Option<ShipmentId>,
    /// Of which recipient, if of one.
    pub recipient: Option<Address>,
    /// By which message, if by one.
    pub message: Option<MessageId>,
}

/// What happened.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum EventKind {
    /// The provider accepted a sent message.
    Accepted,
    /// An ordinary message arrived in an anomaly envelope.
    Anomaly,
    /// A delay notice: 12 or 24 hours without delivery.
    Delayed,
    /// Delivered to this recipient.
    Delivered,
    /// Not deliverable to this recipient.
    Failed,
    /// A message arrived.
    Received,
    /// The provider refused a sent message.
    Refused,
    /// The server refused a message at submission.
    Rejected,
    /// Something claims to be certified and cannot be believed.
    Suspicious,
    /// A submission ended without an answer: it may or may not have been sent.
    Uncertain,
    /// A provider found a virus.
    Virus,
}

impl EventKind {
    /// Every kind.
    pub const ALL: [Self; 11] = [
        Self::Accepted,
        Self::Anomaly,
        Self::Delayed,
        Self::Delivered,
        Self::Failed,
        Self::Received,
        Self::Refused,
        Self::Rejected,
        Self::Suspicious,
        Self::Uncertain,
        Self::Virus,
    ];

    /// The word of the command line's contract and of the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Anomaly => "anomaly",
            Self::Delayed => "delayed",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Received => "received",
            Self::Refused => "refused",
            Self::Rejected => "rejected",
            Self::Suspicious => "suspicious",
            Self::Uncertain => "uncertain",
            Self::Virus => "virus",
        }
    }

    /// The kind that a word of [`EventKind::as_str`] stands for.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// What a message tells the user by arriving, whatever is known otherwise; `None` where it tells nothing new.
    pub fn of(verification: &Verification) -> Option<Self> {
        let is_virus = || verification.certdata.as_ref().is_some_and(|data| data.error == "virus");
        match (verification.kind, verification.verdict) {
            (Kind::AnomalyEnvelope, _) => Some(Self::Anomaly),
            (Kind::Ordinary, _) => Some(Self::Received),
            (_, verdict) if verdict != Verdict::Trusted => Some(Self::Suspicious),
            (Kind::Envelope, _) => Some(Self::Received),
            (Kind::Acceptance, _) => Some(Self::Accepted),
            (Kind::Refusal | Kind::Failure, _) if is_virus() => Some(Self::Virus),
            (Kind::Refusal, _) => Some(Self::Refused),
            (Kind::Delivery, _) => Some(Self::Delivered),
            (Kind::Failure, _) => Some(Self::Failed),
            (Kind::DelayNotice, _) => Some(Self::Delayed),
            (Kind::VirusNotice, _) => Some(Self::Virus),
            (Kind::TakenInCharge, _) => None,
        }
    }
}

impl EventId {
    /// The identity of what a message proves.
    pub fn of_evidence(evidence: EvidenceDigest, kind: EventKind, recipient: Option<&Address>) -> Self {
        Self::digest(&[&evidence.0, kind.as_str().as_bytes(), recipient_key(recipient).as_bytes()])
    }

    /// The identity of what happened to a shipment without evidence: by its reference and sender, which are the same
    /// on every device.
    pub fn of_shipment(reference: &str, sender: &Address, kind: EventKind) -> Self {
        Self::digest(&[reference.as_bytes(), sender.key().as_bytes(), kind.as_str().as_bytes()])
    }

    /// Each field behind its length, so that no two lists of fields run into one another.
    fn digest(fields: &[&[u8]]) -> Self {
        let mut context = Context::new(&SHA256);
        for field in fields {
            context.update(&u64::try_from(field.len()).unwrap_or(u64::MAX).to_be_bytes());
            context.update(field);
        }
        let mut id = [0; 32];
        id.copy_from_slice(context.finish().as_ref());
        Self(id)
    }
}

fn recipient_key(recipient: Option<&Address>) -> String {
    recipient.map(Address::key).unwrap_or_default()
}
