//! What the outer header says. Nobody signed it: it is shown, compared with the signed data, and never believed.

use jiff::Timestamp;

use crate::daticert::ReceiptType;
use crate::message::{Field, Fields};
use crate::{Address, CertificationData, Kind};

/// The outer header fields that people and correlation look at; none of them is signed.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Header {
    /// Message-ID, angle brackets kept.
    pub message_id: Option<String>,
    /// X-Riferimento-Message-ID, angle brackets kept.
    pub reference: Option<String>,
    /// From, decoded.
    pub from: Option<String>,
    /// The addresses of To and Cc.
    pub recipients: Vec<Address>,
    /// Subject, decoded.
    pub subject: Option<String>,
    /// Date.
    pub date: Option<Timestamp>,
}

impl Header {
    /// Reads the first field of each name.
    pub fn of(fields: Fields<'_>) -> Self {
        let recipients = ["To", "Cc"].into_iter().filter_map(|name| fields.first(name));
        Self {
            message_id: fields.first("Message-ID").map(Field::word),
            reference: fields.first(REFERENCE).map(Field::word),
            from: fields.first("From").map(Field::text),
            recipients: recipients.flat_map(Field::addresses).collect(),
            subject: fields.first("Subject").map(Field::text),
            date: fields.first("Date").and_then(Field::date),
        }
    }
}

/// The kind that the header claims.
pub(super) fn claimed_kind(fields: Fields<'_>) -> Kind {
    let word = |name| fields.first(name).map(Field::word);
    Kind::from_headers(word(RECEIPT).as_deref(), word(TRANSPORT).as_deref())
}

/// Whether the header says anything else than the signed data. A field that is missing says nothing.
pub(super) fn contradicts(fields: Fields<'_>, kind: Kind, data: &CertificationData) -> bool {
    let receipts = fields.all(RECEIPT).map(|field| Kind::from_headers(Some(&field.word()), None));
    let transports = fields.all(TRANSPORT).map(|field| Kind::from_headers(None, Some(&field.word())));
    let other_kind = receipts.chain(transports).any(|claimed| claimed != kind);
    let other_reference = |reference: &String| fields.all(REFERENCE).any(|field| field.word() != *reference);
    let other_type = |receipt: ReceiptType| {
        let mut words = fields.all("X-TipoRicevuta").map(|field| field.word().to_ascii_lowercase());
        words.any(|word| ReceiptType::from_tipo(&word) != Some(receipt))
    };
    other_kind || data.reference.as_ref().is_some_and(other_reference) || data.receipt.is_some_and(other_type)
}

const RECEIPT: &str = "X-Ricevuta";
const REFERENCE: &str = "X-Riferimento-Message-ID";
const TRANSPORT: &str = "X-Trasporto";
