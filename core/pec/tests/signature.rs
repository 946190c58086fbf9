//! Signatures as they are met: real mail of the corpus, every shape that OpenSSL makes, and attacks.

#[path = "signature/attack.rs"]
mod attack;
#[path = "signature/authority.rs"]
mod authority;
#[path = "signature/corpus.rs"]
mod corpus;
#[path = "signature/p7s.rs"]
mod p7s;
#[path = "signature/shape.rs"]
mod shape;
#[path = "signature/trust.rs"]
mod trust;

/// Says that a test did not run; under CI that is a failure.
#[allow(clippy::print_stderr)]
fn skip(why: &str) {
    assert!(std::env::var_os("CI").is_none(), "{why}");
    eprintln!("SKIPPED: {why}");
}
