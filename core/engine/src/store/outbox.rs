//! The outbox as rows: what waits to be sent, and the journal of sending it.
//!
//! Each step of the journal names the state it comes from, so that a step that comes too late, after a receipt has
//! settled the message, changes nothing. What a step means is decided a layer above.

use jiff::Timestamp;
use recapito_pec::Address;
use recapito_pec::delivery::Status;
use rusqlite::{OptionalExtension, Row, named_params};

use super::shipment::{Head, Origin};
use super::value::Column;
use super::{Installation, Reader, Result, Turn, Writer};
use crate::compose::Composed;
use crate::identity::{AccountId, ShipmentId};

/// A message of the outbox, without its bytes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Entry {
    /// The shipment it is, or becomes.
    pub shipment: ShipmentId,
    /// The account that submits it.
    pub account: AccountId,
    /// Its Message-ID, with angle brackets.
    pub reference: String,
    /// Its sender.
    pub sender: Address,
    /// Its subject.
    pub subject: String,
    /// To and Cc.
    pub recipients: Vec<Address>,
    /// Where it stands.
    pub state: OutboxState,
    /// Whether the final dot may have gone out; of meaning while submitting.
    pub dot: bool,
    /// How often its submission was begun.
    pub attempts: u32,
    /// Not to be submitted before; absent for at once.
    pub next_at: Option<Timestamp>,
    /// The server's last words; may be empty.
    pub answer: String,
    /// When it was put in.
    pub created_at: Timestamp,
    /// When its state last changed.
    pub changed_at: Timestamp,
    /// Where it was put in.
    pub installation: Installation,
    /// The shipment that it is sent again for.
    pub replaces: Option<ShipmentId>,
}

/// Where a message of the outbox stands, in the order of its life.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum OutboxState {
    /// At rest until its author decides.
    Draft,
    /// To be submitted once it is due.
    Waiting,
    /// Being submitted by the process that has the turn, or by one that has died.
    Submitting,
    /// Submitted up to the dot, and no answer came: never sent again by itself.
    Uncertain,
    /// Taken by the server.
    Submitted,
    /// Refused by the server at submission.
    Rejected,
}

impl OutboxState {
    /// Every state.
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

/// A message claimed for submission: nobody else will submit it while the claim's turn is held.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Claim {
    /// Which message.
    pub shipment: ShipmentId,
    /// Which attempt at it this is, from 1.
    pub attempt: u32,
    /// MAIL FROM.
    pub sender: Address,
    /// RCPT TO.
    pub recipients: Vec<Address>,
    /// The message as it is submitted.
    pub raw: Vec<u8>,
}

impl Reader<'_> {
    /// What is not submitted yet, and what never will be, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub fn outbox(&self) -> Result<Vec<Entry>> {
        let sql = entries("WHERE outbox.state <> 'submitted' ORDER BY outbox.shipment");
        let mut statement = self.connection.prepare_cached(&sql)?;
        Ok(statement.query_map([], entry)?.collect::<rusqlite::Result<_>>()?)
    }

    /// One message of the outbox, submitted ones too.
    ///
    /// # Errors
    /// [`super::Error::Unknown`] if there is none such.
    pub fn outbox_entry(&self, shipment: ShipmentId) -> Result<Entry> {
        let mut statement = self.connection.prepare_cached(&entries("WHERE outbox.shipment = ?1"))?;
        Ok(statement.query_row([shipment], entry)?)
    }

    /// The bytes of a message that was sent, or is to be sent, from here; none for an imported one.
    ///
    /// # Errors
    /// When the database fails.
    pub fn submitted_raw(&self, shipment: ShipmentId) -> Result<Option<Vec<u8>>> {
        let mut statement = self.connection.prepare_cached("SELECT raw FROM outbox WHERE shipment = ?1")?;
        Ok(statement.query_row([shipment], |row| row.get(0)).optional()?)
    }

    /// The oldest message of an account that waits and is due.
    ///
    /// # Errors
    /// When the database fails.
    pub fn due(&self, account: AccountId, now: Timestamp) -> Result<Option<ShipmentId>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT outbox.shipment FROM outbox JOIN shipment ON shipment.id = outbox.shipment
             WHERE shipment.account = :account AND outbox.state = 'waiting' AND next_at <= :now
             ORDER BY outbox.shipment LIMIT 1",
        )?;
        let values = named_params! { ":account": account, ":now": Column(now) };
        Ok(statement.query_row(values, |row| row.get(0)).optional()?)
    }
}

