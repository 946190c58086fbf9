//! The readers of signatures, one by one, for the fuzz targets (see [`crate::fuzzing`]).

use jiff::Timestamp;
use std::borrow::Cow;

use super::cms::{Limits, Shell, SignedData};
use super::revocation::RevocationList;
use super::{Algorithms, Claim, Content, LineEnds, Signature, ber, certificate};
use crate::{Anchors, Reason};

/// What a certificate says, as far as its bytes must hold it literally.
#[derive(Debug, Eq, PartialEq)]
pub struct Certificate {
    /// Everything that was read.
    pub all: String,
    /// The number.
    pub serial: Vec<u8>,
    /// The addresses it is for.
    pub addresses: Vec<String>,
}

/// BER to DER.
///
/// # Errors
/// Where it is not BER, or beyond the limits.
pub fn to_der(ber: &[u8]) -> Result<Vec<u8>, Reason> {
    ber::to_der(ber).map(Cow::into_owned)
}

/// How many certificates, revocation lists and signers were read in a signature, if it can be read.
pub fn signed_data(p7s: &[u8]) -> Option<[usize; 3]> {
    let shell = Shell::read(p7s).ok()?;
    let data = SignedData::read(&shell, &Limits::MESSAGE).ok()?;
    Some([data.certificates.len(), data.revocations.len(), data.signers.len()])
}

/// Reads one certificate.
pub fn certificate(der: &[u8]) -> Option<Certificate> {
    let read = certificate::Certificate::read(der, None).ok()?;
    Some(Certificate {
        all: format!("{read:?}"),
        serial: read.serial.to_vec(),
        addresses: read.addresses().map(str::to_owned).collect(),
    })
}

/// Whether it is a revocation list that can be read.
pub fn revocation_list(der: &[u8]) -> bool {
    RevocationList::read(der, None).is_ok()
}

/// Checks a signature over a content given whole. `None` does not come to pass, since every digest is taken.
pub fn check(
    p7s: &[u8],
    content: &[u8],
    claim: &Claim<'_>,
    anchors: &Anchors,
    now: Timestamp,
) -> Option<Signature> {
    let mut digests = Content::new(Algorithms::EVERY, LineEnds::Canonical);
    digests.update(content);
    super::check(p7s, &digests.finish(), claim, anchors, now).ok()
}
