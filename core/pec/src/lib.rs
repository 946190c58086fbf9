//! What an Italian certified mail (PEC) says, and whether it can be believed.
//!
//! Pure: bytes and values in, values out. There is no async, socket, file, SQL, clock or randomness here, and no
//! path that panics: `now`, trust anchors and limits are arguments, and whatever the bytes are, the answer is a
//! [`Verification`], never an error.
//!
//! ```text
//! raw message ─┬─ message     its structure, read as the bytes arrive
//!              ├─ signature   CMS over those bytes, a path to an anchor, the rules for a provider's certificate
//!              ├─ daticert    the certification data that the provider signed
//!              └─ kind        envelope, acceptance, delivery, …: the signed data decides
//!                    └── verification   all of it as one value ──> delivery   what it proves, of which message
//! ```
//!
//! | module | question it answers |
//! |---|---|
//! | [`message`] | which bytes are which part? |
//! | [`signature`] | who signed these bytes, and is the signer a PEC provider? |
//! | [`daticert`] | what does the provider certify? |
//! | [`kind`] | envelope, which receipt, or ordinary mail? |
//! | [`verdict`] | can it be believed; if not, why not? |
//! | [`verification`] | all of the above, for one file |
//! | [`delivery`] | what has happened to a sent message, recipient by recipient? |
//! | [`proof`] | which of what was sent does a delivery receipt prove? |
//! | [`document`] | what is in a signed document that came attached, and who signed it? |
//! | [`time`], [`address`] | the two values that everything else carries |
//!
//! Deliberately absent: fetching revocation lists (every verdict says so), composing and sending, storage.
//! Sources: RFC 6109, DM 2-11-2005 and its annex, RFC 5652 (CMS), RFC 8551 (S/MIME), RFC 5280.

#![cfg_attr(
    not(test),
    forbid(
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::string_slice,
        clippy::unwrap_used
    )
)]
#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]
// Tests may read the corpus.
#![cfg_attr(test, allow(clippy::disallowed_methods, clippy::disallowed_types))]

pub mod address;
pub mod daticert;
pub mod delivery;
pub mod document;
#[cfg(fuzzing)]
pub mod fuzzing;
pub mod kind;
pub mod message;
pub mod proof;
pub mod signature;
pub mod time;
pub mod verdict;
pub mod verification;

pub use address::Address;
pub use daticert::CertificationData;
pub use kind::Kind;
pub use signature::anchor::Anchors;
pub use time::CertifiedTime;
pub use verdict::{Note, Reason, Verdict};
pub use verification::{Verification, Verifier, verify};
