//! What could not be done: what happened, whose fault it is, what to do next, and the exit code.
//!
//! Never a backtrace, a secret or a message's content. A server's own words are quoted, since they are for the user.

use std::io;
use std::path::Path;

use recapito_engine::error::{Error, Fault, StoreFault};
use recapito_engine::net::{self, CertificateFault};
use recapito_engine::store::account::Protocol;

use crate::exit::Exit;
use crate::language::{say, text};
use crate::moment::rome;
use crate::output::plain;

/// Why a command ended early.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The exit code.
    pub(crate) exit: Exit,
    /// What is said on stderr.
    pub(crate) message: String,
}

impl Failure {
    /// The user asked for something that cannot be.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, message: message.into() }
    }

    /// A file could not be read or written.
    pub(crate) fn file(path: &Path, error: &io::Error) -> Self {
        let file = path.display();
        match error.kind() {
            io::ErrorKind::NotFound => Self::usage(say!("{file}: non esiste", "{file}: does not exist")),
            io::ErrorKind::PermissionDenied => {
                Self::usage(say!("{file}: accesso negato", "{file}: permission denied"))
            }
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self {
                exit: Exit::Fault,
                message: say!("{file}: spazio su disco esaurito", "{file}: no space left on the disk"),
            },
            _ => Self { exit: Exit::Fault, message: format!("{file}: {error}") },
        }
    }
}

impl Failure {
    /// The exit code for an error of the engine.
    pub(crate) fn exit_of(error: &Error) -> Exit {
        match error {
            Error::LoginRefused { .. } => Exit::LoginRefused,
            Error::Server { fault: Fault::Barred(_), .. } => Exit::LoginRefused,
            Error::Server { .. } => Exit::Unreachable,
            Error::NoRandomness | Error::Store(_) => Exit::Fault,
            _ => Exit::Usage,
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { exit: Self::exit_of(&error), message: message(&error) }
    }
}

/// The sentence, or two, for an error of the engine.
pub(crate) fn message(error: &Error) -> String {
    match error {
        Error::Authorities => say!(
            "le autorità della casella non sono certificati PEM leggibili",
            "the account's authorities are no readable PEM certificates"
        ),
        Error::Draft(violation) => {
            say!("non si può inviare così: {violation}", "it may not be sent so: {violation}")
        }
        Error::LoginRefused { protocol, remembered, answer } => login_refused(*protocol, *remembered, answer),
        Error::NoPassword => say!(
            "manca la password: indicarla con --password-file o --password-command",
            "there is no password: give one with --password-file or --password-command"
        ),
        Error::NoRandomness => {
            say!("il sistema non dà numeri casuali", "the system gives no random numbers")
        }
        Error::NotFound => say!("non c'è niente con questo nome qui", "there is nothing of that name here"),
        Error::NotInThisState => say!(
            "non è possibile nello stato attuale del messaggio",
            "that cannot be done in the message's present state"
        ),
        Error::Password(reason) => {
            let reason = plain(reason);
            say!("la password non si può leggere: {reason}", "the password cannot be read: {reason}")
        }
        Error::Server { protocol, host, fault } => {
            let (name, fault) = (server(*protocol), server_fault(fault));
            format!("{name} {host}: {fault}")
        }
        Error::Store(fault) => store(fault),
    }
}

fn login_refused(protocol: Protocol, remembered: Option<jiff::Timestamp>, answer: &str) -> String {
    let (name, quoted) = (server(protocol), quoted(answer));
    match remembered {
        None => say!(
            "{name}: accesso rifiutato{quoted}. Non si riprova da soli, per non far bloccare la casella: correggere \
             la password, poi `recapito account check`",
            "{name}: the login was refused{quoted}. It is not tried again by itself, so that the provider does not \
             lock the box: mend the password, then `recapito account check`"
        ),
        Some(at) => {
            let at = rome(at);
            say!(
                "{name}: accesso già rifiutato il {at}{quoted}, e non ritentato. Corretta la password: \
                 `recapito account check`",
                "{name}: the login was refused on {at}{quoted}, and not tried again. Once the password is right: \
                 `recapito account check`"
            )
        }
    }
}

fn server(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Imap => text("server IMAP", "IMAP server"),
        Protocol::Smtp => text("server SMTP", "SMTP server"),
    }
}

