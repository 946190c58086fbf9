//! How long to wait before a broken line is tried again: longer each time, never longer than a cap, never in step.
//!
//! A plan of 1,771,470 seconds has been seen elsewhere (chatmail/core#4833): hence the cap. The jitter keeps a
//! thousand clients from coming back to a restarted server in the same second.

use std::time::Duration;

/// The wait before attempt number `attempt + 1`, with jitter.
pub(crate) fn delay(attempt: u32) -> Duration {
    jittered(attempt, random())
}

/// Doubles from one second up to five minutes; `chance` (0 to 255) takes up to half of it off.
fn jittered(attempt: u32, chance: u8) -> Duration {
    let full = FIRST.saturating_mul(1 << attempt.min(20)).min(LONGEST);
    let off = full.saturating_mul(u32::from(chance)).checked_div(2 * 255).unwrap_or_default();
    full.saturating_sub(off)
}

/// Without randomness the wait is the full one.
fn random() -> u8 {
    let mut byte = [0];
    match getrandom::fill(&mut byte) {
        Ok(()) => u8::from_ne_bytes(byte),
        Err(_) => 0,
    }
}

const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(300);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grows_and_stays_below_the_cap() {
        assert_eq!(jittered(0, 0), Duration::from_secs(1));
        assert_eq!(jittered(0, 255), Duration::from_millis(500));
        assert_eq!(jittered(3, 0), Duration::from_secs(8));
        for attempt in [9, 20, 31, 32, u32::MAX] {
            assert_eq!(jittered(attempt, 0), LONGEST, "{attempt}");
            assert_eq!(jittered(attempt, 255), LONGEST / 2, "{attempt}");
        }
    }
}
