//! Every shape of a genuine signature: those that OpenSSL makes, and those made by hand that other software makes.

use rcgen::{CertificateParams, IsCa, KeyPair, PublicKeyData, SignatureAlgorithm, date_time_ymd};
use recapito_pec::{Note, Reason};
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;
use tempfile::TempDir;

use crate::authority::{Chain, authority, provider, root};
use crate::p7s::{attributes, p7s, signer, signer_sending, signer_without_attributes};
use crate::trust::{CONTENT, judge_p7s};

#[test]
fn made_by_openssl() {
    let Some(openssl) = OpenSsl::start(&["1024", "2048"]) else { return };
    type Case = (&'static str, &'static str, &'static [&'static str], Option<Reason>);
    let unsupported = Some(Reason::UnsupportedAlgorithm);
    let cases: [Case; 19] = [
        ("plain", "rsa2048", &["-md", "sha256"], None),
        ("SHA-1", "rsa2048", &["-md", "sha1"], None),
        ("MD5", "rsa2048", &["-md", "md5"], unsupported),
        ("RSA 1024, SHA-1", "rsa1024", &["-md", "sha1"], None),
        ("P-256", "p256", &["-md", "sha256"], None),
        ("P-384", "p384", &["-md", "sha384"], None),
        ("indefinite lengths", "rsa2048", &["-md", "sha256", "-stream"], None),
        ("indefinite lengths, content inside", "rsa2048", &["-md", "sha256", "-stream", "-nodetach"], None),
        ("content inside", "rsa2048", &["-md", "sha256", "-nodetach"], None),
        ("key identifier", "rsa2048", &["-md", "sha256", "-keyid"], None),
        ("key identifier, indefinite", "rsa2048", &["-md", "sha256", "-keyid", "-stream"], None),
        ("no capabilities", "rsa2048", &["-md", "sha256", "-nosmimecap"], None),
        ("CAdES", "rsa2048", &["-md", "sha256", "-cades"], None),
        ("no attributes, SHA-1", "rsa2048", &["-md", "sha1", "-noattr"], Some(Reason::TimeMissing)),
        ("no attributes, SHA-512", "rsa2048", &["-md", "sha512", "-noattr"], Some(Reason::TimeMissing)),
        ("no attributes, P-256", "p256", &["-md", "sha256", "-noattr"], Some(Reason::TimeMissing)),
        ("no certificates", "rsa2048", &["-md", "sha256", "-nocerts"], Some(Reason::CertificateMissing)),
        ("root enclosed", "rsa2048", &["-md", "sha256", "-certfile", "path.pem"], None),
        ("two signers", "rsa2048", &["-md", "sha256", "-signer", "p256.pem", "-inkey", "p256.key"], None),
    ];
    for (what, key, arguments, expected) in cases {
        let p7s = openssl.sign("cms", key, arguments);
        let found = judge_p7s(&p7s, &openssl.chain.anchors());
        assert_eq!(found.reason, expected, "{what}");
        assert_eq!(found.notes.contains(&Note::Sha1Digest), arguments.contains(&"sha1"), "{what}");
    }
    // PKCS #7, the older of OpenSSL's two implementations.
    for digest in ["sha1", "sha256"] {
        let p7s = openssl.sign("smime", "rsa2048", &["-md", digest]);
        assert_eq!(judge_p7s(&p7s, &openssl.chain.anchors()).reason, None, "PKCS #7, {digest}");
    }
}

static CHAIN: LazyLock<Chain> = LazyLock::new(Chain::genuine);

#[test]
fn attributes_in_any_order() {
    let sorted = {
        let mut attributes = attributes(CONTENT);
        attributes.sort();
        attributes
    };
    let reversed: Vec<_> = sorted.iter().rev().cloned().collect();
    for (signed, sent) in [(&sorted, &sorted), (&sorted, &reversed), (&reversed, &reversed)] {
        let p7s = p7s(&CHAIN.enclosed(), &[signer_sending(&CHAIN.provider, signed, sent)]);
        assert_eq!(judge_p7s(&p7s, &CHAIN.anchors()).reason, None);
    }
    // Signed in an order that is neither the one sent nor DER's: nobody can tell that this is genuine.
    let p7s = p7s(&CHAIN.enclosed(), &[signer_sending(&CHAIN.provider, &reversed, &sorted)]);
    assert_eq!(judge_p7s(&p7s, &CHAIN.anchors()).reason, Some(Reason::SignatureWrong));
}

/// All of it in the loosest encoding that BER allows, certificates included.
#[test]
fn ber_throughout() {
    let with_attributes = signer(&CHAIN.provider, &attributes(CONTENT));
    let without = signer_without_attributes(&CHAIN.provider, CONTENT);
    for (signer, expected) in [(with_attributes, None), (without, Some(Reason::TimeMissing))] {
        let der = p7s(&CHAIN.enclosed(), &[signer]);
        for style in [Style::Indefinite, Style::LongLengths, Style::Segments] {
            let mut ber = Vec::new();
            loosen(&der, style, &mut ber);
            assert_ne!(ber, der);
            assert_eq!(judge_p7s(&ber, &CHAIN.anchors()).reason, expected, "{style:?}");
        }
    }
}

#[test]
fn bytes_after_the_signature_are_passed_over() {
    let der = p7s(&CHAIN.enclosed(), &[signer(&CHAIN.provider, &attributes(CONTENT))]);
    for after in [&b"\r\n"[..], &[0; 8], &[0x30, 0x82, 0xff, 0xff]] {
        assert_eq!(judge_p7s(&[&der, after].concat(), &CHAIN.anchors()).reason, None);
    }
}

