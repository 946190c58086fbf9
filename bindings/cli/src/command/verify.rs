//! `recapito verify`: what a file is, and whether it can be believed.
//!
//! Offline, without an account or any configuration, for anybody who was handed an .eml. The judgement is
//! `recapito_pec`'s; this file words the answer. Many files are checked on all cores. Nothing is followed, fetched or
//! written.

mod document;
mod folder;
mod parallel;
mod sent;
mod source;

use std::fs;
use std::path::{Path, PathBuf};

use recapito_pec::proof::Proof;
use recapito_pec::{Anchors, Kind, Verdict, Verification};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::language::{say, text};
use crate::moment::rome;
use crate::option;
use crate::output::{self, Output, Tone, plain, toned};
use crate::proof::{details, summary};
use crate::record::Record;
use crate::word;

use sent::Sent;

/// Checks every file named or found, and says what each is.
pub(crate) fn run(options: &option::Verify, output: &mut Output) -> Result<Exit, Failure> {
    let anchors = anchors(options.anchors.as_deref())?;
    let sent = options.sent.as_deref().map(|path| Sent::read(path, &options.paths)).transpose()?;
    let (files, found_all) = files(&options.paths, output);
    let form = if output.json { Form::Json } else { Form::Text };
    let mut tally = Tally::default();
    let checked = parallel::in_order(
        &files,
        |file| check(file, &anchors, sent.as_ref(), form),
        |checked: Checked| {
            tally.add(&checked);
            output.block(&checked.text);
        },
    );
    output.flush();
    checked.and(found_all)?;

    if tally.files == 0 {
        return Err(Failure::usage(say!("nessun messaggio da verificare", "no message to check")));
    }
    if tally.files > 1 && !output.json {
        let Tally { files, trusted, proving } = tally;
        output.line(&say!("{files} messaggi, {trusted} autentici", "{files} messages, {trusted} trusted"));
        if sent.is_some() {
            output.line(&say!(
                "provano tutto ciò che è stato inviato: {proving}",
                "proving everything that was sent: {proving}"
            ));
        }
    }
    Ok(if tally.proving == tally.files { Exit::Done } else { Exit::Unverified })
}

/// The files named, and those in the folders named; up to the first folder that cannot be read, and why.
fn files(paths: &[PathBuf], output: &mut Output) -> (Vec<PathBuf>, Result<(), Failure>) {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        match folder::messages_in(path, output) {
            Ok(found) => files.extend(found),
            Err(failure) => return (files, Err(failure)),
        }
    }
    (files, Ok(()))
}

/// The authorities to believe: those of PEC, and those of a file.
fn anchors(file: Option<&Path>) -> Result<Anchors, Failure> {
    let anchors = Anchors::pec();
    let Some(file) = file else { return Ok(anchors) };
    let pem = fs::read(file).map_err(|error| Failure::file(file, &error))?;
    anchors.with_pem(&pem).map_err(|_| {
        let file = file.display();
        Failure::usage(say!(
            "{file}: nessun certificato PEM leggibile",
            "{file}: no readable PEM certificate"
        ))
    })
}

/// How many files, and how many of them are certified mail and trusted.
#[derive(Default)]
struct Tally {
    files: usize,
    trusted: usize,
    /// The trusted ones that prove everything that was sent; all of them, if what was sent is not given.
    proving: usize,
}

impl Tally {
    fn add(&mut self, checked: &Checked) {
        self.files += 1;
        self.trusted += usize::from(checked.is_trusted);
        self.proving += usize::from(checked.is_trusted && checked.is_proving);
    }
}

/// How a file's answer is written.
#[derive(Clone, Copy)]
enum Form {
    Json,
    Text,
}

/// What is to be said of one file.
struct Checked {
    text: String,
    /// It is certified mail, and trusted.
    is_trusted: bool,
    /// It proves everything that was sent, as far as that is given.
    is_proving: bool,
}

impl parallel::Answer for Checked {
    fn size(&self) -> usize {
        self.text.len()
    }
}

fn check(path: &Path, anchors: &Anchors, sent: Option<&Sent>, form: Form) -> Result<Checked, Failure> {
    if let Some(text) = document::check(path, form)? {
        return Ok(Checked { text, is_trusted: false, is_proving: false });
    }
    let (verification, proof) = match sent {
        Some(sent) => sent.compare(path, anchors).map(|(verification, proof)| (verification, Some(proof)))?,
        None => (source::verification(path, anchors)?, None),
    };
    let name = path.display().to_string();
    let certified = !matches!(verification.kind, Kind::Ordinary | Kind::AnomalyEnvelope);
    let text = match form {
        Form::Json => output::json_line(&Record::of_file(&name, &verification).with_content(proof.as_ref()))?,
        Form::Text => describe(&name, &verification, proof.as_ref()),
    };
    let is_trusted = certified && verification.verdict == Verdict::Trusted;
    Ok(Checked { text, is_trusted, is_proving: proof.is_none_or(|proof| proof.is_complete()) })
}

