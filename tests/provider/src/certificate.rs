//! One X.509 certificate, written field by field (RFC 5280).
//!
//! By hand and not by a builder, because AgID's authority departs from what builders insist on: its name
//! constraints are not critical, and its providers' certificates carry no BasicConstraints.

use std::time::Duration;

use der::asn1::{BitString, Ia5String, ObjectIdentifier, OctetString, UtcTime};
use der::oid::AssociatedOid;
use der::oid::db::{rfc5280, rfc5912};
use der::{Any, Decode, Encode};
use jiff::Timestamp;
use rsa::RsaPrivateKey;
use rsa::pkcs1v15::SigningKey;
use rsa::signature::{SignatureEncoding, Signer};
use sha1::{Digest, Sha1};
use sha2::Sha256;
use spki::{AlgorithmIdentifierOwned, EncodePublicKey, SubjectPublicKeyInfoOwned};
use x509_cert::certificate::{Certificate, TbsCertificate, Version};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::certpolicy::PolicyInformation;
use x509_cert::ext::pkix::constraints::name::GeneralSubtree;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, CertificatePolicies, ExtendedKeyUsage, KeyUsage, KeyUsages,
    NameConstraints, SubjectAltName, SubjectKeyIdentifier,
};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::time::{Time, Validity};

/// Whose certificate, for which key, and with which extensions besides the key identifiers.
pub(crate) struct Request {
    pub(crate) serial: u64,
    pub(crate) subject: Name,
    pub(crate) key: &'static RsaPrivateKey,
    /// From the first instant to the second.
    pub(crate) valid: (Timestamp, Timestamp),
    pub(crate) extensions: Vec<Extension>,
}

impl Request {
    /// The certificate, issued by `issuer` with its key (SHA-256 with RSA).
    pub(crate) fn issued_by(self, issuer: &Name, issuer_key: &RsaPrivateKey) -> Certificate {
        let subject_key_id = SubjectKeyIdentifier(octets(&key_id(self.key)));
        let authority_key_id = AuthorityKeyIdentifier {
            key_identifier: Some(octets(&key_id(issuer_key))),
            ..AuthorityKeyIdentifier::default()
        };
        let mut extensions =
            vec![extension(&subject_key_id, Mark::Plain), extension(&authority_key_id, Mark::Plain)];
        extensions.extend(self.extensions);

        let algorithm = AlgorithmIdentifierOwned {
            oid: rfc5912::SHA_256_WITH_RSA_ENCRYPTION,
            parameters: Some(Any::null()),
        };
        let tbs_certificate = TbsCertificate {
            version: Version::V3,
            serial_number: SerialNumber::from(self.serial),
            signature: algorithm.clone(),
            issuer: issuer.clone(),
            validity: Validity { not_before: utc(self.valid.0), not_after: utc(self.valid.1) },
            subject: self.subject,
            subject_public_key_info: public_key(self.key),
            issuer_unique_id: None,
            subject_unique_id: None,
            extensions: Some(extensions),
        };
        let signed = tbs_certificate.to_der().expect(ENCODES);
        let signature = SigningKey::<Sha256>::new(issuer_key.clone()).sign(&signed).to_vec();
        Certificate {
            tbs_certificate,
            signature_algorithm: algorithm,
            signature: BitString::from_bytes(&signature).expect(ENCODES),
        }
    }
}

/// A distinguished name from its text (RFC 4514: last part first).
pub(crate) fn name(text: &str) -> Name {
    text.parse().expect("the names of this crate are well formed")
}

/// An instant as certificates and signatures write it until 2049: UTCTime, in whole seconds.
pub(crate) fn utc(time: Timestamp) -> Time {
    let seconds = u64::try_from(time.as_second()).unwrap_or_default();
    Time::UtcTime(UtcTime::from_unix_duration(Duration::from_secs(seconds)).expect("a time before 2050"))
}

/// A certificate authority with at most `below` further authorities under it.
pub(crate) fn authority(below: Option<u8>) -> Vec<Extension> {
    let usage = KeyUsage(KeyUsages::KeyCertSign | KeyUsages::CRLSign);
    vec![
        extension(&BasicConstraints { ca: true, path_len_constraint: below }, Mark::Critical),
        extension(&usage, Mark::Critical),
    ]
}

/// The end of a path: signs, and issues nothing. Without BasicConstraints (RFC 6109 §5.5).
pub(crate) fn signer(address: &str) -> Vec<Extension> {
    let address = Ia5String::new(address).expect("an address in ASCII");
    vec![
        extension(&KeyUsage(KeyUsages::DigitalSignature.into()), Mark::Critical),
        extension(&SubjectAltName(vec![GeneralName::Rfc822Name(address)]), Mark::Plain),
    ]
}

/// For e-mail only.
pub(crate) fn email_protection() -> Extension {
    extension(&ExtendedKeyUsage(vec![rfc5280::ID_KP_EMAIL_PROTECTION]), Mark::Plain)
}

/// Issued under one policy.
pub(crate) fn policy(identifier: ObjectIdentifier) -> Extension {
    let policy = PolicyInformation { policy_identifier: identifier, policy_qualifiers: None };
    extension(&CertificatePolicies(vec![policy]), Mark::Plain)
}

/// Only for addresses at these hosts, and for no IP address. Not critical, as AgID's are not.
pub(crate) fn permitted(hosts: &[&str]) -> Extension {
    let subtree = |base| GeneralSubtree { base, minimum: 0, maximum: None };
    let host = |host: &&str| {
        subtree(GeneralName::Rfc822Name(Ia5String::new(*host).expect("a mail domain in ASCII")))
    };
    let every_ip = |octet_count| subtree(GeneralName::IpAddress(octets(&vec![0; octet_count])));
    let constraints = NameConstraints {
        permitted_subtrees: Some(hosts.iter().map(host).collect()),
        excluded_subtrees: Some(vec![every_ip(8), every_ip(32)]),
    };
    extension(&constraints, Mark::Plain)
}

/// Whether who does not know an extension must refuse the certificate.
enum Mark {
    Critical,
    Plain,
}

fn extension<E: AssociatedOid + Encode>(value: &E, mark: Mark) -> Extension {
    Extension {
        extn_id: E::OID,
        critical: matches!(mark, Mark::Critical),
        extn_value: octets(&value.to_der().expect(ENCODES)),
    }
}

fn octets(bytes: &[u8]) -> OctetString {
    OctetString::new(bytes).expect(ENCODES)
}

fn public_key(key: &RsaPrivateKey) -> SubjectPublicKeyInfoOwned {
    let document = key.to_public_key().to_public_key_der().expect(ENCODES);
    SubjectPublicKeyInfoOwned::from_der(document.as_bytes()).expect(ENCODES)
}

/// SHA-1 of the public key (RFC 5280 §4.2.1.2, method 1).
fn key_id(key: &RsaPrivateKey) -> [u8; 20] {
    Sha1::digest(public_key(key).subject_public_key.raw_bytes()).into()
}

/// Why encoding structures of our own cannot fail.
const ENCODES: &str = "what this crate builds has a DER encoding";
