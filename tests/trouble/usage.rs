//! What cannot be asked: exit code 2, a word about it, and nothing done.

use recapito_tests::recapito::Recapito;

use crate::desk::{ANNA, Desk, Outcome, PASSWORD};

#[test]
fn a_command_that_does_not_exist_is_wrong_usage() {
    let user = Recapito::new();
    for arguments in [
        vec!["frobnicate"],
        vec!["account"],
        vec!["account", "add", "not an address"],
        vec!["account", "add", ANNA],
        vec!["events", "--after", "yesterday"],
        vec!["list", "--no-such-option"],
        vec!["send", "--from", ANNA],
        vec!["sync"],
        vec!["verify"],
        vec!["verify", "no-such-file.eml"],
        vec!["watch"],
    ] {
        let ended = user.run(&arguments).expect(2);
        assert!(!ended.stderr.is_empty() && ended.stdout.is_empty(), "{arguments:?}: {ended:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_named_and_not_there_is_wrong_usage() -> Outcome {
    let desk = Desk::start().await?;
    let user = Recapito::new();
    user.add_account(ANNA, PASSWORD, &desk.servers()).expect(0);
    for arguments in [
        vec!["account", "check", "nobody@example.test"],
        vec!["account", "remove", "a9", "--yes"],
        vec!["export", "m9", "--out", "never-written"],
        vec!["export", "s9", "--out", "never-written"],
        vec!["export", "x", "--out", "never-written"],
        vec!["outbox", "cancel", "s9"],
        vec!["outbox", "retry", "m1"],
        vec!["outbox", "retry", "s9"],
        vec!["outbox", "settle", "s9"],
        vec!["outbox", "settle", "s9", "--sent"],
        vec!["send", "--from", "nobody@example.test", "--to", ANNA, "--subject", "x"],
        vec!["send", "--from", ANNA, "--to", "no address", "--subject", "x"],
        vec!["show", ""],
        vec!["show", "m0"],
        vec!["show", "m9"],
        vec!["show", "s9"],
        vec!["sync", "nobody@example.test"],
    ] {
        let ended = user.run(&arguments);
        assert_eq!(ended.exit, Some(2), "{arguments:?}: {ended:?}");
        assert!(!ended.stderr.is_empty(), "{arguments:?}");
    }
    assert!(!std::path::Path::new("never-written").exists());
    Ok(())
}
