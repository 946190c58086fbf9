//! A message, or a multipart/signed inside one, while it streams by: what of it a verdict hangs on.
//!
//! ```text
//! its own part ─┬─ first part   digested if this is a multipart/signed ── daticert.xml, kept
//!               └─ second part  kept if it is a signature                 (or directly below, without a signature)
//! ```
//! Nothing else of it is kept or decoded: beside digests, at most 1 MB of signature and 2 MB of certification data.

use std::collections::BTreeSet;

use super::form::{
    Form, Seen, SeenContent, SeenPart, is_daticert, is_daticert_decoded, is_signature, may_be_signed,
};
use crate::message::{Capture, Field, Media, Problem, Started};
use crate::signature::digest::Digest;
use crate::signature::{Algorithms, Content, LineEnds};

/// What is being read.
pub(super) struct Candidate {
    /// How many parts are around it.
    pub(super) level: usize,
    is_multipart_signed: bool,
    may_be_signed: bool,
    /// The digests to take of the first part.
    algorithms: Algorithms,
    /// The level on which certification data stand, if there can be any now.
    daticert_level: Option<usize>,
    parts: usize,
    /// The first part of a multipart/signed.
    content: Option<Taken>,
    /// Everything, or, of a multipart/signed, everything but the first part.
    rest: Content,
    signature: Option<SeenPart>,
    daticert: Vec<SeenPart>,
    has_decoded_daticert: bool,
    /// A part that is being kept.
    kept: Option<Kept>,
}

/// What was seen of a candidate that is over.
pub(super) struct Found {
    pub(super) form: Form,
    /// Of everything, or, of a multipart/signed, of two digests: that of its first part and that of the rest.
    pub(super) digest: [u8; 32],
}

enum Taken {
    Done(SeenContent),
    Open(Content),
}

struct Kept {
    level: usize,
    which: Which,
    /// `None` if its content is not to be looked at.
    capture: Option<Capture>,
    is_in_body: bool,
}

enum Which {
    Daticert,
    Signature,
}

impl Candidate {
    /// At its first byte. `algorithms` are the digests to take of what was signed, if not those that it announces.
    pub(super) fn new(part: &Started<'_>, algorithms: Option<Algorithms>) -> Self {
        let is_multipart_signed = part.media == "multipart/signed";
        let content_type = part.fields().first("Content-Type").map(|field| Media::parse(field.value));
        let micalg = content_type.as_ref().and_then(|media| media.first("micalg"));
        let holds_daticert = part.media == "multipart/mixed";
        Self {
            level: part.level,
            is_multipart_signed,
            may_be_signed: may_be_signed(part),
            algorithms: algorithms.unwrap_or_else(|| Algorithms::announced(micalg)),
            daticert_level: holds_daticert.then(|| part.level.saturating_add(1)),
            parts: 0,
            content: None,
            rest: Content::new(evidence(), LineEnds::Canonical),
            signature: None,
            daticert: Vec::new(),
            has_decoded_daticert: false,
            kept: None,
        }
    }

    /// Another part begins inside it.
    pub(super) fn part(&mut self, part: &Started<'_>) {
        if self.daticert_level == Some(part.level) {
            if is_daticert(part) {
                // The first of several is not looked at either, so no more than one is kept.
                let capture = self.daticert.is_empty().then(|| Capture::new(part.encoding, CERTDATA_MAX));
                self.kept = Some(Kept::new(part.level, Which::Daticert, capture));
            } else {
                self.has_decoded_daticert |= is_daticert_decoded(part);
            }
        }
        if part.level != self.level.saturating_add(1) {
            return;
        }
        self.parts = self.parts.saturating_add(1);
        match (self.is_multipart_signed, self.parts) {
            (true, 1) => {
                self.content = Some(Taken::Open(Content::new(self.algorithms, line_ends(part))));
                let holds_daticert = part.media == "multipart/mixed";
                self.daticert_level = holds_daticert.then(|| part.level.saturating_add(1));
            }
            (true, 2) => {
                let capture = is_signature(part).then(|| Capture::new(part.encoding, CMS_MAX));
                self.kept = Some(Kept::new(part.level, Which::Signature, capture));
            }
            _ => {}
        }
    }

    /// The header of the part on this level is over.
    pub(super) fn body(&mut self, level: usize) {
        if let Some(kept) = self.kept.as_mut().filter(|kept| kept.level == level) {
            kept.is_in_body = true;
        }
    }

    /// Bytes of it.
    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        match &mut self.content {
            Some(Taken::Open(content)) => content.update(bytes),
            _ => self.rest.update(bytes),
        }
        if let Some(Kept { capture: Some(capture), is_in_body: true, .. }) = &mut self.kept {
            capture.update(bytes);
        }
    }

    /// The part on this level, inside it, is over.
    pub(super) fn end(&mut self, level: usize, problems: &BTreeSet<Problem>) {
        if let Some(kept) = self.kept.take_if(|kept| kept.level == level) {
            let decoded = kept.capture.map(Capture::finish);
            let part = SeenPart { decoded, problems: problems.clone() };
            match kept.which {
                Which::Daticert => self.daticert.push(part),
                Which::Signature => self.signature = Some(part),
            }
        }
        if level == self.level.saturating_add(1) {
            self.content = match self.content.take() {
                Some(Taken::Open(content)) => {
                    self.daticert_level = None;
                    let digests = content.finish();
                    Some(Taken::Done(SeenContent { digests, problems: problems.clone() }))
                }
                content => content,
            };
        }
    }

    /// It is over itself. `is_header_cut` says whether the header of the message it belongs to was not read to its end.
    pub(super) fn finish(self, problems: BTreeSet<Problem>, is_header_cut: bool) -> Found {
        let content = match self.content {
            Some(Taken::Done(content)) => Some(content),
            Some(Taken::Open(_)) | None => None,
        };
        let rest = self.rest.finish().sha256();
        let first = content.as_ref().map(|content| content.digests.sha256());
        let form = Form::of(Seen {
            may_be_signed: self.may_be_signed,
            is_multipart_signed: self.is_multipart_signed,
            problems,
            is_header_cut,
            parts: self.parts,
            content,
            signature: self.signature,
            daticert: self.daticert,
            has_decoded_daticert: self.has_decoded_daticert,
        });
        let digest = first.map_or(rest, |first| sha256(&[first, rest].concat()));
        Found { form, digest }
    }
}

impl Kept {
    fn new(level: usize, which: Which, capture: Option<Capture>) -> Self {
        Self { level, which, capture, is_in_body: false }
    }
}

/// The digest that evidence is known by.
fn evidence() -> Algorithms {
    Algorithms::announced(Some(b"sha-256"))
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    // SHA-256 has these 32 bytes, so the default never comes to pass.
    Digest::Sha256.of(bytes).try_into().unwrap_or_default()
}

/// What declares itself binary may have been signed with the line ends it has.
fn line_ends(part: &Started<'_>) -> LineEnds {
    let encoding = part.fields().first("Content-Transfer-Encoding").map(Field::word);
    let is_binary = encoding.is_some_and(|encoding| encoding.eq_ignore_ascii_case("binary"));
    if is_binary { LineEnds::Binary } else { LineEnds::Canonical }
}

/// The CMS of a PEC message has 3 to 6 kB; with an enclosed CRL it may be some hundred.
pub(super) const CMS_MAX: usize = 1024 * 1024;
/// More than [`crate::CertificationData::parse`] reads, so that it sees what is too large.
const CERTDATA_MAX: usize = 2 * 1024 * 1024;
