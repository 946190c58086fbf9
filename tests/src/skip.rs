//! The one rule about skipping a test.
//!
//! A test that cannot show anything where it runs says so in a line that `tests/run` counts, and returns.
//! Under `CI=true` the same is a failure, so that a green run there means that everything ran.

use std::env;
use std::io::{self, Write};

/// Says that the running test is skipped, and why; the test returns afterwards.
///
/// The line goes past the test harness's capture, which would hide it in a test that passes, and starts on
/// a line of its own, since with one test thread the harness has already written `test name ... `.
///
/// # Panics
/// Under `CI=true`, where nothing may be skipped.
pub fn skip(why: &str) {
    assert!(!is_ci(), "nothing may be skipped under CI=true: {why}");
    // A closed standard error must not fail the test.
    let _ = writeln!(io::stderr(), "\nskipped: {why}");
}

/// Whether this run has to be complete.
fn is_ci() -> bool {
    env::var_os("CI").is_some_and(|value| value == "true")
}
