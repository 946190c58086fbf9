//! Trouble from outside, as a user meets it: a clear word, the right exit code, and nothing lost or overwritten.
//!
//! `login`: refused passwords. `line`: servers that cannot be trusted, reached or listened to. `disk`: no space, a
//! damaged database. `mail`: messages made to do harm. `usage`: what cannot be asked. `desk` and `playback` are the
//! servers, `message` what they hold.

mod desk;
mod disk;
mod line;
mod login;
mod mail;
mod message;
mod playback;
mod usage;
