//! The pinned constants against the certificates they were read from, in the corpus beside the project.

use std::io::Write;
use std::path::PathBuf;

use super::*;
use crate::signature::certificate::KeyUsage;

#[test]
fn pinned_anchors_are_those_of_the_certificates() {
    let agid = [
        "from-messages_AgID_CA1_2017-10-12_1B2EB653.pem",
        "from-messages_AgID_CA1_2018-04-04_ED8F2B70.pem",
        "AgID_ca-agid-ca1/AgIDCA1_20190613.pem",
        "AgID_ca-agid-ca1/AgIDCA1-20200130.pem",
        "AgID_ca-agid-ca1/AgIDCA1_20200219.pem",
        "AgID_ca-agid-ca1/AgIDCA1_20201013.pem",
        "AgID_ca-agid-ca1/AgIDCA1-20210622.pem",
        "AgID_ca-agid-ca1/AgIDCA1_20210921.pem",
        "AgID_ca-agid-ca1/AgID_CA1_20250220.pem",
    ];
    let anchors = Anchors::pec();
    let pinned = |name: &str| anchors.iter().find(|anchor| anchor.name == name).unwrap();
    let digitpa = ("DigitPA CA1", ["DigitPA-CA1_issued-by-Baltimore_2011-01-14.pem"].as_slice());
    for (name, files) in [("AgID CA1", agid.as_slice()), digitpa] {
        let anchor = pinned(name);
        assert_eq!(anchor.issues.len(), files.len());
        for (issue, file) in anchor.issues.iter().zip(files) {
            let Some(der) = certificate(file) else { return };
            let certificate = Certificate::read(&der, None).unwrap();
            assert_eq!(certificate.subject.title(), name);
            assert_eq!(certificate.subject.read().unwrap(), anchor.subject, "{file}");
            assert_eq!(certificate.key, anchor.key, "{file}");
            assert_eq!(certificate.validity, (issue.from, issue.to), "{file}");
            let names = certificate.name_constraints().unwrap();
            assert_eq!(names.mailboxes(), issue.names.mailboxes(), "{file}");
            assert_eq!(certificate.authority.unwrap().path_length, anchor.path_length, "{file}");
            assert!(certificate.allows(KeyUsage::KeyCertSign), "{file}");
            assert!(!certificate.has_unknown_critical, "{file}");
        }
    }
    let Some(der) = certificate("Actalis_Authentication_Root_CA.pem") else { return };
    let actalis = Certificate::read(&der, None).unwrap();
    assert_eq!(actalis.key, pinned("Actalis Authentication Root CA").key);
}

/// The root leads to issues of AgID CA1 that this program does not know, so each known one must verify under it.
#[test]
fn the_root_certifies_every_issue() {
    let anchors = Anchors::pec();
    let root = anchors.iter().find(|anchor| anchor.role == Role::Root).unwrap();
    for file in ["AgID_ca-agid-ca1/AgIDCA1_20190613.pem", "AgID_ca-agid-ca1/AgID_CA1_20250220.pem"] {
        let Some(der) = certificate(file) else { return };
        assert!(Certificate::read(&der, None).unwrap().is_signed_by(&root.key), "{file}");
    }
}

#[test]
fn every_anchor_is_there_without_any_file() {
    let names: Vec<_> = Anchors::pec().iter().map(|anchor| anchor.name.clone()).collect();
    assert_eq!(names, ["AgID CA1", "DigitPA CA1", "Actalis Authentication Root CA"]);
}

#[test]
fn a_file_without_authorities_is_refused() {
    let refused = |pem: &[u8]| Anchors::pec().with_pem(pem).unwrap_err();
    assert_eq!(refused(b"nothing"), AnchorError::Empty);
    assert_eq!(
        refused(b"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"),
        AnchorError::Malformed
    );
    assert_eq!(
        refused(b"-----BEGIN CERTIFICATE-----\nM?A=\n-----END CERTIFICATE-----\n"),
        AnchorError::Malformed
    );
}

/// These certificates as anchors.
pub(in crate::signature) fn anchors(certificates: &[(&[u8], Role)]) -> Anchors {
    Anchors(certificates.iter().map(|(der, role)| Anchor::read(der, *role).unwrap()).collect())
}

/// The DER of a certificate of the corpus; where there is none, says so.
pub(in crate::signature) fn certificate(file: &str) -> Option<Vec<u8>> {
    let folder = std::env::var_os("RECAPITO_CORPUS").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus"),
        PathBuf::from,
    );
    let Ok(pem) = std::fs::read(folder.join("trust").join(file)) else {
        skip(file);
        return None;
    };
    Some(CertificateDer::from_pem_slice(&pem).unwrap().to_vec())
}

#[allow(clippy::print_stderr)]
fn skip(file: &str) {
    assert!(std::env::var_os("CI").is_none(), "the corpus is missing");
    // Past the capture of the harness, for `tests/run` to count.
    let _ = writeln!(std::io::stderr(), "\nskipped: the corpus is missing ({file})");
}
