//! The parameters of RSASSA-PSS (RFC 4055 §3.1): which digests, and how long a salt.
//!
//! Whatever is left out has its default, SHA-1 and a salt of 20 bytes; so has all of it where there are none.

use const_oid::db::rfc5912::ID_MGF_1;
use der::{AnyRef, DecodeValue, FixedTag, Reader, SliceReader, TagMode, TagNumber};
use spki::AlgorithmIdentifierRef;

use super::algorithm::Unsupported;
use super::digest::Digest;

/// How a signature is padded.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Pss {
    /// The digest that is signed.
    pub(super) digest: Digest,
    /// The digest that the mask is made with.
    pub(super) mask: Digest,
    /// How many bytes of salt there are; in a key's parameters, how many at least.
    pub(super) salt: usize,
}

impl Pss {
    /// Reads the parameters of a signature.
    pub(super) fn read(parameters: Option<AnyRef<'_>>) -> Result<Self, Unsupported> {
        let Some(parameters) = parameters else { return Ok(DEFAULT) };
        let fields = parameters.sequence(|fields| {
            Ok::<_, der::Error>((
                field::<AlgorithmIdentifierRef<'_>>(fields, 0)?,
                field::<AlgorithmIdentifierRef<'_>>(fields, 1)?,
                field::<u16>(fields, 2)?,
                field::<u8>(fields, 3)?,
            ))
        });
        let (digest, mask, salt, trailer) = fields.map_err(|_| Unsupported)?;
        if trailer.is_some_and(|trailer| trailer != TRAILER_BC) {
            return Err(Unsupported);
        }
        Ok(Self {
            digest: digest.map_or(Ok(DEFAULT.digest), Digest::read)?,
            mask: mask.map_or(Ok(DEFAULT.mask), read_mask)?,
            salt: salt.map_or(DEFAULT.salt, usize::from),
        })
    }

    /// Whether a key with these parameters may be used so (RFC 4055 §3.3).
    pub(super) fn allows(&self, other: &Self) -> bool {
        self.digest == other.digest && self.mask == other.mask && self.salt <= other.salt
    }
}

fn field<'a, T: DecodeValue<'a, Error = der::Error> + FixedTag + 'a>(
    fields: &mut SliceReader<'a>,
    number: u32,
) -> der::Result<Option<T>> {
    fields.context_specific(TagNumber(number), TagMode::Explicit)
}

/// MGF1, the only one there is.
fn read_mask(algorithm: AlgorithmIdentifierRef<'_>) -> Result<Digest, Unsupported> {
    let digest = algorithm.parameters.filter(|_| algorithm.oid == ID_MGF_1).ok_or(Unsupported)?;
    Digest::read(digest.decode_as().map_err(|_| Unsupported)?)
}

const DEFAULT: Pss = Pss { digest: Digest::Sha1, mask: Digest::Sha1, salt: 20 };
/// trailerFieldBC, the only one.
const TRAILER_BC: u8 = 1;
