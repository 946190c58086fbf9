//! CMS: whether the signature fits, and what it is a signature of, in OpenSSL's eyes.
//!
//! Compared is the boundary between `altered` or worse and `unknown-signer` or better, with the signer's certificate
//! left aside, and the signed content byte by byte.

mod program;
mod rule;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use recapito_pec::message::Message;
use recapito_pec::{Reason, Verdict, Verification};

use super::mutation::{Change, mutants};
use super::sample::{self, Sample};

pub(super) use program::{Answer, ask};

use rule::{Fits, RULES, Test};

#[test]
fn openssl_agrees_on_what_fits() {
    let Some(asked) = asked() else { return };
    // Of the corpus only, which is the same in every run, signatures and all.
    let mut fixed = sample::corpus();
    fixed.retain(|sample| sample.raw.len() < SMALL);
    let mutants = mutants(&fixed, SEED, MUTANTS, &Change::ALL);
    let Some(answers) = ask(&mutants) else { return };

    let mut agreed = BTreeMap::<_, usize>::new();
    let mut explained = BTreeMap::<_, usize>::new();
    let mut defects = Vec::new();
    for (sample, answer) in
        asked.iter().map(|(sample, answer)| (sample, answer)).chain(mutants.iter().zip(&answers))
    {
        match difference(sample, answer) {
            None => *agreed.entry(answer.fits).or_default() += 1,
            Some(difference) => match explanation(sample) {
                Some(rule) => *explained.entry(rule).or_default() += 1,
                None => defects.push(format!("{}: {difference}", sample.name)),
            },
        }
    }
    let total = asked.len() + mutants.len();
    println!("{total} messages; agreed that it fits or not: {agreed:?}; explained: {explained:#?}");
    assert!(
        defects.is_empty(),
        "{} disagreements that no rule explains:\n{}",
        defects.len(),
        defects.join("\n")
    );
}

/// Every message with OpenSSL's answer; asked by the first who needs it. `None`, after having said so, where there is no
/// OpenSSL.
pub(super) fn asked() -> Option<&'static [(Sample, Answer)]> {
    static ASKED: OnceLock<Option<Vec<(Sample, Answer)>>> = OnceLock::new();
    let all = || {
        let samples = sample::all();
        let answers = ask(&samples)?;
        Some(samples.into_iter().zip(answers).collect())
    };
    ASKED.get_or_init(all).as_deref()
}

/// Where OpenSSL and we differ, for people.
fn difference(sample: &Sample, theirs: &Answer) -> Option<String> {
    let ours = sample.verify();
    let fits = fits(&ours);
    if fits != theirs.fits {
        return Some(format!("ours {:?} {:?}, theirs {}", ours.verdict, ours.reason, theirs.words));
    }
    let (one, other) = (signed_content(&sample.raw), &theirs.content);
    (fits && one != *other).then(|| format!("{} signed bytes, theirs {}", one.len(), other.len()))
}

/// The rule that is the reason of a difference.
fn explanation(sample: &Sample) -> Option<&'static str> {
    let ours = sample.verify();
    let fits = if fits(&ours) { Fits::Ours } else { Fits::Theirs };
    let agrees = |raw: Vec<u8>| {
        let neutral = sample.with(String::new(), raw);
        let answers = ask(std::slice::from_ref(&neutral)).unwrap_or_default();
        neutral.raw != sample.raw && answers.iter().all(|answer| difference(&neutral, answer).is_none())
    };
    let explains = |test: &Test| match test {
        Test::Case(names) => names.iter().any(|name| sample.is_made_of(name)),
        Test::Neutral(neutral) => agrees(neutral(&sample.raw)),
        Test::Refused(reason) => ours.reason == Some(*reason),
    };
    RULES.iter().find(|rule| rule.fits == fits && explains(&rule.test)).map(|rule| rule.name)
}

/// Whether the signature fits by our reading. Without the signer's certificate that cannot be said.
fn fits(ours: &Verification) -> bool {
    ours.verdict >= Verdict::UnknownSigner && ours.reason != Some(Reason::CertificateMissing)
}

/// What was signed by our reading, with canonical line ends.
fn signed_content(raw: &[u8]) -> Vec<u8> {
    let message = Message::parse(raw);
    let content = message.root().children().next().map(|part| part.raw()).unwrap_or_default();
    let crlf =
        content.split_inclusive(|byte| *byte == b'\n').flat_map(|line| match line.strip_suffix(b"\n") {
            Some(text) => [text.strip_suffix(b"\r").unwrap_or(text), b"\r\n"].concat(),
            None => line.to_vec(),
        });
    crlf.collect()
}

/// The seed of the mutants.
const SEED: u64 = 2;
/// How many mutants are asked about: each costs a process.
const MUTANTS: usize = 300;
/// Larger messages are not mutated: they take long and show no more.
const SMALL: usize = 20_000;
