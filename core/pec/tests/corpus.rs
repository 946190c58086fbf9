//! Real mail: `../shared/corpus` beside the project, or where `RECAPITO_CORPUS` says. Nothing of it is copied here.

#![allow(clippy::disallowed_methods, clippy::disallowed_types)] // a test may: files, threads, clock

use jiff::Timestamp;
use recapito_pec::message::{Message, Part};
use recapito_pec::verification::original;
use recapito_pec::{Anchors, Kind, Note, Verdict, Verification, verify};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use Kind::{Acceptance, Delivery, Envelope, Failure, Ordinary};
use Verdict::{Absent, Altered, Trusted, Unreadable};

/// What each message is by the corpus's README: kind, verdict, kind by its data, parts of its signed content.
const EXPECTED: [(&str, Kind, Verdict, Option<Kind>, &str); 10] = [
    ("anonymised-2021-delivery-complete", Delivery, Unreadable, Some(Delivery), "text data original"),
    ("anonymised-2024-acceptance", Acceptance, Absent, Some(Acceptance), "text data"),
    ("anonymised-2024-failure", Failure, Absent, Some(Failure), "text data"),
    ("aruba-2018-acceptance", Acceptance, Trusted, Some(Acceptance), "text data"),
    ("aruba-2018-delivery-complete", Delivery, Trusted, Some(Delivery), "text data original"),
    ("aruba-2026-failure-anonymised", Failure, Altered, Some(Failure), "text data"),
    ("sogei-2018-envelope-altered", Envelope, Altered, Some(Envelope), "text data original"),
    ("sogei-2018-envelope-invoice", Envelope, Trusted, Some(Envelope), "text data original"),
    ("sogei-2018-envelope-sdi-notice", Envelope, Trusted, Some(Envelope), "text data original"),
    // Without certification data it is no envelope, whatever its header says.
    ("sogei-2019-envelope-sdi-nondelivery-altered", Ordinary, Altered, None, "text original"),
];

#[test]
fn every_message_is_what_the_readme_says() {
    let Some(corpus) = corpus() else { return };
    for (name, kind, verdict, by_data, parts) in EXPECTED {
        let raw = std::fs::read(corpus.join("pec").join(name).with_extension("eml")).unwrap();
        let found = judge(&raw);
        assert_eq!((found.kind, found.verdict), (kind, verdict), "{name}");
        assert_eq!(found.reason.is_none(), verdict == Trusted, "{name}");
        assert!(found.contains.is_empty(), "{name}");
        assert_eq!(content_of(&raw), parts, "{name}");

        let data = found.certdata.as_ref();
        assert_eq!(data.and_then(|data| Kind::from_tipo(&data.tipo)), by_data, "{name}");
        let breaks_dtd = name == "anonymised-2024-failure";
        assert_eq!(found.notes.contains(&Note::CertdataInvalid), breaks_dtd, "{name}");
        if verdict == Trusted {
            let data = data.unwrap();
            assert!(!found.notes.contains(&Note::HeaderDiffers), "{name}");
            assert!(!found.notes.contains(&Note::TimeDiffers), "{name}");
            assert_eq!(data.reference, found.header.reference, "{name}");
            assert!(data.time.is_some() && data.envelope.is_some() && data.sender.is_some(), "{name}");
            assert_eq!(data.recipient.is_some(), kind == Delivery, "{name}");
            assert_eq!(data.recipients.len(), 1, "{name}");
        }
    }
}

