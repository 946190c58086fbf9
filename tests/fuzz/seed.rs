//! `seed FOLDER`: writes what the fuzz targets start from, so that no binary file lies in the repository.
//!
//! `FOLDER/genuine`: an authority made afresh, and messages that its providers signed; its keys are gone with this
//! program, so nothing else can ever be trusted under it. Beside them what is trusted in the corpus.
//! `FOLDER/seeds/TARGET`: those, forgeries, and the rest of the corpus.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use recapito_pec::message::{Message, Part};
use recapito_pec::{Anchors, Verdict, verify};
use recapito_provider::{
    Digest, Encoding, Forgery, House, Notice, Office, Receipt, Settings, Style, VirtualClock,
};
use recapito_tests::corpus::corpus_or_skip;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// `NOW` of the fuzz targets.
const AT: &str = "2026-03-02T10:20:30Z";
const RECIPIENT: &str = "anna@a.example.test";
const SUBMITTED: &[u8] = b"From: Mario <mario@a.example.test>\r\nTo: anna@a.example.test\r\n\
    Subject: =?utf-8?Q?Un_caff=C3=A8?=\r\nMessage-ID: <1@mario.example.test>\r\nMIME-Version: 1.0\r\n\
    Content-Type: multipart/mixed; boundary=\"b\"\r\n\r\n\
    --b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nBuongiorno\r\n\
    --b\r\nContent-Type: application/pdf; name=\"a.pdf\"\r\nContent-Transfer-Encoding: base64\r\n\r\nAAECAw==\r\n\
    --b--\r\n";

fn main() -> Outcome {
    let folder = PathBuf::from(std::env::args_os().nth(1).ok_or("usage: seed FOLDER")?);
    for stale in ["genuine", "seeds"] {
        let _ = fs::remove_dir_all(folder.join(stale));
    }
    let office = office()?;
    let anchors_pem = office.authority().root_pem();
    write(&folder.join("genuine"), "anchors.pem", anchors_pem.as_bytes())?;

    let mut genuine = genuine(&office)?;
    let mut certificates = vec![anchors_pem.clone(), office.authority().authority_pem()];
    let mut messages = Vec::new();
    let now = AT.parse()?;
    let known = Anchors::pec().with_pem(anchors_pem.as_bytes())?;
    let mut sort = |candidates: Vec<Vec<u8>>, prefix: &str| {
        let (trusted, other): (Vec<_>, Vec<_>) =
            candidates.into_iter().partition(|raw| verify(raw, &known, now).verdict == Verdict::Trusted);
        genuine
            .extend(trusted.into_iter().zip(0..).map(|(raw, number)| (format!("{prefix}{number:02}"), raw)));
        messages.extend(other);
    };
    // Some are merely unusual.
    sort(forged(&office)?, "e");
    if let Some(corpus) = corpus_or_skip() {
        let files_of = |name| files(&corpus.join(name));
        sort(files_of("pec")?.into_iter().filter(|file| file.len() < LARGEST).collect(), "f");
        certificates.extend(files_of("trust")?.into_iter().filter_map(|file| String::from_utf8(file).ok()));
    }
    messages.extend(genuine.iter().map(|(_, message)| message.clone()));
    messages.extend(wrapped(&genuine[0].1));
    messages.extend(SMALL.map(|message| message.as_bytes().to_vec()));
    for (name, message) in &genuine {
        write(&folder.join("genuine"), &format!("{name}.eml"), message)?;
    }
    let mut seeds = Seeds { folder: folder.join("seeds"), count: 0 };
    for message in &messages {
        seeds.of_message(message)?;
    }
    for certificate in certificates.iter().filter_map(|pem| from_pem(pem)) {
        seeds.write("certificate", &certificate)?;
    }
    // The order of the names is that in which the targets count the genuine messages.
    for (choice, (_, message)) in (0..).zip(&genuine) {
        if let Some(p7s) = p7s(Message::parse(message).root()) {
            seeds.write("cms", &[&[choice], p7s.as_slice()].concat())?;
            if let Some(p7m) =
                Message::parse(message).root().children().next().and_then(|part| enclose(&p7s, part.raw()))
            {
                seeds.write("document", STANDARD.encode(&p7m).as_bytes())?;
                seeds.write("document", &p7m)?;
            }
        }
    }
    Ok(())
}

