//! `verify` of a folder of 10,000 receipts, against the check of the same in memory on one core, times the cores.
//!
//! The one bench by the clock, since it is about using all cores: it wants a machine with nothing else to do. By CPU
//! time is said beside it what reading, writing and sharing the work cost.

use std::hint::black_box;
use std::num::NonZero;
use std::thread;
use std::time::{Duration, Instant};

use recapito_pec::verify;
use recapito_tests::recapito::shipped_binary;

use crate::Outcome;
use crate::input::Input;
use crate::peer::Workbench;
use crate::receipt::spent;
use crate::table::{Row, Target};

pub(crate) fn rows(input: &Input, workbench: &Workbench) -> Outcome<Vec<Row>> {
    let (folder, receipts) = input.fill_folder(COUNT)?;
    let sample = &input.large;
    let [program, anchors, folder] =
        [shipped_binary(), &sample.anchors_file, &folder].map(|path| path.to_str().unwrap_or_default());
    let command = [program, "verify", "--json", "--anchors", anchors, folder];

    let (mut clock, mut cpu) = ([Duration::MAX; 2], [Duration::MAX; 2]);
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let own = spent(|| {
            for raw in receipts.iter().cycle().take(COUNT) {
                black_box(verify(black_box(raw), &sample.anchors, sample.signed_at));
            }
        });
        let by_clock = start.elapsed();
        let cost = workbench.cost(&command)?;
        clock = [clock[0].min(cost.clock), clock[1].min(by_clock)];
        cpu = [cpu[0].min(cost.cpu), cpu[1].min(own)];
    }
    let cores = u32::try_from(thread::available_parallelism().map_or(1, NonZero::get))?;
    let what = format!("verify of {COUNT} receipts, by the clock; in memory, times {cores} cores");
    Ok(vec![
        Row::faster(&what, clock[0], clock[1] / cores, Target::AtLeast(0.8)),
        Row::faster("  the same in CPU time; in memory", cpu[0], cpu[1], Target::None),
    ])
}

const COUNT: usize = 10_000;
const ROUNDS: u32 = 5;