#[test]
fn line_ends_make_no_difference() {
    let Some(corpus) = corpus() else { return };
    for path in messages(&corpus.join("pec")) {
        let raw = std::fs::read(&path).unwrap();
        let lf: Vec<u8> = raw.iter().copied().filter(|byte| *byte != b'\r').collect();
        let crlf =
            lf.split_inclusive(|byte| *byte == b'\n').flat_map(|line| match line.strip_suffix(b"\n") {
                Some(text) => [text, b"\r\n"].concat(),
                None => line.to_vec(),
            });
        let (one, other) = (judge(&lf), judge(&crlf.collect::<Vec<_>>()));
        assert_eq!(one.digest, other.digest, "{path:?}");
        assert_eq!((one.kind, one.verdict), (other.kind, other.verdict), "{path:?}");
        assert_eq!((one.certdata, one.header), (other.certdata, other.header), "{path:?}");
    }
}

#[test]
fn originals_are_found_with_their_text_and_attachments() {
    let Some(corpus) = corpus() else { return };
    for (name, _, _, _, parts) in EXPECTED {
        let raw = std::fs::read(corpus.join("pec").join(name).with_extension("eml")).unwrap();
        let message = Message::parse(&raw);
        let found = original(&message);
        assert_eq!(found.is_some(), parts.contains("original"), "{name}");
        if let Some(found) = found {
            assert!(found.fields().first("Subject").is_some(), "{name}");
            assert!(!found.attachments().is_empty(), "{name}");
            assert!(found.attachments().iter().all(|file| file.name.is_some() && file.size > 0), "{name}");
        }
        assert!(message.root().text(1 << 20).is_some(), "{name}");
    }
}

#[test]
fn cut_at_any_byte_it_gets_a_verdict() {
    let Some(corpus) = corpus() else { return };
    let raw = std::fs::read(corpus.join("pec/aruba-2018-acceptance.eml")).unwrap();
    let signature = raw.windows(5).rposition(|window| window == b"\n\nMII").unwrap();
    for len in 0..raw.len() {
        let verdict = judge(&raw[..len]).verdict;
        assert!(verdict != Trusted || len > signature + 1000, "{len}");
    }
}

#[test]
fn registered_mail_of_the_european_kind_is_not_taken_for_pec() {
    let Some(corpus) = corpus() else { return };
    let paths = messages(&corpus.join("rem"));
    assert!(paths.len() > 50);
    for path in paths {
        let found = judge(&std::fs::read(&path).unwrap());
        assert_eq!(found.kind, Ordinary, "{path:?}");
        assert_ne!(found.verdict, Trusted, "{path:?}");
    }
}

fn judge(raw: &[u8]) -> Verification {
    static ANCHORS: LazyLock<Anchors> = LazyLock::new(Anchors::pec);
    verify(raw, &ANCHORS, "2026-11-22T00:00:00Z".parse::<Timestamp>().unwrap())
}

/// What the signed content is made of, by type.
fn content_of(raw: &[u8]) -> String {
    let message = Message::parse(raw);
    let content = message.root().children().next().unwrap();
    assert_eq!((message.root().media(), content.media()), ("multipart/signed", "multipart/mixed"));
    let word = |part: Part<'_>| match part.media() {
        "multipart/alternative" => "text",
        "application/xml" => "data",
        "message/rfc822" => "original",
        _ => "unknown",
    };
    content.children().map(word).collect::<Vec<_>>().join(" ")
}

/// Every `.eml` file in a folder and the folders in it.
fn messages(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(messages(&path));
        } else if path.extension().is_some_and(|extension| extension == "eml") {
            found.push(path);
        }
    }
    found
}

/// The corpus; where it is missing the test says so and is skipped, except in CI.
#[allow(clippy::print_stderr)]
fn corpus() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus");
    let path = std::env::var_os("RECAPITO_CORPUS").map_or_else(beside, PathBuf::from);
    if path.is_dir() {
        return Some(path);
    }
    assert!(std::env::var_os("CI").is_none(), "no corpus in ../shared/corpus and RECAPITO_CORPUS is not set");
    // Past the capture of the harness, for `tests/run` to count.
    let _ = writeln!(
        std::io::stderr(),
        "\nskipped: no corpus in ../shared/corpus and RECAPITO_CORPUS is not set"
    );
    None
}
