//! Under construction.

mod listener;
#[cfg(test)]
mod peer;
mod sasl;

pub mod imap;
pub mod mailbox;
pub mod smtp;
pub mod tls;
