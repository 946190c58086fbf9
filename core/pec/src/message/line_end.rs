//! Line ends as a digest sees them: CRLF (RFC 8551 §3.1.1), whatever a mail store made of them.
//!
//! Only a bare LF becomes CRLF. A bare CR stays as it is: genuine mail that went through SMTP has none, OpenSSL
//! leaves it alone, and the reader of the structure does not take it for a line end. Were it made CRLF here, bytes
//! could be changed under an intact digest so that a part disappears.

/// Bytes with canonical line ends, in pieces as large as they come: nothing is copied, and text that has CRLF
/// already is one piece.
#[derive(Clone, Debug)]
pub struct Canonical<'a> {
    rest: &'a [u8],
    /// A bare LF lies between what was given and the rest.
    at_line_end: bool,
}

impl<'a> Canonical<'a> {
    /// The bytes as they lie in the store.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, at_line_end: false }
    }
}

impl<'a> Iterator for Canonical<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if self.at_line_end {
            self.at_line_end = false;
            return Some(b"\r\n");
        }
        if self.rest.is_empty() {
            return None;
        }
        let (piece, rest) =
            bare_lf(self.rest).and_then(|lf| self.rest.split_at_checked(lf)).unwrap_or((self.rest, b""));
        match rest.split_first() {
            Some((_, after)) => {
                self.rest = after;
                self.at_line_end = true;
            }
            None => self.rest = rest,
        }
        Some(piece)
    }
}

fn bare_lf(bytes: &[u8]) -> Option<usize> {
    let follows_cr = |lf: usize| lf.checked_sub(1).and_then(|before| bytes.get(before)) == Some(&b'\r');
    memchr::memchr_iter(b'\n', bytes).find(|lf| !follows_cr(*lf))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_bare_lf_changes() {
        let cases: [(&[u8], &[u8]); 8] = [
            (b"", b""),
            (b"a\nb\n", b"a\r\nb\r\n"),
            (b"a\r\nb\r\n", b"a\r\nb\r\n"),
            (b"a\r\nb\nc", b"a\r\nb\r\nc"),
            (b"\n\n", b"\r\n\r\n"),
            (b"\n\r\n", b"\r\n\r\n"),
            (b"a\rb\r", b"a\rb\r"),
            (b"a\r\r\n", b"a\r\r\n"),
        ];
        for (bytes, expected) in cases {
            assert_eq!(Canonical::new(bytes).collect::<Vec<_>>().concat(), expected, "{bytes:?}");
        }
    }

    #[test]
    fn canonical_text_is_one_piece() {
        assert_eq!(Canonical::new(b"a\r\nb\r\n\r\n").count(), 1);
    }
}
