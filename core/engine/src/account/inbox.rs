//! Fetches and stores everything that INBOX holds and the store does not.
//!
//! ```text
//! EXAMINE ── plan ── list with sizes ── [ fetch ──> receive ── cursor ] … ── complete
//! ```
//! The cursor moves past a message only once it is stored, was passed over as too large, or, asked for again, is not
//! listed any more. What came before a cut, a NO or a stop is stored, and the cursor stands before the first message
//! that did not come. A message that is listed and not given holds the cursor, not the messages behind it: those are
//! stored too, and are not fetched again.

use std::collections::{BTreeMap, BTreeSet};

use tokio::sync::watch;

use super::{Mailbox, OnPulse, Pulse, Refreshed, stopped};
use crate::cursor::{self, Plan, Selected};
use crate::error::Error;
use crate::identity::{FolderName, Uid};
use crate::imap::{Body, Session, UidSet};
use crate::receive::{self, Batch};

/// How far the fetching of a folder has come.
struct Progress {
    folder: FolderName,
    selected: Selected,
    refreshed: Refreshed,
    /// The first message that is listed and was not given: the cursor does not pass it.
    withheld: Option<Uid>,
}

impl Mailbox {
    /// Fetches and stores what is new; none if `stop` changed before it was complete.
    pub(super) async fn catch_up(
        &self,
        session: &mut Session,
        stop: &mut watch::Receiver<bool>,
        pulse: &OnPulse,
    ) -> Result<Option<Refreshed>, Error> {
        let folder = FolderName::inbox();
        // Before the listing: of a receipt that comes while it is being fetched nothing is proven.
        let begun = self.clock.now();
        let (selected, sizes) = tokio::select! {
            listed = self.list(session, &folder) => listed?,
            () = stopped(stop) => return Ok(None),
        };
        let mut progress = Progress { folder, selected, refreshed: Refreshed::default(), withheld: None };
        for batch in batches(sizes) {
            if !self.fetch(session, batch, &mut progress, stop, pulse).await? {
                return Ok(None);
            }
        }
        if progress.withheld.is_none() {
            let (account, folder) = (self.account.id, progress.folder);
            let Selected { uid_validity, uid_next, highest_modseq, .. } = selected;
            self.store
                .write(move |writer| {
                    writer.complete_folder(account, &folder, uid_validity, uid_next, highest_modseq, begun)
                })
                .await?;
        }
        Ok(Some(progress.refreshed))
    }

    /// What the folder holds and the store does not, with sizes.
    async fn list(
        &self,
        session: &mut Session,
        folder: &FolderName,
    ) -> Result<(Selected, BTreeMap<Uid, Option<u32>>), Error> {
        let selected = session.examine(folder).await.map_err(|error| self.imap_error(error))?;
        let Some(from) = self.first_to_fetch(session, folder, selected).await? else {
            return Ok((selected, BTreeMap::new()));
        };
        let mut sizes =
            session.sizes(&UidSet::starting_at(from)).await.map_err(|error| self.imap_error(error))?;
        let (account, name) = (self.account.id, folder.clone());
        let stored = self.store.read(move |reader| reader.uids(account, &name, from)).await?;
        sizes.retain(|uid, _| !stored.contains(uid));
        Ok((selected, sizes))
    }

    /// Where to begin, by the cursor's plan; a folder that is new, or new again, is noted first.
    async fn first_to_fetch(
        &self,
        session: &mut Session,
        folder: &FolderName,
        selected: Selected,
    ) -> Result<Option<Uid>, Error> {
        let (account, name) = (self.account.id, folder.clone());
        let stored = self.store.read(move |reader| reader.folder(account, &name)).await?;
        let last = match cursor::plan(stored.map(|(_, state)| state).as_ref(), &selected) {
            Plan::Open { alerts_from: None } | Plan::Reset { alerts_from: None } => {
                self.uid_after_last(session).await?
            }
            _ => Uid::FIRST,
        };
        let name = folder.clone();
        let from = self.store.write(move |writer| {
            // Planned again, since another process may have opened the folder meanwhile.
            let stored = writer.folder(account, &name)?.map(|(_, state)| state);
            Ok(match cursor::plan(stored.as_ref(), &selected) {
                Plan::UpToDate => None,
                Plan::Fetch { from } => Some(from),
                Plan::Open { alerts_from } | Plan::Reset { alerts_from } => {
                    writer.open_folder(account, &name, selected.uid_validity, alerts_from.unwrap_or(last))?;
                    Some(Uid::FIRST)
                }
            })
        });
        Ok(from.await?)
    }

