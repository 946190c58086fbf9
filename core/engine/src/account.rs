//! One mailbox: a refresh or a watch of it, step by step.
//!
//! ```text
//! refresh   submit what is due ── log in ── EXAMINE ── plan ── fetch ──> receive ── … ── complete ── log out
//! watch     the same, then IDLE ── examine and fetch ── IDLE ── … and from the start when the line breaks
//! ```
//! Around IDLE the order is EXAMINE, fetch, IDLE unless something came meanwhile, and a fetch after every wait, so
//! that mail between two IDLEs is not missed (deltachat-core#68). A refused login ends everything and is remembered.
//! Which folders: INBOX, where providers put every receipt. What to do next is decided in [`cursor`] and `retry`.

use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::clock::Clock;
use crate::cursor::{self, Plan, Selected};
use crate::error::Error;
use crate::identity::{FolderName, Uid};
use crate::imap::{self, Body, Connection, IdleEnd, Limits, Session, UidSet};
use crate::net::{self, Endpoint, Timeouts, Trust};
use crate::outbox::Outbox;
use crate::receive::{self, Batch};
use crate::retry;
use crate::secret::{Secret, Secrets};
use crate::smtp::{self, Login, Outcome, Patience};
use crate::store::Store;
use crate::store::account::{Account, LoginRefusal, Protocol};

/// A mailbox, with all that is needed to work on it.
pub(crate) struct Mailbox {
    pub(crate) account: Account,
    pub(crate) store: Store,
    pub(crate) secrets: Arc<dyn Secrets>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) anchors: Arc<recapito_pec::Anchors>,
}

/// What a refresh found.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Refreshed {
    /// Messages fetched and stored.
    pub fetched: usize,
    /// Messages that the server holds and that are too large to be taken, with their sizes in bytes.
    pub too_large: Vec<u64>,
}

/// What a watch tells while it goes on.
#[derive(Debug)]
pub enum Pulse {
    /// The line is up, and everything up to now is stored.
    Current,
    /// There may be new event rows.
    Events,
    /// The line broke; it is tried again in a while.
    Lost {
        /// Why.
        error: Error,
        /// When it is tried again.
        retry_in: Duration,
    },
}

impl Mailbox {
    /// Submits what is due, then fetches what is new. What was stored stays stored if it ends early.
    pub(crate) async fn refresh(&self, pulse: &(dyn Fn(Pulse) + Send + Sync)) -> Result<Refreshed, Error> {
        // Its failure must not keep receipts from being read: they may be what settles the outbox.
        let submitted = self.submit_due().await;
        let mut session = self.log_in().await?;
        let refreshed = self.catch_up(&mut session, pulse).await?;
        // What was fetched is stored: how the goodbye goes does not matter.
        let _ = session.logout().await;
        submitted.map(|()| refreshed)
    }

    /// Stays with the mailbox until `stop` changes, or until something ends it that will not pass by itself.
    pub(crate) async fn watch(
        &self,
        mut stop: watch::Receiver<bool>,
        pulse: &(dyn Fn(Pulse) + Send + Sync),
    ) -> Result<(), Error> {
        let mut attempt = 0;
        loop {
            let error = match self.watch_line(&mut attempt, stop.clone(), pulse).await {
                Ok(()) => return Ok(()),
                Err(error) if !error.may_pass() => return Err(error),
                Err(error) => error,
            };
            let retry_in = retry::delay(attempt);
            attempt = attempt.saturating_add(1);
            pulse(Pulse::Lost { error, retry_in });
            tokio::select! {
                () = tokio::time::sleep(retry_in) => {}
                () = stopped(&mut stop) => return Ok(()),
            }
        }
    }

