//! The identities that pass between modules; none of them is ever a bare integer or string.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

macro_rules! row_identity {
    ($(#[$doc:meta])* $name:ident, $letter:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($letter, "{}"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = UnknownIdentity;

            fn from_str(text: &str) -> Result<Self, UnknownIdentity> {
                let digits = text.strip_prefix($letter).ok_or(UnknownIdentity)?;
                digits.parse().map(Self).map_err(|_| UnknownIdentity)
            }
        }
    };
}

row_identity! {
    /// An account of this store, written `a1`.
    AccountId, "a"
}
row_identity! {
    /// A stored message, written `m1`.
    MessageId, "m"
}
row_identity! {
    /// A shipment, written `s1`.
    ShipmentId, "s"
}

/// A text that is no identity of the expected kind.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not an identity of this kind")]
pub struct UnknownIdentity;

/// What an event is, wherever and however often it is found: a digest of its evidence, kind and recipient. A phone's
/// notification carries it as its id, so that a repeat replaces and never doubles.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct EventId(pub [u8; 32]);

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().take(16).try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

macro_rules! imap_number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub struct $name(pub NonZeroU32);

        impl $name {
            /// The one of that number; zero is none.
            pub fn new(number: u32) -> Option<Self> {
                NonZeroU32::new(number).map(Self)
            }

            /// Its number.
            pub fn get(self) -> u32 {
                self.0.get()
            }
        }
    };
}

imap_number! {
    /// A message's number in a folder, never given to another message while the [`UidValidity`] stays the same
    /// (RFC 3501 §2.3.1.1).
    Uid
}
imap_number! {
    /// The generation of a folder's UIDs: with another value, every UID known before means nothing.
    UidValidity
}

impl Uid {
    /// The lowest there can be.
    pub const FIRST: Self = Self(NonZeroU32::MIN);
}

/// The name of a folder, as it is on the wire (modified UTF-7 or UTF-8, RFC 3501 §5.1.3).
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct FolderName(String);

impl FolderName {
    /// Takes the name as the server gave it.
    pub fn new(name: &str) -> Self {
        Self(name.to_owned())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_with_its_letter_and_read_back() {
        assert_eq!(ShipmentId(12).to_string(), "s12");
        assert_eq!("m34".parse(), Ok(MessageId(34)));
        assert_eq!("34".parse::<MessageId>(), Err(UnknownIdentity));
        assert_eq!("s34".parse::<MessageId>(), Err(UnknownIdentity));
    }
}
