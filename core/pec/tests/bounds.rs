//! Messages made to exhaust their reader: each gets its verdict in time that grows with its size, in memory that does
//! not, and on the smallest stack a phone gives.

#![allow(clippy::disallowed_methods, clippy::disallowed_types)] // a test may: files, threads, clock

#[path = "bounds/asn1.rs"]
mod asn1;
#[allow(dead_code)] // made for the tests of signatures
#[path = "signature/authority.rs"]
mod authority;
#[path = "bounds/header.rs"]
mod header;
#[path = "bounds/nested.rs"]
mod nested;
#[allow(dead_code)]
#[path = "signature/p7s.rs"]
mod p7s;
#[path = "bounds/structure.rs"]
mod structure;
#[path = "bounds/xml.rs"]
mod xml;

use std::sync::LazyLock;
use std::time::Duration;

use jiff::Timestamp;
use recapito_pec::verification::Verifier;
use recapito_pec::{Anchors, Verdict, Verification};
use rustix::time::{ClockId, clock_gettime};

pub(crate) const MB: usize = 1 << 20;
/// What every provider must take (DM 2-11-2005, annex, §7).
pub(crate) const LARGEST: usize = 30 * MB;

static ANCHORS: LazyLock<Anchors> = LazyLock::new(Anchors::pec);

/// Has two messages judged, one of about `size` bytes and one a quarter of that, and compares what they cost.
pub(crate) fn defuse(name: &str, size: usize, bomb: impl Fn(usize) -> Vec<u8>) -> Verification {
    let (large, small) = (bomb(size), bomb(size / 4));
    let (verification, mut much) = judge(name, &large);
    let (_, mut little) = judge(name, &small);
    assert_ne!(verification.verdict, Verdict::Trusted, "{name}");
    assert!(much.peak <= PEAK, "{name}: {} kB held at once", much.peak / 1024);
    assert!(
        much.allocated <= GROWTH * little.allocated + 4 * MB,
        "{name}: a quarter allocates {} kB in all, the whole {} kB",
        little.allocated / 1024,
        much.allocated / 1024
    );
    // Whatever else runs here, the least of several runs comes near the truth.
    for _ in 0..5 {
        if much.time < MEASURABLE || much.time < RATIO * little.time {
            return verification;
        }
        much.time = much.time.min(judge(name, &large).1.time);
        little.time = little.time.min(judge(name, &small).1.time);
    }
    panic!("{name}: a quarter takes {:?}, the whole {:?}", little.time, much.time);
}

struct Cost {
    /// Bytes held at once, at most.
    peak: usize,
    /// Bytes in all, those given back included.
    allocated: usize,
    /// Of the processor.
    time: Duration,
}

fn judge(name: &str, raw: &[u8]) -> (Verification, Cost) {
    LazyLock::force(&ANCHORS);
    let judge = || {
        let start = processor_time();
        let mut verification = None;
        let count = allocation_counter::measure(|| {
            let mut verifier = Verifier::new(&ANCHORS, Timestamp::UNIX_EPOCH).taking_every_digest();
            raw.chunks(PIECE).for_each(|piece| verifier.update(piece));
            verification = verifier.finish().ok();
        });
        let time = processor_time() - start;
        let [peak, allocated] = [count.bytes_max, count.bytes_total].map(|bytes| bytes as usize);
        (verification.unwrap(), Cost { peak, allocated, time })
    };
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name(name.to_owned()).stack_size(512 * 1024);
        thread.spawn_scoped(scope, judge).unwrap().join().unwrap()
    })
}

/// How long this thread has had the processor.
fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// A message with this type and body.
pub(crate) fn message(content_type: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let head = format!("From: a@example.test\r\nContent-Type: {content_type}\r\n\r\n");
    [head.as_bytes(), body.as_ref()].concat()
}

/// Four times would be exact; a square would be sixteen.
const RATIO: u32 = 12;
const GROWTH: usize = 6;
/// What is over in less is no danger, and too short to compare.
const MEASURABLE: Duration = Duration::from_millis(200);
/// As a file is read.
const PIECE: usize = 64 * 1024;
/// For a message of any size.
const PEAK: usize = 8 * MB;
