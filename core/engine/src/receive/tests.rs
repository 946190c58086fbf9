//! What follows from messages, through the real store.

mod mailbox;

use std::sync::Arc;

use jiff::SignedDuration;
use proptest::prelude::*;
use recapito_pec::daticert::Recipient;
use recapito_pec::delivery::State;
use recapito_pec::{Address, CertificationData, Kind, Reason, Verdict, Verification};

use super::*;
use crate::event::EventKind;
use crate::store::message::{Attachment, Place};
use crate::store::shipment::{Filter, Origin};
use crate::store::{Error, Page};
use mailbox::{
    ALL, ANNA, BRUNO, CARLA, Letter, Mailbox, inbox, letter, now, story, to, uid, untrusted, validity,
};
proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// The end is the same in whatever order, with whatever repeats, and wherever batches are cut.
    #[test]
    fn order_repeats_and_cuts_make_no_difference(
        (order, cuts) in prop::collection::vec(prop::sample::select(story()), 1..8).prop_flat_map(|repeats| {
            let all = [story(), repeats].concat();
            let cuts = prop::collection::vec(1..6_usize, all.len());
            (Just(all).prop_shuffle(), cuts)
        }),
        is_sent_from_here in any::<bool>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (straight, shuffled) = runtime.block_on(async {
            let (straight, shuffled) = (Mailbox::new(story()).await, Mailbox::new(story()).await);
            if is_sent_from_here {
                straight.submit(now() - SignedDuration::from_mins(90)).await;
                shuffled.submit(now() - SignedDuration::from_mins(90)).await;
            }
            let names: Vec<_> = story().into_iter().map(|(raw, _)| raw).collect();
            straight.receive(1, &names).await;
            let mut rest: Vec<_> =
                order.iter().zip(1..).map(|((raw, _), number)| (number, raw.as_bytes())).collect();
            for cut in cuts {
                let batch: Vec<_> = rest.drain(..cut.min(rest.len())).collect();
                shuffled.receive_at(7, batch).await.unwrap();
            }
            (straight.outcome().await, shuffled.outcome().await)
        });
        prop_assert_eq!(straight, shuffled);
    }
}

#[tokio::test]
async fn a_receipt_moves_the_shipment_it_speaks_of() {
    let mailbox = Mailbox::new(story()).await;
    let shipment = mailbox.submit(now() - SignedDuration::from_mins(90)).await;
    mailbox.receive(1, &["acceptance", "delivery to bruno"]).await;
    assert_eq!(mailbox.state(shipment, BRUNO).await, State::Delivered);
    assert_eq!(mailbox.state(shipment, CARLA).await, State::Accepted);
    assert_eq!(mailbox.events().await, [EventKind::Accepted, EventKind::Delivered]);

    let [shown] = &mailbox.shipments().await[..] else { panic!("one shipment") };
    assert_eq!(shown.id, shipment);
    assert_eq!(shown.evidence.len(), 2);
    assert_eq!(shown.evidence[1].recipient, Some(Address::new(BRUNO)));
    let message = shown.evidence[1].message;
    let message = mailbox.store.read(move |reader| reader.message(message)).await.unwrap();
    assert_eq!(message.finding.sender.as_deref(), Some(ANNA));
    assert_eq!(message.places, [Place { folder: inbox(), uid: uid(2) }]);
}

#[tokio::test]
async fn a_copied_reference_moves_nothing_of_ours() {
    let mailbox = Mailbox::new(story()).await;
    let shipment = mailbox.submit(now() - SignedDuration::from_mins(90)).await;
    mailbox.receive(1, &["delivery of mallory"]).await;
    assert!(mailbox.events().await.is_empty());
    mailbox.receive(2, &["acceptance of mallory"]).await;
    for recipient in [BRUNO, CARLA] {
        assert_eq!(mailbox.state(shipment, recipient).await, State::Submitted);
    }
    // What it does move is a shipment of that sender's own.
    assert_eq!(mailbox.shipments().await.len(), 2);
}

#[tokio::test]
async fn what_comes_before_its_acceptance_waits_for_it() {
    let mailbox = Mailbox::new(story()).await;
    let early = ["delivery to bruno", "delivery to carla of dispatch 2", "delay 24"];
    assert!(mailbox.receive(1, &early).await.events.is_empty());
    assert!(mailbox.shipments().await.is_empty());

    assert_eq!(mailbox.receive(4, &["acceptance"]).await.events.len(), 3);
    // The one without a reference still waits: for the acceptance of its own dispatch.
    assert_eq!(mailbox.receive(5, &["acceptance, again"]).await.events.len(), 2);
    let [shipment] = &mailbox.shipments().await[..] else { panic!("one shipment") };
    assert_eq!(shipment.head.origin, Origin::Imported);
    assert_eq!(shipment.delivery.state(), Some(State::Delivered));
    assert!(shipment.delivery.is_sent_twice());
}

