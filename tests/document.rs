//! Signed documents as a user meets them: attached to a certified message, or as a file.
//!
//! The document is the corpus's invoice. What must be said of it is asked of OpenSSL, which shares nothing with the
//! code under test; nothing of it is written here.

use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use recapito_provider::{Provider, Settings};
use recapito_tests::corpus::corpus_or_skip;
use recapito_tests::recapito::{Recapito, Servers};
use recapito_tests::skip::skip;
use serde_json::{Value, json};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

const ANNA: &str = "anna@pec.example.test";
const FILE: &str = "IT01234567890_11111.xml.p7m";
const INNER: &str = "IT01234567890_11111.xml";

#[test]
fn a_file_is_said_to_be_a_signed_document_and_is_never_trusted() -> Outcome {
    let Some(p7m) = invoice()? else { return Ok(()) };
    let Some(openssl) = OpenSsl::read(&p7m)? else { return Ok(()) };
    let user = Recapito::new();
    let mut altered = p7m.clone();
    altered[1000] ^= 1;
    let base64 = STANDARD.encode(&p7m);
    let cases: [(&str, &[u8], &str, Option<&str>); 4] = [
        ("plain", &p7m, "unchecked", Some("intact")),
        ("base64", base64.as_bytes(), "unchecked", Some("intact")),
        ("altered", &altered, "altered", Some("altered")),
        ("cut", &p7m[..p7m.len() / 2], "unreadable", None),
    ];
    for (what, bytes, verdict, integrity) in cases {
        let path = user.file(FILE, bytes);
        let command = ["verify".as_ref(), path.as_os_str(), "--json".as_ref()];
        let records = user.run(command).expect(30).json();
        let [record] = records.as_slice() else { return Err(format!("{what}: {records:?}").into()) };
        assert_eq!(
            (&record["kind"], &record["verdict"]),
            (&json!("signed-document"), &json!(verdict)),
            "{what}"
        );
        assert_eq!(
            (&record["file"], &record["qualified_trust"]),
            (&json!(path), &json!("not-checked")),
            "{what}"
        );
        let said = user.run(&command[..2]).expect(30).stdout;
        let Some(integrity) = integrity else {
            assert_eq!(
                (&record["unreadable"], record.get("signers")),
                (&json!("incomplete"), None),
                "{what}"
            );
            assert!(said.contains("the file ends early"), "{what}: {said}");
            continue;
        };
        let [signer] = record["signers"].as_array().ok_or("no signers")?.as_slice() else {
            return Err(format!("{what}: not one signer").into());
        };
        assert_eq!((&signer["integrity"], &signer["layer"]), (&json!(integrity), &json!(1)), "{what}");
        assert!(signer["name"] == json!(openssl.name), "{what}: the name");
        assert!(signer["issuer"] == json!(openssl.issuer), "{what}: the issuer");
        assert_eq!(signer["serial"].as_str().map(str::to_uppercase), Some(openssl.serial.clone()), "{what}");
        assert_eq!(signer["signed_at"], json!(openssl.signed_at.to_string()), "{what}");
        assert_eq!((&record["name"], &record["type"]), (&json!(INNER), &json!("application/xml")), "{what}");
        assert_eq!(record["size"], json!(openssl.content.len()), "{what}");

        assert!(said.contains(&format!("in the name of “{}”", openssl.name)), "{what}");
        assert!(said.contains("qualified trust not checked"), "{what}: {said}");
        assert!(!said.contains("trusted") && !said.contains("valid"), "{what}: {said}");
    }
    Ok(())
}

