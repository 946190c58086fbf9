//! Signed documents made by hand, each piece as a test wants it.

use rcgen::{CertificateParams, DnType, date_time_ymd};
use recapito_pec::document::{Document, Integrity};

use crate::authority::{Identity, authority};
use crate::p7s::{DATA, SHA256, SIGNED_DATA, attributes, signer, tlv};

pub(crate) const INVOICE: &[u8] = b"<?xml version=\"1.0\"?>\r\n<invoice>1</invoice>\n";

/// Somebody who signs, and the authority that issued the certificate.
pub(crate) struct Person {
    pub(crate) authority: Identity,
    pub(crate) identity: Identity,
}

impl Person {
    pub(crate) fn new(name: &str) -> Self {
        let authority = Identity::self_signed(authority());
        let identity = authority.issue(Self::params(name));
        Self { authority, identity }
    }

    pub(crate) fn params(name: &str) -> CertificateParams {
        let mut params = CertificateParams::default();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        params.not_before = date_time_ymd(2023, 1, 1);
        params.not_after = date_time_ymd(2026, 1, 1);
        params
    }

    /// A `.p7m` in DER, with one signer.
    pub(crate) fn sign(&self, content: &[u8]) -> Vec<u8> {
        p7m(&tlv(0x04, &[content]), &[self.identity.der()], &[self.signer(content)])
    }

    pub(crate) fn signer(&self, content: &[u8]) -> Vec<u8> {
        signer(&self.identity, &attributes(content))
    }
}

/// A `.p7m` in DER around an OCTET STRING, which stands there as it is given.
pub(crate) fn p7m(octets: &[u8], certificates: &[Vec<u8>], signers: &[Vec<u8>]) -> Vec<u8> {
    p7m_of(DATA, &tlv(0xa0, &[octets]), certificates, signers)
}

/// The same of any content type, around any content.
pub(crate) fn p7m_of(
    content_type: &[u8],
    content: &[u8],
    certificates: &[Vec<u8>],
    signers: &[Vec<u8>],
) -> Vec<u8> {
    let signed_data = tlv(
        0x30,
        &[
            &[2, 1, 1],
            &tlv(0x31, &[&tlv(0x30, &[&tlv(0x06, &[SHA256])])]),
            &tlv(0x30, &[&tlv(0x06, &[content_type]), content]),
            &tlv(0xa0, &[&certificates.concat()]),
            &tlv(0x31, &[&signers.concat()]),
        ],
    );
    tlv(0x30, &[&tlv(0x06, &[SIGNED_DATA]), &tlv(0xa0, &[&signed_data])])
}

/// The same in BER: the layers around the content of indefinite length.
pub(crate) fn p7m_indefinite(octets: &[u8], certificates: &[Vec<u8>], signers: &[Vec<u8>]) -> Vec<u8> {
    let signed_data = open(
        0x30,
        &[
            &[2, 1, 1],
            &tlv(0x31, &[&tlv(0x30, &[&tlv(0x06, &[SHA256])])]),
            &open(0x30, &[&tlv(0x06, &[DATA]), &open(0xa0, &[octets])]),
            &open(0xa0, &[&certificates.concat()]),
            &open(0x31, &[&signers.concat()]),
        ],
    );
    open(0x30, &[&tlv(0x06, &[SIGNED_DATA]), &open(0xa0, &[&signed_data])])
}

/// An element of indefinite length.
pub(crate) fn open(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    [&[tag, 0x80], parts.concat().as_slice(), &[0, 0]].concat()
}

/// The integrity of each signer, layer after layer.
pub(crate) fn integrity(document: &Document<'_>) -> Vec<Integrity> {
    document.signers().map(|(_, signer)| signer.integrity).collect()
}
