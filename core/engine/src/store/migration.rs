//! The schema's history. A migration is an append-only file, run in one transaction with its version number, which
//! SQLite keeps in the header of the database (`user_version`). `schema.sql` shows where they lead.

use rusqlite::{Connection, TransactionBehavior};

use super::{Error, Result};

/// Each in one transaction, in order; the version of a store is how many have run.
pub(super) const MIGRATIONS: &[&str] = &[include_str!("migrations/0001_init.sql")];

/// Brings the database to the newest schema.
pub(super) fn migrate(connection: &mut Connection, epoch: &str) -> Result<()> {
    for (migration, version) in MIGRATIONS.iter().zip(1..) {
        if self::version(connection)? >= version {
            continue;
        }
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute_batch(migration)?;
        transaction.pragma_update(None, "user_version", version)?;
        transaction.execute("INSERT OR IGNORE INTO store (id, epoch) VALUES (1, ?1)", [epoch])?;
        transaction.commit()?;
    }
    Ok(())
}

/// Refuses a database of a newer program, before anything in it is touched.
pub(super) fn refuse_newer(connection: &Connection) -> Result<()> {
    let known = u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX);
    match version(connection)? {
        found if found > known => Err(Error::Newer { found, known }),
        _ => Ok(()),
    }
}

/// The version of the schema; 0 for a database just made.
fn version(connection: &Connection) -> Result<u32> {
    Ok(connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

#[cfg(test)]
mod tests;
