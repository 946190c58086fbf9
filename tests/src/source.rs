//! The project's own files, for tests that hold the sources to the rules of the project.
//!
//! A file counts if git tracks it or would: what `.gitignore` leaves out is nobody's work.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::corpus::project_root;

/// One text file of the project.
pub struct Source {
    /// Its path from the project's root, with slashes.
    pub path: String,
    /// Its text.
    pub text: String,
}

impl Source {
    /// The text without its unit tests: rules about what a crate may use do not bind what only tests it.
    /// Empty for a file of tests (`foo/tests.rs`, or in a crate's `tests/`).
    pub fn shipped(&self) -> &str {
        if self.path.ends_with("/tests.rs") || self.path.contains("/tests/") {
            return "";
        }
        self.text.split_once("#[cfg(test)]\nmod tests {").map_or(&self.text, |(shipped, _)| shipped)
    }

    /// Numbers (from 1) and texts of the lines of [`Source::shipped`] that are code, not comment.
    pub fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.shipped()
            .lines()
            .zip(1..)
            .map(|(line, number)| (number, line))
            .filter(|(_, line)| !line.trim_start().starts_with("//"))
    }
}

/// All text files of the project.
///
/// # Panics
/// Where git is missing or this is not a git working copy: a rule that sees no file must not pass.
pub fn sources() -> Vec<Source> {
    // A working copy that belongs to somebody else is fine for reading.
    let output = Command::new("git")
        .args(["-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(project_root())
        .output()
        .expect("git lists the project's files");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let paths = String::from_utf8(output.stdout).expect("paths are UTF-8");
    let sources: Vec<_> = paths.split_terminator('\0').filter_map(read).collect();
    assert!(!sources.is_empty(), "git knows no file of the project");
    sources
}

/// All Rust files below a folder of the project, given with its closing slash (or `""`).
pub fn rust_sources(folder: &str) -> Vec<Source> {
    let mut sources = sources();
    sources.retain(|source| source.path.starts_with(folder) && source.path.ends_with(".rs"));
    assert!(!sources.is_empty(), "no Rust file in {folder}: has it moved?");
    sources
}

/// `None` for what is not text, and for what git still lists although it has just been deleted.
fn read(path: &str) -> Option<Source> {
    let bytes = fs::read(Path::new(project_root()).join(path)).ok()?;
    Some(Source { path: path.to_owned(), text: String::from_utf8(bytes).ok()? })
}
