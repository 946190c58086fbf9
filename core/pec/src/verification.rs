//! Everything that can be said of one file: what it is, whether it can be believed, what it certifies.
//!
//! Only the outermost structure speaks: a receipt that somebody forwarded or attached is reported under
//! [`Verification::contains`] and never becomes the file's own kind, verdict or data.
//!
//! ```text
//! message ──form──> signed content, signature, daticert.xml ──signature, daticert──> verdict, data ──> kind, notes
//! ```

mod contained;
mod form;
mod header;

use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;

use crate::message::{Field, Media, Message, Part, Problem, mailbox};
use crate::signature::{self, Algorithms, Claim, Content, Digests, LineEnds, NotTaken, Signature, Signer};
use crate::{Anchors, CertificationData, Kind, Note, Reason, Verdict};

use form::Form;

pub use form::original;
pub use header::Header;

/// The rules by which [`verify`] judges. It grows with every change that can turn a verdict of one release into
/// another, so that stored verdicts are known to be old.
pub const RULES: u32 = 1;

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

/// SHA-256 over the signed content with canonical line ends, or, without a signed part, over the whole message so.
/// Header lines that servers add on the way, or LF for CRLF, do not change it.
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

/// Says what a message is and whether it can be believed. `raw` are its bytes as received or stored, `now` is for
/// notes only: everything is checked at the signing time.
pub fn verify(raw: &[u8], anchors: &Anchors, now: Timestamp) -> Verification {
    verify_by(raw, &|cms, content, claim| signature::check(cms, content, claim, anchors, now))
}

fn verify_by(raw: &[u8], check: &Check<'_>) -> Verification {
    let message = Message::parse(raw);
    let contains = contained::search(&message, check);
    Verification { contains, ..judge(message.root(), check) }
}

/// How a signature is checked: CMS, digests of the signed bytes, what it must fit.
type Check<'c> = dyn Fn(&[u8], &Digests, &Claim<'_>) -> Result<Signature, NotTaken> + 'c;

/// Judges one message, or one multipart/signed that a list manager has put a wrapper around: then the header is
/// that of the message around it.
fn judge(part: Part<'_>, check: &Check<'_>) -> Verification {
    let fields = part.enclosing_message().fields();
    let header = Header::of(fields);
    let form = Form::of(part);
    let certdata = form.daticert().map(read_certdata);
    let digests = match form.signed_content() {
        Some(content) => digests(content, Algorithms::announced(micalg(part).as_deref())),
        None => digests(part, Algorithms::announced(Some(b"sha-256"))),
    };

    let signature = match form {
        Form::Signed { content, signature, .. } => {
            let from = fields.only("From").and_then(|field| mailbox(&field.unfolded()));
            let time = certdata.as_ref().and_then(|data| data.time).map(|time| time.instant);
            check_signature(content, signature, &digests, &Claim { from: from.as_ref(), time }, check)
        }
        Form::Unsigned { .. } => unchecked(Verdict::Absent, Reason::NotSigned),
        Form::Unclear(reason) => unchecked(Verdict::Unreadable, reason),
    };

    let claimed = header::claimed_kind(fields);
    let is_trusted = signature.verdict == Verdict::Trusted;
    let kind = match (&form, &certdata) {
        (_, Some(data)) if is_trusted => Kind::from_tipo(&data.tipo).unwrap_or(Kind::Ordinary),
        // Without certification data it certifies nothing, whatever it says of itself.
        (Form::Signed { .. }, None) if claimed != Kind::AnomalyEnvelope => Kind::Ordinary,
        _ => claimed,
    };

    let mut notes = signature.notes;
    if let Some(data) = &certdata {
        let gap = data.time.zip(signature.signed_at).map(|(time, at)| time.instant.duration_since(at).abs());
        let mut note = |applies: bool, note| notes.extend(applies.then_some(note));
        note(!data.problems.is_empty(), Note::CertdataInvalid);
        note(gap.is_some_and(|gap| gap > TIME_TOLERANCE), Note::TimeDiffers);
        note(is_trusted && header::contradicts(fields, kind, data), Note::HeaderDiffers);
    }

    Verification {
        kind,
        verdict: signature.verdict,
        reason: signature.reason,
        notes,
        signer: signature.signer,
        anchor: signature.anchor,
        signed_at: signature.signed_at,
        certdata,
        header,
        digest: EvidenceDigest(digests.sha256()),
        contains: Vec::new(),
    }
}

fn read_certdata(part: Part<'_>) -> CertificationData {
    let xml = part.decode(CERTDATA_MAX);
    let mut data = CertificationData::parse(&xml.bytes);
    let is_broken = xml.problem.is_some_and(|problem| problem != Problem::TooLarge);
    data.problems.extend(is_broken.then_some("the transfer encoding is broken"));
    data
}

/// What the message says of the digests that its signers used.
fn micalg(part: Part<'_>) -> Option<Vec<u8>> {
    let media = Media::parse(part.fields().first("Content-Type")?.value);
    media.first("micalg").map(<[u8]>::to_vec)
}

fn digests(part: Part<'_>, algorithms: Algorithms) -> Digests {
    let encoding = part.fields().first("Content-Transfer-Encoding").map(Field::word);
    let is_binary = encoding.is_some_and(|encoding| encoding.eq_ignore_ascii_case("binary"));
    let line_ends = if is_binary { LineEnds::Binary } else { LineEnds::Canonical };
    let mut content = Content::new(algorithms, line_ends);
    content.update(part.raw());
    content.finish()
}

fn check_signature(
    content: Part<'_>,
    signature: Part<'_>,
    taken: &Digests,
    claim: &Claim<'_>,
    check: &Check<'_>,
) -> Signature {
    let cms = signature.decode(CMS_MAX);
    if cms.problem == Some(Problem::TooLarge) {
        return unchecked(Verdict::Unreadable, Reason::TooComplex);
    }
    if cms.bytes.is_empty() {
        return unchecked(Verdict::Unreadable, Reason::MissingSignature);
    }
    // Broken base64 is for the CMS reader to judge: it either finds a whole signature in it or does not.
    check(&cms.bytes, taken, claim)
        .or_else(|NotTaken| check(&cms.bytes, &digests(content, Algorithms::EVERY), claim))
        .unwrap_or_else(|NotTaken| unchecked(Verdict::Unreadable, Reason::UnsupportedAlgorithm))
}

/// What is said of a message whose signature is not looked at.
fn unchecked(verdict: Verdict, reason: Reason) -> Signature {
    Signature {
        verdict,
        reason: Some(reason),
        notes: BTreeSet::new(),
        signer: None,
        anchor: None,
        signed_at: None,
    }
}

/// The CMS of a PEC message has 3 to 6 kB; with an enclosed CRL it may be some hundred.
const CMS_MAX: usize = 1024 * 1024;
/// More than [`CertificationData::parse`] reads, so that it sees what is too large.
const CERTDATA_MAX: usize = 2 * 1024 * 1024;
/// In all genuine mail measured, signing time and certified time agree to the second.
const TIME_TOLERANCE: SignedDuration = SignedDuration::from_secs(1);

#[cfg(test)]
mod tests;
