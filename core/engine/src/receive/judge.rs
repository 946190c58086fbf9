//! What is found in each message of a batch, before anything is written. It takes processor time, so it happens on
//! threads of its own, as many as there are cores.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::available_parallelism;

use recapito_pec::message::{self, Message, Part};
use recapito_pec::verification::{EvidenceDigest, Header, RULES, original};
use recapito_pec::{CertifiedTime, Kind, Reason, Verdict, Verification};
use ring::digest::{SHA256, digest};

use super::Verify;
use crate::identity::Uid;
use crate::store::message::{Attachment, Finding};

/// A message with what was found in it.
#[derive(Debug)]
pub(super) struct Judged {
    /// The bytes.
    pub(super) raw: Vec<u8>,
    /// SHA-256 of the bytes.
    pub(super) digest: [u8; 32],
    pub(super) verification: Verification,
    /// What of it is kept as columns.
    pub(super) finding: Finding,
    pub(super) attachments: Vec<Attachment>,
}

/// Judges every message, in parallel; the order stays.
pub(super) async fn judge_all(
    messages: Vec<(Uid, Vec<u8>)>,
    verify: &Arc<impl Verify>,
) -> Vec<(Uid, Judged)> {
    let cores = available_parallelism().map_or(1, usize::from);
    let share = messages.len().div_ceil(cores).max(1);
    let mut messages = messages.into_iter();
    let mut threads = Vec::new();
    loop {
        let part: Vec<_> = messages.by_ref().take(share).collect();
        if part.is_empty() {
            break;
        }
        let verify = Arc::clone(verify);
        threads.push(tokio::task::spawn_blocking(move || {
            part.into_iter().map(|(uid, raw)| (uid, judge(raw, &*verify))).collect::<Vec<_>>()
        }));
    }
    let mut judged = Vec::new();
    for thread in threads {
        match thread.await {
            Ok(part) => judged.extend(part),
            Err(failed) => std::panic::resume_unwind(failed.into_panic()),
        }
    }
    judged
}

/// Judges one message.
pub(super) fn judge(raw: Vec<u8>, verify: &impl Verify) -> Judged {
    let mut digest = [0; 32];
    digest.copy_from_slice(self::digest(&SHA256, &raw).as_ref());
    // A bug in a library must not stop a mailbox for ever: the message is kept, as one that could not be read.
    let read = || {
        let verification = verify(&raw);
        let message = Message::parse(&raw);
        let original = (verification.kind != Kind::Ordinary).then(|| original(&message)).flatten();
        let finding = finding(&verification, original);
        (verification, finding, attachments(original.unwrap_or(message.root())))
    };
    let (verification, finding, attachments) = catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| {
        tracing::error!("verifying a message panicked; it is stored as unreadable");
        let verification = unreadable(EvidenceDigest(digest));
        let finding = finding(&verification, None);
        (verification, finding, Vec::new())
    });
    Judged { digest, verification, finding, attachments, raw }
}

/// What a message carries: for a certified one, what the original inside it does.
fn attachments(part: Part<'_>) -> Vec<Attachment> {
    let carried = part.attachments().into_iter();
    let attachment = |a: message::Attachment| Attachment {
        part: a.part,
        name: a.name,
        media: a.media,
        size: a.size.try_into().unwrap_or(u64::MAX),
    };
    carried.map(attachment).collect()
}

/// What lists show. What nobody signed is shown only where nothing better is certified; of ordinary mail in an anomaly
/// envelope, the sender and subject of its own header.
fn finding(verification: &Verification, original: Option<Part<'_>>) -> Finding {
    let outer = &verification.header;
    let enclosed = original.filter(|_| verification.kind == Kind::AnomalyEnvelope);
    let header = enclosed.map_or_else(|| outer.clone(), |part| Header::of(part.fields()));
    let certified = verification.certdata.as_ref().filter(|_| verification.verdict == Verdict::Trusted);
    let sender = certified.and_then(|data| data.sender.as_ref()).map(ToString::to_string);
    let subject = certified.and_then(|data| data.subject.clone());
    let time = certified.and_then(|data| data.time);
    Finding {
        rules: if verification.reason == Some(Reason::SignedInFuture) { UNSETTLED } else { RULES },
        evidence: verification.digest,
        kind: verification.kind,
        verdict: verification.verdict,
        notes: verification.notes.clone(),
        implausible: false,
        sender: sender.or(header.from),
        subject: subject.or(header.subject),
        time: time.or_else(|| outer.date.map(CertifiedTime::utc)),
    }
}

/// In place of the version of the rules: whether a message was signed in the future shows in time, or once the clock of
/// this device is right.
pub(super) const UNSETTLED: u32 = 0;

fn unreadable(digest: EvidenceDigest) -> Verification {
    Verification {
        kind: Kind::Ordinary,
        verdict: Verdict::Unreadable,
        reason: Some(Reason::TooComplex),
        notes: Default::default(),
        signer: None,
        anchor: None,
        signed_at: None,
        certdata: None,
        header: Header::default(),
        digest,
        contains: Vec::new(),
    }
}
