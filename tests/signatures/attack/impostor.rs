//! Other people's keys under the provider's name, number or key identifier.

use recapito_pec::Reason;

use super::{Genuine, swap_bytes};
use crate::authority::{Authority, provider};
use crate::case::{Case, refused};
use crate::certificate::{Identity, Template};
use crate::cms::{NamedBy, SignedData, SignerInfo, attribute};
use crate::envelope::sealed;
use crate::key::{Digest, Scheme};

/// All of them.
pub(super) fn cases(of: &Authority, genuine: &Genuine) -> Vec<Case> {
    let fake = &genuine.fake;
    let rsa = Scheme::Rsa(Digest::Sha256);
    let key = &of.spare;
    // The same subject, issuer, serial number and key identifier, signed by the attacker himself.
    let alike = Identity { key: key.clone(), ..of.pec.clone() }.issue(key, rsa, &provider(&of.provider.key));
    let with = |signers: Vec<Vec<u8>>, certificates: &[&Identity]| {
        let certificates = certificates.iter().map(|identity| identity.certificate.clone()).collect();
        sealed(fake, &SignedData { certificates, signers, ..SignedData::default() }.der())
    };
    let by = |named_by| vec![SignerInfo { named_by, ..SignerInfo::of(&alike) }.over(fake)];
    // By the key identifier of the provider, though the key is another.
    let identified =
        vec![swap_bytes(&by(NamedBy::KeyIdentifier)[0], &key.identifier(), &of.provider.key.identifier())];
    let below = of.provider.issue(key, rsa, &Template { name: "Falso PEC", ..provider(key) });
    let person = of.mail.certify(&of.rsa1024.key, &provider(&of.rsa1024.key));
    let below_person = person.issue(key, rsa, &provider(key));
    let point = SignerInfo::of(&alike).over(fake);
    let namesake = Identity { key: key.clone(), ..of.provider.clone() };
    let counter = attribute("1.2.840.113549.1.9.6", &SignerInfo::of(&of.provider).over(b"signature value"));
    let stranger = Identity::self_signed(key, rsa, &provider(key));
    let countersigned = SignerInfo { unsigned: vec![counter], ..SignerInfo::of(&stranger) }.over(fake);
    vec![
        refused(
            "the same issuer and number, the forged certificate",
            Reason::NoPath,
            with(by(NamedBy::IssuerAndSerial), &[&alike, &of.pec]),
        ),
        refused(
            "the same issuer and number, both certificates",
            Reason::NoPath,
            with(by(NamedBy::IssuerAndSerial), &[&of.provider, &alike, &of.pec]),
        ),
        refused(
            "the same issuer and number, both, the forged first",
            Reason::NoPath,
            with(by(NamedBy::IssuerAndSerial), &[&alike, &of.provider, &of.pec]),
        ),
        refused(
            "the same key identifier, the forged certificate",
            Reason::NoPath,
            with(identified.clone(), &[&alike, &of.pec]),
        ),
        refused(
            "the same key identifier, both certificates",
            Reason::NoPath,
            with(identified, &[&of.provider, &alike, &of.pec]),
        ),
        refused(
            "another's signature, the provider's certificate",
            Reason::SignatureWrong,
            with(vec![point], &[&of.provider, &of.pec]),
        ),
        refused(
            "another's signature in the provider's name",
            Reason::SignatureWrong,
            with(vec![SignerInfo::of(&namesake).over(fake)], &[&of.provider, &of.pec]),
        ),
        refused(
            "the provider as an authority",
            Reason::NoPath,
            with(vec![SignerInfo::of(&below).over(fake)], &[&below, &of.provider, &of.pec]),
        ),
        refused(
            "a person as an authority",
            Reason::NoPath,
            with(vec![SignerInfo::of(&below_person).over(fake)], &[&below_person, &person, &of.mail]),
        ),
        refused(
            "a stranger, countersigned by the provider",
            Reason::NoPath,
            with(vec![countersigned], &[&stranger, &of.provider, &of.pec]),
        ),
        refused(
            "a stranger beside the provider's other signature",
            Reason::NoPath,
            with(
                vec![SignerInfo::of(&stranger).over(fake), SignerInfo::of(&of.provider).over(b"x")],
                &[&stranger, &of.provider, &of.pec],
            ),
        ),
        refused(
            "the provider's other signature alone",
            Reason::ContentChanged,
            with(vec![SignerInfo::of(&of.provider).over(b"x")], &[&of.provider, &of.pec]),
        ),
        refused("no signer", Reason::MissingSignature, with(vec![], &[&of.provider, &of.pec])),
        refused(
            "no certificate",
            Reason::CertificateMissing,
            with(vec![SignerInfo::of(&of.provider).over(fake)], &[]),
        ),
    ]
}
