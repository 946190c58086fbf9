//! Where the corpus of real and official messages lies.
//!
//! It is not part of the repository: its licences differ, and some of its mail is real. It lies beside the
//! project as `../shared/corpus`; `RECAPITO_CORPUS` names another place. Its own README says what to expect
//! of each file.

use std::env;
use std::path::{Path, PathBuf};

use crate::skip::skip;

/// The folder of the corpus, or `None` after having said that the test is skipped.
///
/// # Panics
/// Under `CI=true` if the corpus is missing; anywhere if `RECAPITO_CORPUS` names a folder that is not there,
/// since whoever sets it wants these tests to run.
pub fn corpus_or_skip() -> Option<PathBuf> {
    if let Some(named) = env::var_os("RECAPITO_CORPUS").map(PathBuf::from) {
        assert!(named.is_dir(), "RECAPITO_CORPUS names no folder");
        return Some(named);
    }
    let beside = project_root().join("../shared/corpus");
    if !beside.is_dir() {
        skip("no corpus in ../shared/corpus and RECAPITO_CORPUS is not set");
        return None;
    }
    Some(beside)
}

/// The top folder of the project.
pub fn project_root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}
