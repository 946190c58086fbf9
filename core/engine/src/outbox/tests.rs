//! The journal through every fault: cuts, kills, a second process, a restored backup. Never sent twice, never lost.

use std::convert::Infallible;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use recapito_pec::Address;
use recapito_pec::daticert::ReceiptType;
use recapito_pec::delivery::State;
use tempfile::TempDir;
use tokio::io::{DuplexStream, duplex};
use tokio::sync::Notify;

use super::*;
use crate::compose::{Draft, Limits, compose};
use crate::secret::Secret;
use crate::smtp::Cut;
use crate::smtp::script::{End, Step, hear, peer, say};
use crate::store::account::{Server, Settings};

const START: Timestamp = Timestamp::constant(1_790_000_000, 0);

/// How many bytes are under way at most.
const PIPE: usize = 64;

/// A clock that stands still until it is moved.
struct TestClock(Mutex<Timestamp>);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

/// A data directory with one account.
struct Bench {
    directory: TempDir,
    store: Store,
    account: AccountId,
    clock: TestClock,
}

impl Bench {
    async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path()).unwrap();
        let server = |port| Server { host: "pec.example.test".to_owned(), port };
        let settings = Settings {
            address: Address::new("anna@pec.example.test"),
            login: "anna".to_owned(),
            imap: server(993),
            smtp: server(465),
            tls_authorities: String::new(),
            anchors: String::new(),
        };
        let account = store.write(move |writer| writer.set_account(&settings, START)).await.unwrap();
        Self { directory, store, account, clock: TestClock(Mutex::new(START)) }
    }

    fn outbox(&self) -> Outbox<'_> {
        self.outbox_of(&self.store)
    }

    fn outbox_of<'a>(&'a self, store: &'a Store) -> Outbox<'a> {
        Outbox { store, account: self.account, clock: &self.clock, patience: Patience::default() }
    }

    async fn enqueue(&self) -> ShipmentId {
        self.outbox().enqueue(message()).await.unwrap()
    }

    async fn entry(&self, shipment: ShipmentId) -> Entry {
        self.store.read(move |reader| reader.outbox_entry(shipment)).await.unwrap()
    }

    async fn state(&self, shipment: ShipmentId) -> OutboxState {
        self.entry(shipment).await.state
    }

    async fn events(&self) -> Vec<EventKind> {
        let events = self.store.read(|reader| reader.events_after(0, 100)).await.unwrap();
        events.into_iter().map(|event| event.kind).collect()
    }

    /// One round against a server that plays this; what it heard, where it was dialled at all.
    async fn round(&self, steps: &[Step], budget: usize, end: End) -> (Round<Infallible>, Option<String>) {
        let server = Mutex::new(None);
        let dial = || {
            let (client, stream) = duplex(PIPE);
            *server.lock().unwrap() = Some(tokio::spawn(peer(stream, steps.to_vec(), budget, end)));
            async { Ok(client) }
        };
        let round = self.outbox().submit_due(&login(), Duration::ZERO, dial).await.unwrap();
        let server = server.into_inner().unwrap();
        let heard = match server {
            Some(server) => Some(String::from_utf8(server.await.unwrap()).unwrap()),
            None => None,
        };
        (round, heard)
    }

    fn pass(&self, time: SignedDuration) {
        *self.clock.0.lock().unwrap() += time;
    }
}

fn message() -> Composed {
    let from = Address::new("anna@pec.example.test");
    let draft = Draft {
        from: from.clone(),
        to: vec![Address::new("b@example.it")],
        cc: Vec::new(),
        subject: "x".to_owned(),
        text: ".hidden".to_owned(),
        receipt: ReceiptType::Complete,
    };
    compose(&draft, &from, &Limits::default(), [7; 16], START).unwrap()
}

fn second_message() -> Composed {
    Composed { reference: "<second@pec.example.test>".to_owned(), ..message() }
}

fn login() -> Login {
    Login { name: "anna".to_owned(), password: Secret::new("secret".to_owned()) }
}

