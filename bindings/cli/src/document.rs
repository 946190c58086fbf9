//! A signed document (`.p7m`) in a message, as people and scripts read it.
//!
//! Beside every signer stands that qualified trust was not checked: who a certificate names is then the file's own
//! claim, and no word here may sound like more. What a document is, and whether it is what was signed, says
//! `recapito_pec::document`.

use recapito_engine::store::message::Attachment;
use recapito_pec::document::{Document, Fault, Integrity, Signer, inner_name, is_named};
use recapito_pec::message::Message;
use serde::Serialize;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::language::{Language, say, text};
use crate::moment::rome;
use crate::output::{Tone, plain, toned};
use crate::word;

/// The bytes of an attachment that says it is a signed document.
pub(crate) fn attached(attachment: &Attachment, structure: &Message<'_>) -> Option<Vec<u8>> {
    let is_document = is_named(attachment.name.as_deref(), &attachment.media);
    let part = structure.parts().find(|part| is_document && part.number() == attachment.part)?;
    Some(part.decode(part.body().len()).bytes)
}

/// What is inside, who signed it, and what was not checked. `name` is that of the file.
pub(crate) fn lines(name: Option<&str>, opened: &Result<Document<'_>, Fault>) -> Vec<String> {
    let document = match opened {
        Ok(document) => document,
        Err(fault) => return vec![toned(Tone::Bad, fault_words(*fault))],
    };
    let (name, size) = (plain(document_name(name, document).unwrap_or_default()), document.size());
    let media = document.media(Some(&name));
    let mut lines = vec![match name.is_empty() {
        true => say!("documento firmato: {media}, {size} byte", "signed document: {media}, {size} bytes"),
        false => say!(
            "documento firmato: {name} ({media}, {size} byte)",
            "signed document: {name} ({media}, {size} bytes)"
        ),
    }];
    lines.extend(signer_lines(document));
    lines
}

/// A line for each signer, and what was not checked.
pub(crate) fn signer_lines(document: &Document<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    for (signers, number) in document.layers.iter().zip(1..) {
        let layer = match document.layers.len() {
            1 => String::new(),
            count => say!("strato {number} di {count}: ", "layer {number} of {count}: "),
        };
        if signers.is_empty() {
            let nobody = toned(Tone::Bad, text("nessuna firma", "no signature"));
            lines.push(format!("{layer}{nobody}"));
        }
        lines.extend(signers.iter().map(|signer| format!("{layer}{}", signer_line(signer))));
    }
    if let Some(fault) = document.unopened {
        let fault = fault_words(fault);
        lines.push(say!(
            "contiene un'altra firma, che non si può aprire: {fault}",
            "it contains another signature that cannot be opened: {fault}"
        ));
    }
    lines.push(text(NOT_CHECKED.0, NOT_CHECKED.1).to_owned());
    lines
}

fn signer_line(signer: &Signer) -> String {
    let tone = if signer.integrity == Integrity::Altered { Tone::Bad } else { Tone::Watch };
    let mut line = toned(tone, integrity_words(signer.integrity));
    if let Some(certificate) = &signer.certificate {
        let (name, issuer) = (plain(&certificate.name), plain(&certificate.issuer));
        line += &say!(
            "; firma a nome di “{name}”, certificato di “{issuer}”",
            "; signed in the name of “{name}”, certificate of “{issuer}”"
        );
    }
    if let Some(time) = signer.signed_at {
        let time = rome(time);
        line += &say!(", ora dichiarata {time}", ", claimed time {time}");
    }
    for note in &signer.notes {
        line += &format!("; {}", word::note(*note));
    }
    line
}

/// Why `--unwrap` gives nothing.
pub(crate) fn failure(fault: Fault) -> Failure {
    let exit = if fault == Fault::NotSigned { Exit::Usage } else { Exit::Unverified };
    Failure { exit, message: fault_words(fault).to_owned() }
}

/// What the document is called inside.
fn document_name<'n>(name: Option<&'n str>, document: &Document<'_>) -> Option<&'n str> {
    name.map(|name| inner_name(name, document.layers.len()))
}

