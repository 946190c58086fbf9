//! Tests against real mail servers, which show that the byte scripts of the other tests are true.
//!
//! Each test starts its own private server. Where the server is not installed the test is skipped, loudly;
//! `tests/run servers` installs it.
//!
//! `dovecot`: the harness itself. `mailbox`: real mail, synced. `watch`: news at once, and over a restart.

mod dovecot;
mod imap;
mod mailbox;
mod submission;
mod watch;
