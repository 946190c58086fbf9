//! Delimiter lines (RFC 2046 §5.1.1).
//!
//! A delimiter is a whole line: `--`, the boundary, for the closing one `--` again, then at most white space.
//! `--BNDX` is not a delimiter of `BND`, nor is one in mid-line. Lines end with LF or CRLF, mixed as they come.

/// What a line that begins with a boundary is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Delimiter {
    /// It ends the multipart.
    Closing,
    /// A part follows.
    Opening,
    /// It goes on with white space for longer than lines may be: nobody can say what others make of it.
    Unclear,
}

/// The first of the boundaries, the outermost first, that the line is a delimiter of. `line` has its line end,
/// unless it is the last of all or longer than [`LINE_MAX`]: then only that much of it is looked at.
pub(super) fn find<'b>(
    line: &[u8],
    boundaries: impl Iterator<Item = (usize, &'b [u8])>,
) -> Option<(usize, Delimiter)> {
    let line = line.strip_prefix(b"--")?;
    let is_cut = line.len() >= LINE_MAX.saturating_sub(2) && !line.ends_with(b"\n");
    for (level, boundary) in boundaries {
        let delimiter = match line.strip_prefix(boundary).map(<[u8]>::trim_ascii_end) {
            Some(b"" | b"--") if is_cut => Delimiter::Unclear,
            Some(b"") => Delimiter::Opening,
            Some(b"--") => Delimiter::Closing,
            _ => continue,
        };
        return Some((level, delimiter));
    }
    None
}

/// The length of the line end that bytes end with.
pub(super) fn line_end_len(bytes: &[u8]) -> usize {
    match bytes {
        [.., b'\r', b'\n'] => 2,
        [.., b'\n'] => 1,
        _ => 0,
    }
}

/// How much of a line is looked at; RFC 5322 §2.1.1 allows 998 bytes and a line end.
pub(super) const LINE_MAX: usize = 1_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, expected: Option<(usize, Delimiter)>) {
        let boundaries = [(0, &b"B"[..]), (2, b"BNDX"), (3, b"a.*")];
        assert_eq!(find(line.as_bytes(), boundaries.into_iter()), expected, "{line:?}");
    }

    #[test]
    fn a_delimiter_is_a_whole_line() {
        check("--B", Some((0, Delimiter::Opening)));
        check("--B \t\r\n", Some((0, Delimiter::Opening)));
        check("--B--\r\n", Some((0, Delimiter::Closing)));
        check("--B-- \t\n", Some((0, Delimiter::Closing)));
        check("--BNDX\n", Some((2, Delimiter::Opening)));
        check("--a.*\n", Some((3, Delimiter::Opening)));
        for line in ["--", "--\n", "--BX\n", "--B--x\n", "--B x\n", "--B --\n", "--abc\n", " --B\n", "-B\n"] {
            check(line, None);
        }
    }

    #[test]
    fn a_line_longer_than_lines_may_be_is_unclear() {
        check(&format!("--B{}", " ".repeat(LINE_MAX - 3)), Some((0, Delimiter::Unclear)));
        check(&format!("--B--{}", " ".repeat(LINE_MAX - 5)), Some((0, Delimiter::Unclear)));
        check(&format!("--B{}\n", " ".repeat(LINE_MAX - 4)), Some((0, Delimiter::Opening)));
        check(&format!("--B{}x", " ".repeat(LINE_MAX - 4)), None);
    }
}
