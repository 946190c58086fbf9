//! The parts of a signature as they came, where they came in BER.
//!
//! Everything is read from DER ([`super::ber`]). But a signature may be over the bytes as they came, so what can be
//! signed, certificates, revocation lists and signed attributes, is found in them once more, by its place.

use super::element::{Elements, Malformed, OBJECT_IDENTIFIER, SEQUENCE, SET, context};

/// What lies where in SignedData; each list in the order of the same list in DER.
#[derive(Debug, Default)]
pub(super) struct Received<'a> {
    pub(super) certificates: Vec<&'a [u8]>,
    pub(super) revocations: Vec<&'a [u8]>,
    pub(super) signers: Vec<&'a [u8]>,
}

impl<'a> Received<'a> {
    /// Finds the parts (RFC 5652 §3, §5.1).
    pub(super) fn read(p7s: &'a [u8]) -> Result<Self, Malformed> {
        let mut info = Elements(p7s).expect(SEQUENCE)?.children();
        info.expect(OBJECT_IDENTIFIER)?;
        let mut data = info.expect(context(0))?.children().expect(SEQUENCE)?.children();
        data.any()?; // version
        data.expect(SET)?; // digest algorithms
        data.expect(SEQUENCE)?; // content
        Ok(Self {
            certificates: data.optional(context(0))?.map_or(Ok(Vec::new()), |set| wholes(set.children()))?,
            revocations: data.optional(context(1))?.map_or(Ok(Vec::new()), |set| wholes(set.children()))?,
            signers: wholes(data.expect(SET)?.children())?,
        })
    }
}

/// The signed attributes of a SignerInfo, without the tag around them, which is not the one that is signed.
pub(super) fn attributes_received(signer: &[u8]) -> Option<&[u8]> {
    let mut fields = Elements(signer).expect(SEQUENCE).ok()?.children();
    for _ in ["version", "identifier", "digest algorithm"] {
        fields.any().ok()?;
    }
    Some(fields.optional(context(0)).ok()??.content)
}

fn wholes(elements: Elements<'_>) -> Result<Vec<&[u8]>, Malformed> {
    elements.map(|element| element.map(|element| element.whole)).collect()
}
