//! `recapito outbox`: what waits to be sent, and what is uncertain.
//!
//! `retry` submits what waits; an uncertain message is never sent again, only settled: by its acceptance receipt, or
//! by the user's word with `settle`.

use recapito_engine::identity::ShipmentId;
use recapito_engine::outbox::{Entry, OutboxState, Settlement};
use serde::Serialize;

use crate::command::send;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::language::say;
use crate::option::{Common, Outbox, OutboxAction};
use crate::output::{Output, Tone, plain, toned};
use crate::{session, word};

/// Lists the outbox, or does something with one message of it.
pub(crate) async fn run(options: &Outbox, common: &Common, output: &mut Output) -> Result<Exit, Failure> {
    let client = session::open(common).await?;
    let exit = match &options.action {
        None => {
            let entries = client.outbox().await?;
            for entry in entries.iter().filter(|entry| entry.state != OutboxState::Submitted) {
                row(entry, output);
            }
            Exit::Done
        }
        Some(OutboxAction::Retry { id }) => {
            let sent = client.retry(shipment(id)?).await?;
            send::conclude(&client, &sent, output).await?
        }
        Some(OutboxAction::Cancel { id }) => {
            client.cancel(shipment(id)?).await?;
            Exit::Done
        }
        Some(OutboxAction::Settle(settle)) => {
            let settlement = if settle.sent { Settlement::Sent } else { Settlement::NotSent };
            client.settle(shipment(&settle.id)?, settlement).await?;
            Exit::Done
        }
    };
    client.close().await;
    Ok(exit)
}

/// The shipment that an argument names.
pub(crate) fn shipment(id: &str) -> Result<ShipmentId, Failure> {
    id.parse().map_err(|_| {
        let id = plain(id);
        Failure::usage(say!("{id}: non è una spedizione (s1, s2, …)", "{id}: is no shipment (s1, s2, …)"))
    })
}

fn row(entry: &Entry, output: &mut Output) {
    if output.json {
        return output.record(&EntryRecord::from(entry));
    }
    let (state, subject) = (toned(Tone::Watch, word::outbox(entry.state)), plain(&entry.subject));
    output.line(&format!("{}  {state}  “{subject}”", entry.shipment));
    let recipients: Vec<_> = entry.recipients.iter().map(|address| plain(address.as_str())).collect();
    output.line(&format!("    {}", recipients.join(", ")));
    if !entry.answer.is_empty() {
        let answer = plain(&entry.answer);
        output.line(&toned(Tone::Faint, &say!("    il server: “{answer}”", "    the server: “{answer}”")));
    }
}

/// An entry as `outbox --json` prints it: a contract.
#[derive(Debug, Serialize)]
struct EntryRecord {
    id: String,
    reference: String,
    account: String,
    state: &'static str,
    subject: String,
    recipients: Vec<String>,
    attempts: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_at: Option<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    answer: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    linked: Option<String>,
}

impl From<&Entry> for EntryRecord {
    fn from(entry: &Entry) -> Self {
        Self {
            id: entry.shipment.to_string(),
            reference: entry.reference.clone(),
            account: entry.account.to_string(),
            state: entry.state.as_str(),
            subject: entry.subject.clone(),
            recipients: entry.recipients.iter().map(ToString::to_string).collect(),
            attempts: entry.attempts,
            next_at: entry.next_at.map(|time| time.to_string()),
            answer: entry.answer.clone(),
            linked: entry.replaces.map(|id| id.to_string()),
        }
    }
}
