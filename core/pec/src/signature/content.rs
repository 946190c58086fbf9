//! The signed content, digested once as it streams by, and whether a signature fits it.
//!
//! With signed attributes (always, in PEC) only digests are kept. Without them the signature is over the content
//! itself, and `ring` takes a message only whole: the content is then gathered, no more than the message that the
//! caller holds already.

use ring::digest::Context;
use std::collections::BTreeMap;

use super::algorithm::{Digest, PublicKey, Unsupported};
use super::cms::SignerInfo;
use crate::Reason;

/// What is kept of the content for these signers.
pub(super) struct Content {
    digests: BTreeMap<Digest, ring::digest::Digest>,
    whole: Vec<u8>,
}

impl Content {
    /// Reads the content to its end, for all signers at once.
    pub(super) fn digest(
        content: &mut dyn Iterator<Item = &[u8]>,
        signers: &[Result<SignerInfo<'_>, Reason>],
    ) -> Self {
        let (with, without): (Vec<_>, Vec<_>) =
            signers.iter().flatten().partition(|signer| signer.attributes.is_some());
        let mut contexts: BTreeMap<_, _> =
            with.iter().map(|signer| (signer.digest, Context::new(signer.digest.algorithm()))).collect();
        let mut whole = Vec::new();
        for piece in content {
            contexts.values_mut().for_each(|context| context.update(piece));
            if !without.is_empty() {
                whole.extend_from_slice(piece);
            }
        }
        let digests = contexts.into_iter().map(|(digest, context)| (digest, context.finish())).collect();
        Self { digests, whole }
    }

    /// Whether the content is the one that the signed attributes speak of.
    ///
    /// # Errors
    /// [`Reason::ContentChanged`]; [`Reason::AmbiguousStructure`] for a signature without attributes over content
    /// that is itself a set of attributes: it would be another message's signature, moved.
    pub(super) fn check_digest(&self, signer: &SignerInfo<'_>) -> Result<(), Reason> {
        match &signer.attributes {
            Some(attributes) => {
                let digest = self.digests.get(&signer.digest).map(AsRef::as_ref);
                if digest == Some(attributes.message_digest) { Ok(()) } else { Err(Reason::ContentChanged) }
            }
            None if self.whole.first() == Some(&SET) => Err(Reason::AmbiguousStructure),
            None => Ok(()),
        }
    }

    /// Whether the signature value is this key's, over the signed attributes or, without them, the content.
    ///
    /// # Errors
    /// [`Reason::SignatureWrong`], [`Reason::ContentChanged`] or [`Reason::UnsupportedAlgorithm`].
    pub(super) fn check_signature(&self, signer: &SignerInfo<'_>, key: &PublicKey) -> Result<(), Reason> {
        let verifies = |message: &[u8]| {
            let fits = key.verifies(signer.scheme, message, signer.signature);
            fits.map_err(|Unsupported| Reason::UnsupportedAlgorithm)
        };
        match &signer.attributes {
            Some(attributes) => {
                let [as_received, sorted] = attributes.signed()?;
                let fits = verifies(&as_received)? || (sorted != as_received && verifies(&sorted)?);
                if fits { Ok(()) } else { Err(Reason::SignatureWrong) }
            }
            None if verifies(&self.whole)? => Ok(()),
            None => Err(Reason::ContentChanged),
        }
    }
}

/// The tag of a SET, and the digit `1`, with which no header line of a message begins.
const SET: u8 = 0x31;
