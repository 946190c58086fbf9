//! A receipt of 30 MB, process against process: the program against `openssl cms -verify`.

use crate::Outcome;
use crate::input::Input;
use crate::peer::{Cost, Workbench};
use crate::table::{Row, Target};
use recapito_tests::recapito::shipped_binary;

pub(crate) fn rows(input: &Input, workbench: &Workbench) -> Outcome<Vec<Row>> {
    let sample = &input.large;
    let (content, p7s) = input.split(sample)?;
    let [content, p7s, file, anchors, program] =
        [&*content, &*p7s, &*sample.file, &*sample.anchors_file, shipped_binary()]
            .map(|path| path.to_str().unwrap_or_default());
    let time = sample.signed_at.as_second().to_string();
    let openssl = ["openssl", "cms", "-verify", "-purpose", "smimesign", "-no-CApath", "-no-CAstore"];
    let openssl =
        [&openssl[..], &["-CAfile", anchors, "-attime", &time, "-out", "/dev/null", "-in"]].concat();
    let whole = [&openssl[..], &[file]].concat();
    let parts = [&openssl[..], &[p7s, "-inform", "DER", "-binary", "-content", content]].concat();
    let ours = [program, "verify", "--json", "--anchors", anchors, file];

    let mut costs: [Option<Cost>; 3] = [None; 3];
    for _ in 0..ROUNDS {
        for (least, command) in costs.iter_mut().zip([&ours[..], &whole, &parts]) {
            let cost = workbench.cost(command)?;
            *least = Some(least.map_or(cost, |least| Cost {
                cpu: least.cpu.min(cost.cpu),
                clock: least.clock.min(cost.clock),
                // Not the least but the most: a bound is promised.
                memory: least.memory.max(cost.memory),
            }));
        }
    }
    let [Some(ours), Some(whole), Some(parts)] = costs else { return Err("no round".into()) };
    let megabytes = |bytes: u64| bytes as f64 / 1e6;
    Ok(vec![
        Row::faster("CPU, 30 MB; openssl cms -verify", ours.cpu, whole.cpu, Target::AtLeast(12.0)),
        Row::slower(
            "CPU, 30 MB; openssl cms -verify -content, parts split",
            ours.cpu,
            parts.cpu,
            Target::AtMost(1.1),
        ),
        Row {
            what: "peak memory in MB, 30 MB; openssl cms -verify".to_owned(),
            ours: format!("{:.1}", megabytes(ours.memory)),
            peer: format!("{:.1}", megabytes(whole.memory)),
            ratio: megabytes(ours.memory),
            target: Target::AtMost(10.0),
        },
    ])
}

const ROUNDS: u32 = 15;
