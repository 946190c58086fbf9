//! CMS SignedData (RFC 5652 §5): the grammar is the `cms` crate's, the sets are read in place.
//!
//! What was signed has to be kept byte for byte: signed attributes in the order they came, certificates and revocation
//! lists as they came, also where all of it came in BER. `cms` 0.3.0-rc.0 (November 2026) copies them into values of its own, puts every set in DER's
//! order, and gives up on all of it where one enclosed certificate cannot be read. Hence its types end where a set
//! begins; every field beside one is decoded by them.

use cms::content_info::{CmsVersion, ContentInfo};
use cms::signed_data::EncapsulatedContentInfo;
use const_oid::db::rfc5911::{ID_CONTENT_TYPE, ID_DATA, ID_MESSAGE_DIGEST, ID_SIGNED_DATA, ID_SIGNING_TIME};
use der::asn1::{ObjectIdentifier, OctetStringRef};
use der::{AnyRef, Decode, Encode, Reader, SliceReader, Tag, TagMode, TagNumber, Tagged};
use jiff::Timestamp;
use spki::AlgorithmIdentifierRef;
use std::borrow::Cow;

use super::algorithm::{Scheme, Unsupported};
use super::ber;
use super::certificate::{self, Certificate};
use super::digest::Digest;
use super::element::{Element, Elements, INTEGER, Malformed, OCTET_STRING, SEQUENCE};
use super::name::EncodedName;
use super::received::{Received, attributes_received};
use super::revocation::RevocationList;
use crate::Reason;

/// The outer shell of a signature; [`SignedData`] borrows from it.
pub(super) struct Shell<'a> {
    info: ContentInfo,
    /// The parts as they came, where that was not DER.
    received: Received<'a>,
}

impl<'a> Shell<'a> {
    /// Reads a signature, DER or BER.
    ///
    /// # Errors
    /// Where it is not one whole CMS value, or exceeds the limits.
    pub(super) fn read(p7s: &'a [u8]) -> Result<Self, Fault> {
        let der = ber::to_der(p7s)?;
        let received = match der {
            Cow::Borrowed(_) => Received::default(),
            Cow::Owned(_) => Received::read(p7s).unwrap_or_default(),
        };
        Ok(Self { info: ContentInfo::from_der(&der)?, received })
    }
}

/// A signature: who signed, and what came with it.
#[derive(Debug)]
pub(super) struct SignedData<'a> {
    /// The enclosed X.509 certificates that can be read; nothing protects this list.
    pub(super) certificates: Vec<Certificate<'a>>,
    /// The enclosed revocation lists that can be read; nothing protects this list either.
    pub(super) revocations: Vec<RevocationList<'a>>,
    /// The signers, each readable or not.
    pub(super) signers: Vec<Result<SignerInfo<'a>, Reason>>,
}

impl<'a> SignedData<'a> {
    /// Reads SignedData over MIME content (RFC 8551 §2.4). Content inside it is passed over: what counts is the part
    /// of the message that the reader sees.
    pub(super) fn read(shell: &'a Shell<'_>, limits: &Limits) -> Result<Self, Fault> {
        let Shell { info, received } = shell;
        expect(info.content_type, ID_SIGNED_DATA)?;
        info.content.sequence(|data| {
            CmsVersion::decode(data)?;
            set(data)?; // digest algorithms: each signer names its own
            expect(EncapsulatedContentInfo::decode(data)?.econtent_type, ID_DATA)?;
            let certificates = split(tagged(data, 0)?.unwrap_or_default(), limits.certificates)?;
            let revocations = split(tagged(data, 1)?.unwrap_or_default(), MAX_REVOCATIONS)?;
            let signers = split(set(data)?, limits.signers)?;
            Ok(Self {
                certificates: readable(&certificates, &received.certificates),
                revocations: beside(&revocations, &received.revocations)
                    .flat_map(|(der, received)| RevocationList::read(der, received))
                    .collect(),
                signers: beside(&signers, &received.signers)
                    .map(|(der, received)| SignerInfo::read(der, received).map_err(Reason::from))
                    .collect(),
            })
        })
    }
}

/// Each certificate once; what cannot be read is passed over, as is what is no X.509 certificate.
fn readable<'a>(certificates: &[&'a [u8]], received: &[&'a [u8]]) -> Vec<Certificate<'a>> {
    let mut readable: Vec<Certificate<'_>> = Vec::new();
    for (der, received) in beside(certificates, received) {
        if readable.iter().all(|known| known.der != der) {
            readable.extend(Certificate::read(der, received));
        }
    }
    readable
}

/// Each element with the same as it came, where there is that. They are paired by their place, so it is made sure that
/// the one says what the other does: a signature over the one must not vouch for what is read from the other.
fn beside<'s, 'a>(
    der: &'s [&'a [u8]],
    received: &'s [&'a [u8]],
) -> impl Iterator<Item = (&'a [u8], Option<&'a [u8]>)> + use<'s, 'a> {
    der.iter().enumerate().map(|(place, der)| {
        let is_same = |received: &&[u8]| ber::to_der(received).is_ok_and(|received| received == *der);
        (*der, received.get(place).copied().filter(is_same))
    })
}

