//! The structure of a message that comes in pieces, for the fuzz targets (see [`crate::fuzzing`]).

use super::outline::Outline;
use super::{Limits, Message, Scanner};

/// [`Message::parse`] of what the pieces make together.
pub fn parse_in_pieces<'a>(raw: &'a [u8], pieces: impl IntoIterator<Item = &'a [u8]>) -> Message<'a> {
    let mut outline = Outline::default();
    let mut scanner = Scanner::new(&Limits::default());
    for piece in pieces {
        scanner.push(piece, &mut outline);
    }
    scanner.finish(&mut outline);
    Message { raw, nodes: outline.nodes }
}
