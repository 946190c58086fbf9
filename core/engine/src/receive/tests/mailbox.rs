//! A mailbox for tests. A message is a text that stands for it; [`Mailbox::verify`] knows what each proves.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use recapito_pec::daticert::Recipient;
use recapito_pec::delivery::{Delivery, State};
use recapito_pec::verification::{EvidenceDigest, Header};
use recapito_pec::{Address, CertificationData, CertifiedTime, Kind, Reason, Verdict, Verification};
use tempfile::TempDir;

use crate::event::EventKind;
use crate::identity::{AccountId, EventId, FolderName, ShipmentId, Uid, UidValidity};
use crate::receive::{Batch, Received, Verify, receive_by};
use crate::store::account::{Server, Settings};
use crate::store::shipment::{Filter, Head, Origin, Shipment};
use crate::store::{Page, Result, Store};
pub(super) const REFERENCE: &str = "<one@pec.example.test>";
pub(super) const ANNA: &str = "anna@pec.example.test";
pub(super) const BRUNO: &str = "bruno@pec.example.test";
pub(super) const CARLA: &str = "carla@pec.example.test";
pub(super) const ALL: Page = Page { limit: 1000, offset: 0 };

/// A store with one account and one folder, and the messages that there can be.
pub(super) struct Mailbox {
    _directory: TempDir,
    pub(super) store: Store,
    pub(super) account: AccountId,
    pub(super) letters: BTreeMap<Vec<u8>, Letter>,
}

/// What a message proves.
#[derive(Clone, Debug)]
pub(super) struct Letter {
    pub(super) kind: Kind,
    pub(super) verdict: Verdict,
    pub(super) reason: Option<Reason>,
    pub(super) signed_at: Timestamp,
    pub(super) data: CertificationData,
    pub(super) header_reference: Option<String>,
    /// Messages of the same number have the same signed content.
    pub(super) content: u8,
}

pub(super) fn now() -> Timestamp {
    Timestamp::from_second(1_700_000_000).unwrap()
}

pub(super) fn uid(number: u32) -> Uid {
    Uid::new(number).unwrap()
}

pub(super) fn validity(number: u32) -> UidValidity {
    UidValidity::new(number).unwrap()
}

pub(super) fn inbox() -> FolderName {
    FolderName::from_wire("INBOX")
}

pub(super) fn letter(content: u8, kind: Kind) -> Letter {
    let certified = |address| Recipient { address: Address::new(address), certified: true };
    let time = now() - SignedDuration::from_mins(60 - i64::from(content));
    let data = CertificationData {
        error: "nessuno".to_owned(),
        sender: Some(Address::new(ANNA)),
        recipients: vec![certified(BRUNO), certified(CARLA)],
        subject: Some("Offer".to_owned()),
        time: Some(CertifiedTime::utc(time)),
        envelope: Some("dispatch.1@provider.example.test".to_owned()),
        reference: Some(REFERENCE.to_owned()),
        ..CertificationData::default()
    };
    Letter {
        kind,
        verdict: Verdict::Trusted,
        reason: None,
        signed_at: time,
        data,
        header_reference: None,
        content,
    }
}

pub(super) fn to(recipient: &str, letter: Letter) -> Letter {
    Letter { data: CertificationData { recipient: Some(Address::new(recipient)), ..letter.data }, ..letter }
}

pub(super) fn untrusted(letter: Letter) -> Letter {
    Letter { verdict: Verdict::Altered, ..letter }
}

impl Letter {
    pub(super) fn verification(&self) -> Verification {
        let header = Header {
            from: Some("somebody@example.test".to_owned()),
            subject: Some("What the header says".to_owned()),
            reference: self.header_reference.clone(),
            ..Header::default()
        };
        Verification {
            kind: self.kind,
            verdict: self.verdict,
            reason: self.reason,
            notes: BTreeSet::new(),
            signer: None,
            anchor: None,
            signed_at: Some(self.signed_at),
            certdata: (self.kind != Kind::Ordinary).then(|| self.data.clone()),
            header,
            digest: EvidenceDigest([self.content; 32]),
            contains: Vec::new(),
        }
    }
}

