//! The outbox as rows: what waits to be sent, and the journal of sending it.

use jiff::Timestamp;
use rusqlite::named_params;

use super::value::Column;
use super::{Result, Writer};
use crate::identity::ShipmentId;

/// Where a message stands on its way to the server.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum OutboxState {
    /// Not to be sent until the user says so.
    Draft,
    /// To be sent when it is due.
    Waiting,
    /// Being sent: claimed by one process.
    Submitting,
    /// It may or may not have been sent.
    Uncertain,
    /// The server has it.
    Submitted,
    /// The server will not have it.
    Rejected,
}

impl OutboxState {
    /// Every state, in the order a message passes them.
    pub const ALL: [Self; 6] =
        [Self::Draft, Self::Waiting, Self::Submitting, Self::Uncertain, Self::Submitted, Self::Rejected];

    /// The word of the command line's contract and of the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Waiting => "waiting",
            Self::Submitting => "submitting",
            Self::Uncertain => "uncertain",
            Self::Submitted => "submitted",
            Self::Rejected => "rejected",
        }
    }

    /// The state that a word of [`OutboxState::as_str`] stands for.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

impl Writer<'_> {
    /// A receipt proves that the provider took the message: whatever the journal thought, it is submitted. Says
    /// whether that was news.
    ///
    /// # Errors
    /// When the database fails.
    pub fn settle_by_evidence(&mut self, shipment: ShipmentId, now: Timestamp) -> Result<bool> {
        let changed = self
            .connection
            .prepare_cached(
                "UPDATE outbox SET state = 'submitted', changed_at = :now
             WHERE shipment = :shipment AND state IN ('submitting', 'uncertain')",
            )?
            .execute(named_params! { ":shipment": shipment, ":now": Column(now) })?;
        Ok(changed > 0)
    }
}