impl Writer<'_> {
    /// Puts a message into the outbox, to be submitted at once.
    ///
    /// # Errors
    /// When the database fails.
    pub fn enqueue(
        &mut self,
        account: AccountId,
        message: &Composed,
        installation: &Installation,
        now: Timestamp,
    ) -> Result<ShipmentId> {
        let shipment = self.add_shipment(&Head {
            account,
            reference: Some(message.reference.clone()),
            sender: message.sender.clone(),
            origin: Origin::Sent,
            subject: Some(message.subject.clone()),
            submitted_at: None,
        })?;
        let recipients: Vec<&str> = message.recipients.iter().map(Address::as_str).collect();
        self.connection.execute(
            "INSERT INTO outbox (shipment, state, raw, recipients, created_at, changed_at, installation)
             VALUES (:shipment, 'waiting', :raw, :recipients, :now, :now, :installation)",
            named_params! {
                ":shipment": shipment,
                ":raw": message.raw,
                ":recipients": recipients.join("\n"),
                ":now": Column(now),
                ":installation": installation.as_str(),
            },
        )?;
        Ok(shipment)
    }

    /// Claims a message that waits and is due, put in by this installation: from here on it may be on its way, and
    /// receipts find it. `None` if it is none such (any more).
    ///
    /// # Errors
    /// When the database fails.
    pub fn claim(
        &mut self,
        turn: &Turn,
        shipment: ShipmentId,
        installation: &Installation,
        now: Timestamp,
    ) -> Result<Option<Claim>> {
        let claim = self
            .connection
            .prepare_cached(
                "UPDATE outbox SET state = 'submitting', dot = 0, attempts = attempts + 1, changed_at = :now
                 FROM shipment
                 WHERE shipment.id = outbox.shipment AND outbox.shipment = :shipment AND account = :account
                     AND outbox.state = 'waiting' AND next_at <= :now AND installation = :installation
                 RETURNING attempts, raw, recipients, (SELECT sender FROM shipment WHERE id = :shipment)",
            )?
            .query_row(
                named_params! {
                    ":shipment": shipment,
                    ":account": turn.account(),
                    ":installation": installation.as_str(),
                    ":now": Column(now),
                },
                |row| {
                    Ok(Claim {
                        shipment,
                        attempt: row.get(0)?,
                        raw: row.get(1)?,
                        recipients: addresses(&row.get::<_, String>(2)?),
                        sender: Address::new(&row.get::<_, String>(3)?),
                    })
                },
            )
            .optional()?;
        if let Some(claim) = &claim {
            self.await_receipts(claim, now)?;
        }
        Ok(claim)
    }

    /// A receipt may come as soon as the server has the message, so the shipment is complete before that. The time
    /// stays that of the first attempt: a receipt of it would look forged if signed before a later one.
    fn await_receipts(&mut self, claim: &Claim, now: Timestamp) -> Result<()> {
        self.connection.execute(
            "UPDATE shipment SET submitted_at = :now WHERE id = :shipment AND submitted_at = 0",
            named_params! { ":shipment": claim.shipment, ":now": Column(now) },
        )?;
        let mut delivery = self.delivery(claim.shipment)?;
        for address in &claim.recipients {
            delivery.recipients.entry(address.clone()).or_insert_with(Status::submitted);
        }
        self.set_delivery(claim.shipment, &delivery)
    }

    /// Notes that the final dot may go out from now on. Says no if the claim does not stand any more: then it must
    /// not.
    ///
    /// # Errors
    /// When the database fails.
    pub fn mark_dot(&mut self, shipment: ShipmentId, attempt: u32) -> Result<bool> {
        let changed = self.connection.execute(
            "UPDATE outbox SET dot = 1
             WHERE shipment = :shipment AND state = 'submitting' AND attempts = :attempt",
            named_params! { ":shipment": shipment, ":attempt": attempt },
        )?;
        Ok(changed > 0)
    }

    /// Moves a message from one state to another, due at once or at `next_at`. Says whether it was in the first one.
    ///
    /// # Errors
    /// When the database fails.
    pub fn move_entry(
        &mut self,
        shipment: ShipmentId,
        from: OutboxState,
        to: OutboxState,
        next_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<bool> {
        let changed = self.connection.execute(
            "UPDATE outbox SET state = :to, dot = 0, next_at = :next_at, changed_at = :now
             WHERE shipment = :shipment AND state = :from",
            named_params! {
                ":shipment": shipment,
                ":from": Column(from),
                ":to": Column(to),
                ":next_at": Column(next_at),
                ":now": Column(now),
            },
        )?;
        if changed > 0 && matches!(to, OutboxState::Draft | OutboxState::Rejected | OutboxState::Waiting) {
            self.await_no_receipts(shipment)?;
        }
        Ok(changed > 0)
    }

    /// What was not sent has no recipients to hear of, except those that evidence speaks of nevertheless.
    fn await_no_receipts(&mut self, shipment: ShipmentId) -> Result<()> {
        let mut delivery = self.delivery(shipment)?;
        delivery.recipients.retain(|_, status| status.evidence.is_some());
        self.set_delivery(shipment, &delivery)
    }

    /// Keeps the server's last words about a message.
    ///
    /// # Errors
    /// When the database fails.
    pub fn note_answer(&mut self, shipment: ShipmentId, answer: &str) -> Result<()> {
        self.connection
            .execute("UPDATE outbox SET answer = ?2 WHERE shipment = ?1", (shipment, answer))
            .map(|_| ())
            .map_err(Into::into)
    }

    /// A receipt proves that the provider took the message: whatever the journal thought, it is submitted, and is
    /// never sent again. Says whether that was news.
    ///
    /// # Errors
    /// When the database fails.
    pub fn settle_by_evidence(&mut self, shipment: ShipmentId, now: Timestamp) -> Result<bool> {
        let changed = self
            .connection
            .prepare_cached(
                "UPDATE outbox SET state = 'submitted', dot = 0, changed_at = :now
                 WHERE shipment = :shipment AND state <> 'submitted'",
            )?
            .execute(named_params! { ":shipment": shipment, ":now": Column(now) })?;
        Ok(changed > 0)
    }
}

