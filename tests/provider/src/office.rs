//! The post office: what a provider does with the mail it is given, without any socket.
//!
//! ```text
//! submission ──> formal checks ──> acceptance to the sender ──> a course for each recipient:
//!                     │                                         envelope into the box, delivery receipt,
//!                     └──> refusal to the sender                failure, delays at 12 and 24 hours, …
//! ```
//! Every provider of the settings is served here, the sender's and the recipients'. What is not due yet
//! waits for [`Office::advance`]. The servers for SMTP and IMAP ask through [`PostOffice`].

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

use crate::authority::Authority;
use crate::clock::{VirtualClock, italian};
use crate::dispatch::{Dispatch, Receipt};
use crate::forgery::Forgery;
use crate::formality;
use crate::house::{House, Style};
use crate::mailbox::Mailbox;
use crate::notice::{Notice, Refusal};
use crate::plan::{self, Step};
use crate::script::{Behaviour, Mishap, Script};
use crate::smtp::{PostOffice, Reply, Submission};
use crate::workshop::Workshop;

/// The providers, their boxes and what is under way. Clones are the same office.
#[derive(Clone, Debug)]
pub struct Office {
    shared: Arc<Shared>,
}

/// What an office starts with.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The providers, the first being the one that tests talk to by default.
    pub houses: Vec<House>,
    /// The time.
    pub clock: VirtualClock,
    /// Where identifiers come from: an equal seed and a standing clock give equal stories.
    pub seed: u64,
}

impl Default for Settings {
    /// Two providers, `pec.example.test` and `legal.example.test`, of two styles; the real time.
    fn default() -> Self {
        Self {
            houses: vec![
                House::new("Gestore Esempio S.p.A.", "pec.example.test", Style::default()),
                House::new("Altro Gestore S.r.l.", "legal.example.test", Style::legalmail()),
            ],
            clock: VirtualClock::running(),
            seed: 1,
        }
    }
}

#[derive(Debug)]
struct Shared {
    clock: VirtualClock,
    authority: Authority,
    workshops: Vec<Workshop>,
    script: Script,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// By address in lower case.
    boxes: BTreeMap<String, OpenBox>,
    /// What will happen, by time and then in the order it was decided.
    due: BTreeMap<(Timestamp, u64), Errand>,
    decided: u64,
}

#[derive(Debug)]
struct OpenBox {
    mailbox: Mailbox,
    /// `None` for the providers' own addresses: nobody logs in there.
    password: Option<String>,
}

/// A step of a message's course.
#[derive(Debug)]
struct Errand {
    dispatch: Arc<Dispatch>,
    sender: Workshop,
    recipient: (String, Workshop),
    step: Step,
}

impl Office {
    /// Opens the office with a fresh authority for its providers.
    ///
    /// # Panics
    /// When the settings name no provider.
    pub fn new(settings: Settings) -> Self {
        assert!(!settings.houses.is_empty(), "an office has at least one provider");
        let domains: Vec<&str> = settings.houses.iter().map(|house| house.domain.as_str()).collect();
        let authority = Authority::new(&domains, settings.clock.now());
        let mut state = State::default();
        let mut workshops = Vec::new();
        for (house, seed) in settings.houses.into_iter().zip(settings.seed..) {
            let own = OpenBox { mailbox: Mailbox::new(), password: None };
            state.boxes.insert(house.address(), own);
            workshops.push(Workshop::new(house, &authority, seed));
        }
        let (clock, script) = (settings.clock, Script::default());
        Self { shared: Arc::new(Shared { clock, authority, workshops, script, state: Mutex::new(state) }) }
    }

    /// Opens a PEC box; its login is the address.
    ///
    /// # Panics
    /// When none of the providers keeps boxes in the address's domain.
    pub fn open_box(&self, address: &str, password: &str) -> Mailbox {
        assert!(self.workshop(address).is_some(), "no provider for the domain of {address}");
        let mailbox = Mailbox::new();
        let open = OpenBox { mailbox: mailbox.clone(), password: Some(password.to_owned()) };
        self.state().boxes.insert(address.to_lowercase(), open);
        mailbox
    }

    /// The box of an address, those of the providers (`posta-certificata@…`) included.
    pub fn mailbox(&self, address: &str) -> Option<Mailbox> {
        self.state().boxes.get(&address.to_lowercase()).map(|open| open.mailbox.clone())
    }

    /// What goes wrong, to be written by the test.
    pub fn script(&self) -> &Script {
        &self.shared.script
    }

