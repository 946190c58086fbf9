//! TLS for servers on this machine: a fresh test authority and certificates from it.
//!
//! Every [`Authority`] is new and lives in memory only, so nothing outside the process that made it can be
//! deceived by it. It has nothing to do with the authority that certifies the providers' signatures. The
//! servers use ring explicitly; no process-wide default is needed or set.

use std::sync::Arc;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan, tz::TimeZone};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose};
use rustls::ServerConfig;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

/// A certificate authority for TLS, ECDSA P-256, made for one test or demo.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// Why no certificate could be made: a name that is none, or no randomness.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The certificate could not be made.
    #[error("cannot make a test certificate: {0}")]
    Certificate(#[from] rcgen::Error),
    /// The certificate was made, but the TLS library does not take it.
    #[error("cannot set up TLS: {0}")]
    Setup(#[from] rustls::Error),
}

impl Authority {
    /// A new authority with a key of its own.
    ///
    /// # Errors
    /// Only if the machine has no randomness to give.
    pub fn new() -> Result<Self, Error> {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "Recapito test authority for TLS");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        Ok(Self { issuer: CertifiedIssuer::self_signed(params, KeyPair::generate()?)? })
    }

    /// The authority's certificate, for a client's list of trusted ones.
    #[must_use]
    pub fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// What a server needs to be `localhost`, `127.0.0.1` and `::1`.
    ///
    /// # Errors
    /// Only if the machine has no randomness to give.
    pub fn server_config(&self) -> Result<Arc<ServerConfig>, Error> {
        self.server_config_for(&["localhost", "127.0.0.1", "::1"])
    }

    /// What a server needs to be `names` (host names and IP addresses), for instance not to be localhost.
    ///
    /// # Errors
    /// If one of `names` cannot stand in a certificate.
    pub fn server_config_for(&self, names: &[&str]) -> Result<Arc<ServerConfig>, Error> {
        let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
        self.issue(names, today.saturating_sub(1.day()), today.saturating_add(90.days()))
    }

    /// What a server needs to show a certificate for localhost that ended a week ago.
    ///
    /// # Errors
    /// Only if the machine has no randomness to give.
    pub fn expired_server_config(&self) -> Result<Arc<ServerConfig>, Error> {
        let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
        let names = ["localhost", "127.0.0.1", "::1"];
        self.issue(&names, today.saturating_sub(97.days()), today.saturating_sub(7.days()))
    }

    fn issue(&self, names: &[&str], from: Date, until: Date) -> Result<Arc<ServerConfig>, Error> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let day = |date: Date| {
            rcgen::date_time_ymd(
                i32::from(date.year()),
                date.month().unsigned_abs(),
                date.day().unsigned_abs(),
            )
        };
        let mut params = CertificateParams::new(names)?;
        params.distinguished_name.push(DnType::CommonName, "Recapito test server");
        params.use_authority_key_identifier_extension = true;
        params.not_before = day(from);
        params.not_after = day(until);
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.issuer)?;

        let chain = vec![CertificateDer::from(certificate)];
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        Ok(Arc::new(config))
    }
}
