//! What the fuzz targets share: the genuine messages, changes to a message line by line, and cuts into pieces.

use std::fs;
use std::path::Path;

use jiff::Timestamp;
use libfuzzer_sys::fuzzer_mutate;
use recapito_pec::message::Message;
use recapito_pec::verification::EvidenceDigest;
use recapito_pec::{Address, Anchors, CertificationData, Verdict, verify};

/// When the genuine messages are looked at: the time they were made for.
pub const NOW: Timestamp = Timestamp::constant(1_772_446_830, 0);

/// What providers signed, of the test authority and of the corpus, as `seed` has left it in target/fuzz/genuine.
pub struct Genuine {
    /// The test authority, and those of PEC.
    pub anchors: Anchors,
    /// Each message.
    pub messages: Vec<Signed>,
}

/// One genuine message.
pub struct Signed {
    /// Who signed.
    pub from: Address,
    /// What was signed, with CRLF.
    pub content: Vec<u8>,
    /// What identifies it.
    pub digest: EvidenceDigest,
    /// What it certifies.
    pub certdata: Option<CertificationData>,
}

impl Genuine {
    /// Reads them.
    pub fn load() -> Self {
        let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/fuzz/genuine"));
        let pem = fs::read(folder.join("anchors.pem")).expect("`tests/run fuzz` makes the seeds first");
        let anchors = Anchors::pec().with_pem(&pem).expect("an authority");
        let mut files: Vec<_> =
            fs::read_dir(folder).expect("a folder").map(|file| file.unwrap().path()).collect();
        files.retain(|file| file.extension().is_some_and(|extension| extension == "eml"));
        files.sort();
        let messages: Vec<_> =
            files.iter().map(|file| Signed::read(&fs::read(file).unwrap(), &anchors)).collect();
        assert!(!messages.is_empty(), "no genuine message in target/fuzz/genuine");
        Self { anchors, messages }
    }
}

impl Signed {
    fn read(raw: &[u8], anchors: &Anchors) -> Self {
        let found = verify(raw, anchors, NOW);
        assert_eq!(found.verdict, Verdict::Trusted, "a genuine message is trusted");
        let message = Message::parse(raw);
        let content = canonical(message.root().children().next().expect("a signed content").raw());
        let from = found.signer.and_then(|signer| signer.address).expect("an address");
        Self { from, content, digest: found.digest, certdata: found.certdata }
    }
}

/// The bytes with every bare LF made CRLF.
pub fn canonical(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    for byte in bytes {
        if *byte == b'\n' && out.last() != Some(&b'\r') {
            out.push(b'\r');
        }
        out.push(*byte);
    }
    out
}

/// The bytes cut into pieces whose sizes hang on the bytes.
pub fn pieces(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut dice = Dice(bytes.iter().fold(1, |hash, byte| hash * 31 % 65_521 + u64::from(*byte)));
    let most = [1, 3, 100, 5_000][dice.below(4)];
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let (piece, after) = rest.split_at(rest.len().min(1 + dice.below(most)));
        rest = after;
        (!piece.is_empty()).then_some(piece)
    })
}

/// Changes a message as an attacker would: whole lines moved, doubled, left out, their ends changed; half the time
/// libFuzzer's own changes. Gives the new size.
pub fn mutate_lines(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    let mut dice = Dice(u64::from(seed) << 1 | 1);
    if dice.below(2) == 0 || size == 0 {
        return fuzzer_mutate(data, size, max_size);
    }
    let mut lines: Vec<Vec<u8>> =
        data[..size].split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    for _ in 0..=dice.below(3) {
        if lines.is_empty() {
            break;
        }
        // A stretch from one line to another, mostly short, at times up to the next line that looks like a delimiter.
        let from = dice.below(lines.len());
        let most = if dice.below(2) == 0 { 3 } else { lines.len() };
        let mut to = (from + 1 + dice.below(most)).min(lines.len());
        if dice.below(3) == 0 {
            let next = lines[from + 1..].iter().position(|line| line.starts_with(b"--"));
            to = next.map_or(lines.len(), |next| from + 1 + next);
        }
        let place = dice.below(lines.len() + 1);
        match dice.below(7) {
            0 => drop(lines.drain(from..to)),
            1 => {
                let copy = lines[from..to].to_vec();
                lines.splice(place..place, copy);
            }
            2 => {
                let moved: Vec<_> = lines.drain(from..to).collect();
                let place = place.min(lines.len());
                lines.splice(place..place, moved);
            }
            3 => {
                // Line ends of one kind or the other.
                for line in &mut lines[from..to] {
                    let text = line.trim_ascii_end().len();
                    let is_crlf = line.ends_with(b"\r\n");
                    line.truncate(text);
                    line.extend_from_slice(if is_crlf { b"\n" } else { b"\r\n" });
                }
            }
            4 => {
                // A delimiter becomes a closing one, or the other way round.
                if let Some(line) = lines[from..].iter_mut().find(|line| line.starts_with(b"--")) {
                    let text = line.trim_ascii_end().to_vec();
                    *line = match text.strip_suffix(b"--") {
                        Some(open) if open.len() > 2 => [open, b"\r\n"].concat(),
                        _ => [text.as_slice(), b"--\r\n"].concat(),
                    };
                }
            }
            5 => lines.insert(place, b"\r\n".to_vec()),
            _ => lines[from].insert(0, [b' ', b'\t', b'-', b'X'][dice.below(4)]),
        }
    }
    let changed = lines.concat();
    let size = changed.len().min(max_size).min(data.len());
    data[..size].copy_from_slice(&changed[..size]);
    size
}

/// Numbers from libFuzzer's seed, so that a change can be repeated.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        // Knuth's constants for a linear congruential generator (MMIX).
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }
}
