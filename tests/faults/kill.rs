//! Nothing is lost: a sync of a few hundred messages is killed at a hundred points, and in the end the store is that
//! of a sync that nobody disturbed.
//!
//! ```text
//! template: account added, empty mailbox synced ──copy──> store ── sync ── killed ── sync ── killed ── … ── sync, 0
//!                                                                    └── at a byte of the dialogue, or a write to disk
//! ```
//! The points come from a seed. Each round starts from the template and goes on until a sync ends by itself; then the
//! lists, the events and the bytes are compared with those of the undisturbed run. Row ids too: a transaction that
//! was cut leaves no gap.

use std::collections::BTreeSet;
use std::error::Error;
use std::fs;
use std::mem::MaybeUninit;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use recapito_provider::Provider;
use recapito_tests::proxy::Proxy;
use recapito_tests::recapito::{Process, Recapito, Running, Servers};
use rusqlite::Connection;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::inotify;
use serde_json::Value;

use crate::post::{ANNA, PASSWORD, fill, provider};

type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

/// Two at once, since there are two cores on the smallest machines.
const WORKERS: usize = 2;
const KILLS: usize = 100;
const SEED: u64 = 2005;

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_killed_at_a_hundred_points_ends_as_one_that_nobody_disturbed() -> Outcome {
    let (provider, mailbox) = provider().await?;
    // Before there is mail: what lies in a mailbox from before makes no events.
    let workers = (0..WORKERS).map(|_| Worker::new(&provider)).collect::<Outcome<Vec<_>>>()?;
    fill(&provider);
    let sent: BTreeSet<Vec<u8>> = mailbox.messages("INBOX").iter().map(|(_, raw)| over_imap(raw)).collect();
    assert!(sent.len() > 250, "a few hundred messages, not {}", sent.len());

    let undisturbed = workers[0].undisturbed()?;
    assert!(undisturbed.left.raw == sent, "an undisturbed sync stores every byte");
    let kinds: BTreeSet<&str> =
        undisturbed.left.events.iter().filter_map(|event| event["kind"].as_str()).collect();
    for kind in ["accepted", "anomaly", "delayed", "delivered", "failed", "received", "suspicious"] {
        assert!(kinds.contains(kind), "no event {kind:?} to be lost in {kinds:?}");
    }

    let kills = AtomicUsize::new(0);
    thread::scope(|scope| {
        let threads: Vec<_> = workers
            .iter()
            .zip(SEED..)
            .map(|(worker, seed)| {
                let (kills, undisturbed) = (&kills, &undisturbed);
                scope.spawn(move || {
                    worker.kill_and_compare(fastrand::Rng::with_seed(seed), kills, undisturbed)
                })
            })
            .collect();
        threads.into_iter().try_for_each(|thread| thread.join().expect("its panic is shown above"))
    })?;
    assert!(kills.into_inner() >= KILLS);
    Ok(())
}

/// A message as IMAP can carry it: the grammar has no NUL, and the provider, as Dovecot, gives 0x80 in its place.
fn over_imap(raw: &[u8]) -> Vec<u8> {
    raw.iter().map(|&byte| if byte == 0 { 0x80 } else { byte }).collect()
}

/// One of several that kill side by side, each with a proxy and stores of its own.
struct Worker {
    proxy: Proxy,
    /// An account whose empty mailbox has been synced.
    template: Recapito,
}

/// What is left of a sync that ended well.
#[derive(Debug, PartialEq)]
struct Left {
    shipments: Vec<Value>,
    received: Vec<Value>,
    events: Vec<Value>,
    raw: BTreeSet<Vec<u8>>,
}

/// A sync that ended well at once, and how long it was.
struct Undisturbed {
    left: Left,
    /// Bytes that reached the client.
    bytes: u64,
    /// Times that something in the data folder was written.
    writes: u64,
}

/// Where a sync is killed.
#[derive(Clone, Copy, Debug)]
enum Point {
    /// When so many bytes have reached it.
    Byte(u64),
    /// When it has written to its data folder so often.
    Write(u64),
}

impl Worker {
    fn new(provider: &Provider) -> Outcome<Self> {
        let proxy = Proxy::start(provider.imap_address().port())?;
        let template = Recapito::new();
        let servers = Servers {
            imap: proxy.port(),
            smtp: provider.smtp_address().port(),
            authorities: &provider.tls_authority_pem(),
            anchors: Some(&provider.anchors_pem()),
        };
        template.add_account(ANNA, PASSWORD, &servers).expect(0);
        template.run(["sync"]).expect(0);
        Ok(Self { proxy, template })
    }

    /// A store of its own, as the template is.
    fn copy(&self) -> Outcome<Recapito> {
        let copy = Recapito::new();
        fs::create_dir(copy.data())?;
        for entry in fs::read_dir(self.template.data())? {
            let entry = entry?;
            fs::copy(entry.path(), copy.data().join(entry.file_name()))?;
        }
        Ok(copy)
    }

