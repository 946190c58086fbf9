//! Tests that break the program, the line or the disk in the middle of work, and look at what is left.
//!
//! `kill`: SIGKILL at many points of a sync. `post`: a mailbox with everything that a busy month brings.

mod kill;
mod post;
