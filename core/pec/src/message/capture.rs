//! The content of one part, decoded and kept as it streams by, up to a size.

use std::ops::ControlFlow;

use super::decoder::Decoder;
use super::{Decoded, Encoding, Problem};

/// A content that is being kept.
#[derive(Debug)]
pub(crate) struct Capture {
    decoder: Decoder,
    bytes: Vec<u8>,
    most: usize,
    fits: bool,
}

impl Capture {
    /// Before the first byte of a body of which at most so many decoded bytes are kept.
    pub(crate) fn new(encoding: Encoding, most: usize) -> Self {
        Self { decoder: Decoder::new(encoding), bytes: Vec::new(), most, fits: true }
    }

    /// The next bytes of the body.
    pub(crate) fn update(&mut self, body: &[u8]) {
        if self.fits {
            let Self { decoder, bytes, most, fits } = self;
            let _ = decoder.update(body, &mut |piece| keep(piece, bytes, *most, fits));
        }
    }

    /// What was kept.
    pub(crate) fn finish(self) -> Decoded {
        let Self { decoder, mut bytes, most, mut fits } = self;
        let mut problem = None;
        if fits {
            problem = decoder.finish(&mut |piece| keep(piece, &mut bytes, most, &mut fits));
        }
        Decoded { bytes, problem: if fits { problem } else { Some(Problem::TooLarge) } }
    }
}

fn keep(piece: &[u8], bytes: &mut Vec<u8>, most: usize, fits: &mut bool) -> ControlFlow<()> {
    let room = most.saturating_sub(bytes.len());
    bytes.extend_from_slice(piece.get(..room).unwrap_or(piece));
    *fits = piece.len() <= room;
    if *fits { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
}
