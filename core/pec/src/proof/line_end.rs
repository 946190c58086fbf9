//! Line ends, which a mail store may have made LF: as a signature sees them, CRLF (RFC 8551 §3.1.1).

use std::borrow::Cow;

/// The bytes with CRLF for every bare LF; borrowed where there is none.
pub(super) fn canonical(bytes: &[u8]) -> Cow<'_, [u8]> {
    let follows_cr = |lf: usize| lf.checked_sub(1).and_then(|before| bytes.get(before)) == Some(&b'\r');
    if memchr::memchr_iter(b'\n', bytes).all(follows_cr) {
        return Cow::Borrowed(bytes);
    }
    let mut canonical = Vec::with_capacity(bytes.len());
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        match line {
            [text @ .., b'\n'] if !text.ends_with(b"\r") => {
                canonical.extend_from_slice(text);
                canonical.extend_from_slice(b"\r\n");
            }
            _ => canonical.extend_from_slice(line),
        }
    }
    Cow::Owned(canonical)
}

/// The bytes without the line ends at their end.
pub(super) fn without_last(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|byte| !matches!(byte, b'\r' | b'\n'));
    bytes.get(..end.map_or(0, |end| end.saturating_add(1))).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_bare_lf_changes() {
        let cases: [(&[u8], &[u8]); 7] = [
            (b"", b""),
            (b"a\nb\n", b"a\r\nb\r\n"),
            (b"a\r\nb\r\n", b"a\r\nb\r\n"),
            (b"a\r\nb\nc", b"a\r\nb\r\nc"),
            (b"\n\r\n", b"\r\n\r\n"),
            (b"a\rb\r", b"a\rb\r"),
            (b"a\r\r\n", b"a\r\r\n"),
        ];
        for (bytes, expected) in cases {
            assert_eq!(canonical(bytes), expected, "{bytes:?}");
        }
        assert!(matches!(canonical(b"a\r\n"), Cow::Borrowed(_)));
    }
}
