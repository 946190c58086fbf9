//! The structure of a message: which bytes of what was received are which part (RFC 5322, RFC 2045, RFC 2046).
//!
//! ```text
//! received bytes ── header | body ──by delimiter lines──> parts ── header | body ──> …      nothing is copied
//! ```
//! An own reader, since a signature covers bytes and two readers that cut differently disagree on what was signed.
//! Parsing never fails: it gives its best effort and notes [`Problem`]s beside the part that has them. There is one
//! reader of structure, `scan`, which takes bytes as they arrive; [`Message`] is what it tells of a message that
//! lies in memory. Transfer encodings are undone only on request.

mod capture;
mod content;
mod decoder;
mod delimiter;
mod encoding;
mod field;
#[cfg(fuzzing)]
pub(crate) mod fuzzing;
mod head;
mod mailbox;
mod media;
mod outline;
mod scan;

use std::collections::BTreeSet;
use std::ops::Range;

pub(crate) use capture::Capture;
pub use content::Attachment;
pub(crate) use content::{decode_charset, file_name, plain_names};
pub(crate) use decoder::Decoder;
pub use encoding::{Decoded, Encoding};
pub use field::{Field, Fields};
pub use head::Limits;
pub(crate) use mailbox::mailbox;
pub use media::Media;

use outline::Outline;
pub(crate) use scan::{Scanner, Started, Visitor};

/// A message cut into parts. There is always at least one, the message itself.
#[derive(Clone, Debug)]
pub struct Message<'a> {
    raw: &'a [u8],
    /// In the order of the bytes, the message itself first.
    nodes: Vec<Node>,
}

/// One part of a message: cheap to copy, borrows the message.
#[derive(Clone, Copy, Debug)]
pub struct Part<'m> {
    message: &'m Message<'m>,
    node: &'m Node,
    index: usize,
}

#[derive(Clone, Debug)]
struct Node {
    parent: Option<usize>,
    /// Its place among its siblings, from 1.
    ordinal: usize,
    header: Range<usize>,
    body: Range<usize>,
    media: String,
    encoding: Encoding,
    children: Vec<usize>,
    problems: BTreeSet<Problem>,
}

/// What is wrong with a part. It stops nothing by itself.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Problem {
    /// The transfer encoding is broken; what could be read of it was.
    BrokenEncoding,
    /// The boundary is missing, empty, too long, or written so that readers differ on it.
    BoundaryUnclear,
    /// After the closing delimiter there are more delimiters of the same multipart.
    DelimiterAfterClose,
    /// A multipart with a transfer encoding of its own, which RFC 2045 §6.4 forbids.
    EncodedMultipart,
    /// The header exceeds [`Limits::header`]; the rest of it was not read.
    HeaderTooLong,
    /// A field that decides the structure (Content-Type, Content-Transfer-Encoding) stands there more than once.
    RepeatedField,
    /// The content exceeds what the caller was ready to decode.
    TooLarge,
    /// Nested deeper than [`Limits::depth`]; what lies below was not cut into parts.
    TooDeep,
    /// More parts than [`Limits::parts`]; the rest was not cut into parts.
    TooManyParts,
    /// The closing delimiter is missing.
    Unclosed,
    /// A transfer encoding that is not known; the bytes are given as they are.
    UnknownEncoding,
}

impl Problem {
    /// Whether two honest readers may see different structures because of it.
    pub fn is_ambiguous(self) -> bool {
        matches!(
            self,
            Self::BoundaryUnclear | Self::DelimiterAfterClose | Self::EncodedMultipart | Self::RepeatedField
        )
    }

    /// Whether a limit was met, so that not everything was looked at.
    pub fn is_limit(self) -> bool {
        matches!(self, Self::HeaderTooLong | Self::TooDeep | Self::TooLarge | Self::TooManyParts)
    }
}

impl<'a> Message<'a> {
    /// Cuts a message into its parts, with the default limits.
    pub fn parse(raw: &'a [u8]) -> Self {
        Self::parse_within(raw, &Limits::default())
    }

    /// Cuts a message into its parts. Time is linear in its size; memory goes with the number of parts allowed.
    pub fn parse_within(raw: &'a [u8], limits: &Limits) -> Self {
        let mut outline = Outline::default();
        let mut scanner = Scanner::new(limits);
        scanner.push(raw, &mut outline);
        scanner.finish(&mut outline);
        Self { raw, nodes: outline.nodes }
    }

