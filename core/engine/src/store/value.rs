//! How values of the program look in a column: identities as integers, times as milliseconds since 1970, closed sets
//! as the words of the command line's contract, digests as blobs.
//!
//! [`Column`] wraps what other crates own. A word or number that no value stands for is an error of the column, not
//! a guess: only this program writes the store.

use std::collections::BTreeSet;
use std::fmt;

use jiff::{Timestamp, tz::Offset};
use recapito_pec::delivery::State;
use recapito_pec::verification::EvidenceDigest;
use recapito_pec::{Address, CertifiedTime, Kind, Note, Verdict};
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};

use super::account::Protocol;
use super::outbox::OutboxState;
use super::shipment::Origin;
use crate::event::EventKind;
use crate::identity::{AccountId, EventId, FolderName, MessageId, ShipmentId, Uid, UidValidity};

/// A value of another crate, in a column of its own.
#[derive(Clone, Debug)]
pub(super) struct Column<T>(pub(super) T);

/// A column holds what no value stands for.
#[derive(Debug)]
struct Unexpected;

impl fmt::Display for Unexpected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a column holds an unexpected value")
    }
}

impl std::error::Error for Unexpected {}

fn unexpected() -> FromSqlError {
    FromSqlError::Other(Box::new(Unexpected))
}

macro_rules! integer_column {
    ($($type:ty),*) => {$(
        impl ToSql for $type {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(self.0.into())
            }
        }

        impl FromSql for $type {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                i64::column_result(value).map(Self)
            }
        }
    )*};
}
integer_column!(AccountId, MessageId, ShipmentId);

macro_rules! uid_column {
    ($($type:ty),*) => {$(
        impl ToSql for $type {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(self.get().into())
            }
        }

        impl FromSql for $type {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                Self::new(u32::column_result(value)?).ok_or_else(unexpected)
            }
        }
    )*};
}
uid_column!(Uid, UidValidity);

macro_rules! word_column {
    ($($type:ty),*) => {$(
        impl ToSql for Column<$type> {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(self.0.as_str().into())
            }
        }

        impl FromSql for Column<$type> {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                <$type>::from_word(value.as_str()?).map(Self).ok_or_else(unexpected)
            }
        }
    )*};
}
word_column!(EventKind, Kind, Origin, OutboxState, Protocol, State, Verdict);

macro_rules! digest_column {
    ($($type:ty => $make:path),*) => {$(
        impl FromSql for Column<$type> {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                <[u8; 32]>::column_result(value).map($make).map(Self)
            }
        }

        impl ToSql for Column<$type> {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(self.0.0.as_slice().into())
            }
        }
    )*};
}
digest_column!(EventId => EventId, EvidenceDigest => EvidenceDigest);

/// Empty for none.
impl FromSql for Column<Option<EvidenceDigest>> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value.as_blob()? {
            [] => Ok(Self(None)),
            _ => Column::column_result(value).map(|Column(digest)| Self(Some(digest))),
        }
    }
}

impl ToSql for Column<Option<EvidenceDigest>> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.as_ref().map_or(&[][..], |digest| digest.0.as_slice()).into())
    }
}

/// A size; SQLite has no unsigned integers.
impl ToSql for Column<u64> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        i64::try_from(self.0)
            .map(Into::into)
            .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))
    }
}

impl FromSql for Column<u64> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        u64::try_from(i64::column_result(value)?).map(Self).map_err(|_| unexpected())
    }
}

/// Words separated by a space.
impl FromSql for Column<BTreeSet<Note>> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let words = value.as_str()?.split_ascii_whitespace();
        words.map(|word| Note::from_word(word).ok_or_else(unexpected)).collect::<Result<_, _>>().map(Self)
    }
}

impl FromSql for Column<BTreeSet<State>> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let words = value.as_str()?.split_ascii_whitespace();
        words.map(|word| State::from_word(word).ok_or_else(unexpected)).collect::<Result<_, _>>().map(Self)
    }
}

impl ToSql for FolderName {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.as_str().into())
    }
}

impl FromSql for FolderName {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_str().map(Self::new)
    }
}

/// Milliseconds since 1970.
impl ToSql for Column<Timestamp> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.as_millisecond().into())
    }
}

impl FromSql for Column<Timestamp> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Timestamp::from_millisecond(i64::column_result(value)?).map(Self).map_err(|_| unexpected())
    }
}

/// 0 for none.
impl ToSql for Column<Option<Timestamp>> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.map_or(0, Timestamp::as_millisecond).into())
    }
}

impl FromSql for Column<Option<Timestamp>> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let Column(time) = Column::<Timestamp>::column_result(value)?;
        Ok(Self(Some(time).filter(|time| *time != Timestamp::UNIX_EPOCH)))
    }
}

/// Seconds east of UTC, beside the column of the instant.
impl FromSql for Column<Offset> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Offset::from_seconds(i32::column_result(value)?).map(Self).map_err(|_| unexpected())
    }
}

/// As it was written; empty for none.
impl FromSql for Column<Option<Address>> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let text = value.as_str()?;
        Ok(Self((!text.is_empty()).then(|| Address::new(text))))
    }
}

/// An instant and its offset from their two columns; none where the instant is 0.
pub(super) fn certified_time(
    row: &rusqlite::Row<'_>,
    instant: &str,
    offset: &str,
) -> rusqlite::Result<Option<CertifiedTime>> {
    let Column(instant) = row.get::<_, Column<Option<Timestamp>>>(instant)?;
    let Column(offset) = row.get(offset)?;
    Ok(instant.map(|instant| CertifiedTime { instant, offset }))
}

/// The text, or none where it is empty.
pub(super) fn text(row: &rusqlite::Row<'_>, column: &str) -> rusqlite::Result<Option<String>> {
    let text: String = row.get(column)?;
    Ok((!text.is_empty()).then_some(text))
}
