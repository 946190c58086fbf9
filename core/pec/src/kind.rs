//! The kinds of message that PEC knows (RFC 6109 §3, DM 2-11-2005 annex), and how each is told.

/// What a message is, or, where it is not trusted, what it claims to be.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Kind {
    /// A certified message as it arrives (busta di trasporto).
    Envelope,
    /// The sender's provider has accepted the message (ricevuta di accettazione).
    Acceptance,
    /// The sender's provider has refused the message (avviso di non accettazione).
    Refusal,
    /// The recipient's provider has taken the message in charge (ricevuta di presa in carico); between providers.
    TakenInCharge,
    /// The message is in the recipient's box (ricevuta di avvenuta consegna).
    Delivery,
    /// The message could not be delivered (avviso di mancata consegna).
    Failure,
    /// No delivery yet after 12 or 24 hours (preavviso di mancata consegna per superamento dei tempi massimi).
    DelayNotice,
    /// The recipient's provider found a virus (avviso di rilevazione virus); between providers.
    VirusNotice,
    /// Ordinary mail that entered a PEC box (busta di anomalia): not certified, and not an error.
    AnomalyEnvelope,
    /// Anything else.
    Ordinary,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 10] = [
        Self::Envelope,
        Self::Acceptance,
        Self::Refusal,
        Self::TakenInCharge,
        Self::Delivery,
        Self::Failure,
        Self::DelayNotice,
        Self::VirusNotice,
        Self::AnomalyEnvelope,
        Self::Ordinary,
    ];

    /// The word of the command line's contract and of the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Envelope => "envelope",
            Self::Acceptance => "acceptance",
            Self::Refusal => "refusal",
            Self::TakenInCharge => "taken-in-charge",
            Self::Delivery => "delivery",
            Self::Failure => "failure",
            Self::DelayNotice => "delay-notice",
            Self::VirusNotice => "virus-notice",
            Self::AnomalyEnvelope => "anomaly-envelope",
            Self::Ordinary => "ordinary",
        }
    }

    /// The kind that a word of [`Kind::as_str`] stands for.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// Whether the kind speaks of a message that somebody sent (everything but envelopes and ordinary mail).
    pub fn is_receipt(self) -> bool {
        !matches!(self, Self::Envelope | Self::AnomalyEnvelope | Self::Ordinary)
    }

    /// The kind that a daticert.xml with this `tipo` certifies; `None` for a value outside the closed set.
    pub fn from_tipo(tipo: &str) -> Option<Self> {
        Some(match tipo {
            "posta-certificata" => Self::Envelope,
            "accettazione" => Self::Acceptance,
            "non-accettazione" => Self::Refusal,
            "presa-in-carico" => Self::TakenInCharge,
            "avvenuta-consegna" => Self::Delivery,
            "errore-consegna" => Self::Failure,
            "preavviso-errore-consegna" => Self::DelayNotice,
            "rilevazione-virus" => Self::VirusNotice,
            _ => return None,
        })
    }

    /// The kind that the outer headers X-Ricevuta and X-Trasporto claim; they are unsigned, so it is a claim only.
    pub fn from_headers(ricevuta: Option<&str>, trasporto: Option<&str>) -> Self {
        let receipt = ricevuta.and_then(|value| Self::from_tipo(&value.trim().to_ascii_lowercase()));
        let transport = trasporto.and_then(|value| match value.trim().to_ascii_lowercase().as_str() {
            "posta-certificata" => Some(Self::Envelope),
            "errore" => Some(Self::AnomalyEnvelope),
            _ => None,
        });
        receipt.filter(|kind| kind.is_receipt()).or(transport).unwrap_or(Self::Ordinary)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_word() {
        for kind in Kind::ALL {
            assert_eq!(Kind::from_word(kind.as_str()), Some(kind));
        }
    }

    #[test]
    fn headers_claim_the_receipt_first_then_the_transport() {
        let cases = [
            (Some("accettazione"), None, Kind::Acceptance),
            (Some(" Avvenuta-Consegna "), Some("posta-certificata"), Kind::Delivery),
            (None, Some("posta-certificata"), Kind::Envelope),
            (None, Some("errore"), Kind::AnomalyEnvelope),
            (Some("mancata-consegna"), None, Kind::Ordinary),
            (Some("posta-certificata"), None, Kind::Ordinary),
            (None, None, Kind::Ordinary),
        ];
        for (ricevuta, trasporto, kind) in cases {
            assert_eq!(Kind::from_headers(ricevuta, trasporto), kind, "{ricevuta:?} {trasporto:?}");
        }
    }
}
