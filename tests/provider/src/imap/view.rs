//! The open folder as one session knows it: which message has which number.
//!
//! A message keeps its number until the client has been told otherwise (RFC 3501 section 7.4.1), whatever the
//! folder looks like by then. So a view is a copy, with the bytes shared, and [`View::refresh`] says what has
//! happened since. The UIDs it tells of are always those of the UIDVALIDITY it was opened with.

use std::collections::BTreeSet;
use std::num::NonZeroU32;

use imap_codec::imap_types::core::Vec1;
use imap_codec::imap_types::fetch::MessageDataItem;
use imap_codec::imap_types::flag::{Flag, StoreType};
use imap_codec::imap_types::response::Data;
use imap_codec::imap_types::search::SearchKey;
use imap_codec::imap_types::sequence::{SeqOrUid, Sequence, SequenceSet};

use super::answer::Answer;
use super::{fetch, search};
use crate::mailbox::{Mailbox, Message};

/// An open folder.
pub(crate) struct View {
    mailbox: Mailbox,
    folder: String,
    validity: u32,
    /// The first UID that the client has not heard of.
    next_uid: u32,
    read_only: bool,
    messages: Vec<Message>,
}

/// The folder was renumbered: nothing the client knows of it is true any more.
pub(crate) struct Renumbered;

impl View {
    /// Opens a folder; `None` if it does not exist.
    pub(crate) fn open(mailbox: &Mailbox, folder: &str, read_only: bool) -> Option<Self> {
        mailbox.read(folder, |kept| Self {
            mailbox: mailbox.clone(),
            folder: folder.to_owned(),
            validity: kept.validity,
            next_uid: kept.next_uid,
            read_only,
            messages: kept.messages.clone(),
        })
    }

