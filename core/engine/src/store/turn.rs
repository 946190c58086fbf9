//! Whose turn it is to submit: a lock of the operating system on a file per account.
//!
//! It is held from before a message is claimed until the end is in the journal. The system lifts it when the process
//! dies, however it dies, so whoever holds it knows that no claim in the journal is alive. The file stays; removing
//! it would let two processes lock two files of one name.

use std::fs::{File, TryLockError};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{Result, Store, file};
use crate::identity::AccountId;

/// The right to submit an account's messages, until dropped.
#[derive(Debug)]
pub struct Turn {
    account: AccountId,
    _lock: File,
}

impl Turn {
    /// Whose messages.
    pub fn account(&self) -> AccountId {
        self.account
    }
}

impl Store {
    /// Takes the turn of an account, waiting as long as `patience` while another process, or another task of this
    /// one, has it. `None` if it still has it then.
    ///
    /// # Errors
    /// When the lock's file cannot be opened or locked.
    pub async fn take_turn(&self, account: AccountId, patience: Duration) -> Result<Option<Turn>> {
        let path = self.shared.directory.join(format!("outbox-{account}.lock"));
        let open = move || file::private().create(true).open(path).map_err(file::classify);
        let lock = self.on_thread(open).await?;
        let start = Instant::now();
        loop {
            match lock.try_lock() {
                Ok(()) => return Ok(Some(Turn { account, _lock: lock })),
                Err(TryLockError::Error(error)) => return Err(file::classify(error)),
                Err(TryLockError::WouldBlock) if start.elapsed() >= patience => return Ok(None),
                // A blocking wait on the lock could not be given up.
                Err(TryLockError::WouldBlock) => sleep(POLL).await,
            }
        }
    }
}

const POLL: Duration = Duration::from_millis(50);
