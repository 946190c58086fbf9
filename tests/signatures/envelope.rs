//! A provider's message in MIME, by hand (RFC 6109 §3, RFC 8551 §3.5): pieces that cases put together.
//!
//! ```text
//! HEADER, multipart/signed ─┬─ mixed ─┬─ TEXT
//!                           │         ├─ daticert.xml
//!                           │         └─ postacert.eml
//!                           └─ smime.p7s
//! ```
//! Bytes, not text: some cases are no text. Lines end with CRLF; [`lf`] makes the other form.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

/// The address that the provider's certificate is for.
pub(crate) const ADDRESS: &str = "posta-certificata@pec.example.test";
/// The provider's id in the genuine certification data.
pub(crate) const GENUINE: &str = "opec1.20240601140000.1@pec.example.test";
/// The outer boundary.
pub(crate) const OUTER: &str = "----=_Outer_1";
/// The boundary of what is signed.
pub(crate) const INNER: &str = "----=_Inner_2";

/// The outer header of a delivery receipt, but for what MIME adds.
pub(crate) const HEADER: &str = "From: posta-certificata@pec.example.test\r\n\
    To: anna@pec.example.test\r\n\
    Subject: CONSEGNA: prova\r\n\
    Date: Sat, 01 Jun 2024 14:00:00 +0200\r\n\
    Message-ID: <ricevuta1@pec.example.test>\r\n\
    X-Ricevuta: avvenuta-consegna\r\n\
    X-Riferimento-Message-ID: <1@client.example.test>\r\n\
    MIME-Version: 1.0\r\n";

/// The outer Content-Type, as OpenSSL and many providers write it.
pub(crate) const SIGNED: &str = "Content-Type: multipart/signed; protocol=\"application/x-pkcs7-signature\"; \
    micalg=\"sha-256\"; boundary=\"----=_Outer_1\"\r\n";

/// The Content-Type of what is signed.
pub(crate) const MIXED: &str = "Content-Type: multipart/mixed; boundary=\"----=_Inner_2\"\r\n";

/// The words for people.
pub(crate) const TEXT: &[u8] = b"Content-Type: text/plain; charset=\"iso-8859-1\"\r\n\
    Content-Transfer-Encoding: quoted-printable\r\n\r\n\
    Ricevuta di avvenuta consegna\r\n\r\nIl messaggio =E8 stato consegnato.\r\n";

/// What the sender wrote.
pub(crate) const ORIGINAL: &[u8] = b"From: anna@pec.example.test\r\nTo: bruno@pec.example.test\r\n\
    Subject: prova\r\nMessage-ID: <opec1.20240601140000.1@pec.example.test>\r\n\r\nBuongiorno\r\n";

/// A delivery receipt's certification data, or, with another `tipo`, something like it.
pub(crate) fn certdata(tipo: &str) -> Vec<u8> {
    let delivery = match tipo {
        "avvenuta-consegna" => "<ricevuta tipo=\"completa\"/><consegna>bruno@pec.example.test</consegna>",
        "posta-certificata" => "<ricevuta tipo=\"completa\"/>",
        _ => "",
    };
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<postacert tipo=\"{tipo}\" errore=\"nessuno\">\n\
         <intestazione><mittente>anna@pec.example.test</mittente>\
         <destinatari tipo=\"certificato\">bruno@pec.example.test</destinatari>\
         <risposte>anna@pec.example.test</risposte><oggetto>prova</oggetto></intestazione>\n\
         <dati><gestore-emittente>Esempio S.p.A.</gestore-emittente>\
         <data zona=\"+0200\"><giorno>01/06/2024</giorno><ora>14:00:00</ora></data>\
         <identificativo>{GENUINE}</identificativo><msgid>&lt;1@client.example.test&gt;</msgid>{delivery}</dati>\n\
         </postacert>\n"
    )
    .into_bytes()
}

/// Certification data that somebody made up: another id.
pub(crate) fn forged(tipo: &str) -> Vec<u8> {
    swap(&certdata(tipo), "opec1.", "forged.")
}

