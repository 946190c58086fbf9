//! Accounts, and the logins that their servers refused.

use jiff::Timestamp;
use recapito_pec::Address;
use rusqlite::{OptionalExtension, Row, named_params};

use super::value::Column;
use super::{Error, Reader, Result, Writer};
use crate::identity::AccountId;
use crate::secret::PasswordMark;

/// A mailbox of the user's.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Account {
    /// Its row.
    pub id: AccountId,
    /// What the user set.
    pub settings: Settings,
    /// When it was added.
    pub added_at: Timestamp,
}

/// What the user sets for a mailbox. Passwords are not here, nor anywhere in the store.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Settings {
    /// The address, as the user wrote it; no two accounts have the same.
    pub address: Address,
    /// The name to log in with.
    pub login: String,
    /// Where mail is read.
    pub imap: Server,
    /// Where mail is sent.
    pub smtp: Server,
    /// PEM: authorities that are trusted for these servers beside the public ones; mostly empty.
    pub tls_authorities: String,
    /// PEM: anchors that are trusted for this mailbox's receipts beside the PEC authorities; mostly empty.
    pub anchors: String,
}

/// A server, spoken to over TLS from the first byte.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Server {
    /// Its name.
    pub host: String,
    /// Its port.
    pub port: u16,
}

/// A login that a server refused.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LoginRefusal {
    /// Which of the two servers.
    pub protocol: Protocol,
    /// When.
    pub at: Timestamp,
    /// The server's words.
    pub answer: String,
    /// With which password.
    pub password: PasswordMark,
}

/// Which of an account's two servers.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Protocol {
    /// Reading.
    Imap,
    /// Sending.
    Smtp,
}

impl Protocol {
    /// The word of the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Imap => "imap",
            Self::Smtp => "smtp",
        }
    }

    /// The protocol that a word of [`Protocol::as_str`] stands for.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Imap, Self::Smtp].into_iter().find(|protocol| protocol.as_str() == word)
    }
}

impl Reader<'_> {
    /// Every account, in the order they were added.
    ///
    /// # Errors
    /// When the database fails.
    pub fn accounts(&self) -> Result<Vec<Account>> {
        let mut statement = self.connection.prepare_cached("SELECT * FROM account ORDER BY id")?;
        Ok(statement.query_map([], account)?.collect::<rusqlite::Result<_>>()?)
    }

    /// One account.
    ///
    /// # Errors
    /// [`Error::Unknown`] if there is none such.
    pub fn account(&self, id: AccountId) -> Result<Account> {
        let mut statement = self.connection.prepare_cached("SELECT * FROM account WHERE id = ?1")?;
        Ok(statement.query_row([id], account)?)
    }

    /// The login refusal on record, if there is one: nobody tries again while it stands.
    ///
    /// # Errors
    /// When the database fails.
    pub fn login_refusal(&self, account: AccountId, protocol: Protocol) -> Result<Option<LoginRefusal>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT * FROM login_refusal WHERE account = :account AND protocol = :protocol",
        )?;
        let values = named_params! { ":account": account, ":protocol": Column(protocol) };
        let refusal = |row: &Row<'_>| {
            let Column(protocol) = row.get("protocol")?;
            let Column(at) = row.get("at")?;
            let password = PasswordMark(row.get("password")?);
            Ok(LoginRefusal { protocol, at, answer: row.get("answer")?, password })
        };
        Ok(statement.query_row(values, refusal).optional()?)
    }
}

impl Writer<'_> {
    /// Adds an account, or gives the one with this address new settings; its refused logins are struck. What is
    /// stored of it stays.
    ///
    /// # Errors
    /// When the database fails.
    pub fn set_account(&mut self, settings: &Settings, now: Timestamp) -> Result<AccountId> {
        let mut statement = self.connection.prepare_cached(
            "INSERT INTO account
                 (address, address_key, login, imap_host, imap_port, smtp_host, smtp_port, tls_authorities, anchors,
                  added_at)
             VALUES
                 (:address, :address_key, :login, :imap_host, :imap_port, :smtp_host, :smtp_port, :tls_authorities,
                  :anchors, :added_at)
             ON CONFLICT (address_key) DO UPDATE SET
                 address = excluded.address, login = excluded.login,
                 imap_host = excluded.imap_host, imap_port = excluded.imap_port,
                 smtp_host = excluded.smtp_host, smtp_port = excluded.smtp_port,
                 tls_authorities = excluded.tls_authorities, anchors = excluded.anchors
             RETURNING id",
        )?;
        let values = named_params! {
            ":address": settings.address.as_str(),
            ":address_key": settings.address.key(),
            ":login": settings.login,
            ":imap_host": settings.imap.host,
            ":imap_port": settings.imap.port,
            ":smtp_host": settings.smtp.host,
            ":smtp_port": settings.smtp.port,
            ":tls_authorities": settings.tls_authorities,
            ":anchors": settings.anchors,
            ":added_at": Column(now),
        };
        let id = statement.query_row(values, |row| row.get(0))?;
        drop(statement);
        self.clear_login_refusals(id)?;
        Ok(id)
    }

    /// Removes an account and all that belongs to it here: messages, shipments, events, outbox. The mailbox on the
    /// server is not touched.
    ///
    /// # Errors
    /// [`Error::Unknown`] if there is none such.
    pub fn remove_account(&mut self, id: AccountId) -> Result<()> {
        match self.connection.execute("DELETE FROM account WHERE id = ?1", [id])? {
            0 => Err(Error::Unknown),
            _ => Ok(()),
        }
    }

    /// Puts a refused login on record.
    ///
    /// # Errors
    /// When the database fails.
    pub fn note_login_refusal(&mut self, account: AccountId, refusal: &LoginRefusal) -> Result<()> {
        self.connection.execute(
            "INSERT INTO login_refusal (account, protocol, at, answer, password)
             VALUES (:account, :protocol, :at, :answer, :password)
             ON CONFLICT (account, protocol) DO UPDATE SET
                 at = excluded.at, answer = excluded.answer, password = excluded.password",
            named_params! {
                ":account": account,
                ":protocol": Column(refusal.protocol),
                ":at": Column(refusal.at),
                ":answer": refusal.answer,
                ":password": refusal.password.0,
            },
        )?;
        Ok(())
    }

    /// Strikes the refused logins of an account: the password has changed, or the user asks for another try.
    ///
    /// # Errors
    /// When the database fails.
    pub fn clear_login_refusals(&mut self, account: AccountId) -> Result<()> {
        self.connection.execute("DELETE FROM login_refusal WHERE account = ?1", [account])?;
        Ok(())
    }
}

fn account(row: &Row<'_>) -> rusqlite::Result<Account> {
    let Column(added_at) = row.get("added_at")?;
    let settings = Settings {
        address: Address::new(&row.get::<_, String>("address")?),
        login: row.get("login")?,
        imap: Server { host: row.get("imap_host")?, port: row.get("imap_port")? },
        smtp: Server { host: row.get("smtp_host")?, port: row.get("smtp_port")? },
        tls_authorities: row.get("tls_authorities")?,
        anchors: row.get("anchors")?,
    };
    Ok(Account { id: row.get("id")?, settings, added_at })
}
