//! Passwords: asked for when needed, kept in zeroised memory, never stored and never shown.

use std::fmt;

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

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// Where passwords are: Keystore, Keychain, keyring, a file. The platform's, called from a thread that may block.
pub trait Secrets: Send + Sync + 'static {
    /// The password of the account with this address; `None` where there is none to be had now.
    ///
    /// # Errors
    /// When the place where it should be cannot be read; the text is for people and holds no secret.
    fn password(&self, address: &str) -> Result<Option<Secret>, String>;
}