/// One provider for each style.
fn office() -> Outcome<Office> {
    let constructed = Style { encoding: Encoding::Constructed, digest: Digest::Sha512, ..Style::legalmail() };
    let styles = [Style::aruba_2018(), Style::aruba_2026(), Style::legalmail(), constructed];
    let house = |(name, style)| House::new("Gestore Esempio", &format!("{name}.example.test"), style);
    let houses = ["a", "b", "c", "d"].into_iter().zip(styles).map(house).collect();
    let at: Timestamp = AT.parse()?;
    Ok(Office::new(Settings { houses, clock: VirtualClock::standing(at), seed: 1 }))
}

/// An envelope, an acceptance and a delivery receipt in each style, in the order of their names.
fn genuine(office: &Office) -> Outcome<Vec<(String, Vec<u8>)>> {
    let at = AT.parse()?;
    let mut genuine = Vec::new();
    for name in ["a", "b", "c", "d"] {
        let workshop = office.workshop(&format!("mario@{name}.example.test")).ok_or("no such provider")?;
        let about = workshop.take(SUBMITTED, at, |_| true);
        let delivery = Notice::Delivery { recipient: RECIPIENT.to_owned(), receipt: Receipt::Brief };
        genuine.push((format!("{name}1"), workshop.notice(&Notice::Acceptance, &about, at)));
        genuine.push((format!("{name}2"), workshop.notice(&delivery, &about, at)));
        genuine.push((format!("{name}3"), workshop.envelope(&about)));
    }
    Ok(genuine)
}

/// A genuine message as somebody forwards it, attaches it, and as a list manager sends it on.
fn wrapped(message: &[u8]) -> Vec<Vec<u8>> {
    let mixed = |part: &[u8]| {
        let head = b"From: list@example.test\r\nContent-Type: multipart/mixed; boundary=\"w\"\r\n\r\n--w\r\n\r\nSee\r\n--w\r\n";
        [head, part, b"\r\n--w--\r\n"].concat()
    };
    let encoded = STANDARD.encode(message);
    let eml = "Content-Type: application/octet-stream; name=a.eml\r\nContent-Transfer-Encoding: base64";
    vec![
        mixed(&[b"Content-Type: message/rfc822\r\n\r\n", message].concat()),
        mixed(format!("{eml}\r\n\r\n{encoded}").as_bytes()),
        mixed(message),
    ]
}

fn forged(office: &Office) -> Outcome<Vec<Vec<u8>>> {
    let workshop = office.workshop(RECIPIENT).ok_or("no such provider")?;
    let about = workshop.take(SUBMITTED, AT.parse()?, |_| true);
    let notice = Notice::Delivery { recipient: RECIPIENT.to_owned(), receipt: Receipt::Complete };
    Ok(Forgery::ALL.iter().map(|forgery| office.forge(*forgery, &notice, &about)).collect())
}

struct Seeds {
    folder: PathBuf,
    count: usize,
}

impl Seeds {
    fn of_message(&mut self, raw: &[u8]) -> Outcome {
        for target in ["message", "verify"] {
            self.write(target, raw)?;
        }
        let message = Message::parse(raw);
        for part in message.parts() {
            let header = raw.get(part.range().start..part.body_range().start).unwrap_or_default();
            self.write("field", header)?;
            for name in ["From", "Content-Type"] {
                if let Some(field) = part.fields().first(name) {
                    self.write("field", field.value)?;
                }
            }
            if part.name().is_some_and(|name| name.eq_ignore_ascii_case("daticert.xml")) {
                self.write("daticert", &part.decode(LARGEST).bytes)?;
            }
        }
        if let Some(p7s) = p7s(message.root()) {
            self.write("ber", &p7s)?;
            self.write("cms", &[&[0], p7s.as_slice()].concat())?;
            for certificate in sequences(&p7s) {
                self.write("certificate", certificate)?;
            }
        }
        Ok(())
    }

