//! Where one provider's messages are made: any kind, for any fields, at any time.
//!
//! Pure but for its counter of identifiers: no mailbox, no socket. The office uses one per provider; tests
//! that only want the bytes of a receipt use it by itself.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::{Timestamp, Zoned};
use mailparse::MailHeaderMap;

use crate::authority::{Authority, Signer};
use crate::brief::brief;
use crate::certdata::Certdata;
use crate::clock::italian;
use crate::dispatch::{self, Dispatch, Receipt};
use crate::forgery::Forgery;
use crate::house::{Build, House};
use crate::letter::Letter;
use crate::notice::{Notice, Words, on};

/// Makes the messages of one provider.
#[derive(Clone, Debug)]
pub struct Workshop {
    house: House,
    signer: Arc<Signer>,
    /// Identifiers and boundaries; from a seed, so that a story has the same ones each time.
    marks: Arc<Mutex<fastrand::Rng>>,
}

impl Workshop {
    /// The workshop of a provider that the authority has certified. Equal seeds give equal identifiers.
    pub fn new(house: House, authority: &Authority, seed: u64) -> Self {
        let signer = authority.provider(&house.name, &house.domain);
        Self { house, signer, marks: Arc::new(Mutex::new(fastrand::Rng::with_seed(seed))) }
    }

    /// The provider whose messages these are.
    pub fn house(&self) -> &House {
        &self.house
    }

    /// Takes in a submitted message (lines ended by CRLF) as the sender's provider does: gives it an
    /// identifier. `is_certified` says which recipients have a PEC box.
    pub fn take(&self, submitted: &[u8], at: Timestamp, is_certified: impl Fn(&str) -> bool) -> Dispatch {
        let identifier = self.identifier(at);
        Dispatch::take(submitted, identifier, self.house.address(), at, is_certified)
    }

    /// The receipt or notice, certified and signed at `at`.
    pub fn notice(&self, notice: &Notice, about: &Dispatch, at: Timestamp) -> Vec<u8> {
        self.seal(&self.notice_letter(notice, about, at), at)
    }

    /// The transport envelope (busta di trasporto) around the message, certified when it was accepted.
    pub fn envelope(&self, about: &Dispatch) -> Vec<u8> {
        self.seal(&self.envelope_letter(about), about.accepted_at)
    }

    /// The anomaly envelope (busta di anomalia) around what arrived and is not certified mail.
    ///
    /// Signed like all the provider sends; RFC 6109 §3.2.2 does not say whether it is.
    pub fn anomaly_envelope(&self, received: &[u8], reason: &str, at: Timestamp) -> Vec<u8> {
        self.seal(&self.anomaly_letter(received, reason, &italian(at)), at)
    }

    /// A notice that is wrong in one way, and otherwise as [`notice`](Self::notice) makes it.
    pub fn forged(
        &self,
        forgery: Forgery,
        notice: &Notice,
        about: &Dispatch,
        at: Timestamp,
        authority: &Authority,
    ) -> Vec<u8> {
        let mut letter = self.notice_letter(notice, about, at);
        forgery.corrupt(&mut letter, &self.house);
        let signer = forgery.signer(&self.house, authority);
        let signer = signer.as_ref().unwrap_or(&self.signer);
        let mut style = self.house.style.clone();
        forgery.restyle(&mut style);
        let mut marks = self.marks.lock().unwrap_or_else(PoisonError::into_inner);
        let message = match forgery {
            Forgery::Unsigned => letter.open(&style, at, &mut marks),
            _ => letter.sealed(&style, signer, at, &mut marks),
        };
        forgery.tamper(message)
    }

    fn seal(&self, letter: &Letter, at: Timestamp) -> Vec<u8> {
        let mut marks = self.marks.lock().unwrap_or_else(PoisonError::into_inner);
        letter.sealed(&self.house.style, &self.signer, at, &mut marks)
    }

