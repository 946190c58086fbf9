//! Reads the one address of a From field, strictly: the trust in a message hangs on it.
//!
//! A display name may hold anything, other addresses included (`"Per conto di: x@example.test" <…>`); the addr-spec
//! decides (RFC 5322 §3.4). A list, a quoted local part, an unbalanced quote or bracket, or anything else that
//! readers may take for another address, gives none.

use crate::Address;

#[derive(Debug)]
enum Token<'a> {
    /// What angle brackets hold.
    Bracketed(&'a [u8]),
    /// A quoted string; what it says does not matter.
    Quoted,
    /// A run of anything else.
    Text(&'a [u8]),
}

/// The address of a field value that is exactly one plain mailbox.
pub(crate) fn mailbox(value: &[u8]) -> Option<Address> {
    if !is_one_line(value) {
        return None;
    }
    let mut tokens = Vec::new();
    let mut rest = value;
    while let Some((token, after)) = next_token(rest)? {
        tokens.push(token);
        rest = after;
    }
    let spec = match tokens.as_slice() {
        [Token::Text(spec)] => spec,
        [phrase @ .., Token::Bracketed(spec)]
            if !phrase.iter().any(|token| matches!(token, Token::Bracketed(_))) =>
        {
            spec
        }
        _ => return None,
    };
    let spec = str::from_utf8(spec).ok()?;
    let (local, domain) = spec.split_once('@')?;
    (is_dot_atom(local) && is_dot_atom(domain)).then(|| Address::new(spec))
}

/// Whether nothing in it ends the text or the line for some readers and not for others: a NUL, a bare CR.
fn is_one_line(value: &[u8]) -> bool {
    let mut bytes = value.iter().peekable();
    std::iter::from_fn(|| Some((bytes.next()?, bytes.peek().copied()))).all(|(byte, next)| match byte {
        b'\t' | b'\n' => true,
        b'\r' => next == Some(&b'\n'),
        _ => !byte.is_ascii_control(),
    })
}

/// The next token and what follows it, white space and comments passed over; `Some(None)` at the end, `None` where
/// the value is no single mailbox.
fn next_token(mut rest: &[u8]) -> Option<Option<(Token<'_>, &[u8])>> {
    loop {
        rest = rest.trim_ascii_start();
        let Some((first, after)) = rest.split_first() else { return Some(None) };
        return match first {
            b'(' => {
                rest = after.split_at_checked(comment_len(after)?)?.1;
                continue;
            }
            b'"' => {
                let (_, after) = after.split_at_checked(quoted_len(after)?)?;
                Some(Some((Token::Quoted, after)))
            }
            b'<' => {
                let (spec, after) = after.split_at_checked(memchr::memchr(b'>', after)?)?;
                Some(Some((Token::Bracketed(spec), after.get(1..)?)))
            }
            b',' | b';' | b'>' | b')' => None,
            _ => {
                let is_end = |byte: &u8| byte.is_ascii_whitespace() || b"()<>,;\"".contains(byte);
                let end = rest.iter().position(is_end).unwrap_or(rest.len());
                rest.split_at_checked(end).map(|(text, after)| Some((Token::Text(text), after)))
            }
        };
    }
}

/// The length of a quoted string after its opening quote, the closing one included.
fn quoted_len(bytes: &[u8]) -> Option<usize> {
    let mut escaped = false;
    let end = bytes.iter().position(|byte| {
        let ends = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        ends
    });
    end?.checked_add(1)
}

/// The length of a comment after its opening bracket, the closing one included; comments nest.
fn comment_len(bytes: &[u8]) -> Option<usize> {
    let mut open = 1usize;
    let mut escaped = false;
    let end = bytes.iter().position(|byte| {
        match byte {
            _ if escaped => {}
            b'(' => open = open.saturating_add(1),
            b')' => open = open.saturating_sub(1),
            _ => {}
        }
        escaped = *byte == b'\\' && !escaped;
        open == 0
    });
    end?.checked_add(1)
}

/// RFC 5322 §3.2.3, in ASCII: what every reader reads alike.
fn is_dot_atom(text: &str) -> bool {
    let is_atext = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte);
    text.split('.').all(|atom| !atom.is_empty() && atom.bytes().all(is_atext))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: &str, expected: Option<&str>) {
        let found = mailbox(value.as_bytes());
        assert_eq!(found.as_ref().map(Address::as_str), expected, "{value:?}");
    }

    #[test]
    fn one_plain_address() {
        let expected = Some("a@example.test");
        check("a@example.test", expected);
        check(" <a@example.test>\r\n", expected);
        check("Anna <a@example.test>", expected);
        check("\"Per conto di: b@example.test, c\" <a@example.test>", expected);
        check("\"quoted \\\" <b@example.test>\" <a@example.test>", expected);
        check("Per conto di: b@example.test <a@example.test>", expected);
        check("=?utf-8?Q?Citt=C3=A0?=\r\n <a@example.test>", expected);
        check("Citt\u{e0} <a@example.test> (comment (nested \\) ))", expected);
        check("b@example.test <a@example.test>", expected);
    }

    #[test]
    fn anything_else_gives_none() {
        for value in [
            "",
            "a",
            "a@",
            "@example.test",
            "a@b@example.test",
            "a@example.test, b@example.test",
            "<a@example.test>, <b@example.test>",
            "<a@example.test> <b@example.test>",
            "<a@example.test> b@example.test",
            "a@example.test b@example.test",
            "group: a@example.test;",
            "group: <a@example.test>;",
            "\"a\"@example.test",
            "\"open <a@example.test>",
            "(open <a@example.test>",
            "<a@example.test",
            "a@example.test>",
            "<<a@example.test>>",
            "<a @example.test>",
            "<a@example.test\0>",
            "<a@ex\u{e0}mple.test>",
            "<a@[127.0.0.1]>",
            "<@relay.test:a@example.test>",
            "<a@example..test>",
        ] {
            check(value, None);
        }
    }
}
