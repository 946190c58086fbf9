//! What the story is played on: a provider with its own time, and the engine on one of its mailboxes.
//!
//! The engine does here what it does on a phone: it submits over SMTP, watches by IDLE, verifies and stores. Only its
//! clock is another one, the provider's, and its receipts are checked against the provider's test authority.

use jiff::{SignedDuration, Timestamp, ToSpan};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::time::{Instant, timeout_at};

use recapito_engine::account::Pulse;
use recapito_engine::client::{Client, Watch, Watched};
use recapito_engine::clock::Clock;
use recapito_engine::compose::Draft;
use recapito_engine::event::Event;
use recapito_engine::identity::{AccountId, MessageId, ShipmentId};
use recapito_engine::secret::{Secret, Secrets};
use recapito_engine::store::account::{Server, Settings};
use recapito_pec::Address;
use recapito_pec::daticert::ReceiptType;
use recapito_provider::{PostOffice, Provider, Submission, VirtualClock};

use crate::exit::Exit;
use crate::failure::{Failure, message};
use crate::language::say;
use crate::moment::rome_morning;

/// Provider and engine, and how far the events have been read.
pub(super) struct Stage {
    pub(super) provider: Provider,
    pub(super) client: Client,
    account: AccountId,
    watch: Option<Watch>,
    position: i64,
    scratch: Option<TempDir>,
}

/// A letter that a person of the story writes from the watched mailbox.
pub(super) struct Letter {
    pub(super) to: &'static [&'static str],
    pub(super) subject: &'static str,
    pub(super) text: &'static str,
}

impl Stage {
    /// Starts the provider, opens the engine in `folder` or else in a temporary one, and watches the mailbox.
    pub(super) async fn open(folder: Option<&Path>) -> Result<Self, Failure> {
        let clock = VirtualClock::standing(two_mornings_ago());
        let settings = recapito_provider::Settings { clock: clock.clone(), ..Default::default() };
        let provider = Provider::start(settings).await.map_err(|error| Failure {
            exit: Exit::Fault,
            message: say!(
                "il gestore di prova non si avvia: {error}",
                "the test provider does not start: {error}"
            ),
        })?;
        provider.open_box(MARTA, PASSWORD);
        for neighbour in NEIGHBOURS {
            provider.open_box(neighbour, PASSWORD);
        }
        let scratch = match folder {
            Some(_) => None,
            None => {
                let made = tempfile::Builder::new().prefix("recapito-demo-").tempdir();
                Some(made.map_err(|error| Failure::file(&std::env::temp_dir(), &error))?)
            }
        };
        let data = folder.or(scratch.as_ref().map(TempDir::path)).unwrap_or(Path::new("."));
        let client = Client::open(data.to_owned(), Arc::new(Known), Arc::new(Provided(clock))).await?;
        let account = client.set_account(account(&provider)).await?.id;
        let watch = Some(client.watch(&[account]).await?);
        let mut stage = Self { provider, client, account, watch, position: 0, scratch };
        stage.settle_in().await?;
        Ok(stage)
    }

    /// Where files are that go away with the stage.
    pub(super) fn scratch(&self) -> Option<&Path> {
        self.scratch.as_ref().map(TempDir::path)
    }

    /// The time in the story.
    pub(super) fn now(&self) -> Timestamp {
        self.provider.clock().now()
    }

    /// Lets time pass in the story, and in no other place.
    pub(super) fn pass(&self, time: SignedDuration) {
        self.provider.advance(time);
    }

    /// Sends a letter as the command `send` does.
    pub(super) async fn send(&self, letter: &Letter) -> Result<ShipmentId, Failure> {
        let draft = Draft {
            from: Address::new(MARTA),
            to: letter.to.iter().map(|address| Address::new(address)).collect(),
            cc: Vec::new(),
            subject: letter.subject.to_owned(),
            text: letter.text.to_owned(),
            receipt: ReceiptType::Complete,
        };
        let sent = self.client.send(self.account, draft).await?;
        sent.trouble.map_or(Ok(sent.shipment), |trouble| Err(trouble.into()))
    }

    /// Lets a neighbour submit a message, as another mail program made it.
    pub(super) fn submit(&self, from: &str, raw: Vec<u8>) -> Result<(), Failure> {
        let (login, reverse_path) = (from.to_owned(), from.to_owned());
        let reply =
            self.provider.submit(Submission { login, reverse_path, recipients: vec![MARTA.to_owned()], raw });
        match reply.code {
            250 => Ok(()),
            code => Err(Failure { exit: Exit::Fault, message: format!("SMTP {code}") }),
        }
    }

