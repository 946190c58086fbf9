//! Headers that say two things: the outer one, and that of the part with the signature. Neither is signed.

use recapito_pec::{Note, Reason};

use super::Genuine;
use crate::case::{Case, refused, trusted};
use crate::envelope::{HEADER, SIGNED, base64, outer, p7s_part, part, sealed, swap_first};

/// All of them.
pub(super) fn cases(genuine: &Genuine) -> Vec<Case> {
    [structure(genuine), hidden(genuine), signature_part(genuine), claims(genuine)].concat()
}

/// Fields that decide the structure, and stand there twice or say that it is encoded.
fn structure(genuine: &Genuine) -> Vec<Case> {
    let raw = sealed(&genuine.content, &genuine.p7s);
    let before = |name: &str, field: &str| {
        refused(
            format!("before the type: {name}"),
            Reason::AmbiguousStructure,
            swap_first(&raw, SIGNED, format!("{field}\r\n{SIGNED}")),
        )
    };
    let after = |name: &str, field: &str| {
        refused(
            format!("after the type: {name}"),
            Reason::AmbiguousStructure,
            swap_first(&raw, SIGNED, format!("{SIGNED}{field}\r\n")),
        )
    };
    let opaque = |field: &str| swap_first(&raw, SIGNED, format!("{field}\r\nContent-Type: text/plain\r\n"));
    let mut cases = Vec::new();
    for field in [
        "Content-Type: text/plain",
        "content-type: multipart/mixed; boundary=\"----=_Inner_2\"",
        "Content-Type : text/html",
        "CONTENT-TYPE\t:text/html",
        "Content-Type: multipart/signed; boundary=\"----=_Outer_1\"",
        "Content-Type:\r\n text/plain",
        "Content-Type:",
        "Content-Transfer-Encoding: base64",
        "Content-Transfer-Encoding: quoted-printable",
        "Content-Transfer-Encoding: x-unknown",
        "Content-Transfer-Encoding: 7bit\r\nContent-Transfer-Encoding: 8bit",
        "Content-Transfer-Encoding: 7bit\r\ncontent-transfer-encoding: base64",
    ] {
        cases.push(before(field, field));
        cases.push(after(field, field));
    }
    cases.extend([
        refused(
            "a type of text beside a type of something opaque",
            Reason::AmbiguousStructure,
            opaque("Content-Type: application/pkcs7-mime"),
        ),
        refused(
            "a type of text beside a type of something signed",
            Reason::AmbiguousStructure,
            opaque(SIGNED.trim_end()),
        ),
        refused("two types, neither signed", Reason::NotSigned, opaque("Content-Type: text/html")),
    ]);
    cases
}

/// What stands where not every reader looks.
fn hidden(genuine: &Genuine) -> Vec<Case> {
    let raw = sealed(&genuine.content, &genuine.p7s);
    let before = |text: &str| swap_first(&raw, SIGNED, format!("{text}{SIGNED}"));
    let after = |text: &str| swap_first(&raw, SIGNED, format!("{SIGNED}{text}"));
    let padding = "X-Padding: x\r\n".repeat(30_000);
    let folded = format!("X-Padding: x\r\n{}", " x\r\n".repeat(100_000));
    let one_line = format!("X-Padding: {}\r\n", "x".repeat(300_000));
    let too_complex = |name: &str, raw| refused(name, Reason::TooComplex, raw);
    let not_signed = |name: &str, raw| refused(name, Reason::NotSigned, raw);
    vec![
        too_complex("a type behind a giant header", after(&format!("{padding}Content-Type: text/plain\r\n"))),
        too_complex("the type behind a giant header", before(&padding)),
        too_complex("the type behind a giant folded field", before(&folded)),
        too_complex("the type behind a giant line", before(&one_line)),
        too_complex("a giant header and From", [padding.as_bytes(), &raw].concat()),
        too_complex(
            "a giant header and nothing signed",
            [padding.as_bytes(), b"Content-Type: text/plain\r\n\r\nx\r\n"].concat(),
        ),
        not_signed("an empty line before the type", before("\r\n")),
        not_signed("an empty line before everything", [b"\r\n", &raw[..]].concat()),
        not_signed("the type after a bare CR", swap_first(&raw, SIGNED, format!("X-Other: x\r{SIGNED}"))),
        not_signed(
            "the type as another's continuation",
            swap_first(&raw, SIGNED, format!("X-Other: x\r\n {SIGNED}")),
        ),
        not_signed(
            "NUL in the name of the type",
            swap_first(&raw, "Content-Type: multipart/signed", "Content-Type\0: multipart/signed"),
        ),
        trusted("another type after a bare CR", before("X-Other: x\rContent-Type: text/plain\r\n")),
        trusted("another type as a continuation", before("X-Other: x\r\n Content-Type: text/plain\r\n")),
        trusted("another type with NUL in its name", before("Content-Type\0: text/plain\r\n")),
        trusted("another type without colon", before("Content-Type text/plain\r\n")),
        trusted("another From as a continuation", before("X-Other: x\r\n From: evil@example.test\r\n")),
        trusted("the genuine type after the end of the header", after("\r\n")),
        refused("no header at all", Reason::NotSigned, raw[HEADER.len() + SIGNED.len()..].to_vec()),
        refused("nothing at all", Reason::NotSigned, Vec::new()),
    ]
}

