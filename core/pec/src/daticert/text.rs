//! From the bytes of a daticert.xml to text that is safe to parse.
//!
//! UTF-8 by rule, with or without a byte order mark; another encoding is taken where the XML declaration names it.
//! A character that cannot be read, or that XML does not allow, is replaced: it came with somebody's subject, and the
//! rest of the file is no worse for it.
//! What roxmltree 0.21 would need more than linear time or memory for is refused: entities, piles of namespaces,
//! and tags with hundreds of attributes. Nothing of the kind belongs in certification data.

use std::borrow::Cow;

use crate::message::decode_charset;

/// The text, and whether characters of it were replaced; or why it is not read.
pub(super) fn read(xml: &[u8]) -> Result<(Cow<'_, str>, bool), &'static str> {
    if xml.len() > BYTES_MAX {
        return Err("larger than a megabyte");
    }
    // Some providers' files end in stray line ends or NULs.
    let xml = xml.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(xml).trim_ascii_start();
    let end = memchr::memrchr(b'>', xml).and_then(|last| last.checked_add(1)).unwrap_or(0);
    let (xml, tail) = xml.split_at_checked(end).unwrap_or((xml, b""));
    if !tail.iter().all(|byte| byte.is_ascii_whitespace() || *byte == 0) {
        return Err("not well-formed XML");
    }
    let (text, is_sound) = match declared_encoding(xml) {
        Some(encoding) if !encoding.eq_ignore_ascii_case(b"utf-8") => {
            (Cow::Owned(decode_charset(xml, encoding)), true)
        }
        _ => (String::from_utf8_lossy(xml), str::from_utf8(xml).is_ok()),
    };
    if !is_tame(&text) {
        return Err("constructs that do not belong in certification data");
    }
    if text.contains(is_forbidden) {
        return Ok((text.replace(is_forbidden, "\u{FFFD}").into(), true));
    }
    Ok((text, !is_sound))
}

/// Whether XML 1.0 §2.2 leaves this character out.
fn is_forbidden(char: char) -> bool {
    matches!(char, '\0'..='\x08' | '\x0b' | '\x0c' | '\x0e'..='\x1f' | '\u{FFFE}' | '\u{FFFF}')
}

/// What `<?xml … encoding="…"?>` says.
fn declared_encoding(xml: &[u8]) -> Option<&[u8]> {
    let declaration = xml.strip_prefix(b"<?xml")?;
    let declaration = declaration.get(..memchr::memmem::find(declaration, b"?>")?)?;
    let start = memchr::memmem::find(declaration, b"encoding")?.checked_add(b"encoding".len())?;
    let value = declaration.get(start..)?.trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
    value.split(|byte| matches!(byte, b'"' | b'\'')).nth(1)
}

fn is_tame(text: &str) -> bool {
    let tags = || text.split('<').map(start_tag);
    // roxmltree sets memory aside for each of these, wherever it stands, before it reads anything.
    let marks = memchr::memchr2_iter(b'<', b'=', text.as_bytes()).count();
    marks <= MARKS_MAX
        && !text.contains("<!ENTITY")
        && tags().map(|tag| tag.matches("xmlns").count()).sum::<usize>() <= NAMESPACES_MAX
        && tags().all(|tag| tag.len() <= TAG_MAX)
}

/// The start tag at the beginning of what lies between two `<`. Its quoted values may hold a `>`, never a `<`.
fn start_tag(text: &str) -> &str {
    if text.starts_with(['!', '/', '?']) {
        return "";
    }
    let mut quote = None;
    let end = text.find(|char| {
        match quote {
            None if matches!(char, '"' | '\'') => quote = Some(char),
            Some(open) if char == open => quote = None,
            _ => {}
        }
        quote.is_none() && char == '>'
    });
    end.and_then(|end| text.get(..end)).unwrap_or(text)
}

/// A recipient takes three.
const MARKS_MAX: usize = 50_000;
/// 500 recipients make 50 kB.
const BYTES_MAX: usize = 1024 * 1024;
/// The DTD knows no namespace; a schema's, if somebody adds one, is let through.
const NAMESPACES_MAX: usize = 8;
/// In bytes; the longest tag by the DTD has 60.
const TAG_MAX: usize = 1024;
