//! Changes to what was signed, down to a blank: none of them may pass. Line ends alone are free (RFC 8551 §3.1.1).

use recapito_pec::Reason;

use super::Genuine;
use crate::case::{Case, refused};
use crate::envelope::{INNER, TEXT, sealed, swap, swap_first};

/// All of them.
pub(super) fn cases(genuine: &Genuine) -> Vec<Case> {
    let Genuine { content, p7s, .. } = genuine;
    let text = String::from_utf8_lossy(TEXT).into_owned();
    let changes = [
        ("a word", swap(content, "stato consegnato", "stato rifiutato")),
        ("a letter", swap_first(content, "Ricevuta", "ricevuta")),
        ("a blank more at a line's end", swap_first(content, "consegna\r\n", "consegna \r\n")),
        ("a tab for a blank", swap_first(content, "di avvenuta", "di\tavvenuta")),
        ("an empty line more", swap_first(content, "\r\n\r\nIl", "\r\n\r\n\r\nIl")),
        ("an empty line less", swap_first(content, "\r\n\r\nIl", "\r\nIl")),
        ("a line end more at the end", [&content[..], b"\r\n"].concat()),
        ("a line end less at the end", content.strip_suffix(b"\r\n").expect("one").to_vec()),
        ("a bare CR for a line end", swap_first(content, "\r\n\r\nIl", "\r\n\rIl")),
        ("bare CR for all line ends", swap(content, "\r\n", "\r")),
        ("CR CR LF for a line end", swap_first(content, "\r\n\r\nIl", "\r\n\r\r\nIl")),
        ("CR CR LF for all line ends", swap(content, "\r\n", "\r\r\n")),
        ("LF CR for a line end", swap_first(content, "\r\n\r\nIl", "\r\n\n\rIl")),
        ("a line separator of Unicode", swap_first(content, "\r\n\r\nIl", "\r\n\u{2028}Il")),
        ("NUL in the text", swap_first(content, "Il mess", "Il\0mess")),
        ("the header's letters", swap_first(content, "Content-Type", "Content-type")),
        ("the header's folding", swap_first(content, "mixed; bound", "mixed;\r\n bound")),
        ("the encoding's letters", swap_first(content, "quoted-printable", "Quoted-Printable")),
        ("the same letter otherwise encoded", swap_first(content, "=E8", "=e8")),
        ("the same letter encoded", swap_first(content, "Il mess", "=49l mess")),
        ("a soft line break", swap_first(content, "Il mess", "Il =\r\nmess")),
        ("base64 in longer lines", rewrapped(content)),
        ("a field more", swap_first(content, "Content-Type", "X-Field: x\r\nContent-Type")),
        (
            "a second type",
            swap_first(content, "Content-Type: text", "Content-Type: text/html\r\nContent-Type: text"),
        ),
        ("a preamble", swap_first(content, &format!("\r\n\r\n--{INNER}"), format!("\r\n\r\nx\r\n--{INNER}"))),
        ("an epilogue", [&content[..], b"x"].concat()),
        (
            "a part more",
            swap_first(content, &format!("--{INNER}\r\n"), format!("--{INNER}\r\n{text}\r\n--{INNER}\r\n")),
        ),
        ("a part less", swap_first(content, &format!("--{INNER}\r\n{text}\r\n"), "")),
        (
            "blanks behind a delimiter",
            swap_first(content, &format!("--{INNER}\r\n"), format!("--{INNER} \r\n")),
        ),
        ("the boundary", swap(content, INNER, "----=_Inner_3")),
        ("a quoted From", swap_first(content, "Il mess", ">From Il mess")),
        ("a doubled dot", swap_first(content, "consegnato.", "consegnato..")),
        ("a byte order mark", [b"\xef\xbb\xbf", &content[..]].concat()),
        (
            "everything but the header",
            content[..content.windows(4).position(|w| w == b"\r\n\r\n").expect("one") + 4].to_vec(),
        ),
    ];
    let reason = |name: &str| match name {
        // Then there is but one line, and no closing delimiter of what is inside is found.
        "bare CR for all line ends" | "CR CR LF for all line ends" => Reason::AmbiguousStructure,
        _ => Reason::ContentChanged,
    };
    let case = |(name, changed): (&str, Vec<u8>)| {
        refused(format!("changed: {name}"), reason(name), sealed(&changed, p7s))
    };
    changes.into_iter().map(case).collect()
}

/// The base64 of daticert.xml in other lines: the same data.
fn rewrapped(content: &[u8]) -> Vec<u8> {
    let usual = crate::envelope::base64(&crate::envelope::certdata("avvenuta-consegna"), 76);
    swap_first(content, &usual, crate::envelope::base64(&crate::envelope::certdata("avvenuta-consegna"), 60))
}
