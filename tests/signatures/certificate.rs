//! Certificates and revocation lists by hand (RFC 5280), so that each field can be wrong.

use crate::der::{bits, elements, first, integer, octets, oid, sequence, set, tagged, time, tlv};
use crate::key::{Key, Scheme};

/// Who signs: a certificate and its key.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    pub(crate) key: Key,
    /// DER.
    pub(crate) certificate: Vec<u8>,
    /// The subject, DER.
    pub(crate) name: Vec<u8>,
    /// Issuer and serial number, DER: how a signer points to it.
    pub(crate) point: Vec<u8>,
    /// How it signs certificates and, unless told otherwise, messages.
    pub(crate) scheme: Scheme,
}

/// What a certificate says besides its issuer and key.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    /// Common name; with it go country and organisation.
    pub(crate) name: &'static str,
    pub(crate) serial: u64,
    pub(crate) from: &'static str,
    pub(crate) to: &'static str,
    pub(crate) extensions: Vec<Vec<u8>>,
}

impl Identity {
    /// A certificate signed with its own key.
    pub(crate) fn self_signed(key: &Key, scheme: Scheme, template: &Template) -> Self {
        let own = Self::bare(key, scheme, template);
        own.sealed(own.clone(), own.tbs(key, &own.name, template))
    }

    /// Issues a certificate.
    pub(crate) fn issue(&self, key: &Key, scheme: Scheme, template: &Template) -> Self {
        let subject = Self::bare(key, scheme, template);
        let tbs = self.tbs(key, &subject.name, template);
        self.sealed(subject, tbs)
    }

    /// Issues a certificate for somebody who signs with RSA and SHA-256.
    pub(crate) fn certify(&self, key: &Key, template: &Template) -> Self {
        self.issue(key, Scheme::Rsa(crate::key::Digest::Sha256), template)
    }

    /// Issues a certificate for somebody who has a name of his own.
    pub(crate) fn reissue(&self, subject: &Identity, template: &Template) -> Identity {
        let tbs = self.tbs(&subject.key, &subject.name, template);
        self.sealed(subject.clone(), tbs)
    }

    /// Issues a certificate again, its inner part rewritten.
    pub(crate) fn rewritten(&self, subject: &Identity, rewrite: &dyn Fn(&[u8]) -> Vec<u8>) -> Identity {
        let (_, parts, ..) = first(&subject.certificate);
        let (_, _, tbs, _) = first(parts);
        self.sealed(subject.clone(), rewrite(tbs))
    }

    /// A revocation list with these serial numbers, revoked at this time.
    pub(crate) fn revoke(&self, serials: &[u64], at: &str) -> Vec<u8> {
        let entries: Vec<_> =
            serials.iter().map(|serial| sequence(&[&integer(*serial), &time(at)])).collect();
        let entries = if entries.is_empty() { Vec::new() } else { sequence(&[&entries.concat()]) };
        let algorithm = named(self.scheme).algorithm();
        let list = sequence(&[&integer(1), &algorithm, &self.name, &time("20240101000000Z"), &entries]);
        sequence(&[&list, &algorithm, &bits(&self.key.sign(&list, self.scheme))])
    }

    /// Somebody without a certificate yet.
    fn bare(key: &Key, scheme: Scheme, template: &Template) -> Self {
        let (certificate, point) = (Vec::new(), Vec::new());
        Self { key: key.clone(), certificate, name: name(template.name), point, scheme }
    }

    /// The part of a certificate that is signed.
    fn tbs(&self, key: &Key, subject: &[u8], template: &Template) -> Vec<u8> {
        sequence(&[
            &tagged(0, &[&integer(2)]),
            &integer(template.serial),
            &named(self.scheme).algorithm(),
            &self.name,
            &sequence(&[&time(template.from), &time(template.to)]),
            subject,
            &key.public,
            &tagged(3, &[&sequence(&[&template.extensions.concat()])]),
        ])
    }

    /// Signs it.
    fn sealed(&self, subject: Self, tbs: Vec<u8>) -> Self {
        let value = bits(&self.key.sign(&tbs, self.scheme));
        let certificate = sequence(&[&tbs, &named(self.scheme).algorithm(), &value]);
        let (_, fields, ..) = first(&tbs);
        let serial = elements(fields)[1];
        Self { certificate, point: sequence(&[&self.name, serial]), ..subject }
    }

    /// The certificate in PEM.
    pub(crate) fn pem(&self) -> String {
        pem(&self.certificate)
    }
}

