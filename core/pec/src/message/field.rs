//! The fields of a header (RFC 5322 §2.2): found, unfolded, and decoded for people.
//!
//! Looked up in the bytes each time, so a giant header costs no memory. A line that is no field is passed over.
//! Structure and trust never hang on a decoded value: encoded words (RFC 2047) and address lists go through
//! mail-parser, of which no more than a bounded piece of a value is asked.

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use mail_parser::parsers::MessageStream;
use std::borrow::Cow;

use crate::Address;

/// The header of a part.
#[derive(Clone, Copy, Debug)]
pub struct Fields<'a>(&'a [u8]);

/// One field.
#[derive(Clone, Copy, Debug)]
pub struct Field<'a> {
    /// Its name as written.
    pub name: &'a [u8],
    /// Everything after the colon as received, folding and last line end included.
    pub value: &'a [u8],
}

impl<'a> Fields<'a> {
    /// The bytes of a header, with or without the empty line that ends it.
    pub fn new(header: &'a [u8]) -> Self {
        Self(header)
    }

    /// Every field, in order.
    pub fn iter(self) -> impl Iterator<Item = Field<'a>> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            while !rest.is_empty() {
                let (line, after) = rest.split_at_checked(folded_len(rest))?;
                rest = after;
                if let Some(field) = Field::read(line) {
                    return Some(field);
                }
            }
            None
        })
    }

    /// The fields of this name, in whatever case.
    pub fn all(self, name: &str) -> impl Iterator<Item = Field<'a>> {
        self.iter().filter(move |field| field.name.eq_ignore_ascii_case(name.as_bytes()))
    }

    /// The first field of this name.
    pub fn first(self, name: &str) -> Option<Field<'a>> {
        self.all(name).next()
    }

    /// The field of this name if it stands there exactly once.
    pub fn only(self, name: &str) -> Option<Field<'a>> {
        let mut all = self.all(name);
        all.next().filter(|_| all.next().is_none())
    }
}

impl<'a> Field<'a> {
    fn read(line: &'a [u8]) -> Option<Self> {
        let colon = memchr::memchr(b':', line)?;
        let (name, value) = (line.get(..colon)?, line.get(colon.checked_add(1)?..)?);
        // White space before the colon is obsolete syntax (RFC 5322 §4.5), but every reader takes it.
        let name = name.trim_ascii_end();
        let is_name = !name.is_empty() && name.iter().all(u8::is_ascii_graphic);
        is_name.then_some(Self { name, value })
    }

    /// The value in one line: line ends taken out, white space kept but for that around it. A bare CR is no line end.
    pub fn unfolded(self) -> Cow<'a, [u8]> {
        let value = self.value.trim_ascii();
        if memchr::memchr2(b'\r', b'\n', value).is_some() {
            Cow::Owned(unfold(value))
        } else {
            Cow::Borrowed(value)
        }
    }

    /// The value for people: encoded words decoded, runs of white space made one.
    pub fn text(self) -> String {
        let line = self.bounded_line(TEXT_MAX);
        let decoded = MessageStream::new(&line).parse_unstructured();
        decoded.as_text().unwrap_or_default().to_owned()
    }

    /// The value of a field that holds one word, such as a message id or X-Ricevuta: without any white space, since
    /// long ids are folded, some in their middle.
    pub fn word(self) -> String {
        let bytes = self.value.get(..TEXT_MAX).unwrap_or(self.value);
        String::from_utf8_lossy(bytes).split_ascii_whitespace().collect()
    }

    /// The addresses of a list, without display names; what cannot be read is left out.
    pub fn addresses(self) -> Vec<Address> {
        let mut line = self.bounded_line(ADDRESSES_MAX);
        // Encoded words stand in display names only, and cost too much in a list this long (see `TEXT_MAX`).
        line.dedup_by(|byte, before| *before == b'=' && *byte == b'?');
        let list = MessageStream::new(&line).parse_address();
        let list = list.as_address().map(|list| list.iter()).into_iter().flatten();
        list.filter_map(|mailbox| mailbox.address()).map(Address::new).collect()
    }

    /// The instant of a Date field (RFC 5322 §3.3).
    pub fn date(self) -> Option<Timestamp> {
        static PARSER: rfc2822::DateTimeParser = rfc2822::DateTimeParser::new().relaxed_weekday(true);
        PARSER.parse_timestamp(self.unfolded()).ok()
    }

    /// The unfolded value as mail-parser wants it: no longer than it may cost, and ended.
    pub(super) fn bounded_line(self, most: usize) -> Vec<u8> {
        let value = self.unfolded();
        let mut line = value.get(..most).unwrap_or(&value).to_vec();
        line.push(b'\n');
        line
    }
}

