//! What the scanner tells, and to whom.

use std::collections::BTreeSet;

use super::super::{Encoding, Fields, Problem};

/// Who is told of the parts, in the order of the bytes. Only the innermost open part begins its body or ends.
pub(crate) trait Visitor {
    /// A part begins, inside the innermost open one. Its header has been read, but for what exceeds the limit.
    fn part(&mut self, part: &Started<'_>);

    /// The header of the innermost part is over: what follows, from this offset on, is its body.
    fn body(&mut self, offset: usize);

    /// Bytes of all open parts, those of headers and delimiter lines included.
    fn bytes(&mut self, bytes: &[u8]);

    /// The innermost part is over, at this offset; everything that is wrong with it.
    fn end(&mut self, offset: usize, problems: BTreeSet<Problem>);
}

/// A part whose header has been read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Started<'h> {
    /// How many parts are around it.
    pub(crate) level: usize,
    /// Its place among its siblings, from 1.
    pub(crate) ordinal: usize,
    /// Where it begins in the message.
    pub(crate) offset: usize,
    /// Its header as received, up to the limit.
    pub(crate) header: &'h [u8],
    /// Type and subtype in small letters.
    pub(crate) media: &'h str,
    /// Its transfer encoding.
    pub(crate) encoding: Encoding,
    /// What its header shows to be wrong.
    pub(crate) problems: &'h BTreeSet<Problem>,
}

impl<'h> Started<'h> {
    /// The fields of its header.
    pub(crate) fn fields(&self) -> Fields<'h> {
        Fields::new(self.header)
    }
}
