//! One mailbox: a refresh or a watch of it, step by step.
//!
//! ```text
//! refresh   submit what is due ── log in ── catch up ── log out
//! watch     log in ── catch up ── IDLE ── catch up ── IDLE ── … and from the start when the line breaks
//! ```
//! To catch up is `inbox`'s: everything that INBOX, where providers put every receipt, holds and the store does not.
//! Around IDLE the order is EXAMINE, fetch, IDLE unless something came meanwhile, and a fetch after every wait, so
//! that mail between two IDLEs is not missed (deltachat-core#68). A refused login ends everything and is remembered.
//! What to do next is decided in [`cursor`](crate::cursor) and `retry`.

mod inbox;

use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::clock::Clock;
use crate::error::Error;
use crate::imap::{self, Connection, IdleEnd, Limits, Session};
use crate::net::{self, Endpoint, Timeouts, Trust};
use crate::outbox::Outbox;
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
    /// Messages that the server lists and does not give. They are asked for again with every refresh.
    pub withheld: usize,
}

/// What a watch tells while it goes on.
#[derive(Debug)]
pub enum Pulse {
    /// The line is up, and everything up to now is stored.
    Current,
    /// There may be new event rows.
    Events,
    /// The line is up, and everything is stored but what this says.
    Incomplete(Refreshed),
    /// The line broke; it is tried again in a while.
    Lost {
        /// Why.
        error: Error,
        /// When it is tried again.
        retry_in: Duration,
    },
}

/// Whoever listens to the pulses.
pub(crate) type OnPulse = dyn Fn(Pulse) + Send + Sync;

impl Refreshed {
    /// Whether everything that the server holds is stored.
    pub fn is_complete(&self) -> bool {
        self.too_large.is_empty() && self.withheld == 0
    }
}

impl Mailbox {
    /// Submits what is due, then fetches what is new. What was stored stays stored if it ends early.
    pub(crate) async fn refresh(&self, pulse: &OnPulse) -> Result<Refreshed, Error> {
        // Its failure must not keep receipts from being read: they may be what settles the outbox.
        let submitted = self.submit_due().await;
        let mut session = self.log_in().await?;
        // Nobody stops a refresh.
        let (_going_on, mut stop) = watch::channel(false);
        let refreshed = self.catch_up(&mut session, &mut stop, pulse).await?.unwrap_or_default();
        // What was fetched is stored: how the goodbye goes does not matter.
        let _ = session.logout().await;
        submitted.map(|()| refreshed)
    }

    /// Stays with the mailbox until `stop` changes, or until something ends it that will not pass by itself.
    pub(crate) async fn watch(&self, mut stop: watch::Receiver<bool>, pulse: &OnPulse) -> Result<(), Error> {
        let mut attempt = 0;
        loop {
            let mut current_since = None;
            let error = match self.watch_line(&mut current_since, stop.clone(), pulse).await {
                Ok(()) => return Ok(()),
                Err(error) if !error.may_pass() => return Err(error),
                Err(error) => error,
            };
            // A line that breaks as soon as it is up is no better than one that does not come up.
            if current_since.is_some_and(|since: Instant| since.elapsed() >= STEADY) {
                attempt = 0;
            }
            let retry_in = retry::delay(attempt);
            attempt = attempt.saturating_add(1);
            pulse(Pulse::Lost { error, retry_in });
            tokio::select! {
                () = tokio::time::sleep(retry_in) => {}
                () = stopped(&mut stop) => return Ok(()),
            }
        }
    }

    /// Watches on one connection until it is stopped or breaks; notes since when everything was stored.
    async fn watch_line(
        &self,
        current_since: &mut Option<Instant>,
        mut stop: watch::Receiver<bool>,
        pulse: &OnPulse,
    ) -> Result<(), Error> {
        let mut session = tokio::select! {
            session = self.log_in() => session?,
            () = stopped(&mut stop) => return Ok(()),
        };
        loop {
            let Some(refreshed) = self.catch_up(&mut session, &mut stop, pulse).await? else { return Ok(()) };
            current_since.get_or_insert_with(Instant::now);
            pulse(match refreshed.is_complete() {
                true => Pulse::Current,
                false => Pulse::Incomplete(refreshed),
            });
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

/// Completes when the watch is told to stop, or when nobody is left who could tell it.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

/// Servers may end an IDLE after 30 minutes (RFC 2177 §3); a fetch follows each.
const RENEWAL: Duration = Duration::from_secs(25 * 60);

/// A line that was up so long was a good one: when it breaks, the waits begin anew.
const STEADY: Duration = Duration::from_secs(60);

/// How often to look where the server has no IDLE.
const POLL: Duration = Duration::from_secs(60);

/// A phone's network may need a few seconds.
const CONNECT: Duration = Duration::from_secs(20);

/// How long to wait for another process that is submitting for the same account.
const TURN: Duration = Duration::from_secs(30);
