//! Every way to write the same signed document.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use recapito_pec::document::{Document, Fault, Integrity};
use std::borrow::Cow;

use crate::p7m::{INVOICE, Person, integrity, open, p7m, p7m_indefinite, p7m_of};
use crate::p7s::tlv;

#[test]
fn der_ber_base64_and_pem_hold_the_same_document() {
    let person = Person::new("Anna Esempio");
    let (certificates, signers) = ([person.identity.der()], [person.signer(INVOICE)]);
    let der = person.sign(INVOICE);
    let base64 = STANDARD.encode(&der);
    let lines: String =
        base64.as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line) + "\r\n").collect();
    let pieces = |size| INVOICE.chunks(size).flat_map(|piece| tlv(0x04, &[piece])).collect::<Vec<_>>();
    let octets = tlv(0x04, &[INVOICE]);
    let long_length = {
        let mut octets = vec![0x04, 0x88];
        octets.extend((INVOICE.len() as u64).to_be_bytes());
        octets.extend(INVOICE);
        octets
    };

    let shapes: [(&str, Vec<u8>); 15] = [
        ("DER", der.clone()),
        ("bytes after it", [der.as_slice(), b"\r\n\0junk"].concat()),
        ("indefinite", p7m_indefinite(&octets, &certificates, &signers)),
        ("long length", p7m(&long_length, &certificates, &signers)),
        ("segments", p7m(&tlv(0x24, &[&pieces(5)]), &certificates, &signers)),
        ("indefinite segments", p7m_indefinite(&open(0x24, &[&pieces(1)]), &certificates, &signers)),
        ("empty segments", p7m(&open(0x24, &[&[4, 0], &octets, &[0x24, 0]]), &certificates, &signers)),
        (
            "segments in segments",
            p7m(
                &open(0x24, &[&tlv(0x24, &[&pieces(7)[..9]]), &open(0x24, &[&pieces(7)[9..]])]),
                &certificates,
                &signers,
            ),
        ),
        ("base64", base64.clone().into_bytes()),
        ("base64 in lines", lines.clone().into_bytes()),
        ("base64 without padding", base64.trim_end_matches('=').into()),
        ("base64 after a byte order mark", format!("\u{feff}{lines}").into_bytes()),
        ("base64 twice", STANDARD.encode(&lines).into_bytes()),
        ("PEM", format!("-----BEGIN PKCS7-----\n{lines}-----END PKCS7-----\n").into_bytes()),
        ("PEM without an end", format!("-----BEGIN CMS-----\r\n{lines}").into_bytes()),
    ];
    for (shape, file) in shapes {
        let document = Document::open(&file).expect(shape);
        assert_eq!(document.content(), INVOICE, "{shape}");
        assert_eq!(document.pieces().collect::<Vec<_>>().concat(), INVOICE, "{shape}");
        assert_eq!(document.size(), INVOICE.len(), "{shape}");
        assert_eq!(document.media(None), "application/xml", "{shape}");
        assert_eq!((document.layers.len(), document.unopened), (1, None), "{shape}");
        assert_eq!(integrity(&document), [Integrity::Intact], "{shape}");
    }
}

/// What is shown or written is then the file's own bytes.
#[test]
fn a_document_in_one_piece_is_not_copied() {
    let person = Person::new("Anna Esempio");
    let large = vec![b'x'; 30 << 20];
    let file = person.sign(&large);
    let document = Document::open(&file).unwrap();
    let Cow::Borrowed(content) = document.content() else { panic!("copied") };
    assert!(file.as_ptr_range().contains(&content.as_ptr()));
    assert_eq!((content.len(), integrity(&document)), (large.len(), vec![Integrity::Intact]));

    // Nor where it is signed twice.
    let twice = person.sign(&file);
    let document = Document::open(&twice).unwrap();
    let Cow::Borrowed(content) = document.content() else { panic!("copied") };
    assert!(twice.as_ptr_range().contains(&content.as_ptr()));
    assert_eq!(integrity(&document), [Integrity::Intact; 2]);
}

#[test]
fn an_empty_document_is_a_document() {
    let person = Person::new("Anna Esempio");
    for octets in [&[0x04, 0][..], &[0x24, 0], &[0x24, 0x80, 0, 0]] {
        let file = p7m(octets, &[person.identity.der()], &[person.signer(b"")]);
        let document = Document::open(&file).unwrap();
        assert_eq!((document.size(), integrity(&document)), (0, vec![Integrity::Intact]));
        assert_eq!(document.content(), &b""[..]);
    }
}

#[test]
fn what_is_no_signed_document_says_what_it_lacks() {
    let person = Person::new("Anna Esempio");
    let (certificates, signers) = ([person.identity.der()], [person.signer(INVOICE)]);
    let octets = tlv(0x04, &[INVOICE]);
    const ENVELOPED: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x03];
    const TIME_STAMP: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x01, 0x04];
    let cases: [(&str, Vec<u8>, Fault); 8] = [
        ("nothing", Vec::new(), Fault::NotSigned),
        ("text", b"From: anna@example.test\r\n\r\nM".to_vec(), Fault::NotSigned),
        ("encrypted", tlv(0x30, &[&tlv(0x06, &[ENVELOPED]), &tlv(0xa0, &[&octets])]), Fault::NotSigned),
        ("detached", p7m_of(crate::p7s::DATA, &[], &certificates, &signers), Fault::Detached),
        (
            "a time-stamp",
            p7m_of(TIME_STAMP, &tlv(0xa0, &[&octets]), &certificates, &signers),
            Fault::UnknownContent,
        ),
        ("content that is no octets", p7m(&tlv(0x30, &[INVOICE]), &certificates, &signers), Fault::Malformed),
        ("a signer that is no element", p7m(&octets, &certificates, &[vec![0x30, 5]]), Fault::Malformed),
        (
            "two contents",
            p7m(&[octets.clone(), octets.clone()].concat(), &certificates, &signers),
            Fault::Malformed,
        ),
    ];
    for (what, file, expected) in cases {
        assert_eq!(Document::open(&file).map(|_| ()), Err(expected), "{what}");
    }
}
