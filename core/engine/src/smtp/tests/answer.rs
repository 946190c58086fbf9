//! What the server's answers come to, wherever in the dialogue they come and however they are written.

use super::*;

#[tokio::test]
async fn an_answer_says_what_became_of_it_at_each_step() {
    let put_off = |text| Outcome::Postponed(Postponement::Answered(of_all(451, text)));
    let refused = |text| Outcome::Rejected(of_all(554, text));
    let unintelligible = Outcome::Postponed(Postponement::Broken(Cut::Unintelligible));
    for (command, on_5xx) in [
        ("EHLO", Outcome::Postponed(Postponement::Answered(of_all(554, "no")))),
        ("AUTH", Outcome::LoginRefused(reply(554, "no"))),
        ("MAIL", refused("no")),
        ("DATA", refused("no")),
        (DOT, refused("no")),
    ] {
        assert_eq!(outcome(answering(command, "451 later\r\n")).await, put_off("later"), "{command}");
        assert_eq!(outcome(answering(command, "554 no\r\n")).await, on_5xx, "{command}");
    }
    assert_eq!(
        outcome(vec![say("554 no service\r\n")]).await,
        Outcome::Postponed(Postponement::Answered(of_all(554, "no service")))
    );
    // Neither yes nor no: not an answer. Before the dot nothing was sent, after it nobody knows.
    for command in ["AUTH", "MAIL", "RCPT TO:<b"] {
        assert_eq!(outcome(answering(command, "354 what?\r\n")).await, unintelligible, "{command}");
    }
    assert_eq!(outcome(answering("DATA", "250 ok\r\n")).await, unintelligible);
    assert_eq!(outcome(answering(DOT, "354 more\r\n")).await, Outcome::Uncertain(Cut::Unintelligible));
    assert_eq!(outcome(answering(DOT, "nonsense\r\n")).await, Outcome::Uncertain(Cut::Unintelligible));
}

#[tokio::test]
async fn one_refused_recipient_and_nothing_is_sent() {
    let mut steps = answering("RCPT TO:<b", "550 5.1.1 unknown\r\n");
    steps.extend([hear("RCPT TO:<c@example.it>\r\n"), say("452-later\r\n452 please\r\n"), hear("QUIT\r\n")]);
    let refusals = vec![of("b@example.it", 550, "5.1.1 unknown"), of("c@example.it", 452, "later\nplease")];
    assert_eq!(outcome(steps).await, Outcome::Rejected(refusals));

    let mut steps = answering("RCPT TO:<b", "452 later\r\n");
    steps.extend([hear("RCPT TO:<c@example.it>\r\n"), say("250 ok\r\n"), hear("QUIT\r\n")]);
    let put_off = vec![of("b@example.it", 452, "later")];
    assert_eq!(outcome(steps).await, Outcome::Postponed(Postponement::Answered(put_off)));
}

/// A server that answers twice would have its second answer taken for that to the dot.
#[tokio::test]
async fn an_answer_too_many_is_not_taken_for_the_next_one() {
    let twice = answering("DATA", "354 go ahead\r\n250 queued\r\n");
    assert_eq!(outcome(twice).await, Outcome::Postponed(Postponement::Broken(Cut::Unintelligible)));
}

#[tokio::test]
async fn a_server_that_cuts_the_body_short_may_say_why() {
    let mut steps = agreeable(MESSAGE);
    steps.truncate(steps.len() - 2);
    steps.extend([hear("Subject:"), say("552 too large\r\n")]);
    let (client, server) = duplex(16);
    let peer = tokio::spawn(peer(server, steps, usize::MAX, End::Close));
    let outcome = submit_over(client, MESSAGE, async { ControlFlow::Continue(()) }).await;
    assert_eq!(outcome, Outcome::Rejected(of_all(552, "too large")));
    peer.await.unwrap();
}

/// One QUIT, and no waiting for an answer to it.
#[tokio::test(start_paused = true)]
async fn a_refused_ehlo_is_told_at_once() {
    let (client, mut server) = duplex(64);
    let start = tokio::time::Instant::now();
    let peer = tokio::spawn(async move {
        for step in answering("EHLO", "550 not you\r\n") {
            step.play(&mut server, usize::MAX).await.unwrap();
        }
        let mut rest = String::new();
        server.read_to_string(&mut rest).await.unwrap();
        rest
    });
    let outcome = submit_over(client, MESSAGE, async { ControlFlow::Continue(()) }).await;
    assert_eq!(outcome, Outcome::Postponed(Postponement::Answered(of_all(550, "not you"))));
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert_eq!(peer.await.unwrap(), "QUIT\r\n");
}

#[tokio::test]
async fn an_answer_is_one_however_it_is_written() {
    for (answer, text) in [(&b"250\r\n"[..], ""), (b"250 ok\n", "ok"), (b"250 citt\xe0\r\n", "citt\u{fffd}")]
    {
        let mut steps = agreeable(MESSAGE);
        steps.push(Step::Say(answer.to_vec()));
        assert_eq!(outcome(steps).await, Outcome::Accepted(reply(250, text)));
    }
    // No second digit above 5 is in RFC 5321, but they are on the way.
    let refused = outcome(answering(DOT, "571-no\r\n571 never\r\n")).await;
    assert_eq!(refused, Outcome::Rejected(of_all(571, "no\nnever")));
    let mut steps = answering("RCPT TO:<b", "571-no\r\n571 never\r\n");
    steps.extend([hear("RCPT TO:<c@example.it>\r\n"), say("250 ok\r\n"), hear("QUIT\r\n")]);
    assert_eq!(outcome(steps).await, Outcome::Rejected(vec![of("b@example.it", 571, "no\nnever")]));
}

#[tokio::test]
async fn replies_are_bounded_and_read_whatever_their_encoding() {
    let latin = Step::Say(b"554 citt\xe0\x07\r\n".to_vec());
    assert_eq!(
        outcome(vec![latin]).await,
        Outcome::Postponed(Postponement::Answered(of_all(554, "citt\u{fffd}")))
    );
    let unintelligible = Outcome::Postponed(Postponement::Broken(Cut::Unintelligible));
    for endless in [say(&"2".repeat(10_000)), say(&"220-more\r\n".repeat(1_000)), say("220-a\r\n250 b\r\n")] {
        assert_eq!(outcome(vec![endless]).await, unintelligible);
    }
    let Outcome::Postponed(Postponement::Answered(refusals)) =
        outcome(vec![say(&format!("{}421 bye\r\n", format!("421-{}\r\n", "x".repeat(1_000)).repeat(50)))])
            .await
    else {
        panic!("a long reply is still a reply")
    };
    assert!(refusals[0].reply.text.len() <= 4_000);
}
