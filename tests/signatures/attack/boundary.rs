//! Boundaries that two readers would find in two places.

use recapito_pec::Reason;

use super::Genuine;
use crate::case::{Case, refused, trusted};
use crate::envelope::{
    HEADER, INNER, OUTER, SIGNED, daticert, forged, multipart, p7s_part, sealed, swap, swap_first,
};

/// All of them.
pub(super) fn cases(genuine: &Genuine) -> Vec<Case> {
    [parameters(genuine), delimiters(genuine)].concat()
}

/// The parameter, in ways that readers differ on.
fn parameters(genuine: &Genuine) -> Vec<Case> {
    let raw = sealed(&genuine.content, &genuine.p7s);
    let written = format!("boundary=\"{OUTER}\"");
    let mut cases: Vec<_> = UNCLEAR
        .iter()
        .map(|parameter| {
            let changed = swap_first(&raw, &written, parameter);
            refused(format!("boundary parameter: {parameter}"), Reason::AmbiguousStructure, changed)
        })
        .collect();
    let blank = swap(
        &swap_first(&raw, &written, format!("boundary=\"{OUTER} \"")),
        &format!("--{OUTER}"),
        format!("--{OUTER} "),
    );
    let long = "x".repeat(300);
    let header = format!("{HEADER}{}", SIGNED.replace(OUTER, &long));
    let too_long = multipart(&header, &long, &[&genuine.content, &p7s_part(&genuine.p7s)]);
    cases.extend([
        refused("boundary parameter: a blank at its end", Reason::AmbiguousStructure, blank),
        refused("boundary parameter: of 300 characters", Reason::AmbiguousStructure, too_long),
        refused(
            "boundary parameter: in other letters",
            Reason::NotSigned,
            swap_first(&raw, &written, format!("boundary=\"{}\"", OUTER.to_uppercase())),
        ),
        refused(
            "boundary parameter: the inner one",
            Reason::AmbiguousStructure,
            swap_first(&raw, &written, format!("boundary=\"{INNER}\"")),
        ),
    ]);
    cases
}

/// Each in place of `boundary="----=_Outer_1"`.
const UNCLEAR: &[&str] = &[
    "x=y",
    "boundary=",
    "boundary=\"\"",
    "boundary=\"----=_Outer_1",
    "boundary=\"----=_Outer_1\"x",
    "boundary=\"----=_Outer_1\" x",
    "boundary=----=_Outer_1 x",
    "boundary=\"----=_Outer_1\"; boundary=\"other\"",
    "boundary=\"other\"; boundary=\"----=_Outer_1\"",
    "boundary=\"----=_Outer_1\"; boundary=\"----=_Outer_1\"",
    "boundary=\"----=_Outer_1\"; BOUNDARY=\"other\"",
    "boundary*=utf-8''----=_Outer_1",
    "boundary*0=\"----=_Outer\"; boundary*1=\"_1\"",
    "boundary*0*=utf-8''----=_Outer; boundary*1=\"_1\"",
    "boundary=\"----=_Outer_1\"; boundary*=utf-8''other",
    "boundary=\"----=_Outer_1\"; boundary*0=other",
    "(boundary=\"other\"); boundary=----=_Outer_1; boundary=x",
    "x=(; boundary=\"other\" ;); boundary=\"----=_Outer_1\"",
];

