//! Takes a signature apart from the content in it, without looking at the content's bytes.
//!
//! ```text
//! SEQUENCE { signedData, [0] { SEQUENCE { version, digests, SEQUENCE { id-data, [0] { OCTET STRING } }, … } } }
//!                                         └────────── head ──────────────────┘        └ content ┘      └ tail ┘
//! ```
//! BER and DER alike (X.690 §8). What stands in an element of known length is passed over as it is; `cms` reads it
//! afterwards, from the shell, within limits of its own.

use super::super::ber::{Header, MAX_DEPTH};
use super::{Enclosed, Fault};

/// See [`Enclosed::cut`].
pub(super) fn cut(ber: &[u8]) -> Result<Enclosed, Fault> {
    if !is_signed_data(ber) {
        return Err(Fault::NotSigned);
    }
    let mut reader = Reader { ber, at: 0 };
    let info = reader.open(SEQUENCE)?;
    reader.skip(MAX_DEPTH)?; // signedData, as just seen
    let explicit = reader.open(EXPLICIT_0)?;
    let signed_data = reader.open(SEQUENCE)?;

    let start = reader.at;
    reader.skip(MAX_DEPTH)?; // version
    reader.skip(MAX_DEPTH)?; // digest algorithms
    let head = reader.since(start);
    let encapsulated = reader.open(SEQUENCE)?;
    let start = reader.at;
    reader.skip(MAX_DEPTH)?;
    let content_type = reader.since(start);
    if reader.is_at(&encapsulated) {
        return Err(Fault::Detached);
    }
    if !content_type.ends_with(ID_DATA) {
        return Err(Fault::UnknownContent);
    }
    let wrapped = reader.open(EXPLICIT_0)?;
    let start = reader.at;
    reader.octets(MAX_DEPTH)?;
    let content = start..reader.at;
    reader.close(&wrapped)?;
    reader.close(&encapsulated)?;

    let start = reader.at;
    while !reader.is_at(&signed_data) {
        reader.skip(MAX_DEPTH)?;
    }
    let tail = reader.since(start);
    reader.close(&signed_data)?;
    reader.close(&explicit)?;
    reader.close(&info)?;

    let shell = [
        &[SEQUENCE, INDEFINITE],
        ID_SIGNED_DATA,
        &[EXPLICIT_0, INDEFINITE, SEQUENCE, INDEFINITE],
        head,
        &[SEQUENCE, INDEFINITE],
        content_type,
        &END_OF_CONTENTS,
        tail,
        &[0; 6], // three more ends
    ];
    let shell = shell.concat();
    Ok(Enclosed { content, shell })
}

/// Whether these bytes, of which the first few suffice, begin as SignedData does.
pub(crate) fn is_signed_data(ber: &[u8]) -> bool {
    let mut rest = ber;
    Header::read(&mut rest).is_ok_and(|header| header.tag == [SEQUENCE]) && rest.starts_with(ID_SIGNED_DATA)
}

/// A place in BER that moves forward.
struct Reader<'a> {
    ber: &'a [u8],
    at: usize,
}

/// Where an element ends.
enum End {
    At(usize),
    Mark,
}

impl<'a> Reader<'a> {
    /// Steps into an element of this tag.
    fn open(&mut self, tag: u8) -> Result<End, Fault> {
        let (header, end) = self.header()?;
        if header.tag == [tag] { Ok(end) } else { Err(Fault::Malformed) }
    }

    /// Whether everything in it has been read.
    fn is_at(&self, end: &End) -> bool {
        match end {
            End::At(end) => self.at >= *end,
            End::Mark => self.rest().starts_with(&END_OF_CONTENTS),
        }
    }

    /// Steps out of an element at its end.
    fn close(&mut self, end: &End) -> Result<(), Fault> {
        match end {
            End::At(end) if self.at == *end => Ok(()),
            End::Mark if self.is_at(end) => {
                self.at = self.at.saturating_add(END_OF_CONTENTS.len());
                Ok(())
            }
            End::Mark if self.rest().len() < END_OF_CONTENTS.len() => Err(Fault::Incomplete),
            End::At(_) | End::Mark => Err(Fault::Malformed),
        }
    }

    /// Steps over an element, and into those of indefinite length to find their ends.
    fn skip(&mut self, depth: usize) -> Result<(), Fault> {
        let depth = depth.checked_sub(1).ok_or(Fault::TooComplex)?;
        let (header, end) = self.header()?;
        match end {
            End::At(end) => self.at = end,
            End::Mark if !header.is_constructed() => return Err(Fault::Malformed),
            End::Mark => {
                while !self.is_at(&end) {
                    self.skip(depth)?;
                }
                self.close(&end)?;
            }
        }
        Ok(())
    }

    /// Steps over an OCTET STRING, which may be in segments, and those again.
    fn octets(&mut self, depth: usize) -> Result<(), Fault> {
        let depth = depth.checked_sub(1).ok_or(Fault::TooComplex)?;
        let (header, end) = self.header()?;
        match (header.tag, end) {
            ([OCTET_STRING], End::At(end)) => self.at = end,
            ([CONSTRUCTED_OCTET_STRING], end) => {
                while !self.is_at(&end) {
                    self.octets(depth)?;
                }
                self.close(&end)?;
            }
            _ => return Err(Fault::Malformed),
        }
        Ok(())
    }

    fn header(&mut self) -> Result<(Header<'a>, End), Fault> {
        let mut rest = self.rest();
        let header = Header::read(&mut rest)?;
        self.at = self.ber.len().saturating_sub(rest.len());
        match header.length {
            None => Ok((header, End::Mark)),
            Some(length) if length <= rest.len() => Ok((header, End::At(self.at.saturating_add(length)))),
            Some(_) => Err(Fault::Incomplete),
        }
    }

    fn rest(&self) -> &'a [u8] {
        self.ber.get(self.at..).unwrap_or_default()
    }

    fn since(&self, start: usize) -> &'a [u8] {
        self.ber.get(start..self.at).unwrap_or_default()
    }
}

pub(super) const OCTET_STRING: u8 = 0x04;
const CONSTRUCTED_OCTET_STRING: u8 = 0x24;
const SEQUENCE: u8 = 0x30;
const EXPLICIT_0: u8 = 0xa0;
const INDEFINITE: u8 = 0x80;
pub(super) const END_OF_CONTENTS: [u8; 2] = [0, 0];
/// The object identifier 1.2.840.113549.1.7.2 with its header (RFC 5652 §5.1).
const ID_SIGNED_DATA: &[u8] = &[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
/// The object identifier 1.2.840.113549.1.7.1 (RFC 5652 §4).
const ID_DATA: &[u8] = &[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01];
