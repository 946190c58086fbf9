//! A test authority of AgID's shape: root, authority for providers, provider.
//!
//! ```text
//! root (pathlen 1) ──> authority (pathlen 0, policy 1.3.76.16.3.1, name constraints) ──> provider (… .1, e-mail)
//! ```
//! Keys are made anew for each test; a test changes one thing of a certificate and expects one verdict.

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CustomExtension, DnType, ExtendedKeyUsagePurpose,
    GeneralSubtree, IsCa, Issuer, KeyPair, KeyUsagePurpose, NameConstraints, PublicKeyData, SanType,
    date_time_ymd,
};
use recapito_pec::Anchors;

pub(crate) const HOST: &str = "pec.example.test";
pub(crate) const ADDRESS: &str = "posta-certificata@pec.example.test";

/// A certificate and its key.
pub(crate) struct Identity {
    pub(crate) params: CertificateParams,
    pub(crate) key: KeyPair,
    pub(crate) certificate: Certificate,
}

/// The three of them.
pub(crate) struct Chain {
    pub(crate) root: Identity,
    pub(crate) authority: Identity,
    pub(crate) provider: Identity,
}

impl Chain {
    /// Everything as it should be.
    pub(crate) fn genuine() -> Self {
        Self::with(root(), authority(), provider())
    }

    /// With these parameters.
    pub(crate) fn with(
        root: CertificateParams,
        authority: CertificateParams,
        provider: CertificateParams,
    ) -> Self {
        let root = Identity::self_signed(root);
        let authority = root.issue(authority);
        let provider = authority.issue(provider);
        Self { root, authority, provider }
    }

    /// What a genuine message encloses: leaf and authority.
    pub(crate) fn enclosed(&self) -> Vec<Vec<u8>> {
        vec![self.provider.der(), self.authority.der()]
    }

    /// The pinned anchors and this root.
    pub(crate) fn anchors(&self) -> Anchors {
        Anchors::pec().with_pem(self.root.certificate.pem().as_bytes()).unwrap()
    }
}

impl Identity {
    pub(crate) fn self_signed(params: CertificateParams) -> Self {
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        Self { params, key, certificate }
    }

    pub(crate) fn issue(&self, params: CertificateParams) -> Self {
        let key = KeyPair::generate().unwrap();
        let certificate = self.certify(&params, &key);
        Self { params, key, certificate }
    }

    /// A certificate for a key that is already there.
    pub(crate) fn certify(&self, params: &CertificateParams, key: &impl PublicKeyData) -> Certificate {
        params.signed_by(key, &Issuer::from_params(&self.params, &self.key)).unwrap()
    }

    pub(crate) fn der(&self) -> Vec<u8> {
        self.certificate.der().to_vec()
    }
}

pub(crate) fn root() -> CertificateParams {
    let mut params = named(&[(DnType::CountryName, "IT"), (DnType::CommonName, "Example Root")]);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(1));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.not_before = date_time_ymd(2011, 1, 1);
    params.not_after = date_time_ymd(2039, 1, 1);
    params
}

pub(crate) fn authority() -> CertificateParams {
    let mut params = named(&[(DnType::CountryName, "IT"), (DnType::CommonName, "Example CA1")]);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.name_constraints = Some(permitted(vec![GeneralSubtree::Rfc822Name(HOST.to_owned())]));
    params.custom_extensions = vec![policy(&[1, 3, 76, 16, 3, 1])];
    params.not_before = date_time_ymd(2017, 1, 1);
    params.not_after = date_time_ymd(2027, 1, 1);
    params
}

pub(crate) fn provider() -> CertificateParams {
    let mut params = named(&[
        (DnType::CountryName, "IT"),
        (DnType::OrganizationName, "Example S.p.A."),
        (DnType::CommonName, "Example PEC"),
    ]);
    params.subject_alt_names = vec![mailbox(ADDRESS)];
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::EmailProtection];
    params.custom_extensions = vec![policy(&[1, 3, 76, 16, 3, 1, 1])];
    params.use_authority_key_identifier_extension = true;
    params.not_before = date_time_ymd(2023, 1, 1);
    params.not_after = date_time_ymd(2026, 1, 1);
    params
}

pub(crate) fn mailbox(address: &str) -> SanType {
    SanType::Rfc822Name(address.try_into().unwrap())
}

pub(crate) fn permitted(permitted_subtrees: Vec<GeneralSubtree>) -> NameConstraints {
    NameConstraints { permitted_subtrees, excluded_subtrees: Vec::new() }
}

/// CertificatePolicies with one policy: SEQUENCE { SEQUENCE { OID } }.
pub(crate) fn policy(oid: &[u64]) -> CustomExtension {
    let text = oid.iter().map(u64::to_string).collect::<Vec<_>>().join(".");
    let oid = der::asn1::ObjectIdentifier::new(&text).unwrap();
    let policies =
        crate::p7s::tlv(0x30, &[&crate::p7s::tlv(0x30, &[&crate::p7s::tlv(0x06, &[oid.as_bytes()])])]);
    CustomExtension::from_oid_content(&[2, 5, 29, 32], policies)
}

fn named(parts: &[(DnType, &str)]) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    for (kind, value) in parts {
        params.distinguished_name.push(kind.clone(), *value);
    }
    params
}
