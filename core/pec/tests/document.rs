//! Signed documents as they are met: every way to write one, every signer, and what is made to break a reader.

#![allow(clippy::disallowed_methods, clippy::disallowed_types)] // a test may: files, threads, clock

#[allow(dead_code)] // shared with the tests of signatures, which use all of it
#[path = "signature/authority.rs"]
mod authority;
#[path = "document/hostile.rs"]
mod hostile;
#[path = "document/layer.rs"]
mod layer;
#[path = "document/openssl.rs"]
mod openssl;
#[path = "document/p7m.rs"]
mod p7m;
#[allow(dead_code)] // as above
#[path = "signature/p7s.rs"]
mod p7s;
#[path = "document/shape.rs"]
mod shape;
#[path = "document/signer.rs"]
mod signer;

/// Says that a test did not run; under CI that is a failure.
#[allow(clippy::print_stderr)]
fn skip(why: &str) {
    assert!(std::env::var_os("CI").is_none(), "{why}");
    // Past the capture of the harness, for `tests/run` to count.
    let _ = std::io::Write::write_all(&mut std::io::stderr(), format!("\nskipped: {why}\n").as_bytes());
}
