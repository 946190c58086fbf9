//! A private Dovecot for one test: own folder, free ports on the loopback interface, own authority.
//!
//! It runs in the foreground as our child and logs to a pipe of ours, where a line says that it listens: no
//! test waits for a guessed time. The system's own Dovecot, if any, is not touched.
//!
//! Works as root (mail then belongs to the user `mail`, since Dovecot refuses root's) and as any other user.

mod config;
mod master;

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;
use std::{env, fs, thread};

use tempfile::TempDir;

use crate::authority::Authority;
use crate::group::ProcessGroup;
use crate::skip::skip;
use config::Owner;
use master::{Launch, Master};

/// A mailbox that exists from the start.
#[derive(Clone, Copy, Debug)]
pub struct Mailbox {
    /// Its address, which is also the name to log in with.
    pub address: &'static str,
    /// Its password.
    pub password: &'static str,
}

/// The first of the mailboxes.
pub const ALICE: Mailbox = Mailbox { address: "alice@example.test", password: "secret1" };
/// The second of the mailboxes.
pub const BOB: Mailbox = Mailbox { address: "bob@example.test", password: "secret2" };

/// A running server. Dropping it stops it and removes its folder; in a test that fails, its log is shown.
pub struct Dovecot {
    folder: TempDir,
    ports: Ports,
    master: Option<Master>,
    /// What earlier runs of this server logged.
    past: String,
}

impl Dovecot {
    /// Starts a server, or returns `None` after having said that the test is skipped.
    ///
    /// # Panics
    /// Under `CI=true` if Dovecot is not installed; anywhere if it is and does not start.
    pub fn start_or_skip() -> Option<Self> {
        if program("dovecot").is_none() {
            skip("Dovecot is not installed (packages dovecot-imapd and dovecot-lmtpd)");
            return None;
        }
        match Self::start() {
            Ok(server) => Some(server),
            Err(error) => panic!("Dovecot does not start: {error}"),
        }
    }

    /// Starts a server and returns once it listens.
    ///
    /// # Errors
    /// If Dovecot is not installed, or ends before it listens; the error then holds its log.
    pub fn start() -> io::Result<Self> {
        let folder = lay_out()?;
        // Between choosing a port and Dovecot's bind another test may have taken it.
        for _ in 0..10 {
            let ports = Ports::choose()?;
            config::write(folder.path(), ports, &Owner::of_this_process()?)?;
            match Master::launch(folder.path())? {
                Launch::Listening(master) => {
                    return Ok(Self { folder, ports, master: Some(master), past: String::new() });
                }
                Launch::PortTaken => {}
            }
        }
        Err(io::Error::other("no free ports in ten attempts"))
    }

    /// The port of IMAP over TLS, on 127.0.0.1.
    pub fn imaps_port(&self) -> u16 {
        self.ports.imaps
    }

    /// The port of IMAP with STARTTLS, on 127.0.0.1; a login in clear text is refused.
    pub fn imap_port(&self) -> u16 {
        self.ports.imap
    }

    /// The certificate of the server's authority, a PEM file for a client to trust.
    pub fn authority(&self) -> PathBuf {
        self.folder.path().join("tls/authority.pem")
    }

    /// Puts a message into a mailbox's INBOX as it is: IMAP gives back these bytes, if their lines end in
    /// CRLF. (Over IMAP every line end is CRLF, so a bare LF comes back as one.)
    ///
    /// # Errors
    /// If `doveadm` fails; the error holds what it said.
    pub fn append(&self, to: Mailbox, raw: &[u8]) -> io::Result<()> {
        let doveadm = program("doveadm").ok_or_else(|| io::Error::other("doveadm is not installed"))?;
        let mut child = Command::new("timeout")
            .args(["30".as_ref(), doveadm.as_os_str(), "-c".as_ref()])
            .arg(self.folder.path().join("dovecot.conf"))
            .args(["save", "-u", to.address, "-m", "INBOX"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        let mut stdin = child.stdin.take().ok_or_else(|| io::Error::other("doveadm has no input"))?;
        // A failing doveadm closes its input early; its own words then say more than our broken pipe.
        let written = stdin.write_all(raw);
        drop(stdin);
        let output = child.wait_with_output()?;
        if !output.status.success() {
            return Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()));
        }
        written
    }

    /// Delivers a message over LMTP, as it reaches a mailbox in real life: the server puts its own
    /// `Return-Path`, `Delivered-To` and `Received` lines before it. Lines must end in CRLF.
    ///
    /// # Errors
    /// If the server refuses a step; the error holds its answer.
    pub fn deliver(&self, to: Mailbox, raw: &[u8]) -> io::Result<()> {
        let stream = UnixStream::connect(self.folder.path().join("run/lmtp"))?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        stream.set_write_timeout(Some(Duration::from_secs(30)))?;
        let mut replies = BufReader::new(&stream);
        expect(&mut replies, '2')?;
        for (command, answer) in [
            ("LHLO localhost\r\n".to_owned(), '2'),
            ("MAIL FROM:<>\r\n".to_owned(), '2'),
            (format!("RCPT TO:<{}>\r\n", to.address), '2'),
            ("DATA\r\n".to_owned(), '3'),
        ] {
            (&stream).write_all(command.as_bytes())?;
            expect(&mut replies, answer)?;
        }
        (&stream).write_all(&dot_stuffed(raw))?;
        expect(&mut replies, '2')?;
        (&stream).write_all(b"QUIT\r\n")
    }

