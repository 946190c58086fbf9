//! The header fields that people read, in the message sent and in the receipt's copy of it.
//!
//! A provider adds fields of its own and replaces the Message-ID (RFC 6109 §2.2.1), so headers are not compared as
//! bytes. Values are: as they stand but for folding and white space, or else decoded.

use crate::message::{Field, Fields};

/// A field that is not the same in the receipt's copy.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FieldDifference {
    /// `Subject`, `To`, …
    pub name: &'static str,
    /// What was sent, decoded; absent where the field is.
    pub sent: Option<String>,
    /// What the receipt has, decoded; absent where the field is.
    pub receipt: Option<String>,
}

/// The fields for people that differ.
pub(super) fn differences(sent: Fields<'_>, copy: Fields<'_>) -> Vec<FieldDifference> {
    let differing = FIELDS.into_iter().filter(|name| {
        let (sent, copy): (Vec<_>, Vec<_>) = (sent.all(name).collect(), copy.all(name).collect());
        // A server that takes a message without a date gives it one (RFC 6409 §8.1).
        let is_given = *name == "Date" && sent.is_empty();
        let is_same = sent.len() == copy.len()
            && sent.iter().zip(&copy).all(|(one, other)| is_same(name, *one, *other));
        !is_given && !is_same
    });
    let difference =
        |name| FieldDifference { name, sent: text(sent.all(name)), receipt: text(copy.all(name)) };
    differing.map(difference).collect()
}

/// The value without any white space: folding may put some between any two words of a structured field.
pub(super) fn squeezed(field: Field<'_>) -> Vec<u8> {
    field.value.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect()
}

fn is_same(name: &str, one: Field<'_>, other: Field<'_>) -> bool {
    if name == "Subject" {
        let words = |field: Field<'_>| -> Vec<Vec<u8>> {
            let words = field.value.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
            words.map(<[u8]>::to_vec).collect()
        };
        return words(one) == words(other) || is_same_decoded(one, other);
    }
    // An encoded word may decode to what looks like an address, and is none.
    squeezed(one) == squeezed(other) || (is_same_decoded(one, other) && one.addresses() == other.addresses())
}

fn is_same_decoded(one: Field<'_>, other: Field<'_>) -> bool {
    let decoded = |field: Field<'_>| {
        let text = (field.value.len() <= DECODED_MAX).then(|| field.text());
        // What cannot be read is not the same as anything.
        text.filter(|text| !text.contains(char::REPLACEMENT_CHARACTER))
    };
    decoded(one).is_some_and(|text| decoded(other).is_some_and(|other| text == other))
}

fn text<'f>(fields: impl Iterator<Item = Field<'f>>) -> Option<String> {
    let texts: Vec<_> = fields.map(Field::text).collect();
    (!texts.is_empty()).then(|| texts.join("; "))
}

/// What makes a message another one to its reader, in the order it is shown.
const FIELDS: [&str; 6] = ["From", "Reply-To", "To", "Cc", "Subject", "Date"];

/// [`Field::text`] decodes no more than this of a value, so beyond it only the bytes are compared.
const DECODED_MAX: usize = 8 * 1024;
