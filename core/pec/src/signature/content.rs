//! The signed content, digested as it streams by; nothing of it is kept.
//!
//! ```text
//! pieces of any size ──bare LF to CRLF──> gathered ──> a context for each digest ──> Digests
//! ```
//! Which digests a signer used is known only at the end, where the signature is, so those that the message announces
//! are taken, and it is noticed if a signer used another. Line ends are made canonical on the way (RFC 8551 §3.1.1):
//! a bare LF becomes CRLF, and a bare CR stays as it is. Genuine mail that went through SMTP has none, OpenSSL leaves
//! it alone, and the reader of the structure does not take it for a line end; were it made CRLF here, bytes could be
//! changed under an intact digest so that a part disappears.

use std::collections::{BTreeMap, BTreeSet};

use super::digest::{Context, Digest};

/// Which digests are taken of a content.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Algorithms(u8);

impl Algorithms {
    /// All that are known.
    pub const EVERY: Self = Self(0b1_1111);

    /// Those that `micalg` names (RFC 8551 §3.5.3.2), and SHA-256 always: evidence is known by it. Where a name is not
    /// known, or there is none, SHA-1 too, as in all mail of past years. The parameter is unsigned, hence a hint: a
    /// wrong one costs a second reading of the content, never a verdict.
    pub fn announced(micalg: Option<&[u8]>) -> Self {
        let names = micalg.unwrap_or_default().split(|octet| *octet == b',');
        let digests = names.map(|name| named(name).unwrap_or(Digest::Sha1));
        Self(digests.fold(bit(Digest::Sha256), |taken, digest| taken | bit(digest)))
    }

    fn iter(self) -> impl Iterator<Item = Digest> {
        Digest::ALL.into_iter().filter(move |digest| self.0 & bit(*digest) != 0)
    }
}

fn bit(digest: Digest) -> u8 {
    match digest {
        Digest::Sha1 => 1,
        Digest::Sha224 => 2,
        Digest::Sha256 => 4,
        Digest::Sha384 => 8,
        Digest::Sha512 => 16,
    }
}

/// `sha-256` of RFC 8551, `sha256` of its forerunners, in any case.
fn named(name: &[u8]) -> Option<Digest> {
    let letters = name.trim_ascii().iter().filter(|octet| **octet != b'-');
    let plain: Vec<u8> = letters.map(u8::to_ascii_lowercase).take(NAME_MAX).collect();
    match plain.as_slice() {
        b"sha1" => Some(Digest::Sha1),
        b"sha224" => Some(Digest::Sha224),
        b"sha256" => Some(Digest::Sha256),
        b"sha384" => Some(Digest::Sha384),
        b"sha512" => Some(Digest::Sha512),
        _ => None,
    }
}

/// What was signed where the content has bare LFs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LineEnds {
    /// Either: content that declares itself binary may have been signed as it is.
    Binary,
    /// CRLF: a mail store has made LFs of them, of all there are. Where the first line ends with CRLF, no store has, and
    /// a later LF may have been signed as it is.
    Canonical,
}

/// A content on its way by.
pub struct Content {
    line_ends: LineEnds,
    /// Over the content with canonical line ends.
    canonical: Contexts,
    /// Over the content as it is, from the first bare LF on; before it the two are one.
    as_received: Option<Contexts>,
    /// The end of the canonical content, not digested yet: lines are short, and digests slow to start.
    gathered: Vec<u8>,
    follows_cr: bool,
    /// Whether the first line ended with CRLF, once it has ended.
    begins_with_crlf: Option<bool>,
    first: Option<u8>,
}

/// Each digest, being taken.
type Contexts = Vec<(Digest, Context)>;

impl Content {
    /// Before its first byte.
    pub fn new(algorithms: Algorithms, line_ends: LineEnds) -> Self {
        Self {
            line_ends,
            canonical: algorithms.iter().map(|digest| (digest, Context::new(digest))).collect(),
            as_received: None,
            gathered: Vec::with_capacity(GATHERED_MAX),
            follows_cr: false,
            begins_with_crlf: None,
            first: None,
        }
    }

    /// The next piece, of any size; a line end may be divided between two.
    pub fn update(&mut self, bytes: &[u8]) {
        self.first = self.first.or(bytes.first().copied());
        // In blocks that stay in the processor's cache while each digest reads them.
        for block in bytes.chunks(BLOCK) {
            self.block(block);
            self.follows_cr = block.ends_with(b"\r");
        }
    }

    /// After its last byte.
    pub fn finish(mut self) -> Digests {
        self.digest_gathered();
        let finish =
            |contexts: Contexts| contexts.into_iter().map(|(kind, one)| (kind, one.finish())).collect();
        Digests {
            canonical: finish(self.canonical),
            as_received: self.as_received.map(finish).unwrap_or_default(),
            first: self.first,
        }
    }

