//! Content-Transfer-Encoding (RFC 2045 §6), undone piece by piece so that an attachment needs no memory of its size.
//!
//! Tolerant, since what is broken must be shown rather than lost: lines of any width, white space anywhere, missing
//! padding. What goes beyond that is passed over and noted.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use std::ops::ControlFlow;

use super::{Field, Problem};

/// How a body is written.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Encoding {
    /// base64.
    Base64,
    /// As it is: 7bit, 8bit, binary, or nothing said.
    Identity,
    /// quoted-printable.
    QuotedPrintable,
    /// Some other word; the bytes are taken as they are.
    Unknown,
}

/// A body without its transfer encoding.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Decoded {
    /// The content, or what could be had of it.
    pub bytes: Vec<u8>,
    /// Why that is not all of it, or not certain.
    pub problem: Option<Problem>,
}

/// Where decoded bytes go; it may say that it has enough.
type Sink<'s> = dyn FnMut(&[u8]) -> ControlFlow<()> + 's;

impl Encoding {
    pub(super) fn of(field: Field<'_>) -> Self {
        let word = super::Media::parse(field.value).name;
        match word.as_str() {
            "7bit" | "8bit" | "binary" => Self::Identity,
            "base64" => Self::Base64,
            "quoted-printable" => Self::QuotedPrintable,
            _ => Self::Unknown,
        }
    }