/// The header of the part with the signature.
fn signature_part(genuine: &Genuine) -> Vec<Case> {
    let Genuine { content, p7s, fake } = genuine;
    let usual = p7s_part(p7s);
    let with = |header: &str| outer(&[content, &part(header, base64(p7s, 64))]);
    let kind = "Content-Type: application/pkcs7-signature\r\n";
    let encoding = "Content-Transfer-Encoding: base64\r\n";
    let ambiguous = |name: &str, header: &str| refused(name, Reason::AmbiguousStructure, with(header));
    let unsupported = |name: &str, header: &str| refused(name, Reason::UnsupportedAlgorithm, with(header));
    let malformed = |name: &str, raw| refused(name, Reason::MalformedSignature, raw);
    let giant = "X-Padding: x\r\n".repeat(30_000);
    let as_message = part("Content-Type: message/rfc822\r\n", fake);
    vec![
        ambiguous("smime.p7s: two types", &format!("{kind}Content-Type: text/plain\r\n{encoding}")),
        ambiguous(
            "smime.p7s: two types, text first",
            &format!("Content-Type: text/plain\r\n{kind}{encoding}"),
        ),
        ambiguous(
            "smime.p7s: two encodings",
            &format!("{kind}{encoding}Content-Transfer-Encoding: 7bit\r\n"),
        ),
        unsupported("smime.p7s: no type", encoding),
        unsupported(
            "smime.p7s: a type of text",
            &format!("Content-Type: text/plain; name=smime.p7s\r\n{encoding}"),
        ),
        unsupported(
            "smime.p7s: a type of no kind",
            &format!("Content-Type: application/octet-stream; name=smime.p7s\r\n{encoding}"),
        ),
        refused("smime.p7s: a giant header", Reason::TooComplex, with(&format!("{kind}{giant}{encoding}"))),
        malformed("smime.p7s: base64 that says it is not", with(kind)),
        malformed(
            "smime.p7s: base64 twice",
            outer(&[content, &part(&format!("{kind}{encoding}"), base64(base64(p7s, 64).as_bytes(), 64))]),
        ),
        malformed("smime.p7s: in PEM", outer(&[content, &part(kind, crate::certificate::pem(p7s))])),
        refused(
            "smime.p7s: empty",
            Reason::MissingSignature,
            outer(&[content, &part(&format!("{kind}{encoding}"), "")]),
        ),
        refused(
            "smime.p7s: cut off",
            Reason::MissingSignature,
            outer(&[content, &p7s_part(&p7s[..p7s.len() - 9])]),
        ),
        refused("a message in its place", Reason::UnsupportedAlgorithm, outer(&[content, &as_message])),
        trusted(
            "smime.p7s: text after its padding",
            outer(&[content, &[&usual, &base64(fake, 64).into_bytes()[..]].concat()]),
        ),
    ]
}

/// Words about the receipt: the signed ones count, and a difference is noted.
fn claims(genuine: &Genuine) -> Vec<Case> {
    let raw = sealed(&genuine.content, &genuine.p7s);
    let kind = "X-Ricevuta: avvenuta-consegna\r\n";
    let differs = |name: &str, fields: &str| {
        trusted(name, swap_first(&raw, kind, fields)).noting(&[Note::HeaderDiffers])
    };
    vec![
        differs("claims: an acceptance", "X-Ricevuta: accettazione\r\n"),
        differs("claims: an envelope", "X-Trasporto: posta-certificata\r\n"),
        differs("claims: an anomaly", "X-Trasporto: errore\r\n"),
        differs("claims: something unknown", "X-Ricevuta: mancata-consegna\r\n"),
        differs("claims: two receipts, the genuine first", &format!("{kind}X-Ricevuta: accettazione\r\n")),
        differs("claims: two receipts, the genuine last", &format!("X-Ricevuta: accettazione\r\n{kind}")),
        differs("claims: a receipt and an anomaly", &format!("{kind}X-Trasporto: errore\r\n")),
        differs("claims: a receipt and an envelope", &format!("{kind}X-Trasporto: posta-certificata\r\n")),
        differs("claims: a brief receipt", &format!("{kind}X-TipoRicevuta: breve\r\n")),
        differs(
            "claims: two types of receipt",
            &format!("{kind}X-TipoRicevuta: completa\r\nX-TipoRicevuta: breve\r\n"),
        ),
        differs("claims: another reference", &format!("{kind}X-Riferimento-Message-ID: <9@x.test>\r\n")),
    ]
}
