//! Signatures: bounded in number, read alike each time, and never trusted for a content that was not signed.
//!
//! The seeds hold genuine signatures, so that the fuzzer starts from what is trusted.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use recapito_fuzz::{Genuine, NOW};
use recapito_pec::fuzzing::{check, signed_data};
use recapito_pec::signature::Claim;
use recapito_pec::{Address, Verdict};

static GENUINE: LazyLock<Genuine> = LazyLock::new(Genuine::load);

fuzz_target!(|input: &[u8]| {
    // Which of the contents the signature is held against.
    let Some((choice, p7s)) = input.split_first() else { return };
    let choice = usize::from(*choice) % GENUINE.messages.len();
    let signed = &GENUINE.messages[choice];

    if let Some([certificates, revocations, signers]) = signed_data(p7s) {
        assert!(certificates <= 32 && revocations <= 8 && signers <= 4);
    }
    let claim = Claim { from: Some(&signed.from), time: Some(NOW) };
    let check = |content: &[u8], claim: &Claim<'_>| {
        check(p7s, content, claim, &GENUINE.anchors, NOW).expect("all digests")
    };
    let ours = check(&signed.content, &claim);
    assert_eq!(ours, check(&signed.content, &claim), "the same each time");
    assert_eq!(ours.reason.is_none(), ours.verdict == Verdict::Trusted);

    let mut changed = signed.content.clone();
    let place = p7s.len() % changed.len();
    changed[place] ^= 1;
    let changed = check(&changed, &claim);
    assert_ne!(changed.verdict, Verdict::Trusted, "nobody signed this content");

    let from = Address::new("posta-certificata@elsewhere.example.test");
    let claim = Claim { from: Some(&from), ..claim };
    let other = check(&signed.content, &claim);
    assert_ne!(other.verdict, Verdict::Trusted, "nobody has a certificate for this address");
});
