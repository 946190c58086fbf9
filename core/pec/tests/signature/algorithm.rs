//! Every algorithm that genuine signatures use, in signatures and in certificates, as OpenSSL makes them.

use recapito_pec::signature::{Algorithms, Claim, Content, LineEnds, NotTaken, check};
use recapito_pec::{Address, Anchors, Reason};

use crate::authority::ADDRESS;
use crate::shape::OpenSsl;
use crate::trust::{CONTENT, digests, judge_p7s, now};

const DIGESTS: [&str; 5] = ["sha1", "sha224", "sha256", "sha384", "sha512"];

/// With signed attributes and without, where the content's own digest is what is signed.
#[test]
fn every_digest_with_every_kind_of_key() {
    let Some(openssl) = OpenSsl::start(&["1024", "2048", "3072", "4096"]) else { return };
    let anchors = openssl.chain.anchors();
    let from = Address::new(ADDRESS);
    let claim = Claim { from: Some(&from), time: Some(now()) };
    for key in ["rsa1024", "rsa2048", "rsa3072", "rsa4096", "p256", "p384"] {
        for digest in DIGESTS {
            let p7s = openssl.sign("cms", key, &["-md", digest]);
            assert_eq!(judge_p7s(&p7s, &anchors).reason, None, "{key} {digest}");
            let p7s = openssl.sign("cms", key, &["-md", digest, "-noattr"]);
            let judged =
                |content: &[u8]| check(&p7s, &digests(content), &claim, &anchors, now()).unwrap().reason;
            assert_eq!(judged(CONTENT), None, "{key} {digest}, no attributes");
            assert_eq!(judged(b"other"), Some(Reason::ContentChanged), "{key} {digest}, no attributes");
        }
    }
}

#[test]
fn pss_with_any_salt_and_mask() {
    let Some(openssl) = OpenSsl::start(&["1024", "2048"]) else { return };
    let anchors = openssl.chain.anchors();
    let cases: [(&str, &str, &[&str]); 9] = [
        ("rsa2048", "sha256", &["rsa_pss_saltlen:max"]),
        ("rsa2048", "sha256", &["rsa_pss_saltlen:digest"]),
        ("rsa2048", "sha256", &["rsa_pss_saltlen:0"]),
        ("rsa2048", "sha256", &["rsa_pss_saltlen:17"]),
        ("rsa2048", "sha256", &["rsa_mgf1_md:sha1"]),
        ("rsa2048", "sha512", &["rsa_mgf1_md:sha384"]),
        ("rsa2048", "sha1", &["rsa_pss_saltlen:20"]),
        ("rsa2048", "sha224", &[]),
        ("rsa1024", "sha384", &[]),
    ];
    for (key, digest, options) in cases {
        let padding = ["-md", digest, "-keyopt", "rsa_padding_mode:pss"];
        let options: Vec<&str> = options.iter().flat_map(|option| ["-keyopt", *option]).collect();
        let p7s = openssl.sign("cms", key, &[&padding[..], &options].concat());
        assert_eq!(judge_p7s(&p7s, &anchors).reason, None, "{key} {digest} {options:?}");
        let mut wrong = p7s.clone();
        *wrong.last_mut().unwrap() ^= 1;
        assert_eq!(judge_p7s(&wrong, &anchors).reason, Some(Reason::SignatureWrong), "{key} {digest}");
    }
}

/// An authority and a provider below it, all by the `openssl` command: how the provider's certificate is signed.
#[test]
fn certificates_are_signed_in_every_way_too() {
    let Some(openssl) = OpenSsl::start(&[]) else { return };
    let pss: &[&str] = &["-sigopt", "rsa_padding_mode:pss"];
    let short: &[&str] = &["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:20"];
    let rsa: &[&str] = &["-algorithm", "RSA"];
    let cases: [(&str, &[&str], &[&str]); 12] = [
        ("sha1", rsa, &[]),
        ("sha224", rsa, &[]),
        ("sha384", rsa, &[]),
        ("sha512", rsa, &[]),
        ("sha256", rsa, pss),
        ("sha1", rsa, short),
        ("sha256", &["-algorithm", "RSA-PSS"], &[]),
        (
            "sha384",
            &[
                "-algorithm",
                "RSA-PSS",
                "-pkeyopt",
                "rsa_pss_keygen_md:sha384",
                "-pkeyopt",
                "rsa_pss_keygen_mgf1_md:sha384",
                "-pkeyopt",
                "rsa_pss_keygen_saltlen:20",
            ],
            &[],
        ),
        ("sha1", &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"], &[]),
        ("sha224", &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"], &[]),
        ("sha512", &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"], &[]),
        ("sha512", &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"], &[]),
    ];
    openssl.write(
        "extensions",
        format!(
            "keyUsage=critical,digitalSignature\nextendedKeyUsage=emailProtection\n\
            certificatePolicies=1.3.76.16.3.1.1\nsubjectAltName=email:{ADDRESS}\n"
        )
        .as_bytes(),
    );
    let subject = ["-subj", "/C=IT/CN=Example"];
    for (digest, key, options) in cases {
        let md = format!("-{digest}");
        let md = [md.as_str()];
        openssl.run(&[&["genpkey", "-out", "ca.key"], key].concat());
        let ca = ["req", "-x509", "-key", "ca.key", "-out", "ca.pem", "-days", "99"];
        openssl.run(&[&ca[..], &subject, &md, options].concat());
        openssl.run(&[&["req", "-new", "-key", "p256.key", "-out", "leaf.csr"], &subject[..]].concat());
        let leaf =
            ["x509", "-req", "-in", "leaf.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"];
        let more = ["-days", "9", "-extfile", "extensions", "-out", "leaf.pem"];
        openssl.run(&[&leaf[..], &more, &md, options].concat());
        openssl.write("leaf.key", &openssl.read("p256.key"));
        let p7s = openssl.sign("cms", "leaf", &["-md", "sha256"]);
        let anchors = Anchors::pec().with_pem(&openssl.read("ca.pem")).unwrap();
        assert_eq!(judge_p7s(&p7s, &anchors).reason, None, "{digest} {key:?} {options:?}");
    }
}

#[test]
fn a_digest_that_was_not_taken_is_asked_for() {
    let Some(openssl) = OpenSsl::start(&["1024"]) else { return };
    let anchors = openssl.chain.anchors();
    let from = Address::new(ADDRESS);
    let claim = Claim { from: Some(&from), time: None };
    for (digest, micalg, is_taken) in [
        ("sha256", None, true),
        ("sha1", None, true),
        ("sha512", None, false),
        ("sha512", Some("sha-512"), true),
        ("sha1", Some("sha-512"), false),
    ] {
        let p7s = openssl.sign("cms", "rsa1024", &["-md", digest]);
        let mut content = Content::new(Algorithms::announced(micalg.map(str::as_bytes)), LineEnds::Canonical);
        content.update(CONTENT);
        let found = check(&p7s, &content.finish(), &claim, &anchors, now());
        let expected = if is_taken { Ok(None) } else { Err(NotTaken) };
        assert_eq!(found.map(|signature| signature.reason), expected, "{digest} {micalg:?}");
    }
}
