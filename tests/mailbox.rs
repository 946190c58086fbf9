//! The engine on a mailbox of the embedded provider, over real TLS: what is fetched, what is told, and what is not
//! tried again.

use std::sync::Arc;
use std::time::Duration;

use recapito_engine::account::Pulse;
use recapito_engine::client::{Client, Watch, Watched};
use recapito_engine::clock::SystemClock;
use recapito_engine::error::Error;
use recapito_engine::event::{Event, EventKind};
use recapito_engine::identity::AccountId;
use recapito_engine::secret::{Secret, Secrets};
use recapito_engine::store::Page;
use recapito_engine::store::account::{Server, Settings};
use recapito_pec::Address;
use recapito_provider::{Mailbox, Provider};
use tempfile::TempDir;

/// The same password for every account.
struct Password(&'static str);

impl Secrets for Password {
    fn password(&self, _: &str) -> Result<Option<Secret>, String> {
        Ok(Some(Secret::new(self.0.to_owned())))
    }
}

struct House {
    directory: TempDir,
    provider: Provider,
    mailbox: Mailbox,
    client: Client,
    account: AccountId,
}

const ANNA: &str = "anna@pec.example.test";

impl House {
    async fn new(password: &'static str) -> Self {
        let provider = Provider::start(recapito_provider::Settings::default()).await.unwrap();
        let mailbox = provider.open_box(ANNA, "secret");
        let directory = tempfile::tempdir().unwrap();
        let client = open(&directory, password).await;
        let server = |port| Server { host: "127.0.0.1".to_owned(), port };
        let settings = Settings {
            address: Address::new(ANNA),
            login: ANNA.to_owned(),
            imap: server(provider.imap_address().port()),
            smtp: server(provider.smtp_address().port()),
            tls_authorities: provider.tls_authority_pem(),
            anchors: provider.anchors_pem(),
        };
        let account = client.set_account(settings).await.unwrap().id;
        Self { directory, provider, mailbox, client, account }
    }

    async fn events(&self) -> Vec<Event> {
        self.client.events(0, 1000).await.unwrap()
    }

    async fn stored(&self) -> usize {
        self.client.received(None, Page { limit: 10_000, offset: 0 }).await.unwrap().len()
    }
}

async fn open(directory: &TempDir, password: &'static str) -> Client {
    let (directory, password) = (directory.path().to_owned(), Arc::new(Password(password)));
    Client::open(directory, password, Arc::new(SystemClock)).await.unwrap()
}

fn append(mailbox: &Mailbox, number: u32) {
    let raw = format!("From: bruno@example.it\r\nSubject: Number {number}\r\n\r\nText\r\n");
    mailbox.append("INBOX", raw.into_bytes());
}

/// The next pulse that is not only about events, or the end.
async fn state(watch: &mut Watch) -> Watched {
    let state = async {
        loop {
            match watch.next().await.unwrap() {
                Watched::Pulse(_, Pulse::Events) => {}
                other => return other,
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(60), state).await.unwrap()
}

#[tokio::test]
async fn what_lay_there_makes_no_alert_and_what_comes_makes_one_across_a_broken_line() {
    let house = House::new("secret").await;
    (1..=150).for_each(|number| append(&house.mailbox, number));
    // Naming an account twice watches it once.
    let mut watch = house.client.watch(&[house.account, house.account]).await.unwrap();
    assert!(matches!(state(&mut watch).await, Watched::Pulse(_, Pulse::Current)));
    assert_eq!((house.stored().await, house.events().await.len()), (150, 0), "more than one batch");

    append(&house.mailbox, 151);
    assert!(matches!(state(&mut watch).await, Watched::Pulse(_, Pulse::Current)));
    assert_eq!(house.events().await.len(), 1);

    // The server ends the session, and everything has another number when it is back.
    house.mailbox.renumber("INBOX");
    append(&house.mailbox, 152);
    assert!(matches!(state(&mut watch).await, Watched::Pulse(_, Pulse::Lost { .. })));
    assert!(matches!(state(&mut watch).await, Watched::Pulse(_, Pulse::Current)));
    let events = house.events().await;
    assert_eq!(house.stored().await, 152);
    assert_eq!(events.iter().map(|event| event.kind).collect::<Vec<_>>(), [EventKind::Received; 2]);

    watch.stop().await;
    assert_eq!(house.client.refresh(house.account).await.unwrap().fetched, 0);
}

#[tokio::test]
async fn a_second_watch_waits_and_can_be_stopped() {
    let house = House::new("secret").await;
    let mut first = house.client.watch(&[house.account]).await.unwrap();
    assert!(matches!(state(&mut first).await, Watched::Pulse(_, Pulse::Current)));
    let second = house.client.watch(&[house.account]).await.unwrap();
    tokio::time::timeout(Duration::from_secs(60), second.stop()).await.expect("it waits for nobody");
    first.stop().await;
}

#[tokio::test]
async fn a_refused_login_is_remembered_until_the_password_changes() {
    let mut house = House::new("wrong").await;
    let refused = house.client.refresh(house.account).await.unwrap_err();
    assert!(matches!(refused, Error::LoginRefused { remembered: None, .. }), "{refused:?}");
    // Neither a refresh nor a watch, nor another process, asks the server again.
    let again = house.client.refresh(house.account).await.unwrap_err();
    assert!(matches!(again, Error::LoginRefused { remembered: Some(_), .. }), "{again:?}");
    let mut watch = house.client.watch(&[house.account]).await.unwrap();
    let Watched::Ended(_, Error::LoginRefused { remembered: Some(_), .. }) = state(&mut watch).await else {
        panic!("the watch goes on");
    };
    house.client.close().await;

    house.client = open(&house.directory, "secret").await;
    append(&house.mailbox, 1);
    assert_eq!(house.client.refresh(house.account).await.unwrap().fetched, 1);

    house.client.close().await;
    house.client = open(&house.directory, "wrong").await;
    house.client.refresh(house.account).await.unwrap_err();
    // Where nothing listens any more, only what is not even tried is still a refused login.
    house.provider.stop().await;
    let offline = house.client.refresh(house.account).await.unwrap_err();
    assert!(matches!(offline, Error::LoginRefused { remembered: Some(_), .. }), "{offline:?}");
}
