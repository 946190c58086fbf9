//! The arguments of every command, and their help in both languages.
//!
//! Each value is checked as it is parsed, so that a command starts with what it needs or not at all (exit code 2).

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use crate::language::{Language, text};

/// The arguments of this run. Where they are wrong, or ask for help, that is printed and the exit code given.
pub(crate) fn parse() -> Result<Options, ExitCode> {
    Options::try_parse().map_err(|answer| {
        let text = answer.render().ansi().to_string();
        let text = Language::current().pick(italian(text.clone()), text);
        if answer.use_stderr() {
            let _ = write!(anstream::stderr(), "{text}");
        } else {
            let _ = write!(anstream::stdout(), "{text}");
        }
        ExitCode::from(u8::try_from(answer.exit_code()).unwrap_or(u8::MAX))
    })
}

/// clap has its own words in English only (4.6): headings, and what is wrong with the arguments.
fn italian(text: String) -> String {
    CLAP_WORDS.iter().fold(text, |text, (english, italian)| text.replace(english, italian))
}

const CLAP_WORDS: [(&str, &str); 14] = [
    ("Usage:", "Uso:"),
    ("Commands:", "Comandi:"),
    ("Arguments:", "Argomenti:"),
    ("Options:", "Opzioni:"),
    ("[OPTIONS]", "[OPZIONI]"),
    ("<COMMAND>", "<COMANDO>"),
    ("[default: ", "[altrimenti: "),
    ("error:", "errore:"),
    ("For more information, try", "Per saperne di più:"),
    ("the following required arguments were not provided:", "mancano argomenti necessari:"),
    ("unexpected argument", "argomento imprevisto"),
    ("unrecognized subcommand", "comando sconosciuto"),
    ("requires a subcommand but one was not provided", "vuole un comando"),
    ("invalid value", "valore non valido"),
];

/// The whole command line.
#[derive(Debug, Parser)]
#[command(
    name = "recapito",
    version,
    about = text("Posta elettronica certificata, con le prove.", "Certified mail, with its proofs."),
    disable_help_subcommand = true,
    disable_help_flag = true,
    disable_version_flag = true,
    arg_required_else_help = true
)]
pub(crate) struct Options {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = text("Opzioni comuni", "Common options"))]
pub(crate) struct Common {
    /// Where everything is kept.
    #[arg(long, global = true, env = "RECAPITO_DATA", value_name = "DIR", hide_env_values = true)]
    #[arg(help = text("cartella dei dati (altrimenti quelle XDG)", "data folder (by default the XDG one)"))]
    pub(crate) data: Option<PathBuf>,
    /// JSON Lines on stdout.
    #[arg(long, global = true, help = text("risultati come righe JSON", "results as JSON Lines"))]
    pub(crate) json: bool,
    /// The language; read by `language` before this is.
    #[arg(long, global = true, value_name = "it|en", value_parser = ["it", "en"], hide_possible_values = true)]
    #[arg(help = text("lingua", "language"))]
    pub(crate) lang: Option<String>,
    /// Whether to colour.
    #[arg(long, global = true, value_enum, default_value_t = Colour::Auto, value_name = "WHEN")]
    #[arg(help = text("colori: auto, always, never", "colours: auto, always, never"), hide_possible_values = true)]
    pub(crate) color: Colour,
    /// No progress.
    #[arg(short, long, global = true, help = text("solo risultati ed errori", "results and errors only"))]
    pub(crate) quiet: bool,
    /// In the language chosen, unlike clap's own.
    #[arg(short, long, global = true, action = ArgAction::Help, help = text("questo aiuto", "this help"))]
    help: Option<bool>,
    #[arg(short = 'V', long, action = ArgAction::Version, help = text("versione", "version"))]
    version: Option<bool>,
    /// More said.
    #[arg(short, long, global = true, help = text("più dettagli", "more detail"))]
    pub(crate) verbose: bool,
}

