//! Another reader of the same structure, to compare the scanner with: it has the whole message, cuts it level by
//! level, and shares nothing with the scanner but the reading of single headers.

use memchr::memmem::Finder;
use std::collections::BTreeSet;
use std::ops::Range;

use super::super::delimiter::line_end_len;
use super::super::head::{Content, Head, Limits};
use super::super::{Encoding, Problem};

/// A part as either reader sees it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Seen {
    pub(super) level: usize,
    pub(super) ordinal: usize,
    pub(super) header: Range<usize>,
    pub(super) body: Range<usize>,
    pub(super) media: String,
    pub(super) encoding: Encoding,
    pub(super) problems: BTreeSet<Problem>,
}

/// The parts in the order of the bytes.
pub(super) fn read(raw: &[u8], limits: &Limits) -> Vec<Seen> {
    let mut seen = Vec::new();
    part(raw, 0..raw.len(), (0, 1, "text/plain"), limits, &mut seen);
    seen
}

fn part(
    raw: &[u8],
    range: Range<usize>,
    (level, ordinal, default_media): (usize, usize, &str),
    limits: &Limits,
    seen: &mut Vec<Seen>,
) {
    let bytes = &raw[range.clone()];
    let body = range.start + header_len(bytes)..range.end;
    let header = range.start..body.start.min(range.start + limits.header);
    let head = Head::read(&raw[header.clone()], default_media, limits);
    let mut problems = head.problems;
    problems.extend((header.end < body.start).then_some(Problem::HeaderTooLong));
    let (parts, media) = match head.content {
        Content::Leaf => (Vec::new(), ""),
        _ if level >= limits.depth => {
            problems.insert(Problem::TooDeep);
            (Vec::new(), "")
        }
        Content::Message => (std::iter::once(0..body.len()).collect(), "text/plain"),
        Content::Multipart { boundary, parts } => {
            (split(&raw[body.clone()], &boundary, usize::MAX, &mut problems), parts)
        }
    };
    let start = body.start;
    seen.push(Seen { level, ordinal, header, body, media: head.media, encoding: head.encoding, problems });
    for (range, ordinal) in parts.into_iter().zip(1..) {
        part(raw, start + range.start..start + range.end, (level + 1, ordinal, media), limits, seen);
    }
}

/// Where the header of these bytes ends and the body begins: after the first empty line, or at the end.
fn header_len(bytes: &[u8]) -> usize {
    let mut line_start = 0;
    for lf in memchr::memchr_iter(b'\n', bytes) {
        if matches!(&bytes[line_start..lf], b"" | b"\r") {
            return lf + 1;
        }
        line_start = lf + 1;
    }
    bytes.len()
}

/// A delimiter line.
struct Delimiter {
    /// From the line end before it to its own, both included.
    range: Range<usize>,
    closes: bool,
}

/// The parts of a body, header and body of each, at most one more than `most`; what is wrong goes to `problems`.
fn split(body: &[u8], boundary: &[u8], most: usize, problems: &mut BTreeSet<Problem>) -> Vec<Range<usize>> {
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
