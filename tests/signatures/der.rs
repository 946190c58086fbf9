//! DER by hand, and the same again in the looser forms that BER allows (X.690 §8).
//!
//! Written here and not by a crate, because what a crate refuses to write is what a reader must bear or refuse. Knows
//! nothing of what it encodes.

/// An element: tag, length in its shortest form, content.
pub(crate) fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let mut out = vec![tag];
    match u8::try_from(content.len()) {
        Ok(length @ 0..=127) => out.push(length),
        _ => {
            let octets: Vec<u8> =
                content.len().to_be_bytes().into_iter().skip_while(|octet| *octet == 0).collect();
            out.push(0x80 | u8::try_from(octets.len()).expect("at most eight"));
            out.extend(octets);
        }
    }
    out.extend(content);
    out
}

/// SEQUENCE.
pub(crate) fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    tlv(0x30, parts)
}

/// SET, its elements in the order given.
pub(crate) fn set(parts: &[&[u8]]) -> Vec<u8> {
    tlv(0x31, parts)
}

/// `[number]`, constructed.
pub(crate) fn tagged(number: u8, parts: &[&[u8]]) -> Vec<u8> {
    tlv(0xa0 | number, parts)
}

/// OBJECT IDENTIFIER, from its dotted form.
pub(crate) fn oid(dotted: &str) -> Vec<u8> {
    let arcs: Vec<u64> = dotted.split('.').map(|arc| arc.parse().expect("a number")).collect();
    let mut content = Vec::new();
    for arc in [&[arcs[0] * 40 + arcs[1]], &arcs[2..]].concat() {
        let septets = (0..10).rev().map(|place| (arc >> (7 * place)) as u8 & 0x7f);
        let mut septets: Vec<u8> = septets.skip_while(|septet| *septet == 0).collect();
        let last = septets.pop().unwrap_or(0);
        content.extend(septets.into_iter().map(|septet| septet | 0x80));
        content.push(last);
    }
    tlv(0x06, &[&content])
}

/// INTEGER, not negative.
pub(crate) fn integer(value: u64) -> Vec<u8> {
    let mut octets: Vec<u8> = value.to_be_bytes().into_iter().skip_while(|octet| *octet == 0).collect();
    if octets.first().is_none_or(|first| *first > 0x7f) {
        octets.insert(0, 0);
    }
    tlv(0x02, &[&octets])
}

/// OCTET STRING.
pub(crate) fn octets(content: &[u8]) -> Vec<u8> {
    tlv(0x04, &[content])
}

/// BIT STRING of whole octets.
pub(crate) fn bits(content: &[u8]) -> Vec<u8> {
    tlv(0x03, &[&[0], content])
}

/// NULL.
pub(crate) const NULL: &[u8] = &[5, 0];

/// UTCTime to 2049, from then on GeneralizedTime, from `20240601120000Z`.
pub(crate) fn time(text: &str) -> Vec<u8> {
    match text.strip_prefix("20") {
        Some(short) if short < "50" => tlv(0x17, &[short.as_bytes()]),
        _ => tlv(0x18, &[text.as_bytes()]),
    }
}

/// One element of DER: its tag, its content, all of it, and what follows.
pub(crate) fn first(der: &[u8]) -> (u8, &[u8], &[u8], &[u8]) {
    let (length, start) = match der[1] {
        short @ 0..=127 => (usize::from(short), 2),
        long => {
            let count = usize::from(long & 0x7f);
            (der[2..2 + count].iter().fold(0, |length, octet| length << 8 | usize::from(*octet)), 2 + count)
        }
    };
    let end = start + length;
    (der[0], &der[start..end], &der[..end], &der[end..])
}

/// The elements that stand one after the other, each whole.
pub(crate) fn elements(mut der: &[u8]) -> Vec<&[u8]> {
    let mut found = Vec::new();
    while !der.is_empty() {
        let (_, _, whole, rest) = first(der);
        found.push(whole);
        der = rest;
    }
    found
}

/// A form of BER that is not DER.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Loose {
    /// Every constructed element of indefinite length.
    Indefinite,
    /// Every length in eight octets.
    LongLengths,
    /// Every OCTET STRING in segments of so many octets, and all of indefinite length.
    Segments(usize),
    /// The same, and each segment in segments again.
    SegmentsOfSegments,
}

/// Rewrites a CMS SignedData in a looser form. Certificates and revocation lists stay as they are: theirs is a
/// signature over the octets, whereas signed attributes are encoded anew for it (RFC 5652 §5.4).
pub(crate) fn loosen(der: &[u8], form: Loose) -> Vec<u8> {
    let mut out = Vec::new();
    rewrite(der, form, 0, &mut out);
    out
}

/// ContentInfo { type, [0] { SignedData { version, digests, content, [0] certificates, [1] lists, signers } } }: the
/// certificates' and lists' containers lie three levels below.
const SETS: usize = 3;

fn rewrite(der: &[u8], form: Loose, depth: usize, out: &mut Vec<u8>) {
    for whole in elements(der) {
        let (tag, content, ..) = first(whole);
        let is_constructed = tag & 0x20 != 0;
        let mut inner = Vec::new();
        match (is_constructed, form, tag) {
            (true, _, 0xa0 | 0xa1) if depth == SETS => inner.extend_from_slice(content),
            (true, ..) => rewrite(content, form, depth + 1, &mut inner),
            (false, Loose::Segments(width), 0x04) => {
                content.chunks(width).for_each(|piece| inner.extend(octets(piece)));
            }
            (false, Loose::SegmentsOfSegments, 0x04) => {
                let pieces =
                    content.chunks(7).map(|piece| [&[0x24, 0x80], &octets(piece)[..], &[0, 0]].concat());
                inner.extend(pieces.collect::<Vec<_>>().concat());
            }
            (false, ..) => inner.extend_from_slice(content),
        }
        let is_cut = tag == 0x04 && matches!(form, Loose::Segments(_) | Loose::SegmentsOfSegments);
        match form {
            Loose::LongLengths => {
                out.extend([tag, 0x88]);
                out.extend((inner.len() as u64).to_be_bytes());
                out.extend(inner);
            }
            _ if is_constructed || is_cut => {
                out.extend([tag | 0x20, 0x80]);
                out.extend(inner);
                out.extend([0, 0]);
            }
            _ => out.extend(tlv(tag, &[&inner])),
        }
    }
}

#[test]
fn writes_what_the_standard_shows() {
    assert_eq!(oid("1.2.840.113549"), [0x06, 0x06, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d]);
    assert_eq!(integer(0), [2, 1, 0]);
    assert_eq!(integer(128), [2, 2, 0, 128]);
    assert_eq!(octets(&[7; 128])[..4], [4, 0x81, 128, 7]);
    let info = sequence(&[&tagged(0, &[&sequence(&[&tagged(0, &[&[4, 1, 7]]), &[4, 1, 7]])])]);
    let loose = [0x30, 0x80, 0xa0, 0x80, 0x30, 0x80, 0xa0, 0x80, 4, 1, 7, 0, 0, 0x24, 0x80, 4, 1, 7];
    assert_eq!(loosen(&info, Loose::Segments(5))[..loose.len()], loose);
}
