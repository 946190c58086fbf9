//! Dovecot's master process: started, listened to, ended.
//!
//! The master and its log process hold our pipe as standard error, and all its processes are one group: the
//! pipe brings the log and the news that the server listens, a signal to the group reaches all.

use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};

use super::{config_file, program};
use crate::group::ProcessGroup;

/// A master that listens. Ends with [`Master::stop`].
pub(super) struct Master {
    child: Mutex<Child>,
    group: ProcessGroup,
    log: Arc<Mutex<String>>,
}

/// How a launch went.
pub(super) enum Launch {
    Listening(Master),
    PortTaken,
}

impl Master {
    /// Starts the server in `folder` and waits until it listens.
    pub(super) fn launch(folder: &Path) -> io::Result<Launch> {
        let dovecot = program("dovecot").ok_or_else(|| io::Error::other("Dovecot is not installed"))?;
        let mut child = Command::new(dovecot)
            .arg("-F")
            .arg("-c")
            .arg(config_file(folder))
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        let stderr = child.stderr.take().ok_or_else(|| io::Error::other("Dovecot has no log"))?;
        let group = ProcessGroup::led_by(Pid::from_child(&child));
        let (listens, listening) = mpsc::channel();
        let log = Arc::new(Mutex::new(String::new()));
        thread::spawn({
            let log = Arc::clone(&log);
            move || collect(stderr, &log, &listens)
        });

        let master = Self { child: Mutex::new(child), group, log };
        match listening.recv_timeout(Duration::from_secs(30)) {
            Ok(()) => Ok(Launch::Listening(master)),
            Err(_) => {
                let _ = master.stop();
                let log = master.log();
                if log.contains("Address already in use") {
                    return Ok(Launch::PortTaken);
                }
                Err(io::Error::other(format!("it does not listen, and says:\n{log}")))
            }
        }
    }

    /// Ends the server as a crash would, and waits until its last process is gone.
    ///
    /// Told politely (SIGTERM), Dovecot 2.3.19 takes up to ten seconds over its sessions; what it has
    /// confirmed is in its files either way.
    pub(super) fn stop(&self) -> io::Result<()> {
        self.group.signal(Signal::KILL);
        self.child.lock().unwrap_or_else(PoisonError::into_inner).wait()?;
        self.wait_for_group(Duration::from_secs(10))
    }

    /// What it has logged so far.
    pub(super) fn log(&self) -> String {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// All its processes.
    pub(super) fn group(&self) -> ProcessGroup {
        self.group
    }

    /// A killed session takes a moment to vanish, and of a process that is not our child nothing tells the
    /// end: the one place where looking again is all that can be done.
    fn wait_for_group(&self, limit: Duration) -> io::Result<()> {
        let deadline = Instant::now() + limit;
        while self.group.lives()? {
            if Instant::now() > deadline {
                return Err(io::Error::other("a process of Dovecot outlives SIGKILL"));
            }
            thread::sleep(Duration::from_millis(1));
        }
        Ok(())
    }
}

/// Reads the log to its end; a server that ends early drops `listens` unused.
fn collect(stderr: ChildStderr, log: &Mutex<String>, listens: &Sender<()>) {
    /// Far more than any test logs.
    const LIMIT: usize = 1 << 20;

    let mut lines = BufReader::new(stderr);
    let mut line = Vec::new();
    while lines.by_ref().take(8192).read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
        let text = String::from_utf8_lossy(&line);
        if text.contains(" starting up for ") {
            // Nobody listening any more is no reason to stop reading: the server would block on a full pipe.
            let _ = listens.send(());
        }
        let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
        if log.len() < LIMIT {
            log.push_str(&text);
        }
        drop(log);
        line.clear();
    }
}
