//! `recapito verify`: what a file is, and whether it can be believed.
//!
//! Offline, without an account or any configuration, for anybody who was handed an .eml. The judgement is
//! `recapito_pec`'s; this file finds the files and words the answer. Nothing is followed, fetched or written.

mod document;

use jiff::Timestamp;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Seek};
use std::path::{Path, PathBuf};

use recapito_pec::verification::{ReadAgain, Verifier};
use recapito_pec::{Anchors, Kind, Verdict, Verification};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::language::{say, text};
use crate::moment::rome;
use crate::option;
use crate::output::{Output, Tone, plain, toned};
use crate::record::Record;
use crate::word;

/// Checks every file named or found, and says what each is.
pub(crate) fn run(options: &option::Verify, output: &mut Output) -> Result<Exit, Failure> {
    let anchors = anchors(options.anchors.as_deref())?;
    let mut tally = Tally::default();
    for path in &options.paths {
        if path.is_dir() {
            for file in messages_in(path, output)? {
                check(&file, &anchors, output, &mut tally)?;
            }
        } else if document::check(path, output)? {
            tally.files += 1;
        } else {
            check(path, &anchors, output, &mut tally)?;
        }
    }
    if tally.files == 0 {
        return Err(Failure::usage(say!("nessun messaggio da verificare", "no message to check")));
    }
    if tally.files > 1 && !output.json {
        let Tally { files, trusted } = tally;
        output.line(&say!("{files} messaggi, {trusted} autentici", "{files} messages, {trusted} trusted"));
    }
    Ok(if tally.trusted == tally.files { Exit::Done } else { Exit::Unverified })
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
}

fn check(path: &Path, anchors: &Anchors, output: &mut Output, tally: &mut Tally) -> Result<(), Failure> {
    let verification = verified(path, anchors).map_err(|error| Failure::file(path, &error))?;
    let name = path.display().to_string();
    if output.json {
        output.record(&Record::of_file(&name, &verification));
    } else {
        describe(&name, &verification, output);
    }
    tally.files += 1;
    let certified = !matches!(verification.kind, Kind::Ordinary | Kind::AnomalyEnvelope);
    tally.trusted += usize::from(certified && verification.verdict == Verdict::Trusted);
    Ok(())
}

/// What is found in a file, or in standard input for `-`.
fn verified(path: &Path, anchors: &Anchors) -> io::Result<Verification> {
    let verifier = || Verifier::new(anchors, Timestamp::now());
    if path.as_os_str() == "-" {
        let verified = read(&mut io::stdin().lock(), verifier().taking_every_digest())?;
        return Ok(verified.unwrap_or_else(ReadAgain::without_reading));
    }
    let mut file = File::open(path)?;
    // A pipe gives its bytes once.
    let is_there_again = file.metadata()?.is_file();
    let first = if is_there_again { verifier() } else { verifier().taking_every_digest() };
    let verified = match read(&mut file, first)? {
        Err(_) if is_there_again => {
            file.rewind()?;
            read(&mut file, verifier().taking_every_digest())?
        }
        verified => verified,
    };
    Ok(verified.unwrap_or_else(ReadAgain::without_reading))
}

fn read(source: &mut dyn Read, mut verifier: Verifier<'_>) -> io::Result<Result<Verification, ReadAgain>> {
    let mut piece = vec![0; PIECE];
    loop {
        match source.read(&mut piece) {
            Ok(0) => return Ok(verifier.finish()),
            Ok(len) => verifier.update(&piece[..len]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Bytes read at a time.
const PIECE: usize = 128 * 1024;

/// The messages in a folder and below, by name; hidden files and what does not begin like a message are passed by.
fn messages_in(folder: &Path, output: &mut Output) -> Result<Vec<PathBuf>, Failure> {
    let (mut messages, mut others) = (Vec::new(), 0_usize);
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(|error| Failure::file(&folder, &error))? {
            let entry = entry.map_err(|error| Failure::file(&folder, &error))?;
            let (path, kind) = (entry.path(), entry.file_type());
            let kind = kind.map_err(|error| Failure::file(&path, &error))?;
            if entry.file_name().to_string_lossy().starts_with('.') {
                continue;
            }
            // Links are not followed: they may lead round in a circle.
            match kind {
                kind if kind.is_dir() => folders.push(path),
                kind if !kind.is_file() => {}
                _ if looks_like_message(&path).map_err(|error| Failure::file(&path, &error))? => {
                    messages.push(path);
                }
                _ => others += 1,
            }
        }
    }
    messages.sort();
    if others > 0 {
        output.remark(&say!("{others} file non sono messaggi", "{others} files are no messages"));
    }
    Ok(messages)
}

/// Whether a file is named `.eml`, or its first line is a header field.
fn looks_like_message(path: &Path) -> io::Result<bool> {
    if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("eml")) {
        return Ok(true);
    }
    let mut line = Vec::new();
    BufReader::new(File::open(path)?).take(1000).read_until(b'\n', &mut line)?;
    let name: Vec<u8> = line.iter().copied().take_while(|byte| *byte != b':').collect();
    let graphic = name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-');
    Ok(!name.is_empty() && name.len() < line.len() && graphic)
}

/// Says it in a few lines: what it is, whether it can be believed and why not, then what is certified.
fn describe(name: &str, verification: &Verification, output: &mut Output) {
    output.line(&toned(Tone::Strong, &plain(name)));
    for line in description(verification) {
        output.line(&format!("  {line}"));
    }
    for inner in &verification.contains {
        let part = &inner.part;
        output.line(&toned(
            Tone::Faint,
            &say!("  contiene, nella parte {part}:", "  contains, in part {part}:"),
        ));
        for line in description(&inner.verification) {
            output.line(&format!("    {line}"));
        }
    }
    output.line("");
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_gives_its_messages_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, content: &str| fs::write(folder.path().join(name), content).unwrap();
        fs::create_dir(folder.path().join("cur")).unwrap();
        write("cur/1543.M1P2.host:2,S", "Return-Path: <a@example.test>\n\n");
        write("b.EML", "no header at all");
        write("notes.md", "# notes: none\n");
        write("scan.pdf", "%PDF-1.4\n");
        write(".hidden.eml", "From: a@example.test\n\n");
        write("empty", "");
        let mut output = Output::new(&crate::option::Common::quiet());
        let found = messages_in(folder.path(), &mut output).unwrap();
        let names: Vec<_> = found.iter().map(|path| path.strip_prefix(folder.path()).unwrap()).collect();
        assert_eq!(names, [Path::new("b.EML"), Path::new("cur/1543.M1P2.host:2,S")]);
    }
}
