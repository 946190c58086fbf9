//! A public key infrastructure of AgID's shape, made anew for each run.
//!
//! ```text
//! root ──> pec (pathlen 0, policy 1.3.76.16.3.1, rfc822 constraints, not critical) ──> providers (… .1), a key each
//!     └──> mail (an authority for ordinary people's S/MIME)
//! ```
//! A case changes one thing of a template and expects one verdict. The keys are gone when the cases are made.

use std::fs;
use std::path::Path;
use std::thread;
use tempfile::TempDir;

use crate::certificate::{
    Identity, Template, addresses, authority, hosts, key_identifier, key_usage, policies, purposes,
};
use crate::cms::{SignedData, SignerInfo};
use crate::der::{elements, first, sequence};
use crate::envelope::{ADDRESS, content, sealed};
use crate::key::{Digest, Key, Scheme};

/// When messages are signed, unless a case or OpenSSL's clock says otherwise; the genuine daticert.xml's time.
pub(crate) const SIGNED_AT: &str = "20240601120000Z";
/// The host that the authority may certify.
pub(crate) const HOST: &str = "pec.example.test";
/// AgID's policy for authorities that certify providers.
pub(crate) const POLICY_AUTHORITY: &str = "1.3.76.16.3.1";
/// AgID's policy for providers.
pub(crate) const POLICY_PROVIDER: &str = "1.3.76.16.3.1.1";
/// E-mail protection, an extended key usage.
pub(crate) const EMAIL: &str = "1.3.6.1.5.5.7.3.4";

/// The authorities and providers of a run.
pub(crate) struct Authority {
    pub(crate) root: Identity,
    /// Issues providers' certificates.
    pub(crate) pec: Identity,
    /// Issues other people's, below the same root.
    pub(crate) mail: Identity,
    /// The provider, RSA-2048.
    pub(crate) provider: Identity,
    pub(crate) rsa1024: Identity,
    pub(crate) rsa3072: Identity,
    pub(crate) rsa4096: Identity,
    pub(crate) p256: Identity,
    pub(crate) p384: Identity,
    /// RSA-2048, by the identifier for PSS only.
    pub(crate) pss: Identity,
    /// A key that belongs to nobody yet.
    pub(crate) spare: Key,
    /// The same, on a curve that is not read.
    pub(crate) p521: Key,
    /// Holds the keys.
    folder: TempDir,
}

impl Authority {
    /// Makes all of it.
    pub(crate) fn new() -> Self {
        let folder = TempDir::new().expect("a folder for keys");
        let keys = generate(folder.path());
        let key = |name: &str| {
            let at = KEYS.iter().position(|(known, _)| *known == name).expect("a key of the list");
            keys[at].clone()
        };
        let root = Identity::self_signed(&key("root"), RSA, &root());
        let pec = root.certify(&key("pec"), &pec(&key("pec")));
        let mail = root.certify(&key("mail"), &mail());
        fs::write(folder.path().join("authority.pem"), pec.pem()).expect("a file");
        let provider_of = |name, serial, scheme| {
            let key = key(name);
            pec.issue(&key, scheme, &Template { serial, ..provider(&key) })
        };
        Self {
            provider: provider_of("rsa2048", 2, RSA),
            rsa1024: provider_of("rsa1024", 3, RSA),
            rsa3072: provider_of("rsa3072", 4, RSA),
            rsa4096: provider_of("rsa4096", 5, RSA),
            p256: provider_of("p256", 6, Scheme::Ecdsa(Digest::Sha256)),
            p384: provider_of("p384", 7, Scheme::Ecdsa(Digest::Sha384)),
            pss: provider_of("pss", 8, Scheme::pss(Digest::Sha256, 32)),
            spare: key("spare"),
            p521: key("p521"),
            root,
            pec,
            mail,
            folder,
        }
    }

    /// The folder of the run, where `authority.pem` lies beside the keys.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A provider's certificate for the provider's own key, otherwise than usual.
    pub(crate) fn provider_with(&self, template: &Template) -> Identity {
        self.pec.certify(&self.provider.key, template)
    }