/// One signer's signature.
#[derive(Debug)]
pub(super) struct SignerInfo<'a> {
    /// Whose it claims to be.
    id: SignerId<'a>,
    /// How the content was digested.
    pub(super) digest: Digest,
    /// How the signature was made.
    pub(super) scheme: Scheme,
    /// What was signed, if it was not the content itself.
    pub(super) attributes: Option<SignedAttributes<'a>>,
    /// The signature value.
    pub(super) signature: &'a [u8],
}

/// What a signer points to its certificate by.
#[derive(Debug)]
enum SignerId<'a> {
    IssuerAndSerial(EncodedName<'a>, &'a [u8]),
    KeyId(Cow<'a, [u8]>),
}

impl<'a> SignerInfo<'a> {
    fn read(der: &'a [u8], received: Option<&'a [u8]>) -> Result<Self, Fault> {
        SliceReader::new(der)?.sequence(|signer| {
            CmsVersion::decode(signer)?;
            let id = SignerId::read(signer.tlv_bytes()?)?;
            let digest = Digest::read(AlgorithmIdentifierRef::decode(signer)?)?;
            let received = received.and_then(attributes_received);
            let attributes =
                tagged(signer, 0)?.map(|content| SignedAttributes::read(content, received)).transpose()?;
            let scheme = Scheme::read_with(digest, AlgorithmIdentifierRef::decode(signer)?)?;
            let signature = <&OctetStringRef>::decode(signer)?.as_bytes();
            tagged(signer, 1)?; // unsigned attributes: anybody may have added them
            let protected = attributes.as_ref().and_then(|attributes| attributes.algorithms);
            if protected.is_some_and(|protected| protected != (digest, scheme)) {
                return Err(Fault(Reason::SignatureWrong));
            }
            Ok(Self { id, digest, scheme, attributes, signature })
        })
    }

    /// Whether this certificate is the one it names. Several may be: the name proves nothing.
    pub(super) fn names(&self, certificate: &Certificate<'_>) -> bool {
        match &self.id {
            SignerId::IssuerAndSerial(issuer, serial) => {
                certificate.serial == *serial && certificate.issuer.is(*issuer)
            }
            SignerId::KeyId(id) => certificate.key_id == Some(id),
        }
    }
}

impl<'a> SignerId<'a> {
    fn read(der: &'a [u8]) -> Result<Self, Malformed> {
        let id = Elements(der).any()?;
        match id.tag {
            SEQUENCE => {
                let mut fields = id.children();
                Ok(Self::IssuerAndSerial(EncodedName::take(&mut fields)?, fields.expect(INTEGER)?.content))
            }
            KEY_ID => Ok(Self::KeyId(id.content.into())),
            // In segments, which nothing but this place says are those of an OCTET STRING.
            KEY_ID_IN_SEGMENTS => {
                let segment = |segment: Result<Element<'a>, Malformed>| {
                    segment.ok().filter(|segment| segment.tag == OCTET_STRING).map(|segment| segment.content)
                };
                let segments: Option<Vec<_>> = id.children().map(segment).collect();
                Ok(Self::KeyId(segments.ok_or(Malformed)?.concat().into()))
            }
            _ => Err(Malformed),
        }
    }
}

/// The signed attributes (RFC 5652 §11): what the signature is really over.
#[derive(Debug)]
pub(super) struct SignedAttributes<'a> {
    content: &'a [u8],
    /// The same in the encoding it came in, where that is another.
    received: Option<&'a [u8]>,
    /// The algorithms that the signer says it used (RFC 6211).
    algorithms: Option<(Digest, Scheme)>,
    /// The digest of the content.
    pub(super) message_digest: &'a [u8],
    /// When the signer says that it signed.
    pub(super) signing_time: Option<Timestamp>,
}

impl<'a> SignedAttributes<'a> {
    /// RFC 5652 §11: content type and message digest are there once, the signing time at most once, each with one
    /// value. What has them otherwise could be read in two ways.
    fn read(content: &'a [u8], received: Option<&'a [u8]>) -> Result<Self, Fault> {
        let mut algorithms = None;
        let mut content_type = None;
        let mut message_digest = None;
        let mut signing_time = None;
        for attribute in split(content, MAX_ATTRIBUTES)? {
            SliceReader::new(attribute)?.sequence(|attribute| {
                let kind = ObjectIdentifier::decode(attribute)?;
                let value = set(attribute)?;
                match kind {
                    ID_CMS_ALGORITHM_PROTECTION => once(&mut algorithms, read_protection(value)?),
                    ID_CONTENT_TYPE => once(&mut content_type, ObjectIdentifier::from_der(value)?),
                    ID_MESSAGE_DIGEST => once(&mut message_digest, <&OctetStringRef>::from_der(value)?),
                    ID_SIGNING_TIME => once(&mut signing_time, certificate::time(Elements(value).any()?)?),
                    _ => Ok(()),
                }
            })?;
        }
        expect(content_type.ok_or_else(malformed)?, ID_DATA)?;
        let message_digest = message_digest.ok_or_else(malformed)?.as_bytes();
        Ok(Self { content, received, algorithms, message_digest, signing_time })
    }

