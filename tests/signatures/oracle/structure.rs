//! Structure: how many parts, how nested, of what types and with what content, in three readers' eyes.

mod mailparse;
mod neutral;
mod python;
mod rule;
mod tree;

use std::collections::BTreeMap;

use super::mutation::{Change, mutants};
use super::sample::{self, Sample};
use python::Python;
use rule::{RULES, Reader, Rule};
use tree::Tree;

pub(super) use neutral::{closed, with_plain_boundary, without_longer_delimiters};

#[test]
fn readers_see_the_same_parts() {
    let Some(mut readers) = Readers::start() else { return };
    let mut samples = sample::all();
    let mut fixed = sample::corpus();
    fixed.extend(sample::provided().iter().map(Sample::with_fixed_signature));
    fixed.retain(|sample| sample.raw.len() < SMALL);
    samples.extend(mutants(&fixed, SEED, MUTANTS, &Change::ALL));

    let mut explained = BTreeMap::<_, usize>::new();
    let mut defects = Vec::new();
    for sample in &samples {
        for reader in [Reader::Mailparse, Reader::Python] {
            let Some(difference) = readers.difference(reader, &sample.raw) else { continue };
            match readers.explanation(reader, sample) {
                Some(rules) => {
                    for rule in rules {
                        *explained.entry((reader, rule)).or_default() += 1;
                    }
                }
                None => defects.push(format!("{reader:?}, {}: {difference}", sample.name)),
            }
        }
    }
    println!("{} messages; explained: {explained:#?}", samples.len());
    let shown = defects.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join("\n");
    assert!(defects.is_empty(), "{} disagreements that no rule explains:\n{shown}", defects.len());
}

#[test]
fn each_rule_has_an_example_that_needs_it() {
    let Some(mut readers) = Readers::start() else { return };
    let mut wrong = Vec::new();
    for rule in RULES {
        for (reader, example) in rule.differs {
            let neutral = (rule.neutral)(example);
            let with = readers.difference(*reader, example);
            let without = readers.difference(*reader, &neutral);
            if with.is_none() || without.is_some() {
                wrong.push(format!("{} {reader:?}: with {with:?}, without {without:?}", rule.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The readers that are asked.
struct Readers {
    python: Python,
}

impl Readers {
    fn start() -> Option<Self> {
        Some(Self { python: Python::start()? })
    }

    fn read(&mut self, reader: Reader, raw: &[u8]) -> Tree {
        match reader {
            Reader::Mailparse => mailparse::read(raw),
            Reader::Python => self.python.read(raw),
        }
    }

    /// Where this reader differs from ours, for people.
    fn difference(&mut self, reader: Reader, raw: &[u8]) -> Option<String> {
        let (ours, theirs) = (Tree::ours(raw), self.read(reader, raw));
        (!ours.agrees(&theirs)).then(|| ours.difference(&theirs))
    }

    /// The rules without whose features there is no difference: one, or else as few as come first.
    fn explanation(&mut self, reader: Reader, sample: &Sample) -> Option<Vec<&'static str>> {
        let rules = || RULES.iter().filter(|rule| rule.is_about(reader));
        let mut agrees = |raw: &[u8]| self.difference(reader, raw).is_none();
        for rule in rules() {
            let neutral = (rule.neutral)(&sample.raw);
            if neutral != sample.raw && agrees(&neutral) {
                return Some(vec![rule.name]);
            }
        }
        let mut raw = sample.raw.clone();
        let mut names = Vec::new();
        for Rule { name, neutral, .. } in rules() {
            let neutral = neutral(&raw);
            if neutral != raw {
                names.push(*name);
                raw = neutral;
                if agrees(&raw) {
                    return Some(names);
                }
            }
        }
        None
    }
}

/// The seed of the mutants.
const SEED: u64 = 1;
/// How many mutants are read.
const MUTANTS: usize = 3_000;
/// Larger messages are not mutated: they take long and show no more.
const SMALL: usize = 20_000;
/// How many disagreements a failure shows.
const SHOWN: usize = 40;
