//! BER to DER, against a second implementation that builds a tree and writes it anew; DER stays as it is.

#![no_main]

use libfuzzer_sys::fuzz_target;
use recapito_pec::Reason;
use recapito_pec::fuzzing::to_der;

fuzz_target!(|input: &[u8]| {
    match to_der(input) {
        Ok(der) => {
            assert_eq!(reference(input).as_deref(), Some(der.as_slice()), "both read the same");
            assert_eq!(to_der(&der).as_deref(), Ok(der.as_slice()), "DER stays as it is");
        }
        // The reference knows no limits.
        Err(Reason::TooComplex) => {}
        Err(_) => assert_eq!(reference(input), None, "refused without need"),
    }
});

fn reference(input: &[u8]) -> Option<Vec<u8>> {
    let mut rest = input;
    let mut der = Vec::new();
    Element::read(&mut rest, 0)?.write(&mut der)?;
    Some(der)
}

struct Element<'a> {
    tag: &'a [u8],
    content: Content<'a>,
}

enum Content<'a> {
    Constructed(Vec<Element<'a>>),
    Primitive(&'a [u8]),
}

impl<'a> Element<'a> {
    fn read(input: &mut &'a [u8], depth: usize) -> Option<Self> {
        let tag_len = match input.first()? & 0x1f {
            0x1f => 2 + input.get(1..)?.iter().position(|octet| octet & 0x80 == 0)?,
            _ => 1,
        };
        let (tag, rest) = input.split_at_checked(tag_len).filter(|_| tag_len <= 4 && depth < 100)?;
        let (first, rest) = rest.split_first()?;
        let is_constructed = tag[0] & 0x20 != 0;
        let mut children = Vec::new();
        if *first == 0x80 {
            *input = rest;
            while is_constructed && !input.starts_with(&[0, 0]) {
                children.push(Self::read(input, depth + 1)?);
            }
            *input = input.strip_prefix(&[0, 0]).filter(|_| is_constructed)?;
            return Some(Self { tag, content: Content::Constructed(children) });
        }
        let (length, rest) = match first {
            0..0x80 => (usize::from(*first), rest),
            _ => {
                let (octets, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
                let shift = |length: usize, octet: &u8| Some(length.checked_mul(256)? | usize::from(*octet));
                (octets.iter().try_fold(0, shift)?, rest)
            }
        };
        let (mut content, rest) = rest.split_at_checked(length)?;
        *input = rest;
        if !is_constructed {
            return Some(Self { tag, content: Content::Primitive(content) });
        }
        while !content.is_empty() {
            children.push(Self::read(&mut content, depth + 1)?);
        }
        Some(Self { tag, content: Content::Constructed(children) })
    }

    fn write(&self, out: &mut Vec<u8>) -> Option<()> {
        let mut content = Vec::new();
        let string = self.string();
        match (&self.content, string) {
            (Content::Constructed(_), Some(string)) => {
                let (mut unused, mut octets) = (0, Vec::new());
                self.octets(string, &mut unused, &mut octets)?;
                content.extend((string == BIT_STRING).then_some(unused));
                content.extend(octets);
            }
            (Content::Constructed(children), None) => {
                children.iter().try_for_each(|child| child.write(&mut content))?;
            }
            (Content::Primitive(octets), _) => content.extend_from_slice(octets),
        }
        match string {
            Some(string) => out.push(string),
            None => out.extend_from_slice(self.tag),
        }
        let length = content.len().to_be_bytes();
        let length = &length[length.iter().position(|octet| *octet != 0).unwrap_or(length.len() - 1)..];
        if content.len() >= 0x80 {
            out.push(0x80 | u8::try_from(length.len()).unwrap());
        }
        out.extend_from_slice(length);
        out.append(&mut content);
        Some(())
    }

    /// The tag of the whole, where this is a string in pieces.
    fn string(&self) -> Option<u8> {
        match (self.tag, &self.content) {
            ([tag @ 0x20..0x40], Content::Constructed(_)) => {
                Some(tag - 0x20).filter(|tag| STRINGS.contains(tag))
            }
            _ => None,
        }
    }

    /// Adds to the octets, and says of the last how many bits are unused. A piece is of the type of the whole; that of
    /// a text may be an OCTET STRING too.
    fn octets(&self, string: u8, unused: &mut u8, whole: &mut Vec<u8>) -> Option<()> {
        let Content::Constructed(pieces) = &self.content else { return None };
        for piece in pieces {
            let [tag @ 0..0x40] = piece.tag else { return None };
            if tag & 0x1f != string && (tag & 0x1f != OCTET_STRING || string == BIT_STRING) {
                return None;
            }
            match &piece.content {
                Content::Constructed(_) => piece.octets(string, unused, whole)?,
                Content::Primitive(octets) if string == BIT_STRING => {
                    let (first, octets) = octets.split_first()?;
                    *unused = *first;
                    whole.extend_from_slice(octets);
                }
                Content::Primitive(octets) => whole.extend_from_slice(octets),
            }
        }
        Some(())
    }
}

const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
/// X.690 §8.6, §8.7, §8.23, §8.25: what may come in pieces.
const STRINGS: [u8; 14] = [3, 4, 12, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 30];
