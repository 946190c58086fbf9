//! `recapito verify` of a signed document (`.p7m`) that is named on the command line.
//!
//! It is no message and certifies nothing, so it is never trusted here: what is said is who signed it, and whether it
//! is still what was signed. A folder is walked for messages only.

use recapito_pec::Verdict;
use recapito_pec::document::{Document, Fault, Integrity, Signer, is_named};
use serde::Serialize;
use std::path::Path;

use crate::document::{DocumentRecord, lines};
use crate::failure::Failure;
use crate::language::text;
use crate::output::{Tone, json_line, plain, toned};

use super::Form;
use super::source::whole;

/// What is to be said of a signed document; none where the file is something else, by its name or by what it holds.
pub(super) fn check(path: &Path, form: Form) -> Result<Option<String>, Failure> {
    let name = path.file_name().and_then(|name| name.to_str());
    if !is_named(name, "") {
        return Ok(None);
    }
    let p7m = whole(path)?;
    let opened = Document::open(&p7m);
    // What is named so and is something else may be a message.
    if matches!(opened, Err(Fault::NotSigned)) {
        return Ok(None);
    }
    let file = path.display().to_string();
    let text = match form {
        Form::Json => json_line(&FileRecord {
            file,
            kind: "signed-document",
            verdict: verdict(&opened).as_str(),
            reason: text(REASON.0, REASON.1),
            document: DocumentRecord::new(name, &opened),
        })?,
        Form::Text => describe(&file, name, &opened),
    };
    Ok(Some(text))
}

fn describe(file: &str, name: Option<&str>, opened: &Result<Document<'_>, Fault>) -> String {
    let mut text_lines = vec![toned(Tone::Strong, &plain(file))];
    text_lines.push(format!("  {}", toned(Tone::Watch, text(REASON.0, REASON.1))));
    text_lines.extend(lines(name, opened).iter().map(|line| format!("  {line}")));
    text_lines.extend([String::new(), String::new()]);
    text_lines.join("\n")
}

/// `altered` where it is not what somebody signed, `unreadable` where that cannot be said of every signer; else it is
/// intact, and whom to believe is `unchecked`.
fn verdict(opened: &Result<Document<'_>, Fault>) -> Verdict {
    let Ok(document) = opened else { return Verdict::Unreadable };
    let is_altered = |(_, signer): (usize, &Signer)| signer.integrity == Integrity::Altered;
    match document.is_intact() {
        true => Verdict::Unchecked,
        false if document.signers().any(is_altered) => Verdict::Altered,
        false => Verdict::Unreadable,
    }
}

/// A signed document as `verify --json` prints it: a contract.
#[derive(Debug, Serialize)]
struct FileRecord {
    file: String,
    kind: &'static str,
    verdict: &'static str,
    reason: &'static str,
    #[serde(flatten)]
    document: DocumentRecord,
}

const REASON: (&str, &str) =
    ("È un documento firmato, non un messaggio PEC.", "It is a signed document, not a PEC message.");
