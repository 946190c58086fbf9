//! Waiting.

use std::future::{pending, ready};

use tokio::time::Instant;

use super::*;

fn after(seconds: u64) -> Instant {
    Instant::now() + Duration::from_secs(seconds)
}

#[tokio::test(start_paused = true)]
async fn news_ends_the_wait_wherever_it_comes() {
    for dialogue in [
        "C: A0002 IDLE\nS: +\nS: * 4 EXISTS\nC: DONE\nS: A0002 OK",
        "C: A0002 IDLE\nS: * 4 EXISTS\nS: + idling\nC: DONE\nS: A0002 OK",
        "C: A0002 IDLE\nS: +\nwait 70\nC: DONE\nS: * 4 EXISTS\nS: A0002 OK",
    ] {
        let mut steps = script(dialogue);
        steps.push(Step::Hold);
        let (mut session, _playing) = session(steps).await;
        assert_eq!(session.idle(after(70), pending()).await.unwrap(), IdleEnd::Changed, "{dialogue}");
        // Until the folder is listed again there is nothing to wait for.
        assert_eq!(session.idle(after(70), pending()).await.unwrap(), IdleEnd::Changed);
    }
}

#[tokio::test(start_paused = true)]
async fn news_before_the_wait_ends_it_before_it_begins() {
    let (mut session, playing) = session(script(
        "
        C: A0002 EXAMINE {5}
        S: +
        C: INBOX
        S: * 3 EXISTS
        S: * OK [UIDVALIDITY 1]
        S: A0002 OK
        C: A0003 NOOP
        S: * 3 EXISTS
        S: * 1 EXPUNGE
        S: A0003 OK
        C: A0004 NOOP
        S: * 3 EXISTS
        S: A0004 OK
        ",
    ))
    .await;
    session.examine(&FolderName::inbox()).await.unwrap();
    assert!(!session.noop().await.unwrap(), "the number has not grown");
    assert!(session.noop().await.unwrap(), "one went, one came");
    assert_eq!(session.idle(after(70), pending()).await.unwrap(), IdleEnd::Changed);
    playing.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_wait_ends_on_time_or_by_signal_and_the_session_goes_on() {
    let (mut session, playing) = session(script(
        "
        C: A0002 IDLE
        S: +
        C: DONE
        S: A0002 OK
        C: A0003 IDLE
        S: +
        C: DONE
        S: A0003 OK
        C: A0004 NOOP
        S: A0004 OK
        ",
    ))
    .await;
    let begin = Instant::now();
    assert_eq!(session.idle(after(70), pending()).await.unwrap(), IdleEnd::Timeout);
    assert_eq!(begin.elapsed().as_secs(), 70);
    assert_eq!(session.idle(after(70), ready(())).await.unwrap(), IdleEnd::Stopped);
    assert_eq!(begin.elapsed().as_secs(), 70);
    session.noop().await.unwrap();
    playing.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_long_wait_is_renewed() {
    let (mut session, playing) = session(script(
        "
        C: A0002 IDLE
        S: +
        C: DONE
        S: A0002 OK
        C: A0003 IDLE
        S: +
        wait 60
        S: * 1 EXISTS
        C: DONE
        S: A0003 OK
        ",
    ))
    .await;
    let begin = Instant::now();
    assert_eq!(session.idle(after(7200), pending()).await.unwrap(), IdleEnd::Changed);
    assert_eq!(begin.elapsed().as_secs(), 26 * 60);
    playing.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn silence_is_death_only_where_the_server_keeps_alive() {
    let keeping = "C: A0002 IDLE\nS: +\nwait 120\nS: * OK Still here\nwait 120\nS: * OK Still here\nhold";
    let (mut session, _playing) = session(script(keeping)).await;
    let begin = Instant::now();
    assert!(matches!(session.idle(after(7200), pending()).await, Err(Error::TimedOut)));
    assert_eq!(begin.elapsed().as_secs(), 120 + 120 + 300);
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_the_server_will_not_have_is_an_error() {
    let idle = async |dialogue: &str| {
        let (mut session, playing) = session(script(dialogue)).await;
        let error = session.idle(after(70), pending()).await.unwrap_err();
        playing.await.unwrap();
        error
    };
    assert!(matches!(idle("C: A0002 IDLE\nS: A0002 NO not here").await, Error::No(_)));
    assert!(matches!(idle("C: A0002 IDLE\nS: A0002 OK done").await, Error::Protocol(_)));
    assert!(matches!(idle("C: A0002 IDLE\nS: +\nS: A0002 OK done").await, Error::Protocol(_)));
    assert!(matches!(idle("C: A0002 IDLE\nS: +\nS: A0002 NO enough").await, Error::No(_)));
    assert!(matches!(idle("C: A0002 IDLE\nS: +\nS: * BYE restart").await, Error::Bye(_)));
    assert!(matches!(idle("C: A0002 IDLE\nS: +").await, Error::Closed));
}
