//! The messages that the oracles are asked about: the generated cases, the corpus, and every kind that the provider
//! makes.
//!
//! Each comes with the authorities that it is to be judged by, in PEM, so that every program is given the same ones.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use recapito_pec::message::Message;
use recapito_pec::{Anchors, Verification, verify};
use recapito_provider::{
    Authority, Delay, Digest, Encoding, Failure, Forgery, House, Notice, Office, Receipt, Refusal, Settings,
    Style, VirtualClock, Workshop,
};
use recapito_tests::corpus::corpus_or_skip;

use crate::case::{Case, cases};
use crate::openssl;

/// A message and whom to trust for it.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    /// What it is, for people.
    pub(crate) name: String,
    /// Its bytes.
    pub(crate) raw: Vec<u8>,
    /// The authority declared for it; none for real mail, which rests on the pinned ones.
    pub(crate) authority: Option<String>,
    /// When it is looked at.
    pub(crate) now: Timestamp,
}

impl Sample {
    /// Whom our side trusts for it.
    pub(crate) fn anchors(&self) -> Anchors {
        match &self.authority {
            Some(pem) => Anchors::pec().with_pem(pem.as_bytes()).expect("an authority of these tests is one"),
            None => Anchors::pec(),
        }
    }

    /// What our side says of it.
    pub(crate) fn verify(&self) -> Verification {
        verify(&self.raw, &self.anchors(), self.now)
    }

    /// The same message with a signature that is the same in every run, and worth nothing: keys are made anew for each.
    pub(crate) fn with_fixed_signature(&self) -> Self {
        let message = Message::parse(&self.raw);
        let Some(signature) = message.parts().find(|part| part.media().ends_with("pkcs7-signature")) else {
            return self.clone();
        };
        let body = signature.body_range();
        let line = [&[b'M'; 64][..], b"\r\n"].concat();
        let raw = [&self.raw[..body.start], &line.repeat(40), &self.raw[body.end..]].concat();
        self.with(self.name.clone(), raw)
    }

    /// Whether it is a case whose name begins so, or a mutant of one.
    pub(crate) fn is_made_of(&self, case: &str) -> bool {
        self.name.starts_with(case) || self.name.contains(&format!(" of {case}"))
    }

    /// The same message with other bytes.
    pub(crate) fn with(&self, name: String, raw: Vec<u8>) -> Self {
        Self { name, raw, authority: self.authority.clone(), now: self.now }
    }
}

/// All messages there are: generated cases, the corpus, the provider's.
pub(crate) fn all() -> Vec<Sample> {
    let mut samples = generated();
    samples.extend(corpus());
    samples.extend(provided());
    samples
}

/// When real mail and the provider's is looked at.
pub(crate) fn now() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().expect("a time")
}

/// Every generated case; empty, after having said so, where there is no OpenSSL to make them.
fn generated() -> Vec<Sample> {
    if !openssl::is_here() {
        return Vec::new();
    }
    let cases = cases();
    let sample = |case: &Case| Sample {
        name: case.name.clone(),
        raw: case.raw.clone(),
        authority: Some(cases.pem(case.anchor).to_owned()),
        now: case.now.parse().expect("a time"),
    };
    cases.all().map(sample).collect()
}

/// Every message of the corpus; empty, after having said so, where there is no corpus.
pub(crate) fn corpus() -> Vec<Sample> {
    let Some(folder) = corpus_or_skip() else { return Vec::new() };
    let mut paths = Vec::new();
    find(&folder, &mut paths);
    paths.sort();
    let samples = paths.into_iter().map(|path| Sample {
        name: path.strip_prefix(&folder).expect("it lies in the corpus").display().to_string(),
        raw: std::fs::read(&path).expect("a file of the corpus can be read"),
        authority: None,
        now: now(),
    });
    samples.collect()
}

fn find(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder of the corpus can be read") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            find(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "eml") {
            found.push(path);
        }
    }
}

/// Every kind of message in every style, and every forgery, as the test provider makes them.
pub(crate) fn provided() -> Vec<Sample> {
    let at: Timestamp = AT.parse().expect("a time");
    let mut samples = Vec::new();
    let styles = [
        ("default", Style::default()),
        ("aruba-2018", Style::aruba_2018()),
        ("aruba-2026", Style::aruba_2026()),
        ("legalmail", Style::legalmail()),
        (
            "constructed",
            Style { encoding: Encoding::Constructed, digest: Digest::Sha512, ..Style::legalmail() },
        ),
    ];
    for (style_name, style) in styles {
        let authority = Authority::new(&["pec.example.test"], at);
        let workshop = Workshop::new(House::new("Gestore Esempio", "pec.example.test", style), &authority, 7);
        let about = workshop.take(SUBMITTED, at, |address| address.ends_with("pec.example.test"));
        let mut add = |name: &str, raw| {
            let name = format!("provider {style_name} {name}");
            samples.push(Sample { name, raw, authority: Some(authority.root_pem()), now: now() });
        };
        for (name, notice) in notices() {
            add(name, workshop.notice(&notice, &about, at));
        }
        add("envelope", workshop.envelope(&about));
        add("anomaly-envelope", workshop.anomaly_envelope(SUBMITTED, "messaggio ordinario", at));
    }
    samples.extend(forged(at));
    samples
}

fn forged(at: Timestamp) -> impl Iterator<Item = Sample> {
    let office = Office::new(Settings { clock: VirtualClock::standing(at), ..Settings::default() });
    let workshop = office.workshop("mario@pec.example.test").expect("the office keeps this box's domain");
    let about = workshop.take(SUBMITTED, at, |_| true);
    let notice = Notice::Delivery { recipient: RECIPIENT.to_owned(), receipt: Receipt::Complete };
    Forgery::ALL.into_iter().map(move |forgery| Sample {
        name: format!("provider forgery {forgery:?}"),
        raw: office.forge(forgery, &notice, &about),
        authority: Some(office.authority().root_pem()),
        now: now(),
    })
}

fn notices() -> Vec<(&'static str, Notice)> {
    let recipient = || RECIPIENT.to_owned();
    let delivery = |receipt| Notice::Delivery { recipient: recipient(), receipt };
    let failure = |cause| Notice::Failure { recipient: recipient(), cause };
    vec![
        ("acceptance", Notice::Acceptance),
        ("refusal", Notice::Refusal(Refusal::Formal("campo Bcc non ammesso".to_owned()))),
        ("taken-in-charge", Notice::TakenInCharge(vec![recipient(), "berto@pec.example.test".to_owned()])),
        ("delivery-complete", delivery(Receipt::Complete)),
        ("delivery-brief", delivery(Receipt::Brief)),
        ("delivery-synthetic", delivery(Receipt::Synthetic)),
        ("failure", failure(Failure::Other("guasto \"grave\" & <raro>".to_owned()))),
        ("delay", Notice::Delay { recipient: recipient(), delay: Delay::Last }),
        ("virus-notice", Notice::VirusNotice { recipient: recipient() }),
    ]
}

const AT: &str = "2026-03-02T10:20:30Z";
const RECIPIENT: &str = "anna@pec.example.test";

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
