//! The scanner against a reader that has the whole message, on messages full of boundary tricks and in pieces of
//! every size.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::oracle::{Seen, read};
use super::*;

/// Notes everything the scanner tells, and the bytes it tells it of.
#[derive(Debug, Default, Eq, PartialEq)]
struct Record {
    seen: Vec<Seen>,
    open: Vec<usize>,
    told: Vec<u8>,
}

impl Visitor for Record {
    fn part(&mut self, part: &Started<'_>) {
        assert_eq!(part.level, self.open.len());
        assert_eq!(part.offset, self.told.len());
        self.open.push(self.seen.len());
        let header = part.offset..part.offset + part.header.len();
        self.seen.push(Seen {
            level: part.level,
            ordinal: part.ordinal,
            body: header.end..header.end,
            header,
            media: part.media.to_owned(),
            encoding: part.encoding,
            problems: part.problems.clone(),
        });
    }

    fn body(&mut self, offset: usize) {
        assert_eq!(offset, self.told.len());
        self.seen[*self.open.last().unwrap()].body = offset..offset;
    }

    fn bytes(&mut self, bytes: &[u8]) {
        assert!(!bytes.is_empty() && !self.open.is_empty());
        self.told.extend_from_slice(bytes);
    }

    fn end(&mut self, offset: usize, problems: BTreeSet<Problem>) {
        assert_eq!(offset, self.told.len());
        let part = &mut self.seen[self.open.pop().unwrap()];
        assert!(problems.is_superset(&part.problems));
        part.body.end = offset;
        part.problems = problems;
    }
}

fn scan<'a>(pieces: impl IntoIterator<Item = &'a [u8]>, limits: &Limits) -> Record {
    let mut record = Record::default();
    let mut scanner = Scanner::new(limits);
    for piece in pieces {
        scanner.push(piece, &mut record);
        assert!(scanner.held.len() <= delimiter::LINE_MAX + 2 && scanner.header.len() <= limits.header);
    }
    scanner.finish(&mut record);
    assert!(record.open.is_empty());
    record
}

/// Checks that both readers see the same, in one piece and in others.
fn check(raw: &[u8], pieces: &[usize], limits: &Limits) {
    let expected = read(raw, limits);
    let record = scan([raw], limits);
    assert_eq!(record.seen, expected, "{}", raw.escape_ascii());
    assert_eq!(record.told, raw);
    assert_eq!(scan(raw.chunks(1), limits), record, "byte by byte: {}", raw.escape_ascii());
    let mut sizes = pieces.iter().copied().cycle();
    let mut rest = raw;
    let cut = std::iter::from_fn(|| {
        let (piece, after) = rest.split_at(sizes.next()?.min(rest.len()));
        rest = after;
        (!piece.is_empty()).then_some(piece)
    });
    assert_eq!(scan(cut, limits), record, "in pieces of {pieces:?}: {}", raw.escape_ascii());
}

/// Words that messages full of tricks are made of.
const WORDS: [&str; 34] = [
    "--A",
    "--A",
    "--A",
    "--A--",
    "--A--",
    "--B",
    "--B",
    "--B--",
    "--AB",
    "--AB--",
    "--A----",
    "--A ",
    "--A--\t ",
    "--A x",
    "--",
    "-",
    "- -A",
    " --A",
    "x",
    "x--A",
    "\r",
    "\r\r",
    "Content-Type: multipart/mixed; boundary=A",
    "Content-Type: multipart/mixed; boundary=A",
    "Content-Type: multipart/mixed; boundary=B",
    "Content-Type: multipart/signed; boundary=AB",
    "Content-Type: multipart/digest; boundary=\"A--\"",
    "Content-Type: multipart/mixed; boundary=\"\"",
    "Content-Type: message/rfc822",
    "Content-Type: message/rfc822",
    "Content-Type:\n multipart/mixed;\r\n boundary=\"B\"",
    "Content-Transfer-Encoding: base64",
    "Subject: --A",
    "",
];

