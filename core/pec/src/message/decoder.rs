//! Undoes a transfer encoding (RFC 2045 §6) as the bytes arrive, so that an attachment needs no memory of its size.
//!
//! Tolerant, since what is broken must be shown rather than lost: lines of any width, white space anywhere, missing
//! padding. What goes beyond that is passed over and noted.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use std::ops::ControlFlow;

use super::{Encoding, Problem};

/// A body on its way out of its transfer encoding.
#[derive(Debug)]
pub(crate) struct Decoder {
    encoding: Encoding,
    /// Of base64 the digits that are not decoded yet, of quoted-printable the line.
    held: Vec<u8>,
    /// base64 only: the padding has come, which ends the data (RFC 2045 §6.8).
    is_ended: bool,
    is_sound: bool,
}

/// Where decoded bytes go; it may say that it has enough.
pub(crate) type Sink<'s> = dyn FnMut(&[u8]) -> ControlFlow<()> + 's;

impl Decoder {
    /// Before the first byte of a body.
    pub(crate) fn new(encoding: Encoding) -> Self {
        Self { encoding, held: Vec::new(), is_ended: false, is_sound: true }
    }

    /// Decodes the next bytes: base64 in pieces of a few kilobytes, quoted-printable line by line, the rest as they
    /// come.
    pub(crate) fn update(&mut self, bytes: &[u8], sink: &mut Sink<'_>) -> ControlFlow<()> {
        match self.encoding {
            Encoding::Base64 => self.base64(bytes, sink),
            Encoding::Identity | Encoding::Unknown => sink(bytes),
            Encoding::QuotedPrintable => self.quoted_printable(bytes, sink),
        }
    }

    /// After the last byte; what was wrong.
    pub(crate) fn finish(mut self, sink: &mut Sink<'_>) -> Option<Problem> {
        let _ = match self.encoding {
            Encoding::Base64 => {
                // A lone last digit holds no whole byte.
                if self.held.len().checked_rem(4) == Some(1) {
                    self.held.pop();
                    self.is_sound = false;
                }
                sink(&BASE64.decode(&self.held).unwrap_or_default())
            }
            Encoding::Identity => return None,
            Encoding::QuotedPrintable => self.quoted_printable_line(sink),
            Encoding::Unknown => return Some(Problem::UnknownEncoding),
        };
        (!self.is_sound).then_some(Problem::BrokenEncoding)
    }

    fn base64(&mut self, bytes: &[u8], sink: &mut Sink<'_>) -> ControlFlow<()> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let end = memchr::memchr2(b'\r', b'\n', rest).unwrap_or(rest.len());
            let (line, after) = rest.split_at_checked(end).unwrap_or((rest, b""));
            rest = after.get(1..).unwrap_or_default();
            // Whole lines at a time, as they nearly always are.
            if !self.is_ended && line.iter().fold(true, |all, byte| all & is_digit(*byte)) {
                self.base64_digits(line, sink)?;
                continue;
            }
            for byte in line {
                match byte {
                    b'=' => self.is_ended = true,
                    b' ' | b'\t' => {}
                    digit if is_digit(*digit) && !self.is_ended => self.base64_digits(&[*digit], sink)?,
                    _ => self.is_sound = false,
                }
            }
        }
        ControlFlow::Continue(())
    }

    fn base64_digits(&mut self, mut digits: &[u8], sink: &mut Sink<'_>) -> ControlFlow<()> {
        while !digits.is_empty() {
            let room = BASE64_PIECE.saturating_sub(self.held.len());
            let (taken, rest) = digits.split_at_checked(room).unwrap_or((digits, b""));
            self.held.extend_from_slice(taken);
            digits = rest;
            if self.held.len() >= BASE64_PIECE {
                let decoded = BASE64.decode(&self.held).unwrap_or_default();
                self.held.clear();
                sink(&decoded)?;
            }
        }
        ControlFlow::Continue(())
    }

    fn quoted_printable(&mut self, bytes: &[u8], sink: &mut Sink<'_>) -> ControlFlow<()> {
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            for piece in line.chunks(LINE_PIECE) {
                self.held.extend_from_slice(piece);
                if self.held.ends_with(b"\n") {
                    self.quoted_printable_line(sink)?;
                } else if self.held.len() >= LINE_PIECE {
                    self.quoted_printable_beginning(sink)?;
                }
            }
        }
        ControlFlow::Continue(())
    }

    /// Decodes a line that is whole, or the last. White space at its end was added on the way (RFC 2045 §6.7 (3)).
    fn quoted_printable_line(&mut self, sink: &mut Sink<'_>) -> ControlFlow<()> {
        let line_end: &[u8] = match self.held.as_slice() {
            [.., b'\r', b'\n'] => b"\r\n",
            [.., b'\n'] => b"\n",
            _ => b"",
        };
        let text = self.held.trim_ascii_end();
        let (text, line_end) = match text.strip_suffix(b"=") {
            Some(text) => (text, &b""[..]),
            None => (text, line_end),
        };
        let (mut decoded, is_sound) = unquote(text);
        decoded.extend_from_slice(line_end);
        self.is_sound &= is_sound;
        self.held.clear();
        sink(&decoded)
    }

    /// Decodes the beginning of a line that is far too long, as much of it as does not hang on what follows.
    fn quoted_printable_beginning(&mut self, sink: &mut Sink<'_>) -> ControlFlow<()> {
        let text = self.held.trim_ascii_end();
        let last = text.len().saturating_sub(2);
        let cut = text.iter().skip(last).position(|byte| *byte == b'=').map(|at| at.saturating_add(last));
        let mut end = cut.unwrap_or(text.len());
        if end == 0 {
            // White space by the kilobyte: whether a line ends after it is not waited for.
            self.is_sound = false;
            end = self.held.len();
        }
        let rest = self.held.split_off(end);
        let (decoded, is_sound) = unquote(&self.held);
        self.is_sound &= is_sound;
        self.held = rest;
        sink(&decoded)
    }
}

fn is_digit(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() | (byte == b'+') | (byte == b'/')
}

/// The bytes that quoted-printable text stands for, and whether it is sound.
fn unquote(text: &[u8]) -> (Vec<u8>, bool) {
    let mut is_sound = true;
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
    (decoded, is_sound)
}

fn hex_byte(digits: &[u8]) -> Option<u8> {
    let digits = str::from_utf8(digits).ok().filter(|digits| !digits.starts_with('+'))?;
    u8::from_str_radix(digits, 16).ok()
}

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Digits decoded at a time; a multiple of four.
const BASE64_PIECE: usize = 4096;

/// Lines of quoted-printable have 76 characters (RFC 2045 §6.7 (5)).
const LINE_PIECE: usize = 4096;
