//! `recapito list`: shipments, problems first, or the messages received.
//!
//! Reads the store page by page and prints as it reads; no server is asked. The order and the filters are the
//! store's. `--exit-code` turns the list into an answer for scripts.

use recapito_engine::client::Client;
use recapito_engine::store::Page;
use recapito_engine::store::message::Message;
use recapito_engine::store::shipment::{Filter, Shipment};
use serde::Serialize;

use crate::command::verify::judgement;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::language::say;
use crate::moment::rome_minute;
use crate::option::{Common, List};
use crate::output::{Output, Tone, plain, toned};
use crate::session;
use crate::shipment::{ShipmentRecord, mark, state};

/// Lists.
pub(crate) async fn run(options: &List, common: &Common, output: &mut Output) -> Result<Exit, Failure> {
    let client = session::open(common).await?;
    let exit = match options.received {
        true => received(&client, options, output).await,
        false => shipments(&client, options, output).await,
    }?;
    client.close().await;
    Ok(exit)
}

async fn shipments(client: &Client, options: &List, output: &mut Output) -> Result<Exit, Failure> {
    let filters = match (options.pending, options.failed) {
        (false, false) => vec![Filter::All],
        (true, false) => vec![Filter::Pending],
        (false, true) => vec![Filter::Failed],
        (true, true) => vec![Filter::Failed, Filter::Pending],
    };
    let mut listed = std::collections::BTreeSet::new();
    for filter in filters {
        let mut page = Page { limit: PAGE, offset: 0 };
        loop {
            let shipments = client.shipments(filter, options.search.clone(), page).await?;
            for shipment in shipments.iter().filter(|shipment| listed.insert(shipment.id)) {
                row(shipment, output);
            }
            if shipments.len() < PAGE as usize {
                break;
            }
            page.offset += PAGE;
        }
    }
    if listed.is_empty() {
        output.remark(&say!("nessuna spedizione", "no shipment"));
    }
    if !options.exit_code {
        return Ok(Exit::Done);
    }
    let any = async |filter| {
        let found = client.shipments(filter, None, Page { limit: 1, offset: 0 }).await?;
        Ok::<bool, Failure>(!found.is_empty())
    };
    Ok(match (any(Filter::Failed).await?, any(Filter::Pending).await?) {
        (true, _) => Exit::Failed,
        (false, true) => Exit::Pending,
        (false, false) => Exit::Done,
    })
}

/// `s1  2018-11-13 16:39 +0100  delivered  ✓ anna@…  “subject”`
fn row(shipment: &Shipment, output: &mut Output) {
    if output.json {
        return output.record(&ShipmentRecord::from(shipment));
    }
    let since = shipment.delivery.recipients.values().filter_map(|status| status.since).min();
    let time = shipment.head.submitted_at.or(since.map(|time| time.instant));
    let time = time.map(rome_minute).unwrap_or_default();
    let subject = plain(shipment.head.subject.as_deref().unwrap_or_default());
    let marks = shipment.delivery.recipients.iter().take(MARKS);
    let mut marks: Vec<_> =
        marks.map(|(address, status)| format!("{} {}", mark(status), plain(address.as_str()))).collect();
    let more = shipment.delivery.recipients.len().saturating_sub(MARKS);
    if more > 0 {
        marks.push(say!("e altri {more}", "and {more} more"));
    }
    let (id, state, time) = (shipment.id, state(shipment), toned(Tone::Faint, &time));
    output.line(&format!("{id}  {time}  {state}  “{subject}”"));
    if !marks.is_empty() {
        output.line(&format!("    {}", marks.join("  ")));
    }
}

async fn received(client: &Client, options: &List, output: &mut Output) -> Result<Exit, Failure> {
    let mut page = Page { limit: PAGE, offset: 0 };
    loop {
        let messages = client.received(options.search.clone(), page).await?;
        for message in &messages {
            message_row(message, output);
        }
        if messages.is_empty() && page.offset == 0 {
            output.remark(&say!("nessun messaggio", "no message"));
        }
        if messages.len() < PAGE as usize {
            return Ok(Exit::Done);
        }
        page.offset += PAGE;
    }
}

/// `m3  2018-11-13 16:39 +0100  trusted: certified message  from “subject”`
pub(crate) fn message_row(message: &Message, output: &mut Output) {
    if output.json {
        return output.record(&MessageRecord::from(message));
    }
    let finding = &message.finding;
    let time = toned(Tone::Faint, &finding.time.map(|time| rome_minute(time.instant)).unwrap_or_default());
    let judgement = judgement(finding.kind, finding.verdict);
    let sender = plain(finding.sender.as_deref().unwrap_or_default());
    let subject = plain(finding.subject.as_deref().unwrap_or_default());
    output.line(&format!("{}  {time}  {judgement}", message.id));
    output.line(&format!("    {sender}  “{subject}”"));
}

/// A message as `list --received --json` prints it: a contract.
#[derive(Debug, Serialize)]
pub(crate) struct MessageRecord {
    id: String,
    account: String,
    kind: &'static str,
    verdict: &'static str,
    notes: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sender: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    attachments: Vec<AttachmentRecord>,
    places: Vec<PlaceRecord>,
    gone: bool,
}

#[derive(Debug, Serialize)]
struct AttachmentRecord {
    part: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    r#type: String,
    size: u64,
}

#[derive(Debug, Serialize)]
struct PlaceRecord {
    folder: String,
    uid: u32,
}

impl From<&Message> for MessageRecord {
    fn from(message: &Message) -> Self {
        let finding = &message.finding;
        let attachment = |attachment: &recapito_engine::store::message::Attachment| AttachmentRecord {
            part: attachment.part.clone(),
            name: attachment.name.clone(),
            r#type: attachment.media.clone(),
            size: attachment.size,
        };
        let places = message.places.iter();
        Self {
            id: message.id.to_string(),
            account: message.account.to_string(),
            kind: finding.kind.as_str(),
            verdict: finding.verdict.as_str(),
            notes: finding.notes.iter().map(|note| note.as_str()).collect(),
            time: finding.time.map(|time| time.to_string()),
            sender: finding.sender.clone(),
            subject: finding.subject.clone(),
            attachments: message.attachments.iter().map(attachment).collect(),
            places: places
                .map(|place| PlaceRecord { folder: place.folder.to_string(), uid: place.uid.get() })
                .collect(),
            gone: message.places.is_empty(),
        }
    }
}

const PAGE: u32 = 200;
/// Recipients that a row has room for.
const MARKS: usize = 3;
