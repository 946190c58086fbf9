//! The Dovecot harness keeps what it promises: real TLS, real bytes, nothing left behind.
//!
//! What the engine does with a real server is tested elsewhere; here the harness itself is on trial, through
//! a client of its own (`imap`).

use recapito_tests::dovecot::{ALICE, BOB, Dovecot};

use crate::imap::{Answer, Client};

const MESSAGE: &[u8] =
    b"From: bob@example.test\r\nSubject: bytes\r\n\r\nTrailing space \r\n.dot\r\n\xe8\xff\tno end of line";

#[test]
fn a_client_logs_in_over_a_connection_it_has_checked() -> Answer<()> {
    let Some(server) = Dovecot::start_or_skip() else { return Ok(()) };
    let mut client = Client::connect(&server, &server)?;
    let wrong = client.command("LOGIN alice@example.test wrong");
    assert!(wrong.is_err_and(|error| error.to_string().contains("NO [AUTHENTICATIONFAILED]")));
    client.command("LOGIN alice@example.test secret1")?;
    Ok(())
}

#[test]
fn a_client_that_trusts_another_authority_does_not_connect() -> Answer<()> {
    let Some(server) = Dovecot::start_or_skip() else { return Ok(()) };
    let Some(other) = Dovecot::start_or_skip() else { return Ok(()) };
    let refused = Client::connect(&server, &other).err().ok_or("it connected")?;
    assert!(refused.to_string().contains("invalid peer certificate"), "{refused}");
    Client::connect(&other, &other)?;
    Ok(())
}

#[test]
fn an_appended_message_comes_back_byte_for_byte() -> Answer<()> {
    let Some(server) = Dovecot::start_or_skip() else { return Ok(()) };
    server.append(ALICE, MESSAGE)?;
    assert_eq!(Client::log_in(&server, ALICE)?.message(1)?, MESSAGE);
    assert!(Client::log_in(&server, BOB)?.message(1).is_err(), "only Alice has mail");
    Ok(())
}

#[test]
fn a_delivered_message_comes_back_under_a_trace() -> Answer<()> {
    let Some(server) = Dovecot::start_or_skip() else { return Ok(()) };
    server.deliver(BOB, MESSAGE)?;
    let received = Client::log_in(&server, BOB)?.message(1)?;
    assert!(received.starts_with(b"Return-Path: <>\r\nDelivered-To: bob@example.test\r\n"));
    assert!(received.ends_with(&[MESSAGE, b"\r\n"].concat()));
    Ok(())
}

#[test]
fn a_restart_cuts_connections_and_keeps_mail_and_ports() -> Answer<()> {
    let Some(mut server) = Dovecot::start_or_skip() else { return Ok(()) };
    server.append(ALICE, MESSAGE)?;
    let ports = (server.imap_port(), server.imaps_port());
    let mut before = Client::log_in(&server, ALICE)?;
    server.restart()?;
    // First perhaps the farewell, then nothing.
    assert!(before.command("NOOP").is_err());
    assert_eq!((server.imap_port(), server.imaps_port()), ports);
    assert_eq!(Client::log_in(&server, ALICE)?.message(1)?, MESSAGE);
    assert_eq!(server.log().matches(" starting up for ").count(), 2);
    Ok(())
}

#[test]
fn a_stopped_server_leaves_no_process() -> Answer<()> {
    let Some(mut server) = Dovecot::start_or_skip() else { return Ok(()) };
    let _logged_in = Client::log_in(&server, ALICE)?;
    let processes = server.processes().ok_or("no process")?;
    assert!(processes.lives()?);
    server.stop()?;
    assert!(!processes.lives()?);
    assert!(server.processes().is_none());
    Ok(())
}

#[test]
fn a_dropped_server_leaves_neither_process_nor_folder() -> Answer<()> {
    let Some(server) = Dovecot::start_or_skip() else { return Ok(()) };
    let processes = server.processes().ok_or("no process")?;
    let authority = server.authority();
    assert!(authority.is_file());
    drop(server);
    assert!(!processes.lives()?);
    assert!(!authority.exists());
    Ok(())
}
