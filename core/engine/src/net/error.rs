//! Why no connection came about, in the cases a person would act on differently.
//!
//! No variant carries what rustls or the system said: their texts hold host names and addresses.

use std::io;

use rustls::CertificateError;

/// Why no connection came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The authority's file holds no certificate in PEM, or one that cannot be read.
    #[error("the authority's file holds no readable PEM certificate")]
    Authority,
    /// The server's certificate is not to be trusted.
    #[error("the server's certificate was refused: {0}")]
    Certificate(CertificateFault),
    /// The server, or something between, ended the connection during the handshake.
    #[error("the server closed the connection")]
    Closed,
    /// The name has no address, or no name server could be asked.
    #[error("the server's name was not found")]
    HostNotFound,
    /// The machine is there, but nothing listens on that port.
    #[error("the server refused the connection")]
    Refused,
    /// The server does not speak TLS 1.2 or 1.3 on that port, or found no way to agree.
    #[error("no secure connection could be agreed on")]
    Tls,
    /// Nobody answered in time.
    #[error("the server did not answer in time")]
    TimedOut,
    /// There is no way to the machine: most often this device is offline.
    #[error("the server cannot be reached from this network")]
    Unreachable,
}

/// What is wrong with a server's certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateFault {
    /// A signature in the chain does not verify: often the trusted authority has the right name, and a newer or
    /// older key.
    #[error("its signature does not fit its issuer's key")]
    BadSignature,
    /// It is past its last day.
    #[error("it has expired")]
    Expired,
    /// It is for another name.
    #[error("it belongs to another name")]
    NameMismatch,
    /// Its first day has not come: often this device's clock is wrong.
    #[error("it is not valid yet")]
    NotYetValid,
    /// Its issuer has revoked it.
    #[error("it has been revoked")]
    Revoked,
    /// No trusted authority issued it. The cure for a private server is its authority's certificate.
    #[error("its issuer is not trusted")]
    UnknownIssuer,
    /// It cannot serve here: unreadable, an algorithm or extension that is not taken, not a server's.
    /// An authority's own certificate (CA:TRUE) used as a server's is the common case.
    #[error("it cannot be used as a server's certificate")]
    Unsuitable,
}

impl Error {
    pub(super) fn from_dial(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::ConnectionRefused => Self::Refused,
            io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => Self::Closed,
            io::ErrorKind::TimedOut => Self::TimedOut,
            _ => Self::Unreachable,
        }
    }

    pub(super) fn from_handshake(error: &io::Error) -> Self {
        match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            Some(rustls::Error::InvalidCertificate(reason)) => Self::Certificate(reason.into()),
            Some(_) => Self::Tls,
            None if error.kind() == io::ErrorKind::TimedOut => Self::TimedOut,
            None => Self::Closed,
        }
    }
}

impl From<&CertificateError> for CertificateFault {
    fn from(reason: &CertificateError) -> Self {
        match reason {
            CertificateError::BadSignature => Self::BadSignature,
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => Self::Expired,
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                Self::NameMismatch
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => Self::NotYetValid,
            CertificateError::Revoked => Self::Revoked,
            CertificateError::UnknownIssuer => Self::UnknownIssuer,
            _ => Self::Unsuitable,
        }
    }
}
