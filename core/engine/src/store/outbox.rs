//! The outbox as rows: what waits to be sent, and the journal of sending it.

use jiff::Timestamp;
use rusqlite::named_params;

use super::value::Column;
use super::{Result, Writer};
use crate::identity::ShipmentId;

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