/// Everything of a store that does not depend on the order in which it came, row ids and positions left out.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Outcome {
    pub(super) shipments: BTreeMap<(Option<String>, String), (Delivery, Vec<String>)>,
    pub(super) events: BTreeSet<EventId>,
    pub(super) parked: i64,
}

impl Mailbox {
    pub(super) async fn new(letters: impl IntoIterator<Item = (&'static str, Letter)>) -> Self {
        let directory = TempDir::new().unwrap();
        let store = Store::open(directory.path()).unwrap();
        let server = || Server { host: "pec.example.test".to_owned(), port: 993 };
        let settings = Settings {
            address: Address::new(ANNA),
            login: ANNA.to_owned(),
            imap: server(),
            smtp: server(),
            tls_authorities: String::new(),
            anchors: String::new(),
        };
        let account = store.write(move |writer| writer.set_account(&settings, now())).await.unwrap();
        let letters = letters.into_iter().map(|(raw, letter)| (raw.as_bytes().to_vec(), letter)).collect();
        let mailbox = Self { _directory: directory, store, account, letters };
        mailbox.open(7, 1).await;
        mailbox
    }

    pub(super) async fn open(&self, uid_validity: u32, alerts_from: u32) {
        let account = self.account;
        let open = self.store.write(move |writer| {
            writer.open_folder(account, &inbox(), validity(uid_validity), uid(alerts_from))
        });
        open.await.unwrap();
    }

    pub(super) fn verify(&self) -> Arc<impl Verify + use<>> {
        let letters = self.letters.clone();
        Arc::new(move |raw: &[u8]| match letters.get(raw) {
            Some(letter) => letter.verification(),
            None => letter(u8::MAX, Kind::Ordinary).verification(),
        })
    }

    pub(super) async fn receive_at(
        &self,
        uid_validity: u32,
        messages: impl IntoIterator<Item = (u32, &[u8])>,
    ) -> Result<Received> {
        let messages: Vec<_> =
            messages.into_iter().map(|(number, raw)| (uid(number), raw.to_vec())).collect();
        let next = messages.iter().map(|(uid, _)| uid.get() + 1).max().unwrap_or(1);
        let batch = Batch {
            account: self.account,
            folder: inbox(),
            uid_validity: validity(uid_validity),
            messages,
            next_uid: uid(next),
        };
        receive_by(&self.store, batch, self.verify(), now()).await
    }

    /// Receives messages one by one, with UIDs from `first`.
    pub(super) async fn receive(&self, first: u32, messages: &[&str]) -> Received {
        let mut received = Received::default();
        for (raw, number) in messages.iter().zip(first..) {
            let one = self.receive_at(7, [(number, raw.as_bytes())]).await.unwrap();
            received.messages.extend(one.messages);
            received.events.extend(one.events);
        }
        received
    }

    /// As the outbox does before it submits.
    pub(super) async fn submit(&self, at: Timestamp) -> ShipmentId {
        let head = Head {
            account: self.account,
            reference: Some(REFERENCE.to_owned()),
            sender: Address::new(ANNA),
            origin: Origin::Sent,
            subject: Some("Offer".to_owned()),
            submitted_at: Some(at),
        };
        let submit = self.store.write(move |writer| {
            let shipment = writer.add_shipment(&head)?;
            writer.set_delivery(shipment, &Delivery::submitted([BRUNO, CARLA].map(Address::new)))?;
            Ok(shipment)
        });
        submit.await.unwrap()
    }

    pub(super) async fn shipments(&self) -> Vec<Shipment> {
        self.store.read(|reader| reader.shipments(Filter::All, None, ALL)).await.unwrap()
    }

    pub(super) async fn events(&self) -> Vec<EventKind> {
        let events = self.store.read(|reader| reader.events_after(0, 1000)).await.unwrap();
        events.into_iter().map(|event| event.kind).collect()
    }

    pub(super) async fn state(&self, shipment: ShipmentId, recipient: &str) -> State {
        let delivery = self.store.read(move |reader| reader.delivery(shipment)).await.unwrap();
        delivery.recipients[&Address::new(recipient)].state
    }

    pub(super) async fn next_uid(&self) -> u32 {
        let account = self.account;
        let folder = self.store.read(move |reader| reader.folder(account, &inbox())).await.unwrap();
        folder.unwrap().1.next_uid.get()
    }

    pub(super) async fn outcome(&self) -> Outcome {
        let shipments = self.shipments().await.into_iter().map(|shipment| {
            let spelling = shipment.delivery.recipients.keys().map(|a| a.as_str().to_owned()).collect();
            ((shipment.head.reference, shipment.head.sender.key()), (shipment.delivery, spelling))
        });
        let events = self.store.read(|reader| reader.events_after(0, 1000)).await.unwrap();
        let parked = self.store.read(|reader| reader.parked()).await.unwrap();
        Outcome {
            shipments: shipments.collect(),
            events: events.into_iter().map(|event| event.id).collect(),
            parked,
        }
    }
}

/// Receipts of one shipment and beside it: contradictory, repeated, late, without a reference, of another sender.
pub(super) fn story() -> Vec<(&'static str, Letter)> {
    let without_reference =
        |letter: Letter| Letter { data: CertificationData { reference: None, ..letter.data }, ..letter };
    let of_mallory = |letter: Letter| {
        let sender = Some(Address::new("mallory@pec.example.test"));
        Letter { data: CertificationData { sender, ..letter.data }, ..letter }
    };
    let late = |hours: &str, letter: Letter| {
        let error_text = Some(format!("non consegnato in {hours} ore"));
        Letter { data: CertificationData { error_text, ..letter.data }, ..letter }
    };
    let dispatched = |number: u8, letter: Letter| {
        let envelope = Some(format!("dispatch.{number}@provider.example.test"));
        Letter { data: CertificationData { envelope, ..letter.data }, ..letter }
    };
    let again = |letter| dispatched(2, letter);
    let future = |letter: Letter| Letter { signed_at: now() + SignedDuration::from_mins(6), ..letter };
    vec![
        ("acceptance", letter(1, Kind::Acceptance)),
        ("acceptance, again", again(letter(2, Kind::Acceptance))),
        ("delivery to bruno", to(BRUNO, letter(3, Kind::Delivery))),
        ("delivery to bruno, other path", to(BRUNO, letter(3, Kind::Delivery))),
        ("delivery to Bruno", to("Bruno@PEC.example.test", letter(4, Kind::Delivery))),
        ("delivery to carla without reference", without_reference(to(CARLA, letter(5, Kind::Delivery)))),
        ("delivery to carla of dispatch 2", again(without_reference(to(CARLA, letter(6, Kind::Delivery))))),
        ("delivery to bruno of dispatch 3", dispatched(3, to(BRUNO, letter(18, Kind::Delivery)))),
        (
            "late for carla of dispatch 3",
            dispatched(3, without_reference(to(CARLA, letter(19, Kind::DelayNotice)))),
        ),
        ("failure for carla", to(CARLA, letter(7, Kind::Failure))),
        ("delay 12", late("12", to(CARLA, letter(8, Kind::DelayNotice)))),
        ("delay 24", late("24", letter(9, Kind::DelayNotice))),
        ("taken in charge", letter(10, Kind::TakenInCharge)),
        ("refusal", letter(11, Kind::Refusal)),
        ("altered", untrusted(to(CARLA, letter(12, Kind::Delivery)))),
        ("delivery of mallory", of_mallory(to(BRUNO, letter(13, Kind::Delivery)))),
        ("acceptance of mallory", of_mallory(letter(14, Kind::Acceptance))),
        ("delivery from the future", future(to(CARLA, letter(15, Kind::Delivery)))),
        ("envelope", letter(16, Kind::Envelope)),
        ("ordinary", letter(17, Kind::Ordinary)),
    ]
}
