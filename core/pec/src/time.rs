//! The time a provider certifies: an instant, and the offset the provider wrote it with.
//!
//! The offset is part of the evidence. Half past midnight read in another zone is another legal day, so it is kept
//! as written and never replaced by a zone of ours (DM 2-11-2005, daticert.xml `<data zona>`).

use jiff::{Timestamp, tz::Offset};
use std::cmp::Ordering;
use std::fmt;

/// An instant to the second with the UTC offset that its author wrote; compared by the instant first.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct CertifiedTime {
    /// The instant.
    pub instant: Timestamp,
    /// The offset it was written with.
    pub offset: Offset,
}

impl CertifiedTime {
    /// An instant written in UTC.
    pub fn utc(instant: Timestamp) -> Self {
        Self { instant, offset: Offset::UTC }
    }
}

impl PartialOrd for CertifiedTime {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for CertifiedTime {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.instant, self.offset).cmp(&(other.instant, other.offset))
    }
}

/// RFC 3339 with the offset as written: `2018-11-13T16:39:26+01:00`.
impl fmt::Display for CertifiedTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.instant.display_with_offset(self.offset))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shown_with_the_offset_as_written() {
        let instant: Timestamp = "2024-06-01T22:30:00Z".parse().unwrap();
        let time = CertifiedTime { instant, offset: Offset::constant(2) };
        assert_eq!(time.to_string(), "2024-06-02T00:30:00+02:00");
        assert!(time > CertifiedTime::utc("2024-06-01T22:29:59Z".parse().unwrap()));
    }
}