    /// What has changed since the client was told last; messages that are gone only if it may hear of it now.
    pub(crate) fn refresh(&mut self, may_expunge: bool) -> Result<Vec<Data<'static>>, Renumbered> {
        let (validity, next_uid, messages) = self
            .mailbox
            .read(&self.folder, |kept| (kept.validity, kept.next_uid, kept.messages.clone()))
            .ok_or(Renumbered)?;
        if validity != self.validity {
            return Err(Renumbered);
        }
        let find = |uid: u32| {
            messages.binary_search_by_key(&uid, |message| message.uid).ok().map(|at| &messages[at])
        };
        let mut news = Vec::new();
        if may_expunge {
            // From the end, so that the numbers told are those the client still counts by.
            for at in (0..self.messages.len()).rev() {
                if find(self.messages[at].uid).is_none() {
                    self.messages.remove(at);
                    news.push(Data::Expunge(number(at)));
                }
            }
        }
        for (at, known) in self.messages.iter_mut().enumerate() {
            if let Some(message) = find(known.uid).filter(|message| message.flags != known.flags) {
                known.flags.clone_from(&message.flags);
                news.push(told(at, known, true));
            }
        }
        let arrived = messages.iter().filter(|message| message.uid >= self.next_uid);
        let known = self.messages.len();
        self.messages.extend(arrived.cloned());
        self.next_uid = next_uid;
        if self.messages.len() > known {
            news.push(Data::Exists(count(self.messages.len())));
        }
        Ok(news)
    }

    /// The UIDVALIDITY that the UIDs belong to.
    pub(crate) fn validity(&self) -> u32 {
        self.validity
    }

    /// The UID that the next message will have.
    pub(crate) fn next_uid(&self) -> u32 {
        self.next_uid
    }

    /// Whether the folder was opened with EXAMINE.
    pub(crate) fn is_read_only(&self) -> bool {
        self.read_only
    }

    /// The messages as numbered: the first has the number one.
    pub(crate) fn messages(&self) -> &[Message] {
        &self.messages
    }

    /// The positions of the messages in a set of numbers or UIDs.
    ///
    /// A number without a message is the client's mistake; a UID without one is not (RFC 3501 section 6.4.8).
    pub(crate) fn select(&self, set: &SequenceSet, uid: bool) -> Result<Vec<usize>, Answer> {
        let last = self.last();
        if !uid && largest(set) > last.number {
            return Err(Answer::bad("No message has such a number"));
        }
        let chosen = self.numbered().filter(|(number, message)| {
            if uid {
                search::holds(set, message.uid, last.uid)
            } else {
                search::holds(set, *number, last.number)
            }
        });
        Ok(chosen.map(|(number, _)| number as usize - 1).collect())
    }

    /// The numbers or UIDs of the messages that fit all keys.
    pub(crate) fn search(
        &self,
        keys: &[SearchKey<'_>],
        uid: bool,
    ) -> Result<Vec<NonZeroU32>, search::Unknown> {
        let mut found = Vec::new();
        for (number, message) in self.numbered() {
            let mut fits = true;
            for key in keys {
                fits = fits && search::fits(key, number, message, self.last())?;
            }
            if fits {
                found.extend(NonZeroU32::new(if uid { message.uid } else { number }));
            }
        }
        Ok(found)
    }

    /// Sets `\Seen` on a message that was read, and says whether that is news.
    pub(crate) fn mark_seen(&mut self, at: usize) -> bool {
        let seen = [Flag::Seen];
        !self.read_only
            && !self.messages[at].flags.contains("\\Seen")
            && !self.store(&[at], StoreType::Add, &seen, false).is_empty()
    }

    /// Changes the flags of messages and says what they are now.
    pub(crate) fn store(
        &mut self,
        chosen: &[usize],
        kind: StoreType,
        flags: &[Flag<'_>],
        uid: bool,
    ) -> Vec<Data<'static>> {
        let flags: BTreeSet<String> =
            flags.iter().map(Flag::to_string).filter(|flag| !flag.eq_ignore_ascii_case("\\Recent")).collect();
        let messages = &mut self.messages;
        let changed = self.mailbox.edit(&self.folder, |folder| {
            let mut news = Vec::new();
            for &at in chosen {
                let known = &mut messages[at];
                // Another session may have removed it in the meantime.
                let Some(kept) = folder.message_mut(known.uid) else { continue };
                match kind {
                    StoreType::Add => kept.flags.extend(flags.iter().cloned()),
                    StoreType::Remove => kept.flags.retain(|flag| !flags.contains(flag)),
                    StoreType::Replace => kept.flags.clone_from(&flags),
                }
                known.flags.clone_from(&kept.flags);
                news.push(told(at, known, uid));
            }
            news
        });
        changed.unwrap_or_default()
    }

    /// Removes what is flagged `\Deleted` from the folder; the next refresh tells of it.
    pub(crate) fn expunge(&self) {
        self.mailbox.edit(&self.folder, |folder| {
            folder.messages.retain(|message| !message.flags.contains("\\Deleted"));
        });
    }

    /// Adds copies of messages to another folder, with flags and dates; `None` if that does not exist.
    pub(crate) fn copy(&self, chosen: &[usize], folder: &str) -> Option<()> {
        self.mailbox.edit(folder, |folder| {
            for &at in chosen {
                let Message { raw, flags, received, .. } = self.messages[at].clone();
                folder.push(raw, flags, received);
            }
        })
    }

    fn numbered(&self) -> impl Iterator<Item = (u32, &Message)> {
        (1..).zip(&self.messages)
    }

    fn last(&self) -> search::Last {
        search::Last {
            number: count(self.messages.len()),
            uid: self.messages.last().map_or(0, |message| message.uid),
        }
    }
}

/// A message's number, counted from one.
pub(crate) fn number(at: usize) -> NonZeroU32 {
    NonZeroU32::MIN.saturating_add(count(at))
}

/// A count as IMAP writes it; there is no room for more than fits.
pub(crate) fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// The response that tells of a message's flags.
fn told(at: usize, message: &Message, uid: bool) -> Data<'static> {
    let uid = NonZeroU32::new(message.uid).filter(|_| uid).map(MessageDataItem::Uid);
    let items = uid.into_iter().chain([fetch::flags(&message.flags)]).collect();
    Data::Fetch { seq: number(at), items: Vec1::unvalidated(items) }
}

/// The largest number that a set names; `*` is never too large.
fn largest(set: &SequenceSet) -> u32 {
    let value = |end: &SeqOrUid| match end {
        SeqOrUid::Value(value) => value.get(),
        SeqOrUid::Asterisk => 0,
    };
    let largest = set.0.as_ref().iter().map(|sequence| match sequence {
        Sequence::Single(one) => value(one),
        Sequence::Range(one, other) => value(one).max(value(other)),
    });
    largest.max().unwrap_or(0)
}
