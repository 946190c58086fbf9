//! From: exactly one plain address, and the one in the certificate. Nothing else of the outer header is believed.

use recapito_pec::Reason;

use crate::authority::Authority;
use crate::case::{Case, refused};
use crate::envelope::{content, swap_first};

/// All of them.
pub(super) fn cases(of: &Authority) -> Vec<Case> {
    let raw = of.seal(&content());
    let mut cases: Vec<_> = NOT_THE_SIGNER
        .iter()
        .map(|value| (value, Reason::FromNotSigner))
        .chain(NOT_SINGLE.iter().map(|value| (value, Reason::FromNotSingle)))
        .map(|(value, reason)| {
            let changed = swap_first(&raw, "posta-certificata@pec.example.test", value);
            refused(format!("From: {value:?}"), reason, changed)
        })
        .collect();
    let genuine = "From: posta-certificata@pec.example.test\r\n";
    for (name, fields, reason) in [
        ("no From", "X-From: posta-certificata@pec.example.test\r\n".to_owned(), Reason::FromNotSingle),
        ("Sender only", "Sender: posta-certificata@pec.example.test\r\n".to_owned(), Reason::FromNotSingle),
        ("From twice", format!("From: evil@example.test\r\n{genuine}"), Reason::FromNotSingle),
        (
            "From twice, the genuine first",
            format!("{genuine}From: evil@example.test\r\n"),
            Reason::FromNotSingle,
        ),
        ("From twice, alike", format!("{genuine}{genuine}"), Reason::FromNotSingle),
        (
            "From twice, in small letters",
            format!("{genuine}from: evil@example.test\r\n"),
            Reason::FromNotSingle,
        ),
        (
            "From twice, a blank before the colon",
            format!("{genuine}From : evil@example.test\r\n"),
            Reason::FromNotSingle,
        ),
        (
            "From twice, a tab before the colon",
            format!("{genuine}FROM\t: evil@example.test\r\n"),
            Reason::FromNotSingle,
        ),
        (
            "From after a line that is no field",
            format!("{genuine}no field\r\nFrom: evil@example.test\r\n"),
            Reason::FromNotSingle,
        ),
        ("From empty", "From:\r\n".to_owned(), Reason::FromNotSingle),
        ("From empty and another", format!("From:\r\n{genuine}"), Reason::FromNotSingle),
    ] {
        cases.push(refused(name, reason, swap_first(&raw, genuine, fields)));
    }
    cases
}

const NOT_THE_SIGNER: &[&str] = &[
    "evil@example.test",
    "posta-certificata@pec.example.test.evil.test",
    "posta-certificata@sub.pec.example.test",
    "xposta-certificata@pec.example.test",
    "\"posta-certificata@pec.example.test\" <evil@example.test>",
    "posta-certificata@pec.example.test <evil@example.test>",
    "\"<posta-certificata@pec.example.test>\" <evil@example.test>",
    "\"x\\\" <posta-certificata@pec.example.test>\" <evil@example.test>",
    "(posta-certificata@pec.example.test) evil@example.test",
    "evil@example.test (<posta-certificata@pec.example.test>)",
    "=?utf-8?Q?posta-certificata=40pec.example.test?= <evil@example.test>",
    "\r\n posta-certificata@pec.example.test\r\n <evil@example.test>",
];

const NOT_SINGLE: &[&str] = &[
    "posta-certificata@pec.example.test, evil@example.test",
    "evil@example.test, posta-certificata@pec.example.test",
    "<evil@example.test> <posta-certificata@pec.example.test>",
    "<posta-certificata@pec.example.test> evil@example.test",
    "<posta-certificata@pec.example.test>, <evil@example.test>",
    "group: posta-certificata@pec.example.test;",
    "\"posta-certificata\"@pec.example.test",
    "<@evil.test:posta-certificata@pec.example.test>",
    "evil@example.test@pec.example.test",
    "posta-certificata@evil.test@pec.example.test",
    "posta-certificata @pec.example.test",
    "<posta-certificata@pec.example.test",
    "posta-certificata@pec.example.test>",
    "<<posta-certificata@pec.example.test>>",
    "\"open <posta-certificata@pec.example.test>",
    "(open posta-certificata@pec.example.test",
    "posta-certificata@pec.example.test\0",
    "posta-certificata@pec.example.test\0evil@example.test",
    "posta-certificata@pec.example.test\u{200b}",
    "po\u{455}ta-certificata@pec.example.test",
    "posta-certificata@pec.example.test.",
    "posta-certificata@[192.0.2.1]",
    "=?utf-8?Q?posta-certificata=40pec.example.test?=",
    "<=?utf-8?Q?posta-certificata?=@pec.example.test> x",
    "<>",
    "Undisclosed:;",
    "posta-certificata@pec.example.test; evil@example.test",
    "posta-certificata@pec.example.test evil@example.test",
    "\"posta-certificata@pec.example.test\"",
    "posta-certificata@pec.example.test\"\"",
    "posta-certificata.@pec.example.test",
    "posta-certificata@pec..example.test",
    "posta-certificata",
];
