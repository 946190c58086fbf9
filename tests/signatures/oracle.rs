//! Other programs' opinions of the same bytes, and where ours differs from them.
//!
//! ```text
//! sample ──mutation──> mutants ─┬─ structure: mailparse and Python's email, part by part
//!   corpus, provider, cases     ├─ openssl:   what was signed, and does the signature fit
//!                               └─ path:      certval, from the signer to an anchor
//! flip: every bit of a small receipt, turned over
//! ```
//! A disagreement is either a defect or named by a rule, with a row in oracle/README.md; one that no rule names fails
//! the test. Seeds are fixed, and mutants are made of what is the same in every run, so that they are too.

#![allow(clippy::print_stdout)] // the figures, for the log of `tests/run`

mod flip;
mod mutation;
mod openssl;
mod path;
mod sample;
mod structure;
