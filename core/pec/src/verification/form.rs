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

use crate::Reason;
use crate::message::{Message, Part, Problem};

/// The form of a message as far as its signature goes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Form<'m> {
    /// A content, a signature over it, and the certification data in the content, if there are any.
    Signed { content: Part<'m>, signature: Part<'m>, daticert: Option<Part<'m>> },
    /// It cannot be said what was signed, or by what; why.
    Unclear(Reason),
    /// There is no signature; certification data, if there are any, are a claim.
    Unsigned { daticert: Option<Part<'m>> },
}

impl<'m> Form<'m> {
    /// The form of a message, or of a multipart/signed inside one.
    pub(super) fn of(part: Part<'m>) -> Self {
        Self::read(part).unwrap_or_else(Self::Unclear)
    }

    pub(super) fn daticert(self) -> Option<Part<'m>> {
        match self {
            Self::Signed { daticert, .. } | Self::Unsigned { daticert } => daticert,
            Self::Unclear(_) => None,
        }
    }

    pub(super) fn signed_content(self) -> Option<Part<'m>> {
        match self {
            Self::Signed { content, .. } => Some(content),
            Self::Unclear(_) | Self::Unsigned { .. } => None,
        }
    }

    fn read(part: Part<'m>) -> Result<Self, Reason> {
        if !may_be_signed(part) {
            return Ok(Self::Unsigned { daticert: daticert(part).unwrap_or_default() });
        }
        clear(part)?;
        if is_cut(part.enclosing_message()) {
            return Err(Reason::TooComplex);
        }
        if part.media() != "multipart/signed" {
            // Opaque signed-data, or something that S/MIME encrypts: no PEC provider sends it.
            return Err(Reason::UnsupportedAlgorithm);
        }
        // The protocol parameter says nothing that the second part does not say better.
        let mut parts = part.children();
        match (parts.next(), parts.next(), parts.next()) {
            (Some(content), Some(signature), None) => {
                clear(content)?;
                clear(signature)?;
                if !SIGNATURE_TYPES.contains(&signature.media()) {
                    return Err(Reason::UnsupportedAlgorithm);
                }
                Ok(Self::Signed { content, signature, daticert: daticert(content)? })
            }
            (Some(content), None, None) => {
                Ok(Self::Unsigned { daticert: daticert(content).unwrap_or_default() })
            }
            (None, ..) => Ok(Self::Unsigned { daticert: None }),
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
    attached.find(|part| part.plain_names().any(|name| name == b"postacert.eml"))?.children().next()
}

/// Whether any reader may take it for signed: by its type, or by any of several types.
fn may_be_signed(part: Part<'_>) -> bool {
    let is_signed = |media: &str| media == "multipart/signed" || OPAQUE_TYPES.contains(&media);
    is_cut(part) || is_signed(part.media()) || part.medias().any(|media| is_signed(&media))
}

/// Whether part of the header was not read, where anything may stand.
fn is_cut(part: Part<'_>) -> bool {
    part.problems().contains(&Problem::HeaderTooLong)
}

/// Fails where the part can be read in two ways, or was not read to its end. What is nested deeper is no matter.
fn clear(part: Part<'_>) -> Result<(), Reason> {
    if part.problems().iter().any(|problem| problem.is_limit()) {
        return Err(Reason::TooComplex);
    }
    if part.problems().iter().any(|problem| problem.is_ambiguous()) {
        return Err(Reason::AmbiguousStructure);
    }
    Ok(())
}

/// The one daticert.xml that stands directly in the content.
fn daticert<'m>(content: Part<'m>) -> Result<Option<Part<'m>>, Reason> {
    if content.media() != "multipart/mixed" {
        return Ok(None);
    }
    let mut named = content.children().filter(|part| part.plain_names().any(|name| name == b"daticert.xml"));
    let found = named.next();
    if named.next().is_some() {
        return Err(Reason::AmbiguousStructure);
    }
    found.map_or(Ok(()), clear)?;
    Ok(found)
}

const SIGNATURE_TYPES: [&str; 2] = ["application/pkcs7-signature", "application/x-pkcs7-signature"];
const OPAQUE_TYPES: [&str; 2] = ["application/pkcs7-mime", "application/x-pkcs7-mime"];
