//! `recapito`: certified mail on the command line.
//!
//! The same core as in the apps, without a phone. Results go to stdout, everything else to stderr; the exit codes
//! are a contract (see `exit`).
//!
//! ```text
//! arguments ──option──> command/* ──client──> recapito_engine
//!                           └─────verify────> recapito_pec        (no account, no network)
//!                           └─────demo──────> recapito_provider   (an own provider on loopback)
//! ```

mod exit;
mod language;
mod moment;
mod option;
mod word;

use clap::Parser;

fn main() {
    language::Language::choose(std::env::args_os());
    let o = option::Options::parse();
    println!("{o:?}");
}