/// A value without its line ends.
pub(super) fn unfold(value: &[u8]) -> Vec<u8> {
    let lines = value.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    lines.collect::<Vec<_>>().concat()
}

/// The length of the first line with the continuation lines that follow it, line ends included.
fn folded_len(bytes: &[u8]) -> usize {
    let ends = memchr::memchr_iter(b'\n', bytes).map(|lf| lf.saturating_add(1));
    ends.into_iter().find(|end| !matches!(bytes.get(*end), Some(b' ' | b'\t'))).unwrap_or(bytes.len())
}

/// mail-parser 0.11.9 may read on to the end of the value for each encoded word that is not ended: with this much of
/// a value even that is quick. A subject is shorter by far.
const TEXT_MAX: usize = 8 * 1024;
/// For 500 recipients, the most that a provider takes.
const ADDRESSES_MAX: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn first<'a>(header: &'a str, name: &str) -> Field<'a> {
        Fields::new(header.as_bytes()).first(name).unwrap()
    }

    #[test]
    fn fields_are_found_folded_or_not() {
        let header = "From box Tue Nov 13\nA: 1\nb : 2\r\nC:\n 3\n\t4\nno field\n: empty\nA: 5\n\n";
        let fields: Vec<_> = Fields::new(header.as_bytes())
            .iter()
            .map(|field| {
                (String::from_utf8_lossy(field.name), String::from_utf8(field.unfolded().into()).unwrap())
            })
            .collect();
        let expected = [("A", "1"), ("b", "2"), ("C", "3\t4"), ("A", "5")];
        assert_eq!(fields, expected.map(|(name, value)| (name.into(), value.to_owned())));
        assert!(Fields::new(header.as_bytes()).only("a").is_none());
        assert!(Fields::new(header.as_bytes()).only("B").is_some());
    }

    #[test]
    fn text_is_decoded() {
        let cases = [
            ("S: =?UTF-8?Q?Citt=C3=A0?= di\r\n Prova\r\n", "Città di Prova"),
            ("S: =?iso-8859-1?B?Y2l0dOA=?=\n", "città"),
            ("S: =?utf-8?Q?broken\n", "=?utf-8?Q?broken"),
            ("S:\n", ""),
        ];
        for (header, text) in cases {
            assert_eq!(first(header, "s").text(), text);
        }
    }

    #[test]
    fn ids_lose_their_folding() {
        let header = "X-Riferimento-Message-ID:\r\n <first.half.\r\n second.half@example.test>\r\n";
        assert_eq!(first(header, "x-riferimento-message-id").word(), "<first.half.second.half@example.test>");
    }

    #[test]
    fn addresses_and_dates() {
        let header = "To: \"Rossi, Anna\" <anna@example.test>,\r\n ufficio@pec.example.test\n";
        let expected = ["anna@example.test", "ufficio@pec.example.test"].map(Address::new);
        assert_eq!(first(header, "to").addresses(), expected);
        let date = first("Date: Tue, 13 Nov 2018 16:39:26 +0100 (CET)\r\n", "date").date().unwrap();
        assert_eq!(date.to_string(), "2018-11-13T15:39:26Z");
        assert_eq!(first("Date: yesterday\n", "date").date(), None);
    }
}