    /// The usual content signed in the usual way.
    pub(crate) fn seal(&self, content: &[u8]) -> Vec<u8> {
        sealed(content, &self.p7s(content))
    }

    /// The usual signature over a content.
    pub(crate) fn p7s(&self, content: &[u8]) -> Vec<u8> {
        self.p7s_by(&SignerInfo::of(&self.provider), content)
    }

    /// A signature over a content with one signer, whose certificate and the authority's are enclosed.
    pub(crate) fn p7s_by(&self, signer: &SignerInfo<'_>, content: &[u8]) -> Vec<u8> {
        self.signed_data(signer, content).der()
    }

    /// The usual message signed by one scheme, and another algorithm named in its place.
    pub(crate) fn relabelled(&self, scheme: Scheme, algorithm: &[u8]) -> Vec<u8> {
        let content = content();
        let signer = SignerInfo::by(&self.provider, scheme);
        let data = self.signed_data(&signer, &content);
        let (_, parts, ..) = first(&data.signers[0]);
        let written = scheme.algorithm();
        let parts = elements(parts).into_iter().map(|part| if part == written { algorithm } else { part });
        let signers = vec![sequence(&[&parts.collect::<Vec<_>>().concat()])];
        sealed(&content, &SignedData { signers, ..data }.der())
    }

    /// The same, to be changed.
    pub(crate) fn signed_data(&self, signer: &SignerInfo<'_>, content: &[u8]) -> SignedData {
        SignedData {
            certificates: vec![signer.signer.certificate.clone(), self.pec.certificate.clone()],
            signers: vec![signer.over(content)],
            ..SignedData::default()
        }
    }
}

/// The keys of a run, and what `openssl genpkey` has to know of each. Large ones first: they take longest.
const KEYS: [(&str, &[&str]); 12] = [
    ("rsa4096", &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:4096"]),
    ("rsa3072", &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072"]),
    ("root", RSA_2048),
    ("pec", RSA_2048),
    ("mail", RSA_2048),
    ("rsa2048", RSA_2048),
    ("spare", RSA_2048),
    ("pss", &["-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"]),
    ("rsa1024", &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"]),
    ("p256", &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]),
    ("p384", &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"]),
    ("p521", &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"]),
];
const RSA_2048: &[&str] = &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"];
const RSA: Scheme = Scheme::Rsa(Digest::Sha256);

fn generate(folder: &Path) -> Vec<Key> {
    thread::scope(|scope| {
        let started: Vec<_> =
            KEYS.iter().map(|(name, options)| scope.spawn(|| Key::generate(folder, name, options))).collect();
        started.into_iter().map(|key| key.join().expect("a key")).collect()
    })
}

/// The root of all.
pub(crate) fn root() -> Template {
    Template {
        name: "Esempio Root",
        serial: 1,
        from: "20110101000000Z",
        to: "20490101000000Z",
        extensions: vec![authority(None), key_usage(0x06)],
    }
}

/// The authority for providers.
pub(crate) fn pec(key: &Key) -> Template {
    Template {
        name: "Esempio CA1",
        serial: 10,
        from: "20170101000000Z",
        to: "20490101000000Z",
        extensions: vec![
            authority(Some(0)),
            key_usage(0x06),
            policies(&[POLICY_AUTHORITY]),
            hosts(&[HOST], &[]),
            key_identifier(&key.identifier()),
        ],
    }
}

/// The authority for everybody's mail: no policy of AgID's, no constraints.
pub(crate) fn mail() -> Template {
    Template {
        name: "Esempio Mail CA",
        serial: 11,
        extensions: vec![authority(None), key_usage(0x06)],
        ..root()
    }
}

/// A provider.
pub(crate) fn provider(key: &Key) -> Template {
    provider_for(key, &[ADDRESS])
}

/// A provider with these addresses.
pub(crate) fn provider_for(key: &Key, of: &[&str]) -> Template {
    Template {
        name: "Esempio PEC",
        serial: 2,
        from: "20230101000000Z",
        to: "20480101000000Z",
        extensions: vec![
            key_usage(0x80),
            purposes(&[EMAIL]),
            policies(&[POLICY_PROVIDER]),
            addresses(of),
            key_identifier(&key.identifier()),
        ],
    }
}
