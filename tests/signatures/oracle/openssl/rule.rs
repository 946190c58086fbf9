//! Why OpenSSL may see it otherwise: one rule for each row of the table in README.md, as in `structure/rule.rs`.
//!
//! Most are about its reading of MIME, which knows lines of 1,024 bytes and compares the beginning of a delimiter. What
//! is particular to a generated case, and cannot be rewritten without its key, is told by the case's name.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use recapito_pec::Reason;
use recapito_pec::message::Message;

use crate::oracle::structure;

/// One way in which OpenSSL differs.
pub(super) struct Rule {
    /// Its row in the table.
    pub(super) name: &'static str,
    /// Who of the two says that the signature fits.
    pub(super) fits: Fits,
    /// How it is told that this is it.
    pub(super) test: Test,
}

/// Who says that the signature fits.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Fits {
    /// We only, or both, but over other bytes.
    Ours,
    /// OpenSSL only.
    Theirs,
}

/// What shows that a rule is the reason of a disagreement.
pub(super) enum Test {
    /// It is one of these cases, or made of one; a name may be the beginning of several.
    Case(&'static [&'static str]),
    /// Without the feature there is no disagreement.
    Neutral(fn(&[u8]) -> Vec<u8>),
    /// We have this reason not to look at the signature at all.
    Refused(Reason),
}

use Fits::{Ours, Theirs};
use Test::{Case, Neutral, Refused};

/// Every rule, in the order of the table.
pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "algorithm",
        fits: Theirs,
        test: Case(&[
            "algorithm: MD5",
            "algorithm: P-521",
            "algorithm: protected, of another digest",
            "algorithm: protected, of another signature",
            "algorithm: unknown parameters of the digest",
            "value: RSA, what is signed itself, an exponent of 1",
        ]),
    },
    Rule { name: "cr-cr-lf", fits: Theirs, test: Neutral(without_doubled_cr) },
    Rule { name: "encoded-multipart", fits: Theirs, test: Neutral(without_encoding) },
    Rule { name: "encoding-of-signature", fits: Theirs, test: Neutral(with_base64_signature) },
    Rule { name: "longer-delimiter", fits: Theirs, test: Neutral(structure::without_longer_delimiters) },
    Rule { name: "opaque", fits: Theirs, test: Case(&["opaque"]) },
    Rule { name: "pem", fits: Theirs, test: Case(&["smime.p7s: in PEM"]) },
    Rule {
        name: "same-extension-twice",
        fits: Theirs,
        test: Case(&["a policy twice", "key usage twice", "addresses twice"]),
    },
    Rule { name: "too-complex", fits: Theirs, test: Refused(Reason::TooComplex) },
    Rule { name: "unclear-structure", fits: Theirs, test: Refused(Reason::AmbiguousStructure) },
    Rule {
        name: "wrong-attribute",
        fits: Theirs,
        test: Case(&[
            "attributes: a signing time that is none",
            "attributes: another content type",
            "shell: another type of what is signed",
        ]),
    },
    Rule { name: "attributes-in-ber", fits: Ours, test: Case(&["loose: attributes signed in BER"]) },
    Rule {
        name: "binary",
        fits: Ours,
        test: Case(&[
            "a binary part in what is not said to be, signed as it lies",
            "binary, with bare LF, signed as it lies",
            "binary, all LF, signed as it lies",
        ]),
    },
    Rule { name: "cr-cr-lf-signed", fits: Ours, test: Case(&["an original with bare CR"]) },
    Rule { name: "header-of-signature", fits: Ours, test: Neutral(with_plain_signature) },
    Rule { name: "long-lengths", fits: Ours, test: Case(&["BER: long lengths"]) },
    Rule {
        name: "order-of-attributes",
        fits: Ours,
        test: Case(&["attributes sent in another order than signed"]),
    },
    Rule { name: "other-boundary", fits: Ours, test: Neutral(structure::with_plain_boundary) },
    Rule {
        name: "several-certificates",
        fits: Ours,
        test: Case(&[
            "the same issuer and number, both certificates",
            "the same key identifier, both certificates",
        ]),
    },
    Rule {
        name: "several-signers",
        fits: Ours,
        test: Case(&[
            "a stranger beside the provider's other signature",
            "a stranger's signature first",
            "a stranger's signature last",
        ]),
    },
    Rule { name: "unclosed", fits: Ours, test: Neutral(structure::closed) },
    Rule {
        name: "unreadable-beside",
        fits: Ours,
        test: Case(&[
            "a certificate that cannot be read",
            "a revocation list that cannot be read",
            "a signer that cannot be read",
        ]),
    },
];

/// Of several CR before an LF one stays.
fn without_doubled_cr(raw: &[u8]) -> Vec<u8> {
    let lines = raw.split_inclusive(|byte| *byte == b'\n');
    let line = |line: &[u8]| match line.strip_suffix(b"\r\n") {
        Some(text) => {
            let end = text.iter().rposition(|byte| *byte != b'\r').map_or(0, |last| last + 1);
            [&text[..end], b"\r\n"].concat()
        }
        None => line.to_vec(),
    };
    lines.flat_map(line).collect()
}

/// Without a transfer encoding of the whole message.
fn without_encoding(raw: &[u8]) -> Vec<u8> {
    with_header(raw, 0, |field| !field.starts_with(b"content-transfer-encoding"), b"")
}

/// With base64 for the encoding of the signature, whatever it says itself.
fn with_base64_signature(raw: &[u8]) -> Vec<u8> {
    let is_other = |field: &[u8]| !field.starts_with(b"content-transf");
    with_header(raw, 2, is_other, b"Content-Transfer-Encoding: base64\r\n")
}

/// The signature with the shortest header, in base64 of usual width.
fn with_plain_signature(raw: &[u8]) -> Vec<u8> {
    let message = Message::parse(raw);
    let Some(signature) = message.root().children().nth(1) else { return raw.to_vec() };
    let text = STANDARD.encode(signature.decode(usize::MAX).bytes);
    let lines: Vec<u8> = text.as_bytes().chunks(64).flat_map(|line| [line, b"\r\n"].concat()).collect();
    let header = b"Content-Type: application/pkcs7-signature\r\nContent-Transfer-Encoding: base64\r\n\r\n";
    let range = signature.range();
    [&raw[..range.start], header, &lines, &raw[range.end..]].concat()
}

/// The message (0) or one of its parts with only those fields that are kept, given in small letters, and some more.
fn with_header(raw: &[u8], number: usize, is_kept: impl Fn(&[u8]) -> bool, more: &[u8]) -> Vec<u8> {
    let message = Message::parse(raw);
    let Some(part) = [message.root()].into_iter().chain(message.root().children()).nth(number) else {
        return raw.to_vec();
    };
    let (start, body) = (part.range().start, part.body_range().start);
    let lines = raw[start..body].split_inclusive(|byte| *byte == b'\n');
    let lines = lines.filter(|line| is_kept(&line.to_ascii_lowercase())).flatten().copied();
    [&raw[..start], more, &lines.collect::<Vec<_>>(), &raw[body..]].concat()
}
