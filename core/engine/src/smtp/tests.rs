//! Dialogues against a peer that knows no protocol, and one cut at every byte.

use std::cell::Cell;

use tokio::io::{AsyncReadExt, DuplexStream, duplex};

use super::dialogue::BLOCK;
use super::script::{End, Step, hear, peer, say};
use super::*;

mod answer;

/// The dialogue with a server that agrees to everything, up to and without the answer to the dot. The end of the last
/// line goes with the dot.
fn agreeable(message: &str) -> Vec<Step> {
    let stuffed = message.strip_suffix("\r\n").unwrap().replace("\r\n.", "\r\n..");
    vec![
        say("220 pec.example.test ready\r\n"),
        hear("EHLO [127.0.0.1]\r\n"),
        say("250-pec.example.test\r\n250-SIZE 104857600\r\n250-AUTH LOGIN PLAIN\r\n250 8BITMIME\r\n"),
        hear("AUTH PLAIN AGFubmEAc2VjcmV0\r\n"),
        say("235 2.7.0 welcome\r\n"),
        hear(&format!("MAIL FROM:<anna@pec.example.test> SIZE={}\r\n", message.len())),
        say("250 ok\r\n"),
        hear("RCPT TO:<b@example.it>\r\n"),
        say("250 ok\r\n"),
        hear("RCPT TO:<c@example.it>\r\n"),
        say("250 ok\r\n"),
        hear("DATA\r\n"),
        say("354 go ahead\r\n"),
        hear(&stuffed),
        hear(DOT),
    ]
}

fn accepting() -> Vec<Step> {
    let mut steps = agreeable(MESSAGE);
    steps.push(say("250 2.0.0 queued\r\n"));
    steps
}

/// The agreeable dialogue with another answer in place of the one after what begins with `command`.
fn answering(command: &str, answer: &str) -> Vec<Step> {
    let mut steps = accepting();
    let at = steps
        .iter()
        .position(|step| matches!(step, Step::Hear(line) if line.starts_with(command.as_bytes())))
        .unwrap();
    steps.truncate(at + 1);
    steps.push(say(answer));
    steps
}

const DOT: &str = "\r\n.\r\n";
const MESSAGE: &str = "Subject: x\r\n\r\n.hidden\r\n..\r\n.\r\nend\r\n";

/// What a submission came to.
#[derive(Debug)]
struct Run {
    outcome: Outcome,
    /// Whether `before_dot` ran.
    dot: bool,
    /// What the peer heard.
    heard: Vec<u8>,
}

/// Plays at most `budget` bytes of the script, both directions together, then ends. `pipe` bytes may be under way.
async fn play(steps: Vec<Step>, budget: usize, end: End, pipe: usize) -> Run {
    let (client, server) = duplex(pipe);
    let peer = tokio::spawn(peer(server, steps, budget, end));
    let dot = Cell::new(false);
    let outcome = submit_over(client, MESSAGE, async {
        dot.set(true);
        ControlFlow::Continue(())
    })
    .await;
    let heard = match end {
        End::Close => peer.await.unwrap(),
        End::Stall => {
            peer.abort();
            Vec::new()
        }
    };
    Run { outcome, dot: dot.get(), heard }
}

async fn submit_over(
    client: DuplexStream,
    message: &str,
    before_dot: impl Future<Output = ControlFlow<()>>,
) -> Outcome {
    let sender = Address::new("anna@pec.example.test");
    let recipients = [Address::new("b@example.it"), Address::new("c@example.it")];
    let submission = Submission::new(&sender, &recipients, message.as_bytes()).unwrap();
    let login = Login { name: "anna".to_owned(), password: Secret::new("secret".to_owned()) };
    submit(client, &login, &submission, &Patience::default(), before_dot).await
}

fn length(steps: &[Step]) -> usize {
    steps.iter().map(Step::len).sum()
}

async fn outcome(steps: Vec<Step>) -> Outcome {
    play(steps, usize::MAX, End::Close, 64).await.outcome
}

fn reply(code: u16, text: &str) -> Reply {
    Reply { code, text: text.to_owned() }
}

fn of_all(code: u16, text: &str) -> Vec<Refusal> {
    vec![Refusal { recipient: None, reply: reply(code, text) }]
}

fn of(recipient: &str, code: u16, text: &str) -> Refusal {
    Refusal { recipient: Some(Address::new(recipient)), reply: reply(code, text) }
}

#[tokio::test]
async fn what_arrives_is_what_was_composed() {
    let run = play(accepting(), usize::MAX, End::Close, 64).await;
    assert_eq!(run.outcome, Outcome::Accepted(reply(250, "2.0.0 queued")));
    assert!(run.dot);

    let heard = String::from_utf8(run.heard).unwrap();
    let (_, data) = heard.split_once("\r\nDATA\r\n").unwrap();
    let body = data.strip_suffix(".\r\n").unwrap();
    let unstuffed: String =
        body.split_inclusive("\r\n").map(|line| line.strip_prefix('.').unwrap_or(line)).collect();
    assert_eq!(unstuffed, MESSAGE);
}

