//! Messages made to deceive: never trusted, or trusted for what the provider signed and nothing else.

use recapito_pec::Reason;

use crate::authority::Authority;
use crate::case::{Case, refused};
use crate::envelope::{TEXT, certdata, content, daticert, forged, mixed, swap};

/// All of them.
pub(crate) fn cases(of: &Authority) -> Vec<Case> {
    let two = [TEXT, &daticert(&certdata("avvenuta-consegna")), &daticert(&forged("accettazione"))];
    vec![
        refused(
            "changed",
            Reason::ContentChanged,
            swap(&of.seal(&content()), "stato consegnato", "stato rifiutato"),
        ),
        refused("two daticert.xml", Reason::AmbiguousStructure, of.seal(&mixed(&two))),
    ]
}
