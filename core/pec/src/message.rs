//! The structure of a message: which bytes of what was received are which part (RFC 5322, RFC 2045, RFC 2046).
//!
//! ```text
//! received bytes ── header | body ──by delimiter lines──> parts ── header | body ──> …      nothing is copied
//! ```
//! An own reader, since a signature covers bytes and two readers that cut differently disagree on what was signed.
//! Parsing never fails: it gives its best effort and notes [`Problem`]s beside the part that has them. It goes
//! level by level, so an outer boundary always wins over an inner one, and where a limit cuts, it cuts what lies
//! deepest, never the provider's own structure. Transfer encodings are undone only on request.

mod content;
mod encoding;
mod field;
mod mailbox;
mod media;
mod multipart;

use std::collections::BTreeSet;
use std::ops::Range;

pub use content::Attachment;
pub(crate) use content::decode_charset;
pub use encoding::{Decoded, Encoding};
pub use field::{Field, Fields};
pub(crate) use mailbox::mailbox;
pub use media::Media;

/// A message cut into parts. There is always at least one, the message itself.
#[derive(Clone, Debug)]
pub struct Message<'a> {
    raw: &'a [u8],
    /// Level by level, so that the children of a part stand side by side.
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
    depth: usize,
    header: Range<usize>,
    body: Range<usize>,
    media: String,
    boundary: Vec<u8>,
    encoding: Encoding,
    children: Range<usize>,
    problems: BTreeSet<Problem>,
}

/// What is examined at most. Beyond it the structure is cut, with a problem noted.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Parts in all.
    pub parts: usize,
    /// Levels below the message itself.
    pub depth: usize,
    /// Bytes of one part's header that are read.
    pub header: usize,
    /// Bytes of a boundary; RFC 2046 §5.1.1 allows 70.
    pub boundary: usize,
}

impl Default for Limits {
    /// Far above any PEC mail seen: a forwarded chain adds four levels a hop.
    fn default() -> Self {
        Self { parts: 2_000, depth: 64, header: 256 * 1024, boundary: 256 }
    }
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

    /// Cuts a message into its parts. Time is linear in its size times the depth allowed; memory goes with the
    /// number of parts allowed.
    pub fn parse_within(raw: &'a [u8], limits: &Limits) -> Self {
        let mut nodes = vec![Node::read(raw, 0..raw.len(), "text/plain", limits)];
        let mut index = 0;
        while let Some(node) = nodes.get_mut(index) {
            let depth = node.depth.saturating_add(1);
            let (ranges, media) = node.split(raw, limits);
            let first = nodes.len();
            let room = limits.parts.saturating_sub(first);
            let cut = ranges.len() > room;
            let children = ranges.into_iter().take(room).zip(1..).map(|(range, ordinal)| Node {
                parent: Some(index),
                ordinal,
                depth,
                ..Node::read(raw, range, media, limits)
            });
            nodes.extend(children);
            let last = nodes.len();
            if let Some(node) = nodes.get_mut(index) {
                node.children = first..last;
                node.problems.extend(cut.then_some(Problem::TooManyParts));
            }
            index = index.saturating_add(1);
        }
        Self { raw, nodes }
    }