/// Lines of any length, dots and block ends anywhere: the server hears it stuffed and otherwise unchanged.
#[tokio::test]
async fn long_lines_and_many_blocks() {
    let lines: Vec<String> = [998, 999, 5_000, BLOCK, 2 * BLOCK - 3]
        .into_iter()
        .flat_map(|length| ["x".repeat(length), ".".repeat(length), String::new()])
        .collect();
    let message = format!("Subject: x\r\n\r\n{}\r\n", lines.join("\r\n"));
    let mut steps = agreeable(&message);
    steps.push(say("250 queued\r\n"));
    let (client, server) = duplex(1_000);
    let peer = tokio::spawn(peer(server, steps, usize::MAX, End::Close));
    let outcome = submit_over(client, &message, async { ControlFlow::Continue(()) }).await;
    assert_eq!(outcome, Outcome::Accepted(reply(250, "queued")));
    peer.await.unwrap();
}

/// The heart of it: wherever the connection ends, the outcome tells the truth about the dot.
#[tokio::test(start_paused = true)]
async fn ended_at_every_byte_of_the_dialogue() {
    let whole = length(&accepting());
    let before_dot = length(&agreeable(MESSAGE)) - DOT.len();
    // With a narrow pipe a write meets the end, with a wide one only the next read does.
    for (end, pipe) in [(End::Close, 1), (End::Close, 64), (End::Stall, 1), (End::Stall, 64)] {
        for budget in 0..whole {
            let run = play(accepting(), budget, end, pipe).await;
            match &run.outcome {
                Outcome::Postponed(Postponement::Broken(_)) => assert!(!run.dot, "{budget} {run:?}"),
                Outcome::Uncertain(_) => assert!(run.dot, "{budget} {run:?}"),
                other => panic!("cut at {budget}: {other:?}"),
            }
            // A peer that heard part of the dot may have heard all of it, as far as the client can know.
            if budget > before_dot {
                assert!(run.dot, "{budget} {run:?}");
            }
        }
        assert!(matches!(play(accepting(), whole, end, pipe).await.outcome, Outcome::Accepted(_)));
    }
}

#[tokio::test]
async fn login_by_two_prompts_where_plain_is_not_offered() {
    let offering = |mechanisms: &str| {
        let offers = format!("250-pec.example.test\r\n250 {mechanisms}\r\n");
        vec![say("220 hi\r\n"), hear("EHLO [127.0.0.1]\r\n"), say(&offers)]
    };
    let mut steps = offering("AUTH=CRAM-MD5 LOGIN");
    steps.extend([
        hear("AUTH LOGIN\r\n"),
        say("334 VXNlcm5hbWU6\r\n"),
        hear("YW5uYQ==\r\n"),
        say("334 UGFzc3dvcmQ6\r\n"),
        hear("c2VjcmV0\r\n"),
        say("535 5.7.8 wrong\r\n"),
        hear("QUIT\r\n"),
    ]);
    assert_eq!(outcome(steps).await, Outcome::LoginRefused(reply(535, "5.7.8 wrong")));

    let mut steps = offering("AUTH CRAM-MD5");
    steps.push(hear("QUIT\r\n"));
    assert_eq!(outcome(steps).await, Outcome::Postponed(Postponement::NoMechanism));
}

#[tokio::test]
async fn held_back_before_the_dot() {
    let mut steps = agreeable(MESSAGE);
    steps.pop();
    let (client, server) = duplex(64);
    let peer = tokio::spawn(peer(server, steps, usize::MAX, End::Close));
    let outcome = submit_over(client, MESSAGE, async { ControlFlow::Break(()) }).await;
    assert_eq!(outcome, Outcome::Postponed(Postponement::Held));
    assert!(peer.await.unwrap().ends_with(b"\r\nend"));
}

/// Whoever would read the server's side meanwhile finds the body, and of the dot nothing.
#[tokio::test(start_paused = true)]
async fn the_dot_waits_for_the_journal() {
    let (client, mut server) = duplex(1_000);
    let mut steps = accepting();
    let rest = steps.split_off(steps.len() - 2);
    let (told, journal) = tokio::sync::oneshot::channel();
    let peer = tokio::spawn(async move {
        for step in steps {
            step.play(&mut server, usize::MAX).await.unwrap();
        }
        let early = tokio::time::timeout(Duration::from_secs(86_400), server.read_u8()).await;
        told.send(early.is_err()).unwrap();
        for step in rest {
            step.play(&mut server, usize::MAX).await.unwrap();
        }
    });
    let outcome = submit_over(client, MESSAGE, async {
        assert!(journal.await.unwrap(), "part of the dot went out before the journal was written");
        ControlFlow::Continue(())
    })
    .await;
    assert_eq!(outcome, Outcome::Accepted(reply(250, "2.0.0 queued")));
    peer.await.unwrap();
}

