//! How a command ends: the tagged OK, NO or BAD (RFC 3501 section 7.1).
//!
//! NO is a command that could not be obeyed, BAD one that should not have been given.

use imap_codec::imap_types::response::{Code, StatusKind};

/// The tagged end of a command.
pub(crate) struct Answer {
    pub(crate) kind: StatusKind,
    pub(crate) code: Option<Code<'static>>,
    pub(crate) text: &'static str,
}

impl Answer {
    pub(crate) fn ok(text: &'static str) -> Self {
        Self { kind: StatusKind::Ok, code: None, text }
    }

    pub(crate) fn no(text: &'static str) -> Self {
        Self { kind: StatusKind::No, code: None, text }
    }

    pub(crate) fn bad(text: &'static str) -> Self {
        Self { kind: StatusKind::Bad, code: None, text }
    }

    pub(crate) fn with(self, code: Code<'static>) -> Self {
        Self { code: Some(code), ..self }
    }
}
