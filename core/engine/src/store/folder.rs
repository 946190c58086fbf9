//! Folders of a mailbox, and how far each is stored. What follows from that is decided in `cursor`.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, named_params};

use super::value::Column;
use super::{Error, Reader, Result, Writer};
use crate::cursor::FolderState;
use crate::identity::{AccountId, FolderName, MessageId, Uid, UidValidity};

/// A folder's row. Only its number of this store; the folder itself is an account and a [`FolderName`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct FolderId(pub(super) i64);

impl Reader<'_> {
    /// How far a folder is stored; none if it was never opened.
    ///
    /// # Errors
    /// When the database fails.
    pub fn folder(&self, account: AccountId, name: &FolderName) -> Result<Option<(FolderId, FolderState)>> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT * FROM folder WHERE account = :account AND name = :name")?;
        let values = named_params! { ":account": account, ":name": name };
        Ok(statement.query_row(values, |row| Ok((FolderId(row.get("id")?), state(row)?))).optional()?)
    }

    /// The UIDs of a folder, from one on, whose messages are stored.
    ///
    /// # Errors
    /// When the database fails.
    pub fn uids(&self, account: AccountId, name: &FolderName, from: Uid) -> Result<BTreeSet<Uid>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT uid FROM place JOIN folder
                 ON folder.id = place.folder AND folder.uid_validity = place.uid_validity
             WHERE account = :account AND name = :name AND uid >= :from",
        )?;
        let values = named_params! { ":account": account, ":name": name, ":from": from };
        let rows = statement.query_map(values, |row| row.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

impl Writer<'_> {
    /// Begins a folder at its first UID: newly, or anew, which forgets where its messages lie but no message.
    ///
    /// # Errors
    /// When the database fails.
    pub fn open_folder(
        &mut self,
        account: AccountId,
        name: &FolderName,
        uid_validity: UidValidity,
        alerts_from: Uid,
    ) -> Result<()> {
        self.connection.execute(
            "DELETE FROM place WHERE folder = (SELECT id FROM folder WHERE account = :account AND name = :name)",
            named_params! { ":account": account, ":name": name },
        )?;
        self.connection.execute(
            "INSERT INTO folder (account, name, uid_validity, alerts_from)
             VALUES (:account, :name, :uid_validity, :alerts_from)
             ON CONFLICT (account, name) DO UPDATE SET
                 uid_validity = excluded.uid_validity, alerts_from = excluded.alerts_from,
                 next_uid = 1, highest_modseq = 0, proven_at = 0",
            named_params! {
                ":account": account,
                ":name": name,
                ":uid_validity": uid_validity,
                ":alerts_from": alerts_from,
            },
        )?;
        Ok(())
    }

    /// Moves the cursor on; never back, since another process may be further.
    ///
    /// # Errors
    /// When the database fails.
    pub fn advance_folder(&mut self, folder: FolderId, next_uid: Uid) -> Result<()> {
        self.connection
            .prepare_cached("UPDATE folder SET next_uid = max(next_uid, :next_uid) WHERE id = :folder")?
            .execute(named_params! { ":folder": folder.0, ":next_uid": next_uid })?;
        Ok(())
    }

    /// Notes that everything EXAMINE spoke of is stored: the cursor moves to its UIDNEXT, and `at` becomes the time
    /// to which the absence of a receipt is known.
    ///
    /// # Errors
    /// [`Error::FolderChanged`] if the folder is of another UIDVALIDITY meanwhile.
    pub fn complete_folder(
        &mut self,
        account: AccountId,
        name: &FolderName,
        uid_validity: UidValidity,
        uid_next: Option<Uid>,
        highest_modseq: Option<u64>,
        at: Timestamp,
    ) -> Result<()> {
        let changed = self.connection.execute(
            "UPDATE folder SET next_uid = max(next_uid, :uid_next), highest_modseq = :highest_modseq,
                 proven_at = max(proven_at, :at)
             WHERE account = :account AND name = :name AND uid_validity = :uid_validity",
            named_params! {
                ":account": account,
                ":name": name,
                ":uid_validity": uid_validity,
                ":uid_next": uid_next.unwrap_or(Uid::FIRST),
                // RFC 7162 §3.1.2.2: a positive number below 2^63.
                ":highest_modseq": highest_modseq.and_then(|value| i64::try_from(value).ok()).unwrap_or(0),
                ":at": Column(at),
            },
        )?;
        match changed {
            0 => Err(Error::FolderChanged),
            _ => Ok(()),
        }
    }

    /// Notes where a message lies. A server that gives a UID twice is believed the second time.
    ///
    /// # Errors
    /// When the database fails.
    pub fn place(
        &mut self,
        message: MessageId,
        folder: FolderId,
        uid_validity: UidValidity,
        uid: Uid,
    ) -> Result<()> {
        self.connection
            .prepare_cached(
                "INSERT INTO place (folder, uid_validity, uid, message)
                 VALUES (:folder, :uid_validity, :uid, :message)
                 ON CONFLICT (folder, uid_validity, uid) DO UPDATE SET message = excluded.message",
            )?
            .execute(named_params! {
                ":folder": folder.0,
                ":uid_validity": uid_validity,
                ":uid": uid,
                ":message": message,
            })?;
        Ok(())
    }
}

fn state(row: &Row<'_>) -> rusqlite::Result<FolderState> {
    let Column(proven_at) = row.get("proven_at")?;
    Ok(FolderState {
        uid_validity: row.get("uid_validity")?,
        next_uid: row.get("next_uid")?,
        alerts_from: row.get("alerts_from")?,
        highest_modseq: row
            .get::<_, i64>("highest_modseq")
            .map(|value| u64::try_from(value).ok())?
            .filter(|v| *v > 0),
        proven_at,
    })
}
