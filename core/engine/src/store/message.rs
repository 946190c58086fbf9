//! Messages: the bytes as they were received, and what was found in them.

use std::collections::BTreeSet;

use jiff::Timestamp;
use recapito_pec::verification::EvidenceDigest;
use recapito_pec::{CertifiedTime, Kind, Note, Verdict};
use rusqlite::{OptionalExtension, Row, named_params};

use super::value::{Column, certified_time, text};
use super::{Page, Reader, Result, Writer, search_pattern};
use crate::identity::{AccountId, FolderName, MessageId, Uid};

/// A message's row, without its bytes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Message {
    /// Its row.
    pub id: MessageId,
    /// Of which mailbox.
    pub account: AccountId,
    /// Bytes, as received.
    pub size: u64,
    /// When it was first seen here.
    pub first_seen: Timestamp,
    /// Whether it lay in the mailbox before the account was added.
    pub backlog: bool,
    /// What was found in it.
    pub finding: Finding,
    /// What it carries.
    pub attachments: Vec<Attachment>,
    /// Where it lies on the server; nowhere if it is gone.
    pub places: Vec<Place>,
}

/// What was found in a message: derived from its bytes, by rules that may change.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Finding {
    /// The version of the rules.
    pub rules: u32,
    /// What identifies it as evidence.
    pub evidence: EvidenceDigest,
    /// What it is, or claims to be.
    pub kind: Kind,
    /// Whether it can be believed.
    pub verdict: Verdict,
    /// What else is worth knowing.
    pub notes: BTreeSet<Note>,
    /// Trusted, but its signing time cannot be true: it moves nothing.
    pub implausible: bool,
    /// The certified sender of a trusted message, else From.
    pub sender: Option<String>,
    /// The certified subject of a trusted message, else Subject.
    pub subject: Option<String>,
    /// The certified time of a trusted message, else Date.
    pub time: Option<CertifiedTime>,
}

/// Something that a message carries, for lists.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Attachment {
    /// Its place, as IMAP numbers parts.
    pub part: String,
    /// The name it was given.
    pub name: Option<String>,
    /// Type and subtype in small letters.
    pub media: String,
    /// Decoded bytes.
    pub size: u64,
}

/// Where a message lies on the server.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Place {
    /// In which folder.
    pub folder: FolderName,
    /// Its number there.
    pub uid: Uid,
}

/// A message that may be new.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// To which mailbox.
    pub account: AccountId,
    /// The bytes.
    pub raw: Vec<u8>,
    /// SHA-256 of the bytes.
    pub digest: [u8; 32],
    /// When it was seen.
    pub seen: Timestamp,
    /// Whether it lay in the mailbox before the account was added.
    pub backlog: bool,
    /// What was found in it.
    pub finding: Finding,
    /// What it carries.
    pub attachments: Vec<Attachment>,
}

impl Reader<'_> {
    /// A page of the messages that belong to no shipment, the latest first: what was received, and receipts that
    /// prove nothing here. With `search`, those whose sender or subject holds the text.
    ///
    /// # Errors
    /// When the database fails.
    pub fn received(&self, search: Option<&str>, page: Page) -> Result<Vec<Message>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT * FROM message
             WHERE NOT EXISTS (SELECT 1 FROM evidence WHERE evidence.message = message.id
                               AND evidence.shipment IS NOT NULL)
               AND (:search = '%' OR sender LIKE :search ESCAPE '\\' OR subject LIKE :search ESCAPE '\\')
             ORDER BY time DESC, id DESC LIMIT :limit OFFSET :offset",
        )?;
        let values = named_params! {
            ":search": search_pattern(search),
            ":limit": page.limit,
            ":offset": page.offset,
        };
        let messages = statement.query_map(values, message)?.collect::<rusqlite::Result<Vec<_>>>()?;
        messages.into_iter().map(|message| self.with_details(message)).collect()
    }

    /// One message.
    ///
    /// # Errors
    /// [`super::Error::Unknown`] if there is none such.
    pub fn message(&self, id: MessageId) -> Result<Message> {
        let mut statement = self.connection.prepare_cached("SELECT * FROM message WHERE id = ?1")?;
        let message = statement.query_row([id], message)?;
        self.with_details(message)
    }

    /// The bytes of a message, as they were received.
    ///
    /// # Errors
    /// [`super::Error::Unknown`] if there is none such.
    pub fn raw(&self, id: MessageId) -> Result<Vec<u8>> {
        let mut statement = self.connection.prepare_cached("SELECT bytes FROM raw WHERE message = ?1")?;
        Ok(statement.query_row([id], |row| row.get(0))?)
    }

    /// Messages stored after this one that older rules did not trust, at most `limit`, the oldest first. Those of which
    /// only a part is here are left out.
    ///
    /// # Errors
    /// When the database fails.
    pub fn judged_before(
        &self,
        account: AccountId,
        rules: u32,
        after: MessageId,
        limit: u32,
    ) -> Result<Vec<MessageId>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT id FROM message
             WHERE account = :account AND verdict <> 'trusted' AND verdict <> 'unchecked' AND rules < :rules
                 AND id > :after
             ORDER BY id LIMIT :limit",
        )?;
        let values = named_params! { ":account": account, ":rules": rules, ":after": after, ":limit": limit };
        let rows = statement.query_map(values, |row| row.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    fn with_details(&self, mut message: Message) -> Result<Message> {
        let mut attachments = self.connection.prepare_cached(
            "SELECT part, name, type, size FROM attachment WHERE message = ?1 ORDER BY position",
        )?;
        let attachment = |row: &Row<'_>| {
            let name = text(row, "name")?;
            let Column(size) = row.get("size")?;
            Ok(Attachment { part: row.get("part")?, name, media: row.get("type")?, size })
        };
        message.attachments =
            attachments.query_map([message.id], attachment)?.collect::<rusqlite::Result<_>>()?;
        let mut places = self.connection.prepare_cached(
            "SELECT folder.name, place.uid FROM place JOIN folder ON folder.id = place.folder
             WHERE place.message = ?1 ORDER BY folder.name, place.uid",
        )?;
        let place = |row: &Row<'_>| Ok(Place { folder: row.get("name")?, uid: row.get("uid")? });
        message.places = places.query_map([message.id], place)?.collect::<rusqlite::Result<_>>()?;
        Ok(message)
    }
}

