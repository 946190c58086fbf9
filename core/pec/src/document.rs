//! A signed document, as it comes attached to a message (`.p7m`, CAdES): what is inside, and who signed it.
//!
//! ```text
//! .p7m ──armour──> BER ──signature::enclosed──> content, signers ──a .p7m again?──> … ──> the document
//! ```
//! Says whether the document is what each signer signed. Whether a signer is who the certificate names, and whether
//! the signature is a qualified one, is *not checked*: that takes the trust lists of eIDAS (ETSI TS 119 612), which are
//! not read yet. Nor are time-stamps, countersignatures and revocation looked at.
//!
//! Whatever size the document has, it is digested where it lies. It is copied only out of base64, or where a signed
//! document inside another lies in pieces. The limits are those of `signature`, and [`MAX_LAYERS`].

mod armour;
mod form;

use std::borrow::Cow;

use crate::signature::enclosed::{Enclosed, Octets};

pub use crate::signature::enclosed::{CertificateClaim, Fault, Integrity, Signer};
pub use form::{inner_name, is_named};

/// A signed document, unwrapped.
#[derive(Clone, Debug)]
pub struct Document<'a> {
    /// The signers of each layer, the outermost first. There is at least one layer; one may be without any signer.
    pub layers: Vec<Vec<Signer>>,
    /// Why what looks like one more signed document inside was left as it is.
    pub unopened: Option<Fault>,
    /// The innermost layer in BER, and where the content lies in it.
    innermost: Layer<'a>,
}

/// One signature around the document.
#[derive(Clone, Debug)]
struct Layer<'a> {
    ber: Cow<'a, [u8]>,
    enclosed: Enclosed,
}

impl<'a> Document<'a> {
    /// Unwraps a `.p7m`: DER or BER, as it is, in base64 or in PEM; one in another too.
    ///
    /// # Errors
    /// Where the outermost layer cannot be taken apart.
    pub fn open(p7m: &'a [u8]) -> Result<Self, Fault> {
        let (mut innermost, signers) = Layer::open(Cow::Borrowed(p7m))?;
        let mut layers = vec![signers];
        let mut unopened = None;
        while innermost.wraps_another() {
            if layers.len() >= MAX_LAYERS {
                unopened = Some(Fault::TooComplex);
                break;
            }
            match Layer::open(innermost.content()) {
                Ok((inner, signers)) => {
                    innermost = inner;
                    layers.push(signers);
                }
                Err(fault) => {
                    unopened = Some(fault);
                    break;
                }
            }
        }
        Ok(Self { layers, unopened, innermost })
    }

    /// Every signer with its layer, counted from 1, the outermost.
    pub fn signers(&self) -> impl Iterator<Item = (usize, &Signer)> {
        (1..).zip(&self.layers).flat_map(|(layer, signers)| signers.iter().map(move |signer| (layer, signer)))
    }

    /// Whether every layer has a signer, and the document is what each of them signed.
    pub fn is_intact(&self) -> bool {
        let is_intact = |signer: &Signer| signer.integrity == Integrity::Intact;
        self.layers.iter().all(|signers| !signers.is_empty() && signers.iter().all(is_intact))
    }

    /// What was signed, in the innermost layer that could be opened; copied if it lies in pieces.
    pub fn content(&self) -> Cow<'_, [u8]> {
        self.innermost.octets().joined()
    }

    /// What was signed, piece by piece as it lies.
    pub fn pieces(&self) -> impl Iterator<Item = &[u8]> {
        self.innermost.octets()
    }

    /// How many bytes were signed.
    pub fn size(&self) -> usize {
        self.innermost.octets().size()
    }

    /// What kind of file it is: by its first bytes or else by its name.
    pub fn media(&self, name: Option<&str>) -> &'static str {
        form::media(&self.innermost.octets().head(HEAD), name)
    }
}

impl<'a> Layer<'a> {
    fn open(p7m: Cow<'a, [u8]>) -> Result<(Self, Vec<Signer>), Fault> {
        let ber = armour::strip(p7m).ok_or(Fault::NotSigned)?;
        let enclosed = Enclosed::cut(&ber)?;
        let layer = Self { ber, enclosed };
        let signers = layer.enclosed.signers(layer.octets())?;
        Ok((layer, signers))
    }

    fn wraps_another(&self) -> bool {
        armour::begins_signed(&self.octets().head(HEAD))
    }

    fn octets(&self) -> Octets<'_> {
        Octets::new(self.ber.get(self.enclosed.content.clone()).unwrap_or_default())
    }

    /// The content, with the life of the file where it lies in that in one piece.
    fn content(&self) -> Cow<'a, [u8]> {
        match &self.ber {
            Cow::Borrowed(ber) => {
                Octets::new(ber.get(self.enclosed.content.clone()).unwrap_or_default()).joined()
            }
            Cow::Owned(_) => Cow::Owned(self.octets().joined().into_owned()),
        }
    }
}

/// A document signed one time after the other has two or three layers.
pub const MAX_LAYERS: usize = 5;
/// Enough to see what begins there, through base64 and a byte order mark.
const HEAD: usize = 1024;
