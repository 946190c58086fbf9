//! What may be submitted: a message and its envelope that pass through SMTP as they are.
//!
//! A CR or LF alone is refused, not repaired: servers disagree on whether it ends a line, so that what follows it
//! could be read as a command or another message, and a repaired message is not the one that was composed.

use recapito_pec::Address;

/// A message that can go through SMTP unchanged, with its envelope.
#[derive(Clone, Copy)]
pub struct Submission<'a> {
    pub(super) sender: &'a Address,
    pub(super) recipients: &'a [Address],
    pub(super) message: &'a [u8],
}

impl<'a> Submission<'a> {
    /// Checks that nothing of it could be read as a command, and that no server has a reason to change it.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn new(
        sender: &'a Address,
        recipients: &'a [Address],
        message: &'a [u8],
    ) -> Result<Self, Unsendable> {
        let is_plain = |address: &Address| {
            let text = address.as_str();
            !text.is_empty()
                && text.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'<' | b'>'))
        };
        if recipients.is_empty() || !is_plain(sender) || !recipients.iter().all(is_plain) {
            return Err(Unsendable::Envelope);
        }
        let mut previous = 0;
        let is_broken = |&byte: &u8| {
            let broken = (previous == b'\r') != (byte == b'\n');
            previous = byte;
            broken
        };
        if message.iter().any(is_broken) || !message.ends_with(b"\r\n") {
            return Err(Unsendable::LineEnds);
        }
        if !message.is_ascii() {
            return Err(Unsendable::EightBit);
        }
        Ok(Self { sender, recipients, message })
    }
}

/// Why a message cannot go through SMTP unchanged.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Unsendable {
    /// Bytes beyond ASCII, which a server without 8BITMIME may change.
    #[error("the message is not 7-bit")]
    EightBit,
    /// No recipient, or an address that would end its command.
    #[error("the envelope holds no recipient or a malformed address")]
    Envelope,
    /// A CR or LF alone, which some servers take for a line end and others do not, or no CRLF at the end.
    #[error("the lines of the message do not all end in CRLF")]
    LineEnds,
}
