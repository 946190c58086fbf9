//! `recapito show`: the timeline of a shipment, or a message with its verdict, text and attachments.
//!
//! The verdict stands before the content, and the content is that of the certified message, not of the envelope
//! around it. It is read again from the stored bytes each time; no server is asked.

use std::io::{self, IsTerminal};
use std::path::Path;

use recapito_engine::client::Client;
use recapito_engine::identity::MessageId;
use recapito_engine::store::message::Message;
use recapito_engine::store::shipment::{Origin, Shipment};
use recapito_pec::document::Document;
use recapito_pec::message::Message as Structure;
use recapito_pec::verification::original;
use recapito_pec::{Kind, Verification};
use serde::Serialize;

use crate::command::list::MessageRecord;
use crate::command::verify::description;
use crate::document::{self, DocumentRecord};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::language::{say, text};
use crate::moment::rome;
use crate::option::{Common, Show};
use crate::output::{Output, Tone, plain, toned};
use crate::record::Record;
use crate::session::{self, Item};
use crate::shipment::{ShipmentRecord, recipient_lines, state};
use crate::word;

/// Shows one thing.
pub(crate) async fn run(options: &Show, common: &Common, output: &mut Output) -> Result<Exit, Failure> {
    let client = session::open(common).await?;
    match session::item(&options.id)? {
        Item::Message(id) => message(&client, id, options, output).await?,
        Item::Shipment(_) if options.raw || options.part.is_some() => {
            return Err(Failure::usage(say!(
                "--raw e --part valgono per un messaggio (m1)",
                "--raw and --part are for a message (m1)"
            )));
        }
        Item::Shipment(id) => shipment(&client, &client.shipment(id).await?, output).await?,
    }
    client.close().await;
    Ok(Exit::Done)
}

/// Who it went to and how that went, then everything that happened, in the order of its certified time.
pub(crate) async fn shipment(
    client: &Client,
    shipment: &Shipment,
    output: &mut Output,
) -> Result<(), Failure> {
    if output.json {
        output.record(&ShipmentRecord::from(shipment));
        return Ok(());
    }
    let head = &shipment.head;
    let subject = plain(head.subject.as_deref().unwrap_or_default());
    output.line(&format!("{}  {}  {}", shipment.id, toned(Tone::Strong, &subject), state(shipment)));
    let sender = plain(head.sender.as_str());
    output.line(&match head.origin {
        Origin::Sent => say!("  da {sender}", "  from {sender}"),
        Origin::Imported => {
            say!(
                "  da {sender}, inviato con un altro programma",
                "  from {sender}, sent with another program"
            )
        }
    });
    if shipment.delivery.is_sent_twice() {
        let warning =
            text("  il gestore l'ha spedito più di una volta", "  the provider sent it more than once");
        output.line(&toned(Tone::Bad, warning));
    }
    for (address, status) in &shipment.delivery.recipients {
        for line in recipient_lines(address, status) {
            output.line(&format!("  {line}"));
        }
    }
    output.line("");
    for line in timeline(client, shipment).await? {
        output.line(&format!("  {line}"));
    }
    Ok(())
}

/// A line for the submission and for each receipt.
pub(crate) async fn timeline(client: &Client, shipment: &Shipment) -> Result<Vec<String>, Failure> {
    let mut steps = Vec::new();
    if let Some(at) = shipment.head.submitted_at {
        steps.push((at, say!("inviato al gestore", "handed to the provider")));
    }
    for row in &shipment.evidence {
        let message = client.message(row.message).await?;
        let kind = word::kind(message.finding.kind);
        let whom = row.recipient.as_ref().map(|address| format!(" · {}", plain(address.as_str())));
        let at = message.finding.time.map_or(message.first_seen, |time| time.instant);
        let id = toned(Tone::Faint, &format!("({})", message.id));
        steps.push((at, format!("{kind}{} {id}", whom.unwrap_or_default())));
    }
    steps.sort_by_key(|(at, _)| *at);
    Ok(steps.into_iter().map(|(at, what)| format!("{}  {what}", toned(Tone::Faint, &rome(at)))).collect())
}

