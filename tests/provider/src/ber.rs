//! A signature in BER of indefinite length, as some providers send it (X.690 §8.1.3.6).
//!
//! DER has one form for everything; BER lets a writer that does not know a length yet close with two zero
//! octets, and cut an octet string into pieces. Only the layers around certificates and signed attributes
//! are rewritten: what is signed itself must stay DER.

/// Rewrites the DER of a CMS SignedData: ContentInfo, SignedData and the set of certificates get an
/// indefinite length. This is what BouncyCastle writes, and with it Aruba in 2026.
pub(crate) fn indefinite(der: &[u8]) -> Vec<u8> {
    let signed_data = |element: Element<'_>| match element.tag {
        CERTIFICATES => rewrite(element, |certificate| certificate.whole.to_vec()),
        _ => element.whole.to_vec(),
    };
    content_info(der, signed_data)
}

/// As [`indefinite`], and the signer's information too, its signature in pieces of at most 100 octets.
///
/// Not seen at a provider yet; allowed, and what simple readers get wrong.
pub(crate) fn constructed(der: &[u8]) -> Vec<u8> {
    let signer_info = |element: Element<'_>| match element.tag {
        OCTET_STRING => in_pieces(element.content),
        _ => element.whole.to_vec(),
    };
    // The last of the sets is the one of the signers; the first, of digest algorithms, has no octet string.
    let signed_data = |element: Element<'_>| match element.tag {
        CERTIFICATES => rewrite(element, |certificate| certificate.whole.to_vec()),
        SET => rewrite(element, |signer| rewrite(signer, signer_info)),
        _ => element.whole.to_vec(),
    };
    content_info(der, signed_data)
}

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const OCTET_STRING: u8 = 0x04;
const CONSTRUCTED_OCTET_STRING: u8 = 0x24;
/// `[0]`: the content in a ContentInfo, the certificates in a SignedData.
const CONTENT: u8 = 0xa0;
const CERTIFICATES: u8 = 0xa0;

/// `ContentInfo { type, [0] { SignedData } }`, with the parts of the SignedData rewritten.
fn content_info(der: &[u8], signed_data: impl Fn(Element<'_>) -> Vec<u8>) -> Vec<u8> {
    let Some((info, _)) = Element::first(der) else { return der.to_vec() };
    rewrite(info, |part| match part.tag {
        CONTENT => rewrite(part, |data| rewrite(data, &signed_data)),
        _ => part.whole.to_vec(),
    })
}

/// The same element with an indefinite length and its parts rewritten.
fn rewrite(element: Element<'_>, part: impl Fn(Element<'_>) -> Vec<u8>) -> Vec<u8> {
    debug_assert!(matches!(element.tag, SEQUENCE | SET | CONTENT), "only constructed elements have parts");
    let mut parts = Vec::new();
    let mut rest = element.content;
    while let Some((next, after)) = Element::first(rest) {
        parts.push(part(next));
        rest = after;
    }
    without_length(element.tag, &parts.concat())
}

fn in_pieces(octets: &[u8]) -> Vec<u8> {
    let piece = |piece: &[u8]| {
        let length = u8::try_from(piece.len()).expect("pieces of at most 100 octets");
        [&[OCTET_STRING, length], piece].concat()
    };
    without_length(CONSTRUCTED_OCTET_STRING, &octets.chunks(100).map(piece).collect::<Vec<_>>().concat())
}

fn without_length(tag: u8, content: &[u8]) -> Vec<u8> {
    [&[tag, 0x80], content, &[0, 0]].concat()
}

/// One element of DER: tag, content, and the bytes of all of it.
#[derive(Clone, Copy)]
struct Element<'a> {
    tag: u8,
    content: &'a [u8],
    whole: &'a [u8],
}

impl<'a> Element<'a> {
    /// The first element and what follows it; `None` at the end. Tags of one octet, as in all of CMS.
    fn first(der: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (&[tag, first], after) = der.split_first_chunk()?;
        let (length, start) = match first {
            0x00..0x80 => (usize::from(first), 2),
            _ => {
                let count = usize::from(first & 0x7f);
                let octets = after.get(..count)?;
                (octets.iter().fold(0, |length, &octet| length << 8 | usize::from(octet)), 2 + count)
            }
        };
        let content = der.get(start..start + length)?;
        let (whole, rest) = der.split_at(start + length);
        Some((Self { tag, content, whole }, rest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_layers_lose_their_length_and_what_is_signed_stays() {
        // ContentInfo { OID, [0] { SEQUENCE { INTEGER, SET {}, [0] { SEQUENCE {} }, SET { SEQUENCE { OCTETS } } } } }
        let der = [
            0x30, 0x19, 0x06, 0x01, 0x01, 0xa0, 0x14, 0x30, 0x12, 0x02, 0x01, 0x01, 0x31, 0x00, 0xa0, 0x02,
            0x30, 0x00, 0x31, 0x07, 0x30, 0x05, 0x04, 0x03, 0x07, 0x08, 0x09,
        ];
        let expected = [
            0x30, 0x80, 0x06, 0x01, 0x01, 0xa0, 0x80, 0x30, 0x80, 0x02, 0x01, 0x01, 0x31, 0x00, 0xa0, 0x80,
            0x30, 0x00, 0, 0, 0x31, 0x07, 0x30, 0x05, 0x04, 0x03, 0x07, 0x08, 0x09, 0, 0, 0, 0, 0, 0,
        ];
        assert_eq!(indefinite(&der), expected);
        let pieces = [0x24, 0x80, 0x04, 0x03, 0x07, 0x08, 0x09, 0, 0];
        let found = constructed(&der);
        assert!(found.windows(pieces.len()).any(|window| window == pieces), "{found:02x?}");
    }
}
