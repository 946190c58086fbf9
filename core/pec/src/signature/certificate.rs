//! What is read from one X.509 certificate (RFC 5280), before anything of it is believed.
//!
//! A certificate that breaks RFC 5280 so that its meaning is in doubt (a repeated extension, two different signature
//! algorithms) is refused as a whole: the path then lacks it.

use const_oid::AssociatedOid;
use const_oid::db::rfc5280::{
    ID_CE_AUTHORITY_KEY_IDENTIFIER, ID_CE_BASIC_CONSTRAINTS, ID_CE_CERTIFICATE_POLICIES,
    ID_CE_CRL_DISTRIBUTION_POINTS, ID_CE_EXT_KEY_USAGE, ID_CE_ISSUER_ALT_NAME, ID_CE_KEY_USAGE,
    ID_CE_NAME_CONSTRAINTS, ID_CE_SUBJECT_ALT_NAME, ID_CE_SUBJECT_KEY_IDENTIFIER,
};
use der::asn1::{BitStringRef, ObjectIdentifier};
use der::referenced::OwnedToRef;
use der::{Decode, ErrorKind};
use jiff::Timestamp;
use x509_cert::TbsCertificate;
use x509_cert::ext::pkix::name::DirectoryString;
use x509_cert::ext::pkix::{
    BasicConstraints, CertificatePolicies, ExtendedKeyUsage, NameConstraints as EncodedNameConstraints,
    SubjectAltName, SubjectKeyIdentifier,
};

use super::key::PublicKey;
use super::name::{AlternativeName, DistinguishedName, NameConstraints};
use super::signed::Signed;

/// A certificate, read.
#[derive(Clone, Debug)]
pub(super) struct Certificate<'a> {
    /// All of it, as it came.
    pub(super) der: &'a [u8],
    /// Common name, else organisation, else nothing.
    pub(super) name: String,
    /// The number its issuer gave it, big-endian, without leading zeros.
    pub(super) serial: Vec<u8>,
    /// Who issued it.
    pub(super) issuer: DistinguishedName,
    /// Whose it is.
    pub(super) subject: DistinguishedName,
    /// First and last second of its validity.
    pub(super) validity: (Timestamp, Timestamp),
    /// The key it certifies.
    pub(super) key: PublicKey,
    /// Subject key identifier.
    pub(super) key_id: Option<Vec<u8>>,
    /// Subject alternative names.
    pub(super) alternative_names: Vec<AlternativeName>,
    /// Basic constraints: whether it may issue certificates, and how many authorities may stand below it.
    pub(super) authority: Option<BasicConstraints>,
    /// Names it may issue certificates for.
    pub(super) name_constraints: NameConstraints,
    /// First octet of the key usage.
    key_usage: Option<u8>,
    /// Extended key usages.
    purposes: Option<Vec<ObjectIdentifier>>,
    /// Policies.
    pub(super) policies: Vec<ObjectIdentifier>,
    /// Whether a critical extension says something that is not understood here.
    pub(super) has_unknown_critical: bool,
    signed: Signed<'a>,
}

impl<'a> Certificate<'a> {
    /// Reads a certificate.
    ///
    /// # Errors
    /// Where it is not DER, or not what RFC 5280 §4 says in a way that leaves its meaning in doubt.
    pub(super) fn read(der: &'a [u8]) -> der::Result<Self> {
        let signed = Signed::read(der)?;
        let tbs = TbsCertificate::from_der(signed.tbs)?;
        if tbs.signature().owned_to_ref() != signed.algorithm {
            return Err(ErrorKind::Failed.into());
        }
        let purposes = extension::<ExtendedKeyUsage>(&tbs)?.map(|usage| usage.0);
        Ok(Self {
            der,
            name: common_name(&tbs),
            serial: tbs.serial_number().as_bytes().to_vec(),
            issuer: DistinguishedName::read(tbs.issuer()),
            subject: DistinguishedName::read(tbs.subject()),
            validity: (time(tbs.validity().not_before)?, time(tbs.validity().not_after)?),
            key: PublicKey::read(tbs.subject_public_key_info().owned_to_ref()),
            key_id: extension::<SubjectKeyIdentifier>(&tbs)?.map(|id| id.0.as_bytes().to_vec()),
            alternative_names: extension::<SubjectAltName>(&tbs)?
                .map(|names| names.0.iter().map(AlternativeName::read).collect())
                .unwrap_or_default(),
            authority: extension::<BasicConstraints>(&tbs)?.filter(|constraints| constraints.ca),
            name_constraints: extension::<EncodedNameConstraints>(&tbs)?
                .map(|constraints| NameConstraints::read(&constraints))
                .unwrap_or_default(),
            key_usage: key_usage(&tbs)?,
            purposes,
            policies: extension::<CertificatePolicies>(&tbs)?
                .map(|policies| policies.0.iter().map(|policy| policy.policy_identifier).collect())
                .unwrap_or_default(),
            has_unknown_critical: tbs
                .extensions()
                .into_iter()
                .flatten()
                .any(|extension| extension.critical && !UNDERSTOOD.contains(&extension.extn_id)),
            signed,
        })
    }

