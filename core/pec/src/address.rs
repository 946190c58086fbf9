//! An e-mail address as certification data and certificates give it.
//!
//! Kept as it was written, compared without regard to the case of ASCII letters: domains are case-insensitive
//! (RFC 5321 §2.4), and no PEC provider has two boxes whose local parts differ only in case. Letters beyond ASCII stay
//! what they are, since some have an ASCII letter for their small form. It is not validated: providers have signed
//! addresses with stray spaces and brackets, and a bad address must not lose a message.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

/// An address, bare: `local@domain`, no display name, no angle brackets.
#[derive(Clone, Debug)]
pub struct Address(String);

impl Address {
    /// Takes the text as it stands, without white space and one pair of angle brackets around it.
    pub fn new(text: &str) -> Self {
        let text = text.trim();
        let bare = text.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')).unwrap_or(text);
        Self(bare.trim().to_owned())
    }

    /// The address as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What follows the last `@`, if there is one.
    pub fn domain(&self) -> Option<&str> {
        self.0.rsplit_once('@').map(|(_, domain)| domain)
    }

    /// The form that equal addresses share; the one to store as a key.
    pub fn key(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl PartialEq for Address {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Address {}

impl PartialOrd for Address {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Address {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

impl Hash for Address {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_whatever_the_case_and_the_brackets() {
        assert_eq!(Address::new(" <Anna@PEC.Example.test> "), Address::new("anna@pec.example.test"));
        assert_ne!(Address::new("anna@pec.example.test"), Address::new("anna@example.test"));
        // The Kelvin sign, whose small letter is `k`.
        assert_ne!(Address::new("mar\u{212a}@pec.example.test"), Address::new("mark@pec.example.test"));
    }

    #[test]
    fn kept_as_written() {
        assert_eq!(Address::new("Anna@PEC.example.test").as_str(), "Anna@PEC.example.test");
        assert_eq!(Address::new("anna@ pec.example.test").as_str(), "anna@ pec.example.test");
    }
}
