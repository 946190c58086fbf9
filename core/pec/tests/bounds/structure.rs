//! Bodies: delimiters by the million, and megabytes of the few bytes that a reader looks out for.

use recapito_pec::message::{Message, Problem};
use recapito_pec::{Reason, Verdict};

use crate::{LARGEST, MB, defuse, message};

/// So many bytes of one piece after the other.
fn filled(piece: &str, size: usize) -> Vec<u8> {
    piece.bytes().cycle().take(size).collect()
}

#[test]
fn one_piece_over_and_over() {
    for piece in ["\n", "\r", "--", "\n--", "A"] {
        defuse(&format!("{piece:?}"), LARGEST, |size| {
            message("multipart/signed; boundary=S", filled(piece, size))
        });
    }
    for piece in ["\r\n", "\n\r", "-", "--\n", "\n--S", "\n ", " ", "=", "=\n"] {
        for content_type in ["text/plain", "multipart/signed; boundary=S"] {
            defuse(&format!("{content_type}: {piece:?}"), 4 * MB, |size| {
                message(content_type, filled(piece, size))
            });
        }
    }
}

#[test]
fn delimiters_by_the_million() {
    for subtype in ["mixed", "signed", "digest"] {
        for piece in
            ["--S\n", "--S--\n", "--S\n\n", "--S\r\nA: b\r\n\r\nc\r\n", "--SX\n", "--S \t\n", "--S--\n--S\n"]
        {
            let content_type = format!("multipart/{subtype}; boundary=S");
            let size = if piece.len() == 4 { 8 * MB } else { 2 * MB };
            let found = defuse(&format!("{content_type}: {piece:?}"), size, |size| {
                message(&content_type, filled(piece, size))
            });
            let of_signed = [Verdict::Absent, Verdict::Unreadable].contains(&found.verdict);
            assert!(of_signed && (subtype == "signed" || found.verdict == Verdict::Absent), "{piece:?}");
        }
    }
    let raw = message("multipart/mixed; boundary=S", filled("--S\n", 8 * MB));
    let parsed = Message::parse(&raw);
    assert!(parsed.parts().count() <= 2_001);
    assert!(parsed.root().problems().contains(&Problem::TooManyParts));
}

#[test]
fn a_delimiter_with_megabytes_of_white_space() {
    for end in ["", "\n", "x\n", "--\n"] {
        defuse(&format!("{end:?}"), LARGEST, |size| {
            let space = String::from_utf8(filled(" \t", size)).unwrap();
            message("multipart/signed; boundary=S", format!("--S\n\na\n--S{space}{end}--S--\n"))
        });
    }
}

#[test]
fn boundaries_that_almost_match() {
    // Every open multipart has a boundary that the next line may be; the last letter tells.
    let boundary = |level: usize| format!("{}{level:02}", "b".repeat(60));
    let open: String = (0..60)
        .map(|level| {
            format!("Content-Type: multipart/mixed; boundary={}\n\n--{}\n", boundary(level), boundary(level))
        })
        .collect();
    let line = format!("--{}zz\n", "b".repeat(60));
    defuse("near misses", 8 * MB, |size| [open.as_bytes(), b"\n", &filled(&line, size)].concat());
}

#[test]
fn megabytes_in_each_place_of_a_signed_message() {
    let content = "Content-Type: multipart/mixed; boundary=M\r\n\r\n--M\r\n\r\ntext";
    let daticert = "--M\r\nContent-Type: application/xml; name=daticert.xml\r\nContent-Transfer-Encoding: base64\r\n\r\n";
    let p7s = "--S\r\nContent-Type: application/pkcs7-signature\r\nContent-Transfer-Encoding: base64\r\n\r\n";
    for (encoding, piece) in [("base64", "A"), ("base64", "="), ("base64", " \n"), ("base64", "!")] {
        for place in 0..6 {
            let found = defuse(&format!("{encoding} {piece:?} at {place}"), 6 * MB, |size| {
                let mut fills = [b"".as_slice(); 6];
                let fill = filled(piece, size);
                fills[place] = &fill;
                let [preamble, text, xml, epilogue, signature, end] = fills;
                let body = [
                    preamble,
                    b"\r\n--S\r\n",
                    content.as_bytes(),
                    text,
                    b"\r\n",
                    daticert.as_bytes(),
                    xml,
                    b"\r\n--M--\r\n",
                    epilogue,
                    b"\r\n",
                    p7s.as_bytes(),
                    signature,
                    b"\r\n--S--\r\n",
                    end,
                ];
                message("multipart/signed; boundary=S", body.concat())
            });
            assert_eq!(found.verdict, Verdict::Unreadable);
            let expected =
                if place == 4 && piece == "A" { Reason::TooComplex } else { Reason::MissingSignature };
            assert_eq!(found.reason, Some(expected), "{piece:?} at {place}");
        }
    }
}
