//! From a draft to the server, journalled: once, never twice, never lost.
//!
//! ```text
//! enqueue ─> waiting ── claim ──> submitting ── yes ──> submitted <── receipt, or settle(Sent)
//!             │  ^                  │  │  │
//!      cancel │  └─ not now, or cut ┘  │  └── no ─────> rejected
//!             v     before the dot     │
//!           draft <─ settle(NotSent) ─ uncertain: cut after the dot
//! ```
//! The journal says `submitting`, with the Message-ID, before the server hears of the message; says that the dot may
//! go out before it goes; and says how it ended after the answer. A death in between is found by [`Outbox::recover`],
//! and only under the account's turn ([`crate::store::Turn`]), which no two processes have at once: a living
//! submission is never taken for a dead one. An uncertain message is never sent again by itself.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::clock::Clock;
use crate::compose::Composed;
use crate::event::{Event, EventKind};
use crate::identity::{AccountId, EventId, ShipmentId};
use crate::secret::PasswordMark;
use crate::smtp::{Login, Outcome, Patience, Postponement, Refusal, Reply, Submission, submit};
use crate::store::account::{LoginRefusal, Protocol};
pub use crate::store::outbox::{Entry, OutboxState};
use crate::store::{self, Installation, Store, Turn, Writer};

/// The outbox of one account.
#[derive(Clone, Copy)]
pub struct Outbox<'a> {
    /// Where it is kept.
    pub store: &'a Store,
    /// Whose it is.
    pub account: AccountId,
    /// What time it is.
    pub clock: &'a dyn Clock,
    /// How long to wait for the server.
    pub patience: Patience,
}

/// What a round of submissions came to.
#[derive(Debug)]
pub struct Round<E> {
    /// What was submitted, or tried, in order.
    pub attempts: Vec<Attempt>,
    /// Why the server could not be reached, if it could not: what is due stays due.
    pub unreachable: Option<E>,
}

/// One submission that was begun.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Attempt {
    /// Of which message.
    pub shipment: ShipmentId,
    /// What the dialogue with the server came to.
    pub outcome: Outcome,
    /// Where the message stands now. A receipt may know better than the dialogue.
    pub state: OutboxState,
}

/// Why the user's wish cannot be followed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// Not from this state: only what waits can be retried or cancelled, since the rest has been sent, may have been
    /// sent, or was refused; only what is uncertain can be settled.
    #[error("a message that is {} cannot be moved so", .0.as_str())]
    WrongState(OutboxState),
}

/// What the user knows of an uncertain message.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Settlement {
    /// It was not sent.
    NotSent,
    /// It was sent.
    Sent,
}

