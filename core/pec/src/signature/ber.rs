//! BER to DER, so that everything after it reads one encoding only.
//!
//! RFC 5652 lets a signature be BER, and providers use it: lengths left open (`80 … 00 00`), lengths in more octets
//! than needed, strings in segments (X.690 §8). Only these three are rewritten; values stay byte for byte, and so does
//! their order. What a signature may be over as it came is kept beside
//! ([`super::received`]). Bytes after the outer value are left out, as OpenSSL does: some mail programs add a line end.
//!
//! The input is read at most twice, and not copied where it is DER; the depth and size it may have are bounded.

use std::borrow::Cow;

use crate::Reason;

/// The first element of `input` as DER: borrowed where it is that already.
///
/// # Errors
/// [`Reason::MissingSignature`] where the bytes end early, [`Reason::TooComplex`] beyond the limits,
/// [`Reason::MalformedSignature`] for anything else that is not BER.
pub(super) fn to_der(mut input: &[u8]) -> Result<Cow<'_, [u8]>, Reason> {
    if input.len() > MAX_SIZE {
        return Err(Reason::TooComplex);
    }
    let mut rest = input;
    if is_der(&mut rest, MAX_DEPTH) {
        let size = input.len().saturating_sub(rest.len());
        return Ok(input.get(..size).unwrap_or_default().into());
    }
    let mut out = Vec::with_capacity(input.len());
    element(&mut input, &mut out, MAX_DEPTH)?;
    Ok(out.into())
}

/// Whether the first element needs no rewriting.
fn is_der(input: &mut &[u8], depth: usize) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    let Ok(header) = Header::read(input) else { return false };
    let Some(Ok(content)) = header.length.map(|length| take(input, length)) else { return false };
    if !header.is_shortest || header.segments().is_some() {
        return false;
    }
    let mut inner = if header.is_constructed() { content } else { &[] };
    while !inner.is_empty() {
        if !is_der(&mut inner, depth) {
            return false;
        }
    }
    true
}

fn element(input: &mut &[u8], out: &mut Vec<u8>, depth: usize) -> Result<(), Reason> {
    let depth = depth.checked_sub(1).ok_or(Reason::TooComplex)?;
    let header = Header::read(input)?;
    if let Some(string) = header.segments() {
        out.push(string);
        let start = out.len();
        // Which of the last octet's bits are unused is said before each segment, and goes for the last.
        out.extend((string == BIT_STRING).then_some(0));
        let merged = Merged { string, start };
        children(input, header.length, |input| merged.segment(input, out, depth))?;
        return insert_length(out, start);
    }
    out.extend_from_slice(header.tag);
    let start = out.len();
    match header.length {
        length if header.is_constructed() => children(input, length, |input| element(input, out, depth))?,
        Some(length) => out.extend_from_slice(take(input, length)?),
        None => return Err(Reason::MalformedSignature),
    }
    insert_length(out, start)
}

/// A string that came in segments.
struct Merged {
    /// Its tag, without that it is constructed.
    string: u8,
    /// Where its content begins in the output.
    start: usize,
}

impl Merged {
    /// One segment, which may again be in segments: only the content goes out.
    fn segment(&self, input: &mut &[u8], out: &mut Vec<u8>, depth: usize) -> Result<(), Reason> {
        let depth = depth.checked_sub(1).ok_or(Reason::TooComplex)?;
        let header = Header::read(input)?;
        // X.690 §8.23.6: the segments of a text are OCTET STRINGs; some writers repeat the type of the text.
        let is_part = |tag: u8| tag == self.string || (tag == OCTET_STRING && self.string != BIT_STRING);
        match (header.tag, header.length) {
            ([tag], Some(length)) if is_part(*tag) => {
                let mut content = take(input, length)?;
                if self.string == BIT_STRING {
                    let unused = byte(&mut content).map_err(|_| Reason::MalformedSignature)?;
                    if let Some(octet) = out.get_mut(self.start) {
                        *octet = unused;
                    }
                }
                out.extend_from_slice(content);
                Ok(())
            }
            ([tag], length) if *tag & CONSTRUCTED != 0 && is_part(*tag & !CONSTRUCTED) => {
                children(input, length, |input| self.segment(input, out, depth))
            }
            _ => Err(Reason::MalformedSignature),
        }
    }
}

