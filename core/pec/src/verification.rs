//! Everything that can be said of one file: what it is, whether it can be believed, what it certifies.
//!
//! Only the outermost structure speaks: a receipt that somebody forwarded or attached is reported under
//! [`Verification::contains`] and never becomes the file's own kind, verdict or data.
//!
//! ```text
//! bytes ──Scanner──> walk ──candidate──> form: signed content, signature, daticert.xml ──judgement──> Verification
//! ```
//! The bytes are taken as they arrive, and what is held of them is bounded whatever the size of the message.

mod candidate;
mod form;
mod header;
mod judgement;
mod search;
mod walk;

use jiff::Timestamp;
use std::collections::BTreeSet;
use std::fmt;

use crate::message::{Limits, Scanner};
use crate::signature::{self, Algorithms, Claim, Digests, NotTaken, Signature, Signer};
use crate::{Anchors, CertificationData, Kind, Note, Reason, Verdict};

use search::Search;
use walk::{Reading, Walk};

pub use form::original;
pub use header::Header;

/// The rules by which [`verify`] judges. It grows with every change that can turn a verdict of one release into
/// another, so that stored verdicts are known to be old.
pub const RULES: u32 = 2;

/// What [`verify`] found.
#[derive(Clone, Debug)]
pub struct Verification {
    /// For a trusted message what the signed `tipo` says; otherwise what the headers claim.
    pub kind: Kind,
    /// Whether it can be believed.
    pub verdict: Verdict,
    /// Why it is not trusted; absent for a trusted message.
    pub reason: Option<Reason>,
    /// What else is worth knowing.
    pub notes: BTreeSet<Note>,
    /// Who signed, as the certificate says, once there is a readable signature.
    pub signer: Option<Signer>,
    /// The name of the authority or root that the path ends at.
    pub anchor: Option<String>,
    /// The CMS signing time: the signer's own claim.
    pub signed_at: Option<Timestamp>,
    /// The certification data: proven for a trusted message, otherwise what it claims. Taken from inside the
    /// signed part where there is one.
    pub certdata: Option<CertificationData>,
    /// What the unsigned outer headers say.
    pub header: Header,
    /// What identifies this evidence wherever it is read.
    pub digest: EvidenceDigest,
    /// Certified messages further inside, with their place; they speak for themselves only.
    pub contains: Vec<Contained>,
}

/// Of a trusted message SHA-256 over the signed content with canonical line ends: header lines that servers add on the
/// way, or LF for CRLF, do not change it. Of any other over the whole message so; or, of a multipart/signed, over two
/// digests, that of its first part and that of everything else. A forged copy is thus never taken for the genuine one.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct EvidenceDigest(pub [u8; 32]);

/// A certified message inside another.
#[derive(Clone, Debug)]
pub struct Contained {
    /// Its place, as IMAP numbers parts (RFC 3501 §6.4.5): `2`, `1.3`.
    pub part: String,
    /// What it says of itself.
    pub verification: Verification,
}

/// Says what a message is and whether it can be believed. `raw` are its bytes as received or stored. Everything is
/// checked at the signing time; `now` decides only whether that can be ([`Reason::SignedInFuture`]) and what has expired
/// since.
pub fn verify(raw: &[u8], anchors: &Anchors, now: Timestamp) -> Verification {
    let read = |mut verifier: Verifier<'_>| {
        verifier.update(raw);
        verifier.finish()
    };
    read(Verifier::new(anchors, now))
        .or_else(|ReadAgain(_)| read(Verifier::new(anchors, now).taking_every_digest()))
        .unwrap_or_else(ReadAgain::without_reading)
}

/// [`verify`] for a message whose bytes arrive in pieces, of any size. It keeps the header, the signature and the
/// certification data, of the message and of what it looks at inside, and never a part that it does not need.
pub struct Verifier<'a> {
    scanner: Scanner,
    walk: Walk,
    search: Search<'a>,
}

/// A signer used a digest that the message does not announce, so it was not taken. The bytes have to be read again, by
/// a verifier that is [taking every digest](Verifier::taking_every_digest).
#[derive(Debug, thiserror::Error)]
#[error("a signer's digest of the content was not taken")]
pub struct ReadAgain(Box<Verification>);

/// How a signature is checked: CMS, digests of the signed bytes, what it must fit.
type Check<'c> = Box<dyn Fn(&[u8], &Digests, &Claim<'_>) -> Result<Signature, NotTaken> + Send + Sync + 'c>;

impl<'a> Verifier<'a> {
    /// Before the first byte. It takes SHA-256 and the digests that the message announces.
    pub fn new(anchors: &'a Anchors, now: Timestamp) -> Self {
        Self::checking(Box::new(move |p7s, content, claim| {
            signature::check(p7s, content, claim, anchors, now)
        }))
    }

    /// Takes every digest there is: slower, and for bytes that cannot be read again.
    pub fn taking_every_digest(mut self) -> Self {
        self.search.algorithms = Some(Algorithms::EVERY);
        self
    }

    /// The next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        let Self { scanner, walk, search } = self;
        scanner.push(bytes, &mut Reading { walk, search });
    }

    /// After the last byte.
    ///
    /// # Errors
    /// [`ReadAgain`]; never where every digest is taken.
    pub fn finish(mut self) -> Result<Verification, ReadAgain> {
        self.scanner.finish(&mut Reading { walk: &mut self.walk, search: &mut self.search });
        self.search.finish()
    }

    fn checking(check: Check<'a>) -> Self {
        Self { scanner: Scanner::new(&Limits::default()), walk: Walk::new(), search: Search::new(check) }
    }
}

impl ReadAgain {
    /// What can be said if the bytes are not to be had again: the signature could not be checked.
    pub fn without_reading(self) -> Verification {
        *self.0
    }
}

impl fmt::Debug for Verifier<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Verifier").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
