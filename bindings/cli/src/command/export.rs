//! `recapito export`: the byte-exact messages, which are the evidence.
//!
//! Nothing is converted and nothing overwritten: what is written verifies again on any machine, with `recapito
//! verify` or with other tools. The court-ready bundle with its index is not made here yet.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use recapito_engine::client::Client;
use recapito_engine::identity::ShipmentId;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::language::say;
use crate::option::{Common, Export};
use crate::output::Output;
use crate::session::{self, Item};

/// Writes one message to a file, or everything about a shipment into a folder. Nothing is overwritten.
pub(crate) async fn run(options: &Export, common: &Common, output: &mut Output) -> Result<Exit, Failure> {
    let client = session::open(common).await?;
    match session::item(&options.id)? {
        Item::Message(id) => write_new(&options.out, &client.raw(id).await?)?,
        Item::Shipment(id) => shipment(&client, id, &options.out, output).await?,
    }
    client.close().await;
    Ok(Exit::Done)
}

/// The message as it was submitted, where that was from here, and every receipt about it.
async fn shipment(
    client: &Client,
    id: ShipmentId,
    folder: &Path,
    output: &mut Output,
) -> Result<(), Failure> {
    let shipment = client.shipment(id).await?;
    fs::create_dir_all(folder).map_err(|error| Failure::file(folder, &error))?;
    if let Some(raw) = client.submitted(id).await? {
        write_new(&folder.join("00-message.eml"), &raw)?;
    }
    for (number, row) in (1..).zip(&shipment.evidence) {
        let kind = client.message(row.message).await?.finding.kind;
        let name = format!("{number:02}-{}-{}.eml", kind.as_str(), row.message);
        write_new(&folder.join(name), &client.raw(row.message).await?)?;
    }
    let (count, folder) = (shipment.evidence.len(), folder.display());
    output.remark(&say!("{count} ricevute in {folder}", "{count} receipts in {folder}"));
    Ok(())
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
