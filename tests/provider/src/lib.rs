//! Under construction.

mod listener;
mod sasl;

pub mod imap;
pub mod mailbox;
pub mod smtp;
pub mod tls;
