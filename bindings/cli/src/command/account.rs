//! `recapito account`: add, list, check, remove.
//!
//! A provider's servers come from the engine's presets; what the arguments say goes before them. An account is kept
//! even if its first login fails; adding it again changes its settings.

use std::fs;
use std::io::{self, BufRead, IsTerminal, Write};
use std::path::Path;

use recapito_engine::client::{Check, Client};
use recapito_engine::preset::{self, Login, Preset, Sureness};
use recapito_engine::store::account::{Account, Server, Settings};
use recapito_pec::Address;
use serde::Serialize;

use crate::exit::Exit;
use crate::failure::{Failure, message};
use crate::language::{say, text};
use crate::option::{self, AccountAdd, AccountRemove, Common};
use crate::output::{Output, Tone, plain, toned};
use crate::password::{Passwords, Source};
use crate::session;

/// Does what was asked about accounts.
pub(crate) async fn run(
    options: &option::Account,
    common: &Common,
    output: &mut Output,
) -> Result<Exit, Failure> {
    match options {
        option::Account::Add(add) => self::add(add, common, output).await,
        option::Account::List => list(common, output).await,
        option::Account::Check(accounts) => {
            let client = session::open(common).await?;
            let mut exit = Exit::Done;
            for account in session::accounts(&client, &accounts.accounts).await? {
                exit = exit.or(check(&client, &account, output).await);
            }
            Ok(exit)
        }
        option::Account::Remove(remove) => self::remove(remove, common, output).await,
    }
}

async fn add(add: &AccountAdd, common: &Common, output: &mut Output) -> Result<Exit, Failure> {
    let settings = settings(add, output)?;
    let directory = session::data_directory(common)?;
    let client = session::open_at(&directory, Passwords::new(&directory)).await?;
    let address = settings.address.to_string();
    let known = client.accounts().await?.iter().any(|account| account.settings.address == settings.address);
    let account = client.set_account(settings).await?;
    let source = match (&add.password_file, &add.password_command) {
        (Some(file), _) => {
            // Read again from wherever a later command is called.
            let file = std::path::absolute(file).map_err(|error| Failure::file(file, &error))?;
            Some(Source::File(file))
        }
        (None, Some(command)) => Some(Source::Command(command.clone())),
        (None, None) => None,
    };
    if source.is_none() {
        output.remark(&say!(
            "La password non viene conservata: sarà chiesta ogni volta (o --password-file, --password-command).",
            "The password is not kept: it is asked for each time (or --password-file, --password-command)."
        ));
    }
    Passwords::new(&directory).remember(&address, source)?;
    let id = account.id.to_string();
    if output.json {
        output.record(&AccountRecord::of(&account));
    } else {
        output.line(&match known {
            false => say!("{address} aggiunta ({id})", "{address} added ({id})"),
            true => say!("{address} cambiata ({id})", "{address} changed ({id})"),
        });
    }
    // The account stays, whatever the servers say: adding it again changes what was wrong.
    let exit = match add.no_check {
        true => Exit::Done,
        false => check(&client, &account, output).await,
    };
    client.close().await;
    Ok(exit)
}

/// The settings from the arguments, and from the provider's preset for what they leave out.
fn settings(add: &AccountAdd, output: &mut Output) -> Result<Settings, Failure> {
    let address = Address::new(&add.address);
    if address.domain().is_none_or(str::is_empty) || add.address.contains(char::is_whitespace) {
        let given = plain(&add.address);
        return Err(Failure::usage(say!("{given}: non è un indirizzo", "{given}: is no address")));
    }
    let preset = match &add.provider {
        Some(name) => Some(preset::named(name).ok_or_else(|| unknown_provider(name))?),
        None => preset::for_address(&address),
    };
    let server = |given: &Option<String>, host: fn(&Preset) -> &'static str, port: u16, option: &str| match (
        given, preset,
    ) {
        (Some(given), _) => endpoint(given, port),
        (None, Some(preset)) => Ok(Server { host: host(preset).to_owned(), port }),
        (None, None) => Err(Failure::usage(say!(
            "il gestore di questa casella non si riconosce dall'indirizzo: indicarlo con --provider, o il \
                 server con {option}",
            "the provider of this box does not show in the address: name it with --provider, or the server \
                 with {option}"
        ))),
    };
    let imap = server(&add.imap, |preset| preset.imap, preset::IMAP_PORT, "--imap HOST:PORT")?;
    let smtp = server(&add.smtp, |preset| preset.smtp, preset::SMTP_PORT, "--smtp HOST:PORT")?;
    if let Some(preset) = preset {
        remark_on(preset, add, output);
    }
    Ok(Settings {
        login: add.login.clone().unwrap_or_else(|| address.to_string()),
        address,
        imap,
        smtp,
        tls_authorities: pem(add.ca.as_deref())?,
        anchors: pem(add.anchors.as_deref())?,
    })
}