async fn message(client: &Client, id: MessageId, options: &Show, output: &mut Output) -> Result<(), Failure> {
    let raw = client.raw(id).await?;
    if options.raw {
        return write(&raw, options.out.as_deref(), output);
    }
    let structure = Structure::parse(&raw);
    if let Some(number) = &options.part {
        let part = structure.parts().find(|part| part.number() == *number).ok_or_else(|| {
            let number = plain(number);
            Failure::usage(say!("non c'è una parte {number}", "there is no part {number}"))
        })?;
        let bytes = part.decode(raw.len()).bytes;
        return match options.unwrap {
            true => unwrap(&bytes, options.out.as_deref(), output),
            false => write(&bytes, options.out.as_deref(), output),
        };
    }
    let (message, verification) = (client.message(id).await?, client.verification(id).await?);
    if output.json {
        output.record(&Shown {
            message: MessageRecord::from(&message),
            check: Record::of_message(&verification),
            documents: documents(&message, &structure),
        });
    } else {
        describe(&message, &verification, &structure, output);
    }
    Ok(())
}

/// The verdict first, then what was certified: its text and attachments, not those of the envelope around it.
fn describe(message: &Message, verification: &Verification, structure: &Structure<'_>, output: &mut Output) {
    let subject = plain(message.finding.subject.as_deref().unwrap_or_default());
    output.line(&format!("{}  {}", message.id, toned(Tone::Strong, &subject)));
    for line in description(verification) {
        output.line(&format!("  {line}"));
    }
    if message.finding.implausible {
        output.line(&toned(
            Tone::Bad,
            text("  l'ora della firma non può essere vera", "  the signing time cannot be true"),
        ));
    }
    output.line("");
    for line in content(message, structure) {
        output.line(&line);
    }
}

/// The text and the attachments: those of the original, where there is one inside.
pub(crate) fn content(message: &Message, structure: &Structure<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    let original = (message.finding.kind != Kind::Ordinary).then(|| original(structure)).flatten();
    if let Some(body) = original.unwrap_or(structure.root()).text(SHOWN) {
        lines.extend(body.lines().map(plain));
        lines.push(String::new());
    }
    for attachment in &message.attachments {
        let name = plain(attachment.name.as_deref().unwrap_or(text("(senza nome)", "(no name)")));
        let (part, size) = (&attachment.part, attachment.size);
        lines.push(say!("allegato {part}: {name} ({size} byte)", "attachment {part}: {name} ({size} bytes)"));
        if let Some(p7m) = document::attached(attachment, structure) {
            let inside = document::lines(attachment.name.as_deref(), &Document::open(&p7m));
            lines.extend(inside.into_iter().map(|line| format!("  {line}")));
        }
    }
    lines
}

/// The signed documents among the attachments.
fn documents(message: &Message, structure: &Structure<'_>) -> Vec<DocumentRecord> {
    let document = |attachment| {
        let p7m = document::attached(attachment, structure)?;
        Some(DocumentRecord::of_part(attachment, &p7m))
    };
    message.attachments.iter().filter_map(document).collect()
}

/// Writes what is inside a signed document, and says who signed it. That not every signature fits is an error, after
/// the writing: what is left of a document is better than nothing, as long as nobody takes it for the signed one.
fn unwrap(p7m: &[u8], out: Option<&Path>, output: &mut Output) -> Result<(), Failure> {
    let document = Document::open(p7m).map_err(document::failure)?;
    write(&document.content(), out, output)?;
    for line in document::signer_lines(&document) {
        output.remark(&line);
    }
    match document.is_intact() {
        true => Ok(()),
        false => Err(Failure {
            exit: Exit::Unverified,
            message: say!(
                "il contenuto è stato dato, ma non è verificato che sia quello firmato da tutti",
                "the content was given, but it is not established that it is what everybody signed"
            ),
        }),
    }
}

/// To a file that does not exist yet, or to stdout; not to a terminal, which would obey what is in it.
fn write(bytes: &[u8], out: Option<&Path>, output: &mut Output) -> Result<(), Failure> {
    match out {
        Some(path) => super::export::write_new(path, bytes),
        None if io::stdout().is_terminal()
            && bytes.iter().any(|byte| matches!(byte, 0..=8 | 14..=31 | 127..)) =>
        {
            Err(Failure::usage(say!(
                "non è testo semplice: indicare --out FILE",
                "that is no plain text: give --out FILE"
            )))
        }
        None => {
            output.bytes(bytes);
            Ok(())
        }
    }
}

/// A message as `show --json` prints it: its row, and what `verify` says of it.
#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    message: MessageRecord,
    check: Record,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    documents: Vec<DocumentRecord>,
}

/// Enough to read on a terminal; the rest is in `--part`.
const SHOWN: usize = 100_000;
