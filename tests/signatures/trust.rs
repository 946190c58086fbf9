//! Rules of trust: the form is good, and one thing about the signer is not. Each has its verdict and reason.

mod from;
mod leaf;
mod path;
mod time;

use crate::authority::Authority;
use crate::case::Case;

/// All of them.
pub(crate) fn cases(of: &Authority) -> Vec<Case> {
    [leaf::cases(of), path::cases(of), time::cases(of), from::cases(of)].concat()
}