    fn undisturbed(&self) -> Outcome<Undisturbed> {
        let store = self.copy()?;
        self.proxy.open();
        let writes = Writes::of(&store.data())?;
        let sync = store.start(["sync"]);
        let process = sync.process();
        let counting = thread::spawn(move || writes.wait(u64::MAX, &process));
        sync.finish().expect(0);
        let writes = counting.join().expect("its panic is shown above")?;
        Ok(Undisturbed { left: Left::of(&store)?, bytes: self.proxy.delivered(), writes })
    }

    /// Rounds, until all workers together have killed often enough.
    fn kill_and_compare(
        &self,
        mut random: fastrand::Rng,
        kills: &AtomicUsize,
        undisturbed: &Undisturbed,
    ) -> Outcome {
        while kills.load(Ordering::Relaxed) < KILLS {
            let store = self.copy()?;
            let mut points = Vec::new();
            loop {
                let point = match random.u8(..4) {
                    0 => Point::Write(random.u64(1..=undisturbed.writes)),
                    _ => Point::Byte(random.u64(1..=undisturbed.bytes)),
                };
                points.push(point);
                if self.sync_until(&store, point)? {
                    kills.fetch_add(1, Ordering::Relaxed);
                } else {
                    break;
                }
            }
            let left = Left::of(&store)?;
            assert!(left == undisturbed.left, "after {points:?}: {}", left.difference(&undisturbed.left));
        }
        Ok(())
    }

    /// Syncs, and tells whether it was killed; if it was not, it ended well.
    fn sync_until(&self, store: &Recapito, point: Point) -> Outcome<bool> {
        let ended = match point {
            Point::Byte(after) => {
                let (tell, told) = std::sync::mpsc::channel::<Process>();
                self.proxy.end_after(after, move || {
                    if let Ok(process) = told.recv() {
                        process.kill();
                    }
                });
                let sync = store.start(["sync"]);
                tell.send(sync.process())?;
                sync.finish()
            }
            Point::Write(after) => {
                self.proxy.open();
                let writes = Writes::of(&store.data())?;
                let sync: Running = store.start(["sync"]);
                let process = sync.process();
                let killing = thread::spawn(move || {
                    let count = writes.wait(after, &process);
                    process.kill();
                    count
                });
                let ended = sync.finish();
                killing.join().expect("its panic is shown above")?;
                ended
            }
        };
        if ended.exit.is_some() {
            ended.expect(0);
            return Ok(false);
        }
        Ok(true)
    }
}

impl Left {
    fn of(store: &Recapito) -> Outcome<Self> {
        let mut events = store.json(["events", "--after", "0"]);
        for event in &mut events {
            // When it was stored: the one thing that may differ.
            event.as_object_mut().ok_or("no object")?.remove("at");
        }
        let identities: BTreeSet<&str> = events.iter().filter_map(|event| event["id"].as_str()).collect();
        assert_eq!(identities.len(), events.len(), "each event once");
        let database = Connection::open(store.data().join("recapito.db"))?;
        let whole: String = database.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
        assert_eq!(whole, "ok");
        let mut statement = database.prepare("SELECT bytes FROM raw")?;
        let raw = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        let (shipments, received) = (store.json(["list"]), store.json(["list", "--received"]));
        Ok(Self { shipments, received, events, raw })
    }

    /// The first difference in a few words: all of it would fill the screen.
    fn difference(&self, other: &Self) -> String {
        let lists = [
            ("shipments", &self.shipments, &other.shipments),
            ("received", &self.received, &other.received),
            ("events", &self.events, &other.events),
        ];
        for (name, ours, theirs) in lists {
            if let Some((one, two)) = ours.iter().zip(theirs).find(|(one, two)| one != two) {
                return format!("{name}: {one} is not {two}");
            }
            if ours.len() != theirs.len() {
                return format!("{} {name}, not {}", ours.len(), theirs.len());
            }
        }
        format!("{} messages, not {}", self.raw.len(), other.raw.len())
    }
}

/// The writes to the files of a folder, as they happen (inotify(7)).
struct Writes(std::os::fd::OwnedFd);

impl Writes {
    fn of(folder: &Path) -> Outcome<Self> {
        let events = inotify::init(inotify::CreateFlags::CLOEXEC)?;
        inotify::add_watch(&events, folder, inotify::WatchFlags::MODIFY)?;
        Ok(Self(events))
    }

    /// Waits for so many, or for the end of the process; returns how many there were. Writes that follow each other
    /// before they are noticed count as one.
    fn wait(&self, most: u64, process: &Process) -> Outcome<u64> {
        let mut buffer = [MaybeUninit::uninit(); 64];
        let mut events = inotify::Reader::new(&self.0, &mut buffer);
        let mut count = 0;
        while count < most {
            if events.is_buffer_empty() {
                let mut ready = [PollFd::new(&self.0, PollFlags::IN), PollFd::new(process, PollFlags::IN)];
                poll(&mut ready, None)?;
                if !ready[0].revents().contains(PollFlags::IN) {
                    break;
                }
            }
            events.next()?;
            count += 1;
        }
        Ok(count)
    }
}
