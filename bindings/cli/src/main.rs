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

mod command;
mod document;
mod exit;
mod failure;
mod language;
mod moment;
mod notification;
mod option;
mod output;
mod password;
mod record;
mod session;
mod shipment;
mod word;

use std::process::ExitCode;

use exit::Exit;
use output::Output;

fn main() -> ExitCode {
    language::Language::choose(std::env::args_os());
    let options = match option::parse() {
        Ok(options) => options,
        Err(exit) => return exit,
    };
    let mut output = Output::new(&options.common);
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            output.error(&error.to_string());
            return Exit::Fault.into();
        }
    };
    match runtime.block_on(command::run(&options, &mut output)) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            output.error(&failure.message);
            failure.exit.into()
        }
    }
}
