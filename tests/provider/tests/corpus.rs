//! What the provider makes, held against what real providers sent.
//!
//! Compared is the shape: nesting, media types, encodings, parameters, header names, the elements of
//! daticert.xml and their order. The corpus is real mail and lies beside the project (`RECAPITO_CORPUS`
//! names another place); where it is missing the test says so and passes.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;

use jiff::Timestamp;
use mailparse::{MailHeaderMap, ParsedMail};
use recapito_provider::{Authority, Failure, House, Notice, Receipt, Style, Workshop};

#[test]
fn messages_have_the_shape_of_real_ones() {
    let Some(corpus) = corpus() else { return };
    let recipient = || "anna@pec.example.test".to_owned();
    let delivery = Notice::Delivery { recipient: recipient(), receipt: Receipt::Complete };
    let failure = Notice::Failure { recipient: recipient(), cause: Failure::NoRecipient };
    let cases = [
        ("aruba-2018-acceptance.eml", Style::aruba_2018(), Some(Notice::Acceptance)),
        ("aruba-2018-delivery-complete.eml", Style::aruba_2018(), Some(delivery)),
        ("aruba-2026-failure-anonymised.eml", Style::aruba_2026(), Some(failure)),
        ("sogei-2018-envelope-sdi-notice.eml", Style::aruba_2018(), None),
    ];
    for (file, style, notice) in cases {
        let real = std::fs::read(corpus.join("pec").join(file)).unwrap();
        let ours = make(style, notice.as_ref());
        assert_eq!(shape(&ours), shape(&real), "{file}");
        assert_eq!(elements(&ours), elements(&real), "{file}");
    }
}

fn make(style: Style, notice: Option<&Notice>) -> Vec<u8> {
    let at: Timestamp = "2026-03-02T10:20:30Z".parse().unwrap();
    let authority = Authority::new(&["pec.example.test"], at);
    let workshop = Workshop::new(House::new("Gestore Esempio", "pec.example.test", style), &authority, 7);
    let submitted = b"From: mario@pec.example.test\r\nTo: anna@pec.example.test\r\nSubject: Prova\r\n\
        Message-ID: <1@mario.example.test>\r\n\r\nBuongiorno\r\n";
    let about = workshop.take(submitted, at, |_| true);
    match notice {
        Some(notice) => workshop.notice(notice, &about, at),
        None => workshop.envelope(&about),
    }
}

/// The header's names and the parts, a line each, down to the original.
fn shape(message: &[u8]) -> Vec<String> {
    let message = mailparse::parse_mail(message).unwrap();
    let names: BTreeSet<String> = message.headers.iter().map(|header| header.get_key()).collect();
    let traces = ["Return-Path", "Delivered-To", "Received", "X-Lmtp-Aru-Notify-Rcpt", "X-Fattura-PA"];
    let mut lines: Vec<String> = names.into_iter().filter(|name| !traces.contains(&name.as_str())).collect();
    describe(&message, 0, &mut lines);
    lines
}

fn describe(part: &ParsedMail<'_>, depth: usize, lines: &mut Vec<String>) {
    let parameters = part.ctype.params.iter().filter(|(name, _)| *name != "boundary");
    let field = |name| part.headers.get_first_value(name).unwrap_or_default();
    lines.push(format!(
        "{}{} {:?} {} {}",
        "  ".repeat(depth),
        part.ctype.mimetype,
        parameters.collect::<Vec<_>>(),
        field("Content-Transfer-Encoding"),
        field("Content-Disposition"),
    ));
    for child in &part.subparts {
        describe(child, depth + 1, lines);
    }
}

/// The elements of daticert.xml in order, with their indentation and the names of their attributes.
fn elements(message: &[u8]) -> Vec<String> {
    let message = mailparse::parse_mail(message).unwrap();
    let part = message.parts().find(|part| part.ctype.mimetype == "application/xml").unwrap();
    let xml = String::from_utf8(part.get_body_raw().unwrap()).unwrap();
    let name = |line: &str| {
        let indent = line.len() - line.trim_start().len();
        // The 2026 file indents what is optional in its own way.
        let indent = if line.contains("errore-esteso") { 8 } else { indent };
        let tag = line.trim_start().split(['>', '"']).next().unwrap_or_default().to_owned();
        format!("{indent} {tag}")
    };
    xml.trim_end().lines().map(name).collect()
}

fn corpus() -> Option<PathBuf> {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus");
    let corpus = std::env::var_os("RECAPITO_CORPUS").map_or_else(beside, PathBuf::from);
    if corpus.join("pec").is_dir() {
        return Some(corpus);
    }
    assert!(std::env::var("CI").as_deref() != Ok("true"), "the corpus is missing");
    // Past the capture of tests' output: a skip is to be seen.
    std::io::stderr().write_all(b"\nskipped: the corpus is missing\n").unwrap();
    None
}
