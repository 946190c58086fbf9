//! Which authorities may vouch for a server.
//!
//! The bundled list of public ones (webpki-roots, Mozilla's) always; a private server's own authority in
//! addition. PEC signatures have their own anchors, in recapito-pec: this list never decides about them.

use std::sync::Arc;

use rustls::RootCertStore;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

use super::Error;

/// The authorities that may vouch for a server's certificate.
#[derive(Clone, Debug)]
pub struct Trust {
    roots: Arc<RootCertStore>,
}

impl Trust {
    /// The public authorities bundled with this version.
    pub fn public() -> Self {
        let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        Self { roots: Arc::new(roots) }
    }

    /// The same, and every certificate in `pem`, which must hold at least one.
    ///
    /// A server's self-signed certificate will do, unless it says CA:TRUE: TLS refuses an authority's
    /// certificate as a server's ([`CertificateFault::Unsuitable`](super::CertificateFault)).
    pub fn with_authority(self, pem: &[u8]) -> Result<Self, Error> {
        let mut roots = RootCertStore::clone(&self.roots);
        let before = roots.len();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|_| Error::Authority)?;
            roots.add(certificate).map_err(|_| Error::Authority)?;
        }
        if roots.len() == before { Err(Error::Authority) } else { Ok(Self { roots: Arc::new(roots) }) }
    }

    pub(super) fn roots(&self) -> Arc<RootCertStore> {
        Arc::clone(&self.roots)
    }
}

impl Default for Trust {
    fn default() -> Self {
        Self::public()
    }
}
