//! What is read from one X.509 certificate (RFC 5280), before anything of it is believed.
//!
//! Read in place, so that looking at a certificate that turns out not to matter costs next to nothing, and loosely:
//! whether the bytes are what the authority wrote is told by its signature, not by their encoding. A certificate that
//! breaks RFC 5280 so that its meaning is in doubt (a repeated extension, two different signature algorithms) is
//! refused as a whole: the path then lacks it.

use const_oid::db::rfc5280::{
    ID_CE_AUTHORITY_KEY_IDENTIFIER, ID_CE_BASIC_CONSTRAINTS, ID_CE_CERTIFICATE_POLICIES,
    ID_CE_CRL_DISTRIBUTION_POINTS, ID_CE_EXT_KEY_USAGE, ID_CE_ISSUER_ALT_NAME, ID_CE_KEY_USAGE,
    ID_CE_NAME_CONSTRAINTS, ID_CE_SUBJECT_ALT_NAME, ID_CE_SUBJECT_KEY_IDENTIFIER,
};
use der::Decode;
use der::asn1::ObjectIdentifier;
use jiff::Timestamp;
use spki::SubjectPublicKeyInfoRef;

use super::element::{
    BIT_STRING, BOOLEAN, Element, Elements, INTEGER, Malformed, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE,
    context,
};
use super::key::PublicKey;
use super::name::{AlternativeName, EncodedName, NameConstraints};
use super::signed::Signed;

/// A certificate, read.
#[derive(Clone, Debug)]
pub(super) struct Certificate<'a> {
    /// All of it, as it was read.
    pub(super) der: &'a [u8],
    /// The number its issuer gave it: the contents of the INTEGER.
    pub(super) serial: &'a [u8],
    /// Who issued it.
    pub(super) issuer: EncodedName<'a>,
    /// Whose it is.
    pub(super) subject: EncodedName<'a>,
    /// First and last second of its validity.
    pub(super) validity: (Timestamp, Timestamp),
    /// The key it certifies.
    pub(super) key: PublicKey,
    /// Subject key identifier.
    pub(super) key_id: Option<&'a [u8]>,
    /// Subject alternative names.
    pub(super) alternative_names: Vec<AlternativeName>,
    /// Basic constraints: whether it may issue certificates.
    pub(super) authority: Option<Authority>,
    /// Policies.
    pub(super) policies: Vec<ObjectIdentifier>,
    /// Whether a critical extension says something that is not understood here.
    pub(super) has_unknown_critical: bool,
    /// First octet of the key usage.
    key_usage: Option<u8>,
    /// Extended key usages.
    purposes: Option<Vec<ObjectIdentifier>>,
    /// The extension, read where it matters: it is the longest of all.
    name_constraints: Option<&'a [u8]>,
    signed: Signed<'a>,
}

/// What an authority may do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Authority {
    /// How many authorities may stand below it.
    pub(super) path_length: Option<usize>,
}

impl<'a> Certificate<'a> {
    /// Reads a certificate. `received` is the same in the encoding it came in, where that is another.
    ///
    /// # Errors
    /// Where it is not what RFC 5280 §4 says, in a way that leaves its meaning in doubt.
    pub(super) fn read(der: &'a [u8], received: Option<&'a [u8]>) -> Result<Self, Malformed> {
        let signed = Signed::read(der, received)?;
        let mut tbs = signed.fields;
        tbs.optional(context(0))?; // version
        let serial = tbs.expect(INTEGER)?.content;
        if tbs.expect(SEQUENCE)?.whole != signed.algorithm.whole {
            return Err(Malformed);
        }
        let issuer = EncodedName::take(&mut tbs)?;
        let mut validity = tbs.expect(SEQUENCE)?.children();
        let validity = (time(validity.any()?)?, time(validity.any()?)?);
        let subject = EncodedName::take(&mut tbs)?;
        let key = SubjectPublicKeyInfoRef::from_der(tbs.expect(SEQUENCE)?.whole).map_err(|_| Malformed)?;
        let mut certificate = Self {
            der,
            serial,
            issuer,
            subject,
            validity,
            key: PublicKey::read(key),
            key_id: None,
            alternative_names: Vec::new(),
            authority: None,
            policies: Vec::new(),
            has_unknown_critical: false,
            key_usage: None,
            purposes: None,
            name_constraints: None,
            signed,
        };
        for tag in UNIQUE_IDENTIFIERS {
            tbs.optional(tag)?;
        }
        let extensions = tbs.optional(context(3))?;
        if !tbs.is_empty() {
            return Err(Malformed);
        }
        if let Some(extensions) = extensions {
            certificate.read_extensions(extensions.children().expect(SEQUENCE)?.children())?;
        }
        Ok(certificate)
    }

    /// RFC 5280 §4.2; each extension at most once.
    fn read_extensions(&mut self, extensions: Elements<'a>) -> Result<(), Malformed> {
        let mut seen = [false; UNDERSTOOD.len()];
        for extension in extensions {
            let mut fields = extension?.children();
            let kind = identifier(fields.expect(OBJECT_IDENTIFIER)?)?;
            let is_critical = fields.optional(BOOLEAN)?.is_some_and(is_true);
            let content = fields.expect(OCTET_STRING)?.content;
            let known = UNDERSTOOD.iter().zip(&mut seen).find(|(known, _)| **known == kind);
            match known {
                Some((_, seen)) if *seen => return Err(Malformed),
                Some((_, seen)) => *seen = true,
                None => self.has_unknown_critical |= is_critical,
            }
            self.read_extension(kind, Elements(content), content)?;
        }
        Ok(())
    }

