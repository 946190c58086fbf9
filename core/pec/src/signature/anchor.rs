//! Anchors (stand-in until the branch `signature` lands).

/// The authorities that are believed.
#[derive(Clone, Debug, Default)]
pub struct Anchors;

impl Anchors {
    /// None yet.
    pub fn pec() -> Self {
        Self
    }
}