impl Writer<'_> {
    /// The message of these bytes, if the account has it already.
    ///
    /// # Errors
    /// When the database fails.
    pub fn message_by_digest(&self, account: AccountId, digest: &[u8; 32]) -> Result<Option<MessageId>> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT id FROM message WHERE account = :account AND digest = :digest")?;
        let values = named_params! { ":account": account, ":digest": digest.as_slice() };
        Ok(statement.query_row(values, |row| row.get(0)).optional()?)
    }

    /// Keeps a message that the account does not have yet.
    ///
    /// # Errors
    /// When the database fails.
    pub fn add_message(&mut self, arrival: &Arrival) -> Result<MessageId> {
        // What was found follows below, as it does when a message is judged again.
        self.connection
            .prepare_cached(
                "INSERT INTO message (account, digest, size, first_seen, backlog, rules, evidence, kind, verdict)
                 VALUES (:account, :digest, :size, :seen, :backlog, 0, x'', 'ordinary', 'unchecked')",
            )?
            .execute(named_params! {
                ":account": arrival.account,
                ":digest": arrival.digest.as_slice(),
                ":size": Column(arrival.raw.len() as u64),
                ":seen": Column(arrival.seen),
                ":backlog": arrival.backlog,
            })?;
        let id = MessageId(self.connection.last_insert_rowid());
        self.connection
            .prepare_cached("INSERT INTO raw (message, bytes) VALUES (:message, :bytes)")?
            .execute(named_params! { ":message": id, ":bytes": arrival.raw })?;
        let mut attach = self.connection.prepare_cached(
            "INSERT INTO attachment (message, position, part, name, type, size)
             VALUES (:message, :position, :part, :name, :type, :size)",
        )?;
        for (attachment, position) in arrival.attachments.iter().zip(1_u32..) {
            attach.execute(named_params! {
                ":message": id,
                ":position": position,
                ":part": attachment.part,
                ":name": attachment.name.as_deref().unwrap_or_default(),
                ":type": attachment.media,
                ":size": Column(attachment.size),
            })?;
        }
        drop(attach);
        self.set_finding(id, &arrival.finding)?;
        Ok(id)
    }

    /// Replaces what was found in a message.
    ///
    /// # Errors
    /// When the database fails.
    pub fn set_finding(&mut self, message: MessageId, finding: &Finding) -> Result<()> {
        let notes: Vec<_> = finding.notes.iter().map(|note| note.as_str()).collect();
        let time = finding.time;
        self.connection
            .prepare_cached(
                "UPDATE message SET rules = :rules, evidence = :evidence, kind = :kind, verdict = :verdict,
                     notes = :notes, implausible = :implausible, sender = :sender, subject = :subject,
                     time = :time, time_offset = :time_offset
                 WHERE id = :message",
            )?
            .execute(named_params! {
                ":message": message,
                ":rules": finding.rules,
                ":evidence": Column(finding.evidence),
                ":kind": Column(finding.kind),
                ":verdict": Column(finding.verdict),
                ":notes": notes.join(" "),
                ":implausible": finding.implausible,
                ":sender": finding.sender.as_deref().unwrap_or_default(),
                ":subject": finding.subject.as_deref().unwrap_or_default(),
                ":time": Column(time.map(|time| time.instant)),
                ":time_offset": time.map_or(0, |time| time.offset.seconds()),
            })?;
        Ok(())
    }

    /// Notes that a trusted message cannot have been signed when it says so, which ends its being evidence.
    ///
    /// # Errors
    /// When the database fails.
    pub fn mark_implausible(&mut self, message: MessageId) -> Result<()> {
        self.connection.execute("DELETE FROM evidence WHERE message = ?1", [message])?;
        self.connection.execute("UPDATE message SET implausible = 1 WHERE id = ?1", [message])?;
        Ok(())
    }
}

fn message(row: &Row<'_>) -> rusqlite::Result<Message> {
    let Column(size) = row.get("size")?;
    let Column(first_seen) = row.get("first_seen")?;
    let Column(evidence) = row.get("evidence")?;
    let Column(kind) = row.get("kind")?;
    let Column(verdict) = row.get("verdict")?;
    let Column(notes) = row.get("notes")?;
    let finding = Finding {
        rules: row.get("rules")?,
        evidence,
        kind,
        verdict,
        notes,
        implausible: row.get("implausible")?,
        sender: text(row, "sender")?,
        subject: text(row, "subject")?,
        time: certified_time(row, "time", "time_offset")?,
    };
    Ok(Message {
        id: row.get("id")?,
        account: row.get("account")?,
        size,
        first_seen,
        backlog: row.get("backlog")?,
        finding,
        attachments: Vec::new(),
        places: Vec::new(),
    })
}
