//! Structure (stand-in until the branch `pec` lands).
