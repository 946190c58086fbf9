//! Cuts the body of a multipart at its delimiter lines (RFC 2046 §5.1.1).
//!
//! A delimiter is a whole line: `--`, the boundary, for the closing one `--` again, then at most white space.
//! `--BNDX` is not a delimiter of `BND`, nor is one in mid-line. Lines end with LF or CRLF, mixed as they come; the
//! line end before a delimiter belongs to the delimiter. What precedes the first (preamble) and follows the closing
//! one (epilogue) is no part.

use memchr::memmem::Finder;
use std::collections::BTreeSet;
use std::ops::Range;

use super::Problem;

/// A delimiter line.
struct Delimiter {
    /// From the line end before it to its own, both included.
    range: Range<usize>,
    closes: bool,
}

/// The parts of a body, header and body of each, at most one more than `most`; what is wrong goes to `problems`.
pub(super) fn split(
    body: &[u8],
    boundary: &[u8],
    most: usize,
    problems: &mut BTreeSet<Problem>,
) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let mut open: Option<usize> = None;
    let mut closed = false;
    for Delimiter { range, closes } in delimiters(body, boundary) {
        if closed {
            // Whoever guesses a boundary can close a multipart early and hide what the provider wrote after it.
            problems.insert(Problem::DelimiterAfterClose);
            break;
        }
        if let Some(start) = open.take() {
            parts.push(start..range.start.max(start));
        }
        if parts.len() > most {
            return parts;
        }
        closed = closes;
        open = (!closes).then_some(range.end);
    }
    if !closed {
        problems.insert(Problem::Unclosed);
        parts.extend(open.map(|start| start..body.len()));
    }
    parts
}

fn delimiters(body: &[u8], boundary: &[u8]) -> impl Iterator<Item = Delimiter> {
    let dashed = [b"--", boundary].concat();
    let finder = Finder::new(&dashed).into_owned();
    let mut from = 0usize;
    std::iter::from_fn(move || {
        loop {
            let found = from.saturating_add(finder.find(body.get(from..)?)?);
            let (before, line_on) = body.split_at_checked(found)?;
            let line = match memchr::memchr(b'\n', line_on) {
                Some(end) => line_on.get(..=end)?,
                None => line_on,
            };
            from = found.saturating_add(line.len());
            if !(before.is_empty() || before.ends_with(b"\n")) {
                continue;
            }
            let rest = line.get(dashed.len()..)?.trim_ascii_end();
            if rest.is_empty() || rest == b"--" {
                let start = found.saturating_sub(line_end_len(before));
                return Some(Delimiter { range: start..from, closes: !rest.is_empty() });
            }
        }
    })
}

fn line_end_len(bytes: &[u8]) -> usize {
    match bytes {
        [.., b'\r', b'\n'] => 2,
        [.., b'\n'] => 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &str, boundary: &str, expected: &[&str], expected_problems: &[Problem]) {
        let mut problems = BTreeSet::new();
        let parts = split(body.as_bytes(), boundary.as_bytes(), 100, &mut problems);
        let found: Vec<_> = parts.into_iter().map(|range| &body[range]).collect();
        assert_eq!(found, expected, "{body:?}");
        assert_eq!(problems.into_iter().collect::<Vec<_>>(), expected_problems, "{body:?}");
    }

    #[test]
    fn cuts_at_whole_lines_only() {
        let unclosed = [Problem::Unclosed];
        check("--B\none\n--B\ntwo\n--B--\n", "B", &["one", "two"], &[]);
        check("--B\r\none\r\n\r\n--B\r\ntwo\r\n--B--", "B", &["one\r\n", "two"], &[]);
        check("--B\r\none\n--B\ntwo\r\n--B--\r\n", "B", &["one", "two"], &[]);
        check("preamble\n--B\none\n--B--\nepilogue\n", "B", &["one"], &[]);
        check("--B \t\none\n--B-- \t\r\n", "B", &["one"], &[]);
        check("--B\none\n--BX\n--BX--\n --B\nx--B\n--B--\n", "B", &["one\n--BX\n--BX--\n --B\nx--B"], &[]);
        check("--B\none\n--B--x\n--B x\n", "B", &["one\n--B--x\n--B x\n"], &unclosed);
        check("--B\none\n--B\ntwo", "B", &["one", "two"], &unclosed);
        check("--B\none", "B", &["one"], &unclosed);
        check("--B\n--B\n--B--", "B", &["", ""], &[]);
        check("--B--\n", "B", &[], &[]);
        check("nothing", "B", &[], &unclosed);
        check("", "B", &[], &unclosed);
        check("--a.*\nx\n--a.*--", "a.*", &["x"], &[]);
    }

    #[test]
    fn notes_delimiters_after_the_closing_one() {
        check("--B\none\n--B--\n--B\ntwo\n--B--\n", "B", &["one"], &[Problem::DelimiterAfterClose]);
    }

    #[test]
    fn stops_once_there_are_too_many() {
        let body = "--B\n".repeat(1_000_000);
        assert_eq!(split(body.as_bytes(), b"B", 5, &mut BTreeSet::new()).len(), 6);
    }
}