fn unknown_provider(name: &str) -> Failure {
    let known = preset::PRESETS.map(|preset| preset.name).join(", ");
    let name = plain(name);
    Failure::usage(say!(
        "gestore {name} sconosciuto; noti: {known}",
        "unknown provider {name}; known: {known}"
    ))
}

/// What is worth knowing of a preset before its servers are tried.
fn remark_on(preset: &Preset, add: &AccountAdd, output: &mut Output) {
    if preset.sureness == Sureness::Poor && (add.imap.is_none() || add.smtp.is_none()) {
        output.remark(&say!(
            "I server di questo gestore vengono da una sola fonte: se non rispondono, --imap e --smtp.",
            "This provider's servers come from one source only: if they do not answer, --imap and --smtp."
        ));
    }
    if add.login.is_some() {
        return;
    }
    match preset.login {
        Login::UserId => output.remark(&say!(
            "Questo gestore vuole come nome di accesso un codice utente, non l'indirizzo: --login NOME.",
            "This provider wants a user id to log in with, not the address: --login NAME."
        )),
        Login::AddressWithProgramPassword => output.remark(&say!(
            "Con la verifica in due passaggi serve la password per i programmi di posta, che il gestore fa scadere.",
            "With two-factor login a password for mail programs is needed, which the provider lets lapse."
        )),
        Login::Address | Login::Unknown => {}
    }
}

