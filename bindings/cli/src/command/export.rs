//! `recapito export`: the byte-exact messages, which are the evidence.
//!
//! Nothing is converted and nothing overwritten: what is written verifies again on any machine, with `recapito
//! verify` or with other tools. The court-ready bundle with its index is not made here yet.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use recapito_engine::identity::{MessageId, ShipmentId};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::language::say;
use crate::option::{Common, Export};
use crate::output::{Output, plain};
use crate::session;

/// Writes one message to a file, or everything about a shipment into a folder. Nothing is overwritten.
pub(crate) async fn run(options: &Export, common: &Common, output: &mut Output) -> Result<Exit, Failure> {
    let client = session::open(common).await?;
    if let Ok(id) = options.id.parse::<MessageId>() {
        write_new(&options.out, &client.raw(id).await?)?;
    } else if let Ok(id) = options.id.parse::<ShipmentId>() {
        let shipment = client.shipment(id).await?;
        fs::create_dir_all(&options.out).map_err(|error| Failure::file(&options.out, &error))?;
        if let Some(raw) = client.submitted(id).await? {
            write_new(&options.out.join("00-message.eml"), &raw)?;
        }
        for (number, row) in (1..).zip(&shipment.evidence) {
            let kind = client.message(row.message).await?.finding.kind;
            let name = format!("{number:02}-{}-{}.eml", kind.as_str(), row.message);
            write_new(&options.out.join(name), &client.raw(row.message).await?)?;
        }
        let (count, folder) = (shipment.evidence.len(), options.out.display());
        output.remark(&say!("{count} ricevute in {folder}", "{count} receipts in {folder}"));
    } else {
        let id = plain(&options.id);
        return Err(Failure::usage(say!(
            "{id}: indicare una spedizione (s1) o un messaggio (m1)",
            "{id}: name a shipment (s1) or a message (m1)"
        )));
    }
    client.close().await;
    Ok(Exit::Done)
}

/// Writes a file that does not exist yet: evidence never replaces anything.
pub(crate) fn write_new(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let written = OpenOptions::new().write(true).create_new(true).open(path).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => {
            let file = path.display();
            Failure::usage(say!(
                "{file} esiste già: non viene sovrascritto",
                "{file} exists: it is not overwritten"
            ))
        }
        _ => Failure::file(path, &error),
    })
}
