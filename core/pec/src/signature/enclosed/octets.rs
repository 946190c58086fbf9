//! The bytes of an OCTET STRING that may lie in segments (X.690 §8.7), one piece after the other, in place.
//!
//! For what [`super::Enclosed::cut`] has found to be well-formed: then the pieces stand in a row, with nothing but
//! headers and end marks between them, and no stack is needed to find them.

use std::borrow::Cow;

use super::super::ber::Header;
use super::cut::{END_OF_CONTENTS, OCTET_STRING};

/// The pieces of an OCTET STRING, in order.
#[derive(Clone, Debug)]
pub(crate) struct Octets<'a>(&'a [u8]);

impl<'a> Octets<'a> {
    /// The pieces of what lies at [`super::Enclosed::content`].
    pub(crate) fn new(element: &'a [u8]) -> Self {
        Self(element)
    }

    /// How many bytes they are.
    pub(crate) fn size(self) -> usize {
        self.fold(0, |size, piece| size.saturating_add(piece.len()))
    }

    /// The first bytes, `most` of them.
    pub(crate) fn head(self, most: usize) -> Vec<u8> {
        let mut head = Vec::new();
        for piece in self {
            let room = most.saturating_sub(head.len());
            head.extend_from_slice(piece.get(..room).unwrap_or(piece));
            if head.len() == most {
                break;
            }
        }
        head
    }

    /// All of them in a row: as they lie, or copied where there are several.
    pub(crate) fn joined(self) -> Cow<'a, [u8]> {
        let mut pieces = self.clone().filter(|piece| !piece.is_empty());
        match (pieces.next(), pieces.next()) {
            (first, None) => Cow::Borrowed(first.unwrap_or_default()),
            _ => {
                let mut joined = Vec::with_capacity(self.clone().size());
                self.for_each(|piece| joined.extend_from_slice(piece));
                Cow::Owned(joined)
            }
        }
    }
}

impl<'a> Iterator for Octets<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        loop {
            if let Some(rest) = self.0.strip_prefix(&END_OF_CONTENTS) {
                self.0 = rest;
                continue;
            }
            let header = Header::read(&mut self.0).ok()?;
            if header.tag == [OCTET_STRING] {
                let (piece, rest) = self.0.split_at_checked(header.length?)?;
                self.0 = rest;
                return Some(piece);
            }
        }
    }
}