/// `HOST:PORT`, `HOST`, `[::1]:PORT`.
fn endpoint(given: &str, default_port: u16) -> Result<Server, Failure> {
    let wrong = || {
        let given = plain(given);
        Failure::usage(say!("{given}: non è HOST:PORTA", "{given}: is not HOST:PORT"))
    };
    let (host, port) = match given.rsplit_once(':') {
        Some((host, port)) if !host.ends_with(':') && (!host.contains(':') || host.ends_with(']')) => {
            (host, port.parse().ok().filter(|port| *port > 0).ok_or_else(wrong)?)
        }
        _ => (given, default_port),
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    match host.is_empty() || host.contains(char::is_whitespace) {
        true => Err(wrong()),
        false => Ok(Server { host: host.to_owned(), port }),
    }
}

/// The text of a PEM file; that it holds certificates is checked by the engine.
fn pem(file: Option<&Path>) -> Result<String, Failure> {
    let Some(file) = file else { return Ok(String::new()) };
    fs::read_to_string(file).map_err(|error| Failure::file(file, &error))
}

async fn list(common: &Common, output: &mut Output) -> Result<Exit, Failure> {
    let client = session::open(common).await?;
    for account in client.accounts().await? {
        if output.json {
            output.record(&AccountRecord::of(&account));
            continue;
        }
        let Account { id, settings, .. } = &account;
        let Settings { address, imap, smtp, .. } = settings;
        let servers = format!("{}:{}, {}:{}", imap.host, imap.port, smtp.host, smtp.port);
        output.line(&format!("{id}  {address}  {}", toned(Tone::Faint, &servers)));
    }
    client.close().await;
    Ok(Exit::Done)
}

/// Logs in to both servers and says what came of it.
async fn check(client: &Client, account: &Account, output: &mut Output) -> Exit {
    let address = &account.settings.address;
    match client.check(account.id).await {
        Err(error) => {
            let failure = Failure::from(error);
            let message = &failure.message;
            output.error(&format!("{address}: {message}"));
            failure.exit
        }
        Ok(check) if output.json => {
            output.record(&CheckRecord::of(account, &check));
            Exit::Done
        }
        Ok(check) => {
            let good = toned(Tone::Good, text("accesso riuscito", "login succeeded"));
            output.line(&format!("{address}: {good}"));
            let idle = match check.imap.iter().any(|capability| capability == "IDLE") {
                true => text("avvisa all'istante (IDLE)", "tells news at once (IDLE)"),
                false => text("non avvisa: si guarda ogni minuto", "tells no news: looked at every minute"),
            };
            let folders = check.folders.len();
            output.line(&say!("  IMAP: {folders} cartelle, {idle}", "  IMAP: {folders} folders, {idle}"));
            Exit::Done
        }
    }
}

async fn remove(remove: &AccountRemove, common: &Common, output: &mut Output) -> Result<Exit, Failure> {
    let directory = session::data_directory(common)?;
    let client = session::open_at(&directory, Passwords::new(&directory)).await?;
    let account = session::account(&client, &remove.account).await?;
    let address = account.settings.address.to_string();
    if !remove.yes && !confirmed(&address)? {
        return Ok(Exit::Usage);
    }
    client.remove_account(account.id).await?;
    Passwords::new(&directory).remember(&address, None)?;
    output.remark(&say!(
        "{address} tolta; sul server resta tutto",
        "{address} removed; the server keeps everything"
    ));
    client.close().await;
    Ok(Exit::Done)
}

/// Asks; the store may hold drafts and verdicts that exist nowhere else.
fn confirmed(address: &str) -> Result<bool, Failure> {
    if !io::stdin().is_terminal() {
        return Err(Failure::usage(say!("per confermare: --yes", "to confirm: --yes")));
    }
    let question = say!(
        "Togliere {address} con tutto ciò che è conservato qui? [s/N] ",
        "Remove {address} with everything that is stored here? [y/N] "
    );
    let _ = write!(io::stderr(), "{question}");
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer).map_err(|error| Failure::file(Path::new("-"), &error))?;
    Ok(matches!(answer.trim(), "s" | "S" | "si" | "sì" | "y" | "Y" | "yes"))
}

/// An account in JSON.
#[derive(Serialize)]
struct AccountRecord {
    id: String,
    address: String,
    login: String,
    imap: String,
    smtp: String,
    added_at: String,
}

impl AccountRecord {
    fn of(account: &Account) -> Self {
        let Settings { address, login, imap, smtp, .. } = &account.settings;
        Self {
            id: account.id.to_string(),
            address: address.to_string(),
            login: login.clone(),
            imap: format!("{}:{}", imap.host, imap.port),
            smtp: format!("{}:{}", smtp.host, smtp.port),
            added_at: account.added_at.to_string(),
        }
    }
}

/// What a check showed, in JSON.
#[derive(Serialize)]
struct CheckRecord {
    id: String,
    address: String,
    capabilities: Vec<String>,
    folders: Vec<String>,
}

impl CheckRecord {
    fn of(account: &Account, check: &Check) -> Self {
        Self {
            id: account.id.to_string(),
            address: account.settings.address.to_string(),
            capabilities: check.imap.clone(),
            folders: check.folders.iter().map(|folder| folder.name.to_string()).collect(),
        }
    }
}

/// For failures that `check` did not see coming.
pub(crate) fn describe(account: &Account, error: &recapito_engine::error::Error) -> String {
    format!("{}: {}", account.settings.address, message(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_host_and_port() {
        let server = |given| endpoint(given, 993).ok().map(|server| (server.host, server.port));
        assert_eq!(server("imap.example.test:1993"), Some(("imap.example.test".to_owned(), 1993)));
        assert_eq!(server("imap.example.test"), Some(("imap.example.test".to_owned(), 993)));
        assert_eq!(server("[::1]:143"), Some(("::1".to_owned(), 143)));
        assert_eq!(server("127.0.0.1:65536"), None);
        assert_eq!(server(":993"), None);
        assert_eq!(server(""), None);
        assert_eq!(server("two words:993"), None);
    }
}
