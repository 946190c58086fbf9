//! Which parts of a message are what: the signed content, its signature, the certification data, the original.
//!
//! ```text
//! multipart/signed ─┬─ multipart/mixed ─┬─ text        what was signed
//!                   │                   ├─ postacert.eml   (message/rfc822, where there is one)
//!                   │                   └─ daticert.xml
//!                   └─ smime.p7s
//! ```
//! Only this outermost structure counts (RFC 6109 §4.3): a daticert.xml or a signature further inside is somebody's
//! attachment. Where two honest readers may see two structures, there is none.

use std::collections::BTreeSet;

use crate::Reason;
use crate::message::{Decoded, Media, Message, Part, Problem, Started, file_name, plain_names};
use crate::signature::Digests;

/// The form of a message as far as its signature goes.
#[derive(Debug)]
pub(super) enum Form {
    /// A content, a signature over it, and the certification data in the content, if there are any.
    Signed { content: Digests, signature: Decoded, daticert: Option<Decoded> },
    /// It cannot be said what was signed, or by what; why.
    Unclear(Reason),
    /// There is no signature; certification data, if there are any, are a claim.
    Unsigned { daticert: Option<Decoded> },
}

/// What was seen of a message, or of a multipart/signed inside one: the parts that its form hangs on.
#[derive(Debug)]
pub(super) struct Seen {
    /// Whether any reader may take it for signed.
    pub(super) may_be_signed: bool,
    pub(super) is_multipart_signed: bool,
    pub(super) problems: BTreeSet<Problem>,
    /// Of the message around it, or its own: whether part of its header was not read.
    pub(super) is_header_cut: bool,
    /// How many parts it has.
    pub(super) parts: usize,
    /// Of a multipart/signed, the first part.
    pub(super) content: Option<SeenContent>,
    /// Of a multipart/signed, the second part.
    pub(super) signature: Option<SeenPart>,
    /// What is called daticert.xml and stands directly where certification data stand.
    pub(super) daticert: Vec<SeenPart>,
    /// Whether something else there is called so once its name is decoded.
    pub(super) has_decoded_daticert: bool,
}

/// The part that was signed.
#[derive(Debug)]
pub(super) struct SeenContent {
    pub(super) digests: Digests,
    pub(super) problems: BTreeSet<Problem>,
}

/// A part that was kept.
#[derive(Debug)]
pub(super) struct SeenPart {
    /// Its content, if it is one that is looked at.
    pub(super) decoded: Option<Decoded>,
    pub(super) problems: BTreeSet<Problem>,
}

impl Form {
    /// The form of what was seen.
    pub(super) fn of(seen: Seen) -> Self {
        Self::read(seen).unwrap_or_else(Self::Unclear)
    }

    /// Whether there is anything to judge: a signature, something like one, or certification data.
    pub(super) fn is_ordinary(&self) -> bool {
        matches!(self, Self::Unsigned { daticert: None })
    }

    /// The certification data.
    pub(super) fn daticert(&self) -> Option<&Decoded> {
        match self {
            Self::Signed { daticert, .. } | Self::Unsigned { daticert } => daticert.as_ref(),
            Self::Unclear(_) => None,
        }
    }

    fn read(seen: Seen) -> Result<Self, Reason> {
        if !seen.may_be_signed {
            let daticert = daticert(seen.daticert, seen.has_decoded_daticert).unwrap_or_default();
            return Ok(Self::Unsigned { daticert });
        }
        clear(&seen.problems)?;
        if seen.is_header_cut {
            return Err(Reason::TooComplex);
        }
        if !seen.is_multipart_signed {
            // Opaque signed-data, or something that S/MIME encrypts: no PEC provider sends it.
            return Err(Reason::UnsupportedAlgorithm);
        }
        let daticert = daticert(seen.daticert, seen.has_decoded_daticert);
        // The protocol parameter says nothing that the second part does not say better.
        match (seen.parts, seen.content, seen.signature) {
            (2, Some(content), Some(signature)) => {
                clear(&content.problems)?;
                clear(&signature.problems)?;
                let Some(p7s) = signature.decoded else { return Err(Reason::UnsupportedAlgorithm) };
                Ok(Self::Signed { content: content.digests, signature: p7s, daticert: daticert? })
            }
            (0 | 1, ..) => Ok(Self::Unsigned { daticert: daticert.unwrap_or_default() }),
            _ => Err(Reason::AmbiguousStructure),
        }
    }
}

/// The original inside an envelope, a delivery receipt or an anomaly envelope: the message in postacert.eml.
///
/// Found by structure alone; whether it is to be believed says the verdict of the message around it.
pub fn original<'m>(message: &'m Message<'m>) -> Option<Part<'m>> {
    let root = message.root();
    let content = if root.media() == "multipart/signed" { root.children().next()? } else { root };
    let mut attached = content.children().filter(|part| part.media() == "message/rfc822");
    attached.find(|part| plain_names(part.fields()).any(|name| name == b"postacert.eml"))?.children().next()
}

/// Whether any reader may take a part for signed: by its type, or by any of several types.
pub(super) fn may_be_signed(part: &Started<'_>) -> bool {
    let is_signed = |media: &str| media == "multipart/signed" || OPAQUE_TYPES.contains(&media);
    let mut medias = part.fields().all("Content-Type").map(|field| Media::parse(field.value).name);
    is_cut(part) || is_signed(part.media) || medias.any(|media| is_signed(&media))
}

/// Whether part of its header was not read, where anything may stand.
pub(super) fn is_cut(part: &Started<'_>) -> bool {
    part.problems.contains(&Problem::HeaderTooLong)
}

/// Whether a part holds a detached signature.
pub(super) fn is_signature(part: &Started<'_>) -> bool {
    SIGNATURE_TYPES.contains(&part.media)
}

/// Whether a part is called daticert.xml.
pub(super) fn is_daticert(part: &Started<'_>) -> bool {
    plain_names(part.fields()).any(|name| name == b"daticert.xml")
}

/// Whether a part is called so once its name is decoded (RFC 2047, RFC 2231), as readers do each in their way and no
/// provider asks of them: alone it is none, beside the plain one it is one too many.
pub(super) fn is_daticert_decoded(part: &Started<'_>) -> bool {
    file_name(part.fields()).is_some_and(|name| name.eq_ignore_ascii_case("daticert.xml"))
}

/// Fails where the part can be read in two ways, or was not read to its end. What is nested deeper is no matter.
fn clear(problems: &BTreeSet<Problem>) -> Result<(), Reason> {
    if problems.iter().any(|problem| problem.is_limit()) {
        return Err(Reason::TooComplex);
    }
    if problems.iter().any(|problem| problem.is_ambiguous()) {
        return Err(Reason::AmbiguousStructure);
    }
    Ok(())
}

/// The one daticert.xml.
fn daticert(named: Vec<SeenPart>, has_decoded: bool) -> Result<Option<Decoded>, Reason> {
    let mut named = named.into_iter();
    let Some(found) = named.next() else { return Ok(None) };
    if has_decoded || named.next().is_some() {
        return Err(Reason::AmbiguousStructure);
    }
    clear(&found.problems)?;
    Ok(found.decoded)
}

const SIGNATURE_TYPES: [&str; 2] = ["application/pkcs7-signature", "application/x-pkcs7-signature"];
const OPAQUE_TYPES: [&str; 2] = ["application/pkcs7-mime", "application/x-pkcs7-mime"];