/// Certificates name the digest.
fn named(scheme: Scheme) -> Scheme {
    match scheme {
        Scheme::Rsa(digest) => Scheme::RsaNamed(digest),
        other => other,
    }
}

/// A distinguished name: country, organisation, common name.
pub(crate) fn name(common: &str) -> Vec<u8> {
    let attribute =
        |kind: &str, tag: u8, text: &str| set(&[&sequence(&[&oid(kind), &tlv(tag, &[text.as_bytes()])])]);
    sequence(&[
        &attribute("2.5.4.6", 0x13, "IT"),
        &attribute("2.5.4.10", 0x0c, "Esempio S.p.A."),
        &attribute("2.5.4.3", 0x0c, common),
    ])
}

/// A distinguished name of a common name in this string type.
pub(crate) fn raw_name(tag: u8, text: &[u8]) -> Vec<u8> {
    sequence(&[&set(&[&sequence(&[&oid("2.5.4.3"), &tlv(tag, &[text])])])])
}

/// An extension.
pub(crate) fn extension(kind: &str, mark: Mark, value: &[u8]) -> Vec<u8> {
    let critical: &[u8] = match mark {
        Mark::Critical => &[1, 1, 0xff],
        Mark::Plain => &[],
    };
    sequence(&[&oid(kind), critical, &octets(value)])
}

/// Whether who does not know an extension must refuse the certificate.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Mark {
    Critical,
    Plain,
}

/// Basic constraints of an authority.
pub(crate) fn authority(below: Option<u64>) -> Vec<u8> {
    let below = below.map(integer).unwrap_or_default();
    extension("2.5.29.19", Mark::Critical, &sequence(&[&[1, 1, 0xff], &below]))
}

/// Basic constraints of everybody else.
pub(crate) fn no_authority() -> Vec<u8> {
    extension("2.5.29.19", Mark::Plain, &sequence(&[]))
}

/// Key usage, by its first octet: 0x80 digitalSignature, 0x40 nonRepudiation, 0x20 keyEncipherment, 0x06 the two of
/// an authority.
pub(crate) fn key_usage(octet: u8) -> Vec<u8> {
    let unused = u8::try_from(octet.trailing_zeros()).expect("at most eight").min(7);
    extension("2.5.29.15", Mark::Critical, &tlv(0x03, &[&[unused, octet]]))
}

/// Extended key usages.
pub(crate) fn purposes(kinds: &[&str]) -> Vec<u8> {
    let kinds: Vec<_> = kinds.iter().map(|kind| oid(kind)).collect();
    extension("2.5.29.37", Mark::Plain, &sequence(&[&kinds.concat()]))
}

/// Policies.
pub(crate) fn policies(kinds: &[&str]) -> Vec<u8> {
    let kinds: Vec<_> = kinds.iter().map(|kind| sequence(&[&oid(kind)])).collect();
    extension("2.5.29.32", Mark::Plain, &sequence(&[&kinds.concat()]))
}

/// Subject alternative names that are addresses.
pub(crate) fn addresses(all: &[&str]) -> Vec<u8> {
    let names: Vec<_> = all.iter().map(|address| tlv(0x81, &[address.as_bytes()])).collect();
    extension("2.5.29.17", Mark::Plain, &sequence(&[&names.concat()]))
}

/// Name constraints: these hosts permitted, these excluded; not critical, as AgID's are not.
pub(crate) fn hosts(permitted: &[&str], excluded: &[&str]) -> Vec<u8> {
    let subtrees = |number: u8, hosts: &[&str]| {
        let trees: Vec<_> = hosts.iter().map(|host| sequence(&[&tlv(0x81, &[host.as_bytes()])])).collect();
        if trees.is_empty() { Vec::new() } else { tagged(number, &[&trees.concat()]) }
    };
    extension("2.5.29.30", Mark::Plain, &sequence(&[&subtrees(0, permitted), &subtrees(1, excluded)]))
}

/// Subject key identifier.
pub(crate) fn key_identifier(id: &[u8]) -> Vec<u8> {
    extension("2.5.29.14", Mark::Plain, &octets(id))
}

/// PEM.
pub(crate) fn pem(der: &[u8]) -> String {
    let text = crate::envelope::base64(der, 64).replace("\r\n", "\n");
    format!("-----BEGIN CERTIFICATE-----\n{text}-----END CERTIFICATE-----\n")
}
