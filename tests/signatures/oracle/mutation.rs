//! Messages changed at random, but with an eye to what a message is made of: lines, fields, boundaries, parts,
//! base64, DER. The seed decides everything, so that a mutant is known by its name.

use std::ops::Range;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use fastrand::Rng;
use recapito_pec::message::Message;

use super::sample::Sample;

/// `count` mutants of these samples, each changed once to three times.
pub(crate) fn mutants(samples: &[Sample], seed: u64, count: usize, changes: &[Change]) -> Vec<Sample> {
    let mut rng = Rng::with_seed(seed);
    let mut mutant = |number: usize| {
        let sample = rng.choice(samples).expect("there are samples");
        let other = rng.choice(samples).expect("there are samples");
        let mut raw = sample.raw.clone();
        let mut name = format!("seed {seed} mutant {number} of {}:", sample.name);
        for _ in 0..rng.usize(1..=3) {
            let change = *rng.choice(changes).expect("there are changes");
            name.push_str(&format!(" {change:?}"));
            raw = change.apply(&raw, &other.raw, &mut rng);
        }
        sample.with(name, raw)
    };
    (0..count).map(&mut mutant).collect()
}

/// One way to change a message.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Change {
    /// A character of a base64 line becomes another.
    Base64,
    /// Something happens to a delimiter line.
    Boundary,
    /// One byte becomes another.
    Byte,
    /// Letters of a field's line change their case.
    Case,
    /// A line disappears.
    DeleteLine,
    /// A part disappears.
    DeletePart,
    /// One byte of the decoded signature becomes another, or goes.
    Der,
    /// A line is repeated elsewhere.
    DuplicateLine,
    /// A part is repeated behind itself.
    DuplicatePart,
    /// The transfer encoding of a part is called otherwise.
    Encoding,
    /// One line end changes its form.
    LineEnd,
    /// All line ends change their form.
    LineEnds,
    /// The beginning of one message, the end of another.
    Splice,
    /// Two lines change places.
    SwapLines,
    /// Two parts change places.
    SwapParts,
    /// The message ends early.
    Truncate,
}

impl Change {
    /// Every change.
    pub(crate) const ALL: [Self; 16] = [
        Self::Base64,
        Self::Boundary,
        Self::Byte,
        Self::Case,
        Self::DeleteLine,
        Self::DeletePart,
        Self::Der,
        Self::DuplicateLine,
        Self::DuplicatePart,
        Self::Encoding,
        Self::LineEnd,
        Self::LineEnds,
        Self::Splice,
        Self::SwapLines,
        Self::SwapParts,
        Self::Truncate,
    ];

    fn apply(self, raw: &[u8], other: &[u8], rng: &mut Rng) -> Vec<u8> {
        match self {
            Self::Base64 => change_line(raw, rng, is_base64, |line, rng| {
                let place = rng.usize(..line.trim_ascii_end().len());
                line[place] = *rng.choice(b"Aaz9+/=- \t.\x80").expect("not empty");
            }),
            Self::Boundary => change_line(raw, rng, |line| line.starts_with(b"--"), change_delimiter),
            Self::Byte => {
                let mut raw = raw.to_vec();
                let place = rng.usize(..raw.len().max(1));
                if let Some(byte) = raw.get_mut(place) {
                    *byte = if rng.bool() { rng.u8(..) } else { *rng.choice(SPECIAL).expect("not empty") };
                }
                raw
            }
            Self::Case => change_line(raw, rng, is_field, |line, rng| {
                for byte in line.iter_mut().filter(|byte| byte.is_ascii_alphabetic()) {
                    if rng.u8(..8) == 0 {
                        *byte ^= 0x20;
                    }
                }
            }),
            Self::DeleteLine => edit_lines(raw, |lines| {
                let place = rng.usize(..lines.len());
                lines.remove(place);
            }),
            Self::DeletePart => match part(raw, rng) {
                Some(range) => [&raw[..range.start], &raw[range.end..]].concat(),
                None => raw.to_vec(),
            },
            Self::Der => change_signature(raw, rng),
            Self::DuplicateLine => edit_lines(raw, |lines| {
                let line = lines[rng.usize(..lines.len())].clone();
                let place = rng.usize(..=lines.len());
                lines.insert(place, line);
            }),
            Self::DuplicatePart => match part(raw, rng) {
                // With the delimiter line before it, where there is one.
                Some(range) => {
                    let before = raw[..range.start].strip_suffix(b"\n").unwrap_or_default();
                    let line = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
                    [&raw[..range.end], b"\r\n", &raw[line..range.end], &raw[range.end..]].concat()
                }
                None => raw.to_vec(),
            },
            Self::Encoding => change_line(
                raw,
                rng,
                |line| starts_with_name(line, b"content-transfer-encoding"),
                |line, rng| {
                    let words =
                        ["base64", "quoted-printable", "8bit", "binary", "x-uuencode", "", "base64 (x)"];
                    let word = rng.choice(words).expect("not empty");
                    *line = format!("Content-Transfer-Encoding: {word}\r\n").into_bytes();
                },
            ),
            Self::LineEnd => edit_lines(raw, |lines| {
                let place = rng.usize(..lines.len());
                let line = &mut lines[place];
                let text = line.trim_ascii_end().len();
                line.truncate(text);
                line.extend_from_slice(
                    rng.choice([&b"\n"[..], b"\r\n", b"\r", b"\r\r\n", b"\n\n"]).expect("not empty"),
                );
            }),
            Self::LineEnds => {
                let line_end: &[u8] = if rng.bool() { b"\n" } else { b"\r\n" };
                let lines = raw.split_inclusive(|byte| *byte == b'\n');
                let text = |line: &[u8]| match line.strip_suffix(b"\n") {
                    Some(text) => [text.strip_suffix(b"\r").unwrap_or(text), line_end].concat(),
                    None => line.to_vec(),
                };
                lines.flat_map(text).collect()
            }
            Self::Splice => {
                let (place, other_place) = (rng.usize(..=raw.len()), rng.usize(..=other.len()));
                [&raw[..place], &other[other_place..]].concat()
            }
            Self::SwapLines => edit_lines(raw, |lines| {
                let (one, other) = (rng.usize(..lines.len()), rng.usize(..lines.len()));
                lines.swap(one, other);
            }),
            Self::SwapParts => match (part(raw, rng), part(raw, rng)) {
                (Some(one), Some(other)) => swap(raw, one, other),
                _ => raw.to_vec(),
            },
            Self::Truncate => raw[..rng.usize(..=raw.len())].to_vec(),
        }
    }
}

