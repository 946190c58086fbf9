//! Who signed these bytes, and is the signer a PEC provider?
//!
//! ```text
//! p7s ──ber, cms──> signers, certificates,  ─┬─ content digest, signature value     altered?
//!                   revocation lists         ├─ chain: path to an anchor            unknown signer?
//!                                            ├─ chain: a provider's certificate     not a provider?
//!                                            └─ From is the certificate's address   address mismatch?
//! ```
//! A verdict, never an error; the first check that fails decides. Checked at the time of signing (RFC 8551 §2.5.1).
//! Where there are several signers, or several certificates that a signer may mean, the best verdict counts: nothing
//! protects those lists, so others can add to them, and a provider's signature over exactly these bytes is not
//! weakened by one that somebody put beside it. Of revocation only what an enclosed list proves is seen; enclosed
//! time-stamps are not looked at.

mod algorithm;
pub mod anchor;
mod ber;
mod certificate;
mod chain;
mod cms;
mod content;
pub(crate) mod digest;
mod element;
pub(crate) mod enclosed;
#[cfg(fuzzing)]
pub mod fuzzing;
mod integrity;
mod key;
mod name;
mod pss;
mod received;
mod revocation;
mod rsa;
mod signed;

use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;

use crate::{Address, Anchors, Note, Reason, Verdict};
use certificate::Certificate;
use chain::Search;
use cms::{Limits, Shell, SignedData, SignerInfo};
use digest::Digest;

pub use content::{Algorithms, Content, Digests, LineEnds};

/// What the message says outside its signature's own data.
#[derive(Clone, Copy, Debug, Default)]
pub struct Claim<'a> {
    /// The address in From, if it is exactly one plain address.
    pub from: Option<&'a Address>,
    /// The certified time of the signed daticert.xml; used where the signature has no signing time.
    pub time: Option<Timestamp>,
}

/// What [`check`] found.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Signature {
    /// Whether it can be believed.
    pub verdict: Verdict,
    /// Why it is not trusted; absent if it is.
    pub reason: Option<Reason>,
    /// What else is worth knowing: [`Note::NoRevocationData`] on every readable signature, [`Note::Sha1Digest`],
    /// [`Note::SignerExpiredSince`].
    pub notes: BTreeSet<Note>,
    /// Who signed, by the certificate, once there is a readable signature with one.
    pub signer: Option<Signer>,
    /// The name of the authority or root that the path ends at.
    pub anchor: Option<String>,
    /// The CMS signing time: the signer's own claim.
    pub signed_at: Option<Timestamp>,
}

/// Who signed, by the certificate.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Signer {
    /// The rfc822 name among the subject alternative names; of several the one in From, else the first.
    pub address: Option<Address>,
    /// Common name, else organisation.
    pub name: String,
}

/// A signer used a digest that was not taken of the content: it has to be read again, for [`Algorithms::EVERY`].
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a signer's digest of the content was not taken")]
pub struct NotTaken;

/// Checks a detached signature.
///
/// `p7s` is the decoded CMS, DER or BER. `content` is what was kept of the signed part. The path is
/// checked at the signing time; `now` tells whether that lies in the future, and is for [`Note::SignerExpiredSince`].
///
/// # Errors
/// [`NotTaken`]. Never where `content` has every digest.
pub fn check(
    p7s: &[u8],
    content: &Digests,
    claim: &Claim<'_>,
    anchors: &Anchors,
    now: Timestamp,
) -> Result<Signature, NotTaken> {
    let shell = match Shell::read(p7s) {
        Ok(shell) => shell,
        Err(fault) => return Ok(Signature::failed(fault.into())),
    };
    let signed_data = match SignedData::read(&shell, &Limits::MESSAGE) {
        Ok(signed_data) => signed_data,
        Err(fault) => return Ok(Signature::failed(fault.into())),
    };
    let judge = Judge {
        content,
        certificates: &signed_data.certificates,
        search: Search::new(&signed_data, anchors),
        claim,
        now,
    };
    let signatures = signed_data.signers.iter().map(|signer| match signer {
        Ok(signer) => judge.signer(signer),
        Err(reason) => Signature::failed(*reason),
    });
    let best = signatures
        .reduce(Signature::or_better)
        .unwrap_or_else(|| Signature::failed(Reason::MissingSignature));
    let mut signers = signed_data.signers.iter().flatten();
    let is_complete = signers.all(|signer| content.of(signer.digest).next().is_some());
    // Also where another is trusted: which of two is the best must not hang on what was taken.
    if is_complete { Ok(best) } else { Err(NotTaken) }
}

