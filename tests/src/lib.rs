//! What the tests of the whole project share: where the corpus lies, when a test may skip, and real servers.
//!
//! | module      | what                                                                  |
//! |-------------|-----------------------------------------------------------------------|
//! | `authority` | a certificate authority for one test, so that clients check for real  |
//! | `corpus`    | the real and official messages, which lie beside the project          |
//! | `dovecot`   | a private Dovecot on free ports, gone without a trace at the end      |
//! | `group`     | the processes of such a server, and whether any of them lives         |
//! | `proxy`     | what passes between a client and a server: counted, and cut at a byte  |
//! | `recapito`  | the program under test, driven as a user drives it                    |
//! | `skip`      | the one rule about skipping: loud, and a failure under `CI=true`      |
//! | `source`    | the project's own files, for the tests that judge them                |
//!
//! Absent on purpose: anything that knows PEC. The crates under test are only dev-dependencies.
#![forbid(unsafe_code)]

pub mod authority;
pub mod corpus;
pub mod dovecot;
pub mod group;
pub mod proxy;
pub mod recapito;
pub mod skip;
pub mod source;
