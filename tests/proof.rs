//! What receipts prove of the message sent: `verify --sent` and `show`, with receipts of the embedded provider, which
//! makes copies and hashes by other means than the code under test.

use std::error::Error;
use std::fs;
use std::path::Path;

use jiff::Timestamp;
use mailparse::parse_mail;
use recapito_provider::{Authority, House, Notice, Provider, Receipt, Settings, Style, Workshop};
use recapito_tests::corpus::corpus_or_skip;
use recapito_tests::recapito::{Recapito, Servers};
use serde_json::{Value, json};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

const ANNA: &str = "anna@pec.example.test";
const BRUNO: &str = "bruno@legal.example.test";
const CARLA: &str = "carla@legal.example.test";
const PASSWORD: &str = "open sesame";

/// A signed and an ordinary file of the same name, an attached message, a name in RFC 2231, a text in two forms.
const SENT: &str = "From: Anna <anna@pec.example.test>\r\nTo: bruno@legal.example.test\r\n\
Subject: =?utf-8?Q?Citt=C3=A0?=\r\nMessage-ID: <1@client.example.test>\r\nMIME-Version: 1.0\r\n\
Content-Type: multipart/mixed; boundary=m\r\n\r\n\
--m\r\nContent-Type: multipart/alternative; boundary=a\r\n\r\n\
--a\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nCitt=C3=A0\r\n\
--a\r\nContent-Type: text/html\r\n\r\n<p>Good morning</p>\r\n--a--\r\n\
--m\r\nContent-Type: application/pdf; name=\"deed.pdf\"\r\nContent-Transfer-Encoding: base64\r\n\
Content-Disposition: attachment; filename=\"deed.pdf\"\r\n\r\nAAECAw==\r\n\
--m\r\nContent-Type: application/pkcs7-mime; name=\"deed.pdf\"\r\nContent-Transfer-Encoding: base64\r\n\r\nMIIB\r\n\
--m\r\nContent-Type: text/csv\r\nContent-Disposition: attachment;\r\n filename*=utf-8''citt%C3%A0.csv\r\n\r\n1;2\r\n3;4\r\n\
--m\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\nGood evening\r\n--m--\r\n";

const PARTS: [&str; 6] = ["1.1", "1.2", "2", "3", "4", "5"];

#[test]
fn verify_says_which_attachments_a_receipt_proves() -> Outcome {
    let (user, desk) = (Recapito::new(), Desk::new());
    let sent = user.file("sent.eml", SENT);
    for style in [Style::aruba_2018(), Style::aruba_2026(), Style::legalmail()] {
        let receipts = desk.receipts(&user, SENT, style);
        let content = |receipt: &Path, exit| verified(&user, &desk, receipt, &sent, exit);

        let complete = content(&receipts[0], 0)?;
        assert_eq!((&complete["complete"], &complete["problems"]), (&json!(true), &json!([])), "{complete}");
        assert_eq!(column(&complete, "part"), PARTS);
        assert_eq!(column(&complete, "by"), ["copy"; 6]);

        let brief = content(&receipts[1], 0)?;
        assert_eq!(brief["complete"], true, "{brief}");
        assert_eq!(column(&brief, "by"), ["copy", "copy", "hash", "hash", "hash", "hash"]);
        assert_eq!(column(&brief, "name"), ["", "", "deed.pdf", "deed.pdf", "città.csv", ""]);
        assert_eq!(brief["parts"][2]["digest"], "sha1");

        let synthetic = content(&receipts[2], 30)?;
        assert_eq!((&synthetic["complete"], &synthetic["problems"]), (&json!(false), &json!(["synthetic"])));
        assert_eq!(column(&synthetic, "state"), ["not-covered"; 6]);

        let acceptance = content(&receipts[3], 30)?;
        assert_eq!(acceptance["problems"], json!(["not-a-delivery"]));
    }
    Ok(())
}

