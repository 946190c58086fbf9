//! `recapito verify --sent FILE`: the message as it was sent, with which each receipt is compared.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use recapito_pec::message::Message;

use super::LARGEST;
use crate::failure::Failure;
use crate::language::say;

/// The bytes of the message sent. What is no such message is refused, rather than found to be proven by nothing.
pub(super) fn read(path: &Path, receipts: &[PathBuf]) -> Result<Vec<u8>, Failure> {
    let file = path.display();
    let is_stdin = |path: &Path| path.as_os_str() == "-";
    if is_stdin(path) && receipts.iter().any(|receipt| is_stdin(receipt)) {
        return Err(Failure::usage(say!(
            "l'ingresso standard non può essere insieme la ricevuta e il messaggio inviato",
            "standard input cannot be both the receipt and the message sent"
        )));
    }
    if path.is_dir() {
        return Err(Failure::usage(say!(
            "{file}: è una cartella; --sent vuole il file del messaggio inviato",
            "{file}: is a folder; --sent takes the file of the message sent"
        )));
    }
    let source: io::Result<Box<dyn Read>> = match is_stdin(path) {
        true => Ok(Box::new(io::stdin())),
        false => File::open(path).map(|file| Box::new(file) as Box<dyn Read>),
    };
    let mut raw = Vec::new();
    source
        .and_then(|source| source.take(LARGEST.saturating_add(1)).read_to_end(&mut raw))
        .map_err(|error| Failure::file(path, &error))?;
    let message = Message::parse(&raw);
    let fields = message.root().fields();
    if raw.len() as u64 > LARGEST || fields.iter().next().is_none() {
        return Err(Failure::usage(say!("{file}: non è un messaggio", "{file}: is no message")));
    }
    if ["X-Ricevuta", "X-Trasporto"].into_iter().any(|name| fields.first(name).is_some()) {
        return Err(Failure::usage(say!(
            "{file}: è una busta o una ricevuta del gestore; --sent vuole il messaggio com'è stato inviato",
            "{file}: is a provider's envelope or receipt; --sent takes the message as it was sent"
        )));
    }
    Ok(raw)
}
