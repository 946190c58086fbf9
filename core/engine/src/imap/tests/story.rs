//! What goes well.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_mailbox_is_listed_searched_and_fetched() {
    let (mut session, playing) = session(script(
        r#"
        C: A0002 LIST "" "*"
        S: * LIST (\HasNoChildren) "/" INBOX
        S: * LIST (\HasNoChildren \Sent) "/" "Inviati"
        S: * LIST (\Noselect) "\\" {10}
        S: Novit&AOA-
        S: A0002 OK done
        C: A0003 EXAMINE {5}
        S: + go ahead
        C: INBOX
        S: * FLAGS (\Seen)
        S: * 3 EXISTS
        S: * 0 RECENT
        S: * OK [UIDVALIDITY 17] valid
        S: * OK [UIDNEXT 9] next
        S: * OK [HIGHESTMODSEQ 99] modseq
        S: A0003 OK [READ-ONLY] done
        C: A0004 UID SEARCH UID 5:*
        S: * SEARCH 8 5 4 (MODSEQ 77)
        S: A0004 OK done
        C: A0005 UID SEARCH HEADER {10}
        S: + go ahead
        C: Message-ID {18}
        S: + go ahead
        C: <"x"\1@example.it>
        S: * SEARCH
        S: A0005 OK done
        C: A0006 UID FETCH 5,8 (UID RFC822.SIZE)
        S: * 2 FETCH (UID 5 RFC822.SIZE 12)
        S: * 3 FETCH (FLAGS (\Seen) UID 8 RFC822.SIZE 5000000000)
        S: A0006 OK done
        C: A0007 UID FETCH 5,8 (UID INTERNALDATE BODY.PEEK[])
        S: * 2 FETCH (UID 5 INTERNALDATE " 1-Jul-2026 10:00:00 +0200" BODY[] {12}
        S: A: )\"{5}
        S: x)
        S: * 3 FETCH (BODY[] "a\"b\\" INTERNALDATE "?" UID 8)
        S: A0007 OK done
        C: A0008 LOGOUT
        S: * BYE goodbye
        "#,
    ))
    .await;

    let folders = session.list().await.unwrap();
    let names: Vec<_> = folders.iter().map(|folder| folder.name.to_string()).collect();
    assert_eq!(names, ["INBOX", "Inviati", "Novità"]);
    assert_eq!(folders[1].role, Some(Role::Sent));
    assert_eq!((folders[2].delimiter, folders[2].selectable), (Some('\\'), false));

    let selected = session.examine(&FolderName::inbox()).await.unwrap();
    assert_eq!(
        selected,
        Selected {
            uid_validity: UidValidity::new(17).unwrap(),
            uid_next: Some(uid(9)),
            exists: 3,
            highest_modseq: Some(99),
        }
    );

    let found = session.uid_search(Search::Uids(&UidSet::starting_at(uid(5)))).await.unwrap();
    assert_eq!(found, [uid(5), uid(8)]);
    let header = Search::Header { name: "Message-ID", value: r#"<"x"\1@example.it>"# };
    assert_eq!(session.uid_search(header).await.unwrap(), []);

    let sizes = session.sizes(&uids(&[5, 8])).await.unwrap();
    assert_eq!(sizes.into_iter().collect::<Vec<_>>(), [(uid(5), Some(12)), (uid(8), None)]);

    let mut fetch = session.fetch(&uids(&[5, 8])).await.unwrap();
    let first = fetch.next().await.unwrap().unwrap();
    assert_eq!(first.internal_date.unwrap().to_string(), "2026-07-01T08:00:00Z");
    assert!(matches!(first.body, Body::Whole(bytes) if bytes == b"A: )\\\"{5}\r\nx"));
    let second = fetch.next().await.unwrap().unwrap();
    assert_eq!((second.uid, second.internal_date), (uid(8), None));
    assert!(matches!(second.body, Body::Whole(bytes) if bytes == b"a\"b\\"));
    assert!(fetch.next().await.unwrap().is_none());
    assert!(fetch.next().await.unwrap().is_none());

    session.logout().await.unwrap();
    playing.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn only_what_was_asked_for_comes_and_only_once() {
    let (mut session, playing) = session(script(
        r"
        C: A0002 UID FETCH 1:3 (UID INTERNALDATE BODY.PEEK[])
        S: * 9 FETCH (UID 3 BODY[] {1}
        S: c)
        S: * 9 FETCH (FLAGS (\Seen) UID 2)
        S: * 9 FETCH (FLAGS (\Seen))
        S: * 7 FETCH (UID 7 BODY[] {1}
        S: x)
        S: * 9 FETCH (UID 3 BODY[] {1}
        S: d)
        S: * 12 EXISTS
        S: * 1 EXPUNGE
        S: * 9 FETCH (BODY[] {1}
        S: a UID 1)
        S: A0002 OK done
        ",
    ))
    .await;
    let (messages, end) = collect(&mut session, &uids(&[1, 2, 3])).await;
    assert_eq!(messages, [(3, b"c".to_vec()), (1, b"a".to_vec())]);
    end.unwrap();
    playing.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn responses_nobody_asks_for_are_held_back() {
    let (mut session, playing) = session(script(
        r#"
        C: A0002 UID FETCH 1 (UID INTERNALDATE BODY.PEEK[])
        S: * ESEARCH (TAG "A0001") UID COUNT 17
        S: * NAMESPACE (("" "/")) NIL NIL
        S: * STATUS "INBOX" (MESSAGES 1 SIZE 5)
        S: * VANISHED (EARLIER) 1:300
        S: * ID ("name" NIL)
        S: * METADATA "" (/shared/comment {7}
        S: A0002 O)
        S: DONE BAD what
        S: hello? {5}"{3}
        S: * 1 FETCH (UID 1 INTERNALDATE NIL BODY[] "INTERNALDATE NIL")
        S: * ) {5}"
        S: *
        S: ((((
        S: * OK [ALERT]è finita
        S: A0002 OK done
        "#,
    ))
    .await;
    let (messages, end) = collect(&mut session, &uids(&[1])).await;
    assert_eq!(messages, [(1, b"INTERNALDATE NIL".to_vec())]);
    end.unwrap();
    playing.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_message_beyond_the_limit_is_reported_and_the_next_one_arrives() {
    let mut steps = script("C: A0002 UID FETCH 1:3 (UID INTERNALDATE BODY.PEEK[])");
    steps.push(Step::Say(b"* 1 FETCH (UID 1 BODY[] {3000000}\r\n".to_vec()));
    steps.push(Step::Say(vec![b'('; 3_000_000]));
    steps.extend(script(
        "
        S: )
        S: * 2 FETCH (UID 2 BODY[] NIL)
        S: * 3 FETCH (UID 3 BODY[] {2}
        S: ok)
        S: A0002 OK done
        ",
    ));
    let (mut session, playing) = limited(steps, Limits { message: 1000, ..Limits::PEC }).await;
    let mut fetch = session.fetch(&uids(&[1, 2, 3])).await.unwrap();
    let body = fetch.next().await.unwrap().unwrap().body;
    assert!(matches!(body, Body::TooLarge { size: 3_000_000 }));
    assert!(matches!(fetch.next().await.unwrap().unwrap().body, Body::Missing));
    assert!(matches!(fetch.next().await.unwrap().unwrap().body, Body::Whole(bytes) if bytes == b"ok"));
    assert!(fetch.next().await.unwrap().is_none());
    playing.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn nothing_is_asked_for_an_empty_set() {
    let (mut session, playing) = session(Vec::new()).await;
    assert!(session.fetch(&uids(&[])).await.unwrap().next().await.unwrap().is_none());
    assert!(session.sizes(&uids(&[])).await.unwrap().is_empty());
    assert!(session.uid_search(Search::Uids(&uids(&[]))).await.unwrap().is_empty());
    playing.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn roles_are_asked_for_where_the_server_may_keep_them() {
    let (stream, playing) = peer(script(
        r#"
        S: * OK ready
        C: A0001 CAPABILITY
        S: * CAPABILITY IMAP4rev1 auth=plain
        S: A0001 OK done
        C: A0002 AUTHENTICATE PLAIN
        S: +
        C: AGEAYg==
        S: A0002 OK welcome
        C: A0003 CAPABILITY
        S: * CAPABILITY IMAP4rev1 SPECIAL-USE LIST-EXTENDED
        S: A0003 OK done
        C: A0004 LIST "" "*" RETURN (SPECIAL-USE)
        S: A0004 OK done
        "#,
    ));
    let connection = Connection::open(stream, Limits::PEC).await.unwrap();
    let mut session = connection.login("a", &password("b")).await.unwrap();
    assert!(session.capabilities().has("LIST-EXTENDED") && !session.capabilities().has("IDLE"));
    assert_eq!(session.list().await.unwrap(), []);
    playing.await.unwrap();
}