/// The dialogue of a server that agrees to everything, up to and without its answer to the dot. The end of the last
/// line goes with the dot.
fn agreeable() -> Vec<Step> {
    let raw = String::from_utf8(message().raw).unwrap();
    let stuffed = raw.strip_suffix("\r\n").unwrap().replace("\r\n.", "\r\n..");
    vec![
        say("220 ready\r\n"),
        hear("EHLO [127.0.0.1]\r\n"),
        say("250-pec.example.test\r\n250 AUTH PLAIN\r\n"),
        hear("AUTH PLAIN AGFubmEAc2VjcmV0\r\n"),
        say("235 welcome\r\n"),
        hear("MAIL FROM:<anna@pec.example.test>\r\n"),
        say("250 ok\r\n"),
        hear("RCPT TO:<b@example.it>\r\n"),
        say("250 ok\r\n"),
        hear("DATA\r\n"),
        say("354 go ahead\r\n"),
        hear(&stuffed),
        hear(DOT),
    ]
}

const DOT: &str = "\r\n.\r\n";

fn accepting() -> Vec<Step> {
    [agreeable(), vec![say("250 queued\r\n")]].concat()
}

fn length(steps: &[Step]) -> usize {
    steps.iter().map(Step::len).sum()
}

/// Begins a round against a server that falls silent after `steps`, and drops it there, as a kill would.
async fn killed_after(bench: &Bench, steps: Vec<Step>) {
    let silent = Arc::new(Notify::new());
    let reached = Arc::clone(&silent);
    let outbox = bench.outbox();
    let login = login();
    let dial = || {
        let (client, stream) = duplex(PIPE);
        tokio::spawn(silent_after(stream, steps.clone(), Arc::clone(&reached)));
        async { Ok::<_, Infallible>(client) }
    };
    tokio::select! {
        _ = outbox.submit_due(&login, Duration::ZERO, dial) => panic!("the server was to fall silent"),
        () = silent.notified() => {}
    }
}

