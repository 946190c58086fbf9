//! The exit codes: a contract with scripts, so a number never changes its meaning.

use std::process::ExitCode;

/// How a command ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Exit {
    /// Done; for `verify`: every file is certified mail and trusted.
    Done = 0,
    /// The program's own fault: a bug, a full disk.
    Fault = 1,
    /// Wrong usage.
    Usage = 2,
    /// Not settled yet.
    Pending = 10,
    /// At least one recipient will not get it.
    Failed = 20,
    /// At least one file is not trusted, or not certified.
    Unverified = 30,
    /// A server cannot be reached, its certificate is wrong, or it did not give everything.
    Unreachable = 40,
    /// A server refused the login.
    LoginRefused = 41,
}

impl Exit {
    /// The exit of two things done one after the other: the first that did not go well.
    pub(crate) fn or(self, next: Self) -> Self {
        if self == Self::Done { next } else { self }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
