//! Mailboxes with something odd, over a peer that has said everything before it is asked: what is stored, and where
//! the cursor stands. What the commands look like is tested in `imap`.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::Timestamp;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use zeroize::Zeroizing;

use super::*;
use crate::clock::Clock;
use crate::cursor::FolderState;
use crate::imap::{Connection, Limits};
use crate::secret::{Secret, Secrets};
use crate::store::account::{Server, Settings};
use crate::store::{Page, Store};

struct Fixed;

impl Clock for Fixed {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(1_700_000_000).unwrap()
    }
}

impl Secrets for Fixed {
    fn password(&self, _: &str) -> Result<Option<Secret>, String> {
        Ok(None)
    }
}

struct House {
    _directory: TempDir,
    mailbox: Mailbox,
}

impl House {
    async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path()).unwrap();
        let server = Server { host: "imap.example.test".to_owned(), port: 993 };
        let settings = Settings {
            address: recapito_pec::Address::new("anna@pec.example.test"),
            login: "anna".to_owned(),
            imap: server.clone(),
            smtp: server,
            tls_authorities: String::new(),
            anchors: String::new(),
        };
        let account = store.write(move |writer| {
            let id = writer.set_account(&settings, Fixed.now())?;
            writer.account(id)
        });
        let mailbox = Mailbox {
            account: account.await.unwrap(),
            store,
            secrets: Arc::new(Fixed),
            clock: Arc::new(Fixed),
            anchors: Arc::new(recapito_pec::Anchors::pec()),
        };
        Self { _directory: directory, mailbox }
    }

    /// Catches up with a server that says this, each command's answer under its tag, and then closes.
    async fn catch_up(&self, said: &str) -> Result<Option<Refreshed>, Error> {
        let (mut session, mut far) = session(said).await;
        far.shutdown().await.unwrap();
        let (_going_on, mut stop) = watch::channel(false);
        self.mailbox.catch_up(&mut session, &mut stop, &|_| {}).await
    }

    /// UID, and whether it makes no alert, of each message stored.
    async fn stored(&self) -> Vec<(u32, bool)> {
        let page = Page { limit: 1000, offset: 0 };
        let messages = self.mailbox.store.read(move |reader| reader.received(None, page)).await.unwrap();
        let mut stored: Vec<_> =
            messages.iter().flat_map(|m| m.places.iter().map(|p| (p.uid.get(), m.backlog))).collect();
        stored.sort_unstable();
        stored
    }

    async fn cursor(&self) -> (u32, bool) {
        let account = self.mailbox.account.id;
        let folder =
            self.mailbox.store.read(move |reader| reader.folder(account, &FolderName::inbox())).await;
        let (_, FolderState { next_uid, proven_at, .. }) = folder.unwrap().unwrap();
        (next_uid.get(), proven_at.is_some())
    }
}

/// A session that has logged in to a peer that says this; what it hears is kept from filling the pipe.
async fn session(said: &str) -> (Session, DuplexStream) {
    let (near, mut far) = duplex(16 << 20);
    let greeting = "* OK [CAPABILITY IMAP4rev1] ready\nA0001 OK [CAPABILITY IMAP4rev1] welcome\n";
    // `+` answers the literals of LOGIN and of each EXAMINE.
    let login = greeting.replace("A0001", "+\n+\nA0001");
    for line in login.lines().chain(said.lines().map(str::trim_start)).filter(|line| !line.is_empty()) {
        far.write_all(format!("{line}\r\n").as_bytes()).await.unwrap();
    }
    let connection = Connection::open(near, Limits::PEC).await.unwrap();
    let session = connection.login("anna", &Zeroizing::new("secret".to_owned())).await.unwrap();
    (session, far)
}

fn examined(tag: &str, validity: u32, uid_next: u32) -> String {
    format!("+\n* 9 EXISTS\n* OK [UIDVALIDITY {validity}] v\n* OK [UIDNEXT {uid_next}] n\n{tag} OK done\n")
}

fn listed(tag: &str, uids: &[u32]) -> String {
    let lines = uids.iter().map(|uid| format!("* 1 FETCH (UID {uid} RFC822.SIZE 20)\n"));
    lines.chain([format!("{tag} OK done\n")]).collect()
}