#[cfg(test)]
impl Common {
    /// For tests that print nothing.
    pub(crate) fn quiet() -> Self {
        Self {
            data: None,
            json: false,
            lang: None,
            color: Colour::Never,
            quiet: true,
            help: None,
            version: None,
            verbose: false,
        }
    }
}

/// When to colour.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Colour {
    Always,
    Auto,
    Never,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    #[command(about = text(
        "mostra la PEC dal vivo, con un gestore di prova su questa macchina",
        "shows PEC at work, with a test provider on this machine"
    ))]
    Demo(Demo),
    #[command(about = text(
        "dice che cosa sono dei file e se ci si può credere",
        "says what files are and whether they can be believed"
    ))]
    Verify(Verify),
    #[command(subcommand, about = text("le caselle", "the mailboxes"))]
    Account(Account),
    #[command(about = text("aggiorna le caselle e mostra le novità", "refreshes mailboxes and shows what is new"))]
    Sync(Accounts),
    #[command(about = text(
        "resta in ascolto: una riga per ogni novità",
        "keeps watching: a line for each event"
    ))]
    Watch(Accounts),
    #[command(about = text("invia un messaggio", "sends a message"))]
    Send(Send),
    #[command(about = text(
        "ciò che attende di partire o è incerto",
        "what waits to be sent, or is uncertain"
    ))]
    Outbox(Outbox),
    #[command(about = text("le spedizioni, i problemi per primi", "shipments, problems first"))]
    List(List),
    #[command(about = text("una spedizione o un messaggio", "one shipment or message"))]
    Show(Show),
    #[command(about = text("gli eventi registrati", "the events recorded"))]
    Events(Events),
    #[command(about = text("i messaggi originali, byte per byte", "the original messages, byte for byte"))]
    Export(Export),
}

#[derive(Args, Debug)]
pub(crate) struct Demo {
    #[arg(long, value_name = "DIR")]
    #[arg(help = text(
        "conserva in DIR i dati della dimostrazione e i messaggi",
        "keeps the data and messages of the demonstration in DIR"
    ))]
    pub(crate) keep: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct Verify {
    #[arg(required = true, value_name = "PATH")]
    #[arg(help = text("file o cartelle; - è l'ingresso standard", "files or folders; - is standard input"))]
    pub(crate) paths: Vec<PathBuf>,
    #[arg(long, value_name = "FILE")]
    #[arg(help = text("altre autorità (PEM), per gestori di prova", "more authorities (PEM), for test providers"))]
    pub(crate) anchors: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Account {
    #[command(about = text("aggiunge una casella", "adds a mailbox"))]
    Add(AccountAdd),
    #[command(about = text("elenca le caselle", "lists the mailboxes"))]
    List,
    #[command(about = text("accede e dice che cosa sa fare il server", "logs in and says what the server can do"))]
    Check(Accounts),
    #[command(about = text(
        "toglie una casella da qui; sul server resta tutto",
        "removes a mailbox from here; the server keeps everything"
    ))]
    Remove(AccountRemove),
}

