//! Who signed: several signers side by side, what each signed, and certificates that claim to be a signer's.

use recapito_pec::document::{Document, Integrity};
use ring::digest;

use crate::p7m::{INVOICE, Person, integrity, p7m};
use crate::p7s::{attribute, attributes, attributes_at, signer, signer_info, signer_without_attributes, tlv};

fn document_of(certificates: &[Vec<u8>], signers: &[Vec<u8>]) -> Vec<u8> {
    p7m(&tlv(0x04, &[INVOICE]), certificates, signers)
}

#[test]
fn a_signer_is_named_as_the_certificate_says() {
    let person = Person::new("Anna Esempio");
    let file = person.sign(INVOICE);
    let document = Document::open(&file).unwrap();
    let [signer] = document.layers[0].as_slice() else { panic!("one signer") };
    let certificate = signer.certificate.as_ref().unwrap();
    assert_eq!((certificate.name.as_str(), certificate.issuer.as_str()), ("Anna Esempio", "Example CA1"));
    let [_, serial] = crate::p7s::issuer_and_serial(&person.identity.der());
    let serial: String = serial[2..].iter().map(|octet| format!("{octet:02x}")).collect();
    assert_eq!(certificate.serial.trim_start_matches("00"), serial.trim_start_matches("00"));
    assert_eq!(signer.signed_at, Some("2024-06-01T12:00:00Z".parse().unwrap()));
    assert!(signer.notes.is_empty());

    // Without a signing time, none is made up.
    let timeless = document_of(
        &[person.identity.der()],
        &[crate::p7s::signer(&person.identity, &attributes_at(INVOICE, None))],
    );
    assert_eq!(Document::open(&timeless).unwrap().layers[0][0].signed_at, None);
}

#[test]
fn each_signer_beside_others_is_judged_alone() {
    let (anna, bruno) = (Person::new("Anna Esempio"), Person::new("Bruno Esempio"));
    let wrong_value = signer_info(&bruno.identity, Some(&attributes(INVOICE)), &[0x30, 6, 2, 1, 1, 2, 1, 1]);
    let no_content_type = signer(&bruno.identity, &attributes(INVOICE)[1..]);
    let cases: [(&str, Vec<u8>, Integrity); 6] = [
        ("genuine", bruno.signer(INVOICE), Integrity::Intact),
        ("of another document", bruno.signer(b"another"), Integrity::Altered),
        ("with a wrong signature value", wrong_value, Integrity::Altered),
        ("without attributes", signer_without_attributes(&bruno.identity, INVOICE), Integrity::Intact),
        ("without a content type", no_content_type, Integrity::Unreadable),
        ("without its certificate", Person::new("Carla").signer(INVOICE), Integrity::CertificateMissing),
    ];
    for (what, other, expected) in cases {
        let certificates = [anna.identity.der(), bruno.identity.der()];
        let file = document_of(&certificates, &[anna.signer(INVOICE), other.clone()]);
        let document = Document::open(&file).unwrap();
        assert_eq!(integrity(&document), [Integrity::Intact, expected], "{what}");
        assert_eq!(document.is_intact(), expected == Integrity::Intact, "{what}");
        // In the other order, too: nobody hides behind the first.
        let file = document_of(&certificates, &[other, anna.signer(INVOICE)]);
        assert_eq!(integrity(&Document::open(&file).unwrap()), [expected, Integrity::Intact], "{what}");
    }
}

#[test]
fn a_whole_board_may_sign() {
    let board: Vec<_> = (1..=30).map(|number| Person::new(&format!("Member {number}"))).collect();
    let certificates: Vec<_> = board.iter().map(|person| person.identity.der()).collect();
    let signers: Vec<_> = board.iter().map(|person| person.signer(INVOICE)).collect();
    let file = document_of(&certificates, &signers);
    let document = Document::open(&file).unwrap();
    assert_eq!(integrity(&document), [Integrity::Intact; 30]);
    assert_eq!(document.layers[0][29].certificate.as_ref().unwrap().name, "Member 30");
}

#[test]
fn a_document_that_nobody_signed_is_not_intact() {
    let file = document_of(&[Person::new("Anna Esempio").identity.der()], &[]);
    let document = Document::open(&file).unwrap();
    assert_eq!((document.content().as_ref(), document.signers().count()), (INVOICE, 0));
    assert!(!document.is_intact());
}

#[test]
fn every_change_of_the_document_is_seen() {
    let person = Person::new("Anna Esempio");
    let file = person.sign(INVOICE);
    let start = file.windows(INVOICE.len()).position(|window| window == INVOICE).unwrap();
    for at in start..start + INVOICE.len() {
        for bit in 0..8 {
            let mut changed = file.clone();
            changed[at] ^= 1 << bit;
            let document = Document::open(&changed).unwrap();
            assert_eq!(integrity(&document), [Integrity::Altered], "bit {bit} of byte {at}");
            assert!(document.content() != INVOICE);
        }
    }
}

/// Whichever bit of the whole file is flipped: what is called intact is the signer's own document, under its name.
#[test]
fn no_flipped_bit_makes_another_document_intact() {
    let person = Person::new("Anna Esempio");
    let file = {
        let signed = pinned(&person.identity.der());
        document_of(&[person.identity.der()], &[signer(&person.identity, &signed)])
    };
    for at in 0..file.len() {
        for bit in 0..8 {
            let mut changed = file.clone();
            changed[at] ^= 1 << bit;
            let Ok(document) = Document::open(&changed) else { continue };
            for (_, signer) in document.signers().filter(|(_, signer)| signer.integrity == Integrity::Intact)
            {
                assert_eq!(document.content(), INVOICE, "bit {bit} of byte {at}");
                let certificate = signer.certificate.as_ref().unwrap();
                assert_eq!(certificate.name, "Anna Esempio", "bit {bit} of byte {at}");
                assert!(signer.signed_at.is_some_and(|time| time.to_string() == "2024-06-01T12:00:00Z"));
            }
        }
    }
}

