//! What is read from one enclosed revocation list (RFC 5280 §5).
//!
//! A list can prove that a certificate was revoked, never that it was not: nothing protects the set of lists, so
//! whoever wants a revocation hidden leaves the list out. A list that cannot be read, or is not understood in full,
//! therefore changes nothing, and its own dates do not matter: a revocation is not taken back (§3.3), and a list made
//! after the signature knows more of that moment, not less. An entry "on hold" counts as the others do.

use const_oid::db::rfc5280::ID_CE_ISSUING_DISTRIBUTION_POINT;
use der::Decode;
use jiff::Timestamp;
use x509_cert::ext::pkix::crl::dp::IssuingDistributionPoint;

use super::certificate::{self, Certificate, is_true};
use super::element::{
    BOOLEAN, Element, Elements, INTEGER, Malformed, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE, context,
};
use super::key::PublicKey;
use super::name::EncodedName;
use super::signed::Signed;

/// A revocation list, read. Its entries, of which there may be very many, are read where they lie.
#[derive(Debug)]
pub(super) struct RevocationList<'a> {
    issuer: EncodedName<'a>,
    revoked: Elements<'a>,
    signed: Signed<'a>,
}

impl<'a> RevocationList<'a> {
    /// Reads a list. `received` is the same in the encoding it came in, where that is another.
    ///
    /// # Errors
    /// Where it is no list, or has a critical extension that is not understood here (RFC 5280 §5.2): a list of
    /// changes only, of several authorities' certificates, or of attribute certificates.
    pub(super) fn read(der: &'a [u8], received: Option<&'a [u8]>) -> Result<Self, Malformed> {
        let signed = Signed::read(der, received)?;
        let mut list = signed.fields;
        list.optional(INTEGER)?; // version; lists of the first have none
        if list.expect(SEQUENCE)?.whole != signed.algorithm.whole {
            return Err(Malformed);
        }
        let issuer = EncodedName::take(&mut list)?;
        certificate::time(list.any()?)?; // this update
        for tag in TIMES {
            list.optional(tag)?; // next update
        }
        let revoked = list.optional(SEQUENCE)?.map_or(Elements(&[]), |entries| entries.children());
        for entry in revoked {
            Entry::read(entry?)?;
        }
        if let Some(extensions) = list.optional(context(0))? {
            understand(extensions.children().expect(SEQUENCE)?, is_division)?;
        }
        Ok(Self { issuer, revoked, signed })
    }

    /// Whether it says that this certificate was revoked by this time.
    pub(super) fn revokes(&self, certificate: &Certificate<'_>, time: Timestamp) -> bool {
        let mut entries = self.revoked.filter_map(|entry| Entry::read(entry.ok()?).ok());
        self.issuer.is(certificate.issuer)
            && entries.any(|entry| {
                entry.serial == certificate.serial
                    && certificate::time(entry.date).is_ok_and(|revoked| revoked <= time)
            })
    }

    /// Whether this key signed the list.
    pub(super) fn is_signed_by(&self, key: &PublicKey) -> bool {
        self.signed.is_signed_by(key)
    }
}

/// One revoked certificate.
struct Entry<'a> {
    serial: &'a [u8],
    date: Element<'a>,
}

impl<'a> Entry<'a> {
    fn read(entry: Element<'a>) -> Result<Self, Malformed> {
        let mut fields = entry.children();
        let (serial, date) = (fields.expect(INTEGER)?.content, fields.any()?);
        if let Some(extensions) = fields.optional(SEQUENCE)? {
            understand(extensions, |_, _| false)?;
        }
        Ok(Self { serial, date })
    }
}

/// Fails where an extension is critical and not one of these.
fn understand(extensions: Element<'_>, is_known: fn(&[u8], &[u8]) -> bool) -> Result<(), Malformed> {
    for extension in extensions.children() {
        let mut fields = extension?.children();
        let kind = fields.expect(OBJECT_IDENTIFIER)?.content;
        let is_critical = fields.optional(BOOLEAN)?.is_some_and(is_true);
        if is_critical && !is_known(kind, fields.expect(OCTET_STRING)?.content) {
            return Err(Malformed);
        }
    }
    Ok(())
}

/// Whether an extension that may be critical leaves the entries meaning what they say: it divides an authority's
/// certificates among several lists.
fn is_division(kind: &[u8], value: &[u8]) -> bool {
    // By its identifier: x509-cert 0.3.0 gives its type another extension's.
    kind == ID_CE_ISSUING_DISTRIBUTION_POINT.as_bytes()
        && IssuingDistributionPoint::from_der(value)
            .is_ok_and(|point| !point.indirect_crl && !point.only_contains_attribute_certs)
}

/// UTCTime and GeneralizedTime.
const TIMES: [u8; 2] = [0x17, 0x18];
