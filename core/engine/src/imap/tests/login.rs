//! Greeting and login.

use super::*;

async fn refused(answer: &str) -> Error {
    let greeting = "S: * OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready\nC: A0001 AUTHENTICATE PLAIN";
    let (stream, playing) = peer(script(&format!("{greeting}\nS: +\nC: AGEAYg==\n{answer}")));
    let connection = Connection::open(stream, Limits::PEC).await.unwrap();
    let error = connection.login("a", &password("b")).await.unwrap_err();
    playing.await.unwrap();
    error
}

#[tokio::test(start_paused = true)]
async fn only_what_speaks_of_the_password_is_a_wrong_password() {
    for plain in ["S: A0001 NO [AUTHENTICATIONFAILED] wrong", "S: A0001 NO wrong"] {
        let error = refused(plain).await;
        assert!(matches!(error, Error::LoginRefused(_)), "{plain}: {error:?}");
        assert_eq!(error.words(), Some("wrong"));
    }
    for later in ["UNAVAILABLE", "LIMIT", "INUSE", "ALERT", "SERVERBUG", "X-NEW"] {
        let error = refused(&format!("S: A0001 NO [{later}] later")).await;
        assert!(matches!(error, Error::LoginUnavailable(_)), "{later}: {error:?}");
    }
    for barred in ["EXPIRED", "CONTACTADMIN", "AUTHORIZATIONFAILED"] {
        let error = refused(&format!("S: A0001 NO [{barred}] call")).await;
        assert!(matches!(error, Error::LoginBarred(_)), "{barred}: {error:?}");
    }
    assert!(matches!(refused("S: A0001 BAD what").await, Error::Bad(_)));
    assert!(matches!(refused("S: * BYE Too many connections").await, Error::Bye(_)));
    assert!(matches!(refused("").await, Error::Closed));
}

#[tokio::test(start_paused = true)]
async fn login_sends_name_and_password_as_literals() {
    let (stream, playing) = peer(script(
        "
        S: * OK [CAPABILITY IMAP4rev1] ready
        C: A0001 LOGIN {18}
        S: + go ahead
        C: alice@example.test {12}
        S: + go ahead
        C: a\"b\\
        C: A2 èx
        S: A0001 OK [CAPABILITY IMAP4rev1] welcome
        ",
    ));
    let connection = Connection::open(stream, Limits::PEC).await.unwrap();
    connection.login("alice@example.test", &password("a\"b\\\r\nA2 èx")).await.unwrap();
    playing.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn without_a_way_to_log_in_nothing_is_sent() {
    let (stream, playing) = peer(script("S: * OK [CAPABILITY IMAP4rev1 LOGINDISABLED AUTH=X] ready"));
    let connection = Connection::open(stream, Limits::PEC).await.unwrap();
    assert!(matches!(connection.login("a", &password("b")).await, Err(Error::NoMechanism)));
    playing.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_greeting_is_checked() {
    let greeted = async |text: &str| {
        let (stream, _playing) = peer(script(text));
        Connection::open(stream, Limits::PEC).await.unwrap_err()
    };
    assert!(matches!(greeted("S: * PREAUTH hello").await, Error::Protocol(_)));
    assert!(matches!(greeted("S: * BYE not today").await, Error::Bye(_)));
    assert!(matches!(greeted("S: A0000 OK hello").await, Error::Protocol(_)));
    assert!(matches!(greeted("S: 220 mail.example.test ESMTP").await, Error::Closed));
    assert!(matches!(greeted("").await, Error::Closed));
    assert!(matches!(greeted("hold").await, Error::TimedOut));
}
