//! How fast and how small verification is, beside OpenSSL and other readers of mail: ratios of one run on one machine.
//!
//! ```text
//! cargo bench -p recapito-tests --bench verification        (needs cc, libssl-dev and openssl)
//! ```
//! Names of its modules as arguments (`-- receipt scan`) run only these. The input is made by the run itself, but for
//! a real receipt where the corpus is at hand. CPU time is compared, not time by the clock, in rounds that take turns,
//! and of each the least: so other work on the machine disturbs little. Nothing is asserted about time. A peer, and
//! we, must say that the message is good, else there is no row.

mod folder;
mod input;
mod large;
mod machine;
mod peer;
mod receipt;
mod scan;
mod table;

use std::env;
use std::error::Error;
use std::io::{self, Write};

use input::Input;
use peer::Workbench;
use table::Row;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;
type Bench = fn(&Input, &Workbench) -> Outcome<Vec<Row>>;

fn main() -> Outcome {
    let (options, wanted): (Vec<_>, Vec<_>) = env::args().skip(1).partition(|it| it.starts_with('-'));
    // `cargo test --all-targets` starts it too, and wants no figures.
    if !options.iter().any(|option| option == "--bench") {
        return Ok(());
    }
    let mut stdout = io::stdout();
    writeln!(stdout, "{}\n", machine::described())?;
    let input = Input::make()?;
    let workbench = Workbench::set_up()?;
    writeln!(stdout, "{}", Row::heading())?;
    for (name, bench) in BENCHES {
        if !wanted.is_empty() && !wanted.iter().any(|it| it == name) {
            continue;
        }
        for row in bench(&input, &workbench)? {
            writeln!(stdout, "{row}")?;
        }
    }
    Ok(())
}

const BENCHES: [(&str, Bench); 4] =
    [("receipt", receipt::rows), ("large", large::rows), ("scan", scan::rows), ("folder", folder::rows)];
