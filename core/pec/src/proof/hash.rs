//! The hashes of a brief receipt (RFC 6109 §3.3.2.2), and the bytes of a part that each may have been taken over.
//!
//! The RFC wants SHA-1 "calculated on the entire content of the part", which "SHOULD be calculated on base64 encoded
//! parts", in 40 hex digits; providers that have gone on to SHA-256 write 64. It leaves open where a part ends, and
//! no real sample is known, so what is tried is, in this order: the body as it is encoded, the part with its header,
//! the decoded content. Bodies and parts are tried with CRLF, then as they lie in the file; each as it stands, with
//! one more line end, without any at its end, and with exactly one. Whichever fits, it fits these bytes only.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::ControlFlow;

use super::line_end;
use super::outline::{Leaf, Place};
use crate::message::Encoding;
use crate::signature::digest::{Context, Digest};

/// The algorithm of a hash.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Algorithm {
    /// 40 hex digits: what RFC 6109 says. Two files with the same one can be made on purpose.
    Sha1,
    /// 64 hex digits.
    Sha256,
}

/// Which bytes of a part a hash was taken over, in the order they are tried.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Reading {
    /// Its body as it was sent, transfer encoding and all.
    Body,
    /// The same with the part's header.
    Part,
    /// Its content without the transfer encoding.
    Content,
}

/// A hash as it stands in a receipt.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Hash {
    /// Told by its length.
    pub(super) algorithm: Algorithm,
    value: Vec<u8>,
}

/// The text part that a provider has put in the place of another.
#[derive(Debug)]
pub(super) struct Stub {
    /// The name of the part it stands for.
    pub(super) name: String,
    /// What it says.
    pub(super) hash: Hash,
}

impl Stub {
    /// The stub that a leaf of a brief receipt's copy is: text/plain, `NAME.hash`, hex digits and nothing else.
    ///
    /// Only where a provider replaces parts. What it leaves alone was written by the sender, who may have written
    /// the hash of anything.
    pub(super) fn of(leaf: &Leaf<'_>) -> Option<Self> {
        if leaf.place != Place::Among || leaf.label.media != "text/plain" {
            return None;
        }
        let name = leaf.label.name.as_deref()?.strip_suffix(".hash")?.to_owned();
        let text = leaf.part.decode(STUB_MAX);
        let digits = text.bytes.trim_ascii();
        let algorithm = match digits.len() {
            40 => Algorithm::Sha1,
            64 => Algorithm::Sha256,
            _ => return None,
        };
        let value =
            digits.chunks(2).map(hex_byte).collect::<Option<_>>().filter(|_| text.problem.is_none())?;
        Some(Self { name, hash: Hash { algorithm, value } })
    }
}

/// A hash of the leaf that is among those given, and what it was taken over.
pub(super) fn find(leaf: &Leaf<'_>, given: &BTreeSet<&Hash>) -> Option<(Hash, Reading)> {
    let algorithms: BTreeSet<_> = given.iter().map(|hash| hash.algorithm).collect();
    let is_given = |hash: &Hash| given.contains(hash);
    for (reading, bytes) in [(Reading::Body, leaf.part.body()), (Reading::Part, leaf.part.raw())] {
        let canonical = line_end::canonical(bytes);
        let as_stored = matches!(canonical, Cow::Owned(_)).then_some((bytes, &b"\n"[..]));
        for (form, line_end) in [(&*canonical, &b"\r\n"[..])].into_iter().chain(as_stored) {
            let mut hashes = algorithms.iter().flat_map(|algorithm| endings(*algorithm, form, line_end));
            if let Some(hash) = hashes.find(is_given) {
                return Some((hash, reading));
            }
        }
    }
    let encoding = leaf.part.encoding();
    // Any other body is its own content.
    let is_encoded = matches!(encoding, Encoding::Base64 | Encoding::QuotedPrintable);
    let body = is_encoded.then(|| leaf.canonical_body())?;
    algorithms.into_iter().find_map(|algorithm| {
        let mut context = algorithm.context();
        let problem = encoding.stream(&body, &mut |piece| {
            context.update(piece);
            ControlFlow::Continue(())
        });
        let hash = Hash::of(algorithm, context);
        (problem.is_none() && is_given(&hash)).then_some((hash, Reading::Content))
    })
}

/// The hashes of bytes by what may stand at their end: as it is, one line end more, none, exactly one.
fn endings(algorithm: Algorithm, bytes: &[u8], line_end: &[u8]) -> [Hash; 4] {
    let text = line_end::without_last(bytes);
    let mut bare = algorithm.context();
    bare.update(text);
    let mut whole = bare.clone();
    whole.update(bytes.get(text.len()..).unwrap_or_default());
    let ended = |mut context: Context| {
        context.update(line_end);
        context
    };
    [whole.clone(), ended(whole), bare.clone(), ended(bare)].map(|context| Hash::of(algorithm, context))
}

impl Hash {
    fn of(algorithm: Algorithm, context: Context) -> Self {
        Self { algorithm, value: context.finish() }
    }
}

impl Algorithm {
    /// The word of the command line's contract.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
        }
    }

    fn context(self) -> Context {
        Context::new(match self {
            Self::Sha1 => Digest::Sha1,
            Self::Sha256 => Digest::Sha256,
        })
    }
}

impl Reading {
    /// The word of the command line's contract.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Body => "body",
            Self::Part => "part",
            Self::Content => "content",
        }
    }
}

fn hex_byte(digits: &[u8]) -> Option<u8> {
    let digits =
        str::from_utf8(digits).ok().filter(|digits| digits.bytes().all(|it| it.is_ascii_hexdigit()))?;
    u8::from_str_radix(digits, 16).ok()
}

/// A stub has 64 digits at most; white space around them costs a little more.
const STUB_MAX: usize = 1024;