    fn write(&mut self, target: &str, bytes: &[u8]) -> Outcome {
        self.count += 1;
        write(&self.folder.join(target), &format!("{:04}", self.count), bytes)
    }
}

fn p7s(part: Part<'_>) -> Option<Vec<u8>> {
    let signature = part.walk().find(|part| part.media().ends_with("pkcs7-signature"))?;
    Some(signature.decode(LARGEST).bytes)
}

/// The signature with what it signs put inside: a signed document. Only of DER.
fn enclose(p7s: &[u8], content: &[u8]) -> Option<Vec<u8>> {
    const SIGNED_DATA: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";
    /// SEQUENCE { id-data }
    const DETACHED: &[u8] = b"\x30\x0b\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01";
    // The lengths before it are left open, so that they need not be known.
    let [0x30, 0x82, _, _, shell @ ..] = p7s else { return None };
    let [0xa0, 0x82, _, _, 0x30, 0x82, _, _, data @ ..] = shell.strip_prefix(SIGNED_DATA)? else {
        return None;
    };
    let place = data.windows(DETACHED.len()).position(|window| window == DETACHED)?;
    let (before, after) = (data.get(..place)?, data.get(place + DETACHED.len()..)?);
    let octets = [&[0x04, 0x83][..], content.len().to_be_bytes().get(5..)?, content].concat();
    let open: [&[u8]; 4] = [&[0x30, 0x80], SIGNED_DATA, &[0xa0, 0x80, 0x30, 0x80], before];
    let inner: [&[u8]; 5] = [&[0x30, 0x80], DETACHED.get(2..)?, &[0xa0, 0x80], &octets, &[0; 4]];
    Some([&open.concat(), &inner.concat(), after, &[0; 6]].concat())
}

/// Every SEQUENCE of the size of a certificate.
fn sequences(p7s: &[u8]) -> Vec<&[u8]> {
    let at = |start: usize| {
        let [0x30, 0x82, high, low] = p7s.get(start..start + 4)? else { return None };
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        (length > 500).then(|| p7s.get(start..start + 4 + length)).flatten()
    };
    (0..p7s.len()).filter_map(at).collect()
}

fn from_pem(pem: &str) -> Option<Vec<u8>> {
    let body = pem.split_once("-----BEGIN CERTIFICATE-----")?.1.split_once("-----END")?.0;
    STANDARD.decode(body.split_ascii_whitespace().collect::<String>()).ok()
}

fn files(folder: &Path) -> Outcome<Vec<Vec<u8>>> {
    let paths = fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path()));
    let mut paths = paths.collect::<Result<Vec<_>, _>>()?;
    paths.retain(|path| path.is_file());
    paths.sort();
    Ok(paths.iter().map(fs::read).collect::<Result<_, _>>()?)
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> Outcome {
    fs::create_dir_all(folder)?;
    Ok(fs::write(folder.join(name), bytes)?)
}

/// Structures in few bytes, since a genuine message has thousands that change nothing.
const SMALL: [&str; 4] = [
    "Content-Type: multipart/mixed; boundary=a\n\n--a\n\nx\n--a\nContent-Type: multipart/digest; boundary=\"ab\"\n\n\
     --ab\n\nSubject: s\n\ny\n--ab--\n--a--\n",
    "Content-Type: multipart/signed; boundary=a\r\n\r\n--a\r\nContent-Type: multipart/mixed; boundary=aa\r\n\r\n--aa\r\n\
     Content-Type: application/xml; name=daticert.xml\r\n\r\n<postacert/>\r\n--aa--\r\n--a\r\n\
     Content-Type: application/pkcs7-signature\r\nContent-Transfer-Encoding: base64\r\n\r\nMIAG\r\n--a--\r\n",
    "Content-Type: message/rfc822\n\nContent-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nU3ViamVjdDogcwoKeQ==",
    "Content-Type: multipart/mixed; boundary=\"--a\"\n\n----a\n--a\n----a \t\r\n\r\n----a--\n----a\n",
];

/// What a fuzzer can still change at some speed.
const LARGEST: usize = 64 * 1024;
