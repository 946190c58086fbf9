//! A row of the table: what was measured, both figures, their ratio, and whether it meets its target.

use std::fmt;
use std::time::Duration;

/// One comparison.
pub(crate) struct Row {
    pub(crate) what: String,
    pub(crate) ours: String,
    pub(crate) peer: String,
    pub(crate) ratio: f64,
    pub(crate) target: Target,
}

/// What the ratio is to be.
pub(crate) enum Target {
    AtLeast(f64),
    AtMost(f64),
    /// For information.
    None,
}

impl Row {
    /// How many times less time we need.
    pub(crate) fn faster(what: &str, ours: Duration, peer: Duration, target: Target) -> Self {
        Self::of(what, ours, peer, peer.as_secs_f64() / ours.as_secs_f64(), target)
    }

    /// How many times the peer's time we need.
    pub(crate) fn slower(what: &str, ours: Duration, peer: Duration, target: Target) -> Self {
        Self::of(what, ours, peer, ours.as_secs_f64() / peer.as_secs_f64(), target)
    }

    fn of(what: &str, ours: Duration, peer: Duration, ratio: f64, target: Target) -> Self {
        Self { what: what.to_owned(), ours: time(ours), peer: time(peer), ratio, target }
    }

    /// The names of the columns.
    pub(crate) fn heading() -> String {
        columns("what", "ours", "peer", "ratio", "target", "met")
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (target, met) = match self.target {
            Target::AtLeast(least) => (format!(">= {least}"), self.ratio >= least),
            Target::AtMost(most) => (format!("<= {most}"), self.ratio <= most),
            Target::None => (String::new(), true),
        };
        let met = match self.target {
            Target::None => "",
            _ if met => "yes",
            _ => "NO",
        };
        f.write_str(&columns(&self.what, &self.ours, &self.peer, &format!("{:.2}", self.ratio), &target, met))
    }
}

fn columns(what: &str, ours: &str, peer: &str, ratio: &str, target: &str, met: &str) -> String {
    format!("{what:<66} {ours:>10} {peer:>10} {ratio:>7} {target:>8} {met:>4}")
}

/// Three digits and a unit.
fn time(time: Duration) -> String {
    let micros = time.as_secs_f64() * 1e6;
    match micros {
        ..1e3 => format!("{micros:.1} µs"),
        ..1e6 => format!("{:.2} ms", micros / 1e3),
        _ => format!("{:.2} s", micros / 1e6),
    }
}
