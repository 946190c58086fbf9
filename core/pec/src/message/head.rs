//! What the header of a part says of its structure: its type, boundary and transfer encoding (RFC 2045, RFC 2046).

use std::collections::BTreeSet;

use super::{Encoding, Fields, Media, Problem};

/// What is examined at most. Beyond it the structure is cut, with a problem noted.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Parts on each of the first two levels below the message, and again on all deeper ones.
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

/// What a header says.
#[derive(Clone, Debug)]
pub(super) struct Head {
    /// Type and subtype in small letters.
    pub(super) media: String,
    pub(super) encoding: Encoding,
    pub(super) content: Content,
    pub(super) problems: BTreeSet<Problem>,
}

/// What the body of a part is made of.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Content {
    /// No parts, or none that can be told apart.
    Leaf,
    /// One message.
    Message,
    /// Parts of the type `parts`, unless they say otherwise (RFC 2046 §5.1.5).
    Multipart { boundary: Vec<u8>, parts: &'static str },
}

impl Head {
    /// Reads a header; `default_media` is the type of a part that names none.
    pub(super) fn read(header: &[u8], default_media: &str, limits: &Limits) -> Self {
        let fields = Fields::new(header);
        let media = fields.first("Content-Type").map(|field| Media::parse(field.value)).unwrap_or_default();
        let encoding = fields.first("Content-Transfer-Encoding").map_or(Encoding::Identity, Encoding::of);
        // Some readers take white space at its end for part of the boundary; RFC 2046 §5.1.1 forbids it.
        let is_clear = |value: &&[u8]| {
            (1..=limits.boundary).contains(&value.len()) && !value.ends_with(b" ") && !value.ends_with(b"\t")
        };
        let boundary = media.single("boundary").filter(is_clear).map(<[u8]>::to_vec);
        let media = if media.name.is_empty() { default_media.to_owned() } else { media.name };
        let is_multipart = media.starts_with("multipart/");

        let mut problems = BTreeSet::new();
        let repeated = |name| fields.all(name).nth(1).is_some();
        let mut note = |applies: bool, problem| problems.extend(applies.then_some(problem));
        note(repeated("Content-Type") || repeated("Content-Transfer-Encoding"), Problem::RepeatedField);
        note(is_multipart && boundary.is_none(), Problem::BoundaryUnclear);
        note(is_multipart && encoding != Encoding::Identity, Problem::EncodedMultipart);
        note(encoding == Encoding::Unknown, Problem::UnknownEncoding);

        let content = match (boundary, media.as_str()) {
            (Some(boundary), "multipart/digest") => Content::Multipart { boundary, parts: "message/rfc822" },
            (Some(boundary), _) if is_multipart => Content::Multipart { boundary, parts: "text/plain" },
            (_, "message/rfc822") if encoding == Encoding::Identity => Content::Message,
            _ => Content::Leaf,
        };
        Self { media, encoding, content, problems }
    }
}
