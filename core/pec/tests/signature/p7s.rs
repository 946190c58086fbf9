//! Signatures made by hand, piece by piece, so that each piece can be wrong.

use rcgen::SigningKey;
use ring::digest;

use crate::authority::Identity;

pub(crate) const DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01];
pub(crate) const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
pub(crate) const CONTENT_TYPE: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x03];
pub(crate) const MESSAGE_DIGEST: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x04];
pub(crate) const SIGNING_TIME: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x05];
pub(crate) const SHA256: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];
pub(crate) const ECDSA_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];

/// When the tests' messages are signed, unless they say otherwise: `2024-06-01 12:00:00`.
pub(crate) const TIME: &str = "240601120000Z";

/// An element in DER.
pub(crate) fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let mut out = vec![tag];
    match content.len() {
        length @ 0..=127 => out.push(length as u8),
        length => {
            let octets: Vec<u8> = length.to_be_bytes().into_iter().skip_while(|octet| *octet == 0).collect();
            out.push(0x80 | octets.len() as u8);
            out.extend(octets);
        }
    }
    out.extend(content);
    out
}

/// One attribute with one value.
pub(crate) fn attribute(kind: &[u8], value: &[u8]) -> Vec<u8> {
    tlv(0x30, &[&tlv(0x06, &[kind]), &tlv(0x31, &[value])])
}

/// The attributes of a message of [`TIME`].
pub(crate) fn attributes(content: &[u8]) -> Vec<Vec<u8>> {
    attributes_at(content, Some(TIME))
}

/// The attributes with a signing time (UTCTime), or without.
pub(crate) fn attributes_at(content: &[u8], time: Option<&str>) -> Vec<Vec<u8>> {
    let digest = digest::digest(&digest::SHA256, content);
    let mut attributes = vec![
        attribute(CONTENT_TYPE, &tlv(0x06, &[DATA])),
        attribute(MESSAGE_DIGEST, &tlv(0x04, &[digest.as_ref()])),
    ];
    attributes.extend(time.map(|time| attribute(SIGNING_TIME, &tlv(0x17, &[time.as_bytes()]))));
    attributes
}

/// A SignerInfo with these attributes, signed in the order given.
pub(crate) fn signer(identity: &Identity, attributes: &[Vec<u8>]) -> Vec<u8> {
    signer_sending(identity, attributes, attributes)
}

/// A SignerInfo that signs its attributes in one order and sends them in another.
pub(crate) fn signer_sending(identity: &Identity, signed: &[Vec<u8>], sent: &[Vec<u8>]) -> Vec<u8> {
    let value = identity.key.sign(&tlv(0x31, &[&signed.concat()])).unwrap();
    signer_info(identity, Some(sent), &value)
}

/// A SignerInfo without attributes: the signature is over the content.
pub(crate) fn signer_without_attributes(identity: &Identity, content: &[u8]) -> Vec<u8> {
    signer_info(identity, None, &identity.key.sign(content).unwrap())
}

/// A SignerInfo with this signature value.
pub(crate) fn signer_info(identity: &Identity, attributes: Option<&[Vec<u8>]>, value: &[u8]) -> Vec<u8> {
    let [issuer, serial] = issuer_and_serial(&identity.der());
    let attributes = attributes.map(|list| tlv(0xa0, &[&list.concat()])).unwrap_or_default();
    tlv(
        0x30,
        &[
            &[2, 1, 1],
            &tlv(0x30, &[&issuer, &serial]),
            &tlv(0x30, &[&tlv(0x06, &[SHA256])]),
            &attributes,
            &tlv(0x30, &[&tlv(0x06, &[ECDSA_SHA256])]),
            &tlv(0x04, &[value]),
        ],
    )
}

/// The whole: certificates and signers in the order given.
pub(crate) fn p7s(certificates: &[Vec<u8>], signers: &[Vec<u8>]) -> Vec<u8> {
    p7s_of(DATA, certificates, &[], signers)
}

/// The whole, with revocation lists.
pub(crate) fn p7s_with_lists(certificates: &[Vec<u8>], lists: &[Vec<u8>], signers: &[Vec<u8>]) -> Vec<u8> {
    p7s_of(DATA, certificates, lists, signers)
}

/// The whole, of any content type.
pub(crate) fn p7s_of(
    content_type: &[u8],
    certificates: &[Vec<u8>],
    lists: &[Vec<u8>],
    signers: &[Vec<u8>],
) -> Vec<u8> {
    let lists = if lists.is_empty() { Vec::new() } else { tlv(0xa1, &[&lists.concat()]) };
    let signed_data = tlv(
        0x30,
        &[
            &[2, 1, 1],
            &tlv(0x31, &[&tlv(0x30, &[&tlv(0x06, &[SHA256])])]),
            &tlv(0x30, &[&tlv(0x06, &[content_type])]),
            &tlv(0xa0, &[&certificates.concat()]),
            &lists,
            &tlv(0x31, &[&signers.concat()]),
        ],
    );
    tlv(0x30, &[&tlv(0x06, &[SIGNED_DATA]), &tlv(0xa0, &[&signed_data])])
}

/// What a signer points to its certificate by.
pub(crate) fn issuer_and_serial(certificate: &[u8]) -> [Vec<u8>; 2] {
    use der::{Decode, Encode};
    let certificate = x509_cert::Certificate::from_der(certificate).unwrap();
    let tbs = certificate.tbs_certificate();
    [tbs.issuer().to_der().unwrap(), tbs.serial_number().to_der().unwrap()]
}