impl Signature {
    fn failed(reason: Reason) -> Self {
        Self {
            verdict: reason.verdict(),
            reason: Some(reason),
            notes: BTreeSet::new(),
            signer: None,
            anchor: None,
            signed_at: None,
        }
    }

    fn or_better(self, other: Self) -> Self {
        if other.verdict > self.verdict { other } else { self }
    }
}

/// What every signer of a message is judged by.
struct Judge<'a> {
    content: &'a Digests,
    certificates: &'a [Certificate<'a>],
    search: Search<'a>,
    claim: &'a Claim<'a>,
    now: Timestamp,
}

impl<'a> Judge<'a> {
    fn signer(&self, signer: &SignerInfo<'_>) -> Signature {
        self.certificates
            .iter()
            .filter(|certificate| signer.names(certificate))
            .take(MAX_NAMESAKES)
            .map(|leaf| self.signature(signer, Some(leaf)))
            .reduce(Signature::or_better)
            .unwrap_or_else(|| self.signature(signer, None))
    }

    fn signature(&self, signer: &SignerInfo<'_>, leaf: Option<&'a Certificate<'a>>) -> Signature {
        let mut signature = Signature {
            verdict: Verdict::Trusted,
            reason: None,
            notes: BTreeSet::from([Note::NoRevocationData]),
            signer: leaf.map(|leaf| self.identity(leaf)),
            anchor: None,
            signed_at: signer.attributes.as_ref().and_then(|attributes| attributes.signing_time),
        };
        if signer.digest == Digest::Sha1 {
            signature.notes.insert(Note::Sha1Digest);
        }
        match self.examine(signer, leaf, &mut signature) {
            Ok(()) => signature,
            Err(reason) if reason.verdict() == Verdict::Unreadable => Signature::failed(reason),
            Err(reason) => {
                if reason == Reason::Revoked {
                    signature.notes.remove(&Note::NoRevocationData);
                }
                Signature { verdict: reason.verdict(), reason: Some(reason), ..signature }
            }
        }
    }

    /// The checks, in the order of the verdicts; what is learned on the way goes into `signature`.
    fn examine(
        &self,
        signer: &SignerInfo<'_>,
        leaf: Option<&'a Certificate<'a>>,
        signature: &mut Signature,
    ) -> Result<(), Reason> {
        signer.check_content(self.content)?;
        let leaf = leaf.ok_or(Reason::CertificateMissing)?;
        signer.check_signature(self.content, &leaf.key)?;

        let at = signature.signed_at.or(self.claim.time).ok_or(Reason::TimeMissing)?;
        let path = self.search.path(leaf, at)?;
        signature.anchor = Some(path.anchor.name.clone());
        if leaf.validity.1 < self.now {
            signature.notes.insert(Note::SignerExpiredSince);
        }
        // Only what a known authority vouches for is worth judging again later.
        if at.duration_since(self.now) > MAX_AHEAD {
            return Err(Reason::SignedInFuture);
        }
        path.provider?;

        let from = self.claim.from.ok_or(Reason::FromNotSingle)?;
        // Any of them will do (RFC 8551 §3): the path has checked that the authority may certify each.
        let is_signer = leaf.addresses().any(|address| address.eq_ignore_ascii_case(from.as_str()));
        if is_signer { Ok(()) } else { Err(Reason::FromNotSigner) }
    }

    /// Who the signer is: of several addresses, the one in From.
    fn identity(&self, leaf: &Certificate<'_>) -> Signer {
        let addresses = || leaf.addresses().map(Address::new);
        let claimed = addresses().find(|address| Some(address) == self.claim.from);
        let address = claimed.or_else(|| addresses().next());
        Signer { address, name: leaf.subject.title() }
    }
}

/// How many certificates that a signer may mean are tried: one is, unless somebody made others for confusion. Each costs
/// a signature check.
const MAX_NAMESAKES: usize = 4;
/// How far the clocks of a provider and of this device may be apart (design decision 4).
const MAX_AHEAD: SignedDuration = SignedDuration::from_mins(5);
