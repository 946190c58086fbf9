//! Every kind of message, in every style, put before OpenSSL: another reader of CMS than any of ours.
//!
//! Where the program is missing the tests say so and pass; under `CI=true` they fail.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output};

use jiff::Timestamp;
use recapito_provider::{
    Authority, Delay, Digest, Dispatch, Encoding, Failure, Forgery, House, Notice, Office, Receipt, Refusal,
    Settings, Style, VirtualClock, Workshop,
};

const AT: &str = "2026-03-02T10:20:30Z";

const SUBMITTED: &[u8] = b"From: Mario <mario@pec.example.test>\r\n\
    To: anna@pec.example.test\r\n\
    Cc: ufficio@example.org\r\n\
    Subject: =?utf-8?Q?Un_caff=C3=A8?=\r\n\
    Message-ID: <1@mario.example.test>\r\n\
    MIME-Version: 1.0\r\n\
    Content-Type: multipart/mixed; boundary=\"b\"\r\n\r\n\
    --b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nBuongiorno, perch\xc3\xa9?\r\n\
    --b\r\nContent-Type: application/pdf; name=\"a.pdf\"\r\nContent-Transfer-Encoding: base64\r\n\r\nAAECAw==\r\n\
    --b--\r\n";

#[test]
fn openssl_verifies_every_kind_in_every_style() {
    if !openssl_is_here() {
        return;
    }
    let styles = [
        Style::default(),
        Style::aruba_2018(),
        Style::aruba_2026(),
        Style::legalmail(),
        Style { encoding: Encoding::Constructed, digest: Digest::Sha512, ..Style::legalmail() },
    ];
    for style in styles {
        let at = AT.parse().unwrap();
        let authority = Authority::new(&["pec.example.test"], at);
        let house = House::new("Gestore Esempio, S.p.A.", "pec.example.test", style.clone());
        let workshop = Workshop::new(house, &authority, 7);
        let about = workshop.take(SUBMITTED, at, |address| address.ends_with("pec.example.test"));
        for (kind, message) in every_kind(&workshop, &about, at) {
            let (verified, content) = verify(&message, &authority.root_pem(), at);
            assert!(
                verified.status.success(),
                "{style:?} {kind}: {}",
                String::from_utf8_lossy(&verified.stderr)
            );
            let certdata = certdata(&content);
            match kind {
                "errore" => assert_eq!(certdata, None),
                _ => assert!(certdata.unwrap().contains(&format!("<postacert tipo=\"{kind}\""))),
            }
        }
    }
}

#[test]
fn openssl_sees_through_what_it_can_check() {
    if !openssl_is_here() {
        return;
    }
    let at: Timestamp = AT.parse().unwrap();
    let office = Office::new(Settings { clock: VirtualClock::standing(at), ..Settings::default() });
    let workshop = office.workshop("mario@pec.example.test").unwrap();
    let about = workshop.take(SUBMITTED, at, |_| true);
    let recipient = "anna@pec.example.test".to_owned();
    let notice = Notice::Delivery { recipient, receipt: Receipt::Complete };
    for forgery in Forgery::ALL {
        let message = office.forge(forgery, &notice, &about);
        let (verified, content) = verify(&message, &office.authority().root_pem(), at);
        // It knows nothing of PEC's policies and of who may write from where.
        let sound = match forgery {
            Forgery::Altered | Forgery::Counterfeit | Forgery::Expired | Forgery::Unsigned => false,
            Forgery::Ber
            | Forgery::Impostor
            | Forgery::LineFeeds
            | Forgery::OtherAddress
            | Forgery::WithoutCertdata => true,
        };
        assert_eq!(
            verified.status.success(),
            sound,
            "{forgery:?}: {}",
            String::from_utf8_lossy(&verified.stderr)
        );
        if forgery == Forgery::WithoutCertdata {
            assert_eq!(certdata(&content), None);
        }
    }
}

/// Every kind with its `tipo`, the anomaly envelope as `errore`.
fn every_kind(workshop: &Workshop, about: &Dispatch, at: Timestamp) -> Vec<(&'static str, Vec<u8>)> {
    let recipient = || "anna@pec.example.test".to_owned();
    let delivery = |receipt| Notice::Delivery { recipient: recipient(), receipt };
    let failure = |cause| Notice::Failure { recipient: recipient(), cause };
    let delay = |delay| Notice::Delay { recipient: recipient(), delay };
    let notices = [
        ("accettazione", Notice::Acceptance),
        ("non-accettazione", Notice::Refusal(Refusal::Formal("campo Bcc non ammesso".to_owned()))),
        ("non-accettazione", Notice::Refusal(Refusal::Virus)),
        ("presa-in-carico", Notice::TakenInCharge(vec![recipient(), "berto@pec.example.test".to_owned()])),
        ("avvenuta-consegna", delivery(Receipt::Complete)),
        ("avvenuta-consegna", delivery(Receipt::Brief)),
        ("avvenuta-consegna", delivery(Receipt::Synthetic)),
        ("errore-consegna", failure(Failure::NoRecipient)),
        ("errore-consegna", failure(Failure::NoDomain)),
        ("errore-consegna", failure(Failure::FullMailbox)),
        ("errore-consegna", failure(Failure::Other("guasto \"grave\" & <raro>".to_owned()))),
        ("errore-consegna", failure(Failure::Virus)),
        ("preavviso-errore-consegna", delay(Delay::First)),
        ("preavviso-errore-consegna", delay(Delay::Last)),
        ("rilevazione-virus", Notice::VirusNotice { recipient: recipient() }),
    ];
    let made = |(kind, notice): (_, Notice)| (kind, workshop.notice(&notice, about, at));
    let mut messages: Vec<_> = notices.into_iter().map(made).collect();
    messages.push(("posta-certificata", workshop.envelope(about)));
    messages.push(("errore", workshop.anomaly_envelope(SUBMITTED, "messaggio ordinario", at)));
    messages
}

/// OpenSSL's answer, and the signed content it gives out.
fn verify(message: &[u8], root: &str, at: Timestamp) -> (Output, Vec<u8>) {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    std::fs::write(file("message.eml"), message).unwrap();
    std::fs::write(file("root.pem"), root).unwrap();
    let path = |path: &Path| path.to_str().unwrap().to_owned();
    let output = Command::new("openssl")
        .args(["cms", "-verify", "-purpose", "smimesign"])
        .args(["-in", &path(&file("message.eml")), "-out", &path(&file("content"))])
        .args(["-CAfile", &path(&file("root.pem")), "-attime", &at.as_second().to_string()])
        .output()
        .unwrap();
    (output, std::fs::read(file("content")).unwrap_or_default())
}

/// The decoded daticert.xml of a signed content.
fn certdata(content: &[u8]) -> Option<String> {
    let content = mailparse::parse_mail(content).unwrap();
    let part = content.subparts.iter().find(|part| part.ctype.mimetype == "application/xml")?;
    Some(String::from_utf8(part.get_body_raw().unwrap()).unwrap())
}

fn openssl_is_here() -> bool {
    let here = Command::new("openssl").arg("version").output().is_ok();
    if !here {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "openssl is missing");
        // Past the capture of tests' output: a skip is to be seen.
        std::io::stderr().write_all(b"\nskipped: openssl is missing\n").unwrap();
    }
    here
}
