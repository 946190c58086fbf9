//! What providers tell senders, and each other, about a message: the receipts and notices (ricevute, avvisi).
//!
//! A [`Notice`] says what happened; this file knows what that is called in the header, in the subject and in
//! daticert.xml, and how it reads in Italian, as the annex of DM 2-11-2005 (RFC 6109 §3) words it. The
//! words are for people: programs read daticert.xml only.

use jiff::Zoned;

use crate::dispatch::{Dispatch, Receipt};

/// What happened to a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// `accettazione`: the sender's provider took it in.
    Acceptance,
    /// `non-accettazione`: the sender's provider refused it.
    Refusal(Refusal),
    /// `presa-in-carico`: a recipients' provider took it over for these of its recipients.
    TakenInCharge(Vec<String>),
    /// `avvenuta-consegna`: it is in the recipient's box.
    Delivery {
        /// In whose box.
        recipient: String,
        /// With how much of the original.
        receipt: Receipt,
    },
    /// `errore-consegna`: it will not be in the recipient's box.
    Failure {
        /// Who does not get it.
        recipient: String,
        /// Why.
        cause: Failure,
    },
    /// `preavviso-errore-consegna`: nothing has been heard of it for so long.
    Delay {
        /// Whose provider is silent.
        recipient: String,
        /// Since when.
        delay: Delay,
    },
    /// `rilevazione-virus`: a recipient's provider found a virus and tells the sender's provider.
    VirusNotice {
        /// Who does not get it.
        recipient: String,
    },
}

/// Why a provider does not accept its user's message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It breaks a rule of form, told in these words (RFC 6109 §3.1.1).
    Formal(String),
    /// It has a virus.
    Virus,
}

/// Why a message cannot be delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// `altro`: the box is full.
    FullMailbox,
    /// `no-dest`: there is no such box.
    NoRecipient,
    /// `no-dominio`: there is no such provider.
    NoDomain,
    /// `altro`: in these words, after the provider's name.
    Other(String),
    /// `virus`: a virus was found by the recipient's provider.
    Virus,
}

/// The two notices of delay (RFC 6109 §3.1.6). Only their texts differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delay {
    /// After 12 hours.
    First,
    /// After 24 hours, the last.
    Last,
}

/// The part of a message that people read: a heading and lines.
#[derive(Clone, Debug)]
pub(crate) struct Words {
    pub(crate) title: String,
    pub(crate) lines: Vec<String>,
}

