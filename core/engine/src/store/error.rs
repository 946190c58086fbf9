//! What can go wrong with the store, as far as somebody can act on it. No variant shows what a row holds.

use std::io;
use std::path::PathBuf;

use rusqlite::ErrorCode;

/// Why the store could not do what was asked. Nothing of a failed write is kept.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another process has held the store longer than a writer waits.
    #[error("another process is using the store")]
    Busy,
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
    /// The database was found damaged when it was opened, and moved aside, whole. Opening again begins a new one.
    #[error("the database is damaged; it was kept as {}", set_aside.display())]
    Damaged {
        /// Where the damaged database is now.
        set_aside: PathBuf,
    },
    /// A page of the open database is damaged. It is examined, and if need be moved aside, when next opened.
    #[error("the database is damaged; open it again")]
    DamagedPage,
    /// The folder was numbered anew, or opened anew by another process: what was fetched belongs to a past state.
    #[error("the folder has changed meanwhile")]
    FolderChanged,
    /// No space left on the device, or in the quota.
    #[error("no space left for the database")]
    Full,
    /// The file system failed.
    #[error("the data directory cannot be used: {0}")]
    Io(#[from] io::Error),
    /// The database was made by a newer version of the program. Nothing in it was touched.
    #[error("the database is of version {found}, made by a newer program; this one knows {known}")]
    Newer {
        /// The version found.
        found: u32,
        /// The newest version that this program knows.
        known: u32,
    },
    /// The data directory or the database may not be written.
    #[error("the data directory cannot be written")]
    NotWritable,
    /// Anything else that SQLite says.
    #[error("the database failed: {0}")]
    Sqlite(rusqlite::Error),
    /// What was named is not there (any more).
    #[error("not in the store")]
    Unknown,
}

/// What the store gives.
pub type Result<T> = std::result::Result<T, Error>;

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            // These two and nothing milder: a locked phone or a failing disk looks like damage too.
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::DamagedPage,
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly) => Self::NotWritable,
            _ if matches!(error, rusqlite::Error::QueryReturnedNoRows) => Self::Unknown,
            _ => Self::Sqlite(error),
        }
    }
}
