//! A real mailbox on a real server: the corpus's real mail in a Dovecot, synced by the program.
//!
//! No name or address of that mail is written here: what is expected follows from the files' names, which their
//! README explains, and from their bytes.

use std::fs;
use std::path::Path;

use recapito_tests::corpus::corpus_or_skip;
use recapito_tests::dovecot::{ALICE, Dovecot};
use recapito_tests::recapito::Recapito;
use serde_json::Value;

use crate::imap::{Answer, Client};
use crate::submission::SubmissionServer;

/// What the mailbox holds, in the order of delivery, and how each is to be judged.
const MAIL: [(&str, &str, &str); 10] = [
    // The delivery first: it has to wait for the acceptance that founds the shipment.
    ("aruba-2018-delivery-complete", "delivery", "trusted"),
    ("sogei-2018-envelope-altered", "envelope", "altered"),
    ("aruba-2018-acceptance", "acceptance", "trusted"),
    ("sogei-2018-envelope-invoice", "envelope", "trusted"),
    ("sogei-2018-envelope-sdi-notice", "envelope", "trusted"),
    // It has no daticert.xml: without one nothing signed is an envelope.
    ("sogei-2019-envelope-sdi-nondelivery-altered", "ordinary", "altered"),
    ("aruba-2026-failure-anonymised", "failure", "altered"),
    ("anonymised-2021-delivery-complete", "delivery", "unreadable"),
    ("anonymised-2024-acceptance", "acceptance", "absent"),
    ("anonymised-2024-failure", "failure", "absent"),
];

