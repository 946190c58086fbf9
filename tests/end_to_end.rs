//! From a message sent to a delivery event, through real SMTP and IMAP, with the embedded provider at the other end.
//!
//! The program is driven as a user drives it; what it must say is in the contract of the command line.

use std::collections::BTreeSet;
use std::error::Error;
use std::fs;
use std::net::{Ipv4Addr, TcpListener};

use recapito_provider::{Behaviour, Provider, Settings, Silence, hours};
use recapito_tests::recapito::{Ended, PATIENCE, Recapito, Servers};
use serde_json::Value;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

const ANNA: &str = "anna@pec.example.test";
const BRUNO: &str = "bruno@legal.example.test";
const FULL: &str = "full@legal.example.test";
const LATE: &str = "late@legal.example.test";
const REFUSED: &str = "refused@legal.example.test";
const OUTSIDE: &str = "carla@example.test";
const PASSWORD: &str = "open sesame";

#[tokio::test(flavor = "multi_thread")]
async fn send_wait_ends_with_what_became_of_every_recipient() -> Outcome {
    let provider = provider().await?;
    let anna = user(&provider);
    #[rustfmt::skip]
    let cases: [(&[&str], i32, &str, &[&str]); 5] = [
        (&[BRUNO],              0,  "delivered", &["delivered"]),
        (&[OUTSIDE],            0,  "outside",   &["outside"]),
        (&[BRUNO, OUTSIDE],     0,  "delivered", &["delivered", "outside"]),
        (&[FULL],               20, "failed",    &["failed"]),
        (&[BRUNO, FULL],        20, "failed",    &["delivered", "failed"]),
    ];
    for (to, exit, state, each) in cases {
        let ended = send(&anna, to, &["--wait", "--json"]).expect(exit);
        let shipment = ended.json().pop().ok_or("nothing printed")?;
        assert_eq!(shipment["state"], state, "{to:?}: {shipment}");
        let recipients = shipment["recipients"].as_array().ok_or("no recipients")?;
        let states: Vec<_> = recipients.iter().filter_map(|recipient| recipient["state"].as_str()).collect();
        assert_eq!(states, each, "{to:?}: {shipment}");
    }
    let failed = anna.json(["list", "--failed"]);
    assert_eq!(failed.len(), 2);
    let text =
        failed[0]["recipients"].as_array().into_iter().flatten().find_map(|it| it["error_text"].as_str());
    assert!(text.is_some_and(|text| text.contains("casella piena")), "the provider's reason: {text:?}");
    anna.run(["list", "--exit-code"]).expect(20);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recipient_refused_by_the_server_rejects_the_whole_message_in_its_words() -> Outcome {
    let provider = provider().await?;
    let anna = user(&provider);
    for options in [&[][..], &["--wait"]] {
        let said = send(&anna, &[BRUNO, REFUSED], options).expect(20).stderr;
        assert!(said.contains("Recipient address rejected"), "{options:?}: {said}");
    }
    let bruno = provider.mailbox(BRUNO).ok_or("no box")?;
    assert!(bruno.messages("INBOX").is_empty(), "a letter to fewer than its recipients is another letter");
    let states: Vec<_> = anna.json(["outbox"]).iter().map(|entry| entry["state"].clone()).collect();
    assert_eq!(states, ["rejected", "rejected"]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_settled_in_time_is_told_apart_and_settles_later() -> Outcome {
    let provider = provider().await?;
    let anna = user(&provider);
    send(&anna, &[LATE], &["--wait", "--timeout", "1s"]).expect(10);
    anna.run(["list", "--exit-code"]).expect(10);
    assert_eq!(anna.json(["list", "--pending"]).len(), 1);
    let mut watch = anna.start(["watch", "--verbose"]);
    watch.wait_for("up to date", PATIENCE);
    // The recipient's provider answers at last. Nobody's clock is ahead: the silence is ended, not waited for.
    provider.script().on(LATE, Behaviour::Deliver);
    send(&anna, &[LATE], &["--wait"]).expect(0);
    watch.wait_for("Delivered", PATIENCE);
    watch.interrupt().expect(0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn events_stay_until_each_consumer_has_acknowledged_them() -> Outcome {
    let provider = provider().await?;
    let anna = user(&provider);
    send(&anna, &[BRUNO], &["--wait"]).expect(0);
    let events = anna.json(["events"]);
    let kinds: Vec<_> = events.iter().filter_map(|event| event["kind"].as_str()).collect();
    assert_eq!(kinds, ["accepted", "delivered"]);
    assert_eq!(anna.json(["events"]), events, "listing acknowledges nothing");
    assert_eq!(anna.json(["events", "--consumer", "phone"]), events);

    let first = events[0]["position"].to_string();
    anna.run(["events", "--ack", &first]).expect(0);
    assert_eq!(anna.json(["events"]), events[1..]);
    assert_eq!(anna.json(["events", "--after", &first]), events[1..]);
    assert_eq!(anna.json(["events", "--after", "0"]), events, "nothing is deleted");
    assert_eq!(anna.json(["events", "--consumer", "phone"]), events, "each consumer for itself");
    anna.run(["events", "--ack", "0"]).expect(0);
    assert_eq!(anna.json(["events"]), events[1..], "nothing is taken back");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_on_one_store_tell_each_event_once() -> Outcome {
    let provider = provider().await?;
    let anna = user(&provider);
    for number in 0..100 {
        let raw = format!("From: shop@example.test\r\nTo: {ANNA}\r\nSubject: Offer {number}\r\n\r\nBuy!\r\n");
        provider.receive_ordinary("shop@example.test", ANNA, raw.as_bytes());
    }
    let both = [anna.start(["sync"]), anna.start(["sync"])];
    for sync in both {
        sync.finish().expect(0);
    }
    let events = anna.json(["events"]);
    let identities: BTreeSet<_> = events.iter().map(|event| event["id"].to_string()).collect();
    assert_eq!((events.len(), identities.len()), (100, 100));
    assert_eq!(anna.json(["list", "--received"]).len(), 100);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_in_a_restored_backup_is_not_sent_by_itself() -> Outcome {
    let provider = provider().await?;
    let (tls, anchors) = (provider.tls_authority_pem(), provider.anchors_pem());
    // Submission cannot be reached: nobody listens on that port any more.
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
    let anna = Recapito::new();
    let unreachable = Servers { smtp: free, ..servers(&provider, &tls, &anchors) };
    anna.add_account_with(ANNA, PASSWORD, &unreachable, &["--no-check"]).expect(0);
    send(&anna, &[BRUNO], &[]).expect(40);
    let states = |of: &Recapito| of.json(["outbox"]).iter().map(|it| it["state"].clone()).collect::<Vec<_>>();
    assert_eq!(states(&anna), ["waiting"]);

    let restored = Recapito::new();
    fs::create_dir(restored.data())?;
    for entry in fs::read_dir(anna.data())? {
        let entry = entry?;
        // A backup leaves out who the installation is.
        if entry.file_name() != "installation" {
            fs::copy(entry.path(), restored.data().join(entry.file_name()))?;
        }
    }
    assert_eq!(states(&restored), ["draft"]);
    assert_eq!(states(&anna), ["waiting"], "the first installation still sends it");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reinstalled_program_finds_the_same_shipment_in_the_mailbox() -> Outcome {
    let provider = provider().await?;
    let anna = user(&provider);
    send(&anna, &[BRUNO, FULL], &["--wait"]).expect(20);
    let told = |of: &Recapito| {
        let shipment = of.json(["list"]).pop().unwrap_or_default();
        ["reference", "envelope", "state"].map(|name| shipment[name].clone())
    };
    let again = user(&provider);
    again.run(["sync"]).expect(0);
    assert_eq!(told(&again), told(&anna));
    assert_ne!(told(&again)[0], Value::Null);
    assert!(again.json(["events"]).is_empty(), "what lay there before makes state, not alerts");
    Ok(())
}

/// A provider with everybody's boxes, and its script.
async fn provider() -> Outcome<Provider> {
    let provider = Provider::start(Settings::default()).await?;
    for address in [ANNA, BRUNO, FULL, LATE, REFUSED] {
        provider.open_box(address, PASSWORD);
    }
    provider.script().on(FULL, Behaviour::FullMailbox);
    provider.script().on(LATE, Behaviour::Late(Silence::until_delivery(hours(13))));
    provider.script().on(REFUSED, Behaviour::RefusedAtRcpt);
    Ok(provider)
}

fn servers<'a>(provider: &Provider, authorities: &'a str, anchors: &'a str) -> Servers<'a> {
    let (imap, smtp) = (provider.imap_address().port(), provider.smtp_address().port());
    Servers { imap, smtp, authorities, anchors: Some(anchors) }
}

/// Anna, whose mailbox has been synced once.
fn user(provider: &Provider) -> Recapito {
    let anna = Recapito::new();
    let (tls, anchors) = (provider.tls_authority_pem(), provider.anchors_pem());
    anna.add_account(ANNA, PASSWORD, &servers(provider, &tls, &anchors)).expect(0);
    anna.run(["sync"]).expect(0);
    anna
}

fn send(user: &Recapito, to: &[&str], options: &[&str]) -> Ended {
    let mut arguments = vec!["send", "--from", ANNA, "--subject", "A letter", "--to"];
    arguments.extend(to);
    arguments.extend(options);
    user.run(arguments)
}
