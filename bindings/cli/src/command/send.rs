//! `recapito send`: one message into the outbox and to the server; with `--wait`, until every receipt is in.
//!
//! Once the message is in the outbox it is not lost: whatever goes wrong afterwards is told with the state it is in,
//! and the exit code says which (refused 20, not settled 10, server 40, login 41).

use std::io::{self, IsTerminal, Read};
use std::path::Path;
use std::time::Duration;

use recapito_engine::client::{Client, Sent, Watched};
use recapito_engine::compose::Draft;
use recapito_engine::identity::{AccountId, ShipmentId};
use recapito_engine::outbox::OutboxState;
use recapito_engine::store::shipment::Shipment;
use recapito_pec::Address;
use recapito_pec::daticert::ReceiptType;
use recapito_pec::delivery::State;

use crate::exit::Exit;
use crate::failure::{Failure, message};
use crate::language::say;
use crate::option::{Common, Receipt, Send};
use crate::output::Output;
use crate::session;
use crate::shipment::{ShipmentRecord, recipient_lines, state};

/// Sends.
pub(crate) async fn run(options: &Send, common: &Common, output: &mut Output) -> Result<Exit, Failure> {
    let client = session::open(common).await?;
    let account = session::account(&client, &options.from).await?;
    let addresses = |given: &[String]| given.iter().map(|address| Address::new(address)).collect();
    let draft = Draft {
        from: account.settings.address.clone(),
        to: addresses(&options.to),
        cc: addresses(&options.cc),
        subject: options.subject.clone(),
        text: text(options.body.as_deref(), output)?,
        receipt: match options.receipt {
            Receipt::Complete => ReceiptType::Complete,
            Receipt::Brief => ReceiptType::Brief,
            Receipt::Synthetic => ReceiptType::Synthetic,
        },
    };
    let sent = client.send(account.id, draft).await?;
    let waited = match options.wait && sent.trouble.is_none() {
        true => wait(&client, account.id, sent.shipment, options.timeout, output).await?,
        false => Exit::Done,
    };
    let exit = conclude(&client, &sent, output).await?.or(waited);
    client.close().await;
    Ok(exit)
}

/// The text of the message: a file's, or what comes on standard input.
fn text(file: Option<&Path>, output: &mut Output) -> Result<String, Failure> {
    if let Some(file) = file {
        return std::fs::read_to_string(file).map_err(|error| Failure::file(file, &error));
    }
    if io::stdin().is_terminal() {
        output.remark(&say!(
            "Testo del messaggio (fine con Ctrl-D):",
            "Text of the message (end with Ctrl-D):"
        ));
    }
    let mut text = String::new();
    io::stdin()
        .take(LARGEST)
        .read_to_string(&mut text)
        .map_err(|error| Failure::file(Path::new("-"), &error))?;
    Ok(text)
}

/// Says how a submission went, and the exit code of that.
pub(crate) async fn conclude(client: &Client, sent: &Sent, output: &mut Output) -> Result<Exit, Failure> {
    let shipment = client.shipment(sent.shipment).await?;
    print(&shipment, output);
    if let Some(error) = &sent.trouble {
        output.error(&message(error));
        output.remark(&say!(
            "Il messaggio non è partito e attende nella posta in uscita.",
            "The message was not sent and waits in the outbox."
        ));
    }
    Ok(match shipment.outbox {
        Some(OutboxState::Rejected) => {
            let entries = client.outbox().await?;
            if let Some(entry) = entries.iter().find(|entry| entry.shipment == shipment.id) {
                let answer = crate::output::plain(&entry.answer);
                output.error(&say!("il server rifiuta: “{answer}”", "the server refuses: “{answer}”"));
            }
            Exit::Failed
        }
        Some(OutboxState::Uncertain) => {
            output.error(&say!(
                "la connessione è caduta prima della risposta: forse è partito. Non viene reinviato; lo dirà la \
                 ricevuta di accettazione",
                "the connection broke before the answer: it may have been sent. It is not sent again; the acceptance \
                 receipt will tell"
            ));
            Exit::Pending
        }
        Some(OutboxState::Waiting | OutboxState::Draft | OutboxState::Submitting) => {
            // The trouble says why, with its own code; without one the server put it off.
            sent.trouble.as_ref().map_or(Exit::Pending, Failure::exit_of)
        }
        Some(OutboxState::Submitted) | None => Exit::Done,
    })
}

fn print(shipment: &Shipment, output: &mut Output) {
    if output.json {
        return output.record(&ShipmentRecord::from(shipment));
    }
    output.line(&format!("{}  {}", shipment.id, state(shipment)));
    for (address, status) in &shipment.delivery.recipients {
        for line in recipient_lines(address, status) {
            output.line(&format!("    {line}"));
        }
    }
}

/// Watches the mailbox until every recipient is settled, or the time is over.
async fn wait(
    client: &Client,
    account: AccountId,
    id: ShipmentId,
    timeout: Duration,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let mut watch = client.watch(&[account]).await?;
    let deadline = tokio::time::Instant::now() + timeout;
    let exit = loop {
        let shipment = client.shipment(id).await?;
        if let Some(exit) = settled(&shipment) {
            break exit;
        }
        match tokio::time::timeout_at(deadline, watch.next()).await {
            Err(_) => break Exit::Pending,
            Ok(Some(Watched::Ended(_, error))) => {
                output.error(&message(&error));
                break Failure::exit_of(&error);
            }
            Ok(None) => break Exit::Pending,
            Ok(Some(Watched::Pulse(..))) => {}
        }
    };
    watch.stop().await;
    Ok(exit)
}

/// How it ended, once nothing more is awaited: delivered to every PEC recipient, accepted for the outside ones.
fn settled(shipment: &Shipment) -> Option<Exit> {
    match shipment.outbox {
        Some(OutboxState::Rejected) => return Some(Exit::Failed),
        Some(OutboxState::Submitted) | None => {}
        // An uncertain one is settled by its acceptance.
        Some(_) => return None,
    }
    if shipment.delivery.is_pending() {
        return None;
    }
    Some(match shipment.delivery.state() {
        // Accepted and settled: to outsiders alone.
        Some(State::Delivered | State::Accepted) => Exit::Done,
        _ => Exit::Failed,
    })
}

/// Providers take 100 MB at most.
const LARGEST: u64 = 100_000_000;
