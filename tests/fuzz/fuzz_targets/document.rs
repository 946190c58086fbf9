//! Signed documents: no more comes out than went in, and nothing is called intact that nobody signed.
//!
//! The seeds hold genuine signatures around what they sign.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use recapito_fuzz::{Genuine, canonical};
use recapito_pec::document::{Document, MAX_LAYERS};

static GENUINE: LazyLock<Genuine> = LazyLock::new(Genuine::load);

fuzz_target!(|p7m: &[u8]| {
    let Ok(document) = Document::open(p7m) else { return };
    assert!((1..=MAX_LAYERS).contains(&document.layers.len()));
    let content = document.content();
    assert!(content.len() <= p7m.len(), "what is inside is no larger");
    assert_eq!(document.size(), content.len());
    assert_eq!(document.pieces().collect::<Vec<_>>().concat(), *content);
    assert_eq!(format!("{:?}", document.layers), format!("{:?}", Document::open(p7m).unwrap().layers));
    let _ = document.media(None);

    if document.layers.len() == 1 && document.is_intact() {
        let content = canonical(&content);
        assert!(GENUINE.messages.iter().any(|signed| signed.content == content), "somebody signed this");
    }
});
