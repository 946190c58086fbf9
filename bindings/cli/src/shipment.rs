//! A shipment as `list` and `show` print it: in a few words, and in JSON.

use recapito_engine::outbox::OutboxState;
use recapito_engine::store::shipment::{Origin, Shipment};
use recapito_pec::Address;
use recapito_pec::delivery::{State, Status};
use serde::Serialize;
use std::collections::BTreeMap;

use crate::language::say;
use crate::moment::rome;
use crate::output::{Tone, plain, toned};
use crate::proof::ContentRecord;
use crate::word;

/// The word for where a shipment stands: in the outbox until a receipt or the server's yes, then its worst recipient.
pub(crate) fn state_word(shipment: &Shipment) -> &'static str {
    match (shipment.outbox, shipment.delivery.state()) {
        (Some(OutboxState::Submitted) | None, Some(state)) => state.as_str(),
        (Some(outbox), _) => outbox.as_str(),
        (None, None) => State::Submitted.as_str(),
    }
}

/// The same for people, coloured.
pub(crate) fn state(shipment: &Shipment) -> String {
    match (shipment.outbox, shipment.delivery.state()) {
        (Some(OutboxState::Submitted) | None, Some(state)) => toned(tone(state), word::state(state)),
        (Some(outbox), _) => toned(Tone::Watch, word::outbox(outbox)),
        (None, None) => word::state(State::Submitted).to_owned(),
    }
}

/// Green for arrived, red for never, yellow for late, plain for under way.
fn tone(state: State) -> Tone {
    match state {
        State::Delivered => Tone::Good,
        State::Refused | State::Failed => Tone::Bad,
        State::Delayed12h | State::Delayed24h => Tone::Watch,
        State::Submitted | State::Accepted | State::Outside | State::TakenInCharge => Tone::Faint,
    }
}

/// A mark for one recipient: what a row of a list has room for.
pub(crate) fn mark(status: &Status) -> String {
    let mark = match status.state {
        State::Delivered => "✓",
        State::Refused | State::Failed => "✗",
        State::Delayed12h | State::Delayed24h => "!",
        State::Outside => "–",
        State::Submitted | State::Accepted | State::TakenInCharge => "…",
    };
    toned(tone(status.state), mark)
}

/// A line for one recipient, with since when; where it failed, another with the provider's reason.
pub(crate) fn recipient_lines(address: &Address, status: &Status) -> Vec<String> {
    let (mark, state) = (mark(status), toned(tone(status.state), word::state(status.state)));
    let since = status.since.map(|time| format!(", {}", rome(time.instant))).unwrap_or_default();
    let contradictory = match status.is_contradictory() {
        true => toned(Tone::Bad, &say!(" (ricevute in contraddizione)", " (contradictory receipts)")),
        false => String::new(),
    };
    let why = status.failure.as_ref().and_then(|failure| failure.text.as_deref());
    let mut lines = vec![format!("{mark} {}  {state}{since}{contradictory}", plain(address.as_str()))];
    lines.extend(why.map(|text| format!("    {}", plain(text))));
    lines
}

/// A shipment as `list --json` and `show --json` print it: a contract.
#[derive(Debug, Serialize)]
pub(crate) struct ShipmentRecord {
    id: String,
    account: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    envelope: Option<String>,
    sender: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    submitted_at: Option<String>,
    state: &'static str,
    imported: bool,
    sent_twice: bool,
    recipients: Vec<RecipientRecord>,
}

#[derive(Debug, Serialize)]
struct RecipientRecord {
    address: String,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_text: Option<String>,
    evidence: Vec<String>,
    contradictory: bool,
    /// In `show`: what the delivery receipt proves of the message sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<ContentRecord>,
}

impl ShipmentRecord {
    /// The same with what the receipts of its recipients prove.
    pub(crate) fn with_content(mut self, content: impl Iterator<Item = (Address, ContentRecord)>) -> Self {
        let mut content: BTreeMap<_, _> = content.collect();
        for recipient in &mut self.recipients {
            recipient.content = content.remove(&Address::new(&recipient.address));
        }
        self
    }
}

impl From<&Shipment> for ShipmentRecord {
    fn from(shipment: &Shipment) -> Self {
        let head = &shipment.head;
        let recipient = |(address, status): (&Address, &Status)| {
            let speaks = |of: &Option<Address>| of.as_ref().is_none_or(|of| of == address);
            let evidence = shipment.evidence.iter().filter(|row| speaks(&row.recipient));
            RecipientRecord {
                address: address.to_string(),
                state: status.state.as_str(),
                since: status.since.map(|time| time.to_string()),
                error: status.failure.as_ref().map(|failure| failure.error.clone()),
                error_text: status.failure.as_ref().and_then(|failure| failure.text.clone()),
                evidence: evidence.map(|row| row.message.to_string()).collect(),
                contradictory: status.is_contradictory(),
                content: None,
            }
        };
        Self {
            id: shipment.id.to_string(),
            account: head.account.to_string(),
            reference: head.reference.clone(),
            envelope: shipment.delivery.dispatches.first().cloned(),
            sender: head.sender.to_string(),
            subject: head.subject.clone(),
            submitted_at: head.submitted_at.map(|time| time.to_string()),
            state: state_word(shipment),
            imported: head.origin == Origin::Imported,
            sent_twice: shipment.delivery.is_sent_twice(),
            recipients: shipment.delivery.recipients.iter().map(recipient).collect(),
        }
    }
}