    /// The message itself, as the outermost part.
    pub fn root(&self) -> Part<'_> {
        // `parse_within` begins with it, so the list is never empty.
        static NONE: Node = Node::empty();
        Part { message: self, index: 0, node: self.nodes.first().unwrap_or(&NONE) }
    }

    /// Every part in the order of the bytes, the message itself first.
    pub fn parts(&self) -> impl Iterator<Item = Part<'_>> {
        self.root().walk()
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
    pub fn children(self) -> impl ExactSizeIterator<Item = Self> + use<'m> {
        let nodes = self.message.nodes.get(self.node.children.clone()).unwrap_or_default();
        let message = self.message;
        nodes.iter().zip(self.node.children.clone()).map(move |(node, index)| Self { message, node, index })
    }

    /// Itself, then everything in it, in the order of the bytes.
    pub fn walk(self) -> impl Iterator<Item = Self> + use<'m> {
        let mut ahead = vec![self];
        std::iter::from_fn(move || {
            let part = ahead.pop()?;
            let children = ahead.len();
            ahead.extend(part.children());
            ahead.get_mut(children..)?.reverse();
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

    /// The types that all its Content-Type fields give it: more than one means that readers may differ.
    pub(crate) fn medias(self) -> impl Iterator<Item = String> {
        self.fields().all("Content-Type").map(|field| Media::parse(field.value).name)
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
            depth: 0,
            header: 0..0,
            body: 0..0,
            media: String::new(),
            boundary: Vec::new(),
            encoding: Encoding::Identity,
            children: 0..0,
            problems: BTreeSet::new(),
        }
    }

    /// Reads the header of a part; its children and its place are for others to fill in.
    fn read(raw: &[u8], range: Range<usize>, default_media: &str, limits: &Limits) -> Self {
        let bytes = raw.get(range.clone()).unwrap_or_default();
        let body = range.start.saturating_add(field::header_len(bytes));
        let header = range.start..body.min(range.start.saturating_add(limits.header));
        let fields = Fields::new(raw.get(header.clone()).unwrap_or_default());
        let media = fields.first("Content-Type").map(|field| Media::parse(field.value)).unwrap_or_default();

        let mut problems = BTreeSet::new();
        // Some readers take white space at its end for part of the boundary; RFC 2046 §5.1.1 forbids it.
        let is_clear = |value: &&[u8]| {
            (1..=limits.boundary).contains(&value.len()) && !value.ends_with(b" ") && !value.ends_with(b"\t")
        };
        let boundary = media.single("boundary").filter(is_clear);
        let encoding = fields.first("Content-Transfer-Encoding").map_or(Encoding::Identity, Encoding::of);
        let is_multipart = media.name.starts_with("multipart/");
        let repeated = |name| fields.all(name).nth(1).is_some();
        let mut note = |applies: bool, problem| problems.extend(applies.then_some(problem));
        note(header.end < body, Problem::HeaderTooLong);
        note(repeated("Content-Type") || repeated("Content-Transfer-Encoding"), Problem::RepeatedField);
        note(is_multipart && boundary.is_none(), Problem::BoundaryUnclear);
        note(is_multipart && encoding != Encoding::Identity, Problem::EncodedMultipart);
        note(encoding == Encoding::Unknown, Problem::UnknownEncoding);

        Self {
            header,
            body: body..range.end,
            boundary: boundary.unwrap_or_default().to_vec(),
            media: if media.name.is_empty() { default_media.to_owned() } else { media.name },
            encoding,
            problems,
            ..Self::empty()
        }
    }

    /// The ranges of its parts, and the media type of those that name none (RFC 2046 §5.1.5).
    fn split(&mut self, raw: &[u8], limits: &Limits) -> (Vec<Range<usize>>, &'static str) {
        let is_multipart = self.media.starts_with("multipart/") && !self.boundary.is_empty();
        let is_message = self.media == "message/rfc822" && self.encoding == Encoding::Identity;
        if (is_multipart || is_message) && self.depth >= limits.depth {
            self.problems.insert(Problem::TooDeep);
        } else if is_multipart {
            let body = raw.get(self.body.clone()).unwrap_or_default();
            let start = self.body.start;
            let parts = multipart::split(body, &self.boundary, limits.parts, &mut self.problems);
            let shifted = parts
                .into_iter()
                .map(|range| start.saturating_add(range.start)..start.saturating_add(range.end));
            let media = if self.media == "multipart/digest" { "message/rfc822" } else { "text/plain" };
            return (shifted.collect(), media);
        } else if is_message {
            return (vec![self.body.clone()], "text/plain");
        }
        (Vec::new(), "text/plain")
    }
}

#[cfg(test)]
mod tests;