/// A few lines: what it is, whether it can be believed and why not, then what is certified, and what is proven.
fn describe(name: &str, verification: &Verification, proof: Option<&Proof>) -> String {
    let mut lines = vec![toned(Tone::Strong, &plain(name))];
    lines.extend(description(verification).iter().map(|line| format!("  {line}")));
    if let Some(proof) = proof {
        let label = toned(Tone::Faint, &format!("{:<12}", text("prova", "proof")));
        let receipt = verification.certdata.as_ref().and_then(|data| data.receipt);
        lines.push(format!("  {label} {}", summary(proof, receipt)));
        lines.extend(details(proof).iter().map(|line| format!("    {line}")));
    }
    for inner in &verification.contains {
        let part = &inner.part;
        let place = say!("  contiene, nella parte {part}:", "  contains, in part {part}:");
        lines.push(toned(Tone::Faint, &place));
        lines.extend(description(&inner.verification).iter().map(|line| format!("    {line}")));
    }
    lines.extend([String::new(), String::new()]);
    lines.join("\n")
}

/// What a message is and whether it can be believed, in one line; what it only claims to be is said to be a claim.
pub(crate) fn judgement(kind: Kind, verdict: Verdict) -> String {
    let certifies = kind.is_receipt() || kind == Kind::Envelope;
    let tone = match verdict {
        Verdict::Trusted if certifies => Tone::Good,
        Verdict::Absent | Verdict::Trusted | Verdict::Unchecked if !certifies => Tone::Watch,
        _ => Tone::Bad,
    };
    let (judged, kind) = (toned(tone, word::verdict(verdict)), word::kind(kind));
    match (verdict, certifies) {
        // The signature is the provider's; what it encloses is anybody's, and must not look certified.
        (Verdict::Trusted, false) => {
            format!("{}: {kind}", toned(tone, text("non certificato", "not certified")))
        }
        (Verdict::Trusted, true) | (_, false) => format!("{judged}: {kind}"),
        (_, true) => say!("{judged}; si presenta come {kind}", "{judged}; claims to be: {kind}"),
    }
}

/// The lines about one message, without what it contains.
pub(crate) fn description(verification: &Verification) -> Vec<String> {
    let mut lines = vec![judgement(verification.kind, verification.verdict)];
    if let Some(reason) = verification.reason {
        lines.push(word::reason(reason).to_owned());
    }
    let mut field = |label: &str, value: String| {
        lines.push(format!("{} {}", toned(Tone::Faint, &format!("{label:<12}")), plain(&value)));
    };
    if let Some(signer) = &verification.signer {
        let address = signer.address.as_ref().map(|address| format!(" <{address}>")).unwrap_or_default();
        field(text("firmato da", "signed by"), format!("{}{address}", signer.name));
    }
    if let Some(anchor) = &verification.anchor {
        field(text("autorità", "authority"), anchor.clone());
    }
    if let Some(time) = verification.signed_at {
        field(text("firmato il", "signed at"), rome(time));
    }
    if let Some(data) = &verification.certdata {
        for (label, value) in certified_fields(data) {
            field(label, value);
        }
    }
    for note in &verification.notes {
        field(text("nota", "note"), word::note(*note).to_owned());
    }
    lines
}

fn certified_fields(data: &recapito_pec::CertificationData) -> Vec<(&'static str, String)> {
    let listed = |recipient: &recapito_pec::daticert::Recipient| match recipient.certified {
        true => recipient.address.to_string(),
        false => format!("{} ({})", recipient.address, text("fuori dalla PEC", "outside PEC")),
    };
    let recipients: Vec<_> = data.recipients.iter().map(listed).collect();
    let error = Some(&data.error).filter(|error| !error.is_empty() && *error != "nessuno");
    let fields = [
        (text("certificato", "certified"), data.time.map(|time| rome(time.instant))),
        (text("mittente", "sender"), data.sender.as_ref().map(ToString::to_string)),
        (text("destinatari", "recipients"), (!recipients.is_empty()).then(|| recipients.join(", "))),
        (text("per", "for"), data.recipient.as_ref().map(ToString::to_string)),
        (text("ricevuta", "receipt"), data.receipt.map(|receipt| word::receipt(receipt).to_owned())),
        (text("errore", "error"), error.cloned()),
        (text("motivo", "because"), data.error_text.clone()),
        (text("oggetto", "subject"), data.subject.clone()),
        (text("messaggio", "message"), data.reference.clone()),
        (text("busta", "envelope"), data.envelope.clone()),
    ];
    fields.into_iter().filter_map(|(label, value)| value.map(|value| (label, value))).collect()
}