fn server_fault(fault: &Fault) -> String {
    match fault {
        Fault::Barred(answer) => {
            let quoted = quoted(answer);
            say!("la casella è sospesa o bloccata{quoted}", "the box is suspended or locked{quoted}")
        }
        Fault::Broken(what) => {
            say!("risposta non comprensibile ({what})", "an answer that makes no sense ({what})")
        }
        Fault::Bye(answer) => {
            let quoted = quoted(answer);
            say!("ha chiuso la sessione{quoted}", "it closed the session{quoted}")
        }
        Fault::Connection(error) => connection(*error),
        Fault::Refused(answer) => {
            let quoted = quoted(answer);
            say!("ha risposto di no{quoted}", "it said no{quoted}")
        }
        Fault::Unavailable(answer) => {
            let quoted = quoted(answer);
            say!(
                "per ora non accetta accessi{quoted}; riprovare più tardi",
                "it takes no login now{quoted}; try again later"
            )
        }
    }
}

/// Why there is no connection.
fn connection(error: net::Error) -> String {
    let (italian, english) = match error {
        net::Error::Authority => ("autorità illeggibile", "the authority cannot be read"),
        net::Error::Certificate(fault) => {
            let reason = certificate(fault);
            return say!("il certificato non va bene: {reason}", "its certificate is wrong: {reason}");
        }
        net::Error::Closed => ("la connessione è caduta", "the connection was cut"),
        net::Error::HostNotFound => (
            "nome non trovato: è scritto bene? c'è rete?",
            "the name was not found: is it spelt right, is there a network?",
        ),
        net::Error::Refused => ("nessun server su quella porta", "nothing listens on that port"),
        net::Error::Tls => (
            "nessuna connessione TLS 1.2 o 1.3: la porta è quella giusta?",
            "no TLS 1.2 or 1.3 there: is it the right port?",
        ),
        net::Error::TimedOut => ("non risponde in tempo", "it does not answer in time"),
        net::Error::Unreachable => {
            ("irraggiungibile da questa rete", "it cannot be reached from this network")
        }
    };
    text(italian, english).to_owned()
}

fn certificate(fault: CertificateFault) -> &'static str {
    let (italian, english) = match fault {
        CertificateFault::BadSignature => ("una sua firma è falsa", "a signature in it is wrong"),
        CertificateFault::Expired => ("è scaduto", "it has expired"),
        CertificateFault::NameMismatch => ("è di un altro server", "it belongs to another server"),
        CertificateFault::NotYetValid => {
            ("non è ancora valido: l'orologio è giusto?", "it is not valid yet: is the clock right?")
        }
        CertificateFault::Revoked => ("è stato revocato", "it has been revoked"),
        CertificateFault::UnknownIssuer => (
            "l'autorità che l'ha emesso è sconosciuta (per un server privato: --ca FILE)",
            "its issuer is not trusted (for a private server: --ca FILE)",
        ),
        CertificateFault::Unsuitable => ("non è un certificato da server", "it is no server's certificate"),
    };
    text(italian, english)
}

fn store(fault: &StoreFault) -> String {
    match fault {
        StoreFault::Busy => say!(
            "un altro recapito sta usando questi dati; riprovare fra poco",
            "another recapito is using these data; try again shortly"
        ),
        StoreFault::Damaged(kept) => {
            let kept = kept.display();
            say!(
                "l'archivio era danneggiato: è stato conservato in {kept}. Al prossimo avvio se ne inizia uno nuovo: \
                 aggiungere di nuovo le caselle (`recapito account add`); la posta è ancora sul server",
                "the database was damaged: it is kept as {kept}. The next start begins a new one: add the accounts \
                 again (`recapito account add`); the mail is still on the server"
            )
        }
        StoreFault::Full => say!(
            "spazio su disco esaurito: niente è andato perso, liberarne e riprovare",
            "no space left on the disk: nothing is lost, make some and try again"
        ),
        StoreFault::Failed(reason) => {
            say!("l'archivio non risponde: {reason}", "the database failed: {reason}")
        }
        StoreFault::Newer => say!(
            "l'archivio è di una versione più nuova di recapito: non è stato toccato",
            "the database is of a newer version of recapito: it was not touched"
        ),
        StoreFault::NotWritable => {
            say!("la cartella dei dati non è scrivibile", "the data folder cannot be written")
        }
    }
}

/// The server's words in quotes, or nothing.
fn quoted(answer: &str) -> String {
    match answer.is_empty() {
        true => String::new(),
        false => format!(" (“{}”)", plain(answer)),
    }
}