fn integrity_words(integrity: Integrity) -> &'static str {
    let (italian, english) = match integrity {
        Integrity::Altered => {
            ("ALTERATO: non è ciò che è stato firmato", "ALTERED: it is not what was signed")
        }
        Integrity::CertificateMissing => (
            "non verificabile: manca il certificato del firmatario",
            "cannot be checked: the signer's certificate is missing",
        ),
        Integrity::Intact => ("integro", "intact"),
        Integrity::Unreadable => {
            ("non verificabile: firma illeggibile", "cannot be checked: unreadable signature")
        }
        Integrity::Unsupported => {
            ("non verificabile: algoritmo sconosciuto", "cannot be checked: unknown algorithm")
        }
    };
    Language::current().pick(italian, english)
}

fn fault_words(fault: Fault) -> &'static str {
    let (italian, english) = match fault {
        Fault::Detached => (
            "firma separata: il documento non è dentro questo file",
            "a detached signature: the document is not inside this file",
        ),
        Fault::Incomplete => (
            "documento firmato incompleto: il file finisce prima del dovuto",
            "an incomplete signed document: the file ends early",
        ),
        Fault::Malformed => ("documento firmato illeggibile", "an unreadable signed document"),
        Fault::NotSigned => (
            "non è un documento firmato (potrebbe essere cifrato)",
            "no signed document (it may be encrypted)",
        ),
        Fault::TooComplex => {
            ("documento firmato troppo complesso da esaminare", "a signed document too complex to examine")
        }
        Fault::UnknownContent => (
            "firma di qualcosa che non è un file, come una marca temporale",
            "a signature over something that is no file, such as a time-stamp",
        ),
    };
    Language::current().pick(italian, english)
}

/// A document as `show --json` and `verify --json` print it: a contract. Fields but for `part` are absent where it
/// cannot be opened, and `unreadable` says why.
#[derive(Debug, Serialize)]
pub(crate) struct DocumentRecord {
    #[serde(skip_serializing_if = "Option::is_none")]
    part: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    r#type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signers: Option<Vec<SignerRecord>>,
    /// Always, and until trust lists are read.
    qualified_trust: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    unopened: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unreadable: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct SignerRecord {
    /// From 1, the outermost.
    layer: usize,
    integrity: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    issuer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    serial: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signed_at: Option<String>,
    notes: Vec<&'static str>,
}

impl DocumentRecord {
    /// The document in an attachment.
    pub(crate) fn of_part(attachment: &Attachment, p7m: &[u8]) -> Self {
        let record = Self::new(attachment.name.as_deref(), &Document::open(p7m));
        Self { part: Some(attachment.part.clone()), ..record }
    }

    /// The document in a file of this name, as it was opened.
    pub(crate) fn new(name: Option<&str>, opened: &Result<Document<'_>, Fault>) -> Self {
        let (document, fault) = match opened {
            Ok(document) => (Some(document), None),
            Err(fault) => (None, Some(fault)),
        };
        let name = document.and_then(|document| document_name(name, document));
        Self {
            part: None,
            name: name.map(str::to_owned),
            r#type: document.map(|document| document.media(name)),
            size: document.map(Document::size),
            signers: document.map(|document| document.signers().map(SignerRecord::of).collect()),
            qualified_trust: "not-checked",
            unopened: document.and_then(|document| document.unopened).map(Fault::as_str),
            unreadable: fault.map(|fault| fault.as_str()),
        }
    }
}

impl SignerRecord {
    fn of((layer, signer): (usize, &Signer)) -> Self {
        let certificate = signer.certificate.as_ref();
        Self {
            layer,
            integrity: signer.integrity.as_str(),
            name: certificate.map(|certificate| certificate.name.clone()),
            issuer: certificate.map(|certificate| certificate.issuer.clone()),
            serial: certificate.map(|certificate| certificate.serial.clone()),
            signed_at: signer.signed_at.map(|time| time.to_string()),
            notes: signer.notes.iter().map(|note| note.as_str()).collect(),
        }
    }
}

const NOT_CHECKED: (&str, &str) = (
    "fiducia qualificata non verificata: nome e ora sono quelli che il file dichiara; \
     marche temporali e controfirme non esaminate",
    "qualified trust not checked: name and time are what the file claims; \
     time-stamps and countersignatures not looked at",
);