    /// The office's time.
    pub fn clock(&self) -> &VirtualClock {
        &self.shared.clock
    }

    /// The authority that certified the providers.
    pub fn authority(&self) -> &Authority {
        &self.shared.authority
    }

    /// The workshop of the provider that keeps the address's box: for messages made by hand.
    pub fn workshop(&self, address: &str) -> Option<&Workshop> {
        self.shared.workshops.iter().find(|workshop| workshop.house().keeps(address))
    }

    /// Lets time pass. What becomes due happens in order, each thing at its own time.
    pub fn advance(&self, by: SignedDuration) {
        let target = self.shared.clock.now() + by;
        let mut state = self.state();
        while let Some(entry) = state.due.first_entry().filter(|entry| entry.key().0 <= target) {
            let ((time, _), errand) = entry.remove_entry();
            self.shared.clock.move_to(time);
            errand.run(&state.boxes, time);
        }
        self.shared.clock.move_to(target);
    }

    /// Ordinary mail from the Internet arrives for a box: it goes in within an anomaly envelope.
    ///
    /// Returns whether there is such a box.
    pub fn receive_ordinary(&self, from: &str, to: &str, raw: &[u8]) -> bool {
        let (Some(workshop), Some(mailbox)) = (self.workshop(to), self.mailbox(to)) else { return false };
        let now = self.shared.clock.now();
        let reason = "il messaggio non proviene da un sistema di posta certificata";
        let envelope = workshop.anomaly_envelope(raw, reason, now);
        deposit(&mailbox, &envelope, from, to, workshop, now);
        true
    }

    /// Puts any bytes into a box as they are. Returns whether there is such a box.
    pub fn inject(&self, address: &str, raw: &[u8]) -> bool {
        let mailbox = self.mailbox(address);
        mailbox.is_some_and(|mailbox| mailbox.append("INBOX", raw) > 0)
    }

    /// A notice about a message, wrong in one way, as the recipient's provider would have made it now.
    ///
    /// Not delivered: [`inject`](Self::inject) it where the test wants it.
    pub fn forge(&self, forgery: Forgery, notice: &Notice, about: &Dispatch) -> Vec<u8> {
        let by = notice.recipient().and_then(|recipient| self.workshop(recipient));
        let workshop = by.unwrap_or(&self.shared.workshops[0]);
        workshop.forged(forgery, notice, about, self.shared.clock.now(), &self.shared.authority)
    }

    /// Takes a message from a sender whose provider is `workshop`: acceptance, and a course per recipient.
    fn accept(&self, workshop: &Workshop, raw: &[u8], mishap: Option<Mishap>) -> String {
        let now = self.shared.clock.now();
        let is_certified = |address: &str| self.workshop(address).is_some();
        let dispatch = Arc::new(workshop.take(raw, now, is_certified));
        let mut state = self.state();
        if mishap != Some(Mishap::LostAcceptance) {
            let acceptance = workshop.notice(&Notice::Acceptance, &dispatch, now);
            state.send(&acceptance, workshop, &dispatch.sender, now);
        }
        for recipients in
            self.shared.workshops.iter().filter(|each| each.house().domain != workshop.house().domain)
        {
            let taken = |recipient: &str| {
                recipients.house().keeps(recipient)
                    && plan::is_taken_in_charge(&self.shared.script.behaviour(recipient))
            };
            let addresses = dispatch.recipients.iter().map(|recipient| recipient.address.clone());
            let taken: Vec<String> = addresses.filter(|address| taken(address)).collect();
            if !taken.is_empty() {
                let notice = recipients.notice(&Notice::TakenInCharge(taken), &dispatch, now);
                state.send(&notice, recipients, &dispatch.provider_address, now);
            }
        }
        for recipient in &dispatch.recipients {
            let Some(theirs) = self.workshop(&recipient.address) else { continue };
            let receipt = if recipient.copied { Receipt::Synthetic } else { dispatch.receipt };
            let has_box = state.boxes.contains_key(&recipient.address.to_lowercase());
            let behaviour = self.shared.script.behaviour(&recipient.address);
            for (after, step) in plan::course(&behaviour, &recipient.address, has_box, receipt) {
                let errand = Errand {
                    dispatch: Arc::clone(&dispatch),
                    sender: workshop.clone(),
                    recipient: (recipient.address.clone(), theirs.clone()),
                    step,
                };
                state.decided += 1;
                let place = (now + after, state.decided);
                state.due.insert(place, errand);
            }
        }
        drop(state);
        self.advance(SignedDuration::ZERO);
        dispatch.identifier.clone()
    }

