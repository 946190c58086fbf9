//! Genuine messages in every shape: trusted, each of them.

mod cms;
mod content;
mod inside;
mod loose;
mod openssl;
mod surroundings;

use crate::authority::Authority;
use crate::case::Case;

/// All of them.
pub(crate) fn cases(of: &Authority) -> Vec<Case> {
    [
        cms::cases(of),
        openssl::cases(of),
        loose::cases(of),
        content::cases(of),
        surroundings::cases(of),
        inside::cases(of),
    ]
    .concat()
}