/// A query of entries with this condition and order.
fn entries(rest: &str) -> String {
    format!(
        "SELECT outbox.shipment, account, reference, sender, subject, recipients, outbox.state AS state, dot,
             attempts, next_at, answer, created_at, changed_at, installation, replaces
         FROM outbox JOIN shipment ON shipment.id = outbox.shipment {rest}"
    )
}

fn entry(row: &Row<'_>) -> rusqlite::Result<Entry> {
    let Column(state) = row.get("state")?;
    let Column(next_at) = row.get("next_at")?;
    let Column(created_at) = row.get("created_at")?;
    let Column(changed_at) = row.get("changed_at")?;
    Ok(Entry {
        shipment: row.get("shipment")?,
        account: row.get("account")?,
        reference: row.get("reference")?,
        sender: Address::new(&row.get::<_, String>("sender")?),
        subject: row.get("subject")?,
        recipients: addresses(&row.get::<_, String>("recipients")?),
        state,
        dot: row.get("dot")?,
        attempts: row.get("attempts")?,
        next_at,
        answer: row.get("answer")?,
        created_at,
        changed_at,
        installation: Installation::from_text(&row.get::<_, String>("installation")?),
        replaces: row.get("replaces")?,
    })
}

fn addresses(lines: &str) -> Vec<Address> {
    lines.lines().map(Address::new).collect()
}
