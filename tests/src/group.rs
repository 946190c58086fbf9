//! A group of processes, and whether any of them lives.
//!
//! A process that has ended but whose end nobody has taken note of (a zombie) does not live: it holds no port
//! and no file, and how soon the system clears it away is not ours to wait for. Linux only.

use std::{fs, io};

use rustix::process::{Pid, Signal, kill_process_group};

/// The processes that a server has started, itself included.
#[derive(Clone, Copy, Debug)]
pub struct ProcessGroup(Pid);

impl ProcessGroup {
    /// The group that this process leads.
    pub fn led_by(leader: Pid) -> Self {
        Self(leader)
    }

    /// Whether any process of the group lives.
    ///
    /// # Errors
    /// If `/proc` cannot be read.
    pub fn lives(self) -> io::Result<bool> {
        for entry in fs::read_dir("/proc")? {
            // A process may end between being listed and being read.
            let Ok(stat) = fs::read_to_string(entry?.path().join("stat")) else { continue };
            if self.lives_in(&stat) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Sends a signal to all; that there is nobody left to receive it is no error.
    pub(crate) fn signal(self, signal: Signal) {
        let _ = kill_process_group(self.0, signal);
    }

    /// Judges one `/proc/PID/stat`: `PID (name) STATE PARENT GROUP ...`, where the name may hold anything.
    fn lives_in(self, stat: &str) -> bool {
        let Some((_, fields)) = stat.rsplit_once(") ") else { return false };
        let mut fields = fields.split(' ');
        let state = fields.next();
        let group = fields.nth(1).and_then(|number| number.parse().ok()).and_then(Pid::from_raw);
        group == Some(self.0) && !matches!(state, Some("Z" | "X"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zombie_does_not_live_and_a_stranger_does_not_count() {
        let group = ProcessGroup(Pid::from_raw(70).unwrap());
        assert!(group.lives_in("71 (a) b (c) S 1 70 70 0"));
        assert!(!group.lives_in("71 (imap) Z 1 70 70 0"));
        assert!(!group.lives_in("71 (imap) S 70 71 70 0"));
    }
}