fn given(uids: &[u32]) -> String {
    uids.iter().map(|uid| format!("* 1 FETCH (UID {uid} BODY[] \"Subject: {uid}\")\n")).collect()
}

fn uid(number: u32) -> Uid {
    Uid::new(number).unwrap()
}

#[test]
fn batches_are_cut_by_number_and_by_size() {
    let cut = |sizes: &[Option<u32>]| -> Vec<usize> {
        let sizes = sizes.iter().zip(1..).map(|(size, number)| (uid(number), *size));
        batches(sizes).iter().map(BTreeSet::len).collect()
    };
    assert_eq!(cut(&[]), [0; 0]);
    assert_eq!(cut(&[Some(1); 130]), [64, 64, 2]);
    assert_eq!(cut(&[Some(3 << 20), Some(1 << 20), Some(1), None]), [2, 2]);
    assert_eq!(cut(&[Some(1), Some(u32::MAX), Some(1)]), [1, 1, 1], "a large one is alone");
    assert_eq!(cut(&[None; 64]), [64]);
}

#[tokio::test]
async fn what_came_before_a_cut_is_stored_and_the_rest_fetched_next() {
    let house = House::new().await;
    let cut = examined("A0002", 7, 6) + &listed("A0003", &[1, 2, 3, 5]) + &given(&[1, 3]);
    assert!(house.catch_up(&cut).await.is_err());
    assert_eq!(house.stored().await, [(1, true), (3, true)]);
    assert_eq!(house.cursor().await, (2, false), "before the first that did not come");

    // 3 is there already: it is not asked for again.
    let rest =
        examined("A0002", 7, 7) + &listed("A0003", &[2, 3, 5, 6]) + &given(&[2, 5, 6]) + "A0004 OK done\n";
    let refreshed = house.catch_up(&rest).await.unwrap().unwrap();
    assert_eq!(refreshed, Refreshed { fetched: 3, ..Refreshed::default() });
    assert_eq!(house.stored().await, [(1, true), (2, true), (3, true), (5, true), (6, false)]);
    assert_eq!(house.cursor().await, (7, true));
}

#[tokio::test]
async fn a_message_deleted_meanwhile_is_passed() {
    let house = House::new().await;
    let said = examined("A0002", 7, 4)
        + &listed("A0003", &[1, 2, 3])
        + &given(&[1, 3])
        + "* 1 FETCH (UID 2 BODY[] NIL)\nA0004 OK done\n"
        + &listed("A0005", &[]);
    assert!(house.catch_up(&said).await.unwrap().unwrap().is_complete());
    assert_eq!(house.cursor().await, (4, true));
}

#[tokio::test]
async fn a_message_that_is_listed_and_not_given_is_not_lost_and_stops_no_other() {
    let house = House::new().await;
    let said = |withheld: &str| {
        examined("A0002", 7, 4)
            + &listed("A0003", &[1, 2, 3])
            + &given(&[1, 3])
            + withheld
            + "A0004 OK done\n"
            + &listed("A0005", &[2])
    };
    for withheld in ["* 1 FETCH (UID 2 BODY[] NIL)\n", ""] {
        let house = House::new().await;
        let refreshed = house.catch_up(&said(withheld)).await.unwrap().unwrap();
        assert_eq!(refreshed, Refreshed { fetched: 2, too_large: Vec::new(), withheld: 1 });
        assert_eq!(house.stored().await, [(1, true), (3, true)]);
        assert_eq!(house.cursor().await, (2, false), "nothing is proven");
    }

    house.catch_up(&said("")).await.unwrap();
    let given_at_last =
        examined("A0002", 7, 4) + &listed("A0003", &[2, 3]) + &given(&[2]) + "A0004 OK done\n";
    assert!(house.catch_up(&given_at_last).await.unwrap().unwrap().is_complete());
    assert_eq!(house.stored().await, [(1, true), (2, true), (3, true)]);
    assert_eq!(house.cursor().await, (4, true));
}

