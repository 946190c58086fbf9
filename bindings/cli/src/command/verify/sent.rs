//! `recapito verify --sent FILE`: the message as it was sent, with which each receipt is compared.
//!
//! Only here a receipt is held whole, since parts of it are compared.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use recapito_pec::message::Message;
use recapito_pec::proof::{Proof, prove};
use recapito_pec::{Anchors, Verification, verify};

use crate::failure::Failure;
use crate::language::say;

use super::source::{is_stdin, whole};

/// The message sent.
pub(super) struct Sent(Vec<u8>);

impl Sent {
    /// Reads the file. What is no such message is refused, rather than found to be proven by nothing.
    pub(super) fn read(path: &Path, receipts: &[PathBuf]) -> Result<Self, Failure> {
        let file = path.display();
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
        let raw = whole(path)?;
        let message = Message::parse(&raw);
        let fields = message.root().fields();
        if fields.iter().next().is_none() {
            return Err(Failure::usage(say!("{file}: non è un messaggio", "{file}: is no message")));
        }
        if ["X-Ricevuta", "X-Trasporto"].into_iter().any(|name| fields.first(name).is_some()) {
            return Err(Failure::usage(say!(
                "{file}: è una busta o una ricevuta del gestore; --sent vuole il messaggio com'è stato inviato",
                "{file}: is a provider's envelope or receipt; --sent takes the message as it was sent"
            )));
        }
        Ok(Self(raw))
    }

    /// What a file is, and what it proves of the message sent.
    pub(super) fn compare(
        &self,
        receipt: &Path,
        anchors: &Anchors,
    ) -> Result<(Verification, Proof), Failure> {
        let raw = whole(receipt)?;
        let verification = verify(&raw, anchors, Timestamp::now());
        let proof = prove(&raw, &verification, &self.0);
        Ok((verification, proof))
    }
}
