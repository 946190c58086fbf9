//! The messages that are measured, made for this run in the shape of real ones, and where they lie as files.

use std::fs;
use std::path::PathBuf;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;
use memchr::memmem;
use recapito_pec::{Anchors, Verdict, verify};
use recapito_provider::{Authority, Digest, House, Notice, Receipt, Style, Workshop};
use recapito_tests::corpus::corpus_or_skip;
use tempfile::TempDir;

use crate::Outcome;

/// Everything that is read by us and by peers.
pub(crate) struct Input {
    folder: TempDir,
    /// Of some 12 kB: delivery receipts with SHA-256 and SHA-1 digests, and a real one where there is a corpus.
    pub(crate) receipts: Vec<Sample>,
    /// A delivery receipt of 30 MB: the original in it has an attachment.
    pub(crate) large: Sample,
    workshop: Workshop,
}

/// A message, and what it takes to check it.
pub(crate) struct Sample {
    pub(crate) name: &'static str,
    pub(crate) raw: Vec<u8>,
    pub(crate) file: PathBuf,
    /// PEM.
    pub(crate) anchors_file: PathBuf,
    pub(crate) anchors: Anchors,
    pub(crate) signed_at: Timestamp,
}

impl Input {
    pub(crate) fn make() -> Outcome<Self> {
        let folder = tempfile::Builder::new().prefix("recapito-bench-").tempdir()?;
        let at = Timestamp::from_second(SIGNED_AT)?;
        let authority = Authority::new(&["pec.example.test"], at);
        let root = folder.path().join("root.pem");
        fs::write(&root, authority.root_pem())?;
        let workshop = |digest| {
            let style = Style { digest, ..Style::aruba_2018() };
            Workshop::new(House::new("Gestore Esempio S.p.A.", "pec.example.test", style), &authority, 1)
        };
        let sample = |name, raw: Vec<u8>| -> Outcome<Sample> {
            let file = folder.path().join(name).with_extension("eml");
            fs::write(&file, &raw)?;
            let anchors = Anchors::pec().with_pem(authority.root_pem().as_bytes())?;
            Sample { name, raw, file, anchors_file: root.clone(), anchors, signed_at: at }.checked()
        };

        let mut receipts = vec![
            sample("sha256", receipt(&workshop(Digest::Sha256), 1, SMALL))?,
            sample("sha1", receipt(&workshop(Digest::Sha1), 1, SMALL))?,
        ];
        receipts.extend(real(&folder)?);
        let large = sample("large", receipt(&workshop(Digest::Sha256), 1, LARGE))?;
        Ok(Self { receipts, large, workshop: workshop(Digest::Sha256), folder })
    }

    /// A folder of so many receipts of 12 kB. Each is written as a file of its own; every fiftieth is signed anew.
    pub(crate) fn fill_folder(&self, count: usize) -> Outcome<(PathBuf, Vec<Vec<u8>>)> {
        let folder = self.folder.path().join("receipts");
        fs::create_dir(&folder)?;
        let made: Vec<_> = (0..count / 50).map(|number| receipt(&self.workshop, number, SMALL)).collect();
        for (place, raw) in made.iter().cycle().take(count).enumerate() {
            fs::write(folder.join(format!("{place:05}.eml")), raw)?;
        }
        Ok((folder, made))
    }

    /// The file of a sample's signed part, lines ended by CRLF, and that of its DER signature.
    pub(crate) fn split(&self, sample: &Sample) -> Outcome<(PathBuf, PathBuf)> {
        let raw = &sample.raw;
        let cut = |from: usize, what: &[u8]| memmem::find(&raw[from..], what).map(|at| from + at);
        let boundary = cut(0, b"boundary=\"").ok_or("no boundary")? + 10;
        let boundary = &raw[boundary..cut(boundary, b"\"").ok_or("no boundary")?];
        let delimiter = [b"\r\n--", boundary].concat();
        let content = cut(0, &delimiter).ok_or("no first part")? + delimiter.len() + 2;
        let end = cut(content, &delimiter).ok_or("no second part")?;
        let signature = cut(end, b"\r\n\r\n").ok_or("no signature")? + 4;
        let base64 = &raw[signature..cut(signature, &delimiter).ok_or("no end")?];
        let base64: Vec<u8> = base64.iter().copied().filter(u8::is_ascii_graphic).collect();
        let (content_file, p7s) = (sample.file.with_extension("content"), sample.file.with_extension("p7s"));
        fs::write(&content_file, &raw[content..end])?;
        fs::write(&p7s, BASE64_STANDARD.decode(base64)?)?;
        Ok((content_file, p7s))
    }
}

impl Sample {
    /// The sample, if it is genuine; at the time that its signature says.
    fn checked(mut self) -> Outcome<Self> {
        let found = verify(&self.raw, &self.anchors, self.signed_at);
        if found.verdict != Verdict::Trusted {
            return Err(format!("{}: {:?}", self.name, found.reason).into());
        }
        self.signed_at = found.signed_at.ok_or("no signing time")?;
        Ok(self)
    }
}

/// A real acceptance, with the anchors of PEC.
fn real(folder: &TempDir) -> Outcome<Option<Sample>> {
    let Some(corpus) = corpus_or_skip() else { return Ok(None) };
    let file = corpus.join("pec/aruba-2018-acceptance.eml");
    let pem = |name: &str| fs::read(corpus.join("trust").join(name));
    let anchors_file = folder.path().join("pec.pem");
    let agid = pem("from-messages_AgID_CA1_2018-04-04_ED8F2B70.pem")?;
    fs::write(&anchors_file, [pem("Actalis_Authentication_Root_CA.pem")?, agid].concat())?;
    let (raw, anchors) = (fs::read(&file)?, Anchors::pec());
    let signed_at = Timestamp::from_second(SIGNED_AT)?;
    Sample { name: "real", raw, file, anchors_file, anchors, signed_at }.checked().map(Some)
}

/// A complete delivery receipt; the original in it has an attachment of so many bytes.
fn receipt(workshop: &Workshop, number: usize, attached: usize) -> Vec<u8> {
    let at = Timestamp::from_second(SIGNED_AT).unwrap_or_default();
    let about = workshop.take(&submitted(number, attached), at, |_| true);
    let recipient = "anna@pec.example.test".to_owned();
    workshop.notice(&Notice::Delivery { recipient, receipt: Receipt::Complete }, &about, at)
}

fn submitted(number: usize, attached: usize) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(number as u64);
    let attachment: Vec<u8> = (0..attached).map(|_| random.u8(..)).collect();
    let mut message = format!(
        "From: Mario Rossi <mario@pec.example.test>\r\nTo: anna@pec.example.test\r\nSubject: Pratica {number}\r\n\
         Message-ID: <{number}@mario.example.test>\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=\"=_original\"\r\n\r\n--=_original\r\n\
         Content-Type: text/plain; charset=utf-8\r\n\r\nBuongiorno, in allegato la pratica.\r\n\r\n\
         --=_original\r\nContent-Type: application/pdf; name=\"pratica.pdf\"\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n"
    )
    .into_bytes();
    for line in BASE64_STANDARD.encode(attachment).as_bytes().chunks(76) {
        message.extend_from_slice(line);
        message.extend_from_slice(b"\r\n");
    }
    message.extend_from_slice(b"--=_original--\r\n");
    message
}

/// In March 2026.
const SIGNED_AT: i64 = 1_772_446_830;
/// Makes a receipt of 12 kB.
const SMALL: usize = 1_500;
/// Makes one of 30 MB.
const LARGE: usize = 22 << 20;