#[derive(Clone, Copy, Debug)]
enum Style {
    /// Every constructed element of indefinite length.
    Indefinite,
    /// Every length in eight octets.
    LongLengths,
    /// Every OCTET STRING in segments of five octets, of indefinite length.
    Segments,
}

/// Rewrites DER elements, one after the other, in a looser style.
fn loosen(mut der: &[u8], style: Style, out: &mut Vec<u8>) {
    while let Some((&tag, rest)) = der.split_first() {
        let (length, rest) = match rest[0] {
            short @ 0..=127 => (usize::from(short), &rest[1..]),
            long => {
                let (octets, rest) = rest[1..].split_at(usize::from(long & 0x7f));
                (octets.iter().fold(0, |length, octet| length << 8 | usize::from(*octet)), rest)
            }
        };
        let (content, rest) = rest.split_at(length);
        der = rest;
        let mut inner = Vec::new();
        match (tag & 0x20 != 0, style, tag) {
            (true, _, _) => loosen(content, style, &mut inner),
            (false, Style::Segments, 0x04) => {
                content.chunks(5).for_each(|piece| inner.extend(crate::p7s::tlv(0x04, &[piece])));
            }
            _ => inner.extend_from_slice(content),
        }
        let is_segmented = matches!((style, tag), (Style::Segments, 0x04));
        match style {
            Style::Indefinite | Style::Segments if tag & 0x20 != 0 || is_segmented => {
                out.extend([tag | 0x20, 0x80]);
                out.extend(&inner);
                out.extend([0, 0]);
            }
            Style::LongLengths => {
                out.extend([tag, 0x88]);
                out.extend((inner.len() as u64).to_be_bytes());
                out.extend(&inner);
            }
            _ => out.extend(crate::p7s::tlv(tag, &[&inner])),
        }
    }
}

/// The `openssl` command with a provider's keys of several kinds.
pub(crate) struct OpenSsl {
    folder: TempDir,
    pub(crate) chain: Chain,
}

impl OpenSsl {
    pub(crate) fn start(rsa_sizes: &[&str]) -> Option<Self> {
        if Command::new("openssl").arg("version").output().is_err() {
            crate::skip("the openssl command is missing");
            return None;
        }
        let long_lived = |mut params: CertificateParams| {
            params.not_after = date_time_ymd(2039, 1, 1);
            params
        };
        // Said to be no authority, as in 2014; rcgen then adds the subject key identifier too.
        let mut provider = provider();
        provider.is_ca = IsCa::ExplicitNoCa;
        let chain = Chain::with(root(), long_lived(authority()), long_lived(provider));
        let this = Self { folder: TempDir::new().unwrap(), chain };
        this.write("content", CONTENT);
        let [root, authority] = [&this.chain.root, &this.chain.authority].map(|one| one.certificate.pem());
        this.write("authority.pem", authority.as_bytes());
        this.write("path.pem", (authority + &root).as_bytes());
        for bits in rsa_sizes {
            let (key, public) = (format!("rsa{bits}.key"), format!("rsa{bits}.public"));
            this.run(&["genrsa", "-out", &key, bits]);
            this.run(&["rsa", "-in", &key, "-RSAPublicKey_out", "-outform", "DER", "-out", &public]);
            this.certify(&format!("rsa{bits}"), &RsaPublicKey(this.read(&public)));
        }
        for (name, algorithm) in
            [("p256", &rcgen::PKCS_ECDSA_P256_SHA256), ("p384", &rcgen::PKCS_ECDSA_P384_SHA384)]
        {
            let key = KeyPair::generate_for(algorithm).unwrap();
            this.write(&format!("{name}.key"), key.serialize_pem().as_bytes());
            this.certify(name, &key);
        }
        Some(this)
    }

    fn certify(&self, name: &str, key: &impl PublicKeyData) {
        let certificate = self.chain.authority.certify(&self.chain.provider.params, key);
        self.write(&format!("{name}.pem"), certificate.pem().as_bytes());
    }

    /// A signature over [`CONTENT`] by the provider's key of this name.
    pub(crate) fn sign(&self, command: &str, key: &str, arguments: &[&str]) -> Vec<u8> {
        let (certificate, private) = (format!("{key}.pem"), format!("{key}.key"));
        let who = [command, "-sign", "-binary", "-signer", &certificate, "-inkey", &private];
        let what = ["-in", "content", "-certfile", "authority.pem", "-outform", "DER", "-out", "p7s"];
        // A second -certfile would replace the first.
        let what =
            if arguments.contains(&"-certfile") { [&what[..2], &what[4..]].concat() } else { what.to_vec() };
        self.run(&[&who[..], arguments, &what].concat());
        self.read("p7s")
    }

    pub(crate) fn run(&self, arguments: &[&str]) {
        let output = Command::new("openssl").args(arguments).current_dir(&self.folder).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.path(name), bytes).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }

    fn path(&self, name: &str) -> Box<Path> {
        self.folder.path().join(name).into_boxed_path()
    }
}

/// An RSA key that `rcgen` cannot use itself: `ring` signs with 2048 bits and more only.
struct RsaPublicKey(Vec<u8>);

impl PublicKeyData for RsaPublicKey {
    fn der_bytes(&self) -> &[u8] {
        &self.0
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &rcgen::PKCS_RSA_SHA256
    }
}