    fn read_extension(
        &mut self,
        kind: ObjectIdentifier,
        mut value: Elements<'a>,
        content: &'a [u8],
    ) -> Result<(), Malformed> {
        match kind {
            ID_CE_BASIC_CONSTRAINTS => self.authority = read_authority(value.expect(SEQUENCE)?.children())?,
            ID_CE_CERTIFICATE_POLICIES => {
                let policies = value.expect(SEQUENCE)?.children();
                let policy = |policy: Result<Element<'a>, Malformed>| {
                    identifier(policy?.children().expect(OBJECT_IDENTIFIER)?)
                };
                self.policies = policies.map(policy).collect::<Result<_, _>>()?;
            }
            ID_CE_EXT_KEY_USAGE => {
                let purposes = value.expect(SEQUENCE)?.children().map(|purpose| identifier(purpose?));
                self.purposes = Some(purposes.collect::<Result<_, _>>()?);
            }
            ID_CE_KEY_USAGE => {
                // After the octet that counts unused bits; those are zero.
                let usage = value.expect(BIT_STRING)?.content;
                self.key_usage = Some(usage.get(1).copied().unwrap_or_default());
            }
            ID_CE_NAME_CONSTRAINTS => self.name_constraints = Some(content),
            ID_CE_SUBJECT_ALT_NAME => {
                self.alternative_names = AlternativeName::read_all(value.expect(SEQUENCE)?.children())?;
            }
            ID_CE_SUBJECT_KEY_IDENTIFIER => self.key_id = Some(value.expect(OCTET_STRING)?.content),
            _ => (),
        }
        Ok(())
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

    /// Names it may issue certificates for.
    pub(super) fn name_constraints(&self) -> Result<NameConstraints, Malformed> {
        self.name_constraints
            .map_or_else(|| Ok(NameConstraints::default()), |value| NameConstraints::read(Elements(value)))
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
        self.names_usage(usage).unwrap_or(true)
    }

    /// Whether it names this key usage; `None` if it names none at all.
    pub(super) fn names_usage(&self, usage: KeyUsage) -> Option<bool> {
        Some(self.key_usage? & usage as u8 != 0)
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

fn read_authority(mut constraints: Elements<'_>) -> Result<Option<Authority>, Malformed> {
    let is_authority = constraints.optional(BOOLEAN)?.is_some_and(is_true);
    let octets = constraints.optional(INTEGER)?.map(|length| length.content);
    let path_length = match octets {
        Some([] | [NEGATIVE..=0xff, ..]) => return Err(Malformed),
        // Beyond what an octet can say, it is no limit to a path here.
        Some(octets) => Some(
            octets.iter().fold(0_usize, |length, octet| length.saturating_mul(256) | usize::from(*octet)),
        ),
        None => None,
    };
    Ok(is_authority.then_some(Authority { path_length }))
}

/// DER has one way to say it, BER 255.
pub(super) fn is_true(boolean: Element<'_>) -> bool {
    boolean.content.iter().any(|octet| *octet != 0)
}

fn identifier(element: Element<'_>) -> Result<ObjectIdentifier, Malformed> {
    ObjectIdentifier::from_bytes(element.content).map_err(|_| Malformed)
}

/// The instant of an X.509 time, to the second. The year 9999 stands for no end (RFC 5280 §4.1.2.5), and jiff's last
/// instant is a day before the one that is written.
pub(super) fn time(time: Element<'_>) -> Result<Timestamp, Malformed> {
    let time = x509_cert::time::Time::from_der(time.whole).map_err(|_| Malformed)?;
    let seconds = i64::try_from(time.to_unix_duration().as_secs()).map_err(|_| Malformed)?;
    Ok(Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX))
}

/// The first octet of a negative INTEGER, and above.
const NEGATIVE: u8 = 0x80;

/// The tags of issuerUniqueID and subjectUniqueID, which nobody uses (RFC 5280 §4.1.2.8), in one piece or several.
const UNIQUE_IDENTIFIERS: [u8; 4] = [0x81, context(1), 0x82, context(2)];

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

#[cfg(test)]
mod tests {
    use super::*;

    /// Were it read in part, what is not read (constraints, say) would not hold.
    #[test]
    fn a_certificate_is_read_whole_or_not_at_all() {
        let key = rcgen::KeyPair::generate().unwrap();
        let genuine =
            rcgen::CertificateParams::new(["a.test".to_owned()]).unwrap().self_signed(&key).unwrap();
        let genuine = genuine.der().to_vec();
        assert!(Certificate::read(&genuine, None).is_ok());

        let with_more = [genuine.as_slice(), &[0]].concat();
        assert_eq!(Certificate::read(&with_more, None).err(), Some(Malformed));

        let mut with_other_field = genuine;
        // With its lengths: the key and the signature hold any octets.
        let is_extensions = |octets: &[u8]| {
            octets[0] == context(3) && octets[2] == SEQUENCE && octets[1] == octets[3].saturating_add(2)
        };
        let extensions = with_other_field.windows(4).position(is_extensions);
        with_other_field[extensions.unwrap()] = context(4);
        assert_eq!(Certificate::read(&with_other_field, None).err(), Some(Malformed));
    }
}
