//! Shipments: sent messages, with what is known of each of their recipients.
//!
//! The rows of a shipment are a [`Delivery`], the join of all evidence on it. The columns `state`, `pending` and
//! `contradictory` of a shipment are derived from those rows, for lists, and written with them.

use std::collections::BTreeSet;

use jiff::Timestamp;
use recapito_pec::Address;
use recapito_pec::delivery::{Candidate, Delivery, Evidence, Failure, State, Status};
use rusqlite::{Row, named_params};

use super::evidence::EvidenceRow;
use super::outbox::OutboxState;
use super::value::{Column, certified_time, text};
use super::{Page, Reader, Result, Writer, search_pattern};
use crate::identity::{AccountId, ShipmentId};

/// A shipment with everything that hangs on it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Shipment {
    /// Its row.
    pub id: ShipmentId,
    /// What it was founded with.
    pub head: Head,
    /// Where it stands in the outbox; none for an imported one.
    pub outbox: Option<OutboxState>,
    /// What is known of its recipients.
    pub delivery: Delivery,
    /// The receipts about it, in the order they were stored.
    pub evidence: Vec<EvidenceRow>,
}

/// What a shipment is founded with.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Head {
    /// Whose.
    pub account: AccountId,
    /// The Message-ID it was submitted with. Absent where an imported one's is not certified.
    pub reference: Option<String>,
    /// From, or the certified sender.
    pub sender: Address,
    /// Whether it was sent from here.
    pub origin: Origin,
    /// Its subject.
    pub subject: Option<String>,
    /// When its submission began; absent before that, and for an imported one.
    pub submitted_at: Option<Timestamp>,
}

/// How a shipment came to be known.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Origin {
    /// By its acceptance or refusal only: it was sent with another program.
    Imported,
    /// It was sent, or is to be sent, from here.
    Sent,
}

impl Origin {
    /// The word of the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Imported => "imported",
            Self::Sent => "sent",
        }
    }

    /// The origin that a word of [`Origin::as_str`] stands for.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Imported, Self::Sent].into_iter().find(|origin| origin.as_str() == word)
    }
}

/// Which shipments a list shows.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Filter {
    /// Every one.
    #[default]
    All,
    /// Those that will not reach a recipient: failed, refused, rejected.
    Failed,
    /// Those of which more is awaited: receipts, or the end of their submission.
    Pending,
}