impl Outbox<'_> {
    /// Puts a message in, to be submitted at once.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn enqueue(&self, message: Composed) -> store::Result<ShipmentId> {
        let (account, installation, now) =
            (self.account, self.store.installation().clone(), self.clock.now());
        self.store.write(move |writer| writer.enqueue(account, &message, &installation, now)).await
    }

    /// Submits what is due, one message after the other, each over a connection of its own.
    ///
    /// Nothing is dialled unless something is due and no refused login is on record. If another process is
    /// submitting for this account, it is waited for as long as `wait`; after that, nothing is done. A server that
    /// answers neither yes nor no ends the round.
    ///
    /// # Errors
    /// When the store fails. What was being submitted then is found by [`Outbox::recover`].
    pub async fn submit_due<S, E, F>(
        &self,
        login: &Login,
        wait: Duration,
        dial: impl Fn() -> F,
    ) -> store::Result<Round<E>>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
        F: Future<Output = Result<S, E>>,
    {
        let mut round = Round { attempts: Vec::new(), unreachable: None };
        if self.due().await?.is_none() {
            return Ok(round);
        }
        let Some(turn) = self.take_turn(wait).await? else { return Ok(round) };
        self.recover_under(&turn).await?;
        while let Some(shipment) = self.due().await? {
            let stream = match dial().await {
                Ok(stream) => stream,
                Err(error) => {
                    round.unreachable = Some(error);
                    break;
                }
            };
            let Some(attempt) = self.attempt(&turn, shipment, login, stream).await? else { break };
            let is_answered = matches!(attempt.outcome, Outcome::Accepted(_) | Outcome::Rejected(_));
            round.attempts.push(attempt);
            if !is_answered {
                break;
            }
        }
        Ok(round)
    }

    /// Puts right what a dead process or a restored backup left behind, unless a living process is submitting for
    /// this account: then there is nothing to put right. To be called when a store has been opened.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn recover(&self) -> store::Result<()> {
        match self.take_turn(Duration::ZERO).await? {
            Some(turn) => self.recover_under(&turn).await,
            None => Ok(()),
        }
    }

    async fn recover_under(&self, turn: &Arc<Turn>) -> store::Result<()> {
        let (turn, here, now) = (Arc::clone(turn), self.store.installation().clone(), self.clock.now());
        self.store
            .write(move |writer| {
                for entry in writer.outbox()?.iter().filter(|entry| entry.account == turn.account()) {
                    if let Some(state) = after_restart(entry, &here) {
                        writer.move_entry(entry.shipment, entry.state, state, None, now)?;
                        if state == OutboxState::Uncertain {
                            add_event(writer, entry, EventKind::Uncertain, now)?;
                        }
                    }
                }
                Ok(())
            })
            .await
    }

    /// The next message to submit; none while a refused login is on record.
    async fn due(&self) -> store::Result<Option<ShipmentId>> {
        let (account, now) = (self.account, self.clock.now());
        self.store
            .read(move |reader| match reader.login_refusal(account, Protocol::Smtp)? {
                Some(_) => Ok(None),
                None => reader.due(account, now),
            })
            .await
    }

    /// Shared, so that a write that goes on after its future was dropped still holds it.
    async fn take_turn(&self, wait: Duration) -> store::Result<Option<Arc<Turn>>> {
        Ok(self.store.take_turn(self.account, wait).await?.map(Arc::new))
    }

    /// Claims a message, submits it and writes down how that ended. `None` if it was not there to be claimed.
    async fn attempt<S>(
        &self,
        turn: &Arc<Turn>,
        shipment: ShipmentId,
        login: &Login,
        stream: S,
    ) -> store::Result<Option<Attempt>>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let (held, here, now) = (Arc::clone(turn), self.store.installation().clone(), self.clock.now());
        let claim = self.store.write(move |writer| writer.claim(&held, shipment, &here, now)).await?;
        let Some(claim) = claim else { return Ok(None) };

        let before_dot = async {
            let (held, attempt) = (Arc::clone(turn), claim.attempt);
            let marked = self.store.write(move |writer| {
                let _held = held;
                writer.mark_dot(shipment, attempt)
            });
            match marked.await {
                Ok(true) => ControlFlow::Continue(()),
                Ok(false) | Err(_) => ControlFlow::Break(()),
            }
        };
        let outcome = match Submission::new(&claim.sender, &claim.recipients, &claim.raw) {
            Ok(submission) => submit(stream, login, &submission, &self.patience, before_dot).await,
            // What `compose` writes is never such; what is will not become better by trying again.
            Err(_) => Outcome::Rejected(Vec::new()),
        };

        let (held, concluded, now) = (Arc::clone(turn), outcome.clone(), self.clock.now());
        let attempt = claim.attempt;
        let password = login.password.mark(self.store.installation().as_str());
        let state = self
            .store
            .write(move |writer| conclude(writer, &held, shipment, attempt, &concluded, password, now))
            .await?;
        Ok(Some(Attempt { shipment, outcome, state }))
    }
}

/// Writes down how an attempt ended, unless a receipt has settled the message meanwhile; gives its state.
fn conclude(
    writer: &mut Writer<'_>,
    turn: &Turn,
    shipment: ShipmentId,
    attempt: u32,
    outcome: &Outcome,
    password: PasswordMark,
    now: Timestamp,
) -> store::Result<OutboxState> {
    if let Outcome::LoginRefused(reply) = outcome {
        let refusal = LoginRefusal { protocol: Protocol::Smtp, at: now, answer: words(reply), password };
        writer.note_login_refusal(turn.account(), &refusal)?;
    }
    let entry = writer.outbox_entry(shipment)?;
    if entry.state != OutboxState::Submitting || entry.attempts != attempt {
        return Ok(entry.state);
    }
    let next = after_attempt(outcome, attempt, now);
    writer.move_entry(shipment, OutboxState::Submitting, next.state, next.next_at, now)?;
    writer.note_answer(shipment, &next.answer)?;
    if let Some(kind) = next.event {
        add_event(writer, &entry, kind, now)?;
    }
    Ok(next.state)
}

fn add_event(writer: &mut Writer<'_>, entry: &Entry, kind: EventKind, now: Timestamp) -> store::Result<()> {
    writer.add_event(&Event {
        id: EventId::of_shipment(&entry.reference, &entry.sender, kind),
        position: 0,
        at: now,
        account: entry.account,
        kind,
        shipment: Some(entry.shipment),
        recipient: None,
        message: None,
    })?;
    Ok(())
}

/// Makes a message that waits due at once; the next round submits it. A refused login on record still holds it back:
/// that is for a new password to lift, or for a check of the account.
///
/// # Errors
/// [`Error::WrongState`] unless it waits: an uncertain message may have arrived, and a second one would be a second
/// registered letter.
pub async fn retry(store: &Store, shipment: ShipmentId, now: Timestamp) -> Result<(), Error> {
    change(store, shipment, OutboxState::Waiting, OutboxState::Waiting, now).await
}

