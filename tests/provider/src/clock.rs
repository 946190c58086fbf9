//! The provider's time, which tests move and nobody waits for.
//!
//! A delay notice is due twelve hours after a message was accepted; a test says `advance(hours(12))`.
//! What becomes due is the office's business ([`Office::advance`](crate::Office::advance)); the clock only
//! tells the time, and how Italy writes it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, Zoned};

/// A clock that runs ahead on demand. Clones show the same time.
#[derive(Clone, Debug)]
pub struct VirtualClock {
    shown: Arc<Mutex<Timestamp>>,
    /// Where real time is added: when the clock was made.
    since: Option<Instant>,
}

impl VirtualClock {
    /// A clock that starts at the real time and goes on with it, so that a client with a clock of its own
    /// never sees a receipt older than its message.
    pub fn running() -> Self {
        Self { shown: Arc::new(Mutex::new(Timestamp::now())), since: Some(Instant::now()) }
    }

    /// A clock that stands still at `start` until it is advanced: the same story has the same times.
    pub fn standing(start: Timestamp) -> Self {
        Self { shown: Arc::new(Mutex::new(start)), since: None }
    }

    /// The time shown.
    pub fn now(&self) -> Timestamp {
        let shown = *self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        shown + self.elapsed()
    }

    /// Shows `time` from now on, unless it is already past.
    pub(crate) fn move_to(&self, time: Timestamp) {
        let target = time - self.elapsed();
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        *shown = target.max(*shown);
    }

    fn elapsed(&self) -> SignedDuration {
        let elapsed = self.since.map(|since| since.elapsed()).unwrap_or_default();
        SignedDuration::try_from(elapsed).unwrap_or(SignedDuration::MAX)
    }
}

/// So many hours, to write `advance(hours(12))`.
pub const fn hours(count: i64) -> SignedDuration {
    SignedDuration::from_hours(count)
}

/// An instant as Italian providers certify it: local time with the offset of that day.
///
/// The rule of the European summer time is written out, so that no time zone database is needed.
pub(crate) fn italian(time: Timestamp) -> Zoned {
    let rome = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap_or(TimeZone::UTC);
    time.to_zoned(rome)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_standing_clock_moves_only_when_told() {
        let start: Timestamp = "2026-03-01T09:00:00Z".parse().unwrap();
        let clock = VirtualClock::standing(start);
        let handle = clock.clone();
        clock.move_to(start + hours(12));
        assert_eq!(handle.now(), start + hours(12));
        clock.move_to(start);
        assert_eq!(handle.now(), start + hours(12));
    }

    #[test]
    fn a_running_clock_never_shows_less_than_real_time() {
        let before = Timestamp::now();
        let clock = VirtualClock::running();
        assert!(clock.now() >= before);
        let target = clock.now() + hours(24);
        clock.move_to(target);
        assert!(clock.now() >= target);
    }

    #[test]
    fn italy_has_summer_time() {
        let offset = |time: &str| italian(time.parse().unwrap()).strftime("%H:%M %z").to_string();
        assert_eq!(offset("2026-01-10T12:00:00Z"), "13:00 +0100");
        assert_eq!(offset("2026-07-10T12:00:00Z"), "14:00 +0200");
    }
}
