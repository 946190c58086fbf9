//! The demonstration, run as a user runs it: in both languages, as JSON, kept, and cut short.
//!
//! That the story came out as told is the program's own exit code; here it is looked at from outside, and nothing may
//! be left behind.

#![cfg(unix)]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

/// What one run printed, and how it ended.
struct Run {
    status: ExitStatus,
    stdout: String,
    stderr: String,
}

impl Run {
    /// Whether these words stand in it, wherever its lines are broken.
    fn says(&self, words: &str) -> bool {
        let told: Vec<_> = self.stdout.split_whitespace().filter(|word| *word != "│").collect();
        told.join(" ").contains(words)
    }
}

#[test]
fn it_is_told_in_english() {
    let run = demo(&["--lang", "en"]);
    assert_eq!(run.status.code(), Some(0), "{}", run.stderr);
    for told in [
        "Italian certified mail",
        "“Meeting of the owners” to anna.conti@legal.example.test",
        "5.2.2 - Altro Gestore S.r.l. - casella piena",
        "Dear administrator,",
        "survey.pdf",
        "from security@bank.example: “Your account is about to be suspended”",
        "no answer in 12 hours",
        "The signer's certificate leads to no trusted authority.",
        "not certified: ordinary mail in an anomaly envelope",
        "no delivery in 24 hours",
        "The story came out as told: 10 notifications, 2 messages sent, 3 received.",
    ] {
        assert!(run.says(told), "{told} is missing in\n{}", run.stdout);
    }
    for line in run.stdout.lines() {
        assert!(line.chars().count() <= 100, "wider than 100 columns: {line}");
        assert!(!line.contains('\u{1b}'), "no colour without a terminal: {line}");
        assert_eq!(line.trim_end(), line);
    }
}

#[test]
fn it_is_told_in_italian() {
    let run = demo(&["--lang", "it"]);
    assert_eq!(run.status.code(), Some(0), "{}", run.stderr);
    for told in ["La posta elettronica certificata", "perizia.pdf", "NON consegnato", "Da non credere"] {
        assert!(run.says(told), "{told} is missing in\n{}", run.stdout);
    }
    for line in run.stdout.lines() {
        assert!(line.chars().count() <= 100, "wider than 100 columns: {line}");
    }
}

#[test]
fn json_has_the_events_and_nothing_else() {
    let run = demo(&["--json"]);
    assert_eq!(run.status.code(), Some(0), "{}", run.stderr);
    let events: Vec<Value> = run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let kinds: Vec<_> = events.iter().map(|event| event["kind"].as_str().unwrap()).collect();
    let told = [
        "accepted",
        "delivered",
        "failed",
        "received",
        "anomaly",
        "accepted",
        "delayed",
        "suspicious",
        "delayed",
        "delivered",
    ];
    assert_eq!(kinds, told);
    assert!(events[7].get("shipment").is_none(), "a forged receipt is about no shipment: {}", events[7]);
}

#[test]
fn quiet_leaves_out_the_narration() {
    let run = demo(&["--quiet", "--lang", "en"]);
    assert_eq!(run.status.code(), Some(0), "{}", run.stderr);
    assert!(run.stdout.contains("Not to be believed"));
    assert!(!run.stdout.contains("Marta"));
}

#[test]
fn what_is_kept_can_be_looked_at_and_checked() {
    let parent = TempDir::new().unwrap();
    let kept = parent.path().join("kept");
    let folder = kept.to_str().unwrap();
    let run = demo(&["--keep", folder, "--lang", "en"]);
    assert_eq!(run.status.code(), Some(0), "{}", run.stderr);
    assert_eq!(fs::read_dir(kept.join("messages")).unwrap().count(), 10);

    let list = recapito(&["--data", folder, "list", "--json"], parent.path());
    assert_eq!(list.stdout.lines().count(), 2, "{}", list.stderr);
    let anchors = kept.join("anchors.pem");
    let messages = kept.join("messages");
    let verify = ["verify", "--json", "--anchors", anchors.to_str().unwrap(), messages.to_str().unwrap()];
    let verify = recapito(&verify, parent.path());
    // One is forged, and one is ordinary mail.
    assert_eq!(verify.status.code(), Some(30), "{}", verify.stderr);
    let verdicts = verify.stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let untrusted: Vec<Value> = verdicts.filter(|record| record["verdict"] != "trusted").collect();
    let [forged] = &untrusted[..] else { panic!("one is not trusted: {untrusted:?}") };
    assert_eq!((&forged["kind"], &forged["verdict"]), (&"delivery".into(), &"unknown-signer".into()));

    let again = demo(&["--keep", folder]);
    assert_eq!(again.status.code(), Some(2), "a folder in use is left alone");
}

#[test]
fn an_interrupt_ends_it_and_leaves_nothing() {
    let temporary = TempDir::new().unwrap();
    let mut child = command(&["demo"], temporary.path()).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains('╭')), "no notification came");
    assert_ne!(left_in(temporary.path()), 0, "its data are in the temporary folder");
    let id = i32::try_from(child.id()).unwrap();
    kill_process(Pid::from_raw(id).unwrap(), Signal::INT).unwrap();
    lines.for_each(drop);
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert_eq!(left_in(temporary.path()), 0);
}

#[test]
fn a_reader_that_stops_reading_ends_it_and_nothing_is_left() {
    let temporary = TempDir::new().unwrap();
    let mut child = command(&["demo"], temporary.path()).stdout(Stdio::piped()).spawn().unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(left_in(temporary.path()), 0);
}

/// Runs the demonstration to its end, and makes sure that nothing of it is left.
fn demo(options: &[&str]) -> Run {
    let temporary = TempDir::new().unwrap();
    let run = recapito(&[&["demo"], options].concat(), temporary.path());
    assert_eq!(left_in(temporary.path()), 0, "files are left");
    run
}

fn recapito(arguments: &[&str], temporary: &Path) -> Run {
    let output = command(arguments, temporary).output().unwrap();
    Run {
        status: output.status,
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

fn command(arguments: &[&str], temporary: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_recapito"));
    // Without a home there is no place but the temporary folder to leave anything in.
    command.args(arguments).env("TMPDIR", temporary).env_remove("HOME").env_remove("RECAPITO_DATA");
    command.stdin(Stdio::null()).stderr(Stdio::piped());
    command
}

fn left_in(folder: &Path) -> usize {
    fs::read_dir(folder).unwrap().count()
}
