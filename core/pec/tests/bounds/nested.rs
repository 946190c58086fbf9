//! Things in things: multiparts, messages, and files that hold messages, ten thousand deep and thousands wide.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use recapito_pec::message::{Message, Problem};

use crate::{LARGEST, MB, defuse, message};

#[test]
fn multiparts_ten_thousand_deep() {
    for subtype in ["mixed", "signed", "digest"] {
        let open = |level: usize| {
            format!("Content-Type: multipart/{subtype}; boundary=B{level}\r\n\r\n--B{level}\r\n")
        };
        let bomb = |size: usize| (0..size / 60).map(open).collect::<String>().into_bytes();
        defuse(subtype, 600_000, bomb);
        let raw = bomb(600_000);
        assert!(Message::parse(&raw).parts().any(|part| part.problems().contains(&Problem::TooDeep)));
    }
}

#[test]
fn one_boundary_for_all_of_them() {
    let open = "Content-Type: multipart/mixed; boundary=B\r\n\r\n--B\r\n";
    defuse("open", 8 * MB, |size| open.repeat(size / open.len()).into_bytes());
    let close = "Content-Type: multipart/mixed; boundary=B\r\n\r\n--B--\r\n--B\r\n";
    defuse("close", 8 * MB, |size| close.repeat(size / close.len()).into_bytes());
}

#[test]
fn messages_ten_thousand_deep() {
    let head = "Content-Type: message/rfc822\r\n\r\n";
    defuse("messages", 8 * MB, |size| head.repeat(size / head.len()).into_bytes());
    let head = "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n";
    defuse("quoted-printable", 8 * MB, |size| head.repeat(size / head.len()).into_bytes());
    let head = "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n";
    defuse("base64 of nothing", 8 * MB, |size| head.repeat(size / head.len()).into_bytes());
}

#[test]
fn files_in_files() {
    // Each level is a third longer than what is in it.
    for head in [
        "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n",
        "Content-Type: application/octet-stream; name=a.eml\r\nContent-Transfer-Encoding: base64\r\n\r\n",
    ] {
        defuse(head, LARGEST, |size| {
            let mut raw = message("multipart/signed; boundary=S", "--S\r\n\r\n".repeat(size / 80));
            while raw.len() < size * 3 / 4 {
                raw = [head.as_bytes(), STANDARD.encode(&raw).as_bytes()].concat();
            }
            raw
        });
    }
}

#[test]
fn thousands_of_messages_side_by_side() {
    let signed = "Content-Type: multipart/signed; boundary=S\r\n\r\n--S\r\n\r\na\r\n--S\r\n\
        Content-Type: application/pkcs7-signature\r\n\r\nMIAG\r\n--S--\r\n";
    let daticert = "X-Ricevuta: accettazione\r\nContent-Type: multipart/mixed; boundary=M\r\n\r\n--M\r\n\
        Content-Type: application/xml; name=daticert.xml\r\n\r\n<postacert tipo=\"accettazione\"/>\r\n--M--\r\n";
    for inner in [signed, daticert] {
        let eml = "Content-Type: application/octet-stream; name=a.eml\r\n";
        for part in [
            format!("--W\r\nContent-Type: message/rfc822\r\n\r\n{inner}\r\n"),
            format!("--W\r\n{inner}\r\n"),
            format!("--W\r\n{eml}\r\n{inner}\r\n"),
            format!("--W\r\n{eml}Content-Transfer-Encoding: base64\r\n\r\n{}\r\n", STANDARD.encode(inner)),
        ] {
            let found = defuse(&part, 8 * MB, |size| {
                message("multipart/mixed; boundary=W", part.repeat(size / part.len()))
            });
            assert!(found.contains.len() <= 32, "{part}");
        }
    }
}

#[test]
fn megabytes_inside_each_of_many_messages() {
    // Open at the same time, each is fed with all of it.
    let head =
        "Content-Type: multipart/signed; boundary=S\r\n\r\n--S\r\nContent-Type: message/rfc822\r\n\r\n";
    defuse("signed in signed", LARGEST, |size| [head.repeat(60).into_bytes(), vec![b'x'; size]].concat());
}
