//! Opening, closing, damage, a full disk, a second process.

use std::fs;

use rusqlite::Connection;
use tempfile::TempDir;

use super::account::{LoginRefusal, Protocol, Server, Settings};
use super::*;
use crate::event::{Event, EventKind};
use crate::identity::{AccountId, EventId};
use jiff::Timestamp;
use recapito_pec::Address;

fn settings(address: &str) -> Settings {
    Settings {
        address: Address::new(address),
        login: address.to_owned(),
        imap: Server { host: "imap.pec.example.test".to_owned(), port: 993 },
        smtp: Server { host: "smtp.pec.example.test".to_owned(), port: 465 },
        tls_authorities: String::new(),
        anchors: String::new(),
    }
}

fn now() -> Timestamp {
    Timestamp::from_second(1_700_000_000).unwrap()
}

async fn add(store: &Store, address: &str) -> Result<AccountId> {
    let settings = settings(address);
    store.write(move |writer| writer.set_account(&settings, now())).await
}

async fn accounts(store: &Store) -> usize {
    store.read(|reader| reader.accounts()).await.unwrap().len()
}

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn an_account_is_added_once_shown_and_removed() {
    let directory = TempDir::new().unwrap();
    let store = Store::open(directory.path()).unwrap();
    let id = add(&store, "Anna@pec.example.test").await.unwrap();
    assert_eq!(add(&store, "anna@PEC.example.test").await.unwrap(), id, "the same box, whatever the case");
    add(&store, "Anna@pec.example.test").await.unwrap();

    let account = store.read(move |reader| reader.account(id)).await.unwrap();
    assert_eq!(account.settings, settings("Anna@pec.example.test"));
    assert_eq!(account.added_at, now());

    store.write(move |writer| writer.remove_account(id)).await.unwrap();
    assert!(matches!(store.read(move |reader| reader.account(id)).await, Err(Error::Unknown)));
    assert!(matches!(store.write(move |writer| writer.remove_account(id)).await, Err(Error::Unknown)));
}

#[tokio::test]
async fn a_refused_login_stands_until_it_is_cleared() {
    let directory = TempDir::new().unwrap();
    let store = Store::open(directory.path()).unwrap();
    let id = add(&store, "anna@pec.example.test").await.unwrap();
    let refusal = LoginRefusal {
        protocol: Protocol::Imap,
        at: now(),
        answer: "NO wrong password".to_owned(),
        password: crate::secret::PasswordMark(7),
    };
    let noted = refusal.clone();
    store.write(move |writer| writer.note_login_refusal(id, &noted)).await.unwrap();
    assert_eq!(store.read(move |r| r.login_refusal(id, Protocol::Imap)).await.unwrap(), Some(refusal));
    assert_eq!(store.read(move |r| r.login_refusal(id, Protocol::Smtp)).await.unwrap(), None);
    store.write(move |writer| writer.clear_login_refusals(id)).await.unwrap();
    assert_eq!(store.read(move |r| r.login_refusal(id, Protocol::Imap)).await.unwrap(), None);
}

#[tokio::test]
async fn a_write_that_fails_leaves_nothing() {
    let directory = TempDir::new().unwrap();
    let store = Store::open(directory.path()).unwrap();
    let failed: Result<()> = store
        .write(|writer| {
            writer.set_account(&settings("anna@pec.example.test"), now())?;
            assert_eq!(writer.accounts()?.len(), 1);
            Err(Error::FolderChanged)
        })
        .await;
    assert!(matches!(failed, Err(Error::FolderChanged)));
    assert_eq!(accounts(&store).await, 0);
}

#[tokio::test]
async fn a_write_that_nobody_waits_for_is_finished() {
    let directory = TempDir::new().unwrap();
    let store = Store::open(directory.path()).unwrap();
    let (go, wait) = std::sync::mpsc::channel::<()>();
    let mut write = Box::pin(store.write(move |writer| {
        wait.recv().map_err(|_| Error::Closed)?;
        writer.set_account(&settings("anna@pec.example.test"), now())
    }));
    assert!(futures::poll!(&mut write).is_pending());
    drop(write);
    go.send(()).unwrap();
    // The next write has to wait for it.
    store.write(|_| Ok(())).await.unwrap();
    assert_eq!(accounts(&store).await, 1);
}

