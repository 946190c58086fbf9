//! CMS SignedData (RFC 5652 §5): by hand, field by field, or as `openssl cms` writes it.

use std::collections::BTreeSet;

use crate::authority::SIGNED_AT;
use crate::certificate::Identity;
use crate::der::{NULL, elements, first, integer, octets, oid, sequence, set, tagged, time, tlv};
use crate::key::{Digest, Scheme};
use crate::openssl;

/// One signer's part of a signature.
#[derive(Clone, Debug)]
pub(crate) struct SignerInfo<'a> {
    pub(crate) signer: &'a Identity,
    /// How the signature value is made, and what the SignerInfo says of it.
    pub(crate) scheme: Scheme,
    /// The digest that the SignerInfo names; that of the scheme, unless it lies.
    pub(crate) digest: Digest,
    /// The parameters of that digest's identifier.
    pub(crate) parameters: &'static [u8],
    pub(crate) named_by: NamedBy,
    pub(crate) over: Over,
    /// The signing time attribute.
    pub(crate) time: Option<&'static str>,
    /// Further signed attributes.
    pub(crate) more: Vec<Vec<u8>>,
    /// Unsigned attributes.
    pub(crate) unsigned: Vec<Vec<u8>>,
}

/// How a signer points to its certificate.
#[derive(Clone, Copy, Debug)]
pub(crate) enum NamedBy {
    IssuerAndSerial,
    KeyIdentifier,
}

/// What the signature value is over.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Over {
    /// The content itself: there are no signed attributes.
    Content,
    /// The attributes sorted, and sent so.
    Sorted,
    /// The attributes sorted, but sent in another order.
    SortedSentOtherwise,
    /// The attributes in an order that is not DER's, and sent so.
    Unsorted,
}

impl<'a> SignerInfo<'a> {
    /// As a provider signs.
    pub(crate) fn of(signer: &'a Identity) -> Self {
        Self {
            signer,
            scheme: signer.scheme,
            digest: signer.scheme.digest(),
            parameters: NULL,
            named_by: NamedBy::IssuerAndSerial,
            over: Over::Sorted,
            time: Some(SIGNED_AT),
            more: Vec::new(),
            unsigned: Vec::new(),
        }
    }

    /// With this scheme and its digest.
    pub(crate) fn by(signer: &'a Identity, scheme: Scheme) -> Self {
        Self { scheme, digest: scheme.digest(), ..Self::of(signer) }
    }

    /// The DER of it, over a content.
    pub(crate) fn over(&self, content: &[u8]) -> Vec<u8> {
        let mut attributes = vec![
            attribute(CONTENT_TYPE, &oid(DATA)),
            attribute(MESSAGE_DIGEST, &octets(&self.digest.of(content))),
        ];
        attributes.extend(self.time.map(|at| attribute(SIGNING_TIME, &time(at))));
        attributes.extend(self.more.iter().cloned());
        self.with_attributes(attributes, content)
    }

    /// The DER of it with exactly these attributes.
    pub(crate) fn with_attributes(&self, mut attributes: Vec<Vec<u8>>, content: &[u8]) -> Vec<u8> {
        attributes.sort();
        let sorted = attributes.concat();
        attributes.reverse();
        let reversed = attributes.concat();
        let (signed, sent) = match self.over {
            Over::Content => (content.to_vec(), Vec::new()),
            Over::Sorted => (set(&[&sorted]), sorted),
            Over::SortedSentOtherwise => (set(&[&sorted]), reversed),
            Over::Unsorted => (set(&[&reversed]), reversed),
        };
        self.with_value(&sent, &self.signer.key.sign(&signed, self.scheme))
    }

    /// The DER of it with these attributes, as sent, and this signature value.
    pub(crate) fn with_value(&self, sent: &[u8], value: &[u8]) -> Vec<u8> {
        let optional =
            |number, content: &[u8]| if content.is_empty() { Vec::new() } else { tagged(number, &[content]) };
        let (version, id) = match self.named_by {
            NamedBy::IssuerAndSerial => (1, self.signer.point.clone()),
            NamedBy::KeyIdentifier => (3, tlv(0x80, &[&self.signer.key.identifier()])),
        };
        sequence(&[
            &integer(version),
            &id,
            &self.digest.algorithm(self.parameters),
            &optional(0, sent),
            &self.scheme.algorithm(),
            &octets(value),
            &optional(1, &self.unsigned.concat()),
        ])
    }
}

/// One attribute with one value.
pub(crate) fn attribute(kind: &str, value: &[u8]) -> Vec<u8> {
    sequence(&[&oid(kind), &set(&[value])])
}

/// The whole signature.
#[derive(Clone, Debug, Default)]
pub(crate) struct SignedData {
    pub(crate) certificates: Vec<Vec<u8>>,
    pub(crate) lists: Vec<Vec<u8>>,
    pub(crate) signers: Vec<Vec<u8>>,
    /// A content inside the signature.
    pub(crate) inside: Option<Vec<u8>>,
}

impl SignedData {
    /// The DER of it.
    pub(crate) fn der(&self) -> Vec<u8> {
        let optional = |number, list: &[Vec<u8>]| {
            if list.is_empty() { Vec::new() } else { tagged(number, &[&list.concat()]) }
        };
        let inside = self.inside.as_ref().map(|content| tagged(0, &[&octets(content)])).unwrap_or_default();
        let data = sequence(&[
            &integer(1),
            &set(&[&self.digests().into_iter().collect::<Vec<_>>().concat()]),
            &sequence(&[&oid(DATA), &inside]),
            &optional(0, &self.certificates),
            &optional(1, &self.lists),
            &set(&[&self.signers.concat()]),
        ]);
        sequence(&[&oid(SIGNED_DATA), &tagged(0, &[&data])])
    }

    /// The digest algorithms of its signers, each once: a reader that streams learns from here what to take.
    fn digests(&self) -> BTreeSet<Vec<u8>> {
        let signers = self.signers.iter().map(|signer| elements(first(signer).1));
        signers.filter_map(|fields| Some(fields.get(2)?.to_vec())).collect()
    }
}

/// What `openssl cms -sign` makes of a content: DER, the signing time being that of the run.
pub(crate) fn by_openssl(signer: &Identity, options: &[&str], content: &[u8]) -> Vec<u8> {
    let folder = &signer.key.folder;
    // Named after the certificate, since one key may have several.
    let name = format!("{}.pem", hex(&Digest::Sha1.of(&signer.certificate)));
    std::fs::write(folder.join(&name), signer.pem()).expect("the folder of the run can be written");
    let fixed = ["cms", "-sign", "-binary", "-outform", "DER", "-signer", &name, "-inkey", &signer.key.file];
    openssl::run(folder, &[&fixed[..], options].concat(), content)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) const DATA: &str = "1.2.840.113549.1.7.1";
const SIGNED_DATA: &str = "1.2.840.113549.1.7.2";
pub(crate) const CONTENT_TYPE: &str = "1.2.840.113549.1.9.3";
pub(crate) const MESSAGE_DIGEST: &str = "1.2.840.113549.1.9.4";
pub(crate) const SIGNING_TIME: &str = "1.2.840.113549.1.9.5";