/// Delimiter lines that are none for some readers, or none at all.
fn delimiters(genuine: &Genuine) -> Vec<Case> {
    let Genuine { content, p7s, fake } = genuine;
    let raw = sealed(content, p7s);
    let p7s_part = p7s_part(p7s);
    // The forged content, something like a delimiter, then the genuine message's body.
    let before = |line: &str| {
        let body =
            [format!("--{OUTER}\r\n").as_bytes(), fake, b"\r\n", line.as_bytes(), content, b"\r\n"].concat();
        let rest =
            [format!("--{OUTER}\r\n").as_bytes(), &p7s_part, format!("\r\n--{OUTER}--\r\n").as_bytes()]
                .concat();
        [format!("{HEADER}{SIGNED}\r\n").as_bytes(), &body, &rest].concat()
    };
    let preamble = |text: &[u8]| swap_first(&raw, "\r\n\r\n--", [b"\r\n\r\n", text, b"\r\n--"].concat());
    let epilogue = |text: &[u8]| [&raw, text].concat();
    let data = daticert(&forged("avvenuta-consegna"));
    let inner = multipart("Content-Type: multipart/mixed; boundary=\"----=_Inner_2\"\r\n", INNER, &[&data]);
    let middle = format!("\r\n--{OUTER}\r\nContent-Type: application/x-pkcs7");
    let middle_as =
        |delimiter: &str| swap_first(&raw, &middle, format!("{delimiter}Content-Type: application/x-pkcs7"));
    let changed = |name: &str, raw| refused(name, Reason::ContentChanged, raw);
    let ambiguous = |name: &str, raw| refused(name, Reason::AmbiguousStructure, raw);
    let absent = |name: &str, raw| refused(name, Reason::NotSigned, raw);
    vec![
        changed("delimiter: in mid-line", before(&format!("x--{OUTER}\r\n"))),
        changed("delimiter: after a blank", before(&format!(" --{OUTER}\r\n"))),
        changed("delimiter: longer", before(&format!("--{OUTER}X\r\n"))),
        changed("delimiter: longer by a dash", before(&format!("--{OUTER}-\r\n"))),
        changed("delimiter: shorter", before("------=_Outer_\r\n")),
        changed("delimiter: in other letters", before(&format!("--{}\r\n", OUTER.to_uppercase()))),
        changed("delimiter: after a bare CR", before(&format!("x\r--{OUTER}\r"))),
        changed("delimiter: ended by a bare CR", before(&format!("--{OUTER}\r"))),
        changed("delimiter: with NUL behind", before(&format!("--{OUTER}\0\r\n"))),
        changed("delimiter: with NUL before", before(&format!("\0--{OUTER}\r\n"))),
        changed("delimiter: after a vertical tab", before(&format!("\x0b--{OUTER}\r\n"))),
        changed("delimiter: with text behind", before(&format!("--{OUTER} x\r\n"))),
        changed("delimiter: closing, with text behind", before(&format!("--{OUTER}--x\r\n"))),
        changed("delimiter: one dash", before(&format!("-{OUTER}\r\n"))),
        ambiguous("delimiter: blanks behind", before(&format!("--{OUTER} \t \r\n"))),
        ambiguous("delimiter: many blanks behind", before(&format!("--{OUTER}{}\r\n", " ".repeat(3_000)))),
        ambiguous("delimiter: LF", before(&format!("--{OUTER}\n"))),
        ambiguous("delimiter: closing, then the genuine", before(&format!("--{OUTER}--\r\n--{OUTER}\r\n"))),
        ambiguous(
            "delimiter: closing, and blanks, then the genuine",
            before(&format!("--{OUTER}-- \t\r\n--{OUTER}\r\n")),
        ),
        ambiguous(
            "delimiter: after the end",
            epilogue(&[format!("--{OUTER}\r\n").as_bytes(), fake].concat()),
        ),
        ambiguous("delimiter: after the end, closing", epilogue(format!("--{OUTER}--\r\n").as_bytes())),
        ambiguous(
            "delimiter: after the end and much text",
            epilogue(&[&b"x\r\n".repeat(50_000)[..], format!("--{OUTER}\r\n").as_bytes()].concat()),
        ),
        ambiguous("delimiter: a second message behind", epilogue(&[b"From x@y.test\r\n", &raw[..]].concat())),
        ambiguous("delimiter: the genuine message twice", epilogue(&raw)),
        absent("delimiter: bare CR before the signature", middle_as(&format!("\r--{OUTER}\r\n"))),
        absent("delimiter: bare CR after it", middle_as(&format!("\r\n--{OUTER}\r"))),
        absent("delimiter: the wrong one before the signature", middle_as("\r\n--other\r\n")),
        changed("delimiter: one more line end before", middle_as(&format!("\r\n\r\n--{OUTER}\r\n"))),
        changed("delimiter: one more blank before", middle_as(&format!(" \r\n--{OUTER}\r\n"))),
        changed("delimiter: CR CR LF before", middle_as(&format!("\r\r\n--{OUTER}\r\n"))),
        trusted("forged content in the preamble", preamble(fake)),
        trusted("forged data in the preamble, by the inner boundary", preamble(&inner)),
        trusted("forged content in the epilogue", epilogue(fake)),
        trusted("forged data in the epilogue, by the inner boundary", epilogue(&inner)),
        trusted("a second message in the epilogue", epilogue(&swap(&raw, OUTER, "----=_Outer_9"))),
    ]
}
