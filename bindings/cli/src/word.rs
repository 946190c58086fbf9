//! The words people read for kinds, verdicts, notes, reasons, states and events.
//!
//! Exhaustive matches: a new variant in the core does not compile until it has its words in both languages. They
//! are plain, and draw no legal conclusion.

use recapito_engine::event::EventKind;
use recapito_engine::outbox::OutboxState;
use recapito_pec::daticert::ReceiptType;
use recapito_pec::delivery::{Delay, State};
use recapito_pec::{Kind, Note, Reason, Verdict};

use crate::language::Language;

/// What a message is.
pub(crate) fn kind(kind: Kind) -> &'static str {
    let (italian, english) = match kind {
        Kind::Envelope => {
            ("messaggio certificato (busta di trasporto)", "certified message (transport envelope)")
        }
        Kind::Acceptance => ("ricevuta di accettazione", "acceptance receipt"),
        Kind::Refusal => ("avviso di non accettazione", "notice of refusal"),
        Kind::TakenInCharge => ("ricevuta di presa in carico", "taken-in-charge receipt"),
        Kind::Delivery => ("ricevuta di avvenuta consegna", "delivery receipt"),
        Kind::Failure => ("avviso di mancata consegna", "notice of failed delivery"),
        Kind::DelayNotice => ("preavviso di mancata consegna", "delay notice"),
        Kind::VirusNotice => ("avviso di rilevazione virus", "virus notice"),
        Kind::AnomalyEnvelope => {
            ("posta ordinaria in busta di anomalia", "ordinary mail in an anomaly envelope")
        }
        Kind::Ordinary => ("posta ordinaria", "ordinary mail"),
    };
    Language::current().pick(italian, english)
}

/// Whether it can be believed.
pub(crate) fn verdict(verdict: Verdict) -> &'static str {
    let (italian, english) = match verdict {
        Verdict::Unchecked => ("non ancora verificato", "not checked yet"),
        Verdict::Absent => ("non firmato", "not signed"),
        Verdict::Unreadable => ("firma illeggibile", "unreadable signature"),
        Verdict::Altered => ("ALTERATO", "ALTERED"),
        Verdict::UnknownSigner => ("firmatario sconosciuto", "unknown signer"),
        Verdict::NotAProvider => ("non firmato da un gestore PEC", "not signed by a PEC provider"),
        Verdict::AddressMismatch => ("firmato da un altro mittente", "signed by another sender"),
        Verdict::Trusted => ("autentico", "trusted"),
    };
    Language::current().pick(italian, english)
}

/// A note beside the verdict.
pub(crate) fn note(note: Note) -> &'static str {
    let (italian, english) = match note {
        Note::CertdataInvalid => {
            ("i dati di certificazione non rispettano lo schema", "the certification data break their schema")
        }
        Note::HeaderDiffers => (
            "le intestazioni esterne dicono altro; vale ciò che è firmato",
            "the outer headers say otherwise; what is signed counts",
        ),
        Note::NoRevocationData => {
            ("revoca del certificato non verificata", "revocation of the certificate was not checked")
        }
        Note::Sha1Digest => ("impronta SHA-1, oggi debole", "SHA-1 digest, weak by today's standards"),
        Note::SignerExpiredSince => {
            ("certificato scaduto dopo la firma", "the certificate has expired since the signing")
        }
        Note::TimeDiffers => (
            "l'ora della firma non coincide con quella certificata",
            "the signing time is not the certified time",
        ),
    };
    Language::current().pick(italian, english)
}

