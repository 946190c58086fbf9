//! Signatures as they are met: real mail of the corpus, every shape that OpenSSL makes, and attacks.

#![allow(clippy::disallowed_methods, clippy::disallowed_types)] // a test may: files, threads, clock

#[path = "signature/algorithm.rs"]
mod algorithm;
#[path = "signature/attack.rs"]
mod attack;
#[path = "signature/authority.rs"]
mod authority;
#[path = "signature/bound.rs"]
mod bound;
#[path = "signature/corpus.rs"]
mod corpus;
#[path = "signature/encoding.rs"]
mod encoding;
#[path = "signature/p7s.rs"]
mod p7s;
#[path = "signature/path.rs"]
mod path;
#[path = "signature/revocation.rs"]
mod revocation;
#[path = "signature/shape.rs"]
mod shape;
#[path = "signature/trust.rs"]
mod trust;

/// Says that a test did not run; under CI that is a failure.
#[allow(clippy::print_stderr)]
fn skip(why: &str) {
    assert!(std::env::var_os("CI").is_none(), "{why}");
    // Past the capture of the harness, for `tests/run` to count.
    let _ = std::io::Write::write_all(&mut std::io::stderr(), format!("\nskipped: {why}\n").as_bytes());
}
