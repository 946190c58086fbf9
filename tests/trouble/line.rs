//! Servers that cannot be trusted, reached or listened to: exit code 40 with the reason, what is stored stays, and
//! the next run goes on.

use std::net::{Ipv4Addr, TcpListener};

use recapito_provider::tls::Authority;
use recapito_tests::proxy::Proxy;
use recapito_tests::recapito::{Recapito, Servers};

use crate::desk::{ANNA, Desk, Outcome, PASSWORD};
use crate::message::fill;
use crate::playback::{Answer, Playback};

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_is_not_to_be_trusted_ends_it_before_any_login() -> Outcome {
    let stranger = recapito_tests::authority::Authority::new()?.certificate();
    // Of the same name, with another key.
    let namesake = Authority::new()?.pem();
    let unknown = Desk::start().await?;
    let expired = Desk::start_with(Authority::expired_server_config).await?;
    let other_name =
        Desk::start_with(|authority| authority.server_config_for(&["mail.example.test"])).await?;
    let cases = [
        (&unknown, Servers { authorities: &stranger, ..unknown.servers() }, "its issuer is not trusted"),
        (&unknown, Servers { authorities: &namesake, ..unknown.servers() }, "a signature in it is wrong"),
        (&expired, expired.servers(), "it has expired"),
        (&other_name, other_name.servers(), "it belongs to another server"),
    ];
    for (desk, servers, reason) in cases {
        let user = Recapito::new();
        let said = user.add_account(ANNA, PASSWORD, &servers).expect(40).stderr;
        assert!(said.contains(reason), "{said}");
        let said = user.run(["sync"]).expect(40).stderr;
        assert!(said.contains(reason), "{said}");
        assert_eq!(desk.logins(), 0);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_there_is_said_to_be_so() -> Outcome {
    let desk = Desk::start().await?;
    // Nobody listens there any more.
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
    let user = Recapito::new();
    let said = user.add_account(ANNA, PASSWORD, &Servers { imap: free, ..desk.servers() }).expect(40).stderr;
    assert!(said.contains("nothing listens on that port"), "{said}");
    user.run(["sync"]).expect(40);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_cut_in_the_middle_of_a_fetch_keeps_what_was_stored() -> Outcome {
    let desk = Desk::start().await?;
    fill(desk.mailbox(), 200);
    let proxy = Proxy::start(desk.servers().imap)?;
    let servers = Servers { imap: proxy.port(), ..desk.servers() };

    let undisturbed = Recapito::new();
    undisturbed.add_account(ANNA, PASSWORD, &servers).expect(0);
    proxy.open();
    undisturbed.run(["sync"]).expect(0);
    let whole = proxy.delivered();

    let user = Recapito::new();
    user.add_account(ANNA, PASSWORD, &servers).expect(0);
    proxy.end_after(whole * 7 / 10, || {});
    let said = user.run(["sync"]).expect(40).stderr;
    assert!(said.contains("the connection was cut"), "{said}");
    let stored = user.json(["list", "--received"]).len();
    assert!((1..200).contains(&stored), "{stored} of 200");

    user.run(["sync"]).expect(0);
    assert_eq!(user.json(["list", "--received"]), undisturbed.json(["list", "--received"]));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_no_or_bye_at_any_step_is_quoted_and_the_next_run_completes() -> Outcome {
    let server = Playback::start().await?;
    let user = Recapito::new();
    user.add_account_with(ANNA, PASSWORD, &server.servers(), &["--no-check"]).expect(0);
    for to in ["EXAMINE", "FETCH", "BODY"] {
        server.say(Some(Answer { to, with: "TAG NO [SERVERBUG] the cat sleeps on it\r\n" }));
        let said = user.run(["sync"]).expect(40).stderr;
        assert!(said.contains("it said no (“the cat sleeps on it”)"), "NO to {to}: {said}");
        server.say(Some(Answer { to, with: "* BYE going home\r\n" }));
        let said = user.run(["sync"]).expect(40).stderr;
        assert!(said.contains("it closed the session (“going home”)"), "BYE to {to}: {said}");
        assert!(user.json(["list", "--received"]).is_empty(), "a failure is no empty mailbox");
    }
    server.say(Some(Answer { to: "AUTHENTICATE", with: "TAG NO [UNAVAILABLE] too many\r\n" }));
    let said = user.run(["sync"]).expect(40).stderr;
    assert!(said.contains("it takes no login now (“too many”)"), "that is no wrong password: {said}");

    server.say(None);
    user.run(["sync"]).expect(0);
    assert_eq!(user.json(["list", "--received"]).len(), 1);
    Ok(())
}
