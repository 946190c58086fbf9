//! A batch of raw messages into one transaction.
//!
//! ```text
//! raw ─ verify (CPU: on threads, outside the transaction) ─┐
//!          new message: bytes, finding, attachments ───────┤
//!          its place; where it is known already, only that ┤
//!          trusted receipt: whose message? what now? ──────┤ one transaction
//!          events, each once by its identity ──────────────┤
//!          the folder's cursor, last ──────────────────────┘
//! ```
//! Nothing that a mailbox can hold is refused. What a receipt proves and what follows from it is decided in
//! `evidence`, which takes a finished [`Verification`] and is the same for a message just received, one that was
//! parked, and one that is judged again.

mod evidence;
mod judge;

use std::sync::Arc;

use jiff::Timestamp;
use recapito_pec::{Anchors, Verification, verification, verify};

use crate::identity::{AccountId, FolderName, MessageId, Uid, UidValidity};
use crate::store::message::{Arrival, Finding};
use crate::store::{Error, Result, Store, Writer};
use evidence::{Subject, take_in};
use judge::{Judged, UNSETTLED, judge, judge_all};

/// Whole messages of one folder, as they were fetched: a few at most (design decision 2: 64, 4 MB or 200 ms).
#[derive(Clone, Debug)]
pub struct Batch {
    /// Of which mailbox.
    pub account: AccountId,
    /// Of which folder; it was opened in the store before.
    pub folder: FolderName,
    /// Under which UIDVALIDITY they were fetched.
    pub uid_validity: UidValidity,
    /// The messages. They are stored by rising UID.
    pub messages: Vec<(Uid, Vec<u8>)>,
    /// The cursor afterwards: below it, nothing is missing.
    pub next_uid: Uid,
}

/// What was new.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Received {
    /// The messages that were not in the store yet.
    pub messages: Vec<MessageId>,
    /// The positions of the events made.
    pub events: Vec<i64>,
}

/// Verifies a batch and stores it with everything that follows from it.
///
/// # Errors
/// [`Error::FolderChanged`] if the folder is no longer the one that was fetched from: plan again. Otherwise those of
/// [`Store::write`]. After an error nothing of the batch is stored.
pub async fn receive(
    store: &Store,
    batch: Batch,
    anchors: &Arc<Anchors>,
    now: Timestamp,
) -> Result<Received> {
    receive_by(store, batch, verifier(anchors, now), now).await
}

/// Verifies again what of an account's messages older rules did not trust, or seemed to be signed in the future, a few
/// at a time. Events that follow are made now.
///
/// # Errors
/// Those of [`Store::write`]. What was judged again before stays so.
pub async fn rejudge(
    store: &Store,
    account: AccountId,
    anchors: &Arc<Anchors>,
    now: Timestamp,
) -> Result<Received> {
    rejudge_by(store, account, verifier(anchors, now), verification::RULES, now).await
}

/// How a message is verified: a value, so that a test can say what a message proves.
trait Verify: Fn(&[u8]) -> Verification + Send + Sync + 'static {}
impl<F: Fn(&[u8]) -> Verification + Send + Sync + 'static> Verify for F {}

fn verifier(anchors: &Arc<Anchors>, now: Timestamp) -> Arc<impl Verify + use<>> {
    let anchors = Arc::clone(anchors);
    Arc::new(move |raw: &[u8]| verify(raw, &anchors, now))
}

async fn receive_by(
    store: &Store,
    batch: Batch,
    verify: Arc<impl Verify>,
    now: Timestamp,
) -> Result<Received> {
    let Batch { account, folder, uid_validity, mut messages, next_uid } = batch;
    messages.sort_by_key(|(uid, _)| *uid);
    let judged = judge_all(messages, &verify).await;
    store
        .write(move |writer| {
            let opened = writer.folder(account, &folder)?;
            let (folder, state) =
                opened.filter(|(_, state)| state.uid_validity == uid_validity).ok_or(Error::FolderChanged)?;
            let mut received = Received::default();
            for (uid, judged) in judged {
                let message = match writer.message_by_digest(account, &judged.digest)? {
                    Some(known) => known,
                    None => {
                        keep(writer, account, judged, uid < state.alerts_from, &*verify, now, &mut received)?
                    }
                };
                writer.place(message, folder, uid_validity, uid)?;
            }
            writer.advance_folder(folder, next_uid)?;
            Ok(received)
        })
        .await
}

/// Stores a message that is new, and what follows from it.
fn keep(
    writer: &mut Writer<'_>,
    account: AccountId,
    judged: Judged,
    backlog: bool,
    verify: &impl Verify,
    now: Timestamp,
    received: &mut Received,
) -> Result<MessageId> {
    let Judged { raw, digest, verification, finding, attachments } = judged;
    let arrival = Arrival { account, raw, digest, seen: now, backlog, finding, attachments };
    let message = writer.add_message(&arrival)?;
    received.messages.push(message);
    let subject = Subject { account, message, backlog };
    received.events.extend(take_in(writer, &subject, &verification, verify, now)?);
    Ok(message)
}

async fn rejudge_by(
    store: &Store,
    account: AccountId,
    verify: Arc<impl Verify>,
    rules: u32,
    now: Timestamp,
) -> Result<Received> {
    let mut received = Received::default();
    let mut after = MessageId(0);
    loop {
        let verify = Arc::clone(&verify);
        let again = store.write(move |writer| again(writer, account, &*verify, rules, after, now)).await?;
        let Some((last, events)) = again else { return Ok(received) };
        received.events.extend(events);
        after = last;
    }
}

/// Judges the next few messages again; gives the last of them and the events made, `None` where there are none left.
/// They are verified within the transaction: this happens once after an update, and two processes must not both do it.
fn again(
    writer: &mut Writer<'_>,
    account: AccountId,
    verify: &impl Verify,
    rules: u32,
    after: MessageId,
    now: Timestamp,
) -> Result<Option<(MessageId, Vec<i64>)>> {
    let messages = writer.judged_before(account, rules, after, AGAIN_AT_ONCE)?;
    let Some(&last) = messages.last() else { return Ok(None) };
    let mut events = Vec::new();
    for id in messages {
        let message = writer.message(id)?;
        let Judged { verification, finding, .. } = judge(writer.raw(id)?, verify);
        let rules = if finding.rules == UNSETTLED { UNSETTLED } else { rules };
        writer.set_finding(id, &Finding { rules, ..finding })?;
        let subject = Subject { account, message: id, backlog: message.backlog };
        events.extend(take_in(writer, &subject, &verification, verify, now)?);
    }
    Ok(Some((last, events)))
}

const AGAIN_AT_ONCE: u32 = 16;

#[cfg(test)]
mod tests;