impl Reader<'_> {
    /// A page of the shipments: problems first, then late ones, then the rest, each with the latest first. With
    /// `search`, those whose subject or a recipient holds the text.
    ///
    /// # Errors
    /// When the database fails.
    pub fn shipments(&self, filter: Filter, search: Option<&str>, page: Page) -> Result<Vec<Shipment>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT shipment.*, outbox.state AS outbox_state
             FROM shipment LEFT JOIN outbox ON outbox.shipment = shipment.id
             WHERE CASE :filter
                     WHEN 'failed' THEN shipment.state IN ('refused', 'failed') OR outbox.state IS 'rejected'
                     WHEN 'pending' THEN shipment.pending AND outbox.state IS NOT 'rejected'
                                         AND outbox.state IS NOT 'draft'
                                         OR outbox.state IN ('waiting', 'submitting', 'uncertain')
                     ELSE 1 END
               AND (:search = '%' OR shipment.subject LIKE :search ESCAPE '\\'
                    OR EXISTS (SELECT 1 FROM recipient WHERE recipient.shipment = shipment.id
                               AND address LIKE :search ESCAPE '\\'))
             ORDER BY CASE
                 WHEN outbox.state IN ('rejected', 'uncertain') OR shipment.state IN ('refused', 'failed')
                      OR contradictory THEN 0
                 WHEN shipment.state IN ('delayed-12h', 'delayed-24h') THEN 1
                 ELSE 2 END, shipment.id DESC
             LIMIT :limit OFFSET :offset",
        )?;
        let filter = match filter {
            Filter::All => "all",
            Filter::Failed => "failed",
            Filter::Pending => "pending",
        };
        let values = named_params! {
            ":filter": filter,
            ":search": search_pattern(search),
            ":limit": page.limit,
            ":offset": page.offset,
        };
        let rows = statement.query_map(values, shipment)?.collect::<rusqlite::Result<Vec<_>>>()?;
        rows.into_iter().map(|shipment| self.with_delivery(shipment)).collect()
    }

    /// One shipment.
    ///
    /// # Errors
    /// [`super::Error::Unknown`] if there is none such.
    pub fn shipment(&self, id: ShipmentId) -> Result<Shipment> {
        let mut statement = self.connection.prepare_cached(
            "SELECT shipment.*, outbox.state AS outbox_state
             FROM shipment LEFT JOIN outbox ON outbox.shipment = shipment.id WHERE shipment.id = ?1",
        )?;
        let shipment = statement.query_row([id], shipment)?;
        self.with_delivery(shipment)
    }

    /// The shipments that evidence may speak of: of its sender, with its reference, its dispatch, or the reference
    /// that only its header gives.
    ///
    /// # Errors
    /// When the database fails.
    pub fn candidates(
        &self,
        account: AccountId,
        evidence: &Evidence,
        header_reference: Option<&str>,
    ) -> Result<Vec<Candidate<ShipmentId>>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT *, NULL AS outbox_state FROM shipment
             WHERE account = :account AND sender_key = :sender AND reference <> ''
               AND reference IN (:reference, :header_reference)
             UNION
             SELECT shipment.*, NULL FROM shipment JOIN dispatch ON dispatch.shipment = shipment.id
             WHERE account = :account AND sender_key = :sender AND envelope = :envelope
             ORDER BY id",
        )?;
        let values = named_params! {
            ":account": account,
            ":sender": evidence.sender.key(),
            ":reference": evidence.reference,
            ":header_reference": header_reference,
            ":envelope": evidence.dispatch,
        };
        let rows = statement.query_map(values, shipment)?.collect::<rusqlite::Result<Vec<_>>>()?;
        let candidate = |row: Shipment| {
            let delivery = self.delivery(row.id)?;
            Ok(Candidate {
                id: row.id,
                reference: row.head.reference.unwrap_or_default(),
                sender: row.head.sender,
                subject: row.head.subject,
                recipients: delivery.recipients.into_keys().collect(),
                dispatches: delivery.dispatches,
            })
        };
        rows.into_iter().map(candidate).collect()
    }

    /// When the submission of a shipment began here, if it did.
    ///
    /// # Errors
    /// [`super::Error::Unknown`] if there is no such shipment.
    pub fn submitted_at(&self, shipment: ShipmentId) -> Result<Option<Timestamp>> {
        let mut statement =
            self.connection.prepare_cached("SELECT submitted_at FROM shipment WHERE id = ?1")?;
        let Column(submitted_at) = statement.query_row([shipment], |row| row.get(0))?;
        Ok(submitted_at)
    }

    /// What is known of a shipment's recipients.
    ///
    /// # Errors
    /// When the database fails.
    pub fn delivery(&self, shipment: ShipmentId) -> Result<Delivery> {
        let mut recipients = self
            .connection
            .prepare_cached("SELECT * FROM recipient WHERE shipment = ?1 ORDER BY address_key")?;
        let mut dispatches =
            self.connection.prepare_cached("SELECT envelope FROM dispatch WHERE shipment = ?1")?;
        Ok(Delivery {
            recipients: recipients.query_map([shipment], status)?.collect::<rusqlite::Result<_>>()?,
            dispatches: dispatches
                .query_map([shipment], |row| row.get(0))?
                .collect::<rusqlite::Result<_>>()?,
        })
    }

    fn with_delivery(&self, shipment: Shipment) -> Result<Shipment> {
        let delivery = self.delivery(shipment.id)?;
        let evidence = self.evidence_of(shipment.id)?;
        Ok(Shipment { delivery, evidence, ..shipment })
    }
}