    /// Waits for at least so many events, and gives all that are new.
    pub(super) async fn hear(&mut self, count: usize) -> Result<Vec<Event>, Failure> {
        let deadline = Instant::now() + PATIENCE;
        let mut heard = Vec::new();
        loop {
            let events = self.client.events(self.position, PAGE).await?;
            self.position = events.last().map_or(self.position, |event| event.position);
            heard.extend(events);
            // Too few in time: the story says so by comparing.
            if heard.len() >= count || self.pulse(deadline).await?.is_none() {
                return Ok(heard);
            }
        }
    }

    /// Ends the watch, and looks into the mailbox a last time: then every event is stored that will ever be.
    pub(super) async fn last_look(&mut self) -> Result<Vec<Event>, Failure> {
        if let Some(watch) = self.watch.take() {
            watch.stop().await;
        }
        self.client.refresh(self.account).await?;
        Ok(self.client.events(0, PAGE).await?)
    }

    /// Every message that the mailbox gave, by way of its events.
    pub(super) async fn messages(&self) -> Result<BTreeSet<MessageId>, Failure> {
        Ok(self.client.events(0, PAGE).await?.iter().filter_map(|event| event.message).collect())
    }

    /// Gives everything back: connections, files, ports, and the temporary folder.
    pub(super) async fn close(self) {
        if let Some(watch) = self.watch {
            watch.stop().await;
        }
        self.client.close().await;
        self.provider.stop().await;
    }

    /// Waits until the mailbox is open: what lies in it before makes no events.
    async fn settle_in(&mut self) -> Result<(), Failure> {
        let deadline = Instant::now() + PATIENCE;
        while let Some(pulse) = self.pulse(deadline).await? {
            if matches!(pulse, Pulse::Current) {
                return Ok(());
            }
        }
        Err(Failure {
            exit: Exit::Fault,
            message: say!("la casella non si apre in tempo", "the mailbox does not open in time"),
        })
    }

    /// The next thing that the watch says; none at the deadline.
    async fn pulse(&mut self, deadline: Instant) -> Result<Option<Pulse>, Failure> {
        let Some(watch) = &mut self.watch else { return Ok(None) };
        match timeout_at(deadline, watch.next()).await {
            Ok(Some(Watched::Pulse(_, pulse))) => Ok(Some(pulse)),
            Ok(Some(Watched::Ended(_, error))) => {
                Err(Failure { exit: Exit::Fault, message: message(&error) })
            }
            Ok(None) | Err(_) => Ok(None),
        }
    }
}

/// Two mornings ago, so that the story, which takes a day and a half, has no date in the future.
fn two_mornings_ago() -> Timestamp {
    rome_morning(Timestamp::now(), -2.days())
}

fn account(provider: &Provider) -> Settings {
    let server = |port| Server { host: "localhost".to_owned(), port };
    Settings {
        address: Address::new(MARTA),
        login: MARTA.to_owned(),
        imap: server(provider.imap_address().port()),
        smtp: server(provider.smtp_address().port()),
        tls_authorities: provider.tls_authority_pem(),
        anchors: provider.anchors_pem(),
    }
}

/// The provider's time, for the engine.
struct Provided(VirtualClock);

impl Clock for Provided {
    fn now(&self) -> Timestamp {
        self.0.now()
    }
}

/// The password of every box here. It guards nothing.
struct Known;

impl Secrets for Known {
    fn password(&self, _address: &str) -> Result<Option<Secret>, String> {
        Ok(Some(Secret::new(PASSWORD.to_owned())))
    }
}

/// Whose mailbox is watched.
pub(super) const MARTA: &str = "marta.bianchi@pec.example.test";
pub(super) const ANNA: &str = "anna.conti@legal.example.test";
pub(super) const CARLO: &str = "carlo.neri@legal.example.test";
pub(super) const ELENA: &str = "elena.galli@legal.example.test";
pub(super) const STUDIO: &str = "studio.verdi@legal.example.test";
const NEIGHBOURS: [&str; 4] = [ANNA, CARLO, ELENA, STUDIO];

const PASSWORD: &str = "on loopback only";
/// Far more than any answer takes on loopback.
const PATIENCE: Duration = Duration::from_secs(20);
/// More events than there are.
const PAGE: u32 = 500;
