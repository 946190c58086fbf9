//! `recapito verify` on every real message of the corpus, against what the message itself says.
//!
//! No name, address or subject of it is written here: what must be printed is read from the daticert.xml in the same
//! file by other means (mailparse, roxmltree), which share nothing with the code under test.

use std::error::Error;
use std::fs;
use std::path::Path;

use mailparse::{ParsedMail, parse_mail};
use recapito_tests::corpus::corpus_or_skip;
use recapito_tests::recapito::Recapito;
use roxmltree::{Document, Node, ParsingOptions};
use serde_json::{Map, Value, json};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// Every message: its kind and verdict by the corpus's README, the certified `tipo`, and the notes.
#[rustfmt::skip]
const EXPECTED: [(&str, &str, &str, &str, &[&str]); 10] = [
    ("anonymised-2021-delivery-complete",           "delivery",   "unreadable", "avvenuta-consegna", &[]),
    ("anonymised-2024-acceptance",                  "acceptance", "absent",     "accettazione",      &[]),
    ("anonymised-2024-failure",                     "failure",    "absent",     "errore-consegna",   &["certdata-invalid"]),
    ("aruba-2018-acceptance",                       "acceptance", "trusted",    "accettazione",      OF_2018),
    ("aruba-2018-delivery-complete",                "delivery",   "trusted",    "avvenuta-consegna", OF_2018),
    ("aruba-2026-failure-anonymised",               "failure",    "altered",    "errore-consegna",   &["no-revocation-data"]),
    ("sogei-2018-envelope-altered",                 "envelope",   "altered",    "posta-certificata", ALTERED),
    ("sogei-2018-envelope-invoice",                 "envelope",   "trusted",    "posta-certificata", OF_2018),
    ("sogei-2018-envelope-sdi-notice",              "envelope",   "trusted",    "posta-certificata", OF_2018),
    // It has no daticert.xml: without one nothing signed is an envelope.
    ("sogei-2019-envelope-sdi-nondelivery-altered", "ordinary",   "altered",    "",                  ALTERED),
];

const OF_2018: &[&str] = &["no-revocation-data", "sha1-digest", "signer-expired-since"];
const ALTERED: &[&str] = &["no-revocation-data", "sha1-digest"];

#[test]
fn every_message_is_what_it_says_and_as_trustworthy_as_its_signature() -> Outcome {
    let Some(corpus) = corpus_or_skip() else { return Ok(()) };
    let folder = corpus.join("pec");
    let user = Recapito::new();
    let command = ["verify".as_ref(), "--json".as_ref(), folder.as_os_str()];
    let printed = user.run(command).expect(30).json();
    assert_eq!(printed.len(), EXPECTED.len(), "a folder is walked");

    for (record, (name, kind, verdict, tipo, notes)) in printed.iter().zip(EXPECTED) {
        let file = folder.join(format!("{name}.eml"));
        assert_eq!(record["file"].as_str(), file.to_str(), "in the order of their names");
        assert_eq!((&record["kind"], &record["verdict"]), (&json!(kind), &json!(verdict)), "{name}");
        assert_eq!(record["notes"], json!(notes), "{name}");
        let trusted = verdict == "trusted";
        assert_eq!(record["anchor"].as_str(), trusted.then_some("AgID CA1"), "{name}");
        assert_eq!(record["reason"].is_string(), !trusted, "{name}");
        let signed = matches!(verdict, "trusted" | "altered");
        assert_eq!(
            (record["signed_at"].is_string(), record["signer"].is_object()),
            (signed, signed),
            "{name}"
        );

        let raw = fs::read(&file)?;
        let says = certdata(&raw)?;
        assert_eq!(says.get("tipo").and_then(Value::as_str).unwrap_or_default(), tipo, "{name}");
        for field in FIELDS {
            assert!(record.get(field) == says.get(field), "{name}: {field} is not what daticert.xml says");
        }
    }
    Ok(())
}

#[test]
fn a_file_alone_decides_the_exit_code() -> Outcome {
    let Some(corpus) = corpus_or_skip() else { return Ok(()) };
    let user = Recapito::new();
    for (name, _, verdict, ..) in EXPECTED {
        let file = corpus.join("pec").join(format!("{name}.eml"));
        let exit = if verdict == "trusted" { 0 } else { 30 };
        user.run(["verify".as_ref(), file.as_os_str()]).expect(exit);
    }
    assert!(!user.data().exists(), "it needs no data folder");
    Ok(())
}

