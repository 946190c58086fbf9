//! The program under test, driven as a user drives it: arguments in, exit code and lines out.
//!
//! Each [`Recapito`] has a data folder of its own, so tests run side by side. The binary is built first, by the
//! cargo that runs the tests; after `tests/run build` there is nothing left to do.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, BufRead, BufReader, Read};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use serde_json::Value;
use tempfile::TempDir;

use crate::corpus::project_root;

/// One user of the program, with a data folder and the files that go with it.
pub struct Recapito {
    folder: TempDir,
}

/// Where an account's servers are, and whom to trust.
#[derive(Clone, Copy, Debug)]
pub struct Servers<'a> {
    /// The port of IMAP on 127.0.0.1.
    pub imap: u16,
    /// The port of submission on 127.0.0.1.
    pub smtp: u16,
    /// The authorities of both servers' certificates, PEM.
    pub authorities: &'a str,
    /// The authorities of its receipts, PEM; none for those of real PEC.
    pub anchors: Option<&'a str>,
}

/// A run that has ended.
#[derive(Debug)]
pub struct Ended {
    /// The exit code; `None` if it was killed.
    pub exit: Option<i32>,
    /// What it printed.
    pub stdout: String,
    /// What else it said.
    pub stderr: String,
}

/// A run under way. Dropping it kills it.
pub struct Running {
    child: Child,
    lines: Receiver<Line>,
    ended: Ended,
    process: Process,
}

/// A handle on exactly one process, whatever its number is given to afterwards.
#[derive(Clone)]
pub struct Process(Arc<OwnedFd>);

enum Line {
    Out(String),
    Err(String),
}

impl Recapito {
    /// A user with an empty data folder.
    ///
    /// # Panics
    /// If there is no temporary folder.
    pub fn new() -> Self {
        Self { folder: tempfile::Builder::new().prefix("recapito-test-").tempdir().expect("a folder") }
    }

    /// The data folder; it exists once the program has run.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A file beside the data folder.
    ///
    /// # Panics
    /// If it cannot be written.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, content).expect("a file");
        path
    }

    /// Adds an account, with its password in a file `ADDRESS.password`, and logs in to check.
    pub fn add_account(&self, address: &str, password: &str, servers: &Servers<'_>) -> Ended {
        self.add_account_with(address, password, servers, &[])
    }

    /// The same with more options.
    pub fn add_account_with(
        &self,
        address: &str,
        password: &str,
        servers: &Servers<'_>,
        more: &[&str],
    ) -> Ended {
        let imap = format!("127.0.0.1:{}", servers.imap);
        let smtp = format!("127.0.0.1:{}", servers.smtp);
        let password = self.file(&format!("{address}.password"), password);
        let authorities = self.file("authorities.pem", servers.authorities);
        let anchors = servers.anchors.map(|anchors| self.file("anchors.pem", anchors));
        let mut command = self.command(["account", "add", address, "--imap", &imap, "--smtp", &smtp]);
        command.arg("--password-file").arg(password).arg("--ca").arg(authorities).args(more);
        if let Some(anchors) = anchors {
            command.arg("--anchors").arg(anchors);
        }
        Running::start(command).finish()
    }

    /// Runs the program to its end.
    pub fn run<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Ended {
        self.start(arguments).finish()
    }

    /// Runs the program to its end, which has to be exit code 0, and reads its JSON Lines.
    ///
    /// # Panics
    /// If it ends otherwise, or prints something else.
    #[track_caller]
    pub fn json<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Vec<Value> {
        let mut command = self.command(arguments);
        command.arg("--json");
        Running::start(command).finish().expect(0).json()
    }

    /// Starts the program.
    pub fn start<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Running {
        Running::start(self.command(arguments))
    }

    /// The program with these arguments, not started yet.
    pub fn command<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Command {
        let mut command = Command::new(binary());
        // Nothing of the machine's own settings counts, but where programs are found.
        command.env_clear().envs(env::var_os("PATH").map(|path| ("PATH", path)));
        command.env("HOME", self.folder.path()).env("LC_ALL", "C.UTF-8");
        command.args(arguments).args(["--lang", "en", "--data"]).arg(self.data());
        command
    }
}

impl Default for Recapito {
    fn default() -> Self {
        Self::new()
    }
}

impl Ended {
    /// The same, if it ended with this exit code.
    ///
    /// # Panics
    /// If it did not; everything it said is shown.
    #[track_caller]
    pub fn expect(self, exit: i32) -> Self {
        let Self { stdout, stderr, .. } = &self;
        assert_eq!(self.exit, Some(exit), "\nstdout:\n{stdout}\nstderr:\n{stderr}");
        self
    }

    /// The JSON Lines that it printed.
    ///
    /// # Panics
    /// If it printed something else.
    #[track_caller]
    pub fn json(&self) -> Vec<Value> {
        let read = |line| serde_json::from_str(line).expect("a line of JSON");
        self.stdout.lines().map(read).collect()
    }
}