fn tricky() -> impl Strategy<Value = Vec<u8>> {
    let line_end = prop_oneof![6 => Just("\n"), 4 => Just("\r\n"), 1 => Just("\r"), 1 => Just("")];
    let empty_line = prop_oneof![2 => Just(""), 1 => Just("\n"), 1 => Just("\r\n")];
    let line = (0..WORDS.len(), line_end, empty_line);
    proptest::collection::vec(line, 0..40).prop_map(|lines| {
        let mut raw = Vec::new();
        for (word, line_end, empty_line) in lines {
            raw.extend_from_slice(WORDS[word].as_bytes());
            raw.extend_from_slice(line_end.as_bytes());
            raw.extend_from_slice(empty_line.as_bytes());
        }
        raw
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, ..ProptestConfig::default() })]

    #[test]
    fn it_sees_what_a_reader_of_the_whole_message_sees(
        raw in tricky(),
        as_multipart in any::<bool>(),
        pieces in proptest::collection::vec(1usize..30, 1..5),
        depth in prop_oneof![3 => Just(64usize), 1 => 0usize..4],
        header in prop_oneof![3 => Just(10_000usize), 1 => 0usize..60],
    ) {
        let mut message = if as_multipart { b"Content-Type: multipart/x; boundary=A\n\n".to_vec() } else { Vec::new() };
        message.extend(raw);
        check(&message, &pieces, &Limits { depth, header, ..Limits::default() });
    }
}

#[test]
fn the_line_end_before_a_delimiter_is_the_delimiters() {
    let limits = Limits::default();
    for text in [
        "Content-Type: multipart/x; boundary=A\n\n--A\n\n--A\n\n\n--A--\n",
        "Content-Type: multipart/x; boundary=A\n\n--A\nContent-Type: multipart/x; boundary=B\n\n--B\n--A--",
        "Content-Type: multipart/x; boundary=A\n\n--A\nContent-Type: multipart/x; boundary=B\n\n--B--\n--A--",
        "Content-Type: multipart/x; boundary=A\n\n--A\nContent-Type: message/rfc822\n\n--A--",
        "Content-Type: multipart/x; boundary=A\n\n--A\nContent-Type: message/rfc822\n--A--",
        "Content-Type: multipart/x; boundary=A\n\n--A",
        "Content-Type: message/rfc822",
        "\n",
        "\r",
        "",
    ] {
        check(text.as_bytes(), &[3, 1], &limits);
        check(text.replace('\n', "\r\n").as_bytes(), &[2, 5], &limits);
    }
}

#[test]
fn a_delimiter_longer_than_lines_may_be_is_never_silently_one_nor_none() {
    for (spaces, expected) in [(900, None), (2_000, Some(Problem::BoundaryUnclear))] {
        let spaces = " ".repeat(spaces);
        let raw = format!("Content-Type: multipart/x; boundary=A\n\n--A{spaces}\n\nx\n--A--\n");
        for size in [1, 7, 5_000] {
            let record = scan(raw.as_bytes().chunks(size), &Limits::default());
            assert_eq!(record.seen[0].problems.first(), expected.as_ref());
            assert_eq!(record.seen.len(), if expected.is_some() { 1 } else { 2 });
        }
    }
}

#[test]
fn what_lies_deep_does_not_use_up_the_place_of_what_lies_around_it() {
    let inner = "Content-Type: multipart/x; boundary=B\n\n".to_owned() + &"--B\n".repeat(50) + "--B--";
    let nested = format!("Content-Type: message/rfc822\n\n{inner}");
    let raw = format!(
        "Content-Type: multipart/x; boundary=A\n\n--A\n{nested}\n--A\n{nested}\n--A\n\nlast\n--A--\n"
    );
    let limits = Limits { parts: 3, ..Limits::default() };
    let record = scan([raw.as_bytes()], &limits);
    let outline: Vec<_> =
        record.seen.iter().map(|part| (part.level, part.problems.contains(&Problem::TooManyParts))).collect();
    let deepest = [(3, false); 3];
    let expected = [&[(0, false), (1, false), (2, true)], &deepest[..], &[(1, false), (2, true), (1, false)]];
    assert_eq!(outline, expected.concat());
}

#[test]
fn millions_of_delimiters_are_read_in_little_memory() {
    let raw = "Content-Type: multipart/x; boundary=A\n\n".to_owned() + &"--A\n".repeat(2_000_000);
    let record = scan(raw.as_bytes().chunks(65_536), &Limits::default());
    assert_eq!(record.seen.len(), 1 + Limits::default().parts);
    assert!(record.seen[0].problems.contains(&Problem::TooManyParts));
}
