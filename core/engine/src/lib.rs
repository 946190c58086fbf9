//! Under construction.

pub mod imap;
pub mod net;
