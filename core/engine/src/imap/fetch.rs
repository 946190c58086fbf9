//! Messages, one by one, as the server sends them; and their sizes, so that batches can be cut.
//!
//! A fetch has ended well only when the server has said OK: whatever arrived before a cut or a NO is good,
//! but nothing may be concluded from what did not arrive.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use jiff::Timestamp;

use super::MOST_MESSAGES;
use super::dialogue::{Dialogue, after};
use super::error::Error;
use super::reply::Reply;
use super::uid_set::UidSet;
use crate::identity::Uid;

/// A fetch under way. Dropped before its end it leaves the session of no use.
#[derive(Debug)]
pub struct Fetch<'a> {
    dialogue: &'a mut Dialogue,
    wanted: UidSet,
    given: BTreeSet<Uid>,
    ended: bool,
}

/// A message as the server holds it.
#[derive(Debug)]
pub struct Fetched {
    /// Its number in the folder.
    pub uid: Uid,
    /// When the server took it in; none where the server's date cannot be read.
    pub internal_date: Option<Timestamp>,
    /// Its content.
    pub body: Body,
}

/// A message's content.
pub enum Body {
    /// The server has no text for it: most often it was deleted a moment ago.
    Missing,
    /// It is larger than the session's limit and was passed over.
    TooLarge {
        /// The announced size in bytes.
        size: u64,
    },
    /// Every byte, as the server sent it.
    Whole(Vec<u8>),
}

impl<'a> Fetch<'a> {
    pub(super) async fn start(dialogue: &'a mut Dialogue, uids: &UidSet) -> Result<Self, Error> {
        // An empty set cannot be written; there is nothing to ask.
        if !uids.is_empty() {
            dialogue.start(&format!("UID FETCH {uids} (UID INTERNALDATE BODY.PEEK[])"), &[]).await?;
        }
        Ok(Self { dialogue, wanted: uids.clone(), given: BTreeSet::new(), ended: uids.is_empty() })
    }

    /// The next message, in the server's order, each once; none when the server has said that this was all.
    ///
    /// Messages of the set that are not there any more do not come. May be dropped and called again.
    pub async fn next(&mut self) -> Result<Option<Fetched>, Error> {
        let deadline = after(LONGEST_FETCH);
        while !self.ended {
            match self.dialogue.reply(deadline).await? {
                Reply::Done { ending, .. } => {
                    self.ended = true;
                    ending.into_result()?;
                }
                Reply::Fetch(item) => {
                    // Without a body it tells of something else, such as flags set by another client.
                    let Some(body) = item.body else { continue };
                    let uid = item.uid.ok_or(Error::Protocol("a message without UID"))?;
                    if self.wanted.contains(uid) && self.given.insert(uid) {
                        return Ok(Some(Fetched { uid, internal_date: item.internal_date, body }));
                    }
                }
                _ => {}
            }
        }
        Ok(None)
    }
}

/// The size of each message of a set.
pub(super) async fn sizes(
    dialogue: &mut Dialogue,
    uids: &UidSet,
) -> Result<BTreeMap<Uid, Option<u32>>, Error> {
    let mut sizes = BTreeMap::new();
    if uids.is_empty() {
        return Ok(sizes);
    }
    dialogue.start(&format!("UID FETCH {uids} (UID RFC822.SIZE)"), &[]).await?;
    dialogue
        .finish_within(LONGEST_FETCH, |reply| {
            let Reply::Fetch(item) = reply else { return Ok(()) };
            let Some(uid) = item.uid.filter(|uid| uids.contains(*uid)) else { return Ok(()) };
            if sizes.len() >= MOST_MESSAGES {
                return Err(Error::Limit("too many messages"));
            }
            // A change of flags may come in between, and says nothing of the size.
            let size = sizes.entry(uid).or_insert(None);
            *size = item.size.or(*size);
            Ok(())
        })
        .await?;
    Ok(sizes)
}

/// Without the content.
impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("Missing"),
            Self::TooLarge { size } => write!(f, "TooLarge({size} bytes)"),
            Self::Whole(bytes) => write!(f, "Whole({} bytes)", bytes.len()),
        }
    }
}

/// The largest message at 40 KB/s. Silence is noticed much earlier; this ends a server that only drips.
const LONGEST_FETCH: Duration = Duration::from_secs(3600);
