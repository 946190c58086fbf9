//! CMS SignedData (RFC 5652 §5): the grammar is the `cms` crate's, the sets are read in place.
//!
//! What was signed has to be kept byte for byte: signed attributes in the order they came, certificates and revocation
//! lists as they came. `cms` 0.3.0-rc.0 (November 2026) copies them into values of its own, puts every set in DER's
//! order, and gives up on all of it where one enclosed certificate cannot be read. Hence its types end where a set
//! begins; every field beside one is decoded by them.

use cms::content_info::{CmsVersion, ContentInfo};
use cms::signed_data::{EncapsulatedContentInfo, SignerIdentifier};
use const_oid::db::rfc5911::{ID_CONTENT_TYPE, ID_DATA, ID_MESSAGE_DIGEST, ID_SIGNED_DATA, ID_SIGNING_TIME};
use der::asn1::{ObjectIdentifier, OctetStringRef};
use der::{AnyRef, Decode, Encode, Reader, SliceReader, Tag, TagNumber, Tagged};
use jiff::Timestamp;
use spki::AlgorithmIdentifierRef;
use x509_cert::time::Time;

use super::algorithm::{Scheme, Unsupported};
use super::ber;
use super::certificate::{self, Certificate};
use super::digest::Digest;
use super::name::DistinguishedName;
use super::revocation::RevocationList;
use crate::Reason;

/// Reads the outer shell of a signature, DER or BER. [`SignedData`] borrows from it.
///
/// # Errors
/// Where it is not one whole CMS value, or exceeds the limits.
pub(super) fn read(p7s: &[u8]) -> Result<ContentInfo, Fault> {
    Ok(ContentInfo::from_der(&ber::to_der(p7s)?)?)
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
    pub(super) fn read(info: &'a ContentInfo) -> Result<Self, Fault> {
        expect(info.content_type, ID_SIGNED_DATA)?;
        info.content.sequence(|data| {
            CmsVersion::decode(data)?;
            set(data)?; // digest algorithms: each signer names its own
            expect(EncapsulatedContentInfo::decode(data)?.econtent_type, ID_DATA)?;
            let certificates = split(tagged(data, 0)?.unwrap_or_default(), MAX_CERTIFICATES)?;
            let revocations = split(tagged(data, 1)?.unwrap_or_default(), MAX_REVOCATIONS)?;
            let signers = split(set(data)?, MAX_SIGNERS)?;
            Ok(Self {
                certificates: readable(certificates),
                revocations: revocations.into_iter().flat_map(RevocationList::read).collect(),
                signers: signers.into_iter().map(|der| SignerInfo::read(der).map_err(Reason::from)).collect(),
            })
        })
    }
}

/// Each certificate once; what cannot be read is passed over, as is what is no X.509 certificate.
fn readable(certificates: Vec<&[u8]>) -> Vec<Certificate<'_>> {
    let mut readable: Vec<Certificate<'_>> = Vec::new();
    for der in certificates {
        if readable.iter().all(|known| known.der != der) {
            readable.extend(Certificate::read(der));
        }
    }
    readable
}

/// One signer's signature.
#[derive(Debug)]
pub(super) struct SignerInfo<'a> {
    /// Whose it claims to be.
    id: SignerIdentifier,
    /// How the content was digested.
    pub(super) digest: Digest,
    /// How the signature was made.
    pub(super) scheme: Scheme,
    /// What was signed, if it was not the content itself.
    pub(super) attributes: Option<SignedAttributes<'a>>,
    /// The signature value.
    pub(super) signature: &'a [u8],
}

impl<'a> SignerInfo<'a> {
    fn read(der: &'a [u8]) -> Result<Self, Fault> {
        SliceReader::new(der)?.sequence(|signer| {
            CmsVersion::decode(signer)?;
            let id = SignerIdentifier::decode(signer)?;
            let digest = Digest::read(AlgorithmIdentifierRef::decode(signer)?)?;
            let attributes = tagged(signer, 0)?.map(SignedAttributes::read).transpose()?;
            let scheme = Scheme::read_with(digest, AlgorithmIdentifierRef::decode(signer)?)?;
            let signature = <&OctetStringRef>::decode(signer)?.as_bytes();
            tagged(signer, 1)?; // unsigned attributes: anybody may have added them
            Ok(Self { id, digest, scheme, attributes, signature })
        })
    }

    /// Whether this certificate is the one it names. Several may be: the name proves nothing.
    pub(super) fn names(&self, certificate: &Certificate<'_>) -> bool {
        match &self.id {
            SignerIdentifier::IssuerAndSerialNumber(id) => {
                certificate.serial == id.serial_number.as_bytes()
                    && certificate.issuer == DistinguishedName::read(&id.issuer)
            }
            SignerIdentifier::SubjectKeyIdentifier(id) => {
                certificate.key_id.as_deref() == Some(id.0.as_bytes())
            }
        }
    }
}

/// The signed attributes (RFC 5652 §11): what the signature is really over.
#[derive(Debug)]
pub(super) struct SignedAttributes<'a> {
    content: &'a [u8],
    /// The digest of the content.
    pub(super) message_digest: &'a [u8],
    /// When the signer says that it signed.
    pub(super) signing_time: Option<Timestamp>,
}

impl<'a> SignedAttributes<'a> {
    /// RFC 5652 §11: content type and message digest are there once, the signing time at most once, each with one
    /// value. What has them otherwise could be read in two ways.
    fn read(content: &'a [u8]) -> Result<Self, Fault> {
        let mut content_type = None;
        let mut message_digest = None;
        let mut signing_time = None;
        for attribute in split(content, MAX_ATTRIBUTES)? {
            SliceReader::new(attribute)?.sequence(|attribute| {
                let kind = ObjectIdentifier::decode(attribute)?;
                let value = set(attribute)?;
                match kind {
                    ID_CONTENT_TYPE => once(&mut content_type, ObjectIdentifier::from_der(value)?),
                    ID_MESSAGE_DIGEST => once(&mut message_digest, <&OctetStringRef>::from_der(value)?),
                    ID_SIGNING_TIME => once(&mut signing_time, certificate::time(Time::from_der(value)?)?),
                    _ => Ok(()),
                }
            })?;
        }
        expect(content_type.ok_or_else(malformed)?, ID_DATA)?;
        let message_digest = message_digest.ok_or_else(malformed)?.as_bytes();
        Ok(Self { content, message_digest, signing_time })
    }

    /// The bytes that may have been signed: a SET (RFC 5652 §5.4) of the attributes in the order they came, and of
    /// the same in the order DER asks for. Some signers send another order than they sign.
    pub(super) fn signed(&self) -> Result<[Vec<u8>; 2], Fault> {
        let mut sorted = split(self.content, MAX_ATTRIBUTES)?;
        sorted.sort_unstable();
        Ok([
            AnyRef::new(Tag::Set, self.content)?.to_der()?,
            AnyRef::new(Tag::Set, &sorted.concat())?.to_der()?,
        ])
    }
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

/// Real signatures enclose two or three certificates, have one signer and three or four attributes.
const MAX_CERTIFICATES: usize = 32;
const MAX_REVOCATIONS: usize = 8;
const MAX_SIGNERS: usize = 4;
const MAX_ATTRIBUTES: usize = 64;