/// Calls `child` for each element of a constructed one, up to its length or its end mark.
fn children<'a>(
    input: &mut &'a [u8],
    length: Option<usize>,
    mut child: impl FnMut(&mut &'a [u8]) -> Result<(), Reason>,
) -> Result<(), Reason> {
    if let Some(length) = length {
        let mut inner = take(input, length)?;
        while !inner.is_empty() {
            child(&mut inner).map_err(|reason| match reason {
                // The outer element is all here, so an inner one that ends beyond it was not cut, it is wrong.
                Reason::MissingSignature => Reason::MalformedSignature,
                other => other,
            })?;
        }
        return Ok(());
    }
    loop {
        if let Some(rest) = input.strip_prefix(&END_OF_CONTENTS) {
            *input = rest;
            return Ok(());
        }
        child(input)?;
    }
}

/// The head of an element.
pub(super) struct Header<'a> {
    /// The identifier octets, as they are.
    pub(super) tag: &'a [u8],
    /// `None` for an indefinite length.
    pub(super) length: Option<usize>,
    /// Whether the length is in as few octets as can be.
    is_shortest: bool,
}

impl<'a> Header<'a> {
    /// Takes it off the input.
    pub(super) fn read(input: &mut &'a [u8]) -> Result<Self, Reason> {
        let whole = *input;
        let mut tag_size = 1_usize;
        if byte(input)? & LONG_TAG == LONG_TAG {
            tag_size = tag_size.saturating_add(1);
            while byte(input)? & MORE != 0 {
                tag_size = tag_size.saturating_add(1);
            }
        }
        let tag = whole.get(..tag_size).filter(|tag| tag.len() <= MAX_TAG_SIZE);
        let tag = tag.ok_or(Reason::MalformedSignature)?;
        let (length, is_shortest) = read_length(input)?;
        Ok(Self { tag, length, is_shortest })
    }

    /// The tag of the whole where this is a string in segments.
    fn segments(&self) -> Option<u8> {
        match self.tag {
            [tag] if *tag & CONSTRUCTED != 0 => Some(*tag & !CONSTRUCTED).filter(|tag| STRINGS.contains(tag)),
            _ => None,
        }
    }

    /// Whether there are elements in it.
    pub(super) fn is_constructed(&self) -> bool {
        self.tag.first().is_some_and(|first| first & CONSTRUCTED != 0)
    }
}

/// The length, and whether it is in as few octets as can be.
fn read_length(input: &mut &[u8]) -> Result<(Option<usize>, bool), Reason> {
    let first = byte(input)?;
    if first == INDEFINITE {
        return Ok((None, false));
    }
    if first & MORE == 0 {
        return Ok((Some(usize::from(first)), true));
    }
    let mut length = 0_usize;
    let octets = take(input, usize::from(first & !MORE))?;
    for octet in octets {
        let shifted = length.checked_mul(256).ok_or(Reason::MalformedSignature)?;
        length = shifted | usize::from(*octet);
    }
    let is_shortest = match octets {
        [short] => short & MORE != 0,
        [first, ..] => *first != 0,
        [] => false,
    };
    Ok((Some(length), is_shortest))
}

/// Puts the DER length of what follows `start` before it.
///
/// Moving the content once for each level costs little (a real signature is 7 KB and some ten levels deep), and at
/// most [`MAX_DEPTH`] times the size.
fn insert_length(out: &mut Vec<u8>, start: usize) -> Result<(), Reason> {
    let length = out.len().saturating_sub(start);
    let octets = length.to_be_bytes();
    let significant: Vec<u8> = octets.into_iter().skip_while(|octet| *octet == 0).collect();
    match u8::try_from(length) {
        Ok(short) if short & MORE == 0 => out.insert(start, short),
        _ => {
            let count = u8::try_from(significant.len()).map_err(|_| Reason::TooComplex)?;
            out.splice(start..start, std::iter::once(MORE | count).chain(significant));
        }
    }
    Ok(())
}

fn byte(input: &mut &[u8]) -> Result<u8, Reason> {
    take(input, 1)?.first().copied().ok_or(Reason::MissingSignature)
}

fn take<'a>(input: &mut &'a [u8], size: usize) -> Result<&'a [u8], Reason> {
    let (taken, rest) = input.split_at_checked(size).ok_or(Reason::MissingSignature)?;
    *input = rest;
    Ok(taken)
}

const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
/// What BER may divide: besides the two above UTF8String, and the texts and times from NumericString to BMPString.
const STRINGS: [u8; 14] =
    [BIT_STRING, OCTET_STRING, 0x0c, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x1e];