#[tokio::test]
async fn what_waited_may_end_the_waiting_of_more() {
    let mailbox = Mailbox::new(story()).await;
    // Only the delivery tells that dispatch 3 is of this message.
    mailbox.receive(1, &["late for carla of dispatch 3", "delivery to bruno of dispatch 3"]).await;
    mailbox.receive(3, &["acceptance"]).await;
    let outcome = mailbox.outcome().await;
    assert_eq!((outcome.parked, outcome.events.len()), (0, 3));
}

#[tokio::test]
async fn what_cannot_be_believed_moves_nothing() {
    let mailbox = Mailbox::new(story()).await;
    let shipment = mailbox.submit(now() - SignedDuration::from_mins(40)).await;
    // Signed 59 minutes ago, before the submission; altered; signed in the future.
    mailbox.receive(1, &["acceptance", "altered", "delivery from the future"]).await;
    assert_eq!(mailbox.state(shipment, CARLA).await, State::Submitted);
    assert_eq!(mailbox.events().await, [EventKind::Suspicious; 3]);
    let implausible = [1, 2, 3].map(MessageId).map(|id| mailbox.store.read(move |reader| reader.message(id)));
    let implausible = futures::future::try_join_all(implausible).await.unwrap();
    assert_eq!(implausible.iter().map(|m| m.finding.implausible).collect::<Vec<_>>(), [true, false, true]);
    // Of what nobody proved, the header is all there is to show.
    assert_eq!(implausible[1].finding.subject.as_deref(), Some("What the header says"));
}

#[tokio::test]
async fn the_same_receipt_twice_is_one_event() {
    let mailbox = Mailbox::new(story()).await;
    mailbox.submit(now() - SignedDuration::from_mins(90)).await;
    let twice = ["delivery to bruno", "delivery to bruno", "delivery to bruno, other path"];
    let received = mailbox.receive(1, &twice).await;
    assert_eq!((received.messages.len(), received.events.len()), (2, 1));
}

#[tokio::test]
async fn a_message_in_two_folders_is_one_message() {
    let mailbox = Mailbox::new(story()).await;
    mailbox.receive(1, &["envelope"]).await;
    let archive = FolderName::from_wire("INBOX.Archivio");
    let account = mailbox.account;
    let name = archive.clone();
    let open = mailbox.store.write(move |writer| writer.open_folder(account, &name, validity(3), uid(1)));
    open.await.unwrap();
    let batch = Batch {
        account,
        folder: archive.clone(),
        uid_validity: validity(3),
        messages: vec![(uid(9), b"envelope".to_vec())],
        next_uid: uid(10),
    };
    let received = receive_by(&mailbox.store, batch, mailbox.verify(), now()).await.unwrap();
    assert_eq!(received, Received::default());
    let messages = mailbox.store.read(|reader| reader.received(None, ALL)).await.unwrap();
    let [message] = &messages[..] else { panic!("one message") };
    let places = [Place { folder: inbox(), uid: uid(1) }, Place { folder: archive, uid: uid(9) }];
    assert_eq!(message.places, places);
}

#[tokio::test]
async fn a_folder_numbered_anew_stores_nothing_twice() {
    let mailbox = Mailbox::new(story()).await;
    mailbox.receive(1, &["envelope", "acceptance", "ordinary"]).await;
    let before = mailbox.outcome().await;
    mailbox.open(8, 1).await;
    let stale = mailbox.receive_at(7, [(4, &b"delivery to bruno"[..])]).await;
    assert!(matches!(stale, Err(Error::FolderChanged)));
    let received = mailbox.receive_at(8, [(1, &b"ordinary"[..]), (2, b"acceptance"), (3, b"envelope")]).await;
    assert_eq!(received.unwrap(), Received::default());
    assert_eq!(mailbox.outcome().await, before);
    let ordinary = mailbox.store.read(|reader| reader.message(MessageId(3))).await.unwrap();
    assert_eq!(ordinary.places, [Place { folder: inbox(), uid: uid(1) }]);
}

#[tokio::test]
async fn what_lay_in_the_mailbox_before_makes_state_and_no_alerts() {
    let mailbox = Mailbox::new(story()).await;
    mailbox.open(7, 4).await;
    let received =
        mailbox.receive(1, &["delivery to bruno", "acceptance", "envelope", "failure for carla"]).await;
    assert_eq!(received.messages.len(), 4);
    assert_eq!(mailbox.events().await, [EventKind::Failed]);
    assert_eq!(mailbox.shipments().await[0].delivery.state(), Some(State::Failed));
}

