//! The schema as documented is the schema as migrated, from every version on.

use super::*;

const EPOCH: &str = "00112233445566778899aabbccddeeff";

/// Everything that makes a schema, by name.
fn schema(connection: &Connection) -> Vec<(String, String)> {
    let mut statement = connection
        .prepare("SELECT name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY name")
        .unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    rows.collect::<rusqlite::Result<_>>().unwrap()
}

/// A database as the program of that version left it.
fn of_version(version: usize) -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    for migration in MIGRATIONS.iter().take(version) {
        connection.execute_batch(migration).unwrap();
    }
    connection.pragma_update(None, "user_version", u32::try_from(version).unwrap()).unwrap();
    connection
}

#[test]
fn every_old_schema_becomes_the_one_that_is_written_down() {
    let written = Connection::open_in_memory().unwrap();
    written.execute_batch(include_str!("../schema.sql")).unwrap();
    for old in 0..=MIGRATIONS.len() {
        let mut connection = of_version(old);
        migrate(&mut connection, EPOCH).unwrap();
        assert_eq!(schema(&connection), schema(&written), "from version {old}");
        assert_eq!(version(&connection).unwrap() as usize, MIGRATIONS.len());
    }
}

#[test]
fn the_epoch_is_given_once() {
    let mut connection = of_version(0);
    migrate(&mut connection, EPOCH).unwrap();
    migrate(&mut connection, "another").unwrap();
    let epoch: String = connection.query_row("SELECT epoch FROM store", [], |row| row.get(0)).unwrap();
    assert_eq!(epoch, EPOCH);
}

#[test]
fn every_table_is_strict_and_every_key_is_autoincrement() {
    let mut connection = of_version(0);
    migrate(&mut connection, EPOCH).unwrap();
    for (name, sql) in schema(&connection).iter().filter(|(_, sql)| sql.starts_with("CREATE TABLE")) {
        assert!(sql.ends_with("STRICT"), "{name}");
        if sql.contains("id INTEGER PRIMARY KEY") && name != "store" {
            assert!(sql.contains("id INTEGER PRIMARY KEY AUTOINCREMENT"), "{name}");
        }
    }
}
