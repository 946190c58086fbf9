//! Every shape of a genuine message, every rule of trust, and a list of attacks: named cases, each with its verdict.
//!
//! Made with the `openssl` command and by hand, from keys that exist for one run. How to add one: README.md.

#![forbid(unsafe_code)]

mod attack;
mod authority;
mod case;
mod certificate;
mod cms;
mod der;
mod envelope;
mod key;
mod openssl;
mod oracle;
mod shape;
mod trust;

use case::{Case, Cases, cases};

#[test]
fn every_shape_of_a_genuine_message_is_trusted() {
    check(|cases| &cases.shapes);
}

#[test]
fn every_rule_of_trust_has_its_verdict_and_reason() {
    check(|cases| &cases.trust);
}

#[test]
fn nobody_is_fooled() {
    check(|cases| &cases.attacks);
}

/// A store that knows only LF must not make a genuine message look altered (RFC 8551 §3.1.1).
#[test]
fn stored_with_lf_a_genuine_message_stays_what_it_is() {
    if !openssl::is_here() {
        return;
    }
    let cases = cases();
    for case in cases.shapes.iter().filter(|case| !has_bare_line_ends(&case.raw)) {
        let [whole, stored] = [case.raw.clone(), envelope::lf(&case.raw)].map(|raw| case.verify(&raw, cases));
        assert_eq!((stored.verdict, stored.reason), (whole.verdict, whole.reason), "{}", case.name);
    }
}

/// Whatever pieces a socket hands over.
#[test]
fn pieces_make_no_difference() {
    if !openssl::is_here() {
        return;
    }
    let cases = cases();
    for case in cases.all() {
        let whole = format!("{:?}", case.verify(&case.raw, cases));
        for size in [1, 61, 4096] {
            if case.raw.len() / size < 30_000 {
                let pieces = format!("{:?}", case.verify_in_pieces(size, cases));
                assert!(whole == pieces, "{} in pieces of {size}:\n{pieces}\nnot {whole}", case.name);
            }
        }
    }
}

#[test]
fn names_are_given_once() {
    if !openssl::is_here() {
        return;
    }
    let mut names: Vec<_> = cases().all().map(|case| &case.name).collect();
    names.sort();
    let twice: Vec<_> = names.windows(2).filter(|pair| pair[0] == pair[1]).collect();
    assert!(twice.is_empty(), "{twice:?}");
}

/// Compares each case with what is said of it, and shows all that differ.
fn check(list: fn(&Cases) -> &Vec<Case>) {
    if !openssl::is_here() {
        return;
    }
    let cases = cases();
    let problems = list(cases).iter().filter_map(|case| case.problem(&case.verify(&case.raw, cases)));
    let problems: Vec<_> = problems.collect();
    assert!(
        problems.is_empty(),
        "{} of {} cases:\n{}",
        problems.len(),
        list(cases).len(),
        problems.join("\n")
    );
}

/// Whether there is a CR or LF alone, as binary content has them: what a store makes of those is another message.
fn has_bare_line_ends(raw: &[u8]) -> bool {
    let pairs = raw.windows(2).filter(|pair| pair == b"\r\n").count();
    raw.iter().filter(|byte| **byte == b'\r').count() != pairs
        || raw.iter().filter(|byte| **byte == b'\n').count() != pairs
}
