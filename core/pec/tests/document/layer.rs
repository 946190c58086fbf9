//! Signed documents in signed documents.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use recapito_pec::document::{Document, Fault, Integrity, MAX_LAYERS};

use crate::p7m::{INVOICE, Person, integrity, open, p7m, p7m_of};
use crate::p7s::tlv;

#[test]
fn every_layer_names_its_signer_the_outermost_first() {
    let people = ["Anna", "Bruno", "Carla"].map(Person::new);
    // Carla signed first.
    let file = people.iter().rev().fold(INVOICE.to_vec(), |content, person| person.sign(&content));
    let document = Document::open(&file).unwrap();
    let names =
        document.signers().map(|(layer, signer)| (layer, signer.certificate.as_ref().unwrap().name.as_str()));
    assert_eq!(names.collect::<Vec<_>>(), [(1, "Anna"), (2, "Bruno"), (3, "Carla")]);
    assert_eq!((document.content().as_ref(), document.is_intact()), (INVOICE, true));
}

#[test]
fn layers_may_be_in_base64_and_in_segments() {
    let person = Person::new("Anna Esempio");
    let inner = STANDARD.encode(person.sign(INVOICE)).into_bytes();
    let segments: Vec<_> = inner.chunks(10).flat_map(|piece| tlv(0x04, &[piece])).collect();
    let middle = p7m(&open(0x24, &[&segments]), &[person.identity.der()], &[person.signer(&inner)]);
    let outer = STANDARD.encode(person.sign(&middle)).into_bytes();
    let document = Document::open(&outer).unwrap();
    assert_eq!(document.content(), INVOICE);
    assert_eq!(integrity(&document), [Integrity::Intact; 3]);
}

#[test]
fn a_change_inside_shows_in_every_layer_around_it() {
    let person = Person::new("Anna Esempio");
    let inner = person.sign(INVOICE);
    let outer = person.sign(&inner);
    let start = outer.windows(INVOICE.len()).position(|window| window == INVOICE).unwrap();
    let mut changed = outer;
    changed[start] ^= 1;
    assert_eq!(integrity(&Document::open(&changed).unwrap()), [Integrity::Altered; 2]);

    // A change that is signed over shows inside only.
    let mut changed = inner;
    let start = changed.windows(INVOICE.len()).position(|window| window == INVOICE).unwrap();
    changed[start] ^= 1;
    let file = person.sign(&changed);
    let document = Document::open(&file).unwrap();
    assert_eq!(integrity(&document), [Integrity::Intact, Integrity::Altered]);
    assert!(!document.is_intact());
}

#[test]
fn what_cannot_be_opened_inside_is_given_as_it_is() {
    let person = Person::new("Anna Esempio");
    let inner = person.sign(INVOICE);
    let detached = p7m_of(crate::p7s::DATA, &[], &[person.identity.der()], &[person.signer(INVOICE)]);
    for (content, fault) in [(&inner[..inner.len() - 1], Fault::Incomplete), (&detached, Fault::Detached)] {
        let file = person.sign(content);
        let document = Document::open(&file).unwrap();
        assert_eq!((document.layers.len(), document.unopened), (1, Some(fault)));
        assert_eq!((document.content().as_ref(), document.is_intact()), (content, true));
    }
}

#[test]
fn layers_are_opened_to_a_limit() {
    let person = Person::new("Anna Esempio");
    let nested = |layers| (0..layers).fold(INVOICE.to_vec(), |content, _| person.sign(&content));
    let file = nested(MAX_LAYERS);
    let document = Document::open(&file).unwrap();
    assert_eq!((document.layers.len(), document.unopened), (MAX_LAYERS, None));
    assert_eq!(document.content(), INVOICE);

    let file = nested(MAX_LAYERS + 1);
    let document = Document::open(&file).unwrap();
    assert_eq!((document.layers.len(), document.unopened), (MAX_LAYERS, Some(Fault::TooComplex)));
    assert_eq!(Document::open(&document.content()).unwrap().content(), INVOICE);
}
