//! What a message is and whether it can be believed, once everything that this hangs on has been seen of it.
//!
//! ```text
//! form, header ──signature, daticert──> verdict, data ──> kind, notes
//! ```

use jiff::SignedDuration;
use std::collections::BTreeSet;

use super::candidate::Found;
use super::form::Form;
use super::{EvidenceDigest, Header, Verification, header};
use crate::message::{Decoded, Fields, Problem, mailbox};
use crate::signature::{Claim, Digests, Signature};
use crate::{CertificationData, Kind, Note, Reason, Verdict};

/// Judges one message, or one multipart/signed that a list manager has put a wrapper around: then the header is that
/// of the message around it. `check` checks a signature.
pub(super) fn judge(
    found: Found,
    fields: Fields<'_>,
    check: impl FnOnce(&[u8], &Digests, &Claim<'_>) -> Signature,
) -> Verification {
    let Found { form, digest } = found;
    let certdata = form.daticert().map(read_certdata);

    let signature = match &form {
        Form::Signed { content, signature, .. } => {
            let from = fields.only("From").and_then(|field| mailbox(&field.unfolded()));
            let time = certdata.as_ref().and_then(|data| data.time).map(|time| time.instant);
            let claim = Claim { from: from.as_ref(), time };
            // Broken base64 is for the CMS reader to judge: it either finds a whole signature in it or does not.
            match signature {
                Decoded { problem: Some(Problem::TooLarge), .. } => {
                    unchecked(Verdict::Unreadable, Reason::TooComplex)
                }
                Decoded { bytes, .. } if bytes.is_empty() => {
                    unchecked(Verdict::Unreadable, Reason::MissingSignature)
                }
                Decoded { bytes, .. } => check(bytes, content, &claim),
            }
        }
        Form::Unsigned { .. } => unchecked(Verdict::Absent, Reason::NotSigned),
        Form::Unclear(reason) => unchecked(Verdict::Unreadable, *reason),
    };

    let claimed = header::claimed_kind(fields);
    let is_trusted = signature.verdict == Verdict::Trusted;
    let kind = match (&form, &certdata) {
        (_, Some(data)) if is_trusted => Kind::from_tipo(&data.tipo).unwrap_or(Kind::Ordinary),
        // Without certification data it certifies nothing, whatever it says of itself.
        (Form::Signed { .. }, None) if claimed != Kind::AnomalyEnvelope => Kind::Ordinary,
        _ => claimed,
    };

    // Only who can sign is known by what was signed: a copy of the same content under a broken signature must not pass
    // for the genuine message.
    let digest = match &form {
        Form::Signed { content, .. } if is_trusted => content.sha256(),
        _ => digest,
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
        header: Header::of(fields),
        digest: EvidenceDigest(digest),
        contains: Vec::new(),
    }
}

fn read_certdata(xml: &Decoded) -> CertificationData {
    let mut data = CertificationData::parse(&xml.bytes);
    let is_broken = xml.problem.is_some_and(|problem| problem != Problem::TooLarge);
    data.problems.extend(is_broken.then_some("the transfer encoding is broken"));
    data
}

/// What is said of a message whose signature is not looked at.
pub(super) fn unchecked(verdict: Verdict, reason: Reason) -> Signature {
    Signature {
        verdict,
        reason: Some(reason),
        notes: BTreeSet::new(),
        signer: None,
        anchor: None,
        signed_at: None,
    }
}

/// In all genuine mail measured, signing time and certified time agree to the second.
const TIME_TOLERANCE: SignedDuration = SignedDuration::from_secs(1);