#[tokio::test]
async fn the_cursor_goes_with_the_messages_and_never_back() {
    let mailbox = Mailbox::new(story()).await;
    mailbox.receive(10, &["envelope"]).await;
    assert_eq!(mailbox.next_uid().await, 11);
    mailbox.receive(5, &["ordinary"]).await;
    assert_eq!(mailbox.next_uid().await, 11);

    let account = mailbox.account;
    let complete = |validity| {
        mailbox.store.write(move |writer| {
            writer.complete_folder(account, &inbox(), validity, Some(uid(900)), None, now())
        })
    };
    assert!(matches!(complete(validity(6)).await, Err(Error::FolderChanged)));
    complete(validity(7)).await.unwrap();
    assert_eq!(mailbox.next_uid().await, 900);
}

#[tokio::test]
async fn nothing_a_mailbox_can_hold_is_refused() {
    let mailbox = Mailbox::new(story()).await;
    let messages: [&[u8]; 4] = [b"", b"\0\0\0", b"\xff\xfe\x80 8 bit \r\n\r \n", b"\r\n.\r\n"];
    mailbox.receive_at(7, (1..).zip(messages)).await.unwrap();
    for (id, raw) in (1..).zip(messages) {
        assert_eq!(mailbox.store.read(move |reader| reader.raw(MessageId(id))).await.unwrap(), raw);
    }
}

#[tokio::test]
async fn a_certified_message_is_shown_with_what_its_original_carries() {
    let with_attachment = "Content-Type: multipart/mixed; boundary=b\n\n--b\n\ntext\n--b\n\
        Content-Type: application/pdf; name=offer.pdf\nContent-Transfer-Encoding: base64\n\nAAAA\n--b--\n";
    let envelope = format!(
        "Content-Type: multipart/mixed; boundary=outer\n\n--outer\nContent-Type: message/rfc822; \
         name=postacert.eml\n\n{with_attachment}\n--outer\nContent-Type: application/xml; name=daticert.xml\n\n\
         <a/>\n--outer--\n"
    );
    let mut mailbox = Mailbox::new([]).await;
    mailbox.letters.insert(envelope.clone().into_bytes(), letter(1, Kind::Envelope));
    mailbox.receive(1, &[with_attachment, &envelope]).await;
    for (id, part) in [(1, "2"), (2, "1.2")] {
        let message = mailbox.store.read(move |reader| reader.message(MessageId(id))).await.unwrap();
        let name = Some("offer.pdf".to_owned());
        let media = "application/pdf".to_owned();
        assert_eq!(message.attachments, [Attachment { part: part.to_owned(), name, media, size: 3 }]);
    }
}

#[tokio::test]
async fn ordinary_mail_is_shown_by_its_own_header() {
    let anomaly = "From: \"Per conto di: a@example.org\" <provider@pec.example.test>\n\
        Subject: ANOMALIA MESSAGGIO: Offer\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\
        Content-Type: message/rfc822; name=postacert.eml\n\nFrom: a@example.org\nSubject: Offer\n\ntext\n--b--\n";
    let mut mailbox = Mailbox::new([]).await;
    mailbox.letters.insert(anomaly.into(), untrusted(letter(1, Kind::AnomalyEnvelope)));
    mailbox.receive(1, &[anomaly]).await;
    let message = mailbox.store.read(|reader| reader.message(MessageId(1))).await.unwrap();
    let finding = (message.finding.sender.as_deref(), message.finding.subject.as_deref());
    assert_eq!(finding, (Some("a@example.org"), Some("Offer")));
}

#[tokio::test]
async fn a_verifier_that_panics_stops_no_mailbox() {
    let mailbox = Mailbox::new(story()).await;
    let batch = Batch {
        account: mailbox.account,
        folder: inbox(),
        uid_validity: validity(7),
        messages: vec![(uid(1), b"trap".to_vec())],
        next_uid: uid(2),
    };
    let verify = Arc::new(|raw: &[u8]| -> Verification { panic!("{} bytes", raw.len()) });
    let received = receive_by(&mailbox.store, batch, verify, now()).await.unwrap();
    assert_eq!(received.messages.len(), 1);
    let message = mailbox.store.read(|reader| reader.message(MessageId(1))).await.unwrap();
    assert_eq!(message.finding.verdict, Verdict::Unreadable);
}

#[tokio::test]
async fn new_rules_judge_again_what_the_old_ones_did_not_trust() {
    let mut mailbox = Mailbox::new(story()).await;
    let shipment = mailbox.submit(now() - SignedDuration::from_mins(90)).await;
    mailbox.receive(1, &["acceptance", "altered", "ordinary"]).await;
    assert_eq!(mailbox.events().await, [EventKind::Accepted, EventKind::Suspicious, EventKind::Received]);
    let rules = verification::RULES + 1;

    mailbox.letters.get_mut(&b"altered"[..]).unwrap().verdict = Verdict::Trusted;
    let events =
        rejudge_by(&mailbox.store, mailbox.account, mailbox.verify(), rules, now()).await.unwrap().events;
    assert_eq!(events.len(), 1);
    assert_eq!(mailbox.state(shipment, CARLA).await, State::Delivered);
    let again = rejudge_by(&mailbox.store, mailbox.account, mailbox.verify(), rules, now()).await.unwrap();
    assert_eq!(again, Received::default());
}

