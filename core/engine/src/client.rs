//! What an app or a command line calls.
//!
//! A client is a store with the mailboxes in it. It reads what is stored at any time, works on one mailbox at a time
//! ([`Client::refresh`], [`Client::watch`]), and sends. Events are rows: a wake-up says that there may be new ones,
//! the caller reads those after the position it has acknowledged, so that none is lost by a kill between.

use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use recapito_pec::Anchors;

use crate::account::{Mailbox, Pulse, Refreshed};
use crate::clock::Clock;
use crate::compose::{Draft, Limits, compose};
use crate::error::Error;
use crate::event::Event;
use crate::identity::{AccountId, MessageId, ShipmentId};
use crate::imap::Folder;
use crate::outbox::{self, Entry, Settlement};
use crate::receive;
use crate::secret::Secrets;
use crate::store::account::{Account, Settings};
use crate::store::message::Message;
use crate::store::shipment::{Filter, Shipment};
use crate::store::{self, Page, Store};

/// The engine, open on one data directory. Clones share it.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
}

struct Shared {
    store: Store,
    secrets: Arc<dyn Secrets>,
    clock: Arc<dyn Clock>,
    /// One refresh or watch of a mailbox at a time: two would fetch the same twice.
    busy: Mutex<BTreeMap<AccountId, Arc<tokio::sync::Mutex<()>>>>,
}

/// What a login to both servers showed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Check {
    /// What the IMAP server says it can do, as it says it.
    pub imap: Vec<String>,
    /// The folders there.
    pub folders: Vec<Folder>,
}

/// A message that was put into the outbox.
#[derive(Debug)]
pub struct Sent {
    /// The shipment it is.
    pub shipment: ShipmentId,
    /// Why it could not be submitted now, if it could not: it waits, and nothing is lost.
    pub trouble: Option<Error>,
}

/// Watches under way. Dropping it ends them all.
pub struct Watch {
    pulses: mpsc::UnboundedReceiver<(AccountId, Pulse)>,
    stop: watch::Sender<bool>,
    tasks: JoinSet<(AccountId, Result<(), Error>)>,
}

/// What a watch has to say.
#[derive(Debug)]
pub enum Watched {
    /// Of one mailbox.
    Pulse(AccountId, Pulse),
    /// The watch of this mailbox has ended for good; the others go on.
    Ended(AccountId, Error),
}

impl Client {
    /// Opens the engine on a data directory, which is made if need be. Submissions that a killed process left half
    /// done are judged (design decision 6), and messages judged by older rules are judged again.
    ///
    /// # Errors
    /// When the store cannot be opened; a damaged one is moved aside first, so that opening again begins anew.
    pub async fn open(
        directory: PathBuf,
        secrets: Arc<dyn Secrets>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Error> {
        let opened = tokio::task::spawn_blocking(move || Store::open(&directory)).await;
        let store = opened.map_err(|_| store::Error::Closed)??;
        let client = Self { shared: Arc::new(Shared { store, secrets, clock, busy: Mutex::default() }) };
        for account in client.accounts().await? {
            let mailbox = client.mailbox(account.id).await?;
            mailbox.outbox().recover().await?;
            receive::rejudge(&mailbox.store, account.id, &mailbox.anchors, client.now()).await?;
        }
        Ok(client)
    }

    /// Waits for what is in flight, and gives back every file and lock.
    pub async fn close(self) {
        self.shared.store.close().await;
    }

    /// Adds an account, or gives the one with this address new settings. Nothing is tried on the servers; see
    /// [`Client::check`].
    ///
    /// # Errors
    /// [`Error::Authorities`] where its own authorities are no readable certificates.
    pub async fn set_account(&self, settings: Settings) -> Result<Account, Error> {
        anchors(&settings)?;
        if !settings.tls_authorities.is_empty() {
            crate::net::Trust::public()
                .with_authority(settings.tls_authorities.as_bytes())
                .map_err(|_| Error::Authorities)?;
        }
        let now = self.now();
        let id = self.shared.store.write(move |writer| writer.set_account(&settings, now)).await?;
        self.account(id).await
    }

    /// Every account, in the order they were added.
    ///
    /// # Errors
    /// When the store fails; so for all that follow.
    pub async fn accounts(&self) -> Result<Vec<Account>, Error> {
        Ok(self.shared.store.read(|reader| reader.accounts()).await?)
    }

    /// One account.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn account(&self, id: AccountId) -> Result<Account, Error> {
        Ok(self.shared.store.read(move |reader| reader.account(id)).await?)
    }

