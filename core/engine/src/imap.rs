//! A PEC mailbox over IMAP (RFC 3501): look, list, fetch, wait. Nothing is flagged, moved or deleted.
//!
//! ```text
//! net::Stream ──> guard ──> async-imap's parser ──> reply ──> dialogue ──> Session's commands
//! ```
//!
//! It takes a stream and never dials; it decides nothing: what to fetch next and when to try again is said by
//! the caller. Every command reads its own tagged answer, so a NO is never swallowed and a partial result never
//! taken for a whole one. Folders are opened with EXAMINE, messages read with BODY.PEEK: the mailbox is a
//! legal archive. Anything the server sends is bounded in size, depth and time.

mod dialogue;
mod error;
mod fetch;
mod folder;
mod guard;
mod idle;
mod login;
mod reply;
mod uid_set;

use std::collections::BTreeMap;
use std::time::Duration;

pub use self::dialogue::Transport;
pub use self::error::{Error, Refusal, Words};
pub use self::fetch::{Body, Fetch, Fetched};
pub use self::folder::{Folder, Role};
pub use self::idle::IdleEnd;
pub use self::login::Connection;
pub use self::reply::Capabilities;
pub use self::uid_set::UidSet;

use self::dialogue::Dialogue;
use self::reply::{Note, Reply};
use crate::cursor::Selected;
use crate::identity::{FolderName, Uid};

/// A mailbox somebody has logged in to. Made by [`Connection::login`].
///
/// A command that fails with anything but NO or BAD, or whose future is dropped before its end, leaves the
/// session of no use: every later command then says [`Error::Closed`].
#[derive(Debug)]
pub struct Session {
    dialogue: Dialogue,
    capabilities: Capabilities,
    /// Whether the server has been seen to break the silence of an IDLE by itself.
    keeps_alive: bool,
}

/// What a session bears with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The largest message taken, in bytes; a larger one is skipped and reported ([`Body::TooLarge`]).
    pub message: u64,
    /// How long the server may be silent while an answer is due.
    pub silence: Duration,
    /// How long a command may take altogether; for a message or a list of sizes it is an hour.
    pub command: Duration,
}

/// What to search for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Search<'a> {
    /// Messages with a header field of that name that contains that value, in any case of letters.
    Header {
        /// The field's name, without colon.
        name: &'a str,
        /// What it contains.
        value: &'a str,
    },
    /// Messages with UIDs of that set.
    Uids(&'a UidSet),
}

