//! The header of a message, as far as a server looks into it: where it ends and which fields it has.

/// One field with the lines it is folded over.
pub(crate) struct Field<'a> {
    /// What stands before the colon.
    pub(crate) name: &'a [u8],
    /// The whole field as received, its line end included.
    pub(crate) raw: &'a [u8],
}

/// The header with the empty line that ends it, and what follows.
pub(crate) fn split(raw: &[u8]) -> (&[u8], &[u8]) {
    let mut end = 0;
    for line in raw.split_inclusive(|&byte| byte == b'\n') {
        end += line.len();
        if is_empty(line) {
            break;
        }
    }
    raw.split_at(end)
}

/// The fields of a header in their order; lines that are no field belong to the one before.
pub(crate) fn fields(header: &[u8]) -> Vec<Field<'_>> {
    let mut fields: Vec<Field<'_>> = Vec::new();
    let mut start = 0;
    let mut end = 0;
    for line in header.split_inclusive(|&byte| byte == b'\n') {
        if is_empty(line) {
            break;
        }
        match (colon(line), fields.last_mut()) {
            (None, Some(field)) => field.raw = &header[start..end + line.len()],
            (None, None) => {}
            (Some(colon), _) => {
                start = end;
                fields.push(Field { name: line[..colon].trim_ascii_end(), raw: line });
            }
        }
        end += line.len();
    }
    fields
}

impl Field<'_> {
    pub(crate) fn is_named(&self, name: &[u8]) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// What stands after the colon, on one line.
    pub(crate) fn value(&self) -> Vec<u8> {
        let value = self.raw.splitn(2, |&byte| byte == b':').nth(1).unwrap_or_default();
        let unfolded: Vec<u8> = value.iter().copied().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
        unfolded.trim_ascii().to_vec()
    }
}

/// Where the colon of a field is; a continuation line has none that counts.
fn colon(line: &[u8]) -> Option<usize> {
    if line.starts_with(b" ") || line.starts_with(b"\t") {
        return None;
    }
    line.iter().position(|&byte| byte == b':')
}

fn is_empty(line: &[u8]) -> bool {
    matches!(line, b"\n" | b"\r\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_ends_at_the_first_empty_line() {
        for (raw, header, body) in [
            ("A: 1\r\n\r\nbody", "A: 1\r\n\r\n", "body"),
            ("A: 1\n\nbody", "A: 1\n\n", "body"),
            ("\r\nbody", "\r\n", "body"),
            ("A: 1\r\n", "A: 1\r\n", ""),
            ("A: 1", "A: 1", ""),
            ("", "", ""),
        ] {
            assert_eq!(split(raw.as_bytes()), (header.as_bytes(), body.as_bytes()), "{raw:?}");
        }
    }

    #[test]
    fn folded_fields_stay_whole() {
        let header = b"A: one\r\n two\r\nB : three\r\nno field\r\n\r\nC: body";
        let fields = fields(header);
        assert_eq!(fields.len(), 2);
        assert_eq!(fields[0].raw, b"A: one\r\n two\r\n");
        assert_eq!(fields[0].value(), b"one two");
        assert!(fields[1].is_named(b"b"));
        assert_eq!(fields[1].raw, b"B : three\r\nno field\r\n");
    }
}