#[test]
fn a_folder_is_walked_for_messages_only() -> Outcome {
    let Some(p7m) = invoice()? else { return Ok(()) };
    let user = Recapito::new();
    let folder = user.file("note.txt", "no message").parent().ok_or("no folder")?.join("mail");
    fs::create_dir(&folder)?;
    fs::write(folder.join(FILE), &p7m)?;
    fs::write(folder.join("base64.p7m"), STANDARD.encode(&p7m))?;
    let said = user.run(["verify".as_ref(), folder.as_os_str()]).expect(2);
    assert!(said.stderr.contains("no message to check"), "{}", said.stderr);

    // What is only named like one is judged for what it is.
    let path = user.file("message.p7m", "From: anna@pec.example.test\r\n\r\nText\r\n");
    let records = user.run(["verify".as_ref(), path.as_os_str(), "--json".as_ref()]).expect(30).json();
    assert_eq!(records[0]["kind"], "ordinary");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_in_a_certified_message_is_shown_with_its_signer_and_unwrapped_on_request() -> Outcome {
    let Some(p7m) = invoice()? else { return Ok(()) };
    let Some(openssl) = OpenSsl::read(&p7m)? else { return Ok(()) };
    let mut altered = p7m.clone();
    altered[1000] ^= 1;
    let provider = Provider::start(Settings::default()).await?;
    let anna = user(&provider, &letter(&[&p7m, &altered, b"neither"]));

    let shown = anna.json(["show", "m1"]).pop().ok_or("nothing shown")?;
    assert_eq!((&shown["kind"], &shown["verdict"]), (&json!("envelope"), &json!("trusted")));
    let documents = shown["documents"].as_array().ok_or("no documents")?;
    let integrity: Vec<_> = documents.iter().map(|it| &it["signers"][0]["integrity"]).collect();
    assert_eq!(integrity, [&json!("intact"), &json!("altered"), &Value::Null]);
    assert_eq!(documents[2]["unreadable"], "not-signed");
    assert!(documents.iter().all(|it| it["qualified_trust"] == "not-checked"));
    let parts: Vec<_> = documents.iter().filter_map(|it| it["part"].as_str()).collect();
    let attached: Vec<_> =
        shown["attachments"].as_array().into_iter().flatten().filter_map(|it| it["part"].as_str()).collect();
    assert_eq!(parts, attached, "in the original, not the envelope");
    let said = anna.run(["show", "m1"]).expect(0).stdout;
    assert!(
        said.contains(&format!(
            "signed document: {INNER} (application/xml, {} bytes)",
            openssl.content.len()
        ))
    );
    assert!(said.contains(&format!("intact; signed in the name of “{}”", openssl.name)));
    assert_eq!(said.matches("qualified trust not checked").count(), 2, "{said}");

    // As it came, then as it was signed.
    let part = |part: &str, options: &[&str], name: &str| {
        let out = anna.data().with_file_name(name);
        let command = [&["show", "m1", "--part", part], options, &["--out"]].concat();
        let command = command.into_iter().map(AsRef::as_ref).chain([out.as_os_str()]);
        let ended = anna.run(command.collect::<Vec<_>>());
        (ended, fs::read(&out).ok())
    };
    let (ended, written) = part(parts[0], &[], "whole");
    assert_eq!(ended.exit, Some(0));
    assert!(written.as_deref() == Some(&p7m), "byte for byte");
    let (ended, written) = part(parts[0], &["--unwrap"], "unwrapped");
    assert_eq!(ended.exit, Some(0));
    assert!(ended.stderr.contains("qualified trust not checked"), "{}", ended.stderr);
    assert!(written.as_deref() == Some(&openssl.content), "what OpenSSL reads");
    let (ended, written) = part(parts[1], &["--unwrap"], "altered");
    assert_eq!(ended.expect(30).stdout, "");
    assert!(written.is_some_and(|it| it.len() == openssl.content.len() && it != openssl.content));
    let (ended, written) = part(parts[2], &["--unwrap"], "neither");
    assert!(ended.expect(2).stderr.contains("no signed document") && written.is_none());
    anna.run(["show", "m1", "--unwrap"]).expect(2);
    Ok(())
}

/// A message with these attachments, all named as signed invoices.
fn letter(attachments: &[&[u8]]) -> Vec<u8> {
    let mut letter = format!(
        "From: {ANNA}\r\nTo: {ANNA}\r\nSubject: Invoices\r\nMessage-ID: <1@example.test>\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nHere\r\n"
    );
    for attachment in attachments {
        let base64 = STANDARD.encode(attachment);
        let lines: Vec<_> = base64.as_bytes().chunks(76).map(String::from_utf8_lossy).collect();
        letter += &format!(
            "--b\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\
             Content-Disposition: attachment; filename={FILE}\r\n\r\n{}\r\n",
            lines.join("\r\n")
        );
    }
    (letter + "--b--\r\n").into_bytes()
}

/// A user who has got the letter in an envelope of the provider.
fn user(provider: &Provider, letter: &[u8]) -> Recapito {
    provider.open_box(ANNA, "secret");
    let anna = Recapito::new();
    let (authorities, anchors) = (provider.tls_authority_pem(), provider.anchors_pem());
    let servers = Servers {
        imap: provider.imap_address().port(),
        smtp: provider.smtp_address().port(),
        authorities: &authorities,
        anchors: Some(&anchors),
    };
    anna.add_account(ANNA, "secret", &servers).expect(0);
    let workshop = provider.workshop(ANNA).expect("its house");
    let envelope = workshop.envelope(&workshop.take(letter, Timestamp::now(), |_| true));
    assert!(provider.inject(ANNA, &envelope));
    anna.run(["sync"]).expect(0);
    anna
}

fn invoice() -> Outcome<Option<Vec<u8>>> {
    let Some(corpus) = corpus_or_skip() else { return Ok(None) };
    Ok(Some(fs::read(corpus.join("sdi/invoices").join(FILE))?))
}

/// What OpenSSL reads in a signed document with one signer.
struct OpenSsl {
    content: Vec<u8>,
    name: String,
    issuer: String,
    serial: String,
    signed_at: Timestamp,
}

impl OpenSsl {
    fn read(p7m: &[u8]) -> Outcome<Option<Self>> {
        if Command::new("openssl").arg("version").output().is_err() {
            skip("the openssl command is missing");
            return Ok(None);
        }
        let folder = tempfile::tempdir()?;
        fs::write(folder.path().join("p7m"), p7m)?;
        let verify = "cms -verify -noverify -binary -inform DER -in p7m -out content -signer signer.pem";
        run(folder.path(), verify)?;
        let name = |what: &str| -> Outcome<String> {
            let printed = run(
                folder.path(),
                &format!("x509 -in signer.pem -noout -{what} -nameopt multiline,utf8,-esc_msb"),
            )?;
            // Attributes of one relative name stand on one line.
            let attributes =
                printed.lines().flat_map(|line| line.split(" + ")).filter_map(|it| it.split_once('='));
            let named = |kind| attributes.clone().find(|(name, _)| name.trim() == kind);
            let (_, name) = named("commonName").or_else(|| named("organizationName")).ok_or("no name")?;
            Ok(name.trim().to_owned())
        };
        let serial = run(folder.path(), "x509 -in signer.pem -noout -serial")?;
        let printed = run(folder.path(), "cms -cmsout -print -inform DER -in p7m -noout")?;
        let time = printed.lines().find_map(|line| line.trim().strip_prefix("UTCTIME:")).ok_or("no time")?;
        Ok(Some(Self {
            content: fs::read(folder.path().join("content"))?,
            name: name("subject")?,
            issuer: name("issuer")?,
            serial: serial.trim().trim_start_matches("serial=").to_owned(),
            signed_at: jiff::fmt::strtime::parse("%b %d %H:%M:%S %Y GMT", time.trim())?
                .to_datetime()?
                .to_zoned(jiff::tz::TimeZone::UTC)?
                .timestamp(),
        }))
    }
}

fn run(folder: &Path, arguments: &str) -> Outcome<String> {
    let output = Command::new("openssl").args(arguments.split(' ')).current_dir(folder).output()?;
    assert!(output.status.success(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}