    /// Forgets an account with all that is stored of it. The mailbox on the server is not touched.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn remove_account(&self, id: AccountId) -> Result<(), Error> {
        Ok(self.shared.store.write(move |writer| writer.remove_account(id)).await?)
    }

    /// Logs in to both servers, even where a login was refused before, and says what they can do.
    ///
    /// # Errors
    /// [`Error::LoginRefused`], [`Error::Server`], [`Error::NoPassword`].
    pub async fn check(&self, id: AccountId) -> Result<Check, Error> {
        self.shared.store.write(move |writer| writer.clear_login_refusals(id)).await?;
        let mailbox = self.mailbox(id).await?;
        let mut session = mailbox.log_in().await?;
        let folders = session.list().await.map_err(|error| mailbox.imap_error(error))?;
        let imap = session.capabilities().iter().map(str::to_owned).collect();
        let _ = session.logout().await;
        mailbox.check_submission().await?;
        Ok(Check { imap, folders })
    }

    /// Submits what is due and fetches what is new. Waits while the same mailbox is being refreshed or watched.
    ///
    /// # Errors
    /// What kept it from being complete; everything fetched before is stored.
    pub async fn refresh(&self, id: AccountId) -> Result<Refreshed, Error> {
        let mailbox = self.mailbox(id).await?;
        let turn = self.turn(id);
        let _turn = turn.lock().await;
        mailbox.refresh(&|_| {}).await
    }

    /// Keeps watching these mailboxes, each once.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn watch(&self, ids: &[AccountId]) -> Result<Watch, Error> {
        let (sender, pulses) = mpsc::unbounded_channel();
        let (stop, stopped) = watch::channel(false);
        let mut tasks = JoinSet::new();
        for id in BTreeSet::from_iter(ids.iter().copied()) {
            let mailbox = self.mailbox(id).await?;
            let (turn, sender, stopped) = (self.turn(id), sender.clone(), stopped.clone());
            tasks.spawn(async move {
                let mut told = stopped.clone();
                let _turn = tokio::select! {
                    turn = turn.lock() => turn,
                    _ = told.wait_for(|stop| *stop) => return (id, Ok(())),
                };
                // Nobody listens any more when the watch is being dropped.
                let pulse = move |pulse| drop(sender.send((id, pulse)));
                (id, mailbox.watch(stopped, &pulse).await)
            });
        }
        Ok(Watch { pulses, stop, tasks })
    }

    /// Puts a message into the outbox and submits it. It exists as a shipment, and its state tells how it went, as
    /// soon as this returns without an error.
    ///
    /// # Errors
    /// [`Error::Draft`] where the rules forbid it: then nothing was kept or submitted.
    pub async fn send(&self, id: AccountId, draft: Draft) -> Result<Sent, Error> {
        let mailbox = self.mailbox(id).await?;
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(|_| Error::NoRandomness)?;
        let address = &mailbox.account.settings.address;
        let message =
            compose(&draft, address, &Limits::default(), random, self.now()).map_err(Error::Draft)?;
        let shipment = mailbox.outbox().enqueue(message).await?;
        // From here on it is in the outbox: what goes wrong is told beside it.
        let trouble = mailbox.submit_due().await.err();
        Ok(Sent { shipment, trouble })
    }

    /// Submits at once what waits. A login that was refused stays refused until the password changes.
    ///
    /// # Errors
    /// [`Error::NotInThisState`] for anything that does not wait: an uncertain message is never sent again so.
    pub async fn retry(&self, shipment: ShipmentId) -> Result<Sent, Error> {
        let account = self.shipment(shipment).await?.head.account;
        outbox::retry(&self.shared.store, shipment, self.now()).await?;
        let trouble = self.mailbox(account).await?.submit_due().await.err();
        Ok(Sent { shipment, trouble })
    }

    /// Takes back what waits: it becomes a draft.
    ///
    /// # Errors
    /// [`Error::NotInThisState`] for anything that does not wait.
    pub async fn cancel(&self, shipment: ShipmentId) -> Result<(), Error> {
        Ok(outbox::cancel(&self.shared.store, shipment, self.now()).await?)
    }

    /// Takes the user's word for how an uncertain submission went.
    ///
    /// # Errors
    /// [`Error::NotInThisState`] for anything that is not uncertain.
    pub async fn settle(&self, shipment: ShipmentId, settlement: Settlement) -> Result<(), Error> {
        Ok(outbox::settle(&self.shared.store, shipment, settlement, self.now()).await?)
    }

    /// What waits to be sent, is uncertain, or was rejected.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn outbox(&self) -> Result<Vec<Entry>, Error> {
        Ok(self.shared.store.read(|reader| reader.outbox()).await?)
    }

    /// A page of the shipments, problems first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn shipments(
        &self,
        filter: Filter,
        search: Option<String>,
        page: Page,
    ) -> Result<Vec<Shipment>, Error> {
        Ok(self.shared.store.read(move |reader| reader.shipments(filter, search.as_deref(), page)).await?)
    }

    /// One shipment.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn shipment(&self, id: ShipmentId) -> Result<Shipment, Error> {
        Ok(self.shared.store.read(move |reader| reader.shipment(id)).await?)
    }

    /// The bytes of a message as it was, or is to be, submitted from here; none for one sent elsewhere.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn submitted(&self, id: ShipmentId) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.shared.store.read(move |reader| reader.submitted_raw(id)).await?)
    }

    /// A page of the messages received: certified ones, ordinary ones, and what claims to be either.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn received(&self, search: Option<String>, page: Page) -> Result<Vec<Message>, Error> {
        Ok(self.shared.store.read(move |reader| reader.received(search.as_deref(), page)).await?)
    }

    /// One message.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn message(&self, id: MessageId) -> Result<Message, Error> {
        Ok(self.shared.store.read(move |reader| reader.message(id)).await?)
    }

    /// The bytes of a message, as they were received.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn raw(&self, id: MessageId) -> Result<Vec<u8>, Error> {
        Ok(self.shared.store.read(move |reader| reader.raw(id)).await?)
    }

    /// What a stored message says, read again from its bytes with its account's anchors.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn verification(&self, id: MessageId) -> Result<recapito_pec::Verification, Error> {
        let account = self.account(self.message(id).await?.account).await?;
        let (raw, anchors, now) = (self.raw(id).await?, anchors(&account.settings)?, self.now());
        // A large message takes a second of processor time.
        match tokio::task::spawn_blocking(move || recapito_pec::verify(&raw, &anchors, now)).await {
            Ok(verification) => Ok(verification),
            Err(failed) => match failed.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => Err(store::Error::Closed.into()),
            },
        }
    }

    /// The events behind a position, in their order, at most `limit`.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn events(&self, after: i64, limit: u32) -> Result<Vec<Event>, Error> {
        Ok(self.shared.store.read(move |reader| reader.events_after(after, limit)).await?)
    }

    /// The position up to which a consumer has acknowledged.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn acknowledged(&self, consumer: &str) -> Result<i64, Error> {
        let consumer = consumer.to_owned();
        Ok(self.shared.store.read(move |reader| reader.acknowledged(&consumer)).await?)
    }

    /// Notes that a consumer has dealt with every event up to a position.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn acknowledge(&self, consumer: &str, position: i64) -> Result<(), Error> {
        let consumer = consumer.to_owned();
        Ok(self.shared.store.write(move |writer| writer.acknowledge(&consumer, position)).await?)
    }

    fn now(&self) -> Timestamp {
        self.shared.clock.now()
    }

    async fn mailbox(&self, id: AccountId) -> Result<Mailbox, Error> {
        let account = self.account(id).await?;
        let anchors = anchors(&account.settings)?;
        let Shared { store, secrets, clock, .. } = &*self.shared;
        let (store, secrets, clock) = (store.clone(), Arc::clone(secrets), Arc::clone(clock));
        Ok(Mailbox { account, store, secrets, clock, anchors })
    }

    fn turn(&self, id: AccountId) -> Arc<tokio::sync::Mutex<()>> {
        let mut busy = self.shared.busy.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(busy.entry(id).or_default())
    }
}

