//! Messages that are wrong in one way: what a reader must not believe, and what it must bear.
//!
//! Each case starts from a message as the provider makes it, and changes one thing. A genuine receipt about
//! somebody else's message needs no forgery: give a [`Dispatch`](crate::Dispatch) the reference to copy.

use crate::authority::{Authority, Signer};
use crate::house::{House, Style};
use crate::letter::Letter;
use crate::signature::Encoding;

/// What is wrong, or merely unusual, with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forgery {
    /// The body was changed after it was signed.
    Altered,
    /// Sound, but in BER with a constructed octet string.
    Ber,
    /// Signed by an authority that bears the same names and has other keys.
    Counterfeit,
    /// Signed with a certificate that had run out.
    Expired,
    /// Signed under the same root, for the provider's address, by a certificate that is no provider's.
    Impostor,
    /// Sound, but stored with LF line ends, as many servers do.
    LineFeeds,
    /// From another address than the one the certificate is for.
    OtherAddress,
    /// Well signed, without a daticert.xml.
    WithoutCertdata,
    /// Not signed at all: what anybody can write.
    Unsigned,
}

impl Forgery {
    /// Every case.
    pub const ALL: [Self; 9] = [
        Self::Altered,
        Self::Ber,
        Self::Counterfeit,
        Self::Expired,
        Self::Impostor,
        Self::LineFeeds,
        Self::OtherAddress,
        Self::WithoutCertdata,
        Self::Unsigned,
    ];

    /// Who signs instead of the provider, if somebody does.
    pub(crate) fn signer(self, house: &House, authority: &Authority) -> Option<Signer> {
        let (name, domain) = (house.name.as_str(), house.domain.as_str());
        match self {
            Self::Counterfeit => Some(authority.counterfeit(name, domain)),
            Self::Expired => Some(authority.expired(name, domain)),
            Self::Impostor => Some(authority.impostor(name, domain)),
            _ => None,
        }
    }

    /// What changes before the message is signed.
    pub(crate) fn corrupt(self, letter: &mut Letter, house: &House) {
        match self {
            Self::OtherAddress => {
                let address = house.address();
                let other = format!("posta-certificata@other.{}", house.domain);
                for field in letter.fields.iter_mut().filter(|field| field.starts_with("From:")) {
                    *field = field.replace(&address, &other);
                }
            }
            Self::WithoutCertdata => letter.certdata = None,
            _ => {}
        }
    }

    /// What changes in the form of the signature.
    pub(crate) fn restyle(self, style: &mut Style) {
        if self == Self::Ber {
            style.encoding = Encoding::Constructed;
        }
    }

    /// What changes in the finished message.
    pub(crate) fn tamper(self, message: Vec<u8>) -> Vec<u8> {
        let swap = |from: &str, to: &str| {
            // Every part of a provider's message is ASCII except, perhaps, the original; so bytes, not text.
            let mut changed = Vec::with_capacity(message.len());
            let mut rest = message.as_slice();
            while let Some(at) = rest.windows(from.len()).position(|window| window == from.as_bytes()) {
                changed.extend_from_slice(&rest[..at]);
                changed.extend_from_slice(to.as_bytes());
                rest = &rest[at + from.len()..];
            }
            changed.extend_from_slice(rest);
            changed
        };
        match self {
            Self::Altered => swap("Il giorno ", "Nel giorno "),
            Self::LineFeeds => swap("\r\n", "\n"),
            _ => message,
        }
    }
}