#[tokio::test(flavor = "multi_thread")]
async fn real_mail_in_a_real_mailbox_becomes_one_proven_shipment() -> Answer<()> {
    let Some(mut server) = Dovecot::start_or_skip() else { return Ok(()) };
    let Some(corpus) = corpus_or_skip() else { return Ok(()) };
    let delivered = MAIL.iter().map(|(name, ..)| read(&corpus, name)).collect::<Answer<Vec<_>>>()?;
    for raw in &delivered {
        server.append(ALICE, raw)?;
    }

    let submission = SubmissionServer::start(&server).await?;
    let user = Recapito::new();
    let added = user.add_account(ALICE.address, ALICE.password, &submission.servers(server.imaps_port()));
    assert!(added.expect(0).stdout.contains("login succeeded"));
    let first = user.run(["sync"]).expect(0);
    assert!(first.stderr.contains("10 messages fetched"), "{}", first.stderr);
    assert_eq!(first.stdout, "", "what lay in the mailbox before makes state, not alerts");

    let shipments = user.json(["list"]);
    let [shipment] = shipments.as_slice() else { panic!("{} shipments, not one", shipments.len()) };
    assert_eq!(shipment["state"], "delivered");
    let recipients = shipment["recipients"].as_array().ok_or("no recipients")?;
    assert!(!recipients.is_empty());
    for recipient in recipients {
        assert_eq!(recipient["state"], "delivered");
        assert_eq!(evidence(recipient), ["m1", "m3"], "the delivery and the acceptance");
        assert_eq!(recipient["contradictory"], false);
    }

    for (number, (name, kind, verdict)) in (1..).zip(MAIL) {
        let id = format!("m{number}");
        let shown = user.json(["show", &id]).pop().ok_or("nothing shown")?;
        assert_eq!((&shown["kind"], &shown["verdict"]), (&kind.into(), &verdict.into()), "{name}");
        assert_eq!(shown["check"]["verdict"], verdict, "{name}");
        assert!(user.run(["show", &id]).expect(0).stdout.starts_with(&id));

        let out = user.data().join(format!("{id}.eml"));
        user.run(["export".as_ref(), id.as_ref(), "--out".as_ref(), out.as_os_str()]).expect(0);
        assert!(fs::read(&out)? == delivered[number - 1], "{name} comes out as it was delivered");
    }

    let second = user.run(["sync"]).expect(0);
    assert!(second.stderr.contains("0 messages fetched, nothing new"), "{}", second.stderr);

    let mut looking = Client::log_in(&server, ALICE)?;
    looking.command("EXAMINE INBOX")?;
    let flags = String::from_utf8(looking.command("FETCH 1:* FLAGS")?)?;
    assert_eq!(flags.matches("FLAGS (").count(), MAIL.len());
    assert!(!flags.contains("\\Seen"), "nothing on the server is touched: {flags}");

    // Stopped, so that all of its log is there. It counts, at each logout, the bodies that it gave out.
    server.stop()?;
    let log = server.log();
    let bodies = |line: &str| Some(line.split_once(" body_count=")?.1.split_once(' ')?.0.to_owned());
    let counts: Vec<_> = log.lines().filter(|line| line.contains("Logged out")).filter_map(bodies).collect();
    assert_eq!(counts, ["0", "10", "0"], "of the check, the first and the second sync:\n{log}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shipment_is_exported_with_its_evidence_and_nothing_is_overwritten() -> Answer<()> {
    let Some(server) = Dovecot::start_or_skip() else { return Ok(()) };
    let Some(corpus) = corpus_or_skip() else { return Ok(()) };
    let acceptance = read(&corpus, "aruba-2018-acceptance")?;
    let delivery = read(&corpus, "aruba-2018-delivery-complete")?;
    server.append(ALICE, &acceptance)?;
    server.append(ALICE, &delivery)?;
    let submission = SubmissionServer::start(&server).await?;
    let user = Recapito::new();
    user.add_account(ALICE.address, ALICE.password, &submission.servers(server.imaps_port())).expect(0);
    user.run(["sync"]).expect(0);

    let out = user.data().join("out");
    let export = || user.run(["export".as_ref(), "s1".as_ref(), "--out".as_ref(), out.as_os_str()]);
    export().expect(0);
    let mut files = fs::read_dir(&out)?.map(|entry| Ok(entry?.path())).collect::<Answer<Vec<_>>>()?;
    files.sort();
    let contents = files.iter().map(fs::read).collect::<Result<Vec<_>, _>>()?;
    assert!(contents == [acceptance, delivery], "{files:?}");
    export().expect(2);
    assert_eq!(user.run(["show", "s1"]).expect(0).stdout.matches("(m").count(), 2, "a line for each receipt");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_are_listed_checked_and_removed() -> Answer<()> {
    let Some(server) = Dovecot::start_or_skip() else { return Ok(()) };
    server.append(ALICE, b"Subject: stays\r\n\r\n")?;
    let submission = SubmissionServer::start(&server).await?;
    let user = Recapito::new();
    let servers = submission.servers(server.imaps_port());
    user.add_account(ALICE.address, ALICE.password, &servers).expect(0);
    user.add_account(ALICE.address, ALICE.password, &servers).expect(2);
    user.run(["sync"]).expect(0);

    let listed = user.json(["account", "list"]);
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0]["address"], ALICE.address);
    let checked = user.json(["account", "check"]);
    let capabilities = checked[0]["capabilities"].as_array().ok_or("no capabilities")?;
    assert!(capabilities.contains(&"IDLE".into()), "{capabilities:?}");
    assert!(checked[0]["folders"].as_array().ok_or("no folders")?.contains(&"INBOX".into()));

    user.run(["account", "remove", ALICE.address]).expect(2);
    user.run(["account", "remove", ALICE.address, "--yes"]).expect(0);
    assert!(user.json(["account", "list"]).is_empty());
    assert!(user.json(["list", "--received"]).is_empty());
    assert!(Client::log_in(&server, ALICE)?.message(1)?.starts_with(b"Subject: stays"));
    Ok(())
}

/// A file of the corpus as IMAP gives it back: every line ended by CRLF.
fn read(corpus: &Path, name: &str) -> Answer<Vec<u8>> {
    let raw = fs::read(corpus.join("pec").join(format!("{name}.eml")))?;
    let mut lines = Vec::with_capacity(raw.len() + 1000);
    for line in raw.split_inclusive(|&byte| byte == b'\n') {
        match line.strip_suffix(b"\n") {
            Some(line) => lines.extend([line.strip_suffix(b"\r").unwrap_or(line), b"\r\n"].concat()),
            None => lines.extend(line),
        }
    }
    Ok(lines)
}

fn evidence(recipient: &Value) -> Vec<&str> {
    let mut ids: Vec<_> =
        recipient["evidence"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    ids.sort_unstable();
    ids
}
