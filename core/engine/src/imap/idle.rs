//! Waiting for news (IDLE, RFC 2177).
//!
//! ```text
//! IDLE ──> + ──> (silence | keep-alive | EXISTS | time to renew | stop) ──> DONE ──> OK
//! ```
//!
//! News that came before or between is not lost: it ends the wait at once. What changed is for the caller to
//! find out, with a fetch after every wait. Servers may drop a client that has idled for 30 minutes, and routers
//! earlier, so the command is renewed; a server that is known to say "still here" and does not is gone.

use std::pin::{Pin, pin};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::Session;
use super::dialogue::after;
use super::error::Error;
use super::reply::Reply;

/// Why a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdleEnd {
    /// The number of messages has changed since the folder was last listed.
    Changed,
    /// The caller's signal came.
    Stopped,
    /// The deadline came.
    Timeout,
}

impl Session {
    /// Waits until the opened folder changes, `deadline` comes, or `stop` completes.
    ///
    /// Needs the capability `IDLE`. After [`IdleEnd::Changed`] list the folder (`examine`, `uid_search` or
    /// `sizes`) before waiting again; until then every wait ends at once. To end a wait early let `stop`
    /// complete: dropping the future costs the session.
    pub async fn idle(
        &mut self,
        deadline: Instant,
        stop: impl Future<Output = ()> + Send,
    ) -> Result<IdleEnd, Error> {
        let mut stop = pin!(stop);
        while !self.dialogue.has_news() {
            let until = deadline.min(after(RENEWAL));
            if self.idle_once(until, stop.as_mut()).await? {
                return Ok(IdleEnd::Stopped);
            }
            if Instant::now() >= deadline {
                break;
            }
        }
        Ok(if self.dialogue.has_news() { IdleEnd::Changed } else { IdleEnd::Timeout })
    }

    /// One IDLE command, from its start to its tagged end. Returns whether it was stopped.
    async fn idle_once(
        &mut self,
        until: Instant,
        mut stop: Pin<&mut (impl Future<Output = ()> + Send)>,
    ) -> Result<bool, Error> {
        self.dialogue.start("IDLE", &[]).await?;
        self.dialogue.go_ahead().await?;
        let mut stopped = false;
        while !self.dialogue.has_news() {
            let silence = if self.keeps_alive { DEAD } else { RENEWAL.saturating_mul(2) };
            tokio::select! {
                reply = self.dialogue.next(silence) => match reply? {
                    // Dovecot says "* OK Still here" every two minutes.
                    Reply::Note(_) => self.keeps_alive = true,
                    Reply::Done { ending, .. } => {
                        ending.into_result()?;
                        return Err(Error::Protocol("IDLE ended unasked"));
                    }
                    _ => {}
                },
                () = stop.as_mut() => {
                    stopped = true;
                    break;
                }
                () = sleep_until(until) => break,
            }
        }
        self.dialogue.send(&[b"DONE\r\n"]).await?;
        self.dialogue.finish(|_| Ok(())).await?;
        Ok(stopped)
    }
}

/// Before the half hour after which servers may hang up (RFC 2177).
const RENEWAL: Duration = Duration::from_secs(25 * 60);

/// More than two keep-alives of the usual two minutes missed.
const DEAD: Duration = Duration::from_secs(5 * 60);
