//! A provider (gestore): its name, its domains, and the habits by which its messages can be told apart.
//!
//! The rules leave much open, and each provider's software fills it in its own way: the place and encoding
//! of daticert.xml, the form of identifiers, DER or BER. A reader that knows one habit only fails on the
//! next mailbox. The styles follow messages of 2018 to 2026.

use crate::signature::{Digest, Encoding};

/// A provider of certified mail.
#[derive(Clone, Debug)]
pub struct House {
    /// The company's name: `gestore-emittente` in daticert.xml.
    pub name: String,
    /// The domain of its own address, `posta-certificata@DOMAIN`, and of its identifiers.
    pub domain: String,
    /// The domains of the boxes it keeps; often other ones than its own.
    pub mail_domains: Vec<String>,
    /// How its messages look.
    pub style: Style,
}

impl House {
    /// A provider that keeps the boxes of one domain, and signs for an address in the same domain.
    pub fn new(name: &str, domain: &str, style: Style) -> Self {
        let domain = domain.to_lowercase();
        Self { name: name.to_owned(), mail_domains: vec![domain.clone()], domain, style }
    }

    /// The address that signs: `posta-certificata@DOMAIN`.
    pub fn address(&self) -> String {
        format!("posta-certificata@{}", self.domain)
    }

    /// Whether it keeps the box of this address.
    pub fn keeps(&self, address: &str) -> bool {
        let domain = address.rsplit_once('@').map_or("", |(_, domain)| domain);
        self.mail_domains.iter().any(|own| own.eq_ignore_ascii_case(domain))
    }
}

/// The habits of a provider's software. Start from one of the three and change what a test is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Style {
    /// Who assembled the message: line order, boundaries, preamble, header names.
    pub build: Build,
    /// Where daticert.xml is, and how it is encoded.
    pub certdata: Placement,
    /// The digest signed.
    pub digest: Digest,
    /// DER or BER.
    pub encoding: Encoding,
}

impl Style {
    /// As Aruba's software of 2018, which other providers use too: OpenSSL, DER, SHA-1.
    pub fn aruba_2018() -> Self {
        Self {
            build: Build::OpenSsl,
            certdata: Placement::InlineFirst,
            digest: Digest::Sha1,
            encoding: Encoding::Der,
        }
    }

    /// As Aruba in 2026: Jakarta Mail and BouncyCastle, BER, SHA-256.
    pub fn aruba_2026() -> Self {
        Self {
            build: Build::JakartaMail,
            certdata: Placement::InlineFirst,
            digest: Digest::Sha256,
            encoding: Encoding::Indefinite,
        }
    }

    /// As Legalmail in 2018, with the digest of today: BER, daticert.xml as an attachment at the end.
    pub fn legalmail() -> Self {
        Self {
            build: Build::Legalmail,
            certdata: Placement::AttachedLast,
            digest: Digest::Sha256,
            encoding: Encoding::Indefinite,
        }
    }
}

impl Default for Style {
    /// The shape of 2018 with the digest of today.
    fn default() -> Self {
        Self { digest: Digest::Sha256, ..Self::aruba_2018() }
    }
}

/// The software that puts a message together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Build {
    /// A Perl program that calls OpenSSL: preamble, boundaries of dashes and hex digits, `x-pkcs7-signature`,
    /// identifiers `opecN.YYYYMMDDhhmmss.…`.
    OpenSsl,
    /// A Java program: boundaries `----=_Part_…`, `pkcs7-signature`, bare `micalg=`, identifiers `jpecN.…`.
    JakartaMail,
    /// As the Java program, with identifiers of four groups of hex digits.
    Legalmail,
}

/// Where daticert.xml is; the order of the last two parts is free (RFC 6109 §4.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placement {
    /// Inline, base64, before postacert.eml.
    InlineFirst,
    /// An attachment, quoted-printable, after postacert.eml, its name unquoted.
    AttachedLast,
}
