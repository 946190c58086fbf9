//! PEC mailboxes over time: sync, evidence, delivery state, events, safe sending.
//!
//! ```text
//! IMAP server ──bytes──> imap ──raw message──> receive ─┬─ message    parse, keep byte ranges of what was received
//!                                                       ├─ signature  a verdict, never an error
//!                                                       ├─ pec        envelope? receipt? of what?
//!                                                       ├─ delivery   whose message, which recipient, what state now
//!                                                       └─ store      raw bytes + verdict + state + events + cursor: ONE transaction
//!                                     store ──event id──> client ──wake-up──> Kotlin / Swift / CLI ──> notification keyed by event id
//! app ──draft──> outbox ──> smtp ──> Submitted | Rejected | retry | Uncertain ──(acceptance receipt)──> settled
//! ```
//!
//! | module | does | decides |
//! |---|---|---|
//! | [`client`] | what an app or a command line calls | which accounts, when |
//! | [`account`] | one refresh or one watch of one mailbox | the order of steps |
//! | [`receive`] | a batch of raw messages into one transaction | what each proves, which events follow |
//! | [`outbox`] | a draft to the server, journalled | what an attempt's end means |
//! | [`cursor`], `retry` | – | what to fetch next, how long to wait before the next try |
//! | [`compose`] | a draft into the bytes that are submitted | which rule forbids it |
//! | [`preset`] | the known providers' servers | – |
//! | [`net`], [`imap`], [`smtp`], [`store`] | one kind of I/O each | nothing |
//! | [`event`], [`identity`], [`clock`], [`secret`], [`error`] | the values and traits between them | – |
//!
//! Dependencies point one way: client → account → {receive, outbox} → {imap, smtp, store}; imap, smtp and store never
//! know each other. Deliberately absent: any view of a message (that is `recapito_pec`), any text for people.

#![cfg_attr(
    not(test),
    forbid(
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::string_slice,
        clippy::unwrap_used
    )
)]
#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

pub mod account;
pub mod client;
pub mod clock;
pub mod compose;
pub mod cursor;
pub mod error;
pub mod event;
pub mod identity;
pub mod imap;
pub mod net;
pub mod outbox;
pub mod preset;
pub mod receive;
pub mod secret;
pub mod smtp;
pub mod store;

mod retry;
