//! The certification data (dati di certificazione): daticert.xml as the provider signed it.
//!
//! Read by the DTD of DM 2-11-2005, annex (RFC 6109 §4.4), but best effort: what breaks it is listed in
//! [`CertificationData::problems`] and stops nothing; unknown values are kept as text. A DTD in the file is never
//! loaded, entities are never expanded.

use crate::{Address, CertifiedTime};

/// What the provider certifies.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct CertificationData {
    /// `postacert/@tipo` as written; [`crate::Kind::from_tipo`] reads it.
    pub tipo: String,
    /// `postacert/@errore`; `nessuno` where it is absent.
    pub error: String,
    /// `<errore-esteso>`: the provider's own words.
    pub error_text: Option<String>,
    /// `<mittente>`: who sent the message.
    pub sender: Option<Address>,
    /// `<destinatari>`: To and Cc, in the provider's order.
    pub recipients: Vec<Recipient>,
    /// `<risposte>`: where answers go; may be empty.
    pub reply_to: Option<String>,
    /// `<oggetto>`.
    pub subject: Option<String>,
    /// `<gestore-emittente>`: the provider that certifies.
    pub provider: Option<String>,
    /// `<data>`: the certified time, with the offset of `zona`.
    pub time: Option<CertifiedTime>,
    /// `<identificativo>`: the provider's id of the envelope, bare.
    pub envelope: Option<String>,
    /// `<msgid>`: the Message-ID that the sender's client submitted, angle brackets kept.
    pub reference: Option<String>,
    /// `<ricevuta>/@tipo`.
    pub receipt: Option<ReceiptType>,
    /// `<consegna>`: the one recipient that a delivery or failure speaks of.
    pub recipient: Option<Address>,
    /// `<ricezione>`: the recipients that a taken-in-charge receipt speaks of.
    pub received_for: Vec<Address>,
    /// What breaks the DTD or could not be read, each in a few words; empty for a valid file.
    pub problems: Vec<&'static str>,
}

/// A recipient as the provider lists it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Recipient {
    /// The address.
    pub address: Address,
    /// `certificato`: a PEC box, which gives a delivery receipt. Otherwise `esterno`, which never does.
    pub certified: bool,
}

/// How much of the message a delivery receipt carries (RFC 6109 §3.3.2).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum ReceiptType {
    /// All of it (completa).
    Complete,
    /// Digests in place of the attachments (breve).
    Brief,
    /// Only the certification data (sintetica).
    Synthetic,
}

impl ReceiptType {
    /// The word of the command line's contract.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Brief => "brief",
            Self::Synthetic => "synthetic",
        }
    }
}
