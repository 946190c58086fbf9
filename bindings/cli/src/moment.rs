//! Times as people read them: in Europe/Rome, with the offset, whatever the machine's zone.
//!
//! A certified time in JSON keeps the offset that the provider wrote; here all are shown in one zone, so that two
//! lines of a timeline can be compared (the legal day of a PEC is that of Rome).

use jiff::{Span, Timestamp, tz::TimeZone};

/// `2018-11-13 16:39:26 +0100`.
pub(crate) fn rome(time: Timestamp) -> String {
    time.to_zoned(zone()).strftime("%Y-%m-%d %H:%M:%S %z").to_string()
}

/// `2018-11-13 16:39 +0100`, for rows of lists.
pub(crate) fn rome_minute(time: Timestamp) -> String {
    time.to_zoned(zone()).strftime("%Y-%m-%d %H:%M %z").to_string()
}

/// `16:39:26`, for lines under a heading that has the day.
pub(crate) fn rome_clock(time: Timestamp) -> String {
    time.to_zoned(zone()).strftime("%H:%M:%S").to_string()
}

/// Nine in the morning of the day that lies so far from `now`.
pub(crate) fn rome_morning(now: Timestamp, away: Span) -> Timestamp {
    let day = now.to_zoned(zone()).date().saturating_add(away);
    day.at(9, 0, 0, 0).to_zoned(zone()).map_or(now, |morning| morning.timestamp())
}

/// From the zone data in the program, so that it is the same everywhere.
fn zone() -> TimeZone {
    TimeZone::get("Europe/Rome").unwrap_or(TimeZone::UTC)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shown_in_rome_summer_and_winter() {
        assert_eq!(rome("2024-07-01T22:30:00Z".parse().unwrap()), "2024-07-02 00:30:00 +0200");
        assert_eq!(rome("2018-11-13T15:39:26Z".parse().unwrap()), "2018-11-13 16:39:26 +0100");
    }
}