/// Once with a clock that is behind, then with one that is right: the rules are the same, and so is when it was first seen.
#[tokio::test]
async fn what_seemed_signed_in_the_future_is_judged_again() {
    let mut mailbox = Mailbox::new(story()).await;
    let shipment = mailbox.submit(now() - SignedDuration::from_mins(90)).await;
    let letter = mailbox.letters.get_mut(&b"delivery from the future"[..]).unwrap();
    (letter.verdict, letter.reason) = (Verdict::UnknownSigner, Some(Reason::SignedInFuture));
    mailbox.receive(1, &["acceptance", "delivery from the future"]).await;
    assert_eq!(mailbox.events().await, [EventKind::Accepted, EventKind::Suspicious]);

    let again = async |mailbox: &Mailbox, now| {
        let rules = verification::RULES;
        let again = rejudge_by(&mailbox.store, mailbox.account, mailbox.verify(), rules, now).await;
        again.unwrap().events.len()
    };
    assert_eq!(again(&mailbox, now()).await, 0);
    let letter = mailbox.letters.get_mut(&b"delivery from the future"[..]).unwrap();
    (letter.verdict, letter.reason) = (Verdict::Trusted, None);
    let later = letter.signed_at;
    assert_eq!(again(&mailbox, later).await, 1);
    assert_eq!(mailbox.state(shipment, CARLA).await, State::Delivered);
    assert_eq!(again(&mailbox, later).await, 0);
}

#[tokio::test]
async fn five_hundred_recipients_are_each_told_of() {
    let address = |number: u32| format!("box{number}@pec.example.test");
    let recipients: Vec<_> = (0..500)
        .map(|number| Recipient { address: Address::new(&address(number)), certified: number % 2 == 0 })
        .collect();
    let mut mailbox = Mailbox::new([]).await;
    let like = |content, kind| {
        let letter = letter(content, kind);
        Letter { data: CertificationData { recipients: recipients.clone(), ..letter.data }, ..letter }
    };
    mailbox.letters.insert(b"acceptance".to_vec(), like(1, Kind::Acceptance));
    mailbox.letters.insert(b"delivery".to_vec(), to(&address(498), like(2, Kind::Delivery)));
    mailbox.receive(1, &["acceptance", "delivery"]).await;
    let [shipment] = &mailbox.shipments().await[..] else { panic!("one shipment") };
    assert_eq!(shipment.delivery.recipients.len(), 500);
    let count = |state| shipment.delivery.recipients.values().filter(|status| status.state == state).count();
    assert_eq!([State::Accepted, State::Outside, State::Delivered].map(count), [249, 250, 1]);
}

#[tokio::test]
async fn lists_filter_search_and_put_problems_first() {
    let mut mailbox = Mailbox::new([]).await;
    let shipment = |content: u8, kind, subject: &str| {
        let letter = letter(content, kind);
        let data = CertificationData {
            reference: Some(format!("<{content}@pec.example.test>")),
            envelope: Some(format!("{content}@provider.example.test")),
            subject: Some(subject.to_owned()),
            ..letter.data
        };
        Letter { data, ..letter }
    };
    mailbox.letters.insert(b"1".to_vec(), shipment(1, Kind::Acceptance, "Offer, 100%"));
    mailbox.letters.insert(b"2".to_vec(), shipment(2, Kind::Refusal, "Refused"));
    mailbox.letters.insert(b"3".to_vec(), shipment(3, Kind::Acceptance, "Offer, 1000"));
    mailbox.receive(1, &["1", "2", "3"]).await;
    let store = &mailbox.store;
    let list = |filter, search: Option<&'static str>, page| async move {
        let shipments = store.read(move |reader| reader.shipments(filter, search, page)).await.unwrap();
        shipments.into_iter().map(|shipment| shipment.id.0).collect::<Vec<_>>()
    };
    assert_eq!(list(Filter::All, None, ALL).await, [2, 3, 1]);
    assert_eq!(list(Filter::All, None, Page { limit: 1, offset: 1 }).await, [3]);
    assert_eq!(list(Filter::Failed, None, ALL).await, [2]);
    assert_eq!(list(Filter::Pending, None, ALL).await, [3, 1]);
    assert_eq!(list(Filter::All, Some("100%"), ALL).await, [1]);
    assert_eq!(list(Filter::All, Some("BRUNO"), ALL).await, [2, 3, 1]);
    assert!(list(Filter::Pending, Some("refused"), ALL).await.is_empty());
}
