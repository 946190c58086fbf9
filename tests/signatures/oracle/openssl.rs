//! CMS: whether the signature fits, and what it is a signature of, in OpenSSL's eyes.

mod program;

use std::collections::BTreeMap;

use recapito_pec::message::Message;
use recapito_pec::{Reason, Verdict, Verification, verify};

use super::mutation::{Change, mutants};
use super::sample::{self, Sample};

#[test]
fn openssl_agrees_on_what_fits() {
    let mut samples = sample::corpus();
    samples.extend(sample::provided());
    let small: Vec<_> = samples.iter().filter(|sample| sample.raw.len() < 20_000).cloned().collect();
    samples.extend(mutants(&small, 2, 600, &Change::ALL));
    let Some(answers) = program::ask(&samples) else { return };
    for (sample, theirs) in samples.iter().zip(&answers) {
        let ours = verify(&sample.raw, &sample.anchors(), sample::now());
        let fits = ours.verdict >= Verdict::UnknownSigner && ours.reason != Some(Reason::CertificateMissing);
        if fits != theirs.fits {
            println!(
                "DIFF {} ours {fits} {:?} theirs {} {}",
                sample.name, ours.reason, theirs.fits, theirs.words
            );
        } else if fits {
            let content = content(&sample.raw);
            if content != theirs.content {
                println!("CONTENT {} {} {}", sample.name, content.len(), theirs.content.len());
            }
        }
    }
}

/// What was signed by our reading, with canonical line ends.
fn content(raw: &[u8]) -> Vec<u8> {
    let message = Message::parse(raw);
    message
        .root()
        .children()
        .next()
        .map(|part| part.canonical().flatten().copied().collect())
        .unwrap_or_default()
}