    /// The bytes that may have been signed: a SET of the attributes in the order they came, the same in the order
    /// that DER asks for (RFC 5652 §5.4), and the attributes as they came. Some signers send another order or another
    /// encoding than they sign.
    pub(super) fn signed(&self) -> Result<Vec<Vec<u8>>, Fault> {
        let mut sorted = split(self.content, MAX_ATTRIBUTES)?;
        let mut forms = vec![set_of(self.content)?];
        if !sorted.is_sorted() {
            sorted.sort_unstable();
            forms.push(set_of(&sorted.concat())?);
        }
        if let Some(received) = self.received.filter(|received| *received != self.content) {
            forms.push(set_of(received)?);
        }
        Ok(forms)
    }
}

fn set_of(content: &[u8]) -> Result<Vec<u8>, Fault> {
    Ok(AnyRef::new(Tag::Set, content)?.to_der()?)
}

/// CMSAlgorithmProtection: SEQUENCE { digestAlgorithm, `[1]` signatureAlgorithm }.
fn read_protection(value: &[u8]) -> Result<(Digest, Scheme), Fault> {
    SliceReader::new(value)?.sequence(|protection| {
        let digest = Digest::read(AlgorithmIdentifierRef::decode(protection)?)?;
        let tag = TagNumber(1);
        let algorithm = protection.context_specific::<AlgorithmIdentifierRef<'_>>(tag, TagMode::Implicit)?;
        Ok((digest, Scheme::read_with(digest, algorithm.ok_or_else(malformed)?)?))
    })
}

/// Why a signature, or one signer's part of it, cannot be read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fault(Reason);

impl From<Fault> for Reason {
    fn from(fault: Fault) -> Self {
        fault.0
    }
}

impl From<der::Error> for Fault {
    fn from(_: der::Error) -> Self {
        malformed()
    }
}

impl From<Malformed> for Fault {
    fn from(_: Malformed) -> Self {
        malformed()
    }
}

impl From<Reason> for Fault {
    fn from(reason: Reason) -> Self {
        Self(reason)
    }
}

impl From<Unsupported> for Fault {
    fn from(_: Unsupported) -> Self {
        Self(Reason::UnsupportedAlgorithm)
    }
}

fn malformed() -> Fault {
    Fault(Reason::MalformedSignature)
}

fn expect(found: ObjectIdentifier, expected: ObjectIdentifier) -> Result<(), Fault> {
    if found == expected { Ok(()) } else { Err(malformed()) }
}

fn once<T>(place: &mut Option<T>, value: T) -> Result<(), Fault> {
    if place.replace(value).is_none() { Ok(()) } else { Err(malformed()) }
}

/// The content of the next element, if it has this context-specific tag.
fn tagged<'a>(reader: &mut SliceReader<'a>, number: u32) -> Result<Option<&'a [u8]>, Fault> {
    let tag = Tag::ContextSpecific { constructed: true, number: TagNumber(number) };
    if reader.is_finished() || Tag::peek(reader)? != tag {
        return Ok(None);
    }
    Ok(Some(AnyRef::decode(reader)?.value()))
}

/// The content of the next element, which is a SET.
fn set<'a>(reader: &mut SliceReader<'a>) -> Result<&'a [u8], Fault> {
    let set = AnyRef::decode(reader)?;
    set.tag().assert_eq(Tag::Set)?;
    Ok(set.value())
}

/// The elements that stand one after the other in `content`, each with its header.
fn split(content: &[u8], limit: usize) -> Result<Vec<&[u8]>, Fault> {
    let mut reader = SliceReader::new(content)?;
    let mut elements = Vec::new();
    while !reader.is_finished() {
        if elements.len() == limit {
            return Err(Fault(Reason::TooComplex));
        }
        elements.push(reader.tlv_bytes()?);
    }
    Ok(elements)
}

/// How many of each a signature may have.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) certificates: usize,
    pub(super) signers: usize,
}

impl Limits {
    /// A provider signs alone and encloses two or three certificates.
    pub(super) const MESSAGE: Self = Self { certificates: 32, signers: 4 };
    /// A deed may have a whole board's signatures, each with its certificates.
    pub(super) const DOCUMENT: Self = Self { certificates: 128, signers: 32 };
}

/// RFC 6211 §2.
const ID_CMS_ALGORITHM_PROTECTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.52");
/// `[0] IMPLICIT OCTET STRING`, primitive and constructed.
const KEY_ID: u8 = 0x80;
const KEY_ID_IN_SEGMENTS: u8 = 0xa0;

const MAX_REVOCATIONS: usize = 8;
/// Real signatures have three or four.
const MAX_ATTRIBUTES: usize = 64;