#[tokio::test]
async fn a_process_that_dies_before_the_commit_leaves_nothing() {
    let directory = TempDir::new().unwrap();
    Store::open(directory.path()).unwrap().close().await;
    let path = directory.path().join("recapito.db");
    // What a kill leaves: pages written to the journal, without the frame that commits them.
    let connection = Connection::open(&path).unwrap();
    connection.execute_batch("PRAGMA cache_size = 1; BEGIN IMMEDIATE;").unwrap();
    for number in 0..500 {
        connection.execute("INSERT INTO consumer (name) VALUES (?1)", [format!("{number:0200}")]).unwrap();
    }
    let copy = TempDir::new().unwrap();
    for name in ["recapito.db", "recapito.db-wal"] {
        fs::copy(directory.path().join(name), copy.path().join(name)).unwrap();
    }
    assert!(fs::metadata(copy.path().join("recapito.db-wal")).unwrap().len() > 0);
    let store = Store::open(copy.path()).unwrap();
    let consumers = store
        .read(|reader| {
            Ok(reader
                .connection
                .query_row("SELECT count(*) FROM consumer", [], |row| row.get::<_, i64>(0))?)
        })
        .await;
    assert_eq!(consumers.unwrap(), 0);
    assert_eq!(add(&store, "anna@pec.example.test").await.unwrap(), AccountId(1));
}

#[tokio::test]
async fn two_processes_share_a_store() {
    let directory = TempDir::new().unwrap();
    let (one, other) = (Store::open(directory.path()).unwrap(), Store::open(directory.path()).unwrap());
    assert_eq!(one.installation(), other.installation());
    let writes = (0..20).map(|number| {
        let store = if number % 2 == 0 { one.clone() } else { other.clone() };
        async move { add(&store, &format!("box{number}@pec.example.test")).await }
    });
    futures::future::try_join_all(writes).await.unwrap();
    assert_eq!((accounts(&one).await, accounts(&other).await), (20, 20));
}

#[tokio::test]
async fn a_reader_cannot_write() {
    let directory = TempDir::new().unwrap();
    let store = Store::open(directory.path()).unwrap();
    let written = store.read(|reader| Ok(reader.connection.execute("DELETE FROM account", [])?)).await;
    assert!(matches!(written, Err(Error::NotWritable)), "{written:?}");
}

#[tokio::test]
async fn the_connections_are_set_up_as_designed() {
    let directory = TempDir::new().unwrap();
    let store = Store::open(directory.path()).unwrap();
    let setting = |reader: &Reader<'_>, name: &str| -> Result<String> {
        let value = reader
            .connection
            .pragma_query_value(None, name, |row| row.get::<_, rusqlite::types::Value>(0))?;
        Ok(format!("{value:?}"))
    };
    let names = ["journal_mode", "synchronous", "foreign_keys", "temp_store"];
    let expected = [r#"Text("wal")"#, "Integer(2)", "Integer(1)", "Integer(2)"];
    let written =
        store.write(move |w| names.into_iter().map(|name| setting(w, name)).collect::<Result<Vec<_>>>());
    assert_eq!(written.await.unwrap(), expected);
    let read =
        store.read(move |r| names.into_iter().map(|name| setting(r, name)).collect::<Result<Vec<_>>>());
    assert_eq!(read.await.unwrap(), expected);
}

#[tokio::test]
async fn a_closed_store_says_so_and_gives_back_its_files() {
    let directory = TempDir::new().unwrap();
    let store = Store::open(directory.path()).unwrap();
    assert_eq!(accounts(&store).await, 0);
    store.close().await;
    store.close().await;
    assert!(matches!(store.read(|reader| reader.accounts()).await, Err(Error::Closed)));
    assert!(matches!(add(&store, "anna@pec.example.test").await, Err(Error::Closed)));
    assert_eq!(names(directory.path()), ["installation", "recapito.db", "recapito.lock"]);
}

