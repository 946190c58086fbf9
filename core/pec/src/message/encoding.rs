//! Content-Transfer-Encoding (RFC 2045 §6): which there is, and how it is undone for a body that lies in memory.

use std::ops::ControlFlow;

use super::capture::Capture;
use super::decoder::{Decoder, Sink};
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
        let mut capture = Capture::new(self, most);
        capture.update(body);
        capture.finish()
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
        let mut decoder = Decoder::new(self);
        match decoder.update(body, sink) {
            ControlFlow::Break(()) => None,
            ControlFlow::Continue(()) => decoder.finish(sink),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(encoding: Encoding, body: &str, expected: &str, problem: Option<Problem>) {
        let decoded = encoding.decode(body.as_bytes(), 1_000_000);
        assert_eq!(String::from_utf8_lossy(&decoded.bytes), expected, "{body:?}");
        assert_eq!(decoded.problem, problem, "{body:?}");
        assert_eq!(encoding.decoded_len(body.as_bytes()), decoded.bytes.len());
        let mut in_pieces = Capture::new(encoding, 1_000_000);
        body.as_bytes().chunks(1).for_each(|piece| in_pieces.update(piece));
        assert_eq!(in_pieces.finish(), decoded, "{body:?}");
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
        for offset in 0..5 {
            let long = "x".repeat(offset) + &"=C3=A0".repeat(5_000);
            let text = "x".repeat(offset) + &"à".repeat(5_000);
            check(Encoding::QuotedPrintable, &format!("{long}= \ny"), &format!("{text}y"), None);
        }
        let spaces = " ".repeat(10_000);
        let mut in_pieces = Capture::new(Encoding::QuotedPrintable, 1_000_000);
        in_pieces.update(format!("x{spaces}").as_bytes());
        assert_eq!(in_pieces.finish().problem, broken);
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