/// Takes back a message that waits: it becomes a draft.
///
/// # Errors
/// [`Error::WrongState`] unless it waits.
pub async fn cancel(store: &Store, shipment: ShipmentId, now: Timestamp) -> Result<(), Error> {
    change(store, shipment, OutboxState::Waiting, OutboxState::Draft, now).await
}

/// Settles an uncertain message by what the user knows: it is submitted, or becomes a draft.
///
/// # Errors
/// [`Error::WrongState`] unless it is uncertain.
pub async fn settle(
    store: &Store,
    shipment: ShipmentId,
    settlement: Settlement,
    now: Timestamp,
) -> Result<(), Error> {
    let state = match settlement {
        Settlement::NotSent => OutboxState::Draft,
        Settlement::Sent => OutboxState::Submitted,
    };
    change(store, shipment, OutboxState::Uncertain, state, now).await
}

async fn change(
    store: &Store,
    shipment: ShipmentId,
    from: OutboxState,
    to: OutboxState,
    now: Timestamp,
) -> Result<(), Error> {
    let moved = store
        .write(move |writer| {
            let entry = writer.outbox_entry(shipment)?;
            let moved = writer.move_entry(shipment, from, to, None, now)?;
            Ok(if moved { Ok(()) } else { Err(entry.state) })
        })
        .await?;
    moved.map_err(Error::WrongState)
}

/// What follows from an attempt.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Next {
    /// Where the message stands.
    pub state: OutboxState,
    /// Not to be tried again before; absent for at once.
    pub next_at: Option<Timestamp>,
    /// The server's words, empty where there were none.
    pub answer: String,
    /// What the user is told.
    pub event: Option<EventKind>,
}

/// What follows from how an attempt ended, the `attempts`th of this message.
///
/// Only a message that the server has certainly not taken waits again. A refused login waits without a time: what
/// holds it back is the refusal on record, and what sets it free is the user.
pub fn after_attempt(outcome: &Outcome, attempts: u32, now: Timestamp) -> Next {
    let next = |state, answer| Next { state, next_at: None, answer, event: None };
    match outcome {
        Outcome::Accepted(reply) => next(OutboxState::Submitted, words(reply)),
        Outcome::LoginRefused(reply) => next(OutboxState::Waiting, words(reply)),
        Outcome::Postponed(Postponement::Held) => next(OutboxState::Waiting, String::new()),
        Outcome::Postponed(why) => {
            let answer = match why {
                Postponement::Answered(refusals) => words_of_all(refusals),
                Postponement::Broken(_) | Postponement::Held | Postponement::NoMechanism => String::new(),
            };
            Next { next_at: now.checked_add(backoff(attempts)).ok(), ..next(OutboxState::Waiting, answer) }
        }
        Outcome::Rejected(refusals) => {
            Next { event: Some(EventKind::Rejected), ..next(OutboxState::Rejected, words_of_all(refusals)) }
        }
        Outcome::Uncertain(_) => {
            Next { event: Some(EventKind::Uncertain), ..next(OutboxState::Uncertain, String::new()) }
        }
    }
}

/// What becomes of an entry that nobody is submitting, once the program starts anew: `None` if it stays.
///
/// In a restored backup, what waits may have been sent since from where the backup was made, and what was being
/// submitted may have been sent whatever the journal of that moment says.
pub fn after_restart(entry: &Entry, here: &Installation) -> Option<OutboxState> {
    let is_restored = entry.installation != *here;
    match entry.state {
        OutboxState::Submitting if entry.dot || is_restored => Some(OutboxState::Uncertain),
        OutboxState::Submitting => Some(OutboxState::Waiting),
        OutboxState::Waiting if is_restored => Some(OutboxState::Draft),
        OutboxState::Draft
        | OutboxState::Rejected
        | OutboxState::Submitted
        | OutboxState::Uncertain
        | OutboxState::Waiting => None,
    }
}

/// 1, 4, 16 minutes, then every hour. No jitter: a message goes out in a refresh, and phones refresh when they like.
fn backoff(attempts: u32) -> SignedDuration {
    let minutes = 4_i64.saturating_pow(attempts.saturating_sub(1));
    SignedDuration::from_mins(minutes.min(60))
}

/// A server's answer as it is kept: code and words.
fn words(reply: &Reply) -> String {
    format!("{} {}", reply.code, reply.text)
}

fn words_of_all(refusals: &[Refusal]) -> String {
    let line = |refusal: &Refusal| match &refusal.recipient {
        Some(recipient) => format!("{recipient}: {}", words(&refusal.reply)),
        None => words(&refusal.reply),
    };
    refusals.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests;
