//! The files of a data directory: the database, a lock held while it is opened, the installation's id.
//!
//! Only the owner may read them. A damaged database is moved aside under a name of its own, with its journal, and
//! never deleted or overwritten. Whether there is damage is judged under the lock, so that two processes that meet
//! it do not move each other's new database.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};

use super::migration::{migrate, refuse_newer};
use super::{Error, Result};

const DATABASE: &str = "recapito.db";
/// Left where a page of the open database was found damaged; asks the next opening to examine it whole.
const SUSPECT: &str = "recapito.db-suspect";
const LOCK: &str = "recapito.lock";
const INSTALLATION: &str = "installation";

/// The id of an installation: random, made once, beside the database and not in it, so that a restored database
/// finds another. A backup must leave out the file `installation`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Installation(String);

impl Installation {
    /// Reads the id of a data directory, or makes one.
    pub(super) fn of(directory: &Path) -> Result<Self> {
        let path = directory.join(INSTALLATION);
        match fs::read_to_string(&path) {
            Ok(id) if id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
                return Ok(Self(id));
            }
            // Not one of ours, as after a full disk: a new id is the careful choice.
            Ok(_) => {}
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::InvalidData) => {}
            Err(error) => return Err(classify(error)),
        }
        let id = random_id()?;
        let fresh = directory.join("installation.new");
        let mut file = private().create(true).truncate(true).open(&fresh).map_err(classify)?;
        file.write_all(id.as_bytes()).and_then(|()| file.sync_all()).map_err(classify)?;
        fs::rename(&fresh, &path).map_err(classify)?;
        Ok(Self(id))
    }

    /// The id as it was stored with a row.
    pub fn from_text(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Makes the data directory where it is missing, for the owner only.
pub(super) fn make_directory(directory: &Path) -> Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory).map_err(classify)
}

/// Takes the lock of opening; it goes with the value. Never held longer than an opening takes.
#[expect(clippy::disallowed_methods, reason = "opening blocks, and is called where it may")]
pub(super) fn lock(directory: &Path) -> Result<File> {
    let file = private().create(true).open(directory.join(LOCK)).map_err(classify)?;
    let begin = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if begin.elapsed() < BUSY_TIMEOUT => thread::sleep(LOCK_INTERVAL),
            Err(TryLockError::WouldBlock) => return Err(Error::Busy),
            // Where the platform has no file locks, as on a phone, the app is the only process.
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => return Ok(file),
            Err(TryLockError::Error(error)) => return Err(classify(error)),
        }
    }
}

const LOCK_INTERVAL: Duration = Duration::from_millis(10);

/// Opens the database for writing, examined and at the newest schema.
pub(super) fn open_database(directory: &Path) -> Result<Connection> {
    let path = directory.join(DATABASE);
    // SQLite gives its journal the permissions of the database.
    private().create(true).open(&path).map_err(classify)?;
    let opened = connect(&path, OpenFlags::SQLITE_OPEN_READ_WRITE).and_then(|mut connection| {
        refuse_newer(&connection)?;
        examine_suspect(directory, &connection)?;
        configure(&connection)?;
        migrate(&mut connection, &random_id()?)?;
        Ok(connection)
    });
    match opened {
        Err(Error::DamagedPage) => Err(Error::Damaged { set_aside: set_aside(directory)? }),
        opened => opened,
    }
}

/// Opens one more connection, which can only read.
pub(super) fn open_reader(directory: &Path) -> Result<Connection> {
    let connection = connect(&directory.join(DATABASE), OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    configure(&connection)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

/// Asks the next opening to examine the database whole. Does its best: there may be no space even for this.
pub(super) fn mark_suspect(directory: &Path) {
    if private().create(true).open(directory.join(SUSPECT)).is_err() {
        tracing::warn!("a damaged database could not be marked as such");
    }
}

fn connect(path: &Path, flags: OpenFlags) -> Result<Connection> {
    let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    Ok(connection)
}

/// How long one process waits for another. Transactions and openings are short: longer means a hung process.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);

fn configure(connection: &Connection) -> Result<()> {
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    // Apple's fsync does not reach the disk; elsewhere this changes nothing.
    connection.pragma_update(None, "fullfsync", true)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // Android has no folder for SQLite's temporary files.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    Ok(())
}

fn examine_suspect(directory: &Path, connection: &Connection) -> Result<()> {
    let mark = directory.join(SUSPECT);
    if !mark.try_exists().map_err(classify)? {
        return Ok(());
    }
    let finding: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if finding != "ok" {
        return Err(Error::DamagedPage);
    }
    fs::remove_file(mark).map_err(classify)
}

/// Moves the database and its journal aside, under a name that nothing has yet.
fn set_aside(directory: &Path) -> Result<PathBuf> {
    let free = (1..1000_u32).map(|count| directory.join(format!("recapito-damaged-{count}.db")));
    let target = free
        .into_iter()
        .find(|path| !path.exists())
        .ok_or_else(|| io::Error::from(io::ErrorKind::AlreadyExists))?;
    for suffix in ["-wal", "-shm", ""] {
        let from = with_suffix(&directory.join(DATABASE), suffix);
        match fs::rename(from, with_suffix(&target, suffix)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            renamed => renamed.map_err(classify)?,
        }
    }
    match fs::remove_file(directory.join(SUSPECT)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(classify(error)),
        _ => Ok(target),
    }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// For a file that only its owner may read.
pub(super) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

pub(super) fn classify(error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Error::NotWritable,
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Error::Full,
        _ => Error::Io(error),
    }
}

/// 128 random bits, in hexadecimal.
fn random_id() -> Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| io::Error::other(error.to_string()))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
