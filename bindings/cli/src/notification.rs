//! An event as a phone would show it: a title, and a line of text.
//!
//! Made from the event row and what is stored about it, at the moment of showing. Beside it the event's JSON, which
//! is a contract with programs and holds no words.

use recapito_engine::client::Client;
use recapito_engine::error::Error;
use recapito_engine::event::{Event, EventKind};
use recapito_engine::store::message::Message;
use recapito_engine::store::shipment::Shipment;
use recapito_pec::Verification;
use recapito_pec::delivery::{Delay, State};
use serde::Serialize;

use crate::language::{say, text};
use crate::moment::rome_clock;
use crate::output::{Tone, plain, toned};
use crate::word;

/// What a notification says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Notification {
    /// What happened, in a word or three.
    pub(crate) title: &'static str,
    /// Of what, and to whom.
    pub(crate) body: String,
    /// Whether that is good.
    pub(crate) tone: Tone,
}

impl Notification {
    /// The notification of an event, from what is stored.
    pub(crate) async fn of(client: &Client, event: &Event) -> Result<Self, Error> {
        let shipment = match event.shipment {
            Some(id) => Some(client.shipment(id).await?),
            None => None,
        };
        let message = match event.message {
            Some(id) => Some(client.message(id).await?),
            None => None,
        };
        let verification = match (event.kind, event.message) {
            (EventKind::Delayed | EventKind::Suspicious, Some(id)) => Some(client.verification(id).await?),
            _ => None,
        };
        Ok(Self {
            title: word::event(event.kind),
            body: body(event, shipment.as_ref(), message.as_ref(), verification.as_ref()),
            tone: tone(event.kind),
        })
    }

    /// `16:39:26  Delivered  anna@… “subject”`
    pub(crate) fn line(&self, event: &Event) -> String {
        let time = toned(Tone::Faint, &rome_clock(event.at));
        format!("{time}  {}  {}", toned(self.tone, self.title), plain(&self.body))
    }
}

fn tone(kind: EventKind) -> Tone {
    match kind {
        EventKind::Delivered | EventKind::Accepted | EventKind::Received => Tone::Good,
        EventKind::Anomaly | EventKind::Delayed | EventKind::Uncertain => Tone::Watch,
        EventKind::Failed
        | EventKind::Refused
        | EventKind::Rejected
        | EventKind::Suspicious
        | EventKind::Virus => Tone::Bad,
    }
}

fn body(
    event: &Event,
    shipment: Option<&Shipment>,
    message: Option<&Message>,
    verification: Option<&Verification>,
) -> String {
    let subject = shipment
        .and_then(|shipment| shipment.head.subject.as_deref())
        .or_else(|| message.and_then(|message| message.finding.subject.as_deref()))
        .unwrap_or(text("(senza oggetto)", "(no subject)"));
    let sender = || {
        message
            .and_then(|message| message.finding.sender.as_deref())
            .unwrap_or(text("(mittente sconosciuto)", "(unknown sender)"))
    };
    let recipient = event.recipient.as_ref().map(ToString::to_string);
    let why = || {
        let status = shipment.zip(event.recipient.as_ref()).and_then(|(s, r)| s.delivery.recipients.get(r));
        let failure = status.filter(|status| status.state == State::Failed).and_then(|s| s.failure.as_ref());
        failure
            .and_then(|failure| failure.text.as_deref())
            .map(|text| format!(": {text}"))
            .unwrap_or_default()
    };
    match event.kind {
        EventKind::Received | EventKind::Anomaly => {
            let sender = sender();
            say!("da {sender}: “{subject}”", "from {sender}: “{subject}”")
        }
        EventKind::Suspicious => {
            let claim = message.map_or(recapito_pec::Kind::Ordinary, |message| message.finding.kind);
            let why = match verification.and_then(|verification| verification.reason) {
                Some(reason) => word::reason(reason).to_owned(),
                None => say!("L'ora della firma non può essere vera.", "Its signing time cannot be true."),
            };
            let claim = word::kind(claim);
            say!("“{subject}” si presenta come {claim}. {why}", "“{subject}” claims to be: {claim}. {why}")
        }
        EventKind::Delayed => {
            let data = verification.and_then(|verification| verification.certdata.as_ref());
            let delay = word::delay(Delay::from_text(data.and_then(|data| data.error_text.as_deref())));
            let recipient = recipient.unwrap_or_default();
            say!("“{subject}” a {recipient}: {delay}", "“{subject}” to {recipient}: {delay}")
        }
        EventKind::Failed => {
            let (recipient, why) = (recipient.unwrap_or_default(), why());
            say!("“{subject}” a {recipient}{why}", "“{subject}” to {recipient}{why}")
        }
        _ => match recipient {
            Some(recipient) => say!("“{subject}” a {recipient}", "“{subject}” to {recipient}"),
            None => format!("“{subject}”"),
        },
    }
}

/// An event as `events --json` prints it: a contract, like `record`.
#[derive(Debug, Serialize)]
pub(crate) struct EventRecord {
    id: String,
    position: i64,
    at: String,
    account: String,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    shipment: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recipient: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

impl From<&Event> for EventRecord {
    fn from(event: &Event) -> Self {
        Self {
            id: event.id.to_string(),
            position: event.position,
            at: event.at.to_string(),
            account: event.account.to_string(),
            kind: event.kind.as_str(),
            shipment: event.shipment.map(|id| id.to_string()),
            recipient: event.recipient.as_ref().map(ToString::to_string),
            message: event.message.map(|id| id.to_string()),
        }
    }
}