/// What parsers of mail and of DER stumble over.
const SPECIAL: &[u8] = b"\0\r\n\t \"'();:=-\\/0\x7f\x80\xff\x30\x31\xa0";

fn edit_lines(raw: &[u8], edit: impl FnOnce(&mut Vec<Vec<u8>>)) -> Vec<u8> {
    let mut lines: Vec<Vec<u8>> = raw.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    if !lines.is_empty() {
        edit(&mut lines);
    }
    lines.concat()
}

/// Changes one of the lines that `is_meant`, if there is one.
fn change_line(
    raw: &[u8],
    rng: &mut Rng,
    is_meant: impl Fn(&[u8]) -> bool,
    change: impl FnOnce(&mut Vec<u8>, &mut Rng),
) -> Vec<u8> {
    edit_lines(raw, |lines| {
        let meant: Vec<_> = lines.iter_mut().filter(|line| is_meant(line)).collect();
        if let Some(line) = rng.choice(meant) {
            change(line, rng);
        }
    })
}

fn change_delimiter(line: &mut Vec<u8>, rng: &mut Rng) {
    let text = line.trim_ascii_end().len();
    match rng.u8(..9) {
        0 => line.clear(),
        1 => {
            line.insert(0, b' ');
        }
        2 => {
            line.splice(text..text, *b" \t");
        }
        3 => line.insert(text, b'X'),
        4 => {
            line.splice(text..text, *b"--");
        }
        5 => line.truncate(text.saturating_sub(1)),
        6 => {
            let again = line.clone();
            line.extend_from_slice(&again);
        }
        7 => {
            line.remove(0);
        }
        _ => line.splice(0..0, *b"text").for_each(drop),
    }
}

fn change_signature(raw: &[u8], rng: &mut Rng) -> Vec<u8> {
    let message = Message::parse(raw);
    let Some(part) = message.parts().find(|part| part.media().ends_with("pkcs7-signature")) else {
        return raw.to_vec();
    };
    let mut der = part.decode(1 << 20).bytes;
    if der.is_empty() {
        return raw.to_vec();
    }
    let place = rng.usize(..der.len());
    match rng.u8(..4) {
        0 => der[place] = rng.u8(..),
        1 => der[place] ^= 1 << rng.u8(..8),
        2 => {
            der.remove(place);
        }
        _ => der.insert(place, rng.u8(..)),
    }
    let text = STANDARD.encode(der);
    let lines = text.as_bytes().chunks(64).flat_map(|line| [line, b"\r\n"].concat());
    let body = part.body_range();
    [&raw[..body.start], &lines.collect::<Vec<_>>(), &raw[body.end..]].concat()
}

/// Where some part lies, other than the message itself.
fn part(raw: &[u8], rng: &mut Rng) -> Option<Range<usize>> {
    let message = Message::parse(raw);
    let ranges: Vec<_> = message.parts().skip(1).map(|part| part.range()).collect();
    rng.choice(ranges)
}

fn swap(raw: &[u8], one: Range<usize>, other: Range<usize>) -> Vec<u8> {
    let (first, second) = if one.start <= other.start { (one, other) } else { (other, one) };
    if first.end > second.start {
        return raw.to_vec();
    }
    let [a, b, c] = [&raw[..first.start], &raw[first.end..second.start], &raw[second.end..]];
    [a, &raw[second], b, &raw[first], c].concat()
}

fn is_base64(line: &[u8]) -> bool {
    let text = line.trim_ascii_end();
    text.len() >= 16 && text.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(byte))
}

fn is_field(line: &[u8]) -> bool {
    let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
    name.len() < line.len()
        && !name.is_empty()
        && name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
}

fn starts_with_name(line: &[u8], name: &[u8]) -> bool {
    line.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name))
}
