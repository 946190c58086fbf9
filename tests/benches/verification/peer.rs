//! The peers from outside: two small C programs compiled for the run, and what they answer.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::Outcome;
use crate::input::Sample;

/// The compiled programs.
pub(crate) struct Workbench {
    folder: TempDir,
}

/// What a program has cost.
#[derive(Clone, Copy)]
pub(crate) struct Cost {
    pub(crate) cpu: Duration,
    pub(crate) clock: Duration,
    /// The largest resident set, in bytes.
    pub(crate) memory: u64,
}

impl Workbench {
    pub(crate) fn set_up() -> Outcome<Self> {
        let folder = tempfile::Builder::new().prefix("recapito-bench-").tempdir()?;
        for (name, libraries) in [("libcrypto", &["-lcrypto"][..]), ("spent", &[])] {
            let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/verification").join(name);
            let mut cc = Command::new("cc");
            cc.arg("-O2").arg("-o").arg(folder.path().join(name)).arg(source.with_extension("c"));
            if !cc.args(libraries).status()?.success() {
                return Err(format!("{name}.c does not compile; it needs libssl-dev").into());
            }
        }
        Ok(Self { folder })
    }

    /// Runs a program, which has to say that all is well.
    pub(crate) fn cost(&self, command: &[&str]) -> Outcome<Cost> {
        let output = Command::new(self.program("spent")).args(command).output()?;
        let answer = String::from_utf8(output.stdout)?;
        let numbers: Vec<i64> = answer.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
        match numbers[..] {
            [0, cpu, clock, memory] => Ok(Cost {
                cpu: Duration::from_nanos(cpu.try_into()?),
                clock: Duration::from_nanos(clock.try_into()?),
                memory: memory.try_into()?,
            }),
            _ => Err(format!("{command:?}: {answer}{}", String::from_utf8_lossy(&output.stderr)).into()),
        }
    }

    /// libcrypto, ready to check this message.
    pub(crate) fn libcrypto(&self, sample: &Sample) -> Outcome<Libcrypto> {
        let mut command = Command::new(self.program("libcrypto"));
        command.args([&sample.file, &sample.anchors_file]).arg(sample.signed_at.as_second().to_string());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let answers = BufReader::new(child.stdout.take().ok_or("no stdout")?);
        Ok(Libcrypto { child, answers })
    }

    fn program(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// A process that checks one message as often as it is told.
pub(crate) struct Libcrypto {
    child: Child,
    answers: BufReader<ChildStdout>,
}

impl Libcrypto {
    /// The CPU time of so many checks.
    pub(crate) fn check(&mut self, times: u32) -> Outcome<Duration> {
        writeln!(self.child.stdin.as_mut().ok_or("no stdin")?, "{times}")?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer)?;
        let nanoseconds = answer.trim().parse().map_err(|_| "libcrypto does not believe the message")?;
        Ok(Duration::from_nanos(nanoseconds))
    }
}

impl Drop for Libcrypto {
    fn drop(&mut self) {
        // It ends when its input does.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}
