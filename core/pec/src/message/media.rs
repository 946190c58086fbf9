//! Content-Type and Content-Disposition: a value with parameters (RFC 2045 §5.1, RFC 2183), read tolerantly.
//!
//! What decides the structure, the boundary, is taken only where every reader would take the same:
//! [`Media::single`] gives none where a parameter is repeated, split up as RFC 2231 has it, or badly quoted.
//! Names of files are another matter: mail-parser reads those, with everything senders do to them.

/// A value with its parameters.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Media {
    /// The value in small letters: `multipart/signed`, `attachment`; empty where there is none.
    pub name: String,
    parameters: Vec<Parameter>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
struct Parameter {
    /// In small letters, with RFC 2231's asterisks.
    name: String,
    value: Vec<u8>,
    /// Written so that there is one way to read it.
    is_clear: bool,
}

impl Media {
    /// Reads the value of a field, folded or not.
    pub fn parse(value: &[u8]) -> Self {
        let unfolded = super::field::unfold(value);
        let (name, mut rest) = split_at_semicolon(&unfolded);
        let is_end = |byte: &u8| byte.is_ascii_whitespace() || *byte == b'(';
        let name = name.trim_ascii().split(is_end).next().unwrap_or_default();
        let mut parameters = Vec::new();
        while !rest.is_empty() {
            let (parameter, after) = split_at_semicolon(rest);
            rest = after;
            parameters.extend(Parameter::parse(parameter));
        }
        Self { name: String::from_utf8_lossy(name).to_ascii_lowercase(), parameters }
    }

    /// The value of a parameter that can be read in one way only.
    pub fn single(&self, name: &str) -> Option<&[u8]> {
        let mut named = self.parameters.iter().filter(|parameter| parameter.is_of(name));
        let found = named.next()?;
        let is_single = named.next().is_none() && found.is_clear && found.name == name;
        is_single.then_some(&found.value)
    }

    /// Whether there is a parameter of this name, whole or split up (RFC 2231).
    pub fn has(&self, name: &str) -> bool {
        self.parameters.iter().any(|parameter| parameter.is_of(name))
    }

    /// The first parameter of this name that is not split up, however it is quoted.
    pub fn first(&self, name: &str) -> Option<&[u8]> {
        let found = self.parameters.iter().find(|parameter| parameter.name == name)?;
        Some(&found.value)
    }
}

impl Parameter {
    fn is_of(&self, name: &str) -> bool {
        self.name.split('*').next() == Some(name)
    }

    fn parse(text: &[u8]) -> Option<Self> {
        let equals = memchr::memchr(b'=', text)?;
        let (name, value) = (text.get(..equals)?, text.get(equals.checked_add(1)?..)?);
        let name = String::from_utf8_lossy(name.trim_ascii()).to_ascii_lowercase();
        let (value, is_clear) = match value.trim_ascii() {
            [b'"', quoted @ ..] => unquote(quoted),
            token => {
                let is_clear = !token.iter().any(|byte| byte.is_ascii_whitespace() || b"\"()".contains(byte));
                (token.to_vec(), is_clear)
            }
        };
        // For some readers NUL ends a text, and a bare CR a line.
        let is_clear = is_clear && !value.iter().any(u8::is_ascii_control);
        Some(Self { name, value, is_clear })
    }
}

/// The text up to the first semicolon outside quotes, and what follows it.
fn split_at_semicolon(text: &[u8]) -> (&[u8], &[u8]) {
    let mut quoted = false;
    let mut escaped = false;
    let end = text.iter().position(|byte| {
        quoted ^= *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && quoted && !escaped;
        *byte == b';' && !quoted
    });
    let (before, after) = text.split_at_checked(end.unwrap_or(text.len())).unwrap_or((text, b""));
    (before, after.split_first().map_or(after, |(_, after)| after))
}

/// The content of a quoted string whose opening quote has been read, and whether it ends as it should.
fn unquote(quoted: &[u8]) -> (Vec<u8>, bool) {
    let mut value = Vec::new();
    let mut bytes = quoted.iter().copied();
    loop {
        match bytes.next() {
            Some(b'"') => return (value, bytes.len() == 0),
            Some(b'\\') => value.extend(bytes.next()),
            Some(byte) => value.push(byte),
            None => return (value, false),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: &str, name: &str, boundary: Option<&str>) {
        let media = Media::parse(value.as_bytes());
        assert_eq!(media.name, name, "{value:?}");
        assert_eq!(media.single("boundary"), boundary.map(str::as_bytes), "{value:?}");
    }

    #[test]
    fn a_boundary_in_one_reading() {
        check("Multipart/Signed; micalg=sha1; BOUNDARY=b\r\n", "multipart/signed", Some("b"));
        check("multipart/mixed; \r\n\tboundary=\"--=_a;b 1\"", "multipart/mixed", Some("--=_a;b 1"));
        check("multipart/mixed; boundary = \"a\\\"b\" ; x=y", "multipart/mixed", Some("a\"b"));
        check("multipart/mixed (why not);boundary='b'", "multipart/mixed", Some("'b'"));
        check("multipart/mixed; x=\"boundary=c\"; boundary=b;", "multipart/mixed", Some("b"));
    }

    #[test]
    fn no_boundary_where_readers_differ() {
        check("multipart/mixed", "multipart/mixed", None);
        check("multipart/mixed; boundary=a; boundary=b", "multipart/mixed", None);
        check("multipart/mixed; boundary=a; boundary*0=b", "multipart/mixed", None);
        check("multipart/mixed; boundary*=utf-8''a", "multipart/mixed", None);
        check("multipart/mixed; boundary=a b", "multipart/mixed", None);
        check("multipart/mixed; boundary=a\"b\"", "multipart/mixed", None);
        check("multipart/mixed; boundary=\"a\" b", "multipart/mixed", None);
        check("multipart/mixed; boundary=\"a", "multipart/mixed", None);
        check("", "", None);
        check(";", "", None);
    }
}