#[test]
fn a_sent_file_that_was_tampered_with_is_not_proven() -> Outcome {
    let (user, desk) = (Recapito::new(), Desk::new());
    let receipts = desk.receipts(&user, SENT, Style::default());
    #[rustfmt::skip]
    let cases = [
        // what is changed                        part   in the complete one     in the brief one
        ("AAECAw==", "AAECBA==",                  "2",   ["content", "hash"]),
        ("MIIB", "MIIC",                          "3",   ["content", "hash"]),
        ("citt%C3%A0.csv", "citta.csv",           "4",   ["name", "name"]),
        ("1;2", "1;3",                            "4",   ["content", "hash"]),
        ("Good evening", "Good night",            "5",   ["content", "hash"]),
        ("Good morning", "Good night",            "1.2", ["content", "content"]),
        ("text/html", "text/plain",               "1.2", ["type", "type"]),
    ];
    for (from, to, part, differences) in cases {
        let sent = user.file("sent.eml", SENT.replace(from, to));
        for (receipt, difference) in receipts.iter().zip(differences) {
            let content = verified(&user, &desk, receipt, &sent, 30)?;
            let states: Vec<_> =
                PARTS.iter().map(|it| if *it == part { "differs" } else { "proven" }).collect();
            assert_eq!(column(&content, "state"), states, "{from}: {content}");
            let index = PARTS.iter().position(|it| *it == part).ok_or("no such part")?;
            assert_eq!(content["parts"][index]["difference"], difference, "{content}");
        }
    }
    for (from, to, found) in [
        ("Citt=C3=A0?=", "Diffida?=", json!({"name": "Subject", "sent": "Diffida", "receipt": "Città"})),
        (
            "To: bruno",
            "To: c@example.test, bruno",
            json!({
                "name": "To", "sent": "c@example.test, bruno@legal.example.test", "receipt": "bruno@legal.example.test"
            }),
        ),
    ] {
        let sent = user.file("sent.eml", SENT.replacen(from, to, 1));
        let content = verified(&user, &desk, &receipts[1], &sent, 30)?;
        assert_eq!(content["fields"], json!([found]));
        assert_eq!(column(&content, "state"), ["proven"; 6], "the parts are as they were");
    }
    let sent = user.file("sent.eml", SENT.replace("<1@client", "<2@client"));
    assert_eq!(verified(&user, &desk, &receipts[0], &sent, 30)?["problems"], json!(["another-message"]));
    let sent = user.file("sent.eml", SENT.replace("Message-ID", "X-Message-ID"));
    assert_eq!(verified(&user, &desk, &receipts[0], &sent, 30)?["problems"], json!(["message-id-missing"]));
    Ok(())
}

#[test]
fn people_are_told_in_plain_words() {
    let (user, desk) = (Recapito::new(), Desk::new());
    let receipts = desk.receipts(&user, SENT, Style::default());
    let anchors = user.file("anchors.pem", desk.authority.authority_pem());
    let sent = user.file("sent.eml", SENT);
    let run = |paths: &[&Path], sent: &Path, exit| {
        let mut arguments = vec!["verify".as_ref(), "--anchors".as_ref(), anchors.as_os_str()];
        arguments.extend(["--sent".as_ref(), sent.as_os_str()]);
        arguments.extend(paths.iter().map(|path| path.as_os_str()));
        user.run(arguments).expect(exit).stdout
    };
    let told = run(&[&receipts[0]], &sent, 0);
    assert!(told.contains("content and 4 attachments proven by the complete receipt"), "{told}");
    let told = run(&[&receipts[0], &receipts[1], &receipts[2]], &sent, 30);
    assert!(told.contains("proven, the receipt holds its SHA-1 hash (weak by today's standards)"), "{told}");
    assert!(told.contains("a synthetic receipt does not hold the message"), "{told}");
    assert!(told.contains("3 messages, 3 trusted\nproving everything that was sent: 2"), "{told}");
    let told = run(&[&receipts[1]], &user.file("other.eml", SENT.replace("AAECAw==", "AAECBA==")), 30);
    assert!(told.contains("NOT everything is proven"), "{told}");
    assert!(told.contains("✗ attachment 2 deed.pdf: its hash in the receipt does not fit"), "{told}");
}

