//! What goes wrong: refusals, cuts, silence, a server that is broken or hostile.

use proptest::prelude::*;

use super::*;

const FETCH: &str = "C: A0002 UID FETCH 1:2 (UID INTERNALDATE BODY.PEEK[])";

#[tokio::test(start_paused = true)]
async fn a_refusal_after_a_message_is_not_the_end_of_the_list() {
    for (answer, expected) in [("NO [SERVERBUG] disk", "No"), ("BAD what", "Bad")] {
        let text = format!("{FETCH}\nS: * 1 FETCH (UID 1 BODY[] {{1}}\nS: a)\nS: A0002 {answer}");
        let (mut session, playing) = session(script(&text)).await;
        let (messages, end) = collect(&mut session, &uids(&[1, 2])).await;
        assert_eq!(messages, [(1, b"a".to_vec())]);
        let error = end.unwrap_err();
        assert!(format!("{error:?}").starts_with(expected));
        assert_eq!(error.words(), answer.split([' ', ']']).next_back());
        playing.await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_cut_at_any_byte_is_never_a_complete_answer() {
    let answer =
        "* 1 FETCH (UID 1 BODY[] {3}\r\na\r\n)\r\n* 2 FETCH (UID 2 BODY[] {1}\r\nb)\r\nA0002 OK done\r\n";
    for length in 0..answer.len() {
        let mut steps = script(FETCH);
        steps.push(Step::Say(answer.as_bytes()[..length].to_vec()));
        let (mut session, playing) = session(steps).await;
        let (messages, end) = collect(&mut session, &uids(&[1, 2])).await;
        assert!(matches!(end, Err(Error::Closed)), "cut after {length}: {end:?}");
        let arrived = answer[..length].matches(")\r\n").count();
        assert_eq!(messages.len(), arrived, "cut after {length}");
        assert!(matches!(session.noop().await, Err(Error::Closed)));
        playing.await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_goodbye_carries_the_servers_words_to_the_user_and_not_to_a_log() {
    let text = format!("{FETCH}\nS: * BYE manutenzione, alice@example.test");
    let (mut session, playing) = session(script(&text)).await;
    let (_, end) = collect(&mut session, &uids(&[1, 2])).await;
    let error = end.unwrap_err();
    assert!(matches!(error, Error::Bye(_)));
    assert_eq!(error.words(), Some("manutenzione, alice@example.test"));
    assert!(!format!("{error} {error:?} {session:?}").contains("alice"));
    playing.await.unwrap();
}

#[test]
fn deep_parentheses_end_the_session_and_not_the_process() {
    // The stack of a secondary thread on a phone.
    let small = std::thread::Builder::new().stack_size(512 * 1024);
    let test = small.spawn(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        runtime.unwrap().block_on(async {
            for depth in [30, 33, 10_000] {
                let mut steps = script(FETCH);
                let structure = format!("{}{}", "(".repeat(depth), ")".repeat(depth));
                steps.push(Step::Say(format!("* 1 FETCH (BODYSTRUCTURE {structure})\r\n").into_bytes()));
                let (mut session, _playing) = session(steps).await;
                let (_, end) = collect(&mut session, &uids(&[1, 2])).await;
                let limited = matches!(end, Err(Error::Limit(_)));
                assert_eq!(limited, depth > 31, "depth {depth}: {end:?}");
            }
        });
    });
    test.unwrap().join().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_broken_answer_is_an_error() {
    let check = async |answer: &str, limit: bool| {
        let mut steps = script(FETCH);
        steps.push(Step::Say(answer.as_bytes().to_vec()));
        let (mut session, playing) = session(steps).await;
        let (_, end) = collect(&mut session, &uids(&[1, 2])).await;
        let expected = match end {
            Err(Error::Limit(_)) => limit,
            Err(Error::Protocol(_)) => !limit,
            _ => false,
        };
        let shown = answer.get(..60).unwrap_or(answer);
        assert!(expected, "{shown}: {end:?}");
        assert!(matches!(session.noop().await, Err(Error::Closed)));
        // The peer may still be at it.
        drop(session);
        playing.await.unwrap();
    };
    check("A0001 OK done\r\n", false).await;
    check("* 1 FETCH (UID 0 BODY[] \"x\")\r\n", false).await;
    check("* 1 FETCH (BODY[] \"x\")\r\n", false).await;
    check("* 4294967296 EXISTS\r\n", false).await;
    check("* SEARCH one\r\n", false).await;
    check("* 1 FETCH (UID 1 BODY[] {1}\r\na BODY[] {1}\r\nb)\r\n", false).await;
    check("* 1 FETCH (UID 1 BODY[] {1}\r\nab)\r\n", false).await;
    check("* 1 FETCH (UID 1 BODY[] \"a)\r\n", false).await;
    check("* 1 FETCH (UID 1 X (\r\n", false).await;
    check("* LIST () \"/\" {2}\r\na\n\r\n", false).await;
    check("A0002 MAYBE\r\n", false).await;
    check(&format!("* SEARCH{}", " 1".repeat(200_000)), true).await;
    check(&format!("* ENVELOPE{}", " x".repeat(200_000)), true).await;
    check(&format!("* LIST () \"/\" {{300000}}\r\n{}", "x".repeat(300_000)), true).await;
}

#[tokio::test(start_paused = true)]
async fn an_announced_literal_costs_nothing_until_it_arrives() {
    for size in ["4294967296", "99999999999999999999999999"] {
        let text = format!("{FETCH}\nS: * 1 FETCH (UID 1 BODY[] {{{size}}}\nS: and no more");
        let limits = Limits { message: u64::MAX, ..Limits::PEC };
        let (mut session, playing) = limited(script(&text), limits).await;
        let (messages, end) = collect(&mut session, &uids(&[1, 2])).await;
        assert!(messages.is_empty() && matches!(end, Err(Error::Closed)));
        playing.await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn silence_ends_a_command_and_a_slow_line_does_not() {
    let (mut slow, _playing) = session(script(&format!(
        "
        {FETCH}
        S: * 1 FETCH (UID 1 BODY[] {{8}}
        wait 50
        S: 23
        wait 50
        S: 67
        wait 50
        S: )
        wait 50
        S: A0002 OK done
        C: A0003 NOOP
        wait 61
        S: A0003 OK done
        "
    )))
    .await;
    let (messages, end) = collect(&mut slow, &uids(&[1, 2])).await;
    assert_eq!((messages.len(), end.is_ok()), (1, true), "{end:?}");
    assert!(matches!(slow.noop().await, Err(Error::TimedOut)));
    assert!(matches!(slow.noop().await, Err(Error::Closed)));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_only_drips_is_not_waited_for_without_end() {
    let mut steps = script("C: A0002 NOOP");
    for _ in 0..10 {
        steps.extend(script("S: * 1 EXISTS\nwait 50"));
    }
    let (mut session, _playing) = session(steps).await;
    let begin = tokio::time::Instant::now();
    assert!(matches!(session.noop().await, Err(Error::TimedOut)));
    assert_eq!(begin.elapsed().as_secs(), Limits::PEC.command.as_secs());
}

#[tokio::test(start_paused = true)]
async fn a_fetch_left_halfway_costs_the_session() {
    let text = format!("{FETCH}\nS: * 1 FETCH (UID 1 BODY[] {{1}}\nS: a)\nS: A0002 OK done");
    let (mut session, playing) = session(script(&text)).await;
    let mut fetch = session.fetch(&uids(&[1, 2])).await.unwrap();
    fetch.next().await.unwrap().unwrap();
    assert!(matches!(session.noop().await, Err(Error::Closed)));
    playing.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_folder_that_is_gone_leaves_the_session_usable() {
    let (mut session, playing) = session(script(
        "
        C: A0002 EXAMINE {4}
        S: A0002 NO [NONEXISTENT] no such folder
        C: A0003 EXAMINE {5}
        S: +
        C: INBOX
        S: * 1 EXISTS
        S: A0003 OK done
        C: A0004 NOOP
        S: A0004 OK done
        ",
    ))
    .await;
    let gone = session.examine(&FolderName::from_wire("Gone")).await;
    assert!(matches!(gone, Err(Error::No(refusal)) if refusal.code.as_deref() == Some("NONEXISTENT")));
    let without_validity = session.examine(&FolderName::inbox()).await;
    assert!(matches!(without_validity, Err(Error::Protocol(_))));
    assert!(!session.noop().await.unwrap());
    playing.await.unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// Whatever the server sends, in whatever pieces: an answer or an error, never a panic, never a hang.
    #[test]
    fn any_bytes_are_survived(
        words in proptest::collection::vec(proptest::sample::select(WORDS), 0..60),
        noise in proptest::collection::vec((any::<u16>(), any::<u8>()), 0..4),
        cuts in proptest::collection::vec(1_usize..40, 1..20),
    ) {
        let mut bytes = words.concat();
        for (place, byte) in noise {
            let place = usize::from(place) % (bytes.len() + 1);
            bytes.insert(place, byte);
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        runtime.unwrap().block_on(async {
            let mut steps = script(FETCH);
            let mut rest = bytes.as_slice();
            for cut in cuts.into_iter().cycle() {
                if rest.is_empty() {
                    break;
                }
                let (piece, left) = rest.split_at(cut.min(rest.len()));
                steps.push(Step::Say(piece.to_vec()));
                rest = left;
            }
            let (mut session, playing) = session(steps).await;
            let mut fetch = session.fetch(&uids(&[1, 2])).await.unwrap();
            while let Ok(Some(_)) = fetch.next().await {}
            playing.await.unwrap();
        });
    }
}

const WORDS: &[&[u8]] = &[
    b"* ",
    b"A0002 ",
    b"OK ",
    b"NO ",
    b"BYE ",
    b"+ ",
    b"1 ",
    b"2 ",
    b"FETCH ",
    b"(",
    b")",
    b"\"",
    b"\\",
    b"\r\n",
    b"\n",
    b"UID ",
    b"BODY[] ",
    b"BODY[1] ",
    b"BODYSTRUCTURE ",
    b"{0}\r\n",
    b"{5}\r\n",
    b"{300}\r\n",
    b"NIL",
    b"NIL ",
    b"INTERNALDATE ",
    b"RFC822.SIZE ",
    b"FLAGS ",
    b"ENVELOPE ",
    b"[ALERT]",
    b"[UIDNEXT 1]",
    b"[CAPABILITY IMAP4rev1]",
    b"\xc3\xa9",
    b"\xff",
    b"\0",
    b"SEARCH ",
    b"LIST ",
    b"EXISTS",
    b"EXPUNGE",
    b"CAPABILITY IMAP4rev1",
    b"MODSEQ ",
    b"X-GM-LABELS ",
    b"4294967296 ",
    b" ",
    b"* 1 FETCH (UID 1 BODY[] {3}\r\nabc)\r\n",
    b"A0002 OK done\r\n",
];
