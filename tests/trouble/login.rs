//! A refused login is said once and remembered: providers lock the box of whoever tries on.

use recapito_tests::recapito::Recapito;

use crate::desk::{ANNA, Desk, Outcome, PASSWORD};

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_reaches_the_server_once() -> Outcome {
    let desk = Desk::start().await?;
    let user = Recapito::new();
    let said = user.add_account(ANNA, "wrong", &desk.servers()).expect(41).stderr;
    assert_eq!(said.matches("the login was refused").count(), 1, "{said}");
    assert_eq!(desk.logins(), 1, "not at the other server too");

    for command in [vec!["sync"], vec!["watch"], vec!["sync", ANNA]] {
        let said = user.run(command).expect(41).stderr;
        assert!(said.contains("and not tried again"), "{said}");
    }
    assert_eq!(desk.logins(), 1, "remembered");

    user.run(["account", "check"]).expect(41);
    assert_eq!(desk.logins(), 2, "a check tries again");

    user.file(&format!("{ANNA}.password"), PASSWORD);
    user.run(["account", "check"]).expect(0);
    user.run(["sync"]).expect(0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_never_shown() -> Outcome {
    let desk = Desk::start().await?;
    let user = Recapito::new();
    let wrong = user.add_account_with(ANNA, "not so secret", &desk.servers(), &["--verbose"]).expect(41);
    assert!(!format!("{wrong:?}").contains("not so secret"));
    for entry in std::fs::read_dir(user.data())? {
        let bytes = std::fs::read(entry?.path())?;
        assert!(!bytes.windows(13).any(|window| window == b"not so secret"), "nor kept");
    }
    Ok(())
}