impl Notice {
    /// `X-Ricevuta`, and `tipo` in daticert.xml.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Acceptance => "accettazione",
            Self::Refusal(_) => "non-accettazione",
            Self::TakenInCharge(_) => "presa-in-carico",
            Self::Delivery { .. } => "avvenuta-consegna",
            Self::Failure { .. } => "errore-consegna",
            Self::Delay { .. } => "preavviso-errore-consegna",
            Self::VirusNotice { .. } => "rilevazione-virus",
        }
    }

    /// What the subject begins with.
    pub(crate) fn prefix(&self) -> &'static str {
        match self {
            Self::Acceptance => "ACCETTAZIONE: ",
            Self::Refusal(Refusal::Formal(_)) => "AVVISO DI NON ACCETTAZIONE: ",
            Self::Refusal(Refusal::Virus) => "AVVISO DI NON ACCETTAZIONE PER VIRUS: ",
            Self::TakenInCharge(_) => "PRESA IN CARICO: ",
            Self::Delivery { .. } => "CONSEGNA: ",
            Self::Failure { cause: Failure::Virus, .. } => "AVVISO DI MANCATA CONSEGNA PER VIRUS: ",
            Self::Failure { .. } => "AVVISO DI MANCATA CONSEGNA: ",
            Self::Delay { .. } => "AVVISO DI MANCATA CONSEGNA PER SUP. TEMPO MASSIMO: ",
            Self::VirusNotice { .. } => "PROBLEMA DI SICUREZZA: ",
        }
    }

    /// `errore` in daticert.xml.
    ///
    /// For notices of delay, of which there is no sample: `altro`, since something is amiss and is none of
    /// the other values.
    pub(crate) fn error(&self) -> &'static str {
        match self {
            Self::Acceptance | Self::TakenInCharge(_) | Self::Delivery { .. } => "nessuno",
            Self::Refusal(Refusal::Formal(_)) | Self::Delay { .. } => "altro",
            Self::Refusal(Refusal::Virus) | Self::VirusNotice { .. } => "virus",
            Self::Failure { cause, .. } => match cause {
                Failure::FullMailbox | Failure::Other(_) => "altro",
                Failure::NoRecipient => "no-dest",
                Failure::NoDomain => "no-dominio",
                Failure::Virus => "virus",
            },
        }
    }

    /// `errore-esteso` in daticert.xml: code, provider's name, reason, as real ones have it.
    pub(crate) fn error_text(&self, provider: &str) -> Option<String> {
        let (code, reason) = match self {
            Self::Acceptance | Self::TakenInCharge(_) | Self::Delivery { .. } => return None,
            Self::Refusal(Refusal::Formal(reason)) => ("5.6.0", reason.as_str()),
            Self::Refusal(Refusal::Virus) | Self::VirusNotice { .. } => ("5.5.1", VIRUS),
            Self::Failure { cause, .. } => match cause {
                Failure::FullMailbox => ("5.2.2", "casella piena"),
                Failure::NoRecipient => ("5.1.1", "indirizzo non valido"),
                Failure::NoDomain => ("5.1.2", "dominio non valido"),
                Failure::Other(reason) => ("5.3.0", reason.as_str()),
                Failure::Virus => ("5.5.1", VIRUS),
            },
            Self::Delay { delay: Delay::First, .. } => ("4.4.1", "nessuna risposta nelle prime 12 ore"),
            Self::Delay { delay: Delay::Last, .. } => ("5.4.1", "nessuna risposta nelle 24 ore"),
        };
        Some(format!("{code} - {provider} - {reason}"))
    }

    /// `consegna` in daticert.xml: the one recipient it is about.
    pub(crate) fn recipient(&self) -> Option<&str> {
        match self {
            Self::Acceptance | Self::Refusal(_) | Self::TakenInCharge(_) => None,
            Self::Delivery { recipient, .. }
            | Self::Failure { recipient, .. }
            | Self::Delay { recipient, .. }
            | Self::VirusNotice { recipient } => Some(recipient),
        }
    }

    /// Whether a virus is the reason, which its reader's header says too: `X-VerificaSicurezza: errore`.
    pub(crate) fn warns_of_virus(&self) -> bool {
        matches!(self, Self::Refusal(Refusal::Virus) | Self::Failure { cause: Failure::Virus, .. })
    }

    /// Whether it goes to the sender's provider, and not to the sender.
    pub(crate) fn is_between_providers(&self) -> bool {
        matches!(self, Self::TakenInCharge(_) | Self::VirusNotice { .. })
    }

    /// The text, as `provider` writes it at `time`.
    pub(crate) fn words(&self, about: &Dispatch, provider: &str, time: &Zoned) -> Words {
        let (subject, sender) = (&about.subject, &about.sender);
        let error = self.error_text(provider).unwrap_or_default();
        let on = on(time);
        let from = format!("\"{subject}\" proveniente da \"{sender}\"");
        let all = || about.recipients.iter().map(|recipient| recipient.address.clone());
        let to = || format!("ed indirizzato a \"{}\"", self.recipient().unwrap_or_default());
        let user = || format!("e destinato all'utente \"{}\"", self.recipient().unwrap_or_default());
        let mut lines = Vec::new();
        let mut say = |text: &[&str]| lines.extend(text.iter().map(|&line| line.to_owned()));
        let title = match self {
            Self::Acceptance => {
                say(&[&format!("{on} il messaggio"), &from, "ed indirizzato a:"]);
                for recipient in &about.recipients {
                    let kind = if recipient.certified { "posta certificata" } else { "posta ordinaria" };
                    say(&[&format!("{} (\"{kind}\")", recipient.address)]);
                }
                say(&["è stato accettato dal sistema ed inoltrato."]);
                "Ricevuta di accettazione"
            }
            Self::Refusal(refusal) => {
                say(&[&format!("{on} nel messaggio"), &from, "ed indirizzato a:"]);
                all().for_each(|address| say(&[&address]));
                let found = match refusal {
                    Refusal::Formal(_) => {
                        "è stato rilevato un problema che ne impedisce l'accettazione a causa di"
                    }
                    Refusal::Virus => "è stato rilevato un problema di sicurezza",
                };
                say(&[&format!("{found} {error}."), "Il messaggio non è stato accettato."]);
                match refusal {
                    Refusal::Formal(_) => "Errore nell'accettazione del messaggio",
                    Refusal::Virus => "Errore nell'accettazione del messaggio per presenza di virus",
                }
            }
            Self::TakenInCharge(recipients) => {
                say(&[&format!("{on} il messaggio"), &from, "ed indirizzato a:"]);
                recipients.iter().for_each(|address| say(&[address]));
                say(&["è stato accettato dal sistema."]);
                "Ricevuta di presa in carico"
            }
            Self::Delivery { receipt, .. } => {
                say(&[&format!("{on} il messaggio"), &from, &to()]);
                say(&["è stato consegnato nella casella di destinazione."]);
                match receipt {
                    Receipt::Complete => "Ricevuta di avvenuta consegna",
                    Receipt::Brief => "Ricevuta breve di avvenuta consegna",
                    Receipt::Synthetic => "Ricevuta sintetica di avvenuta consegna",
                }
            }
            Self::Failure { cause: Failure::Virus, .. } => {
                say(&[&format!("{on} nel messaggio"), &from, &user()]);
                say(&[&format!("è stato rilevato un problema di sicurezza {error}.")]);
                say(&["Il messaggio non è stato consegnato."]);
                "Avviso di mancata consegna per virus"
            }
            Self::Failure { .. } => {
                say(&[&format!("{on} nel messaggio"), &from, &user()]);
                say(&[&format!("è stato rilevato un errore {error}.")]);
                say(&["Il messaggio è stato rifiutato dal sistema."]);
                "Avviso di mancata consegna"
            }
            Self::Delay { delay, .. } => {
                say(&[&format!("{on} il messaggio"), &from, &user()]);
                say(match delay {
                    Delay::First => FIRST_DELAY,
                    Delay::Last => LAST_DELAY,
                });
                "Avviso di mancata consegna per superamento del tempo massimo"
            }
            Self::VirusNotice { .. } => {
                say(&[&format!("{on} nel messaggio"), &from, &user()]);
                say(&[&format!("è stato rilevato un problema di sicurezza {error}.")]);
                "Avviso di rilevazione virus informatico"
            }
        };
        say(&[&format!("Identificativo messaggio: {}", about.identifier)]);
        Words { title: title.to_owned(), lines }
    }
}

/// How every text begins: the certified time, said for people.
pub(crate) fn on(time: &Zoned) -> String {
    time.strftime("Il giorno %d/%m/%Y alle ore %H:%M:%S (%z)").to_string()
}

const VIRUS: &str = "virus informatico rilevato";

const FIRST_DELAY: &[&str] = &[
    "non è stato consegnato nelle prime dodici ore dal suo invio.",
    "Non escludendo che questo possa avvenire in seguito, si ritiene utile considerare",
    "che l'invio potrebbe non andare a buon fine. Il sistema provvederà comunque ad inviare",
    "un ulteriore avviso di mancata consegna se nelle prossime dodici ore non vi sarà",
    "la conferma della ricezione da parte del destinatario.",
];

const LAST_DELAY: &[&str] = &[
    "non è stato consegnato nelle ventiquattro ore successive al suo invio.",
    "Si ritiene che la spedizione debba considerarsi non andata a buon fine.",
];
