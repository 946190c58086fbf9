//! The engine, opened for one command.
//!
//! Which data directory, which passwords, and which accounts the arguments mean: by address, by id, or all.
//! Nothing is decided here about mail.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use recapito_engine::client::Client;
use recapito_engine::clock::SystemClock;
use recapito_engine::identity::{AccountId, MessageId, ShipmentId};
use recapito_engine::store::account::Account;

use etcetera::BaseStrategy;

use crate::failure::Failure;
use crate::language::say;
use crate::option::Common;
use crate::password::Passwords;

/// Where everything is kept: `--data`, else the XDG data folder.
pub(crate) fn data_directory(common: &Common) -> Result<PathBuf, Failure> {
    if let Some(directory) = &common.data {
        return Ok(directory.clone());
    }
    let base = etcetera::choose_base_strategy().map_err(|_| {
        Failure::usage(say!(
            "nessuna cartella utente: indicare --data",
            "there is no home folder: give --data"
        ))
    })?;
    Ok(base.data_dir().join("recapito"))
}

/// The engine on the data directory, with the passwords that are remembered there.
pub(crate) async fn open(common: &Common) -> Result<Client, Failure> {
    let directory = data_directory(common)?;
    open_at(&directory, Passwords::new(&directory)).await
}

/// The engine on this directory, with these passwords.
pub(crate) async fn open_at(directory: &Path, passwords: Passwords) -> Result<Client, Failure> {
    Ok(Client::open(directory.to_owned(), Arc::new(passwords), Arc::new(SystemClock)).await?)
}

/// What an argument names.
pub(crate) enum Item {
    Message(MessageId),
    Shipment(ShipmentId),
}

/// The message or shipment that an argument names.
pub(crate) fn item(id: &str) -> Result<Item, Failure> {
    let shipment = || id.parse().map(Item::Shipment);
    id.parse().map(Item::Message).or_else(|_| shipment()).map_err(|_| {
        let id = crate::output::plain(id);
        Failure::usage(say!(
            "{id}: indicare una spedizione (s1) o un messaggio (m1)",
            "{id}: name a shipment (s1) or a message (m1)"
        ))
    })
}

/// The accounts named, by address or id; all of them where none is.
pub(crate) async fn accounts(client: &Client, named: &[String]) -> Result<Vec<Account>, Failure> {
    let known = client.accounts().await?;
    if known.is_empty() {
        return Err(Failure::usage(say!(
            "non c'è ancora nessuna casella: `recapito account add INDIRIZZO`",
            "there is no account yet: `recapito account add ADDRESS`"
        )));
    }
    if named.is_empty() {
        return Ok(known);
    }
    named.iter().map(|name| find(&known, name)).collect()
}

/// The account named, by address or id.
pub(crate) async fn account(client: &Client, name: &str) -> Result<Account, Failure> {
    find(&accounts(client, &[]).await?, name)
}

fn find(known: &[Account], name: &str) -> Result<Account, Failure> {
    let id: Option<AccountId> = name.parse().ok();
    let address = recapito_pec::Address::new(name);
    known
        .iter()
        .find(|account| Some(account.id) == id || account.settings.address == address)
        .cloned()
        .ok_or_else(|| {
            let name = crate::output::plain(name);
            Failure::usage(say!("nessuna casella {name} qui", "there is no account {name} here"))
        })
}
