//! Whether a signature fits the content.
//!
//! ```text
//! content ──digest──> messageDigest in the signed attributes ──signature──> key       always, in PEC
//! content ──digest──────────────────────────────────signature──> key                  without signed attributes
//! ```

use super::algorithm::Unsupported;
use super::cms::SignerInfo;
use super::content::Digests;
use super::key::PublicKey;
use crate::Reason;

impl SignerInfo<'_> {
    /// Whether the content is the one that the signed attributes speak of.
    ///
    /// # Errors
    /// [`Reason::ContentChanged`]; [`Reason::AmbiguousStructure`] for a signature without attributes over content
    /// that is itself a set of attributes: it would be another message's signature, moved.
    pub(super) fn check_content(&self, content: &Digests) -> Result<(), Reason> {
        match &self.attributes {
            Some(attributes) => {
                let is_same = content.of(self.digest).any(|digest| digest == attributes.message_digest);
                if is_same { Ok(()) } else { Err(Reason::ContentChanged) }
            }
            None if content.first_byte() == Some(SET) => Err(Reason::AmbiguousStructure),
            None => Ok(()),
        }
    }

    /// Whether the signature value is this key's, over the signed attributes or, without them, the content.
    ///
    /// # Errors
    /// [`Reason::SignatureWrong`], [`Reason::ContentChanged`] or [`Reason::UnsupportedAlgorithm`].
    pub(super) fn check_signature(&self, content: &Digests, key: &PublicKey) -> Result<(), Reason> {
        let unsupported = |Unsupported| Reason::UnsupportedAlgorithm;
        match &self.attributes {
            Some(attributes) => {
                for form in attributes.signed()? {
                    if key.verifies(self.scheme, &form, self.signature).map_err(unsupported)? {
                        return Ok(());
                    }
                }
                Err(Reason::SignatureWrong)
            }
            None => {
                for digest in content.of(self.digest) {
                    if key.verifies_digest(self.scheme, digest, self.signature).map_err(unsupported)? {
                        return Ok(());
                    }
                }
                Err(Reason::ContentChanged)
            }
        }
    }
}

/// The tag of a SET, and the digit `1`, with which no header line of a message begins.
const SET: u8 = 0x31;