#[tokio::test]
async fn without_uidnext_what_is_there_at_first_is_old_and_what_comes_is_new() {
    let house = House::new().await;
    let examined = "+\n* 2 EXISTS\n* OK [UIDVALIDITY 7] v\nA0002 OK done\n".to_owned();
    // 6 comes between the two listings.
    let first = examined.clone()
        + &listed("A0003", &[4, 5])
        + &listed("A0004", &[4, 5, 6])
        + &given(&[4, 5, 6])
        + "A0005 OK done\n";
    house.catch_up(&first).await.unwrap().unwrap();
    assert_eq!(house.stored().await, [(4, true), (5, true), (6, false)]);
    // `7:*` names the last message even below 7.
    let second = examined + &listed("A0003", &[6]);
    assert_eq!(house.catch_up(&second).await.unwrap().unwrap(), Refreshed::default());
}

#[tokio::test]
async fn numbered_anew_a_mailbox_is_read_again_and_stored_once() {
    let house = House::new().await;
    let first = examined("A0002", 7, 3) + &listed("A0003", &[1, 2]) + &given(&[1, 2]) + "A0004 OK done\n";
    house.catch_up(&first).await.unwrap().unwrap();
    let again = examined("A0002", 8, 9)
        + &listed("A0003", &[7, 8])
        + "* 1 FETCH (UID 7 BODY[] \"Subject: 2\")\n* 1 FETCH (UID 8 BODY[] \"Subject: new\")\nA0004 OK done\n";
    house.catch_up(&again).await.unwrap().unwrap();
    assert_eq!(house.stored().await, [(7, true), (8, false)]);
    assert_eq!(house.cursor().await, (9, true));
}

#[tokio::test]
async fn opened_by_another_process_meanwhile_the_folder_is_not_opened_twice() {
    let house = House::new().await;
    let mailbox = &house.mailbox;
    let (account, folder) = (mailbox.account.id, FolderName::inbox());
    let plan = |uid_next| Selected {
        uid_validity: crate::identity::UidValidity::new(7).unwrap(),
        uid_next: Some(uid(uid_next)),
        exists: 3,
        highest_modseq: None,
    };
    let (mut session, _far) = session("").await;
    mailbox.first_to_fetch(&mut session, &folder, plan(10)).await.unwrap();
    // The other one examined a moment later, when 10 had arrived.
    mailbox.first_to_fetch(&mut session, &folder, plan(11)).await.unwrap();
    let name = folder.clone();
    let (_, state) = mailbox.store.read(move |reader| reader.folder(account, &name)).await.unwrap().unwrap();
    assert_eq!(state.alerts_from, uid(10));
}

#[tokio::test]
async fn stopped_in_the_middle_it_stores_what_has_arrived() {
    let house = House::new().await;
    let said = examined("A0002", 7, 4) + &listed("A0003", &[1, 2, 3]) + &given(&[1]);
    // The peer stays silent in the middle of the fetch; the stop comes once it has read all that was said.
    let (mut session, mut far) = session(&said).await;
    let (stop, mut stopped) = watch::channel(false);
    let stopping = tokio::spawn(async move {
        let mut heard = Vec::new();
        while !heard.windows(5).any(|window| window == b"A0004") {
            assert_ne!(far.read_buf(&mut heard).await.unwrap(), 0);
        }
        stop.send_replace(true);
        far
    });
    let ended = house.mailbox.catch_up(&mut session, &mut stopped, &|_| {}).await;
    assert_eq!(ended.unwrap(), None);
    drop(stopping.await.unwrap());
    assert_eq!(house.stored().await, [(1, true)]);
    assert_eq!(house.cursor().await, (2, false));
}

#[tokio::test]
async fn sizes_that_are_too_small_do_not_fill_the_memory() {
    let house = House::new().await;
    let large = "x".repeat(3 << 20);
    let given: String = (1..=3)
        .map(|uid| format!("* 1 FETCH (UID {uid} BODY[] {{{}}}\n{large}{uid})\n", large.len() + 1))
        .collect();
    let said = examined("A0002", 7, 1) + &listed("A0003", &[1, 2, 3]) + &given;
    let (mut session, mut far) = session(&said).await;
    far.shutdown().await.unwrap();
    let (_going_on, mut stop) = watch::channel(false);
    // One for each transaction that made events.
    let pulses = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&pulses);
    let pulse = move |_| _ = counted.fetch_add(1, Ordering::Relaxed);
    assert!(house.mailbox.catch_up(&mut session, &mut stop, &pulse).await.is_err());
    assert_eq!(house.stored().await.len(), 3);
    assert_eq!(pulses.load(Ordering::Relaxed), 2, "two transactions: two messages, then one");
}