    /// Whether this key signed the certificate.
    pub(super) fn is_signed_by(&self, key: &PublicKey) -> bool {
        self.signed.is_signed_by(key)
    }

    /// Whether it was valid at this time.
    pub(super) fn is_valid_at(&self, time: Timestamp) -> bool {
        let (from, to) = self.validity;
        (from..=to).contains(&time)
    }

    /// The addresses it is for.
    pub(super) fn addresses(&self) -> impl Iterator<Item = &str> {
        self.alternative_names.iter().filter_map(|name| match name {
            AlternativeName::Mailbox(address) => Some(address.as_str()),
            _ => None,
        })
    }

    /// Whether its key may do this. A certificate that says nothing allows everything.
    pub(super) fn allows(&self, usage: KeyUsage) -> bool {
        self.key_usage.is_none_or(|allowed| allowed & usage as u8 != 0)
    }

    /// Whether it names this extended key usage; `None` if it names none at all.
    pub(super) fn is_for(&self, purpose: ObjectIdentifier) -> Option<bool> {
        self.purposes.as_ref().map(|purposes| purposes.contains(&purpose))
    }
}

/// What a key may be used for (RFC 5280 §4.2.1.3), as bits of the first octet.
#[derive(Clone, Copy, Debug)]
#[repr(u8)]
pub(super) enum KeyUsage {
    DigitalSignature = 0x80,
    KeyCertSign = 0x04,
    CrlSign = 0x02,
}

/// The one extension of a kind; RFC 5280 §4.2 forbids a second.
fn extension<T>(tbs: &TbsCertificate) -> der::Result<Option<T>>
where
    T: for<'a> Decode<'a, Error = der::Error> + AssociatedOid,
{
    Ok(tbs.get_extension::<T>()?.map(|(_critical, value)| value))
}

/// Read as a plain BIT STRING: x509-cert 0.3 refuses one with more bits than are named, or with trailing zeros.
fn key_usage(tbs: &TbsCertificate) -> der::Result<Option<u8>> {
    let mut found =
        tbs.extensions().into_iter().flatten().filter(|extension| extension.extn_id == ID_CE_KEY_USAGE);
    let usage = match (found.next(), found.next()) {
        (None, _) => return Ok(None),
        (Some(usage), None) => BitStringRef::from_der(usage.extn_value.as_bytes())?,
        (Some(_), Some(_)) => return Err(ErrorKind::Failed.into()),
    };
    Ok(Some(usage.raw_bytes().first().copied().unwrap_or(0)))
}

fn common_name(tbs: &TbsCertificate) -> String {
    let subject = tbs.subject();
    let text = |value: der::Result<Option<DirectoryString>>| value.ok().flatten().map(String::from);
    text(subject.common_name()).or_else(|| text(subject.organization())).unwrap_or_default()
}

/// The instant of an X.509 time, to the second.
pub(super) fn time(time: x509_cert::time::Time) -> der::Result<Timestamp> {
    let seconds = i64::try_from(time.to_unix_duration().as_secs()).map_err(|_| ErrorKind::DateTime)?;
    Timestamp::from_second(seconds).map_err(|_| ErrorKind::DateTime.into())
}

/// Extensions that may be critical: each is checked here, or says nothing that the verdict depends on. Where
/// revocation lists are is one of the latter, since none is fetched, and every verdict says so.
const UNDERSTOOD: [ObjectIdentifier; 10] = [
    ID_CE_AUTHORITY_KEY_IDENTIFIER,
    ID_CE_BASIC_CONSTRAINTS,
    ID_CE_CERTIFICATE_POLICIES,
    ID_CE_CRL_DISTRIBUTION_POINTS,
    ID_CE_EXT_KEY_USAGE,
    ID_CE_ISSUER_ALT_NAME,
    ID_CE_KEY_USAGE,
    ID_CE_NAME_CONSTRAINTS,
    ID_CE_SUBJECT_ALT_NAME,
    ID_CE_SUBJECT_KEY_IDENTIFIER,
];
