//! Messages made to deceive: never trusted, or trusted for what the provider signed and nothing else.

mod algorithm;
mod boundary;
mod certdata;
mod cms;
mod content;
mod header;
mod impostor;
mod wrapping;

use crate::authority::Authority;
use crate::case::Case;
use crate::envelope::{INNER, TEXT, content, daticert, forged, mixed, swap};

/// All of them.
pub(crate) fn cases(of: &Authority) -> Vec<Case> {
    let genuine = Genuine::of(of);
    [
        wrapping::cases(of, &genuine),
        boundary::cases(&genuine),
        header::cases(&genuine),
        content::cases(&genuine),
        certdata::cases(of),
        impostor::cases(of, &genuine),
        cms::cases(of, &genuine),
        algorithm::cases(of, &genuine),
    ]
    .concat()
}

/// What an attacker has: a genuine receipt, and another that he would like to have.
struct Genuine {
    /// What the provider signed.
    content: Vec<u8>,
    /// The signature over it.
    p7s: Vec<u8>,
    /// What the provider never signed.
    fake: Vec<u8>,
}

impl Genuine {
    fn of(of: &Authority) -> Self {
        let content = content();
        // By a boundary of its own: where it stands before the genuine one, nothing else may be unclear.
        let fake = swap(&mixed(&[TEXT, &daticert(&forged("avvenuta-consegna"))]), INNER, "----=_Inner_7");
        Self { p7s: of.p7s(&content), content, fake }
    }
}

/// The same bytes with others in one place.
fn swap_bytes(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let at = bytes.windows(from.len()).position(|window| window == from).expect("the bytes to change");
    assert_eq!(from.len(), to.len(), "or the lengths around them are wrong");
    [&bytes[..at], to, &bytes[at + from.len()..]].concat()
}