    /// The message itself, as the outermost part.
    pub fn root(&self) -> Part<'_> {
        // the scanner begins with it, so the list is never empty.
        static NONE: Node = Node::empty();
        Part { message: self, index: 0, node: self.nodes.first().unwrap_or(&NONE) }
    }

    /// Every part in the order of the bytes, the message itself first.
    pub fn parts(&self) -> impl Iterator<Item = Part<'_>> {
        self.nodes.iter().enumerate().map(|(index, node)| Part { message: self, node, index })
    }

    /// What was received.
    pub fn raw(&self) -> &'a [u8] {
        self.raw
    }

    fn part(&self, index: usize) -> Option<Part<'_>> {
        self.nodes.get(index).map(|node| Part { message: self, index, node })
    }
}

impl<'m> Part<'m> {
    /// Its number as IMAP counts parts (RFC 3501 §6.4.5): `1`, `2.1`. A multipart that is a whole message has none
    /// of its own and gives that of the part that holds the message, which is empty for the outermost one.
    pub fn number(self) -> String {
        let above = self.parent().map(Self::number).unwrap_or_default();
        if self.is_message() && self.is_multipart() {
            return above;
        }
        let separator = if above.is_empty() { "" } else { "." };
        format!("{above}{separator}{}", self.node.ordinal)
    }

    /// The part that holds it; `None` for the message itself.
    pub fn parent(self) -> Option<Self> {
        self.message.part(self.node.parent?)
    }

    /// The parts it holds: those of a multipart, or the one message inside a message/rfc822.
    pub fn children(self) -> impl Iterator<Item = Self> + use<'m> {
        self.node.children.iter().filter_map(move |index| self.message.part(*index))
    }

    /// Itself, then everything in it, in the order of the bytes.
    pub fn walk(self) -> impl Iterator<Item = Self> + use<'m> {
        let mut ahead = vec![self];
        std::iter::from_fn(move || {
            let part = ahead.pop()?;
            let children = part.node.children.iter().rev();
            ahead.extend(children.filter_map(|index| part.message.part(*index)));
            Some(part)
        })
    }

    /// The message it belongs to: the nearest part around it, or itself, that has a message's header.
    pub fn enclosing_message(self) -> Self {
        let mut part = self;
        while let (false, Some(parent)) = (part.is_message(), part.parent()) {
            part = parent;
        }
        part
    }

    /// Whether it is a whole message: the outermost one, or the content of a message/rfc822.
    pub fn is_message(self) -> bool {
        self.parent().is_none_or(|parent| parent.media() == "message/rfc822")
    }

    /// Whether its content is made of parts.
    pub fn is_multipart(self) -> bool {
        self.media().starts_with("multipart/")
    }

    /// Type and subtype in small letters, as the first Content-Type says: `multipart/signed`.
    pub fn media(self) -> &'m str {
        &self.node.media
    }

    /// The fields of its header.
    pub fn fields(self) -> Fields<'m> {
        Fields::new(self.message.raw.get(self.node.header.clone()).unwrap_or_default())
    }

    /// Where it lies in what was received, header and body.
    pub fn range(self) -> Range<usize> {
        self.node.header.start..self.node.body.end
    }

    /// Where its body lies in what was received.
    pub fn body_range(self) -> Range<usize> {
        self.node.body.clone()
    }

    /// Its bytes as received, header and body.
    pub fn raw(self) -> &'m [u8] {
        self.message.raw.get(self.range()).unwrap_or_default()
    }

    /// The bytes of its body as received, transfer encoding and all.
    pub fn body(self) -> &'m [u8] {
        self.message.raw.get(self.body_range()).unwrap_or_default()
    }

    /// What is wrong with it (not with the parts in it).
    pub fn problems(self) -> &'m BTreeSet<Problem> {
        &self.node.problems
    }

    /// Its transfer encoding.
    pub fn encoding(self) -> Encoding {
        self.node.encoding
    }

    /// Its body without the transfer encoding, up to `most` bytes.
    pub fn decode(self, most: usize) -> Decoded {
        self.node.encoding.decode(self.body(), most)
    }
}

impl Node {
    const fn empty() -> Self {
        Self {
            parent: None,
            ordinal: 1,
            header: 0..0,
            body: 0..0,
            media: String::new(),
            encoding: Encoding::Identity,
            children: Vec::new(),
            problems: BTreeSet::new(),
        }
    }
}

#[cfg(test)]
mod tests;