#[test]
fn a_certificate_of_the_same_key_in_another_name_is_not_the_one_signed_for() {
    let person = Person::new("Anna Esempio");
    let mut params = Person::params("Presidente del Tribunale");
    params.serial_number = person.identity.params.serial_number.clone().or_else(|| {
        let [_, serial] = crate::p7s::issuer_and_serial(&person.identity.der());
        Some(serial[2..].to_vec().into())
    });
    let decoy = person.authority.certify(&params, &person.identity.key).der().to_vec();
    let real = person.identity.der();

    let signed = pinned(&real);
    let file = document_of(&[decoy.clone(), real.clone()], &[signer(&person.identity, &signed)]);
    let document = Document::open(&file).unwrap();
    let found = &document.layers[0][0];
    assert_eq!(found.integrity, Integrity::Intact);
    assert_eq!(found.certificate.as_ref().unwrap().name, "Anna Esempio");

    let file = document_of(std::slice::from_ref(&decoy), &[signer(&person.identity, &signed)]);
    let document = Document::open(&file).unwrap();
    assert_eq!(integrity(&document), [Integrity::CertificateMissing]);
    assert_eq!(document.layers[0][0].certificate, None, "a decoy names nobody");

    // What names no certificate leaves the choice to whoever made the file: the first that fits.
    let file = document_of(&[decoy, real], &[person.signer(INVOICE)]);
    let document = Document::open(&file).unwrap();
    assert_eq!(document.layers[0][0].certificate.as_ref().unwrap().name, "Presidente del Tribunale");
}

#[test]
fn a_pin_is_read_in_both_versions_and_an_unreadable_one_counts() {
    let person = Person::new("Anna Esempio");
    let der = person.identity.der();
    let sha1 = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, &der);
    let sha512 = digest::digest(&digest::SHA512, &der);
    let named =
        |oid: &[u8], digest: &[u8]| tlv(0x30, &[&tlv(0x30, &[&tlv(0x06, &[oid])]), &tlv(0x04, &[digest])]);
    const SHA512: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03];
    const MD5: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 0x05];
    let list = |ids: &[&[u8]]| tlv(0x30, &[&tlv(0x30, ids)]);
    let cases: [(&str, &[u8], Vec<u8>, Integrity); 7] = [
        ("v1", SIGNING_CERTIFICATE, list(&[&tlv(0x30, &[&tlv(0x04, &[sha1.as_ref()])])]), Integrity::Intact),
        ("v2, SHA-512", SIGNING_CERTIFICATE_V2, list(&[&named(SHA512, sha512.as_ref())]), Integrity::Intact),
        (
            "v2, an authority second",
            SIGNING_CERTIFICATE_V2,
            list(&[&named(SHA512, sha512.as_ref()), &tlv(0x30, &[&tlv(0x04, &[&[0; 32]])])]),
            Integrity::Intact,
        ),
        ("v2, MD5", SIGNING_CERTIFICATE_V2, list(&[&named(MD5, &[0; 16])]), Integrity::Unsupported),
        (
            "v2, another",
            SIGNING_CERTIFICATE_V2,
            list(&[&named(SHA512, &[0; 64])]),
            Integrity::CertificateMissing,
        ),
        ("v2, no certificate", SIGNING_CERTIFICATE_V2, list(&[]), Integrity::Unreadable),
        ("v2, no list", SIGNING_CERTIFICATE_V2, vec![5, 0], Integrity::Unreadable),
    ];
    for (what, kind, value, expected) in cases {
        let mut attributes = attributes(INVOICE);
        attributes.push(attribute(kind, &value));
        let file = document_of(&[person.identity.der()], &[signer(&person.identity, &attributes)]);
        assert_eq!(integrity(&Document::open(&file).unwrap()), [expected], "{what}");
    }
}

/// A signature without attributes over what is itself a set of attributes is another document's signature, moved.
#[test]
fn attributes_that_are_passed_off_as_a_document_are_not_intact() {
    let person = Person::new("Anna Esempio");
    let attributes = attributes(INVOICE);
    let set = tlv(0x31, &[&attributes.concat()]);
    let value = rcgen::SigningKey::sign(&person.identity.key, &set).unwrap();
    let file =
        p7m(&tlv(0x04, &[&set]), &[person.identity.der()], &[signer_info(&person.identity, None, &value)]);
    assert_eq!(integrity(&Document::open(&file).unwrap()), [Integrity::Unreadable]);
}

/// Attributes with the digest of the signer's certificate, as CAdES asks for.
fn pinned(certificate: &[u8]) -> Vec<Vec<u8>> {
    let digest = digest::digest(&digest::SHA256, certificate);
    let id = tlv(0x30, &[&tlv(0x04, &[digest.as_ref()])]);
    let mut attributes = attributes(INVOICE);
    attributes.push(attribute(SIGNING_CERTIFICATE_V2, &tlv(0x30, &[&tlv(0x30, &[&id])])));
    attributes
}

const SIGNING_CERTIFICATE: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x02, 0x0c];
const SIGNING_CERTIFICATE_V2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x02, 0x2f];