#[derive(Args, Debug)]
pub(crate) struct AccountAdd {
    #[arg(value_name = "ADDRESS", help = text("indirizzo della casella", "address of the mailbox"))]
    pub(crate) address: String,
    #[arg(long, value_name = "NAME", help = text("gestore noto, per nome", "known provider, by name"))]
    pub(crate) provider: Option<String>,
    #[arg(long, value_name = "HOST:PORT", help = text("server IMAP (TLS)", "IMAP server (TLS)"))]
    pub(crate) imap: Option<String>,
    #[arg(long, value_name = "HOST:PORT", help = text("server SMTP (TLS)", "SMTP server (TLS)"))]
    pub(crate) smtp: Option<String>,
    #[arg(long, value_name = "NAME", help = text("nome di accesso, se non è l'indirizzo", "login name, if not the address"))]
    pub(crate) login: Option<String>,
    #[arg(long, value_name = "FILE", conflicts_with = "password_command")]
    #[arg(help = text("file con la password, letto ogni volta", "file with the password, read each time"))]
    pub(crate) password_file: Option<PathBuf>,
    #[arg(long, value_name = "COMMAND")]
    #[arg(help = text("comando che stampa la password", "command that prints the password"))]
    pub(crate) password_command: Option<String>,
    #[arg(long, value_name = "FILE")]
    #[arg(help = text("autorità (PEM) per il TLS dei suoi server", "authority (PEM) for its servers' TLS"))]
    pub(crate) ca: Option<PathBuf>,
    #[arg(long, value_name = "FILE")]
    #[arg(help = text("autorità (PEM) per le sue ricevute", "authorities (PEM) for its receipts"))]
    pub(crate) anchors: Option<PathBuf>,
    #[arg(long, help = text("non prova l'accesso", "does not try to log in"))]
    pub(crate) no_check: bool,
}

#[derive(Args, Debug)]
pub(crate) struct AccountRemove {
    #[arg(value_name = "ACCOUNT", help = text("indirizzo o id", "address or id"))]
    pub(crate) account: String,
    #[arg(long, help = text("senza chiedere conferma", "without asking"))]
    pub(crate) yes: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Accounts {
    #[arg(value_name = "ACCOUNT", help = text("indirizzi o id; altrimenti tutte", "addresses or ids; by default all"))]
    pub(crate) accounts: Vec<String>,
}

#[derive(Args, Debug)]
pub(crate) struct Send {
    #[arg(long, value_name = "ACCOUNT", help = text("casella mittente", "sending mailbox"))]
    pub(crate) from: String,
    #[arg(long, required = true, num_args = 1.., value_name = "ADDRESS", help = text("destinatari", "recipients"))]
    pub(crate) to: Vec<String>,
    #[arg(long, num_args = 1.., value_name = "ADDRESS")]
    #[arg(help = text(
        "per conoscenza: la loro ricevuta di consegna è solo sintetica",
        "copies: their delivery receipt is a synthetic one only"
    ))]
    pub(crate) cc: Vec<String>,
    #[arg(long, value_name = "TEXT", help = text("oggetto", "subject"))]
    pub(crate) subject: String,
    #[arg(long, value_name = "FILE")]
    #[arg(help = text("testo; altrimenti dall'ingresso standard", "text; by default from standard input"))]
    pub(crate) body: Option<PathBuf>,
    #[arg(long, value_enum, default_value_t = Receipt::Complete, value_name = "TYPE", hide_possible_values = true)]
    #[arg(help = text(
        "ricevuta di consegna: complete, brief, synthetic",
        "delivery receipt: complete, brief, synthetic"
    ))]
    pub(crate) receipt: Receipt,
    #[arg(long, help = text("attende le ricevute di tutti", "waits for everybody's receipts"))]
    pub(crate) wait: bool,
    #[arg(long, value_name = "DURATION", default_value = "15m", value_parser = duration, requires = "wait")]
    #[arg(help = text("quanto attendere: 90s, 15m, 24h", "how long to wait: 90s, 15m, 24h"))]
    pub(crate) timeout: std::time::Duration,
}

/// The delivery receipt asked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Receipt {
    Complete,
    Brief,
    Synthetic,
}

