//! What follows from one message: whose shipment it speaks of, what is known then, which events there are.
//!
//! ```text
//! trusted receipt ── correlate ─┬─ of a shipment ─┐
//!                               ├─ founds one ────┴─ join ── event ── then the same for what was parked for it
//!                               └─ of none known ─── parked: no event
//! signed when it cannot have been, or not trusted: suspicious, moves nothing
//! ```

use jiff::Timestamp;
use recapito_pec::delivery::{Correlation, Evidence, correlate, is_plausible};
use recapito_pec::{Address, Verdict, Verification};

use super::Verify;
use crate::event::{Event, EventKind};
use crate::identity::{AccountId, EventId, MessageId, ShipmentId};
use crate::store::shipment::{Head, Origin};
use crate::store::{Result, Writer};

/// The stored message that a verification is about.
#[derive(Clone, Copy, Debug)]
pub(super) struct Subject {
    pub(super) account: AccountId,
    pub(super) message: MessageId,
    /// It makes state, and no events.
    pub(super) backlog: bool,
}

/// Stores what follows from a message that was just stored or judged; gives the positions of the events made.
pub(super) fn take_in(
    writer: &mut Writer<'_>,
    subject: &Subject,
    verification: &Verification,
    verify: &impl Verify,
    now: Timestamp,
) -> Result<Vec<i64>> {
    let mut events = Vec::new();
    let Some(shipment) = apply(writer, subject, verification, now, &mut events)? else { return Ok(events) };
    // Then what waited for this shipment, until nothing more does: each may bring a dispatch that others know.
    loop {
        let mut is_done = true;
        for id in writer.parked_for(shipment)? {
            let message = writer.message(id)?;
            let subject = Subject { account: subject.account, message: id, backlog: message.backlog };
            let verification = verify(&writer.raw(id)?);
            if Evidence::of(&verification).is_some() {
                is_done &= apply(writer, &subject, &verification, now, &mut events)? != Some(shipment);
            }
        }
        if is_done {
            return Ok(events);
        }
    }
}

/// Stores what one message proves, and gives the shipment that knows more by it.
fn apply(
    writer: &mut Writer<'_>,
    subject: &Subject,
    verification: &Verification,
    now: Timestamp,
    events: &mut Vec<i64>,
) -> Result<Option<ShipmentId>> {
    let Some(evidence) = Evidence::of(verification) else {
        let kind = match EventKind::of(verification) {
            // A sound signature over certification data that do not say of what: it has arrived, no more.
            Some(_) if is_trusted_receipt(verification) => Some(EventKind::Received),
            kind => kind,
        };
        if let Some(kind) = kind {
            events.extend(raise(writer, subject, verification, kind, None, None, now)?);
        }
        return Ok(None);
    };
    let header_reference = verification.header.reference.as_deref();
    let candidates = writer.candidates(subject.account, &evidence, header_reference)?;
    let correlation = correlate(&evidence, header_reference, &candidates);

    let submitted_at = match correlation {
        Correlation::Of(shipment) => writer.submitted_at(shipment)?,
        Correlation::Founds | Correlation::Parked => None,
    };
    let signed_at = verification.signed_at.unwrap_or(evidence.time.instant);
    // Not by when it was first seen, if it is judged again: then the clock may have been behind.
    if !is_plausible(signed_at, submitted_at, now) {
        writer.mark_implausible(subject.message)?;
        events.extend(raise(writer, subject, verification, EventKind::Suspicious, None, None, now)?);
        return Ok(None);
    }

    let shipment = match correlation {
        Correlation::Of(shipment) => shipment,
        Correlation::Founds => found(writer, subject.account, &evidence)?,
        Correlation::Parked => {
            writer.file_evidence(subject.account, subject.message, &evidence, None)?;
            return Ok(None);
        }
    };
    join(writer, subject, &evidence, shipment, now)?;
    if let Some(kind) = EventKind::of(verification) {
        let recipient = evidence.fact.recipient();
        events.extend(raise(writer, subject, verification, kind, Some(shipment), recipient, now)?);
    }
    Ok(Some(shipment))
}

fn is_trusted_receipt(verification: &Verification) -> bool {
    verification.verdict == Verdict::Trusted && verification.kind.is_receipt()
}

/// Makes the shipment of a message that was sent with another program.
fn found(writer: &mut Writer<'_>, account: AccountId, evidence: &Evidence) -> Result<ShipmentId> {
    writer.add_shipment(&Head {
        account,
        reference: evidence.reference.clone(),
        sender: evidence.sender.clone(),
        origin: Origin::Imported,
        subject: evidence.subject.clone(),
        submitted_at: None,
    })
}

/// Adds what the evidence proves to what is known of the shipment.
fn join(
    writer: &mut Writer<'_>,
    subject: &Subject,
    evidence: &Evidence,
    shipment: ShipmentId,
    now: Timestamp,
) -> Result<()> {
    writer.file_evidence(subject.account, subject.message, evidence, Some(shipment))?;
    let mut delivery = writer.delivery(shipment)?;
    delivery.join(evidence);
    writer.set_delivery(shipment, &delivery)?;
    if evidence.founds() {
        writer.settle_by_evidence(shipment, now)?;
    }
    Ok(())
}

/// Makes an event of a message, unless it lay in the mailbox before or there is this event already.
fn raise(
    writer: &mut Writer<'_>,
    subject: &Subject,
    verification: &Verification,
    kind: EventKind,
    shipment: Option<ShipmentId>,
    recipient: Option<&Address>,
    now: Timestamp,
) -> Result<Option<i64>> {
    if subject.backlog {
        return Ok(None);
    }
    writer.add_event(&Event {
        id: EventId::of_evidence(verification.digest, kind, recipient),
        position: 0,
        at: now,
        account: subject.account,
        kind,
        shipment,
        recipient: recipient.cloned(),
        message: Some(subject.message),
    })
}
