//! What a mail server keeps of one user: folders of numbered messages, with UIDs that only grow.
//!
//! The post office appends, the IMAP server shows, a test looks and tampers: all of them hold the same
//! [`Mailbox`] and every change wakes those who [`subscribe`](Mailbox::subscribe). Messages are kept byte for
//! byte. Nothing here knows IMAP's grammar or the certified post.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use tokio::sync::watch;

/// The folders of one user, shared by everything that holds a clone of it.
///
/// INBOX always exists and is found in any case; other names are exact. A name is written as on the wire
/// (RFC 3501 section 5.1.3: modified UTF-7 outside ASCII), its levels separated by `/`.
#[derive(Clone, Debug)]
pub struct Mailbox {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    changes: watch::Sender<u64>,
}

#[derive(Debug)]
struct State {
    folders: BTreeMap<String, Folder>,
    /// The last UIDVALIDITY given to any folder: the next one is greater (RFC 3501 section 2.3.1.1).
    validity: u32,
}

/// One folder: its messages in the order of their UIDs, and the numbers that make those UIDs meaningful.
#[derive(Debug)]
pub(crate) struct Folder {
    pub(crate) special_use: Option<String>,
    pub(crate) validity: u32,
    pub(crate) next_uid: u32,
    pub(crate) messages: Vec<Message>,
}

/// One message of a folder; a clone shares the bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) uid: u32,
    pub(crate) raw: Arc<[u8]>,
    pub(crate) flags: BTreeSet<String>,
    pub(crate) received: Timestamp,
}

impl Mailbox {
    /// A mailbox with an empty INBOX.
    ///
    /// UIDVALIDITY starts at the present second, as real servers do it, so that a client that kept a store
    /// of an earlier mailbox notices that this is another one.
    #[must_use]
    pub fn new() -> Self {
        let now = Timestamp::now().as_second();
        let mut state = State { folders: BTreeMap::new(), validity: u32::try_from(now).unwrap_or(1) };
        state.folder(INBOX);
        Self { shared: Arc::new(Shared { state: Mutex::new(state), changes: watch::Sender::new(0) }) }
    }

    /// Makes the folder `name` and the levels above it, where they do not exist yet.
    ///
    /// `special_use` is an attribute of RFC 6154 such as `\Sent`; it is set on an existing folder too.
    pub fn create_folder(&self, name: &str, special_use: Option<&str>) {
        self.change(|state| {
            let folder = state.folder(name);
            if let Some(attribute) = special_use {
                folder.special_use = Some(attribute.to_owned());
            }
        });
    }

    /// Adds a message to `folder`, making the folder if need be, and returns the message's UID.
    pub fn append(&self, folder: &str, raw: impl Into<Arc<[u8]>>) -> u32 {
        self.append_at(folder, raw, Timestamp::now())
    }

    /// Adds a message as [`append`](Self::append) does, with its own time of arrival (INTERNALDATE).
    pub fn append_at(&self, folder: &str, raw: impl Into<Arc<[u8]>>, received: Timestamp) -> u32 {
        let raw = raw.into();
        self.change(|state| state.folder(folder).push(raw, BTreeSet::new(), received))
    }

    /// The messages of `folder` in the order of their UIDs; none if there is no such folder.
    #[must_use]
    pub fn messages(&self, folder: &str) -> Vec<(u32, Arc<[u8]>)> {
        self.read(folder, |folder| {
            folder.messages.iter().map(|message| (message.uid, Arc::clone(&message.raw))).collect()
        })
        .unwrap_or_default()
    }

    /// The flags of one message as on the wire (`\Seen`), so that a test can tell who touched it.
    ///
    /// `None` if there is no such message.
    #[must_use]
    pub fn flags(&self, folder: &str, uid: u32) -> Option<BTreeSet<String>> {
        self.read(folder, |folder| folder.message(uid).map(|message| message.flags.clone())).flatten()
    }

    /// Removes one message for good; without effect if it is not there.
    pub fn expunge(&self, folder: &str, uid: u32) {
        self.edit(folder, |folder| folder.messages.retain(|message| message.uid != uid));
    }

    /// Gives `folder` a new UIDVALIDITY and its messages new UIDs from 1, as after a restored backup.
    ///
    /// IMAP sessions that have the folder open are ended with BYE.
    pub fn renumber(&self, folder: &str) {
        self.change(|state| {
            let validity = state.next_validity();
            if let Some(folder) = state.folders.get_mut(canonical(folder)) {
                folder.validity = validity;
                folder.next_uid = 1;
                for message in &mut folder.messages {
                    message.uid = folder.next_uid;
                    folder.next_uid += 1;
                }
            }
        });
    }

