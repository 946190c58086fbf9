//! Checking RSA signatures over a digest (RFC 8017 §8), for what `ring` does not take: SHA-224, short keys with
//! SHA-384, PSS with any salt, and content that went by in a stream.
//!
//! Not by the `rsa` crate (0.9 in November 2026): it takes the mask's digest for the message's, and an advisory on its
//! private keys would have to be excepted in what is shipped. `crypto-bigint` comes with the elliptic curves anyway.
//! Only the public operation is done, on public values; there is no private key in this program. Padding is never
//! taken apart where it can be made anew and compared, which leaves a forger nothing to hide in.

use crypto_bigint::modular::{BoxedMontyForm, BoxedMontyParams};
use crypto_bigint::{BoxedUint, Odd};
use der::asn1::UintRef;
use der::{AnyRef, Decode};

use super::algorithm::Unsupported;
use super::digest::Digest;
use super::pss::Pss;

/// Whether a signature is this key's by PKCS #1 v1.5 (RFC 8017 §8.2.2). `key` is the DER of an RSAPublicKey.
pub(super) fn fits_pkcs1(
    key: &[u8],
    kind: Digest,
    digest: &[u8],
    signature: &[u8],
) -> Result<bool, Unsupported> {
    let Some(key) = Key::read(key)? else { return Ok(false) };
    let info = [digest_info(kind), digest].concat();
    // At least eight bytes of padding; no key in use is too short for that.
    let padding = key.size().saturating_sub(info.len()).saturating_sub(3);
    let expected = [&[0, 1], &*vec![0xff; padding], &[0], &info].concat();
    Ok(padding >= 8 && key.open(signature).is_some_and(|block| *block == *expected))
}

/// Whether a signature is this key's by PSS (RFC 8017 §8.1.2).
pub(super) fn fits_pss(key: &[u8], pss: &Pss, digest: &[u8], signature: &[u8]) -> Result<bool, Unsupported> {
    let Some(key) = Key::read(key)? else { return Ok(false) };
    let bits = key.bits.saturating_sub(1);
    let opened = key.open(signature);
    Ok(opened.is_some_and(|block| is_pss(&block, bits, pss, digest).unwrap_or(false)))
}

/// EMSA-PSS-VERIFY (RFC 8017 §9.1.2) of a block of whole bytes, of which `bits` are used.
fn is_pss(block: &[u8], bits: usize, pss: &Pss, digest: &[u8]) -> Option<bool> {
    let unused = block.len().checked_mul(8)?.checked_sub(bits)?;
    // With a modulus of one bit more than whole bytes, the block is a byte shorter than the signature.
    let block = if unused >= 8 { block.strip_prefix(&[0])? } else { block };
    let (masked, trailer) =
        block.split_at_checked(block.len().checked_sub(pss.digest.size())?.checked_sub(1)?)?;
    let (salted, trailer) = trailer.split_at_checked(pss.digest.size())?;
    let unused_mask = 0xff_u8.checked_shr(u32::try_from(unused % 8).ok()?)?;
    if trailer != TRAILER || masked.first()? & !unused_mask != 0 {
        return Some(false);
    }
    let mask = mgf1(pss.mask, salted, masked.len());
    let mut plain: Vec<u8> = masked.iter().zip(&mask).map(|(masked, mask)| masked ^ mask).collect();
    *plain.first_mut()? &= unused_mask;
    let (padding, salt) = plain.split_at_checked(plain.len().checked_sub(pss.salt)?)?;
    let (one, zeros) = padding.split_last()?;
    let is_padded = *one == 1 && zeros.iter().all(|zero| *zero == 0);
    Some(is_padded && pss.digest.of(&[&[0; 8], digest, salt].concat()) == salted)
}

/// The mask generation function MGF1 (RFC 8017 §B.2.1).
fn mgf1(digest: Digest, seed: &[u8], size: usize) -> Vec<u8> {
    let blocks = (0_u32..).map(|counter| digest.of(&[seed, &counter.to_be_bytes()].concat()));
    blocks.flatten().take(size).collect()
}

/// A public key.
struct Key {
    modulus: Odd<BoxedUint>,
    exponent: BoxedUint,
    /// How long the modulus is.
    bits: usize,
}

impl Key {
    /// Reads the DER of an RSAPublicKey; `None` where it is no key at all.
    fn read(der: &[u8]) -> Result<Option<Self>, Unsupported> {
        let numbers = AnyRef::from_der(der).and_then(|key| {
            key.sequence(|key| Ok::<_, der::Error>((UintRef::decode(key)?, UintRef::decode(key)?)))
        });
        let Ok((modulus, exponent)) = numbers else { return Ok(None) };
        let [modulus, exponent] = [modulus, exponent].map(|number| number.as_bytes());
        if modulus.len() > MAX_MODULUS_BYTES || exponent.len() > MAX_EXPONENT_BYTES {
            return Err(Unsupported);
        }
        // RFC 8017 §3.1: 3 or more, and odd. With 1 a signature is what is signed: anybody can write it.
        if !matches!(exponent, [.., last] if last % 2 == 1) || matches!(exponent, [1]) {
            return Ok(None);
        }
        let [modulus, exponent] = [modulus, exponent].map(BoxedUint::from_be_slice_vartime);
        let bits = usize::try_from(modulus.bits_vartime()).unwrap_or_default();
        if bits < MIN_MODULUS_BITS {
            return Err(Unsupported);
        }
        Ok(Option::from(Odd::new(modulus)).map(|modulus| Self { modulus, exponent, bits }))
    }

    /// How many bytes its signatures have.
    fn size(&self) -> usize {
        self.bits.div_ceil(8)
    }

    /// The block that was signed (RFC 8017 §5.2.2); `None` where the signature is none of this key's.
    fn open(&self, signature: &[u8]) -> Option<Vec<u8>> {
        let value = BoxedUint::from_be_slice(signature, self.modulus.bits_precision()).ok()?;
        if signature.len() != self.size() || value >= *self.modulus {
            return None;
        }
        let params = BoxedMontyParams::new_vartime(self.modulus.clone());
        let opened = BoxedMontyForm::new(value, &params).pow(&self.exponent).retrieve();
        let bytes = opened.to_be_bytes();
        bytes.get(bytes.len().checked_sub(self.size())?..).map(<[u8]>::to_vec)
    }
}

/// DigestInfo without its last field, the digest itself (RFC 8017 §9.2, note 1).
fn digest_info(digest: Digest) -> &'static [u8] {
    match digest {
        Digest::Sha1 => b"\x30\x21\x30\x09\x06\x05\x2b\x0e\x03\x02\x1a\x05\x00\x04\x14",
        Digest::Sha224 => b"\x30\x2d\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x04\x05\x00\x04\x1c",
        Digest::Sha256 => b"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20",
        Digest::Sha384 => b"\x30\x41\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00\x04\x30",
        Digest::Sha512 => b"\x30\x51\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\x04\x40",
    }
}

const TRAILER: [u8; 1] = [0xbc];
/// What ring takes too.
const MIN_MODULUS_BITS: usize = 1024;
const MAX_MODULUS_BYTES: usize = 1024;
/// Every key seen has 65537. As in ring, up to 33 bits: the time of a check goes with the exponent's length.
const MAX_EXPONENT_BYTES: usize = 5;