#[tokio::test]
async fn the_installation_is_beside_the_database_and_not_in_it() {
    let (home, restored) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let store = Store::open(home.path()).unwrap();
    let epoch = store.read(|reader| reader.epoch()).await.unwrap();
    store.close().await;
    assert_eq!(Store::open(home.path()).unwrap().installation(), store.installation());

    fs::copy(home.path().join("recapito.db"), restored.path().join("recapito.db")).unwrap();
    let copy = Store::open(restored.path()).unwrap();
    assert_eq!(copy.read(|reader| reader.epoch()).await.unwrap(), epoch);
    assert_ne!(copy.installation(), store.installation());
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let parent = TempDir::new().unwrap();
    let directory = parent.path().join("data");
    let _store = Store::open(&directory).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&directory), 0o700);
    for name in names(&directory) {
        assert_eq!(mode(&directory.join(&name)), 0o600, "{name}");
    }
}

#[tokio::test]
async fn a_damaged_database_is_moved_aside_whole_and_said_once() {
    let directory = TempDir::new().unwrap();
    let garbage = b"this was a database before the disk failed".repeat(100);
    for _ in 0..2 {
        fs::write(directory.path().join("recapito.db"), &garbage).unwrap();
        fs::write(directory.path().join("recapito.db-wal"), b"journal").unwrap();
        let Err(Error::Damaged { set_aside }) = Store::open(directory.path()) else { panic!("not noticed") };
        assert_eq!(fs::read(&set_aside).unwrap(), garbage);
        let store = Store::open(directory.path()).unwrap();
        assert_eq!(accounts(&store).await, 0);
        store.close().await;
    }
    let kept = names(directory.path()).into_iter().filter(|name| name.starts_with("recapito-damaged-"));
    assert_eq!(kept.filter(|name| name.ends_with(".db")).count(), 2);
}

#[tokio::test]
async fn damage_met_in_use_is_examined_when_next_opened() {
    let directory = TempDir::new().unwrap();
    let store = Store::open(directory.path()).unwrap();
    for number in 0..200 {
        add(&store, &format!("box{number}@pec.example.test")).await.unwrap();
    }
    store.close().await;
    let path = directory.path().join("recapito.db");
    let mut bytes = fs::read(&path).unwrap();
    // The rows of the table only, since opening looks at the schema.
    for page in bytes.chunks_mut(4096).filter(|page| page.windows(8).any(|window| window == b"imap.pec")) {
        page.fill(0xA5);
    }
    fs::write(&path, &bytes).unwrap();

    let store = Store::open(directory.path()).unwrap();
    let met = store.read(|reader| Ok(reader.accounts()?.len())).await;
    assert!(matches!(met, Err(Error::DamagedPage)), "{met:?}");
    store.close().await;
    let Err(Error::Damaged { set_aside }) = Store::open(directory.path()) else { panic!("not noticed") };
    assert_eq!(fs::read(set_aside).unwrap().len(), bytes.len());
    assert_eq!(accounts(&Store::open(directory.path()).unwrap()).await, 0);
}

#[test]
fn a_suspicion_without_damage_costs_nothing() {
    let directory = TempDir::new().unwrap();
    drop(Store::open(directory.path()).unwrap());
    file::mark_suspect(directory.path());
    drop(Store::open(directory.path()).unwrap());
    assert!(!directory.path().join("recapito.db-suspect").exists());
}

