//! Finds the end of a message after DATA and takes the stuffed dots out (RFC 5321 section 4.5.2).
//!
//! Only CR LF dot CR LF ends a message; a bare CR or LF is content like any other byte. Whoever takes more for
//! an end lets one message smuggle in another (CVE-2023-51764 and its kin). The parser of smtp-proto 0.2.5 is
//! not used for this: to it, a dot before CR CR LF is an end too, and an empty message has none.

/// The message so far, and where in a line the next byte falls.
pub(crate) struct Message {
    raw: Vec<u8>,
    limit: usize,
    oversized: bool,
    place: Place,
}

#[derive(Clone, Copy)]
enum Place {
    LineStart,
    /// After a dot at the start of a line: stuffing, or the end.
    Dot,
    /// After such a dot and a CR.
    DotCr,
    Text,
    /// After a CR in the text.
    Cr,
    End,
}

impl Message {
    /// A message of at most `limit` bytes; what exceeds it is read to the end but not kept.
    pub(crate) fn new(limit: usize) -> Self {
        Self { raw: Vec::new(), limit, oversized: false, place: Place::LineStart }
    }

    /// Takes in bytes and returns how many of them belong to the message: fewer than all only at its end.
    pub(crate) fn feed(&mut self, bytes: &[u8]) -> usize {
        for (at, &byte) in bytes.iter().enumerate() {
            self.place = match (self.place, byte) {
                (Place::End, _) => return at,
                (Place::LineStart, b'.') => Place::Dot,
                (Place::Dot, b'\r') => Place::DotCr,
                (Place::DotCr, b'\n') => Place::End,
                (Place::DotCr, _) => {
                    self.push(b'\r');
                    self.text(byte)
                }
                (Place::Cr, b'\n') => {
                    self.push(byte);
                    Place::LineStart
                }
                (Place::LineStart | Place::Dot | Place::Text | Place::Cr, _) => self.text(byte),
            };
        }
        bytes.len()
    }

    /// Whether the end has been seen.
    pub(crate) fn is_complete(&self) -> bool {
        matches!(self.place, Place::End)
    }

    /// The message; `None` if it was too large.
    pub(crate) fn finish(self) -> Option<Vec<u8>> {
        (!self.oversized).then_some(self.raw)
    }

    fn text(&mut self, byte: u8) -> Place {
        self.push(byte);
        if byte == b'\r' { Place::Cr } else { Place::Text }
    }

    fn push(&mut self, byte: u8) {
        if self.raw.len() < self.limit {
            self.raw.push(byte);
        } else {
            self.oversized = true;
            self.raw = Vec::new();
            self.limit = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds `wire` whole and byte by byte, and expects `raw` with `rest` left over each time.
    fn check(wire: &str, raw: &str, rest: &str) {
        let mut whole = Message::new(1000);
        let taken = whole.feed(wire.as_bytes());
        assert_eq!(&wire[taken..], rest, "{wire:?}");
        assert!(whole.is_complete(), "{wire:?}");
        assert_eq!(whole.finish().as_deref(), Some(raw.as_bytes()), "{wire:?}");

        let mut bytewise = Message::new(1000);
        let taken: usize = wire.bytes().map(|byte| bytewise.feed(&[byte])).sum();
        assert_eq!(&wire[taken..], rest, "{wire:?}");
        assert_eq!(bytewise.finish().as_deref(), Some(raw.as_bytes()), "{wire:?}");
    }

    #[test]
    fn dots_are_unstuffed_and_the_final_line_end_kept() {
        check("a\r\n.\r\n", "a\r\n", "");
        check("..a\r\n...\r\n..\r\n.\r\n", ".a\r\n..\r\n.\r\n", "");
        check("a.\r\n .\r\n.\r\nQUIT\r\n", "a.\r\n .\r\n", "QUIT\r\n");
        check(".\r\n", "", "");
        check(".a\r\n.\r\n", "a\r\n", "");
    }

    #[test]
    fn nothing_else_ends_a_message() {
        check("a\n.\nb\r\n.\r\n", "a\n.\nb\r\n", "");
        check("a\n.\r\nb\r\n.\r\n", "a\n.\r\nb\r\n", "");
        check("a\r\n.\nb\r\n.\r\n", "a\r\n\nb\r\n", "");
        check("a\r.\r\nb\r\n.\r\n", "a\r.\r\nb\r\n", "");
        check("a\r\n.\r\r\nb\r\n.\r\n", "a\r\n\r\r\nb\r\n", "");
        check("a\r\n.\rb\r\n.\r\n", "a\r\n\rb\r\n", "");
        check("a\r\r\n.\r\n", "a\r\r\n", "");
    }

    #[test]
    fn the_limit_is_exact_and_the_end_is_found_beyond_it() {
        for (limit, kept) in [(4, true), (3, false)] {
            let mut message = Message::new(limit);
            assert_eq!(message.feed(b"ab\r\n.\r\nNOOP\r\n"), 7);
            assert!(message.is_complete());
            assert_eq!(message.finish().is_some(), kept);
        }
    }
}
