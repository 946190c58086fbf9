//! Reading ASN.1 elements one after the other, in place (X.690 §8.1).
//!
//! ```text
//! tag | length | content | next tag | …          lengths in any form that BER allows
//! ```
//! For what has to stay as it came: certificates, revocation lists, what a signature is over. Nothing is copied and
//! nothing is decoded; a signature says whether the bytes are genuine, so a loose encoding is no reason to refuse them.

use super::ber::MAX_DEPTH;

/// Bytes that are no element, or not the one that should stand there.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Malformed;

/// One element.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Element<'a> {
    /// The identifier octet. Tags of several octets are not met here, except in what is passed over.
    pub(super) tag: u8,
    /// The contents octets.
    pub(super) content: &'a [u8],
    /// All of it.
    pub(super) whole: &'a [u8],
}

impl<'a> Element<'a> {
    /// The elements within.
    pub(super) fn children(&self) -> Elements<'a> {
        Elements(self.content)
    }
}

/// Elements that stand one after the other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Elements<'a>(pub(super) &'a [u8]);

impl<'a> Elements<'a> {
    /// The next element, which has this tag.
    pub(super) fn expect(&mut self, tag: u8) -> Result<Element<'a>, Malformed> {
        self.optional(tag)?.ok_or(Malformed)
    }

    /// The next element, if it has this tag.
    pub(super) fn optional(&mut self, tag: u8) -> Result<Option<Element<'a>>, Malformed> {
        if self.0.first() == Some(&tag) { self.any().map(Some) } else { Ok(None) }
    }

    /// The next element, whatever it is.
    pub(super) fn any(&mut self) -> Result<Element<'a>, Malformed> {
        let (element, rest) = read(self.0, MAX_DEPTH).ok_or(Malformed)?;
        self.0 = rest;
        Ok(element)
    }

    /// All of them, if they are no more than so many.
    pub(super) fn take_at_most(self, limit: usize) -> Result<Vec<Element<'a>>, Malformed> {
        let elements: Vec<_> = self.take(limit.saturating_add(1)).collect::<Result<_, _>>()?;
        if elements.len() > limit { Err(Malformed) } else { Ok(elements) }
    }

    /// Whether there are no more.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = Result<Element<'a>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_empty() {
            return None;
        }
        let next = self.any();
        if next.is_err() {
            self.0 = &[];
        }
        Some(next)
    }
}

/// The first element and what follows it. An open length is known only once all that is inside has been passed over,
/// which goes down a level for each that is open too.
fn read(input: &[u8], depth: usize) -> Option<(Element<'_>, &[u8])> {
    let depth = depth.checked_sub(1)?;
    let (&tag, mut rest) = input.split_first()?;
    if tag & LONG_TAG == LONG_TAG {
        let last = rest.iter().take(MAX_TAG_SIZE).position(|octet| octet & MORE == 0)?;
        rest = rest.get(last.checked_add(1)?..)?;
    }
    let (&first, after) = rest.split_first()?;
    let (content, rest) = match first {
        INDEFINITE => {
            let mut ahead = after;
            while !ahead.starts_with(&END_OF_CONTENTS) {
                (_, ahead) = read(ahead, depth)?;
            }
            let content = after.get(..after.len().checked_sub(ahead.len())?)?;
            (content, ahead.get(END_OF_CONTENTS.len()..)?)
        }
        short if short & MORE == 0 => after.split_at_checked(usize::from(short))?,
        long => {
            let (octets, after) = after.split_at_checked(usize::from(long & !MORE))?;
            let append = |length: usize, octet: &u8| Some(length.checked_mul(256)? | usize::from(*octet));
            after.split_at_checked(octets.iter().try_fold(0, append)?)?
        }
    };
    let whole = input.get(..input.len().checked_sub(rest.len())?)?;
    Some((Element { tag, content, whole }, rest))
}

/// BOOLEAN.
pub(super) const BOOLEAN: u8 = 0x01;
/// INTEGER.
pub(super) const INTEGER: u8 = 0x02;
/// BIT STRING.
pub(super) const BIT_STRING: u8 = 0x03;
/// OCTET STRING.
pub(super) const OCTET_STRING: u8 = 0x04;
/// OBJECT IDENTIFIER.
pub(super) const OBJECT_IDENTIFIER: u8 = 0x06;
/// SEQUENCE and SEQUENCE OF.
pub(super) const SEQUENCE: u8 = 0x30;
/// SET and SET OF.
pub(super) const SET: u8 = 0x31;

/// A context-specific tag of a constructed element.
pub(super) const fn context(number: u8) -> u8 {
    0xa0 | number
}

const LONG_TAG: u8 = 0x1f;
/// In a length: long form; in the octets of a long tag: another follows.
const MORE: u8 = 0x80;
const INDEFINITE: u8 = 0x80;
const END_OF_CONTENTS: [u8; 2] = [0, 0];
/// As in `ber`.
const MAX_TAG_SIZE: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_any_form_end_where_they_say() {
        type Case = (&'static [u8], Option<(&'static [u8], &'static [u8])>);
        let cases: [Case; 12] = [
            (b"\x04\x01a", Some((b"a", b""))),
            (b"\x04\x01ab", Some((b"a", b"b"))),
            (b"\x04\x81\x01ab", Some((b"a", b"b"))),
            (b"\x04\x84\0\0\0\x01ab", Some((b"a", b"b"))),
            (b"\x30\x80\x04\x01a\0\0b", Some((b"\x04\x01a", b"b"))),
            (b"\x30\x80\x30\x80\0\0\0\0b", Some((b"\x30\x80\0\0", b"b"))),
            (b"\x1f\x81\x01\x01ab", Some((b"a", b"b"))),
            (b"", None),
            (b"\x04", None),
            (b"\x04\x02a", None),
            (b"\x30\x80\x04\x01a\0", None),
            (b"\x04\x89\x01\0\0\0\0\0\0\0\0", None),
        ];
        for (input, expected) in cases {
            let found = read(input, MAX_DEPTH).map(|(element, rest)| (element.content, rest));
            assert_eq!(found, expected, "{input:?}");
        }
        assert_eq!(read(&[0x30, 0x80].repeat(100_000), MAX_DEPTH), None);
    }
}
