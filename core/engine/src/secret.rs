//! Passwords: asked for when needed, kept in zeroised memory, never stored and never shown.

use std::fmt;
use std::num::NonZeroU32;

use ring::pbkdf2::PBKDF2_HMAC_SHA256;
use zeroize::Zeroizing;

/// A password. Wiped when dropped; `Debug` shows nothing of it.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes over the password.
    pub fn new(password: String) -> Self {
        Self(Zeroizing::new(password))
    }

    /// The password itself, for the moment it is needed.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The same in its zeroised home, for code that keeps it a while.
    pub(crate) fn zeroizing(&self) -> &Zeroizing<String> {
        &self.0
    }
}

impl Secret {
    /// What tells this password from another, for the record of a refused login.
    pub(crate) fn mark(&self, salt: &str) -> PasswordMark {
        let mut mark = [0; 2];
        ring::pbkdf2::derive(PBKDF2_HMAC_SHA256, ROUNDS, salt.as_bytes(), self.0.as_bytes(), &mut mark);
        PasswordMark(u16::from_be_bytes(mark))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// 16 bits of a slow digest of a password: enough to see that it has changed, useless for finding it, since one in
/// 65,536 of all passwords has the same.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PasswordMark(pub u16);

/// Where passwords are: Keystore, Keychain, keyring, a file. The platform's, called from a thread that may block.
pub trait Secrets: Send + Sync + 'static {
    /// The password of the account with this address; `None` where there is none to be had now.
    ///
    /// # Errors
    /// When the place where it should be cannot be read; the text is for people and holds no secret.
    fn password(&self, address: &str) -> Result<Option<Secret>, String>;
}

/// About a hundredth of a second.
const ROUNDS: NonZeroU32 = NonZeroU32::MIN.saturating_add(49_999);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_tells_passwords_apart_and_shows_none() {
        let secret = |password: &str| Secret::new(password.to_owned());
        assert_eq!(secret("one").mark("salt"), secret("one").mark("salt"));
        assert_ne!(secret("one").mark("salt"), secret("two").mark("salt"));
        assert_ne!(secret("one").mark("salt"), secret("one").mark("another"));
        assert_eq!(format!("{:?}", secret("one")), "Secret");
    }
}
