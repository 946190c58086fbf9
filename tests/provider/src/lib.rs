//! A provider of Italian certified mail (PEC) in a library, for demos and tests.
//!
//! It takes mail over SMTP, shows it over IMAP, both with TLS, and does with it what a provider does:
//! envelopes, signed receipts, delays, refusals. Its time is virtual, and what goes wrong is scripted.
//! Everything lives in memory and on loopback; its authority is made afresh and certifies nothing real.
//!
//! ```text
//!                   script: full box, silence, virus …    clock: advance(hours(12))
//!                                    │                         │
//! client ──SMTP──> formality ──> plan: a course for each recipient ──> workshop ──> boxes ──IMAP──> client
//!                                                                         │
//!          notice (words), certdata (XML), letter (MIME), signature (CMS), authority (certificates)
//! ```
//!
//! | to | use |
//! |---|---|
//! | test a client over the network | [`Provider`] |
//! | test what reads mail, without sockets | [`Office`]: [`submit`](PostOffice::submit), then look into the [`Mailbox`] |
//! | get the bytes of one message of any kind | [`Workshop`] and [`Notice`] |
//! | get a message that must not be believed | [`Office::forge`] and [`Forgery`] |
//!
//! Absent: deferral of SMTP between providers (they are one process), the providers' directory, anything
//! that lasts. The crate depends on neither core crate, so that it cannot share their mistakes.
//!
//! ```
//! use recapito_provider::{Behaviour, Office, PostOffice, Settings, Silence, Submission, hours};
//!
//! let office = Office::new(Settings::default());
//! let mario = office.open_box("mario@pec.example.test", "secret");
//! let anna = office.open_box("anna@legal.example.test", "secret");
//! office.script().on("anna@legal.example.test", Behaviour::Late(Silence::until_delivery(hours(13))));
//!
//! let reply = office.submit(Submission {
//!     login: "mario@pec.example.test".to_owned(),
//!     reverse_path: "mario@pec.example.test".to_owned(),
//!     recipients: vec!["anna@legal.example.test".to_owned()],
//!     raw: b"From: mario@pec.example.test\r\nTo: anna@legal.example.test\r\nSubject: Prova\r\n\
//!            Message-ID: <1@mario.example.test>\r\n\r\nBuongiorno\r\n".to_vec(),
//! });
//! assert_eq!(reply.code, 250);
//! assert_eq!(mario.messages("INBOX").len(), 1); // the acceptance
//! office.advance(hours(12));
//! assert_eq!(mario.messages("INBOX").len(), 2); // the notice of delay
//! office.advance(hours(1));
//! assert_eq!(mario.messages("INBOX").len(), 3); // the delivery
//! assert_eq!(anna.messages("INBOX").len(), 1); // the envelope
//! ```

mod authority;
mod ber;
mod brief;
mod certdata;
mod certificate;
mod clock;
mod dispatch;
mod forgery;
mod formality;
mod house;
pub mod imap;
mod key;
mod letter;
mod listener;
mod mailbox;
mod notice;
mod office;
#[cfg(test)]
mod peer;
mod plan;
mod provider;
mod sasl;
mod script;
mod signature;
pub mod smtp;
pub mod tls;
mod workshop;

pub use authority::{Authority, Signer};
pub use clock::{VirtualClock, hours};
pub use dispatch::{Dispatch, Receipt, Recipient};
pub use forgery::Forgery;
pub use house::{Build, House, Placement, Style};
pub use mailbox::Mailbox;
pub use notice::{Delay, Failure, Notice, Refusal};
pub use office::{Office, Settings};
pub use provider::{Provider, StartError};
pub use script::{Behaviour, Ending, Mishap, Script, Silence};
pub use signature::{Digest, Encoding};
pub use smtp::{PostOffice, Reply, Submission};
pub use workshop::Workshop;