#[derive(Args, Debug)]
pub(crate) struct Outbox {
    #[command(subcommand)]
    pub(crate) action: Option<OutboxAction>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum OutboxAction {
    #[command(about = text("invia subito ciò che attende", "submits at once what waits"))]
    Retry { id: String },
    #[command(about = text("non invia: torna bozza", "does not send: becomes a draft"))]
    Cancel { id: String },
    #[command(about = text("dice com'è andato un invio incerto", "says how an uncertain one went"))]
    Settle(Settle),
}

#[derive(Args, Debug)]
#[group(id = "answer", required = true, multiple = false)]
pub(crate) struct Settle {
    pub(crate) id: String,
    #[arg(long, group = "answer", help = text("è partito", "it was sent"))]
    pub(crate) sent: bool,
    #[arg(long, group = "answer", help = text("non è partito: torna bozza", "it was not sent: becomes a draft"))]
    pub(crate) not_sent: bool,
}

#[derive(Args, Debug)]
pub(crate) struct List {
    #[arg(long, help = text("solo ciò che attende ricevute", "only what awaits receipts"))]
    pub(crate) pending: bool,
    #[arg(long, help = text("solo ciò che non è arrivato", "only what did not arrive"))]
    pub(crate) failed: bool,
    #[arg(long, conflicts_with_all = ["pending", "failed", "exit_code"])]
    #[arg(help = text("i messaggi ricevuti", "the messages received"))]
    pub(crate) received: bool,
    #[arg(long, value_name = "TEXT", help = text("cerca in oggetto e indirizzi", "searches subjects and addresses"))]
    pub(crate) search: Option<String>,
    #[arg(long)]
    #[arg(help = text("esce con 20 se qualcosa è fallito, 10 se attende", "exits with 20 on failures, 10 on waiting"))]
    pub(crate) exit_code: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Show {
    #[arg(help = text("s1 è una spedizione, m1 un messaggio", "s1 is a shipment, m1 a message"))]
    pub(crate) id: String,
    #[arg(long, conflicts_with = "part", help = text("i byte ricevuti", "the bytes received"))]
    pub(crate) raw: bool,
    #[arg(long, value_name = "N", help = text("una parte, decodificata", "one part, decoded"))]
    pub(crate) part: Option<String>,
    #[arg(long, requires = "part")]
    #[arg(help = text(
        "di un documento firmato (.p7m), il contenuto senza le firme",
        "of a signed document (.p7m), the content without the signatures"
    ))]
    pub(crate) unwrap: bool,
    #[arg(long, value_name = "FILE", help = text("dove scriverla", "where to write it"))]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct Events {
    #[arg(long, value_name = "POSITION", help = text("solo dopo questa posizione", "only after this position"))]
    pub(crate) after: Option<i64>,
    #[arg(long, value_name = "POSITION", help = text("segna come visti fino a qui", "marks as seen up to here"))]
    pub(crate) ack: Option<i64>,
    #[arg(long, value_name = "NAME", default_value = "cli", help = text("chi legge", "who reads"))]
    pub(crate) consumer: String,
}

#[derive(Args, Debug)]
pub(crate) struct Export {
    #[arg(help = text("s1 è una spedizione, m1 un messaggio", "s1 is a shipment, m1 a message"))]
    pub(crate) id: String,
    #[arg(long, value_name = "PATH")]
    #[arg(help = text("file (per un messaggio) o cartella", "file (for one message) or folder"))]
    pub(crate) out: PathBuf,
}

/// `90s`, `15m`, `24h`, `2d`.
fn duration(given: &str) -> Result<std::time::Duration, String> {
    let wrong = || text("una durata come 90s, 15m, 24h", "a duration such as 90s, 15m, 24h").to_owned();
    let unit = given.chars().last().ok_or_else(wrong)?;
    let number: u64 = given.strip_suffix(unit).and_then(|digits| digits.parse().ok()).ok_or_else(wrong)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86400,
        _ => return Err(wrong()),
    };
    number.checked_mul(seconds).map(std::time::Duration::from_secs).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definitions_are_sound() {
        Options::command().debug_assert();
    }

    #[test]
    fn durations_have_a_unit() {
        assert_eq!(duration("15m"), Ok(std::time::Duration::from_secs(900)));
        for wrong in ["", "15", "m", "15y", "-1s", "99999999999999999999d", "18446744073709551615d"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