impl Session {
    /// What the server can do, as it said after the login.
    pub fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    /// Every folder of the mailbox.
    pub async fn list(&mut self) -> Result<Vec<Folder>, Error> {
        // RFC 6154 §2: without the return option a server need not tell the roles.
        let extended = self.capabilities.has("SPECIAL-USE") && self.capabilities.has("LIST-EXTENDED");
        let command = if extended { r#"LIST "" "*" RETURN (SPECIAL-USE)"# } else { r#"LIST "" "*""# };
        let mut folders = Vec::new();
        self.dialogue
            .run(command, &[], |reply| match reply {
                Reply::Folder(_) if folders.len() >= MOST_FOLDERS => Err(Error::Limit("too many folders")),
                Reply::Folder(folder) => {
                    folders.push(folder);
                    Ok(())
                }
                _ => Ok(()),
            })
            .await?;
        Ok(folders)
    }

    /// Opens a folder for looking only; [`fetch`](Self::fetch) and the others work on it from here on.
    pub async fn examine(&mut self, folder: &FolderName) -> Result<Selected, Error> {
        let (mut uid_validity, mut uid_next, mut exists, mut highest_modseq) = (None, None, 0, None);
        self.dialogue.list_again();
        self.dialogue
            .run("EXAMINE", &[folder.as_wire().as_bytes()], |reply| {
                match reply {
                    Reply::Exists(count) => exists = count,
                    Reply::Note(Note::HighestModSeq(value)) => highest_modseq = Some(value),
                    Reply::Note(Note::UidNext(value)) => uid_next = value,
                    Reply::Note(Note::UidValidity(value)) => uid_validity = value,
                    _ => {}
                }
                Ok(())
            })
            .await?;
        // What the answer itself says is no news.
        self.dialogue.list_again();
        // RFC 3501 §6.3.1: a server that does not say it has no UIDs that last.
        let uid_validity = uid_validity.ok_or(Error::Protocol("a folder without UIDVALIDITY"))?;
        Ok(Selected { uid_validity, uid_next, exists, highest_modseq })
    }

    /// The UIDs of the messages found, in order.
    ///
    /// More than about 30,000 in one answer exceed a limit: search by [`Search::Uids`] in windows.
    pub async fn uid_search(&mut self, search: Search<'_>) -> Result<Vec<Uid>, Error> {
        self.dialogue.list_again();
        let mut found = Vec::new();
        let mut collect = |reply| {
            if let Reply::Search(uids) = reply {
                found.extend(uids);
            }
            if found.len() > MOST_MESSAGES { Err(Error::Limit("too many search results")) } else { Ok(()) }
        };
        match search {
            Search::Header { name, value } => {
                // RFC 3501 §6.4.4: without a charset the value is US-ASCII.
                let ascii = name.is_ascii() && value.is_ascii();
                let command = if ascii { "UID SEARCH HEADER" } else { "UID SEARCH CHARSET UTF-8 HEADER" };
                self.dialogue.run(command, &[name.as_bytes(), value.as_bytes()], collect).await?;
            }
            Search::Uids(uids) if uids.is_empty() => collect(Reply::Other)?,
            Search::Uids(uids) => {
                self.dialogue.run(&format!("UID SEARCH UID {uids}"), &[], collect).await?;
                // RFC 3501 §6.4.8: `n:*` names the last message even where its UID is below n.
                found.retain(|uid| uids.contains(*uid));
            }
        }
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }

    /// The messages of a set that are there, each with its size in bytes; none where the server does not say,
    /// or says more than 4 GB.
    pub async fn sizes(&mut self, uids: &UidSet) -> Result<BTreeMap<Uid, Option<u32>>, Error> {
        self.dialogue.list_again();
        fetch::sizes(&mut self.dialogue, uids).await
    }

    /// Starts to fetch the messages of a set, whole. See [`Fetch::next`].
    pub async fn fetch(&mut self, uids: &UidSet) -> Result<Fetch<'_>, Error> {
        Fetch::start(&mut self.dialogue, uids).await
    }

    /// Asks for nothing, so that the server tells news, and does not think us gone.
    /// Returns whether the number of messages has changed since the last listing.
    pub async fn noop(&mut self) -> Result<bool, Error> {
        self.dialogue.run("NOOP", &[], |_| Ok(())).await?;
        Ok(self.dialogue.has_news())
    }

    /// Says goodbye and closes. Nothing depends on it: a server notices a closed connection by itself.
    pub async fn logout(mut self) -> Result<(), Error> {
        match self.dialogue.run("LOGOUT", &[], |_| Ok(())).await {
            Ok(_) | Err(Error::Bye(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

impl Limits {
    /// For a PEC mailbox: providers accept messages of up to 100 MB, which BASE64 makes 137.
    pub const PEC: Self = Self {
        message: 150 * 1024 * 1024,
        silence: Duration::from_secs(60),
        command: Duration::from_secs(120),
    };
}

/// The silence that the stream below must bear with: IDLE is quiet between two renewals. The session's own
/// limits are tighter wherever an answer is due.
pub const STREAM_SILENCE: Duration = Duration::from_secs(30 * 60);

/// A mailbox with more folders than this is not one.
const MOST_FOLDERS: usize = 10_000;

/// The most messages of a folder that are listed at once.
const MOST_MESSAGES: usize = 1_000_000;

#[cfg(test)]
mod tests;