impl Writer<'_> {
    /// Makes a shipment, without recipients: [`Writer::set_delivery`] gives it those.
    ///
    /// # Errors
    /// When the database fails, or there is a shipment of this account, reference and sender.
    pub fn add_shipment(&mut self, head: &Head) -> Result<ShipmentId> {
        self.connection
            .prepare_cached(
                "INSERT INTO shipment (account, reference, sender, sender_key, origin, subject, submitted_at)
                 VALUES (:account, :reference, :sender, :sender_key, :origin, :subject, :submitted_at)",
            )?
            .execute(named_params! {
                ":account": head.account,
                ":reference": head.reference.as_deref().unwrap_or_default(),
                ":sender": head.sender.as_str(),
                ":sender_key": head.sender.key(),
                ":origin": Column(head.origin),
                ":subject": head.subject.as_deref().unwrap_or_default(),
                ":submitted_at": Column(head.submitted_at),
            })?;
        Ok(ShipmentId(self.connection.last_insert_rowid()))
    }

    /// Replaces what is known of a shipment's recipients, writing what differs from what is stored.
    ///
    /// # Errors
    /// When the database fails.
    pub fn set_delivery(&mut self, shipment: ShipmentId, delivery: &Delivery) -> Result<()> {
        let stored = self.delivery(shipment)?;
        for (address, status) in &delivery.recipients {
            let same_spelling = |(known, _): (&Address, &Status)| known.as_str() == address.as_str();
            let is_stored = stored.recipients.get(address) == Some(status)
                && stored.recipients.get_key_value(address).is_some_and(same_spelling);
            if !is_stored {
                self.set_status(shipment, address, status)?;
            }
        }
        for address in stored.recipients.keys().filter(|address| !delivery.recipients.contains_key(address)) {
            self.connection.execute(
                "DELETE FROM recipient WHERE shipment = :shipment AND address_key = :key",
                named_params! { ":shipment": shipment, ":key": address.key() },
            )?;
        }
        for dispatch in delivery.dispatches.difference(&stored.dispatches) {
            self.connection.execute(
                "INSERT INTO dispatch (shipment, envelope) VALUES (:shipment, :envelope)",
                named_params! { ":shipment": shipment, ":envelope": dispatch },
            )?;
        }
        self.connection
            .prepare_cached(
                "UPDATE shipment SET state = :state, pending = :pending, contradictory = :contradictory
                 WHERE id = :shipment",
            )?
            .execute(named_params! {
                ":shipment": shipment,
                ":state": delivery.state().map_or("", State::as_str),
                ":pending": delivery.is_pending(),
                ":contradictory": delivery.is_contradictory(),
            })?;
        Ok(())
    }

    fn set_status(&mut self, shipment: ShipmentId, address: &Address, status: &Status) -> Result<()> {
        let seen: Vec<_> = status.seen.iter().map(|state| state.as_str()).collect();
        let failure = status.failure.as_ref();
        self.connection
            .prepare_cached(
                "INSERT OR REPLACE INTO recipient
                     (shipment, address, address_key, state, since, since_offset, error, error_text, evidence, seen)
                 VALUES
                     (:shipment, :address, :address_key, :state, :since, :since_offset, :error, :error_text,
                      :evidence, :seen)",
            )?
            .execute(named_params! {
                ":shipment": shipment,
                ":address": address.as_str(),
                ":address_key": address.key(),
                ":state": Column(status.state),
                ":since": Column(status.since.map(|since| since.instant)),
                ":since_offset": status.since.map_or(0, |since| since.offset.seconds()),
                ":error": failure.map_or("", |failure| &failure.error),
                ":error_text": failure.and_then(|failure| failure.text.as_deref()).unwrap_or_default(),
                ":evidence": Column(status.evidence),
                ":seen": seen.join(" "),
            })?;
        Ok(())
    }
}

/// A row without what hangs on it.
fn shipment(row: &Row<'_>) -> rusqlite::Result<Shipment> {
    let Column(origin) = row.get("origin")?;
    let Column(submitted_at) = row.get("submitted_at")?;
    let outbox: Option<Column<OutboxState>> = row.get("outbox_state")?;
    let head = Head {
        account: row.get("account")?,
        reference: text(row, "reference")?,
        sender: Address::new(&row.get::<_, String>("sender")?),
        origin,
        subject: text(row, "subject")?,
        submitted_at,
    };
    let outbox = outbox.map(|Column(state)| state);
    Ok(Shipment { id: row.get("id")?, head, outbox, delivery: Delivery::default(), evidence: Vec::new() })
}

fn status(row: &Row<'_>) -> rusqlite::Result<(Address, Status)> {
    let Column(state) = row.get("state")?;
    let Column(evidence) = row.get("evidence")?;
    let Column(seen) = row.get::<_, Column<BTreeSet<State>>>("seen")?;
    // A refusal and a failure always say why, if only with an empty word.
    let failure = match state {
        State::Failed | State::Refused => {
            Some(Failure { error: row.get("error")?, text: text(row, "error_text")? })
        }
        _ => None,
    };
    let since = certified_time(row, "since", "since_offset")?;
    let address = Address::new(&row.get::<_, String>("address")?);
    Ok((address, Status { state, since, failure, evidence, seen }))
}
