//! `watch` on a real server: news at once, and over a restart of the server nothing missed and nothing twice.

use std::time::{Duration, Instant};

use recapito_tests::dovecot::{ALICE, Dovecot};
use recapito_tests::recapito::{PATIENCE, Recapito, Running};

use crate::imap::Answer;
use crate::submission::SubmissionServer;

#[tokio::test(flavor = "multi_thread")]
async fn what_arrives_during_idle_is_told_within_two_seconds() -> Answer<()> {
    let Some(server) = Dovecot::start_or_skip() else { return Ok(()) };
    server.append(ALICE, &message("before the account"))?;
    let (user, _submission) = user(&server).await?;
    let mut watch = watching(&user);
    for subject in ["first of two", "second of two"] {
        server.append(ALICE, &message(subject))?;
        let begin = Instant::now();
        watch.wait_for(subject, PATIENCE);
        assert!(begin.elapsed() < Duration::from_secs(2), "{:?}", begin.elapsed());
    }
    let ended = watch.interrupt().expect(0);
    assert_eq!(ended.stdout.lines().count(), 2, "{}", ended.stdout);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_of_the_server_loses_nothing_and_doubles_nothing() -> Answer<()> {
    let Some(mut server) = Dovecot::start_or_skip() else { return Ok(()) };
    let (user, _submission) = user(&server).await?;
    let mut watch = watching(&user);
    server.append(ALICE, &message("told before"))?;
    watch.wait_for("told before", PATIENCE);
    server.append(ALICE, &message("just before"))?;
    // It may or may not be told before the line breaks: both orders are good.
    server.stop()?;
    watch.wait_for("trying again", PATIENCE);
    server.restart()?;
    server.append(ALICE, &message("line down"))?;
    watch.wait_for("up to date", PATIENCE);
    server.append(ALICE, &message("line up again"))?;
    watch.wait_for("line up again", PATIENCE);

    let ended = watch.interrupt().expect(0);
    for subject in ["told before", "just before", "line down", "line up again"] {
        assert_eq!(ended.stdout.matches(subject).count(), 1, "{subject}: {}", ended.stdout);
    }
    assert_eq!(user.json(["events"]).len(), 4);
    Ok(())
}

/// A user with Alice's mailbox.
async fn user(server: &Dovecot) -> Answer<(Recapito, SubmissionServer)> {
    let submission = SubmissionServer::start(server).await?;
    let user = Recapito::new();
    user.add_account(ALICE.address, ALICE.password, &submission.servers(server.imaps_port())).expect(0);
    user.run(["sync"]).expect(0);
    Ok((user, submission))
}

/// A watch that has said that it is up to date.
fn watching(user: &Recapito) -> Running {
    let mut watch = user.start(["watch", "--verbose"]);
    watch.wait_for("up to date", PATIENCE);
    watch
}

fn message(subject: &str) -> Vec<u8> {
    format!("From: bob@example.test\r\nTo: {}\r\nSubject: {subject}\r\n\r\nText\r\n", ALICE.address)
        .into_bytes()
}
