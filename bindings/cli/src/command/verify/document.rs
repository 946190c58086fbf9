//! `recapito verify` of a signed document (`.p7m`) that is named on the command line.
//!
//! It is no message and certifies nothing, so it is never trusted here: what is said is who signed it, and whether it
//! is still what was signed. A folder is walked for messages only.

use recapito_pec::Verdict;
use recapito_pec::document::{Document, Fault, Integrity, Signer, is_named};
use serde::Serialize;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::document::{DocumentRecord, lines};
use crate::failure::Failure;
use crate::language::{say, text};
use crate::output::{Output, Tone, plain, toned};

/// Says what a signed document is, and returns whether the file is one: by its name, and by what it holds.
pub(super) fn check(path: &Path, output: &mut Output) -> Result<bool, Failure> {
    let name = path.file_name().and_then(|name| name.to_str());
    if !is_named(name, "") {
        return Ok(false);
    }
    let p7m = read(path)?;
    let opened = Document::open(&p7m);
    // What is named so and is something else may be a message.
    if matches!(opened, Err(Fault::NotSigned)) {
        return Ok(false);
    }
    let file = path.display().to_string();
    if output.json {
        output.record(&FileRecord {
            file,
            kind: "signed-document",
            verdict: verdict(&opened).as_str(),
            reason: text(REASON.0, REASON.1),
            document: DocumentRecord::new(name, &opened),
        });
        return Ok(true);
    }
    output.line(&toned(Tone::Strong, &plain(&file)));
    output.line(&format!("  {}", toned(Tone::Watch, text(REASON.0, REASON.1))));
    for line in lines(name, &opened) {
        output.line(&format!("  {line}"));
    }
    output.line("");
    Ok(true)
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

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let mut p7m = Vec::new();
    File::open(path)
        .and_then(|file| file.take(LARGEST.saturating_add(1)).read_to_end(&mut p7m))
        .map_err(|error| Failure::file(path, &error))?;
    if p7m.len() as u64 > LARGEST {
        let (file, limit) = (path.display(), LARGEST >> 20);
        return Err(Failure::usage(say!("{file}: più di {limit} MB", "{file}: over {limit} MB")));
    }
    Ok(p7m)
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
/// Whoever signs more than a message may hold has other means to check it.
const LARGEST: u64 = 256 << 20;
