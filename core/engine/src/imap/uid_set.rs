//! Sets of UIDs, as a command writes them: the `sequence-set` of RFC 3501 §9.

use std::collections::BTreeSet;
use std::fmt;

use crate::identity::Uid;

/// A set of UIDs. Its `Display` is the wire's form: `1:3,7`, `20:*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UidSet {
    /// First and last of each run; without a last it goes to the end of the folder.
    runs: Vec<(Uid, Option<Uid>)>,
}

impl UidSet {
    /// Everything from `first` on, whatever the folder holds when the command runs.
    pub fn starting_at(first: Uid) -> Self {
        Self { runs: vec![(first, None)] }
    }

    /// The UIDs from `first` to `last`, both included.
    pub fn between(first: Uid, last: Uid) -> Self {
        Self { runs: vec![(first.min(last), Some(first.max(last)))] }
    }

    /// Whether it holds no UID at all: such a set cannot be written.
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// Whether `uid` is in it.
    pub fn contains(&self, uid: Uid) -> bool {
        self.runs.iter().any(|(first, last)| *first <= uid && last.is_none_or(|last| uid <= last))
    }
}

impl FromIterator<Uid> for UidSet {
    fn from_iter<I: IntoIterator<Item = Uid>>(uids: I) -> Self {
        let mut runs: Vec<(Uid, Option<Uid>)> = Vec::new();
        for uid in uids.into_iter().collect::<BTreeSet<_>>() {
            match runs.last_mut() {
                Some((_, Some(last))) if last.0.checked_add(1) == Some(uid.0) => *last = uid,
                _ => runs.push((uid, Some(uid))),
            }
        }
        Self { runs }
    }
}

impl fmt::Display for UidSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (first, last)) in self.runs.iter().enumerate() {
            if index > 0 {
                f.write_str(",")?;
            }
            match last {
                Some(last) if last == first => write!(f, "{}", first.get())?,
                Some(last) => write!(f, "{}:{}", first.get(), last.get())?,
                None => write!(f, "{}:*", first.get())?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uid(number: u32) -> Uid {
        Uid::new(number).unwrap()
    }

    #[test]
    fn a_set_is_written_in_runs() {
        let set: UidSet = [7, 1, 3, 2, 3, u32::MAX, u32::MAX - 1].map(uid).into_iter().collect();
        assert_eq!(set.to_string(), "1:3,7,4294967294:4294967295");
        assert!(set.contains(uid(2)) && !set.contains(uid(4)));
    }

    #[test]
    fn an_open_set_has_no_end() {
        let set = UidSet::starting_at(uid(20));
        assert_eq!(set.to_string(), "20:*");
        assert!(set.contains(uid(u32::MAX)) && !set.contains(uid(19)));
    }
}
