//! The name of a folder: kept as the server writes it, shown decoded (modified UTF-7, RFC 3501 §5.1.3).

use std::fmt;

use base64::Engine;
use base64::alphabet::IMAP_MUTF7;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// A folder's name: kept as the server writes it, shown decoded.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FolderName(String);

impl FolderName {
    /// The folder every mailbox has, where mail arrives.
    pub fn inbox() -> Self {
        Self("INBOX".to_owned())
    }

    /// A name in the form the server uses, as [`as_wire`](Self::as_wire) gave it.
    pub fn from_wire(raw: impl Into<String>) -> Self {
        Self(raw.into())
    }

    /// The name as the server writes it, in modified UTF-7.
    pub fn as_wire(&self) -> &str {
        &self.0
    }
}

/// The name for people; one that is not good modified UTF-7 is shown as it is.
impl fmt::Display for FolderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(decoded(&self.0).as_deref().unwrap_or(&self.0))
    }
}

/// Without the name, which the user may have chosen.
impl fmt::Debug for FolderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FolderName({} bytes)", self.0.len())
    }
}

/// Modified UTF-7: `&` opens base64 of UTF-16, `-` closes it, `&-` is `&` itself.
fn decoded(raw: &str) -> Option<String> {
    let mut pieces = raw.split('&');
    let mut name = pieces.next()?.to_owned();
    for piece in pieces {
        let (coded, plain) = piece.split_once('-')?;
        if coded.is_empty() {
            name.push('&');
        } else {
            let bytes = MUTF7.decode(coded).ok()?;
            let (units, odd) = bytes.as_chunks::<2>();
            if !odd.is_empty() {
                return None;
            }
            let units: Vec<u16> = units.iter().map(|pair| u16::from_be_bytes(*pair)).collect();
            name.push_str(&String::from_utf16(&units).ok()?);
        }
        name.push_str(plain);
    }
    Some(name)
}

const MUTF7: GeneralPurpose = GeneralPurpose::new(
    &IMAP_MUTF7,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true),
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_shown_decoded_and_kept_raw() {
        for (raw, shown) in [
            ("INBOX", "INBOX"),
            ("Novit&AOA-", "Novità"),
            ("A &- B", "A & B"),
            ("~peter/mail/&U,BTFw-/&ZeVnLIqe-", "~peter/mail/台北/日本語"),
            ("&not closed", "&not closed"),
            ("&AOAA-", "&AOAA-"),
            ("&2D0-", "&2D0-"),
        ] {
            let name = FolderName::from_wire(raw);
            assert_eq!(name.to_string(), shown);
            assert_eq!(name.as_wire(), raw);
        }
    }
}
