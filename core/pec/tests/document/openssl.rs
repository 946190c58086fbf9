//! What OpenSSL signs, and what it says of the same files: another reader of CMS than ours.

use recapito_pec::Note;
use recapito_pec::document::{Document, Integrity};
use std::process::{Command, Output};
use tempfile::TempDir;

use crate::p7m::{INVOICE, Person, integrity, open, p7m_indefinite};
use crate::p7s::tlv;

#[test]
fn what_openssl_signs_is_intact_and_its_signer_named() {
    let Some(openssl) = OpenSsl::start() else { return };
    let cases: [(&str, &[&str]); 12] = [
        ("plain", &[]),
        ("CAdES", &["-cades"]),
        ("CAdES, SHA-1", &["-cades", "-md", "sha1"]),
        ("SHA-1", &["-md", "sha1"]),
        ("SHA-384", &["-md", "sha384"]),
        ("SHA-512", &["-md", "sha512"]),
        ("indefinite lengths", &["-stream"]),
        ("indefinite lengths, CAdES", &["-stream", "-cades"]),
        ("key identifier", &["-keyid"]),
        ("no attributes", &["-noattr"]),
        ("PEM", &["-outform", "PEM"]),
        ("two signers", &["-signer", "other.pem", "-inkey", "other.key"]),
    ];
    for (what, arguments) in cases {
        let file = openssl.sign(arguments);
        let document = Document::open(&file).expect(what);
        assert_eq!(document.content(), INVOICE, "{what}");
        assert!(document.is_intact(), "{what}: {:?}", document.layers);
        let mut names: Vec<_> = document
            .signers()
            .map(|(_, signer)| signer.certificate.as_ref().unwrap().name.as_str())
            .collect();
        names.sort_unstable();
        let expected: &[&str] = if what == "two signers" { &["Anna", "Bruno"] } else { &["Anna"] };
        assert_eq!(names, expected, "{what}");
        let is_sha1 = document.signers().all(|(_, signer)| signer.notes.contains(&Note::Sha1Digest));
        assert_eq!(is_sha1, arguments.contains(&"sha1"), "{what}");
    }
    let file = openssl.sign(&["-nocerts"]);
    assert_eq!(integrity(&Document::open(&file).unwrap()), [Integrity::CertificateMissing]);
}

/// A document of some megabytes, in the segments that OpenSSL makes of it.
#[test]
fn a_large_document_in_segments_is_intact() {
    let Some(openssl) = OpenSsl::start() else { return };
    let large: Vec<u8> = (0..5_000_000_u32).map(|number| (number % 251) as u8).collect();
    openssl.write("content", &large);
    let file = openssl.sign(&["-stream"]);
    let document = Document::open(&file).unwrap();
    assert!(document.pieces().count() > 1000);
    assert!(document.content() == large && document.is_intact());
}

/// Both read the same content out of a file, and both see a change.
#[test]
fn openssl_agrees() {
    let Some(openssl) = OpenSsl::start() else { return };
    let person = Person::new("Carla");
    let segments = open(0x24, &[&tlv(0x04, &[&INVOICE[..5]]), &tlv(0x24, &[&tlv(0x04, &[&INVOICE[5..]])])]);
    let ber = p7m_indefinite(&segments, &[person.identity.der()], &[person.signer(INVOICE)]);
    let mut changed = ber.clone();
    let at = changed.windows(4).position(|window| window == &INVOICE[..4]).unwrap();
    changed[at] ^= 1;
    for (file, is_intact) in
        [(person.sign(INVOICE), true), (ber, true), (changed, false), (openssl.sign(&["-cades"]), true)]
    {
        openssl.write("p7m", &file);
        let arguments =
            ["cms", "-verify", "-noverify", "-binary", "-inform", "DER", "-in", "p7m", "-out", "seen"];
        let output = openssl.output(&arguments);
        let document = Document::open(&file).unwrap();
        assert_eq!(output.status.success(), is_intact, "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(document.is_intact(), is_intact);
        if is_intact {
            assert_eq!(document.content(), openssl.read("seen"));
        }
    }
}

/// The `openssl` command, with two people's keys.
struct OpenSsl {
    folder: TempDir,
}

impl OpenSsl {
    fn start() -> Option<Self> {
        if Command::new("openssl").arg("version").output().is_err() {
            crate::skip("the openssl command is missing");
            return None;
        }
        let this = Self { folder: TempDir::new().unwrap() };
        for (file, name) in [("signer", "Anna"), ("other", "Bruno")] {
            let (key, certificate) = (format!("{file}.key"), format!("{file}.pem"));
            let subject = format!("/C=IT/O=Example/CN={name}");
            let new = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", &subject];
            this.run(&[&new[..], &["-keyout", &key, "-out", &certificate]].concat());
        }
        this.write("content", INVOICE);
        Some(this)
    }

    /// A `.p7m` around the file `content`.
    fn sign(&self, arguments: &[&str]) -> Vec<u8> {
        let who = ["cms", "-sign", "-binary", "-nodetach", "-signer", "signer.pem", "-inkey", "signer.key"];
        let form = if arguments.contains(&"-outform") { &[][..] } else { &["-outform", "DER"] };
        self.run(&[&who[..], arguments, form, &["-in", "content", "-out", "p7m"]].concat());
        self.read("p7m")
    }

    fn run(&self, arguments: &[&str]) {
        let output = self.output(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn output(&self, arguments: &[&str]) -> Output {
        Command::new("openssl").args(arguments).current_dir(&self.folder).output().unwrap()
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.folder.path().join(name), bytes).unwrap();
    }

    fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.folder.path().join(name)).unwrap()
    }
}
