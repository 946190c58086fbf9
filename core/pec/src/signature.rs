//! Signature (stand-in until the branch `signature` lands).

pub mod anchor;