    /// All of a body, up to `most` bytes.
    pub fn decode(self, body: &[u8], most: usize) -> Decoded {
        let mut bytes = Vec::new();
        let mut fits = true;
        let problem = self.stream(body, &mut |piece| {
            let room = most.saturating_sub(bytes.len());
            bytes.extend_from_slice(piece.get(..room).unwrap_or(piece));
            fits = piece.len() <= room;
            if fits { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        Decoded { bytes, problem: if fits { problem } else { Some(Problem::TooLarge) } }
    }

    /// How many bytes a body has once decoded.
    pub fn decoded_len(self, body: &[u8]) -> usize {
        let mut len = 0usize;
        self.stream(body, &mut |piece| {
            len = len.saturating_add(piece.len());
            ControlFlow::Continue(())
        });
        len
    }

    /// Gives a body to `sink`: base64 in pieces of a few kilobytes, quoted-printable line by line, the rest whole.
    pub fn stream(self, body: &[u8], sink: &mut Sink<'_>) -> Option<Problem> {
        let is_sound = match self {
            Self::Base64 => stream_base64(body, sink),
            Self::QuotedPrintable => stream_quoted_printable(body, sink),
            Self::Identity | Self::Unknown => {
                let _ = sink(body);
                true
            }
        };
        match self {
            Self::Unknown => Some(Problem::UnknownEncoding),
            _ => (!is_sound).then_some(Problem::BrokenEncoding),
        }
    }
}

/// Whether the text is sound. The first padding ends the data (RFC 2045 §6.8).
fn stream_base64(body: &[u8], sink: &mut Sink<'_>) -> bool {
    let mut is_sound = true;
    let mut is_ended = false;
    let mut digits = Vec::with_capacity(BASE64_PIECE);
    for byte in body {
        match byte {
            b'=' => is_ended = true,
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' if !is_ended => {
                digits.push(*byte);
                if digits.len() >= BASE64_PIECE {
                    if sink(&BASE64.decode(&digits).unwrap_or_default()).is_break() {
                        return is_sound;
                    }
                    digits.clear();
                }
            }
            b' ' | b'\t' | b'\r' | b'\n' => {}
            _ => is_sound = false,
        }
    }
    // A lone last digit holds no whole byte.
    if digits.len().checked_rem(4) == Some(1) {
        digits.pop();
        is_sound = false;
    }
    let _ = sink(&BASE64.decode(&digits).unwrap_or_default());
    is_sound
}

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Digits decoded at a time; a multiple of four.
const BASE64_PIECE: usize = 4096;

/// Whether the text is sound. White space at the end of a line was added on the way (RFC 2045 §6.7 (3)).
fn stream_quoted_printable(body: &[u8], sink: &mut Sink<'_>) -> bool {
    let mut is_sound = true;
    for line in body.split_inclusive(|byte| *byte == b'\n') {
        let text = line.trim_ascii_end();
        let line_end: &[u8] = match line {
            [.., b'\r', b'\n'] => b"\r\n",
            [.., b'\n'] => b"\n",
            _ => b"",
        };
        let (text, line_end) = match text.strip_suffix(b"=") {
            Some(text) => (text, &b""[..]),
            None => (text, line_end),
        };
        let mut pieces = text.split(|byte| *byte == b'=');
        let mut decoded = pieces.next().unwrap_or_default().to_vec();
        for piece in pieces {
            match piece.split_at_checked(2).and_then(|(digits, rest)| Some((hex_byte(digits)?, rest))) {
                Some((byte, rest)) => {
                    decoded.push(byte);
                    decoded.extend_from_slice(rest);
                }
                None => {
                    is_sound = false;
                    decoded.push(b'=');
                    decoded.extend_from_slice(piece);
                }
            }
        }
        decoded.extend_from_slice(line_end);
        if sink(&decoded).is_break() {
            break;
        }
    }
    is_sound
}

fn hex_byte(digits: &[u8]) -> Option<u8> {
    let digits = str::from_utf8(digits).ok().filter(|digits| !digits.starts_with('+'))?;
    u8::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(encoding: Encoding, body: &str, expected: &str, problem: Option<Problem>) {
        let decoded = encoding.decode(body.as_bytes(), 1_000_000);
        assert_eq!(String::from_utf8_lossy(&decoded.bytes), expected, "{body:?}");
        assert_eq!(decoded.problem, problem, "{body:?}");
        assert_eq!(encoding.decoded_len(body.as_bytes()), decoded.bytes.len());
    }

    #[test]
    fn base64() {
        let broken = Some(Problem::BrokenEncoding);
        check(Encoding::Base64, "Y2lhbyE=", "ciao!", None);
        check(Encoding::Base64, "Y2\r\nlh\n bw\t==\r\n\r\n", "ciao", None);
        check(Encoding::Base64, "Y2lhbw", "ciao", None);
        check(Encoding::Base64, "Y2lhbx", "ciao", None);
        check(Encoding::Base64, "", "", None);
        check(Encoding::Base64, "Y2lhbw==footer", "ciao", broken);
        check(Encoding::Base64, "Y2.lh-bw", "ciao", broken);
        check(Encoding::Base64, "Y2lhb", "cia", broken);
        let long = "Y2lh".repeat(5_000);
        check(Encoding::Base64, &long, &"cia".repeat(5_000), None);
    }

    #[test]
    fn quoted_printable() {
        let broken = Some(Problem::BrokenEncoding);
        check(Encoding::QuotedPrintable, "citt=C3=A0 =\r\n=3d x  \r\ny\n", "città = x\r\ny\n", None);
        check(Encoding::QuotedPrintable, "soft= \t\nend", "softend", None);
        check(Encoding::QuotedPrintable, "=", "", None);
        check(Encoding::QuotedPrintable, "a=XYb=4", "a=XYb=4", broken);
        check(Encoding::QuotedPrintable, "=+1", "=+1", broken);
    }

    #[test]
    fn others_are_as_they_are() {
        check(Encoding::Identity, "a=41\r\n", "a=41\r\n", None);
        check(Encoding::Unknown, "a=41\r\n", "a=41\r\n", Some(Problem::UnknownEncoding));
    }

    #[test]
    fn stops_at_the_size_allowed() {
        for (encoding, body) in [
            (Encoding::Base64, "Y2lh".repeat(10_000)),
            (Encoding::QuotedPrintable, "abc\n".repeat(10_000)),
            (Encoding::Identity, "abc\n".repeat(10_000)),
        ] {
            let decoded = encoding.decode(body.as_bytes(), 10);
            assert_eq!((decoded.bytes.len(), decoded.problem), (10, Some(Problem::TooLarge)));
        }
    }
}
