//! How far a folder is stored, and what to do next with it: a pure decision over what is stored and what EXAMINE said.
//!
//! The cursor stands before the first UID that may not be stored yet. It moves only in the transaction that stores
//! (design decision 2), or, after a complete fetch, to the UIDNEXT that EXAMINE gave: UIDNEXT may lie beyond any
//! message, and a cursor that stayed below would find “something new” for ever (chatmail/core#4935).
//! QRESYNC and CONDSTORE (RFC 7162) are not used yet; [`FolderState::highest_modseq`] is their place.

use jiff::Timestamp;

use crate::identity::{Uid, UidValidity};

/// How far a folder is stored.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct FolderState {
    /// The generation of its UIDs.
    pub uid_validity: UidValidity,
    /// The cursor: every message below it is stored.
    pub next_uid: Uid,
    /// What lies below makes state, not alerts: it was in the mailbox before the account was added.
    pub alerts_from: Uid,
    /// RFC 7162; absent where the server has none.
    pub highest_modseq: Option<u64>,
    /// When the last complete fetch began, if there was one: every message that was there by then is stored.
    pub proven_at: Option<Timestamp>,
}

/// What EXAMINE said of a folder (RFC 3501 §6.3.2).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Selected {
    /// UIDVALIDITY. A server that does not give it has no UIDs that last, and cannot be used.
    pub uid_validity: UidValidity,
    /// UIDNEXT; a server may leave it out.
    pub uid_next: Option<Uid>,
    /// How many messages there are.
    pub exists: u32,
    /// HIGHESTMODSEQ (RFC 7162 §3.1.2.1).
    pub highest_modseq: Option<u64>,
}

/// What to do next with a folder.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Plan {
    /// It was never opened: store it so, then fetch from the first UID.
    Open {
        /// Its UIDNEXT. Absent where the server kept it back while there are messages: ask for the last one's UID
        /// first (`UID FETCH *`), and alert from the one after it.
        alerts_from: Option<Uid>,
    },
    /// What is known of its UIDs means nothing any more: forget where messages lie, then fetch from the first UID.
    /// Messages that are stored already are found again by their digest, and are not stored twice.
    Reset {
        /// As in [`Plan::Open`].
        alerts_from: Option<Uid>,
    },
    /// Fetch from this UID to the end. A server answers `n:*` with its last message even where that is below `n`
    /// (RFC 3501 §6.4.8): leave it out.
    Fetch {
        /// The first UID that may not be stored.
        from: Uid,
    },
    /// Everything is stored.
    UpToDate,
}

/// Decides what to do next with a folder that has just been examined.
pub fn plan(stored: Option<&FolderState>, selected: &Selected) -> Plan {
    let Some(stored) = stored else {
        return Plan::Open { alerts_from: first_alert(selected) };
    };
    // With UIDNEXT going down, a restored server has begun to give the same UIDs to other messages.
    let went_down = selected.uid_next.is_some_and(|uid_next| uid_next < stored.next_uid);
    if stored.uid_validity != selected.uid_validity || went_down {
        // Once everything was stored, or where nothing was old, whatever is not stored is new. Else nothing tells
        // old from new.
        let is_all_new = stored.proven_at.is_some() || stored.alerts_from == Uid::FIRST;
        let alerts_from = if is_all_new { Some(Uid::FIRST) } else { first_alert(selected) };
        return Plan::Reset { alerts_from };
    }
    match selected.uid_next {
        Some(uid_next) if uid_next == stored.next_uid => Plan::UpToDate,
        None if selected.exists == 0 => Plan::UpToDate,
        _ => Plan::Fetch { from: stored.next_uid },
    }
}

/// The first UID that is not in the folder yet, as far as EXAMINE tells.
fn first_alert(selected: &Selected) -> Option<Uid> {
    selected.uid_next.or((selected.exists == 0).then_some(Uid::FIRST))
}

#[cfg(test)]
mod tests {
    use super::*;

    const STORED: FolderState = FolderState {
        uid_validity: validity(7),
        next_uid: uid(20),
        alerts_from: uid(5),
        highest_modseq: None,
        proven_at: Some(Timestamp::MAX),
    };

    const fn uid(number: u32) -> Uid {
        Uid(std::num::NonZeroU32::new(number).unwrap())
    }

    const fn validity(number: u32) -> UidValidity {
        UidValidity(std::num::NonZeroU32::new(number).unwrap())
    }

    #[test]
    fn what_to_do_follows_from_what_is_stored_and_what_the_server_says() {
        let unproven = FolderState { proven_at: None, ..STORED };
        let all_new = FolderState { alerts_from: Uid::FIRST, ..unproven };
        let first = Some(Uid::FIRST);
        #[rustfmt::skip]
        let cases = [
            // stored, UIDVALIDITY, UIDNEXT, EXISTS -> plan
            (None,            7, Some(20),  3, Plan::Open { alerts_from: Some(uid(20)) }),
            (None,            7, Some(1),   0, Plan::Open { alerts_from: first }),
            (None,            7, None,      3, Plan::Open { alerts_from: None }),
            (None,            7, None,      0, Plan::Open { alerts_from: first }),
            (Some(&STORED),   7, Some(20),  3, Plan::UpToDate),
            (Some(&STORED),   7, Some(20),  0, Plan::UpToDate),
            (Some(&STORED),   7, Some(21),  4, Plan::Fetch { from: uid(20) }),
            // UIDNEXT beyond any message: the complete fetch that follows moves the cursor there.
            (Some(&STORED),   7, Some(900), 3, Plan::Fetch { from: uid(20) }),
            (Some(&STORED),   7, Some(900), 0, Plan::Fetch { from: uid(20) }),
            // No UIDNEXT: only a fetch tells.
            (Some(&STORED),   7, None,      3, Plan::Fetch { from: uid(20) }),
            (Some(&STORED),   7, None,      0, Plan::UpToDate),
            // Going down.
            (Some(&STORED),   7, Some(19),  3, Plan::Reset { alerts_from: first }),
            (Some(&unproven), 7, Some(19),  3, Plan::Reset { alerts_from: Some(uid(19)) }),
            // Another UIDVALIDITY, whatever UIDNEXT is.
            (Some(&STORED),   8, Some(20),  3, Plan::Reset { alerts_from: first }),
            (Some(&STORED),   6, None,      3, Plan::Reset { alerts_from: first }),
            (Some(&unproven), 8, Some(4),   3, Plan::Reset { alerts_from: Some(uid(4)) }),
            (Some(&unproven), 8, None,      3, Plan::Reset { alerts_from: None }),
            // Reset again before the first reset was complete: what is new is still new.
            (Some(&all_new),  8, Some(4),   3, Plan::Reset { alerts_from: first }),
        ];
        for (stored, uid_validity, uid_next, exists, expected) in cases {
            let selected = Selected {
                uid_validity: validity(uid_validity),
                uid_next: uid_next.map(uid),
                exists,
                highest_modseq: None,
            };
            assert_eq!(plan(stored, &selected), expected, "{stored:?} {selected:?}");
        }
    }
}