#[test]
fn a_receipt_that_cannot_be_believed_proves_nothing() -> Outcome {
    let (user, desk) = (Recapito::new(), Desk::new());
    let receipts = desk.receipts(&user, SENT, Style::default());
    let sent = user.file("sent.eml", SENT);
    let altered = fs::read_to_string(&receipts[0])?.replacen("AAECAw==", "AAECBA==", 1);
    let altered = user.file("altered.eml", altered);
    assert_eq!(verified(&user, &desk, &altered, &sent, 30)?["problems"], json!(["not-trusted"]));
    // The test authority is not among those trusted without `--anchors`.
    let arguments = ["verify", "--json", "--sent"].map(AsRef::as_ref);
    let files = [sent.as_os_str(), receipts[0].as_os_str()];
    let record =
        user.run(arguments.into_iter().chain(files)).expect(30).json().pop().ok_or("nothing printed")?;
    assert_eq!(record["content"]["problems"], json!(["not-trusted"]));
    Ok(())
}

#[test]
fn what_cannot_be_the_message_sent_is_wrong_usage() {
    let (user, desk) = (Recapito::new(), Desk::new());
    let receipts = desk.receipts(&user, SENT, Style::default());
    let (receipt, nothing) = (receipts[0].as_os_str(), user.file("nothing.eml", "no message\n"));
    let folder = receipts[0].parent().expect("a folder");
    for sent in ["no-such-file.eml".as_ref(), nothing.as_os_str(), receipt, folder.as_os_str()] {
        let ended = user.run(["verify".as_ref(), receipt, "--sent".as_ref(), sent]).expect(2);
        assert!(!ended.stderr.is_empty() && ended.stdout.is_empty(), "{sent:?}: {ended:?}");
    }
    user.run(["verify", "-", "--sent", "-"]).expect(2);
}