impl Running {
    fn start(mut command: Command) -> Self {
        let piped = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = piped.spawn().expect("the program starts");
        let process = pidfd_open(Pid::from_child(&child), PidfdFlags::empty()).expect("a process");
        let (sender, lines) = channel();
        read_lines(child.stdout.take().expect("piped"), sender.clone(), Line::Out);
        read_lines(child.stderr.take().expect("piped"), sender, Line::Err);
        let ended = Ended { exit: None, stdout: String::new(), stderr: String::new() };
        Self { child, lines, ended, process: Process(Arc::new(process)) }
    }

    /// Its process, to be killed from elsewhere.
    pub fn process(&self) -> Process {
        self.process.clone()
    }

    /// Waits for a line, on stdout or stderr, that holds `text`, and returns it.
    ///
    /// # Panics
    /// If none comes in time, or the program ends before.
    #[track_caller]
    pub fn wait_for(&mut self, text: &str, patience: Duration) -> String {
        let deadline = Instant::now() + patience;
        loop {
            match self.next_line(deadline) {
                Ok(line) if line.contains(text) => return line,
                Ok(_) => {}
                Err(why) => panic!("no line with {text:?}: {why:?}; until now: {:?}", self.ended),
            }
        }
    }

    /// Asks it to stop, as Ctrl-C does, and waits until it has.
    #[track_caller]
    pub fn interrupt(self) -> Ended {
        self.process.signal(Signal::INT);
        self.finish()
    }

    /// Waits until it ends by itself.
    ///
    /// # Panics
    /// If it does not within [`PATIENCE`].
    #[track_caller]
    pub fn finish(mut self) -> Ended {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.next_line(deadline) {
                Ok(_) => {}
                // Both outputs are closed: it has ended.
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("it does not end; until now: {:?}", self.ended),
            }
        }
        let exit = self.child.wait().expect("it ends").code();
        let Ended { stdout, stderr, .. } = &mut self.ended;
        Ended { exit, stdout: std::mem::take(stdout), stderr: std::mem::take(stderr) }
    }

    fn next_line(&mut self, deadline: Instant) -> Result<String, RecvTimeoutError> {
        let (all, line) = match self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now()))? {
            Line::Out(line) => (&mut self.ended.stdout, line),
            Line::Err(line) => (&mut self.ended.stderr, line),
        };
        all.push_str(&line);
        Ok(line)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended already, unless the test failed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Process {
    /// Ends it at once, with SIGKILL; that it has ended is no error.
    pub fn kill(&self) {
        self.signal(Signal::KILL);
    }

    fn signal(&self, signal: Signal) {
        let _ = pidfd_send_signal(&*self.0, signal);
    }
}

impl AsFd for Process {
    /// Becomes readable when the process ends (pidfd_open(2)).
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// The program, built for tests.
///
/// # Panics
/// If it does not compile.
pub fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    // A test beside the binary makes cargo choose features as `cargo test --workspace` does, so that nothing is
    // compiled twice.
    let mut what = vec!["--workspace", "--bin", "recapito", "--test", "privacy"];
    what.extend((!cfg!(debug_assertions)).then_some("--release"));
    BINARY.get_or_init(|| built(&what))
}

/// The program as it is shipped: optimised, and with no more features than its own crates ask for.
///
/// # Panics
/// If it does not compile.
pub fn shipped_binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| built(&["--release", "--package", "recapito-cli", "--bin", "recapito"]))
}

fn built(what: &[&str]) -> PathBuf {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(project_root()).args(["build", "--quiet", "--locked", "--message-format=json"]);
    cargo.args(what);
    // What the outer cargo says of the test's own package; ring 0.17 would be compiled anew for it.
    let of_package = |name: &str| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
    for name in env::vars_os().filter_map(|(name, _)| name.into_string().ok()).filter(|it| of_package(it)) {
        cargo.env_remove(name);
    }
    let output = cargo.stderr(Stdio::inherit()).output().expect("cargo runs");
    assert!(output.status.success(), "the program does not compile");
    let messages = output.stdout.lines().map_while(Result::ok);
    let executable = |line: String| {
        let message: Value = serde_json::from_str(&line).ok()?;
        let is_it = message.pointer("/target/name").is_some_and(|name| name == "recapito");
        message.get("executable").and_then(Value::as_str).filter(|_| is_it).map(PathBuf::from)
    };
    messages.filter_map(executable).next().expect("cargo says where the program is")
}

fn read_lines(source: impl Read + Send + 'static, lines: Sender<Line>, make: fn(String) -> Line) {
    thread::spawn(move || {
        let mut source = BufReader::new(source);
        let mut next = || -> io::Result<Option<String>> {
            let mut line = Vec::new();
            let length = source.read_until(b'\n', &mut line)?;
            Ok((length > 0).then(|| String::from_utf8_lossy(&line).into_owned()))
        };
        while let Ok(Some(line)) = next() {
            // A test that has failed listens no more.
            let _ = lines.send(make(line));
        }
    });
}

/// Longer than any run takes on a busy machine; a test that waits so long has failed.
pub const PATIENCE: Duration = Duration::from_secs(120);