    fn notice_letter(&self, notice: &Notice, about: &Dispatch, at: Timestamp) -> Letter {
        let time = italian(at);
        let to = if notice.is_between_providers() { &about.provider_address } else { &about.sender };
        let mut fields = vec![field("Subject", &format!("{}{}", notice.prefix(), about.subject_field))];
        fields.extend(about.reference.iter().map(|id| field("X-Riferimento-Message-ID", id)));
        fields.extend([date(&time), message_id(&self.receipt_identifier(at)), field("To", to)]);
        fields.push(field("X-Ricevuta", notice.kind()));
        if notice.warns_of_virus() {
            fields.push(field("X-VerificaSicurezza", "errore"));
        }
        if matches!(notice, Notice::VirusNotice { .. }) {
            fields.push(field("X-Mittente", &about.sender));
        }
        fields.push(field("From", &self.house.address()));

        let (receipt, original) = match notice {
            Notice::Delivery { receipt, .. } => (
                Some(*receipt),
                match receipt {
                    Receipt::Complete => Some(about.original.clone()),
                    Receipt::Brief => Some(brief(&about.original)),
                    Receipt::Synthetic => None,
                },
            ),
            _ => (None, None),
        };
        let received = match notice {
            Notice::TakenInCharge(recipients) => recipients.iter().map(String::as_str).collect(),
            _ => Vec::new(),
        };
        let error_text = notice.error_text(&self.house.name);
        let certdata = Certdata {
            error: notice.error(),
            receipt,
            recipient: notice.recipient(),
            received: &received,
            error_text: error_text.as_deref(),
            ..self.certdata(notice.kind(), about, &time)
        };
        Letter {
            fields,
            words: notice.words(about, &self.house.name, &time),
            certdata: Some(certdata.to_xml()),
            original,
        }
    }

    fn envelope_letter(&self, about: &Dispatch) -> Letter {
        let time = italian(about.accepted_at);
        let (header, _) = dispatch::split(&about.original);
        let mut fields = inherited(header, &["Received", "Return-Path"]);
        fields.push(field("Subject", &format!("POSTA CERTIFICATA: {}", about.subject_field)));
        fields.extend(about.reference.iter().map(|id| field("X-Riferimento-Message-ID", id)));
        fields.push(date(&time));
        fields.push(self.reply_to(header, &about.sender));
        fields.extend(inherited(header, &["To", "Cc"]));
        fields.push(field("X-Trasporto", "posta-certificata"));
        fields.push(self.on_behalf_of(&about.sender));
        let receipt_field = match self.house.style.build {
            Build::OpenSsl => Some("X-Tiporicevuta"),
            Build::JakartaMail => Some("X-TipoRicevuta"),
            // RFC 6109 §3.1.5 wants it; Legalmail leaves it out (2018), and daticert.xml says it anyway.
            Build::Legalmail => None,
        };
        fields.extend(receipt_field.map(|name| field(name, about.receipt.word())));
        fields.push(message_id(&about.identifier));

        let mut lines = vec![
            format!("{} il messaggio", on(&time)),
            format!("\"{}\" è stato inviato da \"{}\"", about.subject, about.sender),
            "indirizzato a:".to_owned(),
        ];
        lines.extend(about.recipients.iter().map(|recipient| recipient.address.clone()));
        lines.push("Il messaggio originale è incluso in allegato.".to_owned());
        lines.push(format!("Identificativo messaggio: {}", about.identifier));
        let certdata =
            Certdata { receipt: Some(about.receipt), ..self.certdata("posta-certificata", about, &time) };
        Letter {
            fields,
            words: Words { title: "Messaggio di posta certificata".to_owned(), lines },
            certdata: Some(certdata.to_xml()),
            original: Some(about.original.clone()),
        }
    }

