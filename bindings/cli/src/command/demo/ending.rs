//! Whether the story came out as it was told: every event, every recipient's state, every message received.
//!
//! Both sides are a [`Plot`]: one grows scene by scene with what is told, the other is read from the store at the
//! end. They must be equal, so that an event too many is as wrong as one too few.

use std::collections::BTreeMap;
use std::fmt::Debug;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::language::say;
use recapito_engine::client::Client;
use recapito_engine::event::{Event, EventKind};
use recapito_engine::identity::ShipmentId;
use recapito_engine::store::Page;
use recapito_engine::store::shipment::{Filter, Shipment};
use recapito_pec::delivery::State;
use recapito_pec::{Address, Kind, Verdict};

/// A story, as it is told or as it happens.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Plot {
    /// What is notified, and of which recipient, in order.
    pub(super) events: Vec<(EventKind, Option<Address>)>,
    /// What became of the messages sent, for each of their recipients.
    pub(super) sent: BTreeMap<ShipmentId, BTreeMap<Address, State>>,
    /// What arrived, receipts that can be believed left out, in order of arrival.
    pub(super) received: Vec<(Kind, Verdict)>,
}

impl Plot {
    /// The story that the store tells, with all of its events.
    pub(super) async fn stored(client: &Client, events: &[Event]) -> Result<Self, Failure> {
        let all = Page { limit: 1000, offset: 0 };
        let shipments = client.shipments(Filter::All, None, all).await?;
        let mut received = client.received(None, all).await?;
        received.sort_by_key(|message| message.id);
        Ok(Self {
            events: events.iter().map(essence).collect(),
            sent: shipments.iter().map(|shipment| (shipment.id, states(shipment))).collect(),
            received: received.iter().map(|m| (m.finding.kind, m.finding.verdict)).collect(),
        })
    }
}

/// Fails unless two stories are the same.
pub(super) fn compare(told: &Plot, happened: &Plot) -> Result<(), Failure> {
    expect(&told.events, &happened.events)?;
    expect(&told.sent, &happened.sent)?;
    expect(&told.received, &happened.received)
}

/// What of an event is told beforehand.
pub(super) fn essence(event: &Event) -> (EventKind, Option<Address>) {
    (event.kind, event.recipient.clone())
}

/// The state of each recipient.
pub(super) fn states(shipment: &Shipment) -> BTreeMap<Address, State> {
    let recipients = shipment.delivery.recipients.iter();
    recipients.map(|(address, status)| (address.clone(), status.state)).collect()
}

/// Fails with both sides where they differ.
pub(super) fn expect<T: Debug + PartialEq>(told: &T, happened: &T) -> Result<(), Failure> {
    if told == happened {
        return Ok(());
    }
    Err(Failure {
        exit: Exit::Fault,
        message: say!(
            "la storia è andata diversamente\n  previsto:  {told:?}\n  accaduto:  {happened:?}",
            "the story came out differently\n  told:      {told:?}\n  happened:  {happened:?}"
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_said() {
        let event = |kind, whom: &str| (kind, Some(Address::new(whom)));
        let told =
            Plot { events: vec![event(EventKind::Delivered, "anna@pec.example.test")], ..Plot::default() };
        assert!(compare(&told, &told.clone()).is_ok());

        let twice = Plot { events: [told.events.clone(), told.events.clone()].concat(), ..Plot::default() };
        let other =
            Plot { events: vec![event(EventKind::Delivered, "carlo@pec.example.test")], ..Plot::default() };
        for happened in [twice, other, Plot::default()] {
            let failure = compare(&told, &happened).unwrap_err();
            assert_eq!(failure.exit, Exit::Fault);
            assert!(failure.message.contains("anna@pec.example.test"), "{}", failure.message);
        }
    }
}
