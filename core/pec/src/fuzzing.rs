//! Ways for the fuzz targets (tests/fuzz) into readers that are private. They exist only where `cfg(fuzzing)` is
//! set, which `cargo fuzz` does: no program can come to rest on them.

use crate::{Address, message};

pub use crate::message::fuzzing::parse_in_pieces;
pub use crate::signature::fuzzing::{Certificate, certificate, check, revocation_list, signed_data, to_der};

/// The address of a field value that is exactly one plain mailbox.
pub fn mailbox(value: &[u8]) -> Option<Address> {
    message::mailbox(value)
}
