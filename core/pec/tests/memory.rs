//! A message of any size is verified in little memory: measured as the peak of this process, which runs nothing else.

#![cfg(target_os = "linux")]
#![allow(clippy::disallowed_methods, clippy::disallowed_types)] // a test may: files

use jiff::Timestamp;
use recapito_pec::verification::Verifier;
use recapito_pec::{Anchors, Verdict};

const BEFORE: &str = "From: posta-certificata@pec.example.test\r\n\
    Content-Type: multipart/signed; boundary=S; micalg=sha-256\r\n\r\n\
    --S\r\nContent-Type: multipart/mixed; boundary=M\r\n\r\n\
    --M\r\nContent-Type: message/rfc822; name=postacert.eml\r\n\r\n\
    Content-Type: multipart/mixed; boundary=O\r\n\r\n--O\r\n";
const AFTER: &str =
    "\r\n--O--\r\n--M--\r\n--S\r\nContent-Type: application/pkcs7-signature\r\n\r\nx\r\n--S--\r\n";

/// In kilobytes.
fn peak() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_ascii_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn ten_megabytes_are_verified_in_a_few() {
    let anchors = Anchors::pec();
    let base64 = format!("{}\r\n", "QUJD".repeat(19)).repeat(800);
    let quoted = format!("{}=\r\n", "=C3=A0 text".repeat(6)).repeat(800);
    let before = peak();
    for (header, piece) in [
        ("Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64", base64.as_str()),
        ("Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64", &base64),
        ("Content-Type: x/y; name=a.eml\r\nContent-Transfer-Encoding: quoted-printable", &quoted),
        ("Content-Type: text/plain", &"x".repeat(64_000)),
        ("Content-Type: text/plain", &" ".repeat(64_000)),
        ("Content-Type: text/plain", &"\n--O".repeat(16_000)),
        ("Content-Type: text/plain", &"--".repeat(32_000)),
    ] {
        let mut verifier = Verifier::new(&anchors, Timestamp::UNIX_EPOCH);
        verifier.update(BEFORE.as_bytes());
        verifier.update(header.as_bytes());
        verifier.update(b"\r\n\r\n");
        for _ in 0..160 {
            verifier.update(piece.as_bytes());
        }
        verifier.update(AFTER.as_bytes());
        let verdict = verifier.finish().unwrap().verdict;
        assert!(matches!(verdict, Verdict::Altered | Verdict::Unreadable), "{verdict:?}");
    }
    let grown = peak() - before;
    assert!(grown < 4 * 1024, "{grown} KB");
}