    /// Stops the server at once, without a word to its clients; mail and ports remain for
    /// [`Dovecot::restart`].
    ///
    /// # Errors
    /// If a process of it is still there ten seconds later.
    pub fn stop(&mut self) -> io::Result<()> {
        let Some(master) = self.master.take() else { return Ok(()) };
        let stopped = master.stop();
        self.past.push_str(&master.log());
        stopped
    }

    /// Stops the server, which cuts every connection, and starts it again on the same ports.
    ///
    /// # Errors
    /// As for [`Dovecot::stop`] and [`Dovecot::start`].
    pub fn restart(&mut self) -> io::Result<()> {
        self.stop()?;
        match Master::launch(self.folder.path())? {
            Launch::Listening(master) => self.master = Some(master),
            Launch::PortTaken => return Err(io::Error::other("somebody took the port meanwhile")),
        }
        Ok(())
    }

    /// What the server has logged since it was first started.
    pub fn log(&self) -> String {
        let now = self.master.as_ref().map(Master::log).unwrap_or_default();
        format!("{}{now}", self.past)
    }

    /// The processes of the running server.
    pub fn processes(&self) -> Option<ProcessGroup> {
        self.master.as_ref().map(Master::group)
    }
}

impl Drop for Dovecot {
    fn drop(&mut self) {
        let stopped = self.stop();
        if thread::panicking() {
            // Nothing better can be done with an error while unwinding.
            let _ = write!(io::stderr(), "\nDovecot ended with {stopped:?} and had logged:\n{}", self.log());
        }
    }
}

/// The two ports of one server.
#[derive(Clone, Copy)]
struct Ports {
    imap: u16,
    imaps: u16,
}

impl Ports {
    /// Two ports that are free at this moment.
    fn choose() -> io::Result<Self> {
        let imap = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let imaps = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        Ok(Self { imap: imap.local_addr()?.port(), imaps: imaps.local_addr()?.port() })
    }
}

/// Makes the folder with everything that stays the same over restarts.
fn lay_out() -> io::Result<TempDir> {
    let folder = tempfile::Builder::new().prefix("recapito-dovecot-").tempdir()?;
    let path = folder.path();
    for name in ["mail", "run", "state", "tls"] {
        fs::create_dir(path.join(name))?;
    }
    // Under root the mail processes run as another user: they must reach the folder and make homes in it.
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))?;
    fs::set_permissions(path.join("mail"), fs::Permissions::from_mode(0o777))?;

    let authority = Authority::new().map_err(io::Error::other)?;
    let server = authority.issue().map_err(io::Error::other)?;
    fs::write(path.join("tls/authority.pem"), authority.certificate())?;
    fs::write(path.join("tls/server.pem"), server.certificate)?;
    fs::write(path.join("tls/server.key"), server.key)?;
    let users: String =
        [ALICE, BOB].iter().map(|user| format!("{}:{{PLAIN}}{}\n", user.address, user.password)).collect();
    fs::write(path.join("users"), users)?;
    Ok(folder)
}

/// Where a program of the mail server lies: Debian keeps these out of the PATH of ordinary users.
fn program(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .chain(["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from))
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}

/// Reads one reply, of several lines perhaps, and fails unless its code begins with `class`.
fn expect(replies: &mut impl BufRead, class: char) -> io::Result<()> {
    loop {
        let mut line = String::new();
        replies.by_ref().take(4096).read_line(&mut line)?;
        if !line.starts_with(class) {
            return Err(io::Error::other(format!("LMTP said: {}", line.trim_end())));
        }
        if line.as_bytes().get(3) != Some(&b'-') {
            return Ok(());
        }
    }
}

/// The message as it goes after DATA (RFC 5321 §4.5.2), with the closing dot.
fn dot_stuffed(raw: &[u8]) -> Vec<u8> {
    let mut wire = Vec::with_capacity(raw.len() + 8);
    for line in raw.split_inclusive(|&byte| byte == b'\n') {
        if line.first() == Some(&b'.') {
            wire.push(b'.');
        }
        wire.extend_from_slice(line);
    }
    if !wire.ends_with(b"\r\n") {
        wire.extend_from_slice(b"\r\n");
    }
    wire.extend_from_slice(b".\r\n");
    wire
}

/// The configuration file in a server's folder.
fn config_file(folder: &Path) -> PathBuf {
    folder.join("dovecot.conf")
}
