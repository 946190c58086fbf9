//! Which responses the parser gets to see, and in what form.
//!
//! Each rule is there for a fault of imap-proto 0.17 under async-imap 0.12, named beside it.
//! A response is never repaired into another meaning, and one that a command may have asked for is never
//! dropped: it passes, or the connection ends.

use super::super::error::Breach;
use super::shape::Shape;
use super::{LONGEST_RESPONSE, append};

/// The kinds of responses that the vetting tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Lists and numbers that commands ask for.
    Data,
    /// What a message is like.
    Fetch,
    /// Nobody here asks for it: NAMESPACE, ESEARCH, VANISHED, garbage.
    Foreign,
    /// Search results.
    Search,
    /// Free text to the end of the line: `+`, tagged responses, OK, NO, BAD, BYE, PREAUTH.
    Text,
}

impl Kind {
    /// Tells the kind from how the response begins.
    pub(super) fn of(response: &[u8]) -> Self {
        let mut words = response.split(|byte| *byte == b' ');
        let first = words.next().unwrap_or_default();
        if first == b"+" || is_tag(first) {
            return Self::Text;
        }
        if first != b"*" {
            return Self::Foreign;
        }
        let second = words.next().unwrap_or_default();
        let numbered = !second.is_empty() && second.iter().all(u8::is_ascii_digit);
        let name = if numbered { words.next().unwrap_or_default() } else { second };
        match name.to_ascii_uppercase().as_slice() {
            b"FETCH" if numbered => Self::Fetch,
            b"EXISTS" | b"EXPUNGE" if numbered => Self::Data,
            b"CAPABILITY" | b"LIST" if !numbered => Self::Data,
            b"SEARCH" if !numbered => Self::Search,
            b"OK" | b"NO" | b"BAD" | b"BYE" | b"PREAUTH" if !numbered => Self::Text,
            _ => Self::Foreign,
        }
    }
}

/// The tags that `Dialogue` gives, `A0001` to `A9999`; anything else at the start of a line is garbage.
fn is_tag(word: &[u8]) -> bool {
    matches!(word, [b'A', digits @ ..] if digits.len() == 4 && digits.iter().all(u8::is_ascii_digit))
}

/// Whether the parser may have this response, which is changed where the parser would fall over it.
pub(super) fn vet(kind: Kind, response: &mut Vec<u8>, shape: &Shape) -> Result<bool, Breach> {
    match kind {
        Kind::Foreign => return Ok(false),
        Kind::Text => flatten_text(response),
        Kind::Data | Kind::Fetch | Kind::Search if shape.deepest() > DEEPEST => {
            // It recurses without limit: 400 levels end the process on a stack of 2 MB, 100 on 512 KB.
            return Err(Breach::Limit("parentheses too deep"));
        }
        Kind::Data | Kind::Fetch | Kind::Search if !shape.closed() => {
            // It would go on into the next response.
            return Err(Breach::Protocol("quotes or parentheses left open"));
        }
        Kind::Data => {}
        Kind::Fetch => name_missing_date(response),
        // `SEARCH 1 2 (MODSEQ 3)` (RFC 7162) is not known to it.
        Kind::Search => response.truncate(find(response, b"(").unwrap_or(response.len())),
    }
    if response.len() > LONGEST_RESPONSE {
        return Err(Breach::Limit("a response without end"));
    }
    Ok(true)
}

/// It takes no control characters in a text, and it panics on a letter outside ASCII right behind a code:
/// `[ALERT]è`.
fn flatten_text(response: &mut Vec<u8>) {
    let mut flat = Vec::with_capacity(response.len());
    for byte in response.iter().copied() {
        if byte >= 0x80 && flat.last() == Some(&b']') {
            flat.push(b' ');
        }
        flat.push(if byte.is_ascii_control() { b'?' } else { byte });
    }
    *response = flat;
}

/// It panics on `INTERNALDATE NIL`; an empty date is one that cannot be read, which is allowed for.
fn name_missing_date(response: &mut Vec<u8>) {
    const MISSING: &[u8] = b"INTERNALDATE NIL";
    let mut before = Shape::default();
    let mut from = 0_usize;
    while let Some(skipped) = find(response.get(from..).unwrap_or_default(), MISSING) {
        let start = from.saturating_add(skipped);
        before.feed(response.get(from..start).unwrap_or_default());
        // Within a quoted string it is content, and content is not ours to change.
        if !before.quoted() {
            response.splice(start..start.saturating_add(MISSING.len()), *b"INTERNALDATE \"\"");
        }
        // Past its first letter, which neither opens nor closes anything.
        from = start.saturating_add(1);
    }
}

/// The literal that the end of a line announces: where its `{` stands, and its length.
pub(super) fn announced(line: &[u8]) -> Option<(usize, u64)> {
    let inner = line.strip_suffix(b"}")?;
    let start = inner.iter().rposition(|byte| *byte == b'{')?;
    let digits = str::from_utf8(inner.get(start..)?.strip_prefix(b"{")?).ok()?;
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    // A number beyond 64 bits is a literal all the same, and too large for any limit.
    plain.then(|| (start, digits.parse().unwrap_or(u64::MAX)))
}

/// Whether the literal that follows is a whole message.
pub(super) fn ends_with_body(line: &[u8]) -> bool {
    const BODY: &[u8] = b"BODY[] ";
    line.len()
        .checked_sub(BODY.len())
        .and_then(|start| line.get(start..))
        .is_some_and(|end| end.eq_ignore_ascii_case(BODY))
}

/// Adds a piece of a literal as content of a quoted string.
pub(super) fn quote(response: &mut Vec<u8>, piece: &[u8]) -> Result<(), Breach> {
    for byte in piece {
        match byte {
            b'\0' | b'\r' | b'\n' => return Err(Breach::Protocol("a line end within a name")),
            b'"' | b'\\' => append(response, &[b'\\', *byte])?,
            _ => append(response, &[*byte])?,
        }
    }
    Ok(())
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window.eq_ignore_ascii_case(needle))
}

/// Deeper than any response asked for here, far from the end of the smallest stack.
const DEEPEST: usize = 32;