/// Why it is not trusted, in one sentence.
pub(crate) fn reason(reason: Reason) -> &'static str {
    let (italian, english) = match reason {
        Reason::NotSigned => ("Il messaggio non ha una firma.", "The message has no signature."),
        Reason::AmbiguousStructure => (
            "La struttura del messaggio si può leggere in più modi: non si può dire che cosa sia stato firmato.",
            "The structure of the message can be read in more than one way: nobody can say what was signed.",
        ),
        Reason::MalformedSignature => {
            ("La firma non è in un formato leggibile.", "The signature is not in a readable format.")
        }
        Reason::MissingSignature => {
            ("La firma manca o è stata tagliata.", "The signature is missing, or was cut off.")
        }
        Reason::TooComplex => (
            "Il messaggio supera i limiti di ciò che viene esaminato.",
            "The message exceeds the limits of what is examined.",
        ),
        Reason::UnsupportedAlgorithm => (
            "La firma usa un algoritmo non riconosciuto.",
            "The signature uses an algorithm that is not supported.",
        ),
        Reason::ContentChanged => (
            "Il contenuto non è quello firmato: è stato modificato dopo la firma.",
            "The content is not what was signed: it was changed afterwards.",
        ),
        Reason::SignatureWrong => (
            "La firma non corrisponde a ciò che dichiara di firmare.",
            "The signature does not fit what it claims to sign.",
        ),
        Reason::CertificateMissing => {
            ("Il certificato del firmatario non è allegato.", "The signer's certificate is not enclosed.")
        }
        Reason::NoPath => (
            "Il certificato del firmatario non risale a un'autorità riconosciuta.",
            "The signer's certificate leads to no trusted authority.",
        ),
        Reason::NotValidThen => (
            "Un certificato non era valido al momento della firma.",
            "A certificate was not valid at the time of signing.",
        ),
        Reason::Constrained => (
            "L'autorità che ha emesso il certificato non poteva emetterlo per questo firmatario.",
            "The authority was not entitled to issue a certificate to this signer.",
        ),
        Reason::Revoked => (
            "Al momento della firma un certificato era già revocato, dice una lista di revoca allegata.",
            "A certificate had been revoked before the signing, as an enclosed revocation list says.",
        ),
        Reason::SignedInFuture => (
            "L'ora della firma è nel futuro, secondo l'orologio di questo dispositivo.",
            "The signing time lies in the future of this device's clock.",
        ),
        Reason::UnknownExtension => (
            "Un certificato contiene un'estensione critica sconosciuta.",
            "A certificate has a critical extension that is not known here.",
        ),
        Reason::NotPecAuthority => (
            "Il certificato non viene da un'autorità per gestori PEC.",
            "The certificate is not from an authority for PEC providers.",
        ),
        Reason::WrongPolicy => (
            "Il certificato non è rilasciato secondo le regole per i gestori PEC.",
            "The certificate is not issued under the policy for PEC providers.",
        ),
        Reason::TimeMissing => (
            "Manca un'ora alla quale verificare il certificato.",
            "There is no time to check the certificate at.",
        ),
        Reason::SignerIsAuthority => (
            "Il firmatario è un'autorità di certificazione, non un gestore PEC.",
            "The signer is a certification authority, not a PEC provider.",
        ),
        Reason::WrongPurpose => (
            "Il certificato non è quello di un gestore PEC.",
            "The certificate is not that of a PEC provider.",
        ),
        Reason::FromNotSingle => {
            ("Il mittente (From) non è un solo indirizzo semplice.", "From is not exactly one plain address.")
        }
        Reason::FromNotSigner => (
            "Il mittente (From) non è l'indirizzo del certificato.",
            "From is not the address in the certificate.",
        ),
    };
    Language::current().pick(italian, english)
}

/// How far a message has come for one recipient.
pub(crate) fn state(state: State) -> &'static str {
    let (italian, english) = match state {
        State::Submitted => ("inviato", "submitted"),
        State::Accepted => ("accettato", "accepted"),
        State::Outside => ("accettato, fuori dalla PEC", "accepted, outside PEC"),
        State::TakenInCharge => ("preso in carico", "taken in charge"),
        State::Delayed12h => ("in ritardo di oltre 12 ore", "delayed by over 12 hours"),
        State::Delayed24h => ("in ritardo di oltre 24 ore", "delayed by over 24 hours"),
        State::Refused => ("non accettato", "refused"),
        State::Failed => ("non consegnato", "not delivered"),
        State::Delivered => ("consegnato", "delivered"),
    };
    Language::current().pick(italian, english)
}

/// For how long there has been no answer.
pub(crate) fn delay(delay: Delay) -> &'static str {
    let (italian, english) = match delay {
        Delay::Hours12 => ("nessuna risposta in 12 ore", "no answer in 12 hours"),
        Delay::Hours24 => ("nessuna consegna in 24 ore", "no delivery in 24 hours"),
    };
    Language::current().pick(italian, english)
}

/// Where a message stands on its way to the server.
pub(crate) fn outbox(state: OutboxState) -> &'static str {
    let (italian, english) = match state {
        OutboxState::Draft => ("bozza", "draft"),
        OutboxState::Waiting => ("da inviare", "waiting to be sent"),
        OutboxState::Submitting => ("in corso d'invio", "being sent"),
        OutboxState::Uncertain => ("INCERTO: forse inviato", "UNCERTAIN: perhaps sent"),
        OutboxState::Submitted => ("inviato", "submitted"),
        OutboxState::Rejected => ("rifiutato dal server", "rejected by the server"),
    };
    Language::current().pick(italian, english)
}

/// What happened, as the title of a notification.
pub(crate) fn event(kind: EventKind) -> &'static str {
    let (italian, english) = match kind {
        EventKind::Accepted => ("Accettato", "Accepted"),
        EventKind::Anomaly => ("Posta ordinaria ricevuta", "Ordinary mail received"),
        EventKind::Delayed => ("Consegna in ritardo", "Delivery delayed"),
        EventKind::Delivered => ("Consegnato", "Delivered"),
        EventKind::Failed => ("NON consegnato", "NOT delivered"),
        EventKind::Received => ("Messaggio ricevuto", "Message received"),
        EventKind::Refused => ("NON accettato", "NOT accepted"),
        EventKind::Rejected => ("Rifiutato dal server", "Rejected by the server"),
        EventKind::Suspicious => ("Da non credere", "Not to be believed"),
        EventKind::Uncertain => ("Invio incerto", "Uncertain whether sent"),
        EventKind::Virus => ("Virus rilevato", "Virus found"),
    };
    Language::current().pick(italian, english)
}

/// How much of the message a delivery receipt carries.
pub(crate) fn receipt(receipt: ReceiptType) -> &'static str {
    let (italian, english) = match receipt {
        ReceiptType::Complete => ("completa", "complete"),
        ReceiptType::Brief => ("breve", "brief"),
        ReceiptType::Synthetic => ("sintetica", "synthetic"),
    };
    Language::current().pick(italian, english)
}
