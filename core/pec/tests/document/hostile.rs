//! Files made to break their reader: whatever the bytes, there is an answer, soon, and without a panic.

use proptest::prelude::*;
use recapito_pec::document::{Document, Fault, Integrity};
use std::sync::LazyLock;

use crate::p7m::{INVOICE, Person, integrity, open, p7m, p7m_indefinite, p7m_of};
use crate::p7s::{DATA, SIGNED_DATA, tlv};

static PERSON: LazyLock<Person> = LazyLock::new(|| Person::new("Anna Esempio"));

/// What a file is, read on a thread with the smallest stack a phone gives. Something quadratic would keep the run for
/// minutes.
fn fault(file: Vec<u8>) -> Option<Fault> {
    let read = move || Document::open(&file).err();
    std::thread::Builder::new().stack_size(512 * 1024).spawn(read).unwrap().join().unwrap()
}

#[test]
fn a_file_cut_anywhere_is_no_document() {
    let octets = open(0x24, &[&tlv(0x04, &[INVOICE])]);
    let (certificates, signers) = ([PERSON.identity.der()], [PERSON.signer(INVOICE)]);
    for file in [PERSON.sign(INVOICE), p7m_indefinite(&octets, &certificates, &signers)] {
        for size in 0..file.len() {
            let expected = match Document::open(&file[..size]) {
                Err(Fault::NotSigned) => size < 16,
                Err(Fault::Incomplete) => true,
                _ => false,
            };
            assert!(expected, "cut at {size} of {}", file.len());
        }
    }
}

#[test]
fn ten_thousand_levels() {
    let head = [&[0x30, 0x80], tlv(0x06, &[SIGNED_DATA]).as_slice()].concat();
    for tag in [0x30, 0xa0, 0x24] {
        for open in [vec![tag, 0x80], vec![tag, 0x84, 0x00, 0x00, 0x40, 0x00]] {
            let found = fault([head.as_slice(), &open.repeat(10_000)].concat());
            assert!(found.is_some(), "{tag:02x}");
        }
    }
    let (certificates, signers) = ([PERSON.identity.der()], [PERSON.signer(INVOICE)]);
    let deep = [[0x24, 0x80].repeat(10_000), vec![0; 20_000]].concat();
    assert_eq!(fault(p7m(&deep, &certificates, &signers)), Some(Fault::TooComplex));
    let deep = [[0x30, 0x80].repeat(10_000), vec![0; 20_000]].concat();
    assert_eq!(
        fault(p7m_indefinite(&tlv(0x04, &[INVOICE]), &certificates, &[deep])),
        Some(Fault::TooComplex)
    );
}

#[test]
fn lengths_that_lie() {
    let file = PERSON.sign(INVOICE);
    // Every octet that may be one of a length, and all others: shorter, longer, enormous.
    for at in 0..file.len() {
        for lie in [0x00, 0x01, 0x7f, 0x80, 0x81, 0x84, 0x88, 0xff] {
            let mut changed = file.clone();
            changed[at] = lie;
            if let Ok(document) = Document::open(&changed)
                && integrity(&document) == [Integrity::Intact]
            {
                assert_eq!(document.content(), INVOICE, "{lie:02x} at {at}");
            }
        }
    }
}

/// What stands in an element ends with it, or two readers would see two documents.
#[test]
fn an_element_that_ends_beyond_the_one_around_it() {
    let (certificates, signers) = ([PERSON.identity.der()], [PERSON.signer(INVOICE)]);
    let octets = tlv(0x04, &[INVOICE]);
    let shorter = |tag| {
        let mut around = tlv(tag, &[&octets]);
        around[1] -= 1;
        around
    };
    let segment = p7m(&shorter(0x24), &certificates, &signers);
    assert_eq!(fault(segment), Some(Fault::Malformed));
    let wrapped = p7m_of(DATA, &shorter(0xa0), &certificates, &signers);
    assert_eq!(fault(wrapped), Some(Fault::Malformed));
}

#[test]
fn hundreds_of_thousands_of_pieces() {
    let (certificates, signers) = ([PERSON.identity.der()], [PERSON.signer(b"")]);
    let empty = open(0x24, &[&[0x04, 0].repeat(300_000)]);
    let file = p7m(&empty, &certificates, &signers);
    let document = Document::open(&file).unwrap();
    assert_eq!((document.size(), integrity(&document)), (0, vec![Integrity::Intact]));
    assert_eq!(document.content(), &b""[..]);

    let single = open(0x24, &[&[0x04, 1, b'x'].repeat(300_000)]);
    let file = p7m(&single, &certificates, &[PERSON.signer(&vec![b'x'; 300_000])]);
    let document = Document::open(&file).unwrap();
    assert_eq!((document.content().len(), integrity(&document)), (300_000, vec![Integrity::Intact]));
}

#[test]
fn what_is_not_the_document_may_not_be_large() {
    let certificates = vec![tlv(0x30, &[&vec![0; 8 << 20]])];
    let file = p7m(&tlv(0x04, &[INVOICE]), &certificates, &[PERSON.signer(INVOICE)]);
    assert_eq!(fault(file), Some(Fault::TooComplex));
    let signers = vec![PERSON.signer(INVOICE); 10_000];
    assert_eq!(fault(p7m(&tlv(0x04, &[INVOICE]), &[], &signers)), Some(Fault::TooComplex));
}

proptest! {
    #[test]
    fn any_change_has_an_answer(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)) {
        let octets = open(0x24, &[&tlv(0x04, &[&INVOICE[..9]]), &tlv(0x04, &[&INVOICE[9..]])]);
        let mut file = p7m_indefinite(&octets, &[PERSON.identity.der()], &[PERSON.signer(INVOICE)]);
        for (index, value) in changes {
            let at = index.index(file.len());
            file[at] = value;
        }
        if let Ok(document) = Document::open(&file) {
            let joined = document.pieces().collect::<Vec<_>>().concat();
            prop_assert_eq!(&document.content()[..], joined.as_slice());
            prop_assert_eq!(document.size(), joined.len());
            if document.is_intact() {
                prop_assert_eq!(joined.as_slice(), INVOICE);
            }
        }
    }

    #[test]
    fn any_bytes_have_an_answer(tail in prop::collection::vec(any::<u8>(), 0..200)) {
        let head = [&[0x30, 0x80], tlv(0x06, &[SIGNED_DATA]).as_slice(), &[0xa0, 0x80, 0x30, 0x80]].concat();
        let _ = Document::open(&tail);
        let _ = Document::open(&[head.as_slice(), &tail].concat());
    }
}
