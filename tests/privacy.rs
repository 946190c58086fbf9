//! Nothing of the corpus's real mail may enter the repository: no address, no message id, no subject.
//!
//! What is real is read from the corpus while the test runs, out of every layer of its messages, and looked
//! for in every file of the project. A failure names the file and line, never the words themselves.

use std::collections::BTreeSet;
use std::fs;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use recapito_tests::corpus::corpus_or_skip;
use recapito_tests::source::sources;

/// Endings of addresses that belong to nobody (RFC 2606), which anonymised messages use.
const NOBODY: &[&str] = &[".example", "@example.com", "@example.org", ".test", ".invalid"];

#[test]
fn nothing_of_the_real_mail_is_in_the_repository() {
    let Some(corpus) = corpus_or_skip() else { return };
    let mut real = BTreeSet::new();
    for entry in fs::read_dir(corpus.join("pec")).expect("the corpus has a folder pec") {
        let path = entry.expect("it can be listed").path();
        if path.extension().is_some_and(|extension| extension == "eml") {
            collect(&fs::read(path).expect("a message can be read"), 4, &mut real);
        }
    }
    assert!(real.len() > 20, "only {} real words: the corpus is not what it was", real.len());

    let mut found = Vec::new();
    for source in sources() {
        for (line, number) in source.text.lines().zip(1..) {
            let line = line.to_lowercase();
            if real.iter().any(|word| line.contains(word.as_str())) {
                found.push(format!("{}:{number}", source.path));
            }
        }
    }
    assert!(
        found.is_empty(),
        "\nReal mail is its owners' own. Use made-up words and domains like example.test instead, in:\n  {}\n",
        found.join("\n  ")
    );
}

/// Adds what is real in a message, and in what its base64 hides, down to `depth` layers.
fn collect(raw: &[u8], depth: usize, real: &mut BTreeSet<String>) {
    let text = String::from_utf8_lossy(raw).replace("=\r\n", "").replace("=\n", "").to_lowercase();
    real.extend(text.split(|sign: char| !is_of_address(sign)).filter_map(address));
    real.extend(text.lines().filter_map(subject));
    if depth > 0 {
        for block in base64_blocks(&text_of(raw)) {
            if let Ok(inner) = STANDARD.decode(block) {
                collect(&inner, depth - 1, real);
            }
        }
    }
}

fn text_of(raw: &[u8]) -> String {
    String::from_utf8_lossy(raw).into_owned()
}

fn is_of_address(sign: char) -> bool {
    sign.is_ascii_alphanumeric() || "@._+-=/".contains(sign)
}

/// A word that is an address or a message id of somebody.
fn address(word: &str) -> Option<String> {
    let word = word.trim_matches(|sign: char| !sign.is_ascii_alphanumeric());
    let (local, domain) = word.split_once('@')?;
    let (_, top) = domain.rsplit_once('.')?;
    let plausible = !local.is_empty() && top.len() >= 2 && top.chars().all(|sign| sign.is_ascii_alphabetic());
    (plausible && !NOBODY.iter().any(|ending| word.ends_with(ending))).then(|| word.to_owned())
}

/// The subject that the sender wrote, without the provider's prefix; a short one says nothing about anybody.
fn subject(line: &str) -> Option<String> {
    let whole = line.strip_prefix("subject: ")?;
    let own = whole.split_once(": ").map_or(whole, |(_, own)| own).trim();
    (own.len() >= 12 && !own.contains("=?")).then(|| own.to_owned())
}

/// Runs of at least two lines that hold nothing but base64.
fn base64_blocks(text: &str) -> Vec<String> {
    let is_base64 = |line: &str| {
        !line.is_empty() && line.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte))
    };
    let mut blocks = vec![String::new()];
    for line in text.lines() {
        match blocks.last_mut() {
            Some(block) if is_base64(line) => block.push_str(line),
            _ => blocks.push(String::new()),
        }
    }
    blocks.retain(|block| block.len() > 76);
    blocks
}