#[test]
fn a_newer_database_is_left_as_it_is() {
    let directory = TempDir::new().unwrap();
    drop(Store::open(directory.path()).unwrap());
    let path = directory.path().join("recapito.db");
    let connection = Connection::open(&path).unwrap();
    connection.pragma_update(None, "user_version", 1000).unwrap();
    connection.close().unwrap();
    let before = fs::read(&path).unwrap();
    let opened = Store::open(directory.path());
    assert!(matches!(opened, Err(Error::Newer { found: 1000, .. })), "{opened:?}");
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[tokio::test]
async fn a_full_disk_is_said_and_harms_nothing() {
    let directory = TempDir::new().unwrap();
    let store = Store::open(directory.path()).unwrap();
    add(&store, "anna@pec.example.test").await.unwrap();
    let limit = |pages: i64| {
        move |writer: &mut Writer<'_>| {
            Ok(writer.connection.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))?)
        }
    };
    store.write(limit(1)).await.unwrap();
    let large = Settings { anchors: "x".repeat(1 << 20), ..settings("bruno@pec.example.test") };
    let again = large.clone();
    let full = store.write(move |writer| writer.set_account(&large, now())).await;
    assert!(matches!(full, Err(Error::Full)), "{full:?}");
    assert_eq!(accounts(&store).await, 1);

    store.write(limit(1_000_000)).await.unwrap();
    store.write(move |writer| writer.set_account(&again, now())).await.unwrap();
    let check = store.read(|reader| {
        Ok(reader.connection.query_row("PRAGMA integrity_check", [], |row| row.get::<_, String>(0))?)
    });
    assert_eq!(check.await.unwrap(), "ok");
}

#[cfg(unix)]
#[test]
fn a_place_that_cannot_be_written_is_said() {
    let parent = TempDir::new().unwrap();
    // Not even root can make a directory below a file.
    let file = parent.path().join("file");
    fs::write(&file, b"").unwrap();
    assert!(matches!(Store::open(&file.join("data")), Err(Error::Io(_))));

    use std::os::unix::fs::PermissionsExt;
    let closed = parent.path().join("closed");
    fs::create_dir(&closed).unwrap();
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o500)).unwrap();
    // Root may write everywhere: then there is nothing to see here.
    if fs::write(closed.join("probe"), b"").is_err() {
        let opened = Store::open(&closed);
        assert!(matches!(opened, Err(Error::NotWritable)), "{opened:?}");
    }
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).unwrap();
}

#[tokio::test]
async fn events_are_kept_once_and_delivered_until_acknowledged() {
    let directory = TempDir::new().unwrap();
    let store = Store::open(directory.path()).unwrap();
    let account = add(&store, "anna@pec.example.test").await.unwrap();
    let event = move |number: u8| Event {
        id: EventId([number; 32]),
        position: 0,
        at: now(),
        account,
        kind: EventKind::Received,
        shipment: None,
        recipient: Some(Address::new("bruno@pec.example.test")),
        message: None,
    };
    let positions =
        store.write(move |writer| [1, 2, 1, 3].map(|n| writer.add_event(&event(n))).into_iter().collect());
    let positions: Vec<Option<i64>> = positions.await.unwrap();
    let [Some(first), Some(_), None, Some(last)] = positions[..] else { panic!("{positions:?}") };

    let after = |position| store.read(move |reader| reader.events_after(position, 10));
    assert_eq!(after(0).await.unwrap().len(), 3);
    assert_eq!(after(0).await.unwrap()[0], Event { position: first, ..event(1) });

    let acknowledged = || store.read(|reader| reader.acknowledged("phone"));
    assert_eq!(acknowledged().await.unwrap(), 0);
    store.write(move |writer| writer.acknowledge("phone", last)).await.unwrap();
    store.write(move |writer| writer.acknowledge("phone", first)).await.unwrap();
    assert_eq!(acknowledged().await.unwrap(), last);
    assert!(after(last).await.unwrap().is_empty());
    store.write(|writer| writer.acknowledge("phone", i64::MAX)).await.unwrap();
    assert_eq!(acknowledged().await.unwrap(), last);
}

#[test]
fn a_search_is_for_the_text_itself() {
    let cases =
        [(None, "%"), (Some(""), "%"), (Some("50%_\\"), "%50\\%\\_\\\\%"), (Some("offerta"), "%offerta%")];
    for (search, pattern) in cases {
        assert_eq!(search_pattern(search), pattern);
    }
}
