//! What the delivery receipts of a shipment prove of what was sent, recipient by recipient.
//!
//! The outbox keeps the bytes that were submitted, and the store those of the receipts: both are read again each
//! time, one receipt after the other. Of a message sent with another program nothing can be said.

use std::collections::BTreeMap;

use recapito_engine::client::Client;
use recapito_engine::store::shipment::Shipment;
use recapito_pec::daticert::ReceiptType;
use recapito_pec::proof::{Proof, prove};
use recapito_pec::{Address, Kind};

use crate::failure::Failure;
use crate::language::say;
use crate::proof::{ContentRecord, details, summary};

/// For each recipient with a delivery receipt what it proves; of several receipts, the first that proves everything,
/// or else the first.
#[derive(Default)]
pub(super) struct Proofs {
    found: BTreeMap<Address, (Proof, Option<ReceiptType>)>,
    /// There are delivery receipts, but not the message that was sent.
    is_sent_elsewhere: bool,
}

impl Proofs {
    /// Reads every delivery receipt of a shipment, and what was sent.
    pub(super) async fn of(client: &Client, shipment: &Shipment) -> Result<Self, Failure> {
        let mut proofs = Self::default();
        let sent = client.submitted(shipment.id).await?;
        for row in &shipment.evidence {
            let Some(recipient) = &row.recipient else { continue };
            if client.message(row.message).await?.finding.kind != Kind::Delivery {
                continue;
            }
            let Some(sent) = &sent else {
                proofs.is_sent_elsewhere = true;
                continue;
            };
            if proofs.found.get(recipient).is_some_and(|(proof, _)| proof.is_complete()) {
                continue;
            }
            let (raw, verification) =
                (client.raw(row.message).await?, client.verification(row.message).await?);
            let proof = prove(&raw, &verification, sent);
            let receipt = verification.certdata.as_ref().and_then(|data| data.receipt);
            if proof.is_complete() || !proofs.found.contains_key(recipient) {
                proofs.found.insert(recipient.clone(), (proof, receipt));
            }
        }
        Ok(proofs)
    }

    /// One line when everything is proven, or nothing could be; else what is and what is not.
    pub(super) fn lines(&self, recipient: &Address) -> Vec<String> {
        let Some((proof, receipt)) = self.found.get(recipient) else { return Vec::new() };
        let mut lines = vec![summary(proof, *receipt)];
        if !proof.is_complete() {
            lines.extend(details(proof).into_iter().map(|line| format!("  {line}")));
        }
        lines
    }

    /// Why nothing is said of a shipment that was delivered.
    pub(super) fn remark(&self) -> Option<String> {
        self.is_sent_elsewhere.then(|| {
            say!(
                "che cosa sia stato consegnato non si può dire: il messaggio inviato non è qui. Chi ne ha il file: \
                 recapito verify RICEVUTA --sent FILE",
                "what was delivered cannot be told: the message sent is not here. With its file: \
                 recapito verify RECEIPT --sent FILE"
            )
        })
    }

    /// The same for JSON.
    pub(super) fn into_records(self) -> impl Iterator<Item = (Address, ContentRecord)> {
        self.found.into_iter().map(|(recipient, (proof, _))| (recipient, ContentRecord::from(&proof)))
    }
}
