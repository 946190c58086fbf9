//! The whole: nothing is trusted but what providers signed, whatever is done to it.
//!
//! The seeds hold genuine messages; a verdict of trusted must mean that one of their signed contents stands in the
//! bytes, and that what is said of it is what that content says.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use recapito_fuzz::{Genuine, NOW, canonical, mutate_lines, pieces};
use recapito_pec::verification::Verifier;
use recapito_pec::{Verdict, Verification, verify};

static GENUINE: LazyLock<Genuine> = LazyLock::new(Genuine::load);

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    mutate_lines(data, size, max_size, seed)
});

fuzz_target!(|raw: &[u8]| {
    let found = verify(raw, &GENUINE.anchors, NOW);
    let mut verifier = Verifier::new(&GENUINE.anchors, NOW).taking_every_digest();
    pieces(raw).for_each(|piece| verifier.update(piece));
    let arrived = verifier.finish().expect("every digest is taken");
    assert_eq!(format!("{found:?}"), format!("{arrived:?}"), "however it arrives");
    assert!(found.contains.len() <= 32);
    check(&found);
    if found.verdict == Verdict::Trusted {
        let canonical = canonical(raw);
        let signed = GENUINE.messages.iter().find(|signed| signed.digest == found.digest);
        let signed = signed.expect("a provider signed this content");
        assert!(
            canonical.windows(signed.content.len()).any(|window| window == signed.content),
            "it is there"
        );
        assert_eq!(found.certdata, signed.certdata, "and says this");
    }
    for inside in &found.contains {
        check(&inside.verification);
    }

    // Servers add lines above the header.
    let has_header = raw.first().is_some_and(u8::is_ascii_graphic) && raw.len() < 200 << 10;
    if has_header && found.verdict > Verdict::Unreadable {
        let handed_on = [b"X-Received: by example.test\r\n", raw].concat();
        let handed_on = verify(&handed_on, &GENUINE.anchors, NOW);
        assert_eq!(handed_on.verdict, found.verdict, "the verdict stays the same");
        // What is not trusted is known by all of it.
        let is_known_by_content = found.verdict == Verdict::Trusted;
        assert_eq!(
            handed_on.digest == found.digest,
            is_known_by_content,
            "and so does evidence, and nothing else"
        );
    }
});

fn check(found: &Verification) {
    let is_trusted = found.verdict == Verdict::Trusted;
    assert_eq!(found.reason.is_none(), is_trusted);
    assert!(!is_trusted || found.signer.is_some() && found.anchor.is_some());
    assert!(found.reason.is_none_or(|reason| reason.verdict() == found.verdict));
    assert_ne!(found.verdict, Verdict::Unchecked);
}
