//! Headers: a hundred thousand fields, or one of thirty megabytes.

use crate::{LARGEST, MB, defuse};

/// A header of about so many bytes: a field that opens, a piece over and over.
fn header(open: &str, piece: &str, size: usize) -> Vec<u8> {
    format!("{open}{}\r\n\r\nbody", piece.repeat(size / piece.len())).into_bytes()
}

/// Each costly in another way.
const FIELDS: [(&str, &str); 22] = [
    ("Subject: ", "x"),
    ("Subject:", "\r\n x"),
    ("Subject:", "\n\t"),
    ("Subject: ", "=?aa?Q?"),
    ("Subject: ", "=?utf-8?B?w6A=?= "),
    ("Subject: ", "=?utf-8?Q?=C3"),
    ("To: ", ","),
    ("To: ", "a@example.test,"),
    ("To: ", "<"),
    ("To: ", "=?aa?Q?<"),
    ("To: ", "a:"),
    ("To: ", "\""),
    ("From: ", "("),
    ("From: ", "()"),
    ("From: ", "\"\""),
    ("From: ", "\\"),
    ("From: ", "a@example.test "),
    ("Content-Type: multipart/mixed", "; boundary=b"),
    ("Content-Type: multipart/mixed; boundary=", "b"),
    ("Content-Type: x/y; name*0=a", "; name*1=a"),
    ("Date: ", "(a)"),
    ("X-Riferimento-Message-ID: <", "a "),
];

#[test]
fn one_field_of_thirty_megabytes() {
    for (index, (open, piece)) in FIELDS.into_iter().enumerate() {
        // Beyond the limit all are passed over alike.
        let size = if index < 3 { LARGEST } else { 4 * MB };
        defuse(&format!("{open}{piece}"), size, |size| header(open, piece, size));
    }
}

#[test]
fn one_field_that_is_just_read() {
    for (open, piece) in FIELDS {
        for size in [8_000, 60_000, 240_000] {
            defuse(&format!("{open}{piece}"), size, |size| header(open, piece, size));
        }
    }
}

#[test]
fn a_hundred_thousand_fields() {
    for field in [
        "A: b\r\n",
        "a\r\n",
        ":\r\n",
        "From: a@example.test\r\n",
        "To: a@example.test\r\n",
        "Content-Type: text/plain\r\n",
        "Content-Type: multipart/signed; boundary=S\r\n",
        "Content-Transfer-Encoding: base64\r\n",
        "X-Ricevuta: accettazione\r\n",
        "X-Riferimento-Message-ID: <a>\r\n",
    ] {
        for size in [240_000, 4 * MB] {
            defuse(field, size, |size| header("", field, size));
        }
    }
}

#[test]
fn each_of_two_thousand_parts_has_a_long_one() {
    for (open, piece) in FIELDS {
        let part = |size: usize| format!("--W\r\n{open}{}\r\n\r\n\r\n", piece.repeat(size / piece.len()));
        defuse(&format!("{open}{piece}"), 8 * MB, |size| {
            let part = part(4_000);
            let parts = part.repeat(size / part.len());
            format!("Content-Type: multipart/mixed; boundary=W\r\n\r\n{parts}").into_bytes()
        });
    }
}