    fn block(&mut self, block: &[u8]) {
        if self.begins_with_crlf.is_none() {
            self.begins_with_crlf = self.first_line_end(block);
        }
        let bare_lfs = BareLfs { block, position: 0, follows_cr: self.follows_cr };
        if !bare_lfs.may_be_any() {
            self.as_received.iter_mut().for_each(|contexts| update(contexts, block));
            return self.gather(block);
        }
        if let Some(contexts) = &mut self.as_received {
            update(contexts, block);
        }
        let mut start = 0;
        for lf in bare_lfs {
            self.gather(block.get(start..lf).unwrap_or_default());
            if self.as_received.is_none() && self.may_be_signed_as_received() {
                self.digest_gathered();
                let mut contexts = self.canonical.clone();
                update(&mut contexts, block.get(lf..).unwrap_or_default());
                self.as_received = Some(contexts);
            }
            self.gather(b"\r\n");
            start = lf.saturating_add(1);
        }
        self.gather(block.get(start..).unwrap_or_default());
    }

    fn may_be_signed_as_received(&self) -> bool {
        self.line_ends == LineEnds::Binary || self.begins_with_crlf == Some(true)
    }

    /// Whether the first line that ends in this block ends with CRLF.
    fn first_line_end(&self, block: &[u8]) -> Option<bool> {
        let lf = memchr::memchr(b'\n', block)?;
        Some(lf.checked_sub(1).map_or(self.follows_cr, |before| block.get(before) == Some(&b'\r')))
    }

    fn gather(&mut self, bytes: &[u8]) {
        if self.gathered.len().saturating_add(bytes.len()) > GATHERED_MAX {
            self.digest_gathered();
        }
        if bytes.len() >= GATHERED_MAX / 2 {
            self.digest_gathered();
            update(&mut self.canonical, bytes);
        } else {
            self.gathered.extend_from_slice(bytes);
        }
    }

    fn digest_gathered(&mut self) {
        update(&mut self.canonical, &self.gathered);
        self.gathered.clear();
    }
}

fn update(contexts: &mut Contexts, bytes: &[u8]) {
    if !bytes.is_empty() {
        contexts.iter_mut().for_each(|(_, context)| context.update(bytes));
    }
}

/// Where in a block a LF stands without its CR.
struct BareLfs<'b> {
    block: &'b [u8],
    position: usize,
    follows_cr: bool,
}

impl BareLfs<'_> {
    /// A quick look at the whole block, many bytes at a time: canonical content has none.
    fn may_be_any(&self) -> bool {
        let bare = |before: u8, octet: u8| (octet == b'\n') & (before != b'\r');
        let pairs = self.block.iter().zip(self.block.iter().skip(1));
        let at_start = self.block.first() == Some(&b'\n') && !self.follows_cr;
        pairs.fold(at_start, |found, (before, octet)| found | bare(*before, *octet))
    }
}

impl Iterator for BareLfs<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        loop {
            let rest = self.block.get(self.position..)?;
            let lf = self.position.saturating_add(memchr::memchr(b'\n', rest)?);
            self.position = lf.saturating_add(1);
            let has_cr = match lf.checked_sub(1) {
                Some(before) => self.block.get(before) == Some(&b'\r'),
                None => self.follows_cr,
            };
            if !has_cr {
                return Some(lf);
            }
        }
    }
}

/// What is kept of a content.
#[derive(Clone, Debug)]
pub struct Digests {
    canonical: BTreeMap<Digest, Vec<u8>>,
    as_received: BTreeMap<Digest, Vec<u8>>,
    first: Option<u8>,
}

impl Digests {
    /// SHA-256 of the content with canonical line ends.
    pub fn sha256(&self) -> [u8; 32] {
        // Always taken, and of this size, so that the default never comes to pass.
        let value = self.canonical.get(&Digest::Sha256).and_then(|value| value.as_slice().try_into().ok());
        value.unwrap_or_default()
    }

    /// Of a file, whose line ends are its own: these digests, and no others.
    pub(super) fn of_file<'f>(digests: BTreeSet<Digest>, pieces: impl Iterator<Item = &'f [u8]>) -> Self {
        let mut contexts: Contexts =
            digests.into_iter().map(|digest| (digest, Context::new(digest))).collect();
        let mut first = None;
        for piece in pieces {
            first = first.or(piece.first().copied());
            update(&mut contexts, piece);
        }
        let values = contexts.into_iter().map(|(digest, context)| (digest, context.finish()));
        Self { canonical: values.collect(), as_received: BTreeMap::new(), first }
    }

    /// The values of one digest: of the canonical content and, where it differs, of the content as it is. None where
    /// it was not taken.
    pub(super) fn of(&self, digest: Digest) -> impl Iterator<Item = &[u8]> {
        [&self.canonical, &self.as_received]
            .into_iter()
            .filter_map(move |values| values.get(&digest))
            .map(Vec::as_slice)
    }

    /// The first byte of the content.
    pub(super) fn first_byte(&self) -> Option<u8> {
        self.first
    }
}

/// The longest known name.
const NAME_MAX: usize = 8;
const BLOCK: usize = 16 * 1024;
const GATHERED_MAX: usize = 4 * 1024;

#[cfg(test)]
mod tests;