    /// Watches on one connection until it is stopped or breaks.
    async fn watch_line(
        &self,
        attempt: &mut u32,
        mut stop: watch::Receiver<bool>,
        pulse: &(dyn Fn(Pulse) + Send + Sync),
    ) -> Result<(), Error> {
        let mut session = tokio::select! {
            session = self.log_in() => session?,
            () = stopped(&mut stop) => return Ok(()),
        };
        loop {
            // Not cut short by `stop`: what has been fetched is stored first, in a few seconds at most.
            self.catch_up(&mut session, pulse).await?;
            *attempt = 0;
            pulse(Pulse::Current);
            let renewal = Instant::now().checked_add(RENEWAL).unwrap_or_else(Instant::now);
            let end = if session.capabilities().has("IDLE") {
                session.idle(renewal, stopped(&mut stop)).await
            } else {
                tokio::select! {
                    () = tokio::time::sleep(POLL) => Ok(IdleEnd::Timeout),
                    () = stopped(&mut stop) => Ok(IdleEnd::Stopped),
                }
            };
            if end.map_err(|error| self.imap_error(error))? == IdleEnd::Stopped {
                let _ = session.logout().await;
                return Ok(());
            }
        }
    }

    /// Submits what is due in the outbox. How each message fared is in its state; an error here says why none could
    /// be submitted.
    pub(crate) async fn submit_due(&self) -> Result<(), Error> {
        let (account, now) = (self.account.id, self.clock.now());
        // Nobody is asked for a password while there is nothing to submit.
        if self.store.read(move |reader| reader.due(account, now)).await?.is_none() {
            return Ok(());
        }
        let password = self.password(Protocol::Smtp).await?;
        let login = Login { name: self.account.settings.login.clone(), password };
        let round = self.outbox().submit_due(&login, TURN, || self.dial(Protocol::Smtp)).await?;
        for attempt in round.attempts {
            if let Outcome::LoginRefused(_) | Outcome::Postponed(_) = attempt.outcome {
                return Err(Error::smtp(&self.account.settings.smtp.host, attempt.outcome));
            }
        }
        round.unreachable.map_or(Ok(()), Err)
    }

    /// Logs in to the SMTP server, to see whether that works.
    pub(crate) async fn check_submission(&self) -> Result<(), Error> {
        let password = self.password(Protocol::Smtp).await?;
        let login = Login { name: self.account.settings.login.clone(), password };
        let stream = self.dial(Protocol::Smtp).await?;
        match smtp::check(stream, &login, &Patience::default()).await {
            Ok(()) => Ok(()),
            Err(outcome) => {
                let error = Error::smtp(&self.account.settings.smtp.host, outcome);
                Err(self.remember_refusal(error, &login.password).await?)
            }
        }
    }

