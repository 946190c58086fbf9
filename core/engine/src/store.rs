//! The store: one SQLite database in a data directory. It decides nothing.
//!
//! ```text
//! write(|writer| …) ── async mutex ── one connection, one IMMEDIATE transaction: committed when Ok, undone when not
//! read(|reader| …) ─── a few query_only connections, each call one snapshot
//! ```
//! SQL is only here and below, one file per subject, as typed functions of [`Reader`] and [`Writer`]. Several
//! processes may have one store open: SQLite's locks order their writes, and each waits for the other a while.
//! `synchronous=FULL`, since a journal of legal acts must survive a power cut (design decision 6).

pub mod account;
mod error;
mod event;
pub mod evidence;
mod file;
pub mod folder;
pub mod message;
mod migration;
pub mod outbox;
pub mod shipment;
mod turn;
mod value;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::Semaphore;

pub use error::{Error, Result};
pub use file::Installation;
pub use turn::Turn;

/// A store, open. Clones share it.
#[derive(Clone, Debug)]
pub struct Store {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    directory: PathBuf,
    installation: Installation,
    /// The one that writes; none once closed.
    writer: Arc<tokio::sync::Mutex<Option<Connection>>>,
    /// Those that read and are idle.
    readers: Mutex<Vec<Connection>>,
    /// How many may read at once; closed with the store.
    reading: Arc<Semaphore>,
}

/// One snapshot of the store.
#[derive(Debug)]
pub struct Reader<'a> {
    connection: &'a Connection,
}

/// One transaction that writes. It reads too, what it has written included.
#[derive(Debug)]
pub struct Writer<'a> {
    reader: Reader<'a>,
}

/// Which rows of a list.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Page {
    /// At most so many.
    pub limit: u32,
    /// After so many.
    pub offset: u32,
}

impl Store {
    /// Opens the store of a data directory, and makes both where they are missing. Blocks: on disk, and while
    /// another process opens the same store.
    ///
    /// # Errors
    /// [`Error::Damaged`] once for a damaged database, which is moved aside first; [`Error::Newer`],
    /// [`Error::NotWritable`], [`Error::Full`], [`Error::Busy`].
    pub fn open(directory: &Path) -> Result<Self> {
        file::make_directory(directory)?;
        let _lock = file::lock(directory)?;
        let installation = Installation::of(directory)?;
        let writer = file::open_database(directory)?;
        Ok(Self {
            shared: Arc::new(Shared {
                directory: directory.to_owned(),
                installation,
                writer: Arc::new(tokio::sync::Mutex::new(Some(writer))),
                readers: Mutex::default(),
                reading: Arc::new(Semaphore::new(READERS)),
            }),
        })
    }

    /// Does `work` in one transaction: all of it is kept if it ends well, none of it if not. A write that has begun
    /// goes on to its end even if the future is dropped.
    ///
    /// # Errors
    /// Those of `work`, and [`Error::Busy`], [`Error::Closed`], [`Error::DamagedPage`], [`Error::Full`].
    pub async fn write<T, W>(&self, work: W) -> Result<T>
    where
        T: Send + 'static,
        W: FnOnce(&mut Writer<'_>) -> Result<T> + Send + 'static,
    {
        let mut writer = Arc::clone(&self.shared.writer).lock_owned().await;
        self.on_thread(move || {
            let connection = writer.as_mut().ok_or(Error::Closed)?;
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let value = work(&mut Writer { reader: Reader { connection: &transaction } })?;
            transaction.commit()?;
            Ok(value)
        })
        .await
    }

    /// Does `work` on one snapshot.
    ///
    /// # Errors
    /// Those of `work`, and [`Error::Closed`], [`Error::DamagedPage`].
    pub async fn read<T, W>(&self, work: W) -> Result<T>
    where
        T: Send + 'static,
        W: FnOnce(&Reader<'_>) -> Result<T> + Send + 'static,
    {
        let permit = Arc::clone(&self.shared.reading).acquire_owned().await.map_err(|_| Error::Closed)?;
        let shared = Arc::clone(&self.shared);
        self.on_thread(move || {
            let idle = shared.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let connection = idle.map_or_else(|| file::open_reader(&shared.directory), Ok)?;
            let snapshot = Transaction::new_unchecked(&connection, TransactionBehavior::Deferred)?;
            let value = work(&Reader { connection: &snapshot })?;
            snapshot.finish()?;
            shared.readers.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
            drop(permit);
            Ok(value)
        })
        .await
    }

    /// Waits for what is in flight and gives back every file and lock. Afterwards every call says
    /// [`Error::Closed`]; to go on, open again.
    pub async fn close(&self) {
        let writer = self.shared.writer.lock().await.take();
        // Every call that reads keeps its permit until its connection is back: with all of them, none is out.
        let all = u32::try_from(READERS).unwrap_or(u32::MAX);
        let _all = self.shared.reading.acquire_many(all).await;
        self.shared.reading.close();
        let readers =
            std::mem::take(&mut *self.shared.readers.lock().unwrap_or_else(PoisonError::into_inner));
        // Closing the last connection writes the journal back into the database: disk work.
        let closed = tokio::task::spawn_blocking(move || drop((readers, writer)));
        if closed.await.is_err() {
            tracing::error!("closing the store failed");
        }
    }

    /// Which installation of the program this is: what a backup brought here has another.
    pub fn installation(&self) -> &Installation {
        &self.shared.installation
    }

    /// Runs disk work where it may block, and leaves a mark for the next opening where it meets damage.
    async fn on_thread<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let shared = Arc::clone(&self.shared);
        let marked = move || {
            let result = work();
            if matches!(result, Err(Error::DamagedPage)) {
                file::mark_suspect(&shared.directory);
            }
            result
        };
        tokio::task::spawn_blocking(marked).await.unwrap_or_else(|failed| match failed.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Err(Error::Closed),
        })
    }
}

/// A page of a list beside a watch beside an app's screen.
const READERS: usize = 4;

impl<'a> std::ops::Deref for Writer<'a> {
    type Target = Reader<'a>;

    fn deref(&self) -> &Reader<'a> {
        &self.reader
    }
}

impl Reader<'_> {
    /// Which store this is: positions of events mean nothing in one of another epoch.
    ///
    /// # Errors
    /// When the database fails.
    pub fn epoch(&self) -> Result<String> {
        Ok(self.connection.query_row("SELECT epoch FROM store", [], |row| row.get(0))?)
    }
}

/// What LIKE takes for “holds this text”; `%` for no search. SQLite ignores the case of ASCII letters only.
fn search_pattern(search: Option<&str>) -> String {
    let mut pattern = String::from("%");
    for c in search.unwrap_or_default().chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    if pattern.len() > 1 {
        pattern.push('%');
    }
    pattern
}

#[cfg(test)]
mod tests;