#[test]
fn line_ends_and_a_file_name_change_nothing() -> Outcome {
    let Some(corpus) = corpus_or_skip() else { return Ok(()) };
    let user = Recapito::new();
    for (name, ..) in EXPECTED {
        let raw = fs::read(corpus.join("pec").join(format!("{name}.eml")))?;
        let lf: Vec<u8> = raw.iter().copied().filter(|&byte| byte != b'\r').collect();
        let mut crlf = Vec::with_capacity(raw.len() + 1000);
        for &byte in &lf {
            if byte == b'\n' {
                crlf.push(b'\r');
            }
            crlf.push(byte);
        }
        assert!(printed(&user, &user.file("lf", lf))? == printed(&user, &user.file("crlf", crlf))?, "{name}");
    }
    Ok(())
}

#[test]
fn many_files_are_told_in_their_order_up_to_the_first_that_cannot_be_read() {
    let user = Recapito::new();
    let file = |number: usize| {
        // The earlier ones are the larger ones, so that those behind them are done first.
        let body = "an ordinary line\r\n".repeat((100 - number) * 100);
        user.file(&format!("{number:03}.eml"), format!("From: a@example.test\r\n\r\n{body}"))
    };
    let mut files: Vec<_> = (0..100).map(file).collect();
    files[90] = user.data().join("missing.eml");
    let mut arguments = vec!["verify".into(), "--json".into()];
    arguments.extend(files.iter().map(|file| file.clone().into_os_string()));
    let ended = user.run(arguments).expect(2);
    let told = ended.json();
    let told: Vec<_> = told.iter().filter_map(|record| record["file"].as_str().map(Path::new)).collect();
    assert_eq!(told, files[..90]);
    assert!(ended.stderr.contains("missing.eml: does not exist"), "{}", ended.stderr);
}

/// What is printed of one file, without its name.
fn printed(user: &Recapito, file: &Path) -> Outcome<Value> {
    let mut record = user.run(["verify".as_ref(), "--json".as_ref(), file.as_os_str()]).json().pop();
    let record = record.as_mut().and_then(Value::as_object_mut).ok_or("nothing printed")?;
    record.remove("file");
    Ok(Value::Object(std::mem::take(record)))
}

/// What comes from daticert.xml.
const FIELDS: [&str; 10] = [
    "time",
    "reference",
    "envelope",
    "sender",
    "recipients",
    "recipient",
    "receipt",
    "error",
    "error_text",
    "subject",
];

/// The fields that the outermost daticert.xml gives, and its `tipo`; none without one.
fn certdata(raw: &[u8]) -> Outcome<Map<String, Value>> {
    let mail = parse_mail(raw)?;
    let Some(part) = mail.parts().find(|part| is_certdata(part)) else { return Ok(Map::new()) };
    let xml = String::from_utf8(part.get_body_raw()?)?;
    let options = ParsingOptions { allow_dtd: true, ..ParsingOptions::default() };
    let document = Document::parse_with_options(xml.trim_start_matches('\u{feff}'), options)?;
    let root = document.root_element();
    let node = |name| root.descendants().find(|node: &Node<'_, '_>| node.has_tag_name(name));
    let text = |name| node(name).and_then(|node| node.text()).map(|text| json!(text.trim()));
    let attribute = |name, attribute| node(name).and_then(|node| node.attribute(attribute));

    let recipients = root.descendants().filter(|node| node.has_tag_name("destinatari")).map(|node| {
        let address = node.text().unwrap_or_default().trim();
        json!({ "address": address, "certified": node.attribute("tipo") == Some("certificato") })
    });
    let receipt = attribute("ricevuta", "tipo").map(|kind| match kind {
        "completa" => "complete",
        "breve" => "brief",
        _ => "synthetic",
    });
    let fields = [
        ("tipo", root.attribute("tipo").map(Value::from)),
        ("time", time(text("giorno"), text("ora"), attribute("data", "zona"))),
        ("reference", text("msgid")),
        ("envelope", text("identificativo")),
        ("sender", text("mittente")),
        ("recipients", Some(recipients.collect())),
        ("recipient", text("consegna")),
        ("receipt", receipt.map(Value::from)),
        ("error", root.attribute("errore").filter(|error| *error != "nessuno").map(Value::from)),
        ("error_text", text("errore-esteso")),
        ("subject", text("oggetto")),
    ];
    Ok(fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect())
}

fn is_certdata(part: &ParsedMail<'_>) -> bool {
    let named = part.get_content_disposition().params.get("filename").cloned();
    named.as_ref().or_else(|| part.ctype.params.get("name")).is_some_and(|name| name == "daticert.xml")
}

/// `13/11/2018`, `16:39:26`, `+0100` as RFC 3339 writes it.
fn time(day: Option<Value>, hour: Option<Value>, zone: Option<&str>) -> Option<Value> {
    let (day, hour) = (day?, hour?);
    let mut date: Vec<_> = day.as_str()?.split('/').collect();
    date.reverse();
    let (hours, minutes) = zone?.split_at_checked(3)?;
    Some(json!(format!("{}T{}{hours}:{minutes}", date.join("-"), hour.as_str()?)))
}