    /// The account's outbox.
    pub(crate) fn outbox(&self) -> Outbox<'_> {
        let patience = Patience::default();
        Outbox { store: &self.store, account: self.account.id, clock: &*self.clock, patience }
    }

    /// Fetches and stores everything that INBOX holds and the store does not.
    async fn catch_up(
        &self,
        session: &mut Session,
        pulse: &(dyn Fn(Pulse) + Send + Sync),
    ) -> Result<Refreshed, Error> {
        let folder = FolderName::inbox();
        let selected = session.examine(&folder).await.map_err(|error| self.imap_error(error))?;
        let mut refreshed = Refreshed::default();
        if let Some(from) = self.first_to_fetch(session, &folder, &selected).await? {
            let sizes =
                session.sizes(&UidSet::starting_at(from)).await.map_err(|error| self.imap_error(error))?;
            for uids in batches(sizes) {
                self.fetch(session, &folder, &selected, uids, &mut refreshed, pulse).await?;
            }
        }
        let (account, now) = (self.account.id, self.clock.now());
        self.store
            .write(move |writer| {
                let Selected { uid_validity, uid_next, highest_modseq, .. } = selected;
                writer.complete_folder(account, &folder, uid_validity, uid_next, highest_modseq, now)
            })
            .await?;
        Ok(refreshed)
    }

    /// Where to begin, by the cursor's plan; a folder that is new, or new again, is noted first.
    async fn first_to_fetch(
        &self,
        session: &mut Session,
        folder: &FolderName,
        selected: &Selected,
    ) -> Result<Option<Uid>, Error> {
        let (account, name) = (self.account.id, folder.clone());
        let stored = self.store.read(move |reader| reader.folder(account, &name)).await?;
        let alerts_from = match cursor::plan(stored.map(|(_, state)| state).as_ref(), selected) {
            Plan::UpToDate => return Ok(None),
            Plan::Fetch { from } => return Ok(Some(from)),
            Plan::Open { alerts_from } | Plan::Reset { alerts_from } => match alerts_from {
                Some(uid) => uid,
                None => self.uid_after_last(session).await?,
            },
        };
        let (name, uid_validity) = (folder.clone(), selected.uid_validity);
        self.store.write(move |writer| writer.open_folder(account, &name, uid_validity, alerts_from)).await?;
        Ok(Some(Uid::FIRST))
    }

    /// What UIDNEXT would say, from a server that does not.
    async fn uid_after_last(&self, session: &mut Session) -> Result<Uid, Error> {
        let sizes = session.sizes(&UidSet::starting_at(Uid::FIRST)).await;
        let sizes = sizes.map_err(|error| self.imap_error(error))?;
        Ok(sizes.last_key_value().map_or(Uid::FIRST, |(last, _)| last.next()))
    }

    /// Fetches one batch and stores it: raw bytes, verdicts, states, events and cursor in one transaction.
    async fn fetch(
        &self,
        session: &mut Session,
        folder: &FolderName,
        selected: &Selected,
        uids: Vec<Uid>,
        refreshed: &mut Refreshed,
        pulse: &(dyn Fn(Pulse) + Send + Sync),
    ) -> Result<(), Error> {
        let Some(last) = uids.last().copied() else { return Ok(()) };
        let mut messages = Vec::with_capacity(uids.len());
        let mut fetch =
            session.fetch(&uids.into_iter().collect()).await.map_err(|error| self.imap_error(error))?;
        while let Some(fetched) = fetch.next().await.map_err(|error| self.imap_error(error))? {
            match fetched.body {
                Body::Whole(raw) => messages.push((fetched.uid, raw)),
                Body::TooLarge { size } => refreshed.too_large.push(size),
                // Deleted on the server a moment ago: there is nothing to keep.
                Body::Missing => {}
            }
        }
        refreshed.fetched = refreshed.fetched.saturating_add(messages.len());
        let batch = Batch {
            account: self.account.id,
            folder: folder.clone(),
            uid_validity: selected.uid_validity,
            messages,
            next_uid: last.next(),
        };
        let received = receive::receive(&self.store, batch, &self.anchors, self.clock.now()).await?;
        if !received.events.is_empty() {
            pulse(Pulse::Events);
        }
        Ok(())
    }

    /// A session on the IMAP server; a refused login is remembered, and not even tried while one is.
    pub(crate) async fn log_in(&self) -> Result<Session, Error> {
        let password = self.password(Protocol::Imap).await?;
        let server = &self.account.settings.imap;
        let stream = self.dial(Protocol::Imap).await?;
        let connection =
            Connection::open(stream, Limits::PEC).await.map_err(|error| Error::imap(&server.host, error))?;
        let session = connection.login(&self.account.settings.login, password.zeroizing()).await;
        match session.map_err(|error| Error::imap(&server.host, error)) {
            Err(error) => Err(self.remember_refusal(error, &password).await?),
            Ok(session) => Ok(session),
        }
    }

    /// A TLS connection to one of the account's servers.
    pub(crate) async fn dial(&self, protocol: Protocol) -> Result<net::TlsStream, Error> {
        let settings = &self.account.settings;
        let server = match protocol {
            Protocol::Imap => &settings.imap,
            Protocol::Smtp => &settings.smtp,
        };
        let mut trust = Trust::public();
        if !settings.tls_authorities.is_empty() {
            trust = trust
                .with_authority(settings.tls_authorities.as_bytes())
                .map_err(|error| Error::connection(protocol, &server.host, error))?;
        }
        let endpoint = Endpoint { host: server.host.clone(), port: server.port };
        let silence = match protocol {
            Protocol::Imap => imap::STREAM_SILENCE,
            Protocol::Smtp => Patience::default().dot,
        };
        net::connect(&endpoint, &trust, Timeouts { connect: CONNECT, silence })
            .await
            .map_err(|error| Error::connection(protocol, &server.host, error))
    }

    /// The password, unless it is the one that the server is on record as refusing.
    pub(crate) async fn password(&self, protocol: Protocol) -> Result<Secret, Error> {
        let account = self.account.id;
        let refusal = self.store.read(move |reader| reader.login_refusal(account, protocol)).await?;
        let password = self.ask_for_password().await;
        let Some(LoginRefusal { at, answer, password: refused, .. }) = refusal else { return password };
        match password {
            Ok(password) if password.mark(self.store.installation().as_str()) != refused => {
                self.store.write(move |writer| writer.clear_login_refusals(account)).await?;
                Ok(password)
            }
            _ => Err(Error::LoginRefused { protocol, remembered: Some(at), answer }),
        }
    }

    async fn ask_for_password(&self) -> Result<Secret, Error> {
        let (secrets, address) = (Arc::clone(&self.secrets), self.account.settings.address.to_string());
        // The platform may ask its user, or start a program: that blocks.
        match tokio::task::spawn_blocking(move || secrets.password(&address)).await {
            Ok(Ok(Some(secret))) => Ok(secret),
            Ok(Ok(None)) | Err(_) => Err(Error::NoPassword),
            Ok(Err(reason)) => Err(Error::Password(reason)),
        }
    }

    /// Puts a refused login on record, and gives the error back.
    async fn remember_refusal(&self, error: Error, password: &Secret) -> Result<Error, Error> {
        if let Error::LoginRefused { protocol, remembered: None, answer } = &error {
            let (account, at) = (self.account.id, self.clock.now());
            let password = password.mark(self.store.installation().as_str());
            let refusal = LoginRefusal { protocol: *protocol, at, answer: answer.clone(), password };
            self.store.write(move |writer| writer.note_login_refusal(account, &refusal)).await?;
        }
        Ok(error)
    }

    pub(crate) fn imap_error(&self, error: imap::Error) -> Error {
        Error::imap(&self.account.settings.imap.host, error)
    }
}