/// As long as each block is taken in time a body may take any time; nothing else waits longer than it may.
#[tokio::test(start_paused = true)]
async fn every_wait_has_its_limit() {
    let patience = Patience::default();
    let silent_after = |steps: usize| async move {
        let start = tokio::time::Instant::now();
        let script = accepting()[..steps].to_vec();
        let Run { outcome, .. } = play(script, usize::MAX, End::Stall, 1).await;
        (outcome, start.elapsed())
    };
    let timed_out = |limit| (Outcome::Postponed(Postponement::Broken(Cut::TimedOut)), limit);
    let all = accepting().len();
    // Of the timers of tokio none is finer than a millisecond.
    for (steps, (expected, limit)) in [
        (0, timed_out(patience.command)),
        (2, timed_out(patience.command)),
        (all - 4, timed_out(patience.command)),
        (all - 3, timed_out(patience.block)),
        (all - 1, (Outcome::Uncertain(Cut::TimedOut), patience.dot)),
    ] {
        let (outcome, elapsed) = silent_after(steps).await;
        assert_eq!((outcome, elapsed.as_secs()), (expected, limit.as_secs()), "{steps}");
    }

    let message = format!("Subject: x\r\n\r\n{}", "x\r\n".repeat(2 * BLOCK));
    let mut steps = agreeable(&message);
    steps.push(say("250 queued\r\n"));
    let (client, mut server) = duplex(1);
    let slow = tokio::spawn(async move {
        for step in steps {
            match step {
                Step::Hear(bytes) if bytes.len() > BLOCK => {
                    for block in bytes.chunks(BLOCK) {
                        tokio::time::sleep(patience.block / 2).await;
                        Step::Hear(block.to_vec()).play(&mut server, usize::MAX).await.unwrap();
                    }
                }
                step => drop(step.play(&mut server, usize::MAX).await.unwrap()),
            }
        }
    });
    let outcome = submit_over(client, &message, async { ControlFlow::Continue(()) }).await;
    assert_eq!(outcome, Outcome::Accepted(reply(250, "queued")));
    slow.await.unwrap();
}

#[tokio::test]
async fn a_check_logs_in_and_takes_leave() {
    let checked = |mut steps: Vec<Step>| async move {
        let (client, server) = duplex(64);
        steps.push(hear("QUIT\r\n"));
        let peer = tokio::spawn(peer(server, steps, usize::MAX, End::Close));
        let login = Login { name: "anna".to_owned(), password: Secret::new("secret".to_owned()) };
        let checked = check(client, &login, &Patience::default()).await;
        (checked, String::from_utf8(peer.await.unwrap()).unwrap())
    };
    let (ok, heard) = checked(answering("AUTH", "235 welcome\r\n")).await;
    assert_eq!(ok, Ok(()));
    assert_eq!(heard, "EHLO [127.0.0.1]\r\nAUTH PLAIN AGFubmEAc2VjcmV0\r\nQUIT\r\n");
    let (refused, _) = checked(answering("AUTH", "535 wrong\r\n")).await;
    assert_eq!(refused, Err(Outcome::LoginRefused(reply(535, "wrong"))));
}

#[test]
fn only_what_goes_through_unchanged_is_taken() {
    let anna = Address::new("anna@pec.example.test");
    let check = |recipients: &[&str], message: &[u8]| {
        let recipients: Vec<Address> = recipients.iter().map(|text| Address::new(text)).collect();
        Submission::new(&anna, &recipients, message).map(|_| ())
    };
    assert_eq!(check(&["b@example.it"], b"a\r\n\r\n.\r\n"), Ok(()));
    assert_eq!(check(&[], b"a\r\n"), Err(Unsendable::Envelope));
    assert_eq!(check(&["b@example.it>\r\nDATA"], b"a\r\n"), Err(Unsendable::Envelope));
    assert_eq!(check(&["b@exàmple.it"], b"a\r\n"), Err(Unsendable::Envelope));
    for message in [&b"a"[..], b"", b"a\n", b"\n", b"a\rb\r\n", b"a\r\r\n", b"a\n.\n\r\n", b"a\r"] {
        assert_eq!(check(&["b@example.it"], message), Err(Unsendable::LineEnds), "{message:?}");
    }
    assert_eq!(check(&["b@example.it"], "à\r\n".as_bytes()), Err(Unsendable::EightBit));
}

#[tokio::test]
async fn dots_are_doubled_at_line_starts_wherever_a_block_ends() {
    let dotted = ".a\r\n..b\r\nc.\r\n.\r\n";
    for cut in 0..=dotted.len() {
        let message = format!("{}\r\n{dotted}", "x".repeat(BLOCK - "\r\n".len() - cut));
        let mut steps = agreeable(&message);
        steps.push(say("250 queued\r\n"));
        let (client, server) = duplex(1_000);
        let peer = tokio::spawn(peer(server, steps, usize::MAX, End::Close));
        let outcome = submit_over(client, &message, async { ControlFlow::Continue(()) }).await;
        assert_eq!(outcome, Outcome::Accepted(reply(250, "queued")), "{cut}");
        assert!(peer.await.unwrap().ends_with(b"\r\n..a\r\n...b\r\nc.\r\n..\r\n.\r\n"), "{cut}");
    }
}

#[test]
fn a_login_shows_nothing() {
    let login = Login { name: "anna".to_owned(), password: Secret::new("secret".to_owned()) };
    assert_eq!(format!("{login:?}"), "Login");
}