/// Plays the script, says that it has, and keeps the line open.
async fn silent_after(mut stream: DuplexStream, steps: Vec<Step>, silent: Arc<Notify>) {
    for step in steps {
        step.play(&mut stream, usize::MAX).await.unwrap();
    }
    silent.notify_one();
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn submitted_once_and_written_down() {
    let bench = Bench::new().await;
    let shipment = bench.enqueue().await;
    assert_eq!(bench.state(shipment).await, OutboxState::Waiting);
    let before = bench.store.read(move |reader| reader.shipment(shipment)).await.unwrap();
    assert_eq!((before.head.submitted_at, before.delivery.state()), (None, None));

    let (round, heard) = bench.round(&accepting(), usize::MAX, End::Close).await;
    assert_eq!(round.attempts.len(), 1);
    assert_eq!(round.attempts[0].state, OutboxState::Submitted);
    assert!(heard.unwrap().ends_with("\r\n.\r\n"));

    let entry = bench.entry(shipment).await;
    assert_eq!(
        (entry.state, entry.attempts, entry.answer.as_str()),
        (OutboxState::Submitted, 1, "250 queued")
    );
    let after = bench.store.read(move |reader| reader.shipment(shipment)).await.unwrap();
    assert_eq!(after.head.reference.as_deref(), Some(message().reference.as_str()));
    assert_eq!((after.head.submitted_at, after.delivery.state()), (Some(START), Some(State::Submitted)));
    assert_eq!(bench.events().await, []);

    let (round, heard) = bench.round(&accepting(), usize::MAX, End::Close).await;
    assert!(round.attempts.is_empty() && heard.is_none(), "nothing is due, nothing is dialled");
}

/// Wherever the connection ends, the journal tells the truth, and another round never sends a second message.
#[tokio::test(start_paused = true)]
async fn cut_anywhere_and_tried_again() {
    let dot = length(&agreeable()) - DOT.len();
    let whole = length(&accepting());
    let cuts = (0..dot).step_by(29).chain(dot - 2..whole);
    for cut in cuts {
        let bench = Bench::new().await;
        let shipment = bench.enqueue().await;
        bench.round(&accepting(), cut, End::Close).await;
        let state = bench.state(shipment).await;
        bench.pass(SignedDuration::from_hours(24));
        let (_, heard) = bench.round(&accepting(), usize::MAX, End::Close).await;
        match state {
            OutboxState::Waiting => {
                assert!(cut <= dot, "{cut}");
                assert!(heard.unwrap().ends_with("\r\n.\r\n"));
                assert_eq!(bench.state(shipment).await, OutboxState::Submitted);
                assert_eq!(bench.events().await, []);
            }
            OutboxState::Uncertain => {
                // What lies in the pipe may have arrived, as far as the client can know.
                assert!(cut + PIPE > dot, "{cut}");
                assert_eq!(heard, None);
                assert_eq!(bench.state(shipment).await, OutboxState::Uncertain);
                assert_eq!(bench.events().await, [EventKind::Uncertain]);
            }
            other => panic!("cut at {cut}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn killed_before_the_dot_it_waits_killed_after_it_is_uncertain() {
    for (steps, state, events) in [
        (agreeable()[..4].to_vec(), OutboxState::Waiting, vec![]),
        (agreeable(), OutboxState::Uncertain, vec![EventKind::Uncertain]),
    ] {
        let bench = Bench::new().await;
        let shipment = bench.enqueue().await;
        killed_after(&bench, steps).await;
        assert_eq!(bench.state(shipment).await, OutboxState::Submitting);

        bench.outbox().recover().await.unwrap();
        assert_eq!(bench.state(shipment).await, state);
        assert_eq!(bench.events().await, events);
        bench.outbox().recover().await.unwrap();
        assert_eq!(bench.events().await, events, "each event once");
    }
}

/// Two processes on one store: a second opening shares nothing with the first but the files.
#[tokio::test]
async fn a_living_submission_is_neither_repeated_nor_taken_for_a_dead_one() {
    let bench = Bench::new().await;
    let other = Store::open(bench.directory.path()).unwrap();
    let shipment = bench.enqueue().await;
    let (silent, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));

    let dial = || {
        let (client, mut stream) = duplex(PIPE);
        let (silent, go_on) = (Arc::clone(&silent), Arc::clone(&go_on));
        tokio::spawn(async move {
            for step in agreeable() {
                step.play(&mut stream, usize::MAX).await.unwrap();
            }
            silent.notify_one();
            go_on.notified().await;
            say("250 queued\r\n").play(&mut stream, usize::MAX).await.unwrap();
        });
        async { Ok::<_, Infallible>(client) }
    };
    let meanwhile = async {
        silent.notified().await;
        let outbox = bench.outbox_of(&other);
        outbox.recover().await.unwrap();
        assert_eq!(bench.state(shipment).await, OutboxState::Submitting);
        let second = bench.outbox().enqueue(second_message()).await.unwrap();
        let never = || async { Err::<DuplexStream, _>("dialled") };
        let round = outbox.submit_due(&login(), Duration::ZERO, never).await.unwrap();
        assert_eq!((round.attempts.len(), round.unreachable), (0, None));
        cancel(&other, second, START).await.unwrap();
        go_on.notify_one();
    };
    let (login, outbox) = (login(), bench.outbox());
    let (round, ()) = tokio::join!(outbox.submit_due(&login, Duration::ZERO, dial), meanwhile);
    assert_eq!(round.unwrap().attempts.len(), 1);
    assert_eq!(bench.state(shipment).await, OutboxState::Submitted);
}

#[tokio::test]
async fn many_tasks_submit_each_message_once() {
    let bench = Bench::new().await;
    bench.enqueue().await;
    let stores: Vec<Store> = (0..4).map(|_| Store::open(bench.directory.path()).unwrap()).collect();
    let dialled = AtomicUsize::new(0);
    let rounds = stores.iter().map(|store| async {
        let dial = || {
            dialled.fetch_add(1, Ordering::Relaxed);
            let (client, stream) = duplex(PIPE);
            tokio::spawn(peer(stream, accepting(), usize::MAX, End::Close));
            async { Ok::<_, Infallible>(client) }
        };
        let wait = Duration::from_secs(60);
        bench.outbox_of(store).submit_due(&login(), wait, dial).await.unwrap().attempts.len()
    });
    let attempts = futures::future::join_all(rounds).await;
    assert_eq!(attempts.iter().sum::<usize>(), 1);
    assert_eq!(dialled.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_receipt_settles_what_is_being_submitted() {
    // After the dot: the answer is lost, but the acceptance has come.
    let bench = Bench::new().await;
    let shipment = bench.enqueue().await;
    let (store, now) = (bench.store.clone(), START);
    let dial = || {
        let (client, mut stream) = duplex(PIPE);
        let store = store.clone();
        tokio::spawn(async move {
            for step in agreeable() {
                step.play(&mut stream, usize::MAX).await.unwrap();
            }
            assert!(store.write(move |writer| writer.settle_by_evidence(shipment, now)).await.unwrap());
        });
        async { Ok::<_, Infallible>(client) }
    };
    let round = bench.outbox().submit_due(&login(), Duration::ZERO, dial).await.unwrap();
    assert_eq!(round.attempts[0].outcome, Outcome::Uncertain(Cut::Closed));
    assert_eq!(round.attempts[0].state, OutboxState::Submitted);
    assert_eq!(bench.state(shipment).await, OutboxState::Submitted);
    assert_eq!(bench.events().await, []);
}

#[tokio::test]
async fn what_a_receipt_has_settled_is_not_sent_even_before_the_dot() {
    let bench = Bench::new().await;
    let shipment = bench.enqueue().await;
    let store = bench.store.clone();
    let (heard, told) = tokio::sync::oneshot::channel();
    let heard = Mutex::new(Some(heard));
    let dial = || {
        let (client, mut stream) = duplex(4096);
        let (store, heard) = (store.clone(), heard.lock().unwrap().take().unwrap());
        tokio::spawn(async move {
            let steps = agreeable();
            let (body, before) = steps.split_last().map(|(_, steps)| steps.split_last().unwrap()).unwrap();
            let (go_ahead, before) = before.split_last().unwrap();
            for step in before {
                step.play(&mut stream, usize::MAX).await.unwrap();
            }
            assert!(store.write(move |writer| writer.settle_by_evidence(shipment, START)).await.unwrap());
            for step in [go_ahead, body] {
                step.play(&mut stream, usize::MAX).await.unwrap();
            }
            let mut rest = String::new();
            tokio::io::AsyncReadExt::read_to_string(&mut stream, &mut rest).await.unwrap();
            heard.send(rest).unwrap();
        });
        async { Ok::<_, Infallible>(client) }
    };
    let round = bench.outbox().submit_due(&login(), Duration::ZERO, dial).await.unwrap();
    assert_eq!(round.attempts[0].outcome, Outcome::Postponed(Postponement::Held));
    assert_eq!(round.attempts[0].state, OutboxState::Submitted);
    assert_eq!(
        told.await.unwrap(),
        "",
        "neither the dot nor a QUIT, which would become a line of the message"
    );
}

#[tokio::test]
async fn a_refused_recipient_rejects_with_the_servers_words() {
    let bench = Bench::new().await;
    let shipment = bench.enqueue().await;
    let steps = [agreeable()[..8].to_vec(), vec![say("550 5.1.1 unknown\r\n")]].concat();
    bench.round(&steps, usize::MAX, End::Close).await;
    let entry = bench.entry(shipment).await;
    assert_eq!(entry.state, OutboxState::Rejected);
    assert_eq!(entry.answer, "b@example.it: 550 5.1.1 unknown");
    assert_eq!(bench.events().await, [EventKind::Rejected]);
    let delivery = bench.store.read(move |reader| reader.delivery(shipment)).await.unwrap();
    assert_eq!(delivery.state(), None, "no receipt is awaited of what was not sent");
}

#[tokio::test]
async fn a_refused_login_is_not_tried_again_unasked() {
    let bench = Bench::new().await;
    let shipment = bench.enqueue().await;
    let refusing = [agreeable()[..4].to_vec(), vec![say("535 wrong\r\n")]].concat();
    bench.round(&refusing, usize::MAX, End::Close).await;
    assert_eq!(bench.state(shipment).await, OutboxState::Waiting);

    bench.pass(SignedDuration::from_hours(24));
    retry(&bench.store, shipment, START).await.unwrap();
    let (_, heard) = bench.round(&accepting(), usize::MAX, End::Close).await;
    assert_eq!(heard, None);

    let account = bench.account;
    bench.store.write(move |writer| writer.clear_login_refusals(account)).await.unwrap();
    bench.round(&accepting(), usize::MAX, End::Close).await;
    assert_eq!(bench.state(shipment).await, OutboxState::Submitted);
}

#[tokio::test]
async fn an_unreachable_server_is_no_attempt() {
    let bench = Bench::new().await;
    let shipment = bench.enqueue().await;
    let dial = || async { Err::<DuplexStream, _>("no route") };
    let round = bench.outbox().submit_due(&login(), Duration::ZERO, dial).await.unwrap();
    assert_eq!((round.attempts.len(), round.unreachable), (0, Some("no route")));
    let entry = bench.entry(shipment).await;
    assert_eq!((entry.state, entry.attempts), (OutboxState::Waiting, 0));
}

#[tokio::test]
async fn only_what_waits_is_retried_or_cancelled_and_only_what_is_uncertain_settled() {
    let bench = Bench::new().await;
    let store = &bench.store;
    let wrong = |result: Result<(), Error>| match result {
        Err(Error::WrongState(state)) => state,
        other => panic!("{other:?}"),
    };
    let uncertain = bench.enqueue().await;
    bench.round(&agreeable(), usize::MAX, End::Close).await;
    assert_eq!(wrong(retry(store, uncertain, START).await), OutboxState::Uncertain);
    assert_eq!(wrong(cancel(store, uncertain, START).await), OutboxState::Uncertain);
    settle(store, uncertain, Settlement::NotSent, START).await.unwrap();
    assert_eq!(bench.state(uncertain).await, OutboxState::Draft);
    assert_eq!(wrong(retry(store, uncertain, START).await), OutboxState::Draft);
    assert_eq!(wrong(settle(store, uncertain, Settlement::Sent, START).await), OutboxState::Draft);

    // The receipt comes after all: the user was wrong.
    assert!(store.write(move |writer| writer.settle_by_evidence(uncertain, START)).await.unwrap());
    assert_eq!(bench.state(uncertain).await, OutboxState::Submitted);
    assert!(!store.write(move |writer| writer.settle_by_evidence(uncertain, START)).await.unwrap());

    let unknown = retry(store, ShipmentId(99), START).await;
    assert!(matches!(unknown, Err(Error::Store(store::Error::Unknown))), "{unknown:?}");
}

#[tokio::test]
async fn a_restored_backup_sends_nothing() {
    let bench = Bench::new().await;
    let submitting = bench.enqueue().await;
    killed_after(&bench, agreeable()[..4].to_vec()).await;
    let waiting = bench.outbox().enqueue(second_message()).await.unwrap();
    bench.store.close().await;

    std::fs::remove_file(bench.directory.path().join("installation")).unwrap();
    let restored = Bench { store: Store::open(bench.directory.path()).unwrap(), ..bench };
    restored.outbox().recover().await.unwrap();
    assert_eq!(restored.state(submitting).await, OutboxState::Uncertain);
    assert_eq!(restored.state(waiting).await, OutboxState::Draft);
    assert_eq!(restored.events().await, [EventKind::Uncertain]);
    let (round, heard) = restored.round(&accepting(), usize::MAX, End::Close).await;
    assert!(round.attempts.is_empty() && heard.is_none());
}

#[tokio::test]
async fn a_server_that_puts_off_is_asked_again_when_it_is_due() {
    let bench = Bench::new().await;
    let shipment = bench.enqueue().await;
    let busy = [agreeable(), vec![say("451 later\r\n")]].concat();
    bench.round(&busy, usize::MAX, End::Close).await;
    let entry = bench.entry(shipment).await;
    let due = START + SignedDuration::from_mins(1);
    assert_eq!(
        (entry.state, entry.next_at, entry.answer.as_str()),
        (OutboxState::Waiting, Some(due), "451 later")
    );

    let (_, heard) = bench.round(&accepting(), usize::MAX, End::Close).await;
    assert_eq!(heard, None);
    bench.pass(SignedDuration::from_mins(1));
    bench.round(&accepting(), usize::MAX, End::Close).await;
    assert_eq!(bench.state(shipment).await, OutboxState::Submitted);
    let head = bench.store.read(move |reader| reader.shipment(shipment)).await.unwrap().head;
    assert_eq!(head.submitted_at, Some(START), "a receipt of the first attempt must stay plausible");
}

/// An app runs rounds on a runtime of several threads.
#[tokio::test]
async fn a_round_may_move_between_threads() {
    fn is_send(future: impl Future + Send) {
        drop(future);
    }
    let bench = Bench::new().await;
    let (outbox, login) = (bench.outbox(), login());
    is_send(outbox.submit_due(&login, Duration::ZERO, || async { Ok::<_, Infallible>(duplex(PIPE).0) }));
}

#[test]
fn what_follows_from_an_attempt() {
    let reply = |code| Reply { code, text: "words".to_owned() };
    let refusal = |code| vec![Refusal { recipient: None, reply: reply(code) }];
    let at = |minutes| Some(START + SignedDuration::from_mins(minutes));
    let put_off = Outcome::Postponed(Postponement::Answered(refusal(451)));
    let cut = Outcome::Postponed(Postponement::Broken(Cut::Closed));
    use OutboxState::*;
    for (outcome, attempts, state, next_at, answer, event) in [
        (Outcome::Accepted(reply(250)), 1, Submitted, None, "250 words", None),
        (Outcome::LoginRefused(reply(535)), 1, Waiting, None, "535 words", None),
        (Outcome::Postponed(Postponement::Held), 9, Waiting, None, "", None),
        (Outcome::Postponed(Postponement::NoMechanism), 1, Waiting, at(1), "", None),
        (put_off.clone(), 1, Waiting, at(1), "451 words", None),
        (put_off.clone(), 2, Waiting, at(4), "451 words", None),
        (cut.clone(), 3, Waiting, at(16), "", None),
        (cut.clone(), 4, Waiting, at(60), "", None),
        (cut, u32::MAX, Waiting, at(60), "", None),
        (Outcome::Rejected(refusal(554)), 1, Rejected, None, "554 words", Some(EventKind::Rejected)),
        (Outcome::Uncertain(Cut::TimedOut), 1, Uncertain, None, "", Some(EventKind::Uncertain)),
    ] {
        let expected = Next { state, next_at, answer: answer.to_owned(), event };
        assert_eq!(after_attempt(&outcome, attempts, START), expected, "{outcome:?} {attempts}");
    }
}

#[test]
fn what_follows_from_a_restart() {
    let (here, elsewhere) = (Installation::from_text("here"), Installation::from_text("elsewhere"));
    let entry = |state, dot| Entry {
        shipment: ShipmentId(1),
        account: AccountId(1),
        reference: "<1@pec.example.test>".to_owned(),
        sender: Address::new("anna@pec.example.test"),
        subject: String::new(),
        recipients: Vec::new(),
        state,
        dot,
        attempts: 1,
        next_at: None,
        answer: String::new(),
        created_at: START,
        changed_at: START,
        installation: here.clone(),
        replaces: None,
    };
    use OutboxState::*;
    for (state, dot, same, restored) in [
        (Draft, false, None, None),
        (Waiting, false, None, Some(Draft)),
        (Submitting, false, Some(Waiting), Some(Uncertain)),
        (Submitting, true, Some(Uncertain), Some(Uncertain)),
        (Uncertain, false, None, None),
        (Submitted, false, None, None),
        (Rejected, false, None, None),
    ] {
        assert_eq!(after_restart(&entry(state, dot), &here), same, "{state:?}");
        assert_eq!(after_restart(&entry(state, dot), &elsewhere), restored, "{state:?}");
    }
}