    /// What UIDNEXT would say, from a server that does not.
    async fn uid_after_last(&self, session: &mut Session) -> Result<Uid, Error> {
        let sizes = session.sizes(&UidSet::starting_at(Uid::FIRST)).await;
        let sizes = sizes.map_err(|error| self.imap_error(error))?;
        Ok(sizes.last_key_value().map_or(Uid::FIRST, |(last, _)| last.next()))
    }

    /// Fetches one batch and stores it: raw bytes, verdicts, states, events and cursor in one transaction. Says no
    /// if it was stopped.
    async fn fetch(
        &self,
        session: &mut Session,
        batch: BTreeSet<Uid>,
        progress: &mut Progress,
        stop: &mut watch::Receiver<bool>,
        pulse: &OnPulse,
    ) -> Result<bool, Error> {
        let Some(last) = batch.last().copied() else { return Ok(true) };
        let mut awaited = batch;
        let mut arrived = Vec::new();
        let mut bytes = 0_u64;
        let mut fetch = session
            .fetch(&awaited.iter().copied().collect())
            .await
            .map_err(|error| self.imap_error(error))?;
        let mut ended = loop {
            let next = tokio::select! {
                biased;
                next = fetch.next() => next,
                () = stopped(stop) => break Ok(false),
            };
            let fetched = match next {
                Ok(Some(fetched)) => fetched,
                Ok(None) => break Ok(true),
                Err(error) => break Err(self.imap_error(error)),
            };
            match fetched.body {
                Body::Whole(raw) => {
                    bytes = bytes.saturating_add(u64::try_from(raw.len()).unwrap_or(u64::MAX));
                    awaited.remove(&fetched.uid);
                    arrived.push((fetched.uid, raw));
                }
                Body::TooLarge { size } => {
                    awaited.remove(&fetched.uid);
                    progress.refreshed.too_large.push(size);
                }
                Body::Missing => {}
            }
            // The sizes that the batch was cut by were only the server's word.
            if bytes > BATCH_BYTES {
                let next_uid = awaited.first().copied().unwrap_or(last.next());
                self.keep(std::mem::take(&mut arrived), next_uid, progress, pulse).await?;
                bytes = 0;
            }
        };
        if matches!(ended, Ok(true)) && !awaited.is_empty() {
            match session.sizes(&awaited.iter().copied().collect()).await {
                // Those that are gone were deleted on the server a moment ago: there is nothing to keep.
                Ok(listed) => {
                    awaited = listed.into_keys().collect();
                    let withheld = &mut progress.refreshed.withheld;
                    *withheld = withheld.saturating_add(awaited.len());
                    progress.withheld = progress.withheld.or(awaited.first().copied());
                }
                // What has arrived is stored all the same.
                Err(error) => ended = Err(self.imap_error(error)),
            }
        }
        let next_uid = awaited.first().copied().unwrap_or(last.next());
        self.keep(arrived, next_uid, progress, pulse).await?;
        ended
    }

    /// Stores what has arrived; below `next_uid` nothing is missing but what is withheld.
    async fn keep(
        &self,
        messages: Vec<(Uid, Vec<u8>)>,
        next_uid: Uid,
        progress: &mut Progress,
        pulse: &OnPulse,
    ) -> Result<(), Error> {
        let fetched = &mut progress.refreshed.fetched;
        *fetched = fetched.saturating_add(messages.len());
        let batch = Batch {
            account: self.account.id,
            folder: progress.folder.clone(),
            uid_validity: progress.selected.uid_validity,
            messages,
            next_uid: progress.withheld.map_or(next_uid, |withheld| withheld.min(next_uid)),
        };
        let received = receive::receive(&self.store, batch, &self.anchors, self.clock.now()).await?;
        if !received.events.is_empty() {
            pulse(Pulse::Events);
        }
        Ok(())
    }
}

/// Cuts what is to be fetched into batches that one transaction takes: the cursor moves often enough that a slow
/// line does not fetch the same again (chatmail/core#6936), and memory stays bounded.
fn batches(sizes: impl IntoIterator<Item = (Uid, Option<u32>)>) -> Vec<BTreeSet<Uid>> {
    let mut batches: Vec<BTreeSet<Uid>> = Vec::new();
    let mut bytes = BATCH_BYTES;
    for (uid, size) in sizes {
        // Unknown sizes count as a receipt's usual one.
        let size = u64::from(size.unwrap_or(16 * 1024));
        match batches.last_mut() {
            Some(batch) if batch.len() < BATCH_MESSAGES && bytes.saturating_add(size) <= BATCH_BYTES => {
                batch.insert(uid);
                bytes = bytes.saturating_add(size);
            }
            _ => {
                batches.push(BTreeSet::from([uid]));
                bytes = size;
            }
        }
    }
    batches
}

/// Design decision 2: a few whole messages.
const BATCH_MESSAGES: usize = 64;
const BATCH_BYTES: u64 = 4 << 20;

#[cfg(test)]
mod tests;
