//! Every bit of a genuine receipt, turned over one at a time.
//!
//! Inside the signed content no flip may leave the receipt trusted, unless what is signed, the content with canonical
//! line ends, is the same as before. Outside (header, delimiters, signature) it may stay trusted only if it proves
//! the same: same signed content, kind, certification data, signer and authority.

mod receipt;

use std::ops::Range;
use std::thread;

use jiff::Timestamp;
use recapito_pec::message::Message;
use recapito_pec::verification::EvidenceDigest;
use recapito_pec::{Anchors, CertificationData, Kind, Verdict, verify};

use super::sample::{self, Sample};

#[test]
fn no_bit_of_a_small_receipt_can_be_flipped_unnoticed() {
    let Some(receipt) = receipt::small() else { return };
    assert!(receipt.raw.len() < 4_000, "{} bytes", receipt.raw.len());
    let bits = 0..receipt.raw.len() * 8;
    let (inside, outside) = flip(&receipt, bits);
    // CRLF throughout: nothing inside can change and mean the same.
    assert_eq!(inside, 0);
    // Most of the header is nobody's business, so that a test which finds nothing there has not looked.
    assert!(outside > 1_000, "{outside}");
}

#[test]
fn a_stored_copy_with_bare_line_feeds_hides_no_flip() {
    let Some(receipt) = receipt::small() else { return };
    let lf: Vec<u8> = receipt.raw.iter().copied().filter(|byte| *byte != b'\r').collect();
    // Every bit that can make a CR, where CR before LF is worth nothing.
    let bits: Vec<_> = (0..lf.len() * 8).filter(|bit| lf[bit / 8] ^ (1 << (bit % 8)) == b'\r').collect();
    assert!(!bits.is_empty());
    let (inside, _) = flip(&receipt.with("LF".to_owned(), lf), bits);
    assert_eq!(inside, 0);
}

#[test]
fn no_byte_of_a_real_receipt_can_be_flipped_unnoticed() {
    let corpus = sample::corpus();
    let Some(receipt) = corpus.iter().find(|sample| sample.name == "pec/aruba-2018-acceptance.eml") else {
        return;
    };
    // One bit of each byte, another one each time.
    let bits = (0..receipt.raw.len()).map(|byte| byte * 8 + byte * 3 % 8);
    let (inside, outside) = flip(receipt, bits);
    assert_eq!(inside, 0);
    assert!(outside > 100, "{outside}");
}

/// Flips these bits one at a time; how many leave it trusted, inside and outside the signed content.
fn flip(receipt: &Sample, bits: impl IntoIterator<Item = usize>) -> (usize, usize) {
    let anchors = receipt.anchors();
    let genuine = Proof::of(&receipt.raw, &anchors, receipt.now).expect("it is trusted as it is");
    let signed = signed_content(&receipt.raw);
    let bits: Vec<_> = bits.into_iter().collect();
    let half = bits.len().div_ceil(2).max(1);
    let is_trusted = |bit: &usize| still_trusted(receipt, *bit, &genuine, &anchors);
    let trusted: Vec<usize> = thread::scope(|scope| {
        let look = |bits: &[usize]| bits.iter().copied().filter(is_trusted).collect::<Vec<_>>();
        let halves: Vec<_> = bits.chunks(half).map(|bits| scope.spawn(move || look(bits))).collect();
        halves.into_iter().flat_map(|half| half.join().expect("every flip has its verdict")).collect()
    });
    let inside = trusted.iter().filter(|bit| signed.contains(&(**bit / 8))).count();
    println!(
        "{}: {} flips, trusted still: {inside} in the signed content, {} outside it",
        receipt.name,
        bits.len(),
        trusted.len() - inside
    );
    (inside, trusted.len() - inside)
}

/// Whether a flip leaves the receipt trusted, in which case it must prove the same as before.
fn still_trusted(receipt: &Sample, bit: usize, genuine: &Proof, anchors: &Anchors) -> bool {
    let mut raw = receipt.raw.clone();
    raw[bit / 8] ^= 1 << (bit % 8);
    match Proof::of(&raw, anchors, receipt.now) {
        Some(proof) => {
            assert_eq!(&proof, genuine, "{}: bit {} of byte {}", receipt.name, bit % 8, bit / 8);
            true
        }
        None => false,
    }
}

/// What a trusted message proves.
#[derive(Debug, Eq, PartialEq)]
struct Proof {
    kind: Kind,
    certdata: Option<CertificationData>,
    /// Of the signed content with canonical line ends.
    content: EvidenceDigest,
    signer: String,
    anchor: Option<String>,
}

impl Proof {
    /// `None` for a message that is not trusted.
    fn of(raw: &[u8], anchors: &Anchors, now: Timestamp) -> Option<Self> {
        let found = verify(raw, anchors, now);
        (found.verdict == Verdict::Trusted).then(|| Self {
            kind: found.kind,
            certdata: found.certdata,
            content: found.digest,
            signer: format!("{:?}", found.signer),
            anchor: found.anchor,
        })
    }
}

fn signed_content(raw: &[u8]) -> Range<usize> {
    let message = Message::parse(raw);
    let content = message.root().children().next().expect("a signed message has a content");
    content.range()
}
