//! The `openssl` command: makes keys and signature values, and whole signatures of its own.
//!
//! Checks nothing here; that it agrees is asked elsewhere.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use recapito_tests::skip::skip;

/// Whether the command is there; says that the test is skipped where it is not.
pub(crate) fn is_here() -> bool {
    let is_here = Command::new("openssl").arg("version").output().is_ok();
    if !is_here {
        skip("the openssl command is missing");
    }
    is_here
}

/// Runs the command in a folder and gives what it prints.
///
/// # Panics
/// Where it fails: the case cannot be made.
pub(crate) fn run(folder: &Path, arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let pipe = Stdio::piped;
    let mut command = Command::new("openssl");
    command.args(arguments).current_dir(folder).stdin(pipe()).stdout(pipe()).stderr(pipe());
    let mut child = command.spawn().expect("openssl starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    // It reads to the end before it prints anything of size; where it gives up before that, its status says why.
    let _ = stdin.write_all(input);
    drop(stdin);
    let output = child.wait_with_output().expect("openssl ends");
    assert!(output.status.success(), "openssl {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}
