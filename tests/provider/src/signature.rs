//! The provider's signature over a message: CMS (RFC 5652), detached, in multipart/signed (RFC 8551 §3.5.3).
//!
//! As measured on real mail: the signed attributes are contentType, signingTime (the certified time) and
//! messageDigest; provider's certificate and authority are enclosed, the root is not; the signature algorithm
//! is bare rsaEncryption, so that a reader must take the digest from where CMS says it.

use cms::cert::{CertificateChoices, IssuerAndSerialNumber};
use cms::content_info::{CmsVersion, ContentInfo};
use cms::signed_data::{
    CertificateSet, EncapsulatedContentInfo, SignedAttributes, SignedData, SignerIdentifier, SignerInfo,
    SignerInfos,
};
use der::asn1::{ObjectIdentifier, OctetString, SetOfVec};
use der::oid::AssociatedOid;
use der::oid::db::{rfc5911, rfc5912};
use der::{Any, Encode, Tagged};
use jiff::Timestamp;
use rsa::pkcs1v15::SigningKey;
use rsa::signature::{SignatureEncoding, Signer as _};
use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha512};
use spki::AlgorithmIdentifierOwned;
use x509_cert::attr::Attribute;

use crate::authority::Signer;
use crate::{ber, certificate};

/// The digest a provider signs with. SHA-1 was the rule to 2024, SHA-256 is met since 2021.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Digest {
    /// SHA-1.
    Sha1,
    /// SHA-256.
    #[default]
    Sha256,
    /// SHA-512.
    Sha512,
}

/// How the CMS structure is encoded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// DER.
    #[default]
    Der,
    /// BER, the outer layers of indefinite length: Legalmail in 2018, Aruba in 2026.
    Indefinite,
    /// BER of indefinite length down to the signer, with a constructed octet string.
    Constructed,
}

/// Signs `content`, whose lines end with CRLF, at `time`: the bytes of `smime.p7s`.
pub(crate) fn sign(
    signer: &Signer,
    content: &[u8],
    time: Timestamp,
    digest: Digest,
    encoding: Encoding,
) -> Vec<u8> {
    let attributes = signed_attributes(&digest.of(content), time);
    // RFC 5652 §5.4: signed is the SET OF, though stored it is [0].
    let signature = digest.sign(signer, &attributes.to_der().expect(ENCODES));
    let signer_info = SignerInfo {
        version: CmsVersion::V1,
        sid: SignerIdentifier::IssuerAndSerialNumber(IssuerAndSerialNumber {
            issuer: signer.certificate.tbs_certificate.issuer.clone(),
            serial_number: signer.certificate.tbs_certificate.serial_number.clone(),
        }),
        digest_alg: algorithm(digest.oid()),
        signed_attrs: Some(attributes),
        signature_algorithm: algorithm(rfc5912::RSA_ENCRYPTION),
        signature: OctetString::new(signature).expect(ENCODES),
        unsigned_attrs: None,
    };
    let enclosed =
        [&signer.certificate, &signer.issuer].map(|each| CertificateChoices::Certificate(each.clone()));
    let signed_data = SignedData {
        version: CmsVersion::V1,
        digest_algorithms: set([algorithm(digest.oid())]),
        encap_content_info: EncapsulatedContentInfo { econtent_type: rfc5911::ID_DATA, econtent: None },
        certificates: Some(CertificateSet(set(enclosed))),
        crls: None,
        signer_infos: SignerInfos(set([signer_info])),
    };
    let content = Any::encode_from(&signed_data).expect(ENCODES);
    let der = ContentInfo { content_type: rfc5911::ID_SIGNED_DATA, content }.to_der().expect(ENCODES);
    match encoding {
        Encoding::Der => der,
        Encoding::Indefinite => ber::indefinite(&der),
        Encoding::Constructed => ber::constructed(&der),
    }
}

impl Digest {
    fn of(self, content: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha1 => Sha1::digest(content).to_vec(),
            Self::Sha256 => Sha256::digest(content).to_vec(),
            Self::Sha512 => Sha512::digest(content).to_vec(),
        }
    }

    fn sign(self, signer: &Signer, attributes: &[u8]) -> Vec<u8> {
        let key = signer.key.clone();
        match self {
            Self::Sha1 => SigningKey::<Sha1>::new(key).sign(attributes).to_vec(),
            Self::Sha256 => SigningKey::<Sha256>::new(key).sign(attributes).to_vec(),
            Self::Sha512 => SigningKey::<Sha512>::new(key).sign(attributes).to_vec(),
        }
    }

    fn oid(self) -> ObjectIdentifier {
        match self {
            Self::Sha1 => Sha1::OID,
            Self::Sha256 => Sha256::OID,
            Self::Sha512 => Sha512::OID,
        }
    }
}

fn signed_attributes(message_digest: &[u8], time: Timestamp) -> SignedAttributes {
    let digest = OctetString::new(message_digest).expect(ENCODES);
    set([
        attribute(rfc5911::ID_CONTENT_TYPE, &rfc5911::ID_DATA),
        attribute(rfc5911::ID_SIGNING_TIME, &certificate::utc(time)),
        attribute(rfc5911::ID_MESSAGE_DIGEST, &digest),
    ])
}

fn attribute<V: Tagged + der::EncodeValue>(oid: ObjectIdentifier, value: &V) -> Attribute {
    Attribute { oid, values: set([Any::encode_from(value).expect(ENCODES)]) }
}

fn algorithm(oid: ObjectIdentifier) -> AlgorithmIdentifierOwned {
    AlgorithmIdentifierOwned { oid, parameters: Some(Any::null()) }
}

fn set<T: der::DerOrd, const N: usize>(elements: [T; N]) -> SetOfVec<T> {
    SetOfVec::from_iter(elements).expect("distinct elements")
}

/// Why encoding structures of our own cannot fail.
const ENCODES: &str = "what this crate builds has a DER encoding";
