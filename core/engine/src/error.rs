//! What the engine tells its callers when something cannot be done: a variant only where somebody acts on it.
//!
//! Texts for people are made by whoever shows them, in their language. A server's own words come along as data,
//! bounded and without control characters; no `Display` here shows them, since servers put addresses into them.

use jiff::Timestamp;
use std::path::PathBuf;

use crate::smtp::{Cut, Outcome, Postponement};
use crate::store::account::Protocol;
use crate::{compose, imap, net, outbox, store};

/// Why something could not be done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The account's own authorities (PEM) cannot be read.
    #[error("the account's authorities cannot be read")]
    Authorities,
    /// What was written may not be sent so; nothing was submitted.
    #[error("the message may not be sent so: {0}")]
    Draft(compose::Violation),
    /// The server refused the login, now or, with a time, when it was last tried. Nothing tries again until the
    /// password changes or the user asks: providers lock the box.
    #[error("the server refused the login")]
    LoginRefused {
        /// Which server.
        protocol: Protocol,
        /// When it refused, if it was not just now.
        remembered: Option<Timestamp>,
        /// Its words.
        answer: String,
    },
    /// There is no password to log in with.
    #[error("there is no password for the account")]
    NoPassword,
    /// The system's random generator failed.
    #[error("the system gives no randomness")]
    NoRandomness,
    /// What was named does not exist (any more).
    #[error("there is no such thing here")]
    NotFound,
    /// What was asked does not fit the state that the shipment is in.
    #[error("the shipment is in another state")]
    NotInThisState,
    /// The password could not be had; the text is the platform's, for people.
    #[error("the password could not be read")]
    Password(String),
    /// A server cannot be reached, or did not do what it should.
    #[error("a server cannot be used: {fault}")]
    Server {
        /// Which server.
        protocol: Protocol,
        /// Its name.
        host: String,
        /// What is wrong.
        fault: Fault,
    },
    /// The store cannot be used.
    #[error(transparent)]
    Store(StoreFault),
}

/// What is wrong with a server, or with the way to it.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// It bars the account until somebody sees to it.
    #[error("it bars the account")]
    Barred(String),
    /// It ended the session, with these words.
    #[error("it ended the session")]
    Bye(String),
    /// It was cut, or says things that no server says.
    #[error("{0}")]
    Broken(&'static str),
    /// There is no connection, or its certificate is not to be trusted.
    #[error("{0}")]
    Connection(net::Error),
    /// It does not take a login now: too many connections, maintenance.
    #[error("it takes no login now")]
    Unavailable(String),
    /// It says no, in these words.
    #[error("it refused the command")]
    Refused(String),
}

/// What is wrong with the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreFault {
    /// Another process holds it.
    #[error("another process is using the store")]
    Busy,
    /// It was damaged and has been moved here, whole; the next opening begins a new one.
    #[error("the database was damaged; it was kept as {}", .0.display())]
    Damaged(PathBuf),
    /// No space left.
    #[error("no space left for the database")]
    Full,
    /// Anything else: a bug, or a failing disk.
    #[error("{0}")]
    Failed(String),
    /// A newer version of the program made it; nothing was touched.
    #[error("the database was made by a newer version of the program")]
    Newer,
    /// It may not be written.
    #[error("the data directory cannot be written")]
    NotWritable,
}

impl Error {
    /// Whether trying again later, unasked, makes sense.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Server { fault, .. } => !matches!(fault, Fault::Barred(_)),
            Self::Store(fault) => matches!(fault, StoreFault::Busy),
            _ => false,
        }
    }

    /// What went wrong in an IMAP dialogue with this server.
    pub(crate) fn imap(host: &str, error: imap::Error) -> Self {
        let words = error.words().unwrap_or_default().to_owned();
        let fault = match error {
            imap::Error::LoginRefused(_) => {
                return Self::LoginRefused { protocol: Protocol::Imap, remembered: None, answer: words };
            }
            imap::Error::Bad(_) | imap::Error::No(_) => Fault::Refused(words),
            imap::Error::Bye(_) => Fault::Bye(words),
            imap::Error::Closed => Fault::Connection(net::Error::Closed),
            imap::Error::Limit(what) | imap::Error::Protocol(what) => Fault::Broken(what),
            imap::Error::LoginBarred(_) => Fault::Barred(words),
            imap::Error::LoginUnavailable(_) => Fault::Unavailable(words),
            imap::Error::NoMechanism => Fault::Broken("no known way to log in"),
            imap::Error::TimedOut => Fault::Connection(net::Error::TimedOut),
        };
        Self::Server { protocol: Protocol::Imap, host: host.to_owned(), fault }
    }

    /// Why a dialogue with this SMTP server ended without the message being taken, or refused for good.
    pub(crate) fn smtp(host: &str, outcome: Outcome) -> Self {
        let fault = match outcome {
            Outcome::LoginRefused(reply) => {
                return Self::LoginRefused { protocol: Protocol::Smtp, remembered: None, answer: reply.text };
            }
            Outcome::Postponed(Postponement::Answered(refusals)) | Outcome::Rejected(refusals) => {
                let words: Vec<_> = refusals.into_iter().map(|refusal| refusal.reply.text).collect();
                Fault::Refused(words.join("; "))
            }
            Outcome::Postponed(Postponement::NoMechanism) => Fault::Broken("no known way to log in"),
            Outcome::Postponed(Postponement::Broken(Cut::Unintelligible)) => Fault::Broken("no SMTP"),
            Outcome::Postponed(Postponement::Broken(Cut::TimedOut)) => {
                Fault::Connection(net::Error::TimedOut)
            }
            Outcome::Accepted(_) | Outcome::Postponed(_) | Outcome::Uncertain(_) => {
                Fault::Connection(net::Error::Closed)
            }
        };
        Self::Server { protocol: Protocol::Smtp, host: host.to_owned(), fault }
    }

    /// Why there is no connection to this server.
    pub(crate) fn connection(protocol: Protocol, host: &str, error: net::Error) -> Self {
        match error {
            net::Error::Authority => Self::Authorities,
            error => Self::Server { protocol, host: host.to_owned(), fault: Fault::Connection(error) },
        }
    }
}

impl From<outbox::Error> for Error {
    fn from(error: outbox::Error) -> Self {
        match error {
            outbox::Error::Store(error) => error.into(),
            outbox::Error::WrongState(_) => Self::NotInThisState,
        }
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        let fault = match error {
            store::Error::Unknown => return Self::NotFound,
            store::Error::Busy | store::Error::FolderChanged => StoreFault::Busy,
            store::Error::Damaged { set_aside } => StoreFault::Damaged(set_aside),
            store::Error::Full => StoreFault::Full,
            store::Error::Newer { .. } => StoreFault::Newer,
            store::Error::NotWritable => StoreFault::NotWritable,
            error => StoreFault::Failed(error.to_string()),
        };
        Self::Store(fault)
    }
}