#[test]
fn a_real_complete_receipt_proves_its_message() -> Outcome {
    let Some(corpus) = corpus_or_skip() else { return Ok(()) };
    let path = corpus.join("pec/aruba-2018-delivery-complete.eml");
    let raw = fs::read(&path)?;
    let mail = parse_mail(&raw)?;
    let is_original = |part: &&mailparse::ParsedMail<'_>| part.ctype.mimetype == "message/rfc822";
    let copy = mail.parts().find(is_original).ok_or("no original")?;
    let copy = copy.subparts.first().map_or(copy.get_body_raw()?, |inner| inner.raw_bytes.to_vec());
    let text = String::from_utf8_lossy(&copy).into_owned();
    let headers =
        parse_mail(&copy)?.headers.into_iter().map(|it| (it.get_key(), it.get_value())).collect::<Vec<_>>();
    let value = |name: &str| {
        headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    };
    let (id, reference) =
        (value("Message-ID").ok_or("no id")?, value("X-Riferimento-Message-ID").ok_or("no reference")?);
    // What the client submitted, as far as it can be told: its own Message-ID, and no field of the provider's.
    let sent = text.replacen(reference, "-", 1).replacen(id, reference, 1);

    let user = Recapito::new();
    let content = |sent: &str, exit| {
        let sent = user.file("sent.eml", sent);
        let arguments =
            ["verify".as_ref(), "--json".as_ref(), path.as_os_str(), "--sent".as_ref(), sent.as_os_str()];
        user.run(arguments)
            .expect(exit)
            .json()
            .pop()
            .map(|record| record["content"].clone())
            .ok_or("nothing printed")
    };
    let proven = content(&sent, 0)?;
    assert_eq!((&proven["complete"], &proven["fields"]), (&json!(true), &json!([])));
    let (before, after) = sent.rsplit_once("\n--").ok_or("no multipart")?;
    let tampered = content(&format!("{before}\nAAAA\n--{after}"), 30);
    assert_eq!(tampered?["complete"], false);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn show_says_for_each_recipient_what_the_receipt_proves() -> Outcome {
    let provider = Provider::start(Settings::default()).await?;
    for address in [ANNA, BRUNO, CARLA] {
        provider.open_box(address, PASSWORD);
    }
    let anna = user(&provider);
    for (receipt, said) in [
        ("complete", "content proven by the complete receipt"),
        ("brief", "content proven by the brief receipt"),
        ("synthetic", "content not proven: a synthetic receipt does not hold the message"),
    ] {
        let body = anna.file("body.txt", "Good morning,\n\nperché no?\n");
        #[rustfmt::skip]
        let arguments = [
            "send", "--from", ANNA, "--to", BRUNO, "--cc", CARLA, "--subject", "A letter", "--receipt", receipt,
            "--wait", "--json", "--body",
        ];
        let arguments = arguments.into_iter().map(AsRef::as_ref).chain([body.as_os_str()]);
        let sent = anna.run(arguments).expect(0).json().pop().ok_or("nothing printed")?;
        let id = sent["id"].as_str().ok_or("no id")?;
        let shown = anna.run(["show", id]).expect(0).stdout;
        let line = shown.lines().position(|line| line.contains(BRUNO)).ok_or("no recipient")?;
        assert_eq!(shown.lines().nth(line + 1).map(str::trim), Some(said), "{shown}");

        let shown = anna.json(["show", id]).pop().ok_or("nothing printed")?;
        let content = |index: usize| &shown["recipients"][index]["content"];
        assert_eq!(content(0)["complete"], receipt != "synthetic", "{shown}");
        assert_eq!(
            content(1)["problems"],
            json!(["synthetic"]),
            "Cc always gets a synthetic receipt: {shown}"
        );
    }

    // The same mailbox elsewhere, where nothing was sent.
    let again = user(&provider);
    let id = again
        .json(["list"])
        .first()
        .and_then(|it| Some(it["id"].as_str()?.to_owned()))
        .ok_or("no shipment")?;
    let shown = again.run(["show", &id]).expect(0).stdout;
    assert!(shown.contains("the message sent is not here") && !shown.contains("proven"), "{shown}");
    Ok(())
}

/// The authority of a provider, and the time at which it does its work.
struct Desk {
    authority: Authority,
    at: Timestamp,
}

impl Desk {
    fn new() -> Self {
        let at = Timestamp::now();
        Self { authority: Authority::new(&["pec.example.test"], at), at }
    }

    /// A complete, a brief and a synthetic delivery receipt of the message, and its acceptance.
    fn receipts(&self, user: &Recapito, sent: &str, style: Style) -> [std::path::PathBuf; 4] {
        let house = House::new("Gestore Esempio S.p.A.", "pec.example.test", style);
        let workshop = Workshop::new(house, &self.authority, 1);
        let about = workshop.take(sent.as_bytes(), self.at, |_| true);
        let delivery = |receipt| Notice::Delivery { recipient: BRUNO.to_owned(), receipt };
        let file = |name: &str, notice: &Notice| user.file(name, workshop.notice(notice, &about, self.at));
        [
            file("complete.eml", &delivery(Receipt::Complete)),
            file("brief.eml", &delivery(Receipt::Brief)),
            file("synthetic.eml", &delivery(Receipt::Synthetic)),
            file("acceptance.eml", &Notice::Acceptance),
        ]
    }
}

/// `content` of a receipt with the sent file, as JSON.
fn verified(user: &Recapito, desk: &Desk, receipt: &Path, sent: &Path, exit: i32) -> Outcome<Value> {
    let anchors = user.file("anchors.pem", desk.authority.authority_pem());
    let arguments = ["verify", "--json", "--anchors"].map(AsRef::as_ref);
    let files = [anchors.as_os_str(), "--sent".as_ref(), sent.as_os_str(), receipt.as_os_str()];
    let record = user.run(arguments.into_iter().chain(files)).expect(exit).json().pop();
    Ok(record.ok_or("nothing printed")?["content"].clone())
}

/// One field of every part; empty where it is absent.
fn column(content: &Value, field: &str) -> Vec<String> {
    let parts = content["parts"].as_array().into_iter().flatten();
    parts.map(|part| part[field].as_str().unwrap_or_default().to_owned()).collect()
}

/// Anna, whose mailbox has been synced once.
fn user(provider: &Provider) -> Recapito {
    let anna = Recapito::new();
    let (tls, anchors) = (provider.tls_authority_pem(), provider.anchors_pem());
    let (imap, smtp) = (provider.imap_address().port(), provider.smtp_address().port());
    let servers = Servers { imap, smtp, authorities: &tls, anchors: Some(&anchors) };
    anna.add_account(ANNA, PASSWORD, &servers).expect(0);
    anna.run(["sync"]).expect(0);
    anna
}
