//! Events as rows, and who has acknowledged how many of them.

use rusqlite::{OptionalExtension, Row, named_params};

use super::value::Column;
use super::{Reader, Result, Writer};
use crate::event::Event;

impl Reader<'_> {
    /// The events behind a position, at most `limit`, in their order.
    ///
    /// # Errors
    /// When the database fails.
    pub fn events_after(&self, position: i64, limit: u32) -> Result<Vec<Event>> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT * FROM event WHERE position > ?1 ORDER BY position LIMIT ?2")?;
        Ok(statement.query_map((position, limit), event)?.collect::<rusqlite::Result<_>>()?)
    }

    /// The position up to which a consumer has acknowledged; 0 for one that never did.
    ///
    /// # Errors
    /// When the database fails.
    pub fn acknowledged(&self, consumer: &str) -> Result<i64> {
        let mut statement =
            self.connection.prepare_cached("SELECT acknowledged FROM consumer WHERE name = ?1")?;
        Ok(statement.query_row([consumer], |row| row.get(0)).optional()?.unwrap_or(0))
    }
}

impl Writer<'_> {
    /// Adds an event, unless the account has one of this identity, and gives its position. The one in `event` is not
    /// looked at.
    ///
    /// # Errors
    /// When the database fails.
    pub fn add_event(&mut self, event: &Event) -> Result<Option<i64>> {
        let added = self
            .connection
            .prepare_cached(
                "INSERT INTO event (identity, account, at, kind, shipment, recipient, message)
                 VALUES (:identity, :account, :at, :kind, :shipment, :recipient, :message)
                 ON CONFLICT (account, identity) DO NOTHING",
            )?
            .execute(named_params! {
                ":identity": Column(event.id),
                ":account": event.account,
                ":at": Column(event.at),
                ":kind": Column(event.kind),
                ":shipment": event.shipment,
                ":recipient": event.recipient.as_ref().map_or("", |address| address.as_str()),
                ":message": event.message,
            })?;
        Ok((added > 0).then(|| self.connection.last_insert_rowid()))
    }

    /// Notes that a consumer has dealt with every event up to this position. It never goes back, and never beyond
    /// the last event there is.
    ///
    /// # Errors
    /// When the database fails.
    pub fn acknowledge(&mut self, consumer: &str, position: i64) -> Result<()> {
        self.connection.execute(
            "INSERT INTO consumer (name, acknowledged)
             VALUES (:name, min(:position, (SELECT coalesce(max(position), 0) FROM event)))
             ON CONFLICT (name) DO UPDATE SET acknowledged = max(acknowledged, excluded.acknowledged)",
            named_params! { ":name": consumer, ":position": position },
        )?;
        Ok(())
    }
}

fn event(row: &Row<'_>) -> rusqlite::Result<Event> {
    let Column(id) = row.get("identity")?;
    let Column(at) = row.get("at")?;
    let Column(kind) = row.get("kind")?;
    let Column(recipient) = row.get("recipient")?;
    Ok(Event {
        id,
        position: row.get("position")?,
        at,
        account: row.get("account")?,
        kind,
        shipment: row.get("shipment")?,
        recipient,
        message: row.get("message")?,
    })
}