    fn anomaly_letter(&self, received: &[u8], reason: &str, time: &Zoned) -> Letter {
        let (header, _) = dispatch::split(received);
        let headers = mailparse::parse_headers(header).map(|(headers, _)| headers).unwrap_or_default();
        let sender = dispatch::addresses(&headers, "From").into_iter().next().unwrap_or_default();
        let raw_subject = headers.get_first_header("Subject").map(mailparse::MailHeader::get_value_raw);
        let raw_subject = String::from_utf8_lossy(raw_subject.unwrap_or_default());
        let mut fields = inherited(header, &["Received", "Return-Path", "Message-ID"]);
        fields.push(field("Subject", &format!("ANOMALIA MESSAGGIO: {}", raw_subject.trim())));
        fields.extend([date(time), self.reply_to(header, &sender)]);
        fields.extend(inherited(header, &["To", "Cc"]));
        fields.extend([field("X-Trasporto", "errore"), self.on_behalf_of(&sender)]);

        let subject = headers.get_first_value("Subject").unwrap_or_default();
        let mut lines = vec![
            format!("{} è stato ricevuto il messaggio", on(time)),
            format!("\"{subject}\" proveniente da \"{sender}\""),
            "ed indirizzato a:".to_owned(),
        ];
        lines.extend(["To", "Cc"].iter().flat_map(|name| dispatch::addresses(&headers, name)));
        lines.push("Tali dati non sono stati certificati per il seguente errore:".to_owned());
        lines.extend([reason.to_owned(), "Il messaggio originale è incluso in allegato.".to_owned()]);
        Letter {
            fields,
            words: Words { title: "Anomalia nel messaggio".to_owned(), lines },
            certdata: None,
            original: Some(received.to_vec()),
        }
    }

    /// What every daticert.xml of this provider about this message has in common.
    fn certdata<'a>(&'a self, kind: &'a str, about: &'a Dispatch, time: &'a Zoned) -> Certdata<'a> {
        Certdata {
            kind,
            error: "nessuno",
            sender: &about.sender,
            recipients: &about.recipients,
            reply_to: &about.reply_to,
            subject: &about.subject,
            provider: &self.house.name,
            time,
            identifier: &about.identifier,
            reference: about.reference.as_deref(),
            receipt: None,
            recipient: None,
            received: &[],
            error_text: None,
        }
    }

    /// The original's Reply-To, or the sender; Legalmail adds a display name.
    fn reply_to(&self, header: &[u8], sender: &str) -> String {
        match (inherited(header, &["Reply-To"]).pop(), self.house.style.build) {
            (Some(original), _) => original,
            (None, Build::Legalmail) => field("Reply-To", &format!("\"{sender}\" <{sender}>")),
            (None, _) => field("Reply-To", sender),
        }
    }

    fn on_behalf_of(&self, sender: &str) -> String {
        let quoted = sender.replace(['"', '\\'], "");
        field("From", &format!("\"Per conto di: {quoted}\" <{}>", self.house.address()))
    }

    /// A new identifier, in the form of the provider's software.
    fn identifier(&self, at: Timestamp) -> String {
        self.numbered(at, "1")
    }

    /// The Message-ID of a receipt: another one, with one more number where the forms have numbers.
    fn receipt_identifier(&self, at: Timestamp) -> String {
        let more = self.marks.lock().unwrap_or_else(PoisonError::into_inner).u32(10..999);
        self.numbered(at, &format!("1.{more}"))
    }

    fn numbered(&self, at: Timestamp, middle: &str) -> String {
        let mut marks = self.marks.lock().unwrap_or_else(PoisonError::into_inner);
        let domain = &self.house.domain;
        let program = match self.house.style.build {
            Build::OpenSsl => "opec",
            Build::JakartaMail => "jpec",
            Build::Legalmail => {
                let [a, b, c, d] = [(); 4].map(|()| marks.u32(..));
                return format!("{a:08X}.{b:08X}.{c:08X}.{d:08X}.posta-certificata@{domain}");
            }
        };
        let time = italian(at).strftime("%Y%m%d%H%M%S").to_string();
        let (process, count, last) = (marks.u32(1_000..99_999), marks.u32(1..9_999), marks.u32(1..99));
        format!("{program}{}.{time}.{process:05}.{count}.{middle}.{last}@{domain}", marks.u32(100..999))
    }
}

/// The fields of these names, as they are.
fn inherited(header: &[u8], names: &[&str]) -> Vec<String> {
    let fields = dispatch::fields(header).into_iter();
    let wanted = fields.filter(|field| names.iter().any(|name| dispatch::is_named(field, name)));
    wanted.map(|field| format!("{}\r\n", String::from_utf8_lossy(field).trim_end())).collect()
}

fn field(name: &str, value: &str) -> String {
    format!("{name}: {value}\r\n")
}

fn message_id(identifier: &str) -> String {
    field("Message-ID", &format!("<{identifier}>"))
}

fn date(time: &Zoned) -> String {
    field("Date", &time.strftime("%a, %-d %b %Y %H:%M:%S %z").to_string())
}