impl Watch {
    /// The next thing to know; none once every watch has ended.
    pub async fn next(&mut self) -> Option<Watched> {
        loop {
            tokio::select! {
                // What a watch said before it ended comes before its end.
                biased;
                Some((id, pulse)) = self.pulses.recv() => return Some(Watched::Pulse(id, pulse)),
                ended = self.tasks.join_next() => match ended {
                    None => return None,
                    Some(Ok((id, Err(error)))) => return Some(Watched::Ended(id, error)),
                    // A bug must not leave a mailbox unwatched in silence.
                    Some(Err(failed)) if failed.is_panic() => std::panic::resume_unwind(failed.into_panic()),
                    // Stopped as asked; or aborted with the runtime.
                    Some(Ok((_, Ok(()))) | Err(_)) => {}
                },
            }
        }
    }

    /// Ends every watch, and waits until what has arrived is stored.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        while self.tasks.join_next().await.is_some() {}
    }
}

/// The authorities that an account's receipts are checked against.
fn anchors(settings: &Settings) -> Result<Arc<Anchors>, Error> {
    let anchors = Anchors::pec();
    match settings.anchors.is_empty() {
        true => Ok(Arc::new(anchors)),
        false => anchors.with_pem(settings.anchors.as_bytes()).map(Arc::new).map_err(|_| Error::Authorities),
    }
}