    fn refuse(&self, workshop: &Workshop, login: &str, raw: &[u8], refusal: Refusal) {
        let now = self.shared.clock.now();
        let is_certified = |address: &str| self.workshop(address).is_some();
        let mut dispatch = workshop.take(raw, now, is_certified);
        // Who is told is who submitted, whatever the message says.
        dispatch.sender = login.to_owned();
        let notice = workshop.notice(&Notice::Refusal(refusal), &dispatch, now);
        self.state().send(&notice, workshop, login, now);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PostOffice for Office {
    fn login(&self, login: &str, password: &str) -> Option<Mailbox> {
        let state = self.state();
        let open = state.boxes.get(&login.to_lowercase())?;
        (open.password.as_deref() == Some(password)).then(|| open.mailbox.clone())
    }

    fn recipient(&self, _login: &str, address: &str) -> Result<(), Reply> {
        match self.shared.script.behaviour(address) {
            Behaviour::RefusedAtRcpt => Err(Reply::new(550, "5.1.1 Recipient address rejected")),
            _ => Ok(()),
        }
    }

    fn submit(&self, submission: Submission) -> Reply {
        let Some(workshop) = self.workshop(&submission.login) else {
            return Reply::new(550, "5.7.1 Not a mailbox of this provider");
        };
        if !submission.reverse_path.eq_ignore_ascii_case(&submission.login) {
            return Reply::new(553, "5.7.1 Sender address rejected: not owned by user");
        }
        let mishap = self.shared.script.take_mishap();
        let refusal = match (formality::check(&submission), mishap) {
            (Err(reason), _) => Some(Refusal::Formal(reason)),
            (Ok(()), Some(Mishap::Virus)) => Some(Refusal::Virus),
            (Ok(()), _) => None,
        };
        let now = self.shared.clock.now();
        let raw = [trace(workshop, "ESMTPSA", now).as_bytes(), &submission.raw].concat();
        match refusal {
            Some(refusal) => {
                self.refuse(workshop, &submission.login, &raw, refusal);
                Reply::new(250, "2.0.0 Ok: queued")
            }
            None => Reply::new(250, format!("2.0.0 Ok: queued as {}", self.accept(workshop, &raw, mishap))),
        }
    }
}

impl State {
    /// Puts a message of a provider into the box of `to`, if there is one.
    fn send(&self, message: &[u8], by: &Workshop, to: &str, now: Timestamp) {
        send(&self.boxes, message, by, to, now);
    }
}

impl Errand {
    fn run(self, boxes: &BTreeMap<String, OpenBox>, now: Timestamp) {
        let about = self.dispatch.as_ref();
        let tell = |notice: &Notice, by: &Workshop, copies| {
            let to = if notice.is_between_providers() { &about.provider_address } else { &about.sender };
            let message = by.notice(notice, about, now);
            for _ in 0..copies {
                send(boxes, &message, by, to, now);
            }
        };
        let (recipient, theirs) = &self.recipient;
        match &self.step {
            Step::Deposit => {
                if let Some(open) = boxes.get(&recipient.to_lowercase()) {
                    let envelope = self.sender.envelope(about);
                    deposit(&open.mailbox, &envelope, &about.sender, recipient, theirs, now);
                }
            }
            Step::FromRecipient { notice, copies } => tell(notice, theirs, *copies),
            Step::FromSender(notice) => tell(notice, &self.sender, 1),
        }
    }
}

fn send(boxes: &BTreeMap<String, OpenBox>, message: &[u8], by: &Workshop, to: &str, now: Timestamp) {
    if let Some(open) = boxes.get(&to.to_lowercase()) {
        deposit(&open.mailbox, message, &by.house().address(), to, by, now);
    }
}

/// Final delivery: the trace fields that a message server puts in front.
fn deposit(mailbox: &Mailbox, message: &[u8], reverse_path: &str, to: &str, by: &Workshop, now: Timestamp) {
    let head = format!("Return-Path: <{reverse_path}>\r\nDelivered-To: {to}\r\n{}", trace(by, "LMTP", now));
    mailbox.append_at("INBOX", [head.as_bytes(), message].concat(), now);
}

fn trace(by: &Workshop, protocol: &str, now: Timestamp) -> String {
    let domain = &by.house().domain;
    let date = italian(now).strftime("%a, %-d %b %Y %H:%M:%S %z").to_string();
    format!(
        "Received: from localhost (localhost [127.0.0.1])\r\n\tby mail.{domain} with {protocol};\r\n\t{date}\r\n"
    )
}