    /// A counter that moves with every change of any folder.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.shared.changes.subscribe()
    }

    /// The names of all folders with their special use, in alphabetical order.
    pub(crate) fn folders(&self) -> Vec<(String, Option<String>)> {
        let state = self.shared.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.folders.iter().map(|(name, folder)| (name.clone(), folder.special_use.clone())).collect()
    }

    /// Looks at a folder; `None` if it does not exist.
    pub(crate) fn read<T>(&self, folder: &str, look: impl FnOnce(&Folder) -> T) -> Option<T> {
        let state = self.shared.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.folders.get(canonical(folder)).map(look)
    }

    /// Changes a folder and wakes the subscribers; `None` if it does not exist.
    pub(crate) fn edit<T>(&self, folder: &str, edit: impl FnOnce(&mut Folder) -> T) -> Option<T> {
        self.change(|state| state.folders.get_mut(canonical(folder)).map(edit))
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.shared.state.lock().unwrap_or_else(PoisonError::into_inner);
        let result = change(&mut state);
        drop(state);
        self.shared.changes.send_modify(|count| *count = count.wrapping_add(1));
        result
    }
}

impl Default for Mailbox {
    fn default() -> Self {
        Self::new()
    }
}

impl State {
    /// The folder of this name, made now if need be, with the levels above it.
    fn folder(&mut self, name: &str) -> &mut Folder {
        let name = canonical(name);
        for (end, _) in name.match_indices(DELIMITER) {
            self.one_folder(canonical(&name[..end]));
        }
        self.one_folder(name)
    }

    fn one_folder(&mut self, name: &str) -> &mut Folder {
        if !self.folders.contains_key(name) {
            let validity = self.next_validity();
            let folder = Folder { special_use: None, validity, next_uid: 1, messages: Vec::new() };
            self.folders.insert(name.to_owned(), folder);
        }
        self.folders.get_mut(name).expect("made above")
    }

    fn next_validity(&mut self) -> u32 {
        self.validity = self.validity.saturating_add(1);
        self.validity
    }
}

impl Folder {
    pub(crate) fn push(&mut self, raw: Arc<[u8]>, flags: BTreeSet<String>, received: Timestamp) -> u32 {
        let uid = self.next_uid;
        self.messages.push(Message { uid, raw, flags, received });
        self.next_uid += 1;
        uid
    }

    pub(crate) fn message(&self, uid: u32) -> Option<&Message> {
        self.position(uid).map(|at| &self.messages[at])
    }

    pub(crate) fn message_mut(&mut self, uid: u32) -> Option<&mut Message> {
        self.position(uid).map(|at| &mut self.messages[at])
    }

    fn position(&self, uid: u32) -> Option<usize> {
        self.messages.binary_search_by_key(&uid, |message| message.uid).ok()
    }
}

/// INBOX is the one name without case (RFC 3501 section 5.1).
fn canonical(name: &str) -> &str {
    if name.eq_ignore_ascii_case(INBOX) { INBOX } else { name }
}

/// The folder that every mailbox has.
pub(crate) const INBOX: &str = "INBOX";
/// What separates the levels of a folder's name.
pub(crate) const DELIMITER: char = '/';

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uids_grow_and_are_never_reused() {
        let mailbox = Mailbox::new();
        assert_eq!(mailbox.append("INBOX", *b"one"), 1);
        assert_eq!(mailbox.append("inbox", *b"two"), 2);
        mailbox.expunge("INBOX", 2);
        assert_eq!(mailbox.append("INBOX", *b"three"), 3);
        let uids: Vec<u32> = mailbox.messages("Inbox").iter().map(|(uid, _)| *uid).collect();
        assert_eq!(uids, [1, 3]);
    }

    #[test]
    fn renumbering_changes_the_validity_and_starts_over() {
        let mailbox = Mailbox::new();
        mailbox.append("INBOX", *b"one");
        mailbox.append("INBOX", *b"two");
        mailbox.expunge("INBOX", 1);
        let before = mailbox.read("INBOX", |folder| folder.validity);
        mailbox.renumber("INBOX");
        assert!(mailbox.read("INBOX", |folder| folder.validity) > before);
        assert_eq!(mailbox.messages("INBOX"), [(1, Arc::from(*b"two"))]);
        assert_eq!(mailbox.append("INBOX", *b"three"), 2);
    }

    #[test]
    fn folders_are_made_with_the_levels_above_them() {
        let mailbox = Mailbox::new();
        mailbox.create_folder("Archive/2024/Sent", Some("\\Sent"));
        let names: Vec<String> = mailbox.folders().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["Archive", "Archive/2024", "Archive/2024/Sent", "INBOX"]);
        assert!(mailbox.messages("Nowhere").is_empty());
        assert_eq!(mailbox.flags("Nowhere", 1), None);
    }

    #[test]
    fn every_change_is_announced() {
        let mailbox = Mailbox::new();
        let mut changes = mailbox.subscribe();
        assert!(!changes.has_changed().unwrap());
        let uid = mailbox.append("INBOX", *b"one");
        assert!(changes.has_changed().unwrap());
        changes.mark_unchanged();
        mailbox.expunge("INBOX", uid);
        assert!(changes.has_changed().unwrap());
    }
}
