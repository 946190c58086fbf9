//! Trusted receipts, by what they speak of. What each of them says is read again from its bytes where it is needed.

use recapito_pec::Address;
use recapito_pec::delivery::Evidence;
use rusqlite::{Row, named_params};

use super::value::Column;
use super::{Reader, Result, Writer};
use crate::identity::{AccountId, MessageId, ShipmentId};

/// A receipt about a shipment.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EvidenceRow {
    /// The message that is the receipt.
    pub message: MessageId,
    /// The one recipient it speaks of; none where it speaks of all or several.
    pub recipient: Option<Address>,
}

impl Reader<'_> {
    /// The receipts about a shipment, in the order they were stored.
    ///
    /// # Errors
    /// When the database fails.
    pub fn evidence_of(&self, shipment: ShipmentId) -> Result<Vec<EvidenceRow>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT message, recipient_key FROM evidence WHERE shipment = ?1 ORDER BY message",
        )?;
        let evidence = |row: &Row<'_>| {
            let Column(recipient) = row.get("recipient_key")?;
            Ok(EvidenceRow { message: row.get("message")?, recipient })
        };
        Ok(statement.query_map([shipment], evidence)?.collect::<rusqlite::Result<_>>()?)
    }

    /// The receipts that wait for a shipment like this one: of its sender, with its reference, or without any and
    /// with one of its dispatches.
    ///
    /// # Errors
    /// When the database fails.
    pub fn parked_for(&self, shipment: ShipmentId) -> Result<Vec<MessageId>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT evidence.message FROM shipment JOIN evidence
                 ON evidence.account = shipment.account AND evidence.sender_key = shipment.sender_key
             WHERE shipment.id = :shipment AND evidence.shipment IS NULL
               AND CASE evidence.reference
                     WHEN '' THEN evidence.dispatch IN
                         (SELECT envelope FROM dispatch WHERE dispatch.shipment = :shipment)
                     ELSE evidence.reference = shipment.reference END
             ORDER BY evidence.message",
        )?;
        let rows = statement.query_map(named_params! { ":shipment": shipment }, |row| row.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// How many receipts wait for their shipment.
    ///
    /// # Errors
    /// When the database fails.
    pub fn parked(&self) -> Result<i64> {
        let count = "SELECT count(*) FROM evidence WHERE shipment IS NULL";
        Ok(self.connection.query_row(count, [], |row| row.get(0))?)
    }
}

impl Writer<'_> {
    /// Files a receipt under its shipment; without one it waits, parked, until one founds the shipment.
    ///
    /// # Errors
    /// When the database fails.
    pub fn file_evidence(
        &mut self,
        account: AccountId,
        message: MessageId,
        evidence: &Evidence,
        shipment: Option<ShipmentId>,
    ) -> Result<()> {
        self.connection
            .prepare_cached(
                "INSERT INTO evidence (message, account, reference, dispatch, sender_key, recipient_key, shipment)
                 VALUES (:message, :account, :reference, :dispatch, :sender, :recipient, :shipment)
                 ON CONFLICT (message) DO UPDATE SET shipment = excluded.shipment",
            )?
            .execute(named_params! {
                ":message": message,
                ":account": account,
                ":reference": evidence.reference.as_deref().unwrap_or_default(),
                ":dispatch": evidence.dispatch,
                ":sender": evidence.sender.key(),
                ":recipient": evidence.fact.recipient().map(Address::key).unwrap_or_default(),
                ":shipment": shipment,
            })?;
        Ok(())
    }
}