/// Cuts what is to be fetched into batches that one transaction takes: the cursor moves often enough that a slow
/// line does not fetch the same again (chatmail/core#6936), and memory stays bounded.
fn batches(sizes: impl IntoIterator<Item = (Uid, Option<u32>)>) -> Vec<Vec<Uid>> {
    let mut batches: Vec<Vec<Uid>> = Vec::new();
    let mut bytes = BATCH_BYTES;
    for (uid, size) in sizes {
        // Unknown sizes count as a receipt's usual one.
        let size = u64::from(size.unwrap_or(16 * 1024));
        match batches.last_mut() {
            Some(batch) if batch.len() < BATCH_MESSAGES && bytes.saturating_add(size) <= BATCH_BYTES => {
                batch.push(uid);
                bytes = bytes.saturating_add(size);
            }
            _ => {
                batches.push(vec![uid]);
                bytes = size;
            }
        }
    }
    batches
}

/// Completes when the watch is told to stop, or when nobody is left who could tell it.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

/// Design decision 2: a few whole messages.
const BATCH_MESSAGES: usize = 64;
const BATCH_BYTES: u64 = 4 << 20;

/// Servers may end an IDLE after 30 minutes (RFC 2177 §3); a fetch follows each.
const RENEWAL: Duration = Duration::from_secs(25 * 60);

/// How often to look where the server has no IDLE.
const POLL: Duration = Duration::from_secs(60);

/// A phone's network may need a few seconds.
const CONNECT: Duration = Duration::from_secs(20);

/// How long to wait for another process that is submitting for the same account.
const TURN: Duration = Duration::from_secs(30);
