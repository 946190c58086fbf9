//! The whole check of a receipt of 12 kB, from bytes to verdict, against libcrypto in one process.

use std::hint::black_box;
use std::time::Duration;

use recapito_pec::verify;
use rustix::time::{ClockId, clock_gettime};

use crate::Outcome;
use crate::input::Input;
use crate::peer::Workbench;
use crate::table::{Row, Target};

pub(crate) fn rows(input: &Input, workbench: &Workbench) -> Outcome<Vec<Row>> {
    let mut rows = Vec::new();
    for sample in &input.receipts {
        let mut libcrypto = workbench.libcrypto(sample)?;
        let (mut ours, mut peer) = (Duration::MAX, Duration::MAX);
        for _ in 0..ROUNDS {
            peer = peer.min(libcrypto.check(TIMES)? / TIMES);
            let mine = spent(|| {
                for _ in 0..TIMES {
                    black_box(verify(black_box(&sample.raw), &sample.anchors, sample.signed_at));
                }
            });
            ours = ours.min(mine / TIMES);
        }
        let what = format!("check of a receipt, {}, {} bytes; libcrypto", sample.name, sample.raw.len());
        rows.push(Row::faster(&what, ours, peer, Target::AtLeast(4.0)));
    }
    Ok(rows)
}

/// The CPU time of this process that some work takes.
pub(crate) fn spent(work: impl FnOnce()) -> Duration {
    let now = || {
        let time = clock_gettime(ClockId::ProcessCPUTime);
        Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or_default())
    };
    let start = now();
    work();
    now().saturating_sub(start)
}

const ROUNDS: u32 = 150;
/// Few, so that some rounds are not interrupted.
const TIMES: u32 = 20;
