//! What `--keep` leaves behind: the engine's data as in any data folder, the byte-exact messages, and the authority
//! to check them against. The provider itself does not last: its mailbox is gone, what was read of it is not.
//!
//! ```text
//! DIR/messages/m7-delivery-unknown-signer.eml   what it is or claims to be, and whether it can be believed
//! DIR/anchors.pem                               the test authority's root
//! ```

use std::fs;
use std::io;
use std::path::Path;

use crate::command::export::write_new;
use crate::failure::Failure;
use crate::language::say;

use super::screen::Screen;
use super::stage::Stage;

/// The folder must be empty or not there yet: nothing of anybody's is mixed with a demonstration.
pub(super) fn check_empty(folder: &Path) -> Result<(), Failure> {
    let is_empty = match fs::read_dir(folder) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => true,
        Err(error) => return Err(Failure::file(folder, &error)),
    };
    match is_empty {
        true => Ok(()),
        false => {
            let folder = folder.display();
            Err(Failure::usage(say!(
                "{folder} non è vuota: indicare una cartella nuova",
                "{folder} is not empty: name a new folder"
            )))
        }
    }
}

/// Writes the messages beside the data, and says what can be done with them.
pub(super) async fn write(stage: &Stage, folder: &Path, screen: &mut Screen<'_>) -> Result<(), Failure> {
    let messages = folder.join("messages");
    fs::create_dir(&messages).map_err(|error| Failure::file(&messages, &error))?;
    for id in stage.messages().await? {
        let finding = stage.client.message(id).await?.finding;
        let name = format!("{id}-{}-{}.eml", finding.kind.as_str(), finding.verdict.as_str());
        write_new(&messages.join(name), &stage.client.raw(id).await?)?;
    }
    write_new(&folder.join("anchors.pem"), stage.provider.anchors_pem().as_bytes())?;
    let folder = folder.display();
    if screen.is_for_people() {
        screen.tell(&say!(
            "Tutto è rimasto in {folder}. Per esempio:",
            "All of it is kept in {folder}. For instance:"
        ));
        screen.show(&[
            format!("recapito --data {folder} list"),
            format!("recapito --data {folder} show s2"),
            format!("recapito verify --anchors {folder}/anchors.pem {folder}/messages"),
        ]);
    }
    Ok(())
}
