//! Where passwords come from: a file, a command, a systemd credential, or a prompt. Never an argument.
//!
//! What is remembered is the place, not the password, in `passwords.toml` of the data directory; it is read anew
//! each time. A prompted password is kept for this run only, and that is said.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError, mpsc};
use std::time::Duration;
use zeroize::Zeroizing;

use recapito_engine::secret::{Secret, Secrets};

use crate::failure::Failure;
use crate::language::say;

/// The place of one account's password.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Source {
    /// What this command prints, its first line.
    Command(String),
    /// The first line of this file.
    File(PathBuf),
}

/// The passwords of a data directory's accounts.
pub(crate) struct Passwords {
    directory: PathBuf,
    prompted: Mutex<BTreeMap<String, Secret>>,
}

impl Passwords {
    pub(crate) fn new(directory: &Path) -> Self {
        Self { directory: directory.to_owned(), prompted: Mutex::default() }
    }

    /// Remembers where an account's password is; `None` forgets it.
    pub(crate) fn remember(&self, address: &str, source: Option<Source>) -> Result<(), Failure> {
        let path = self.directory.join(FILE);
        let mut sources = read_sources(&path).map_err(Failure::usage)?;
        match source {
            Some(source) => sources.insert(key(address), source),
            None => sources.remove(&key(address)),
        };
        let text = toml::to_string(&sources).unwrap_or_default();
        replace(&path, &text).map_err(|error| Failure::file(&path, &error))
    }
}

impl Secrets for Passwords {
    fn password(&self, address: &str) -> Result<Option<Secret>, String> {
        let key = key(address);
        if let Some(source) = read_sources(&self.directory.join(FILE))?.get(&key) {
            return match source {
                Source::Command(command) => from_command(command).map(Some),
                Source::File(file) => from_file(file).map(Some),
            };
        }
        // systemd: LoadCredential=recapito.<address>:… (systemd.exec(5)).
        if let Some(folder) = std::env::var_os("CREDENTIALS_DIRECTORY") {
            let file = Path::new(&folder).join(format!("recapito.{key}"));
            if file.exists() {
                return from_file(&file).map(Some);
            }
        }
        self.ask(address, key)
    }
}

impl Passwords {
    /// Asks once a run, where somebody can answer.
    fn ask(&self, address: &str, key: String) -> Result<Option<Secret>, String> {
        let mut prompted = self.prompted.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(secret) = prompted.get(&key) {
            return Ok(Some(secret.clone()));
        }
        if !io::stdin().is_terminal() {
            return Ok(None);
        }
        let question = say!(
            "Password di {address} (per questa volta, non viene conservata): ",
            "Password of {address} (for this run only, it is not kept): "
        );
        let secret = Secret::new(rpassword::prompt_password(question).map_err(|error| error.to_string())?);
        prompted.insert(key, secret.clone());
        Ok(Some(secret))
    }
}

fn key(address: &str) -> String {
    address.to_lowercase()
}

fn read_sources(path: &Path) -> Result<BTreeMap<String, Source>, String> {
    match fs::read_to_string(path) {
        Ok(text) => toml::from_str(&text).map_err(|_| {
            let path = path.display();
            say!("{path}: non è leggibile come TOML", "{path}: cannot be read as TOML")
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(BTreeMap::new()),
        Err(error) => Err(format!("{}: {error}", path.display())),
    }
}

/// Writes beside, then renames: a full disk leaves the old one.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

fn from_file(path: &Path) -> Result<Secret, String> {
    let file = fs::File::open(path).map_err(|error| format!("{}: {error}", path.display()))?;
    first_line(file).map_err(|error| format!("{}: {error}", path.display()))
}

/// Runs it by the shell, with its errors on our stderr.
fn from_command(command: &str) -> Result<Secret, String> {
    let mut child = Command::new("sh")
        .args(["-c", command])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| error.to_string())?;
    let Some(stdout) = child.stdout.take() else { return Err("stdout".to_owned()) };
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || sender.send(first_line(stdout)));
    let line = receiver.recv_timeout(PATIENCE);
    if line.is_err() {
        let _ = child.kill();
    }
    let ended = child.wait().map_err(|error| error.to_string())?;
    match line {
        Ok(Ok(secret)) if ended.success() => Ok(secret),
        Ok(Err(error)) if ended.success() => Err(error.to_string()),
        Ok(_) => Err(say!("il comando è fallito ({ended})", "the command failed ({ended})")),
        Err(_) => Err(say!("il comando non ha risposto in tempo", "the command did not answer in time")),
    }
}

/// What stands before the first line end; the rest is read too, so that the writer is not cut off.
fn first_line(source: impl Read) -> io::Result<Secret> {
    // Its full size from the start: growing would leave copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(LONGEST));
    source.take(LONGEST as u64).read_to_end(&mut bytes)?;
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    match std::str::from_utf8(line) {
        Ok("") => Err(io::Error::other(say!("la prima riga è vuota", "its first line is empty"))),
        Ok(text) => Ok(Secret::new(text.to_owned())),
        Err(_) => Err(io::Error::other(say!("non è testo UTF-8", "it is no UTF-8 text"))),
    }
}

const FILE: &str = "passwords.toml";
/// More than any password; bounds a command that prints without end.
const LONGEST: usize = 4096;
/// A command may itself have to ask somebody.
const PATIENCE: Duration = Duration::from_secs(120);

#[cfg(test)]
mod tests {
    use super::*;

    fn password(passwords: &Passwords, address: &str) -> Result<String, String> {
        passwords.password(address).map(|secret| secret.unwrap().expose().to_owned())
    }

    #[test]
    fn read_each_time_from_where_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let passwords = Passwords::new(folder.path());
        let file = folder.path().join("secret");
        fs::write(&file, "one\r\nrest").unwrap();
        passwords.remember("Anna@example.test", Some(Source::File(file.clone()))).unwrap();
        assert_eq!(password(&passwords, "anna@example.test"), Ok("one".to_owned()));
        fs::write(&file, "two").unwrap();
        assert_eq!(password(&passwords, "anna@example.test"), Ok("two".to_owned()));
        fs::write(&file, "\n").unwrap();
        assert!(password(&passwords, "anna@example.test").is_err());
        let kept = fs::read_to_string(folder.path().join(FILE)).unwrap();
        assert!(!kept.contains("two"), "only the place is kept");
    }

    #[test]
    fn a_command_gives_its_first_line_or_says_why_not() {
        let folder = tempfile::tempdir().unwrap();
        let passwords = Passwords::new(folder.path());
        passwords.remember("a@example.test", Some(Source::Command("echo x; echo y".to_owned()))).unwrap();
        assert_eq!(password(&passwords, "a@example.test"), Ok("x".to_owned()));
        passwords.remember("a@example.test", Some(Source::Command("echo x; exit 3".to_owned()))).unwrap();
        assert!(password(&passwords, "a@example.test").is_err());
    }
}
