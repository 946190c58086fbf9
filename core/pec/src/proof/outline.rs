//! A message as a row of leaves: what a receipt's copy is compared with, one by one.
//!
//! A message attached to the message is one leaf, as it is one file to its sender and one hash to a provider
//! (RFC 6109 §3.3.2.2). The multiparts around the leaves are the skeleton, compared as a whole.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::ControlFlow;

use super::{PartProof, Role, State, line_end};
use crate::message::{Encoding, Media, Part, Problem};
use crate::signature::digest::{Context, Digest};

/// A message, to be compared.
#[derive(Debug)]
pub(super) struct Outline<'m> {
    /// What is no multipart, in order.
    pub(super) leaves: Vec<Leaf<'m>>,
    /// Every part in order with its level; of multiparts with their type.
    pub(super) skeleton: Vec<(usize, Option<&'m str>)>,
    /// Every reader sees these parts, and all of them were read.
    pub(super) is_clear: bool,
}

/// One leaf.
#[derive(Debug)]
pub(super) struct Leaf<'m> {
    /// Where its bytes are.
    pub(super) part: Part<'m>,
    /// What its header says of it.
    pub(super) label: Label,
    /// Where it stands.
    pub(super) place: Place,
    /// What it is to a reader.
    pub(super) role: Role,
}

/// What the header of a part says of it.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Label {
    /// The file name, decoded.
    pub(super) name: Option<String>,
    /// The names as they stand in each field: a reader may prefer either.
    names: [Option<Vec<u8>>; 2],
    /// Media type.
    pub(super) media: String,
    charset: Option<Vec<u8>>,
}

/// Where a leaf stands, as far as a brief receipt minds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Place {
    /// It is the whole content of the message.
    Alone,
    /// Among others: a brief receipt replaces it if it has a name, or is a message.
    Among,
    /// In the second half of a multipart/signed, which a brief receipt leaves as it is.
    Signature,
}

impl<'m> Outline<'m> {
    /// The outline of a message, attached messages unopened.
    pub(super) fn of(message: Part<'m>) -> Self {
        // The same parts that are shown as attachments anywhere else.
        let attachments: BTreeSet<_> = message.attachments().into_iter().map(|it| it.part).collect();
        let mut outline = Self { leaves: Vec::new(), skeleton: Vec::new(), is_clear: true };
        let mut ahead = vec![(message, 0usize, Place::Alone)];
        while let Some((part, level, place)) = ahead.pop() {
            outline.is_clear &= is_clear(part);
            // Beside its parts a multipart holds nothing for people (RFC 2046 §5.1.1).
            let is_branch = part.is_multipart() && part.children().next().is_some();
            outline.skeleton.push((level, is_branch.then_some(part.media())));
            if !is_branch {
                let is_attachment = attachments.contains(&part.number());
                let role = if is_attachment { Role::Attachment } else { Role::Text };
                outline.leaves.push(Leaf { part, label: Label::of(part), place, role });
                continue;
            }
            let place_of = |ordinal| match place {
                Place::Signature => Place::Signature,
                _ if part.media() == "multipart/signed" && ordinal > 0 => Place::Signature,
                _ => Place::Among,
            };
            let first = ahead.len();
            let children = part.children().enumerate();
            ahead
                .extend(children.map(|(ordinal, child)| (child, level.saturating_add(1), place_of(ordinal))));
            ahead.get_mut(first..).unwrap_or_default().reverse();
        }
        outline
    }
}

/// Whether there is one reading of a part, and it was read whole. What lies in an attached message is no matter.
fn is_clear(part: Part<'_>) -> bool {
    let is_inside = |problem| {
        part.media() == "message/rfc822" && matches!(problem, Problem::TooDeep | Problem::TooManyParts)
    };
    let mut problems = part.problems().iter().copied();
    !problems.any(|problem| problem.is_ambiguous() || (problem.is_limit() && !is_inside(problem)))
}

impl Leaf<'_> {
    /// What is to be said of it.
    pub(super) fn proof(&self, state: State) -> PartProof {
        PartProof { part: self.part.number(), name: self.label.name.clone(), role: self.role, state }
    }

    /// SHA-256 of the content, whatever transfer encoding it travels in.
    ///
    /// Lines of text are ended by CRLF for it, as a signature sees them. Where the encoding is broken or not known,
    /// readers may differ on the content, and the digest is one of the encoded bytes.
    pub(super) fn content(&self) -> [u8; 32] {
        let mut context = Context::new(Digest::Sha256);
        let encoding = self.part.encoding();
        let body = self.canonical_body();
        let problem = encoding.stream(&body, &mut |piece| {
            context.update(piece);
            ControlFlow::Continue(())
        });
        if problem.is_some() {
            context = Context::new(Digest::Sha256);
            context.update(format!("encoded {encoding:?} ").as_bytes());
            context.update(&body);
        }
        // SHA-256 has these 32 bytes, so the default never comes to pass.
        context.finish().try_into().unwrap_or_default()
    }

    /// The body with canonical line ends. That of a whole message without the last ones, which come and go on the
    /// way; base64 needs neither.
    pub(super) fn canonical_body(&self) -> Cow<'_, [u8]> {
        let body = match self.place {
            Place::Alone => line_end::without_last(self.part.body()),
            Place::Among | Place::Signature => self.part.body(),
        };
        if self.part.encoding() == Encoding::Base64 { Cow::Borrowed(body) } else { line_end::canonical(body) }
    }
}

impl Label {
    fn of(part: Part<'_>) -> Self {
        let media = |field: &str| {
            part.fields().first(field).map(|field| Media::parse(field.value)).unwrap_or_default()
        };
        let (content_type, disposition) = (media("Content-Type"), media("Content-Disposition"));
        let value = |media: &Media, name| media.first(name).map(<[u8]>::to_vec);
        let charset = value(&content_type, "charset").map(|charset| charset.to_ascii_lowercase());
        Self {
            name: part.name(),
            names: [value(&disposition, "filename"), value(&content_type, "name")],
            media: part.media().to_owned(),
            charset,
        }
    }

    /// Whether every reader gives both the same name.
    pub(super) fn is_same_name(&self, other: &Self) -> bool {
        (&self.name, &self.names) == (&other.name, &other.names)
    }
}
