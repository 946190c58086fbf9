//! A full disk and a damaged database: a clear word, exit code 1, nothing overwritten.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use recapito_tests::recapito::{Recapito, binary};
use recapito_tests::skip::skip;

use crate::desk::{ANNA, Desk, Outcome, PASSWORD};
use crate::message::fill;

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_said_and_the_store_is_whole_afterwards() -> Outcome {
    let desk = Desk::start().await?;
    fill(desk.mailbox(), 40);
    for number in 0..8 {
        let body = format!("{number}").repeat(400_000);
        desk.mailbox().append("INBOX", format!("Subject: large\r\n\r\n{body}\r\n").into_bytes());
    }
    let user = Recapito::new();
    user.add_account(ANNA, PASSWORD, &desk.servers()).expect(0);

    // A disk of two megabytes, in a mount namespace that ends with the shell.
    let script = user.file("script", SCRIPT);
    let disk = user.file("disk", "").with_file_name("mounted");
    fs::create_dir(&disk)?;
    let output = Command::new("timeout")
        .args(["120", "unshare", "--user", "--map-root-user", "--mount", "sh"])
        .args([script, disk, user.data(), binary().to_owned()])
        .output()?;
    let (stdout, stderr) = (String::from_utf8(output.stdout)?, String::from_utf8(output.stderr)?);
    if output.status.code() == Some(75) || stdout.is_empty() {
        skip("no file system can be mounted here, not even in a namespace");
        return Ok(());
    }
    let codes: Vec<_> = stdout.lines().filter_map(|line| line.strip_prefix("exit ")).collect();
    assert_eq!(codes, ["1", "0", "0"], "full, listed while full, after making space:\n{stdout}\n{stderr}");
    assert!(stderr.contains("no space left on the disk"), "{stderr}");
    assert!(stderr.contains("messages fetched"), "{stderr}");
    assert_eq!(stdout.matches("\"kind\":\"ordinary\"").count(), 48, "{stdout}");
    assert!(!stdout.contains("damaged"), "{stdout}");
    Ok(())
}

/// Disk, data folder, program.
const SCRIPT: &str = r#"
mount -t tmpfs -o size=2m tmpfs "$1" || exit 75
cp -r "$2"/. "$1"
"$3" --lang en --data "$1" sync; echo "exit $?"
"$3" --lang en --data "$1" list --received >/dev/null; echo "exit $?"
mount -o remount,size=64m "$1" || exit 75
"$3" --lang en --data "$1" sync; echo "exit $?"
"$3" --lang en --data "$1" list --received --json
ls "$1"
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_database_is_kept_aside_and_the_mailbox_fetched_again() -> Outcome {
    let desk = Desk::start().await?;
    fill(desk.mailbox(), 100);
    // The first page, where the file says what it is; and everything behind it.
    for damage in [0..4096, 4096..usize::MAX] {
        let user = Recapito::new();
        user.add_account(ANNA, PASSWORD, &desk.servers()).expect(0);
        user.run(["sync"]).expect(0);
        let listed = user.json(["list", "--received"]);
        let database = user.data().join("recapito.db");
        let mut bytes = fs::read(&database)?;
        let end = damage.end.min(bytes.len());
        bytes[damage.start..end].fill(0xA5);
        fs::write(&database, &bytes)?;

        // Damage within is met while working, and judged when next opened.
        let said: String = (0..2).map(|_| user.run(["sync"])).map(|ended| ended.stderr).collect();
        assert!(said.contains("the database was damaged: it is kept as"), "{said}");
        let aside = set_aside(&user);
        assert_eq!(aside.len(), 1, "{aside:?}");
        assert!(fs::read(&aside[0])? == bytes, "kept as it was");

        user.add_account(ANNA, PASSWORD, &desk.servers()).expect(0);
        user.run(["sync"]).expect(0);
        assert_eq!(user.json(["list", "--received"]), listed);
        assert_eq!(set_aside(&user), aside);
    }
    Ok(())
}

fn set_aside(user: &Recapito) -> Vec<PathBuf> {
    let entries = fs::read_dir(user.data()).expect("a data folder");
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    paths
        .filter(|path| {
            path.to_string_lossy().contains("damaged") && path.extension().is_some_and(|e| e == "db")
        })
        .collect()
}