const CONSTRUCTED: u8 = 0x20;
const LONG_TAG: u8 = 0x1f;
/// In a length: long form; in the octets of a long tag: another follows.
const MORE: u8 = 0x80;
const INDEFINITE: u8 = 0x80;
const END_OF_CONTENTS: [u8; 2] = [0, 0];
/// CMS knows no tag above 30; this leaves room for what extensions might use.
const MAX_TAG_SIZE: usize = 4;
/// Real signatures are some ten levels deep.
pub(super) const MAX_DEPTH: usize = 64;
/// Real detached signatures have 7 KB; enclosed revocation lists may make them larger.
const MAX_SIZE: usize = 4 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    fn der(hex: &str) -> Result<String, Reason> {
        let bytes: Vec<u8> = hex.split(' ').map(|octet| u8::from_str_radix(octet, 16).unwrap()).collect();
        to_der(&bytes).map(|out| out.iter().map(|octet| format!("{octet:02x}")).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn rewrites_only_what_is_not_der() {
        let cases = [
            ("30 03 02 01 05", "30 03 02 01 05"),
            ("30 80 02 01 05 00 00", "30 03 02 01 05"),
            ("30 81 03 02 01 05", "30 03 02 01 05"),
            ("30 84 00 00 00 03 02 01 05", "30 03 02 01 05"),
            ("30 80 02 82 00 01 05 00 00", "30 03 02 01 05"),
            ("24 80 04 01 61 04 02 62 63 00 00", "04 03 61 62 63"),
            ("24 07 24 03 04 01 61 04 00", "04 01 61"),
            ("24 80 24 80 04 01 61 00 00 00 00", "04 01 61"),
            ("a0 80 24 80 04 01 61 00 00 00 00", "a0 03 04 01 61"),
            ("31 06 02 01 07 02 01 05", "31 06 02 01 07 02 01 05"),
            ("bf 81 05 80 05 00 00 00", "bf 81 05 02 05 00"),
            ("05 00 0d 0a", "05 00"),
            ("30 80 01 01 01 00 00", "30 03 01 01 01"),
            ("23 80 03 02 00 61 03 02 03 68 00 00", "03 03 03 61 68"),
            ("33 06 04 01 61 13 01 62", "13 02 61 62"),
        ];
        for (ber, expected) in cases {
            assert_eq!(der(ber).as_deref(), Ok(expected), "{ber}");
        }
    }

    #[test]
    fn tells_cut_off_from_malformed() {
        let cases = [
            ("30", Reason::MissingSignature),
            ("30 82 27 8c", Reason::MissingSignature),
            ("30 80 02 01 05", Reason::MissingSignature),
            ("30 03 02 05 05", Reason::MalformedSignature),
            ("04 80 00 00", Reason::MalformedSignature),
            ("24 03 02 01 05", Reason::MalformedSignature),
            ("23 03 04 01 61", Reason::MalformedSignature),
            ("23 02 03 00", Reason::MalformedSignature),
            ("1f 81 81 81 01 00", Reason::MalformedSignature),
            ("30 89 01 00 00 00 00 00 00 00 00", Reason::MalformedSignature),
            ("30 88 ff ff ff ff ff ff ff ff", Reason::MissingSignature),
        ];
        for (ber, expected) in cases {
            assert_eq!(der(ber), Err(expected), "{ber}");
        }
        assert_eq!(to_der(b""), Err(Reason::MissingSignature));
    }

    #[test]
    fn long_lengths_are_minimal() {
        for size in [127, 128, 255, 256, 65_535, 65_536] {
            let mut ber = vec![0x24, 0x80, 0x04, 0x84];
            ber.extend(u32::try_from(size).unwrap().to_be_bytes());
            ber.resize(ber.len() + size, b'x');
            ber.extend([0, 0]);
            let out = to_der(&ber).unwrap();
            let expected = der::asn1::OctetString::new(vec![b'x'; size]).unwrap();
            assert_eq!(*out, der::Encode::to_der(&expected).unwrap());
        }
    }

    #[test]
    fn der_is_not_copied() {
        for (input, is_borrowed) in
            [(&b"\x30\x03\x02\x01\x05\r\n"[..], true), (b"\x30\x81\x03\x02\x01\x05", false)]
        {
            let der = to_der(input).unwrap();
            assert_eq!(*der, *b"\x30\x03\x02\x01\x05");
            assert_eq!(matches!(der, Cow::Borrowed(_)), is_borrowed);
        }
    }

    #[test]
    fn bombs_are_refused() {
        for open in [[0x30, 0x80], [0x24, 0x80]] {
            assert_eq!(to_der(&open.repeat(100_000)), Err(Reason::TooComplex));
        }
        assert_eq!(to_der(&vec![0x30; MAX_SIZE + 1]), Err(Reason::TooComplex));
    }
}