/// daticert.xml as most providers have it: base64, inline.
pub(crate) fn daticert(xml: &[u8]) -> Vec<u8> {
    let head = "Content-Type: application/xml; name=\"daticert.xml\"\r\nContent-Transfer-Encoding: base64\r\n\
        Content-Disposition: inline; filename=\"daticert.xml\"\r\n\r\n";
    [head.as_bytes(), base64(xml, 76).as_bytes()].concat()
}

/// postacert.eml.
pub(crate) fn postacert(original: &[u8]) -> Vec<u8> {
    let head = "Content-Type: message/rfc822; name=\"postacert.eml\"\r\n\
        Content-Disposition: inline; filename=\"postacert.eml\"\r\n\r\n";
    [head.as_bytes(), original].concat()
}

/// A part by its header and body.
pub(crate) fn part(header: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    [header.as_bytes(), b"\r\n", body.as_ref()].concat()
}

/// What is signed: these parts in a multipart/mixed.
pub(crate) fn mixed(parts: &[&[u8]]) -> Vec<u8> {
    multipart(MIXED, INNER, parts)
}

/// What is signed, usually.
pub(crate) fn content() -> Vec<u8> {
    mixed(&[TEXT, &daticert(&certdata("avvenuta-consegna")), &postacert(ORIGINAL)])
}

/// smime.p7s.
pub(crate) fn p7s_part(p7s: &[u8]) -> Vec<u8> {
    let head = "Content-Type: application/x-pkcs7-signature; name=\"smime.p7s\"\r\n\
        Content-Transfer-Encoding: base64\r\n\
        Content-Disposition: attachment; filename=\"smime.p7s\"\r\n\r\n";
    [head.as_bytes(), base64(p7s, 64).as_bytes()].concat()
}

/// A whole message in its usual form.
pub(crate) fn sealed(content: &[u8], p7s: &[u8]) -> Vec<u8> {
    outer(&[content, &p7s_part(p7s)])
}

/// The usual header and multipart/signed around any parts.
pub(crate) fn outer(parts: &[&[u8]]) -> Vec<u8> {
    multipart(&format!("{HEADER}{SIGNED}"), OUTER, parts)
}

/// A header, and these parts between delimiters.
pub(crate) fn multipart(header: &str, boundary: &str, parts: &[&[u8]]) -> Vec<u8> {
    let mut out = format!("{header}\r\n").into_bytes();
    for part in parts {
        out.extend_from_slice(format!("--{boundary}\r\n").as_bytes());
        out.extend_from_slice(part);
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    out
}

/// Base64 in lines of `width` digits, each with its line end.
pub(crate) fn base64(bytes: &[u8], width: usize) -> String {
    let digits = BASE64_STANDARD.encode(bytes);
    let lines = digits.as_bytes().chunks(width).map(|line| str::from_utf8(line).expect("digits"));
    lines.map(|line| format!("{line}\r\n")).collect()
}

/// The same with something else in place of each `from`.
///
/// # Panics
/// Where there is none: the case would be another than its name says.
pub(crate) fn swap(bytes: &[u8], from: &str, to: impl AsRef<[u8]>) -> Vec<u8> {
    swap_some(bytes, from, to.as_ref(), usize::MAX)
}

/// The same for the first `from` only.
pub(crate) fn swap_first(bytes: &[u8], from: &str, to: impl AsRef<[u8]>) -> Vec<u8> {
    swap_some(bytes, from, to.as_ref(), 1)
}

fn swap_some(bytes: &[u8], from: &str, to: &[u8], most: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    let mut left = most;
    while let Some(at) = rest.windows(from.len()).position(|window| left > 0 && window == from.as_bytes()) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(to);
        rest = &rest[at + from.len()..];
        left -= 1;
    }
    assert_ne!(left, most, "there is no {from:?} to change");
    out.extend_from_slice(rest);
    out
}

/// As a store keeps it that knows only LF.
pub(crate) fn lf(bytes: &[u8]) -> Vec<u8> {
    swap(bytes, "\r\n", "\n")
}
