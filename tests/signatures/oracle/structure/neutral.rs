//! A message without one feature: what the rules of the table rewrite it to.
//!
//! Each function changes the one feature that it names, wherever it stands, into a form on which all readers agree, and
//! leaves every other byte as it is. Where things stand is taken from our own reading.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use recapito_pec::message::{Encoding, Fields, Limits, Media, Message, Part, Problem};

/// A CR that no LF follows becomes a dot.
pub(super) fn without_bare_cr(raw: &[u8]) -> Vec<u8> {
    let followed = raw.iter().skip(1).map(Some).chain([None]);
    let sign =
        |(byte, next): (&u8, Option<&u8>)| if *byte == b'\r' && next != Some(&b'\n') { b'.' } else { *byte };
    raw.iter().zip(followed).map(sign).collect()
}

/// What broken base64 says, written as it should be.
pub(super) fn sound_base64(part: Part<'_>) -> Option<Vec<u8>> {
    let decoded = part.decode(usize::MAX);
    let text = STANDARD.encode(decoded.bytes);
    (decoded.problem == Some(Problem::BrokenEncoding)).then(|| text.into_bytes())
}

/// What is not to stand there literally is written as it should be.
pub(super) fn sound_quoted_printable(part: Part<'_>) -> Option<Vec<u8>> {
    let body = part.body();
    let mut sound = Vec::new();
    for (place, byte) in body.iter().enumerate() {
        let after = body.get(place + 1..).unwrap_or_default();
        let is_escape = after.get(..2).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        let line_end = after.iter().position(|byte| *byte == b'\n').map_or(after, |end| &after[..end]);
        let is_soft_break = line_end.trim_ascii().is_empty();
        match byte {
            b'=' if is_escape || is_soft_break => sound.push(b'='),
            b'\t' | b'\r' | b'\n' | b' '..b'=' | b'>'..=b'~' => sound.push(*byte),
            _ => sound.extend(format!("={byte:02X}").bytes()),
        }
    }
    (sound != body).then_some(sound)
}

/// Takes what is no field out of every header.
pub(super) fn without_strange_lines(raw: &[u8]) -> Vec<u8> {
    with_fields(
        raw,
        |field| if Fields::new(field).iter().next().is_some() { field.to_vec() } else { Vec::new() },
    )
}

/// Lines that begin like a delimiter and go on otherwise begin with a dot.
pub(in crate::oracle) fn without_longer_delimiters(raw: &[u8]) -> Vec<u8> {
    let boundaries = boundaries(raw);
    let is_longer = |line: &[u8]| {
        let is_delimiter = |boundary: &Vec<u8>| {
            line.strip_prefix(boundary.as_slice())
                .is_some_and(|rest| [&b""[..], b"--"].contains(&rest.trim_ascii_end()))
        };
        boundaries.iter().any(|boundary| line.starts_with(boundary)) && !boundaries.iter().any(is_delimiter)
    };
    let lines = raw.split_inclusive(|byte| *byte == b'\n');
    lines.flat_map(|line| if is_longer(line) { [b".", line].concat() } else { line.to_vec() }).collect()
}

/// The message with a boundary between its two parts that resembles nothing in them.
pub(in crate::oracle) fn with_plain_boundary(raw: &[u8]) -> Vec<u8> {
    let message = Message::parse(raw);
    let mut parts = message.root().children();
    let (Some(content), Some(signature)) = (parts.next(), parts.next()) else { return raw.to_vec() };
    let header = b"Content-Type: multipart/signed; boundary=\"no-such-line\"\r\n\r\n--no-such-line\r\n";
    [header, content.raw(), b"\r\n--no-such-line\r\n", signature.raw(), b"\r\n--no-such-line--\r\n"].concat()
}

/// What says nothing clear of its boundary is taken for a file.
pub(super) fn without_unclear_boundaries(raw: &[u8]) -> Vec<u8> {
    as_files(raw, |problem| problem == Problem::BoundaryUnclear)
}

/// What has more parts, or lies deeper, than ours looks is taken for a file.
pub(super) fn within_limits(raw: &[u8]) -> Vec<u8> {
    as_files(raw, |problem| matches!(problem, Problem::TooDeep | Problem::TooManyParts))
}

/// Takes the parts that have such a problem for files.
fn as_files(raw: &[u8], is_meant: fn(Problem) -> bool) -> Vec<u8> {
    let message = Message::parse(raw);
    let meant = message.parts().filter(|part| part.problems().iter().any(|problem| is_meant(*problem)));
    let header = |part: Part<'_>| {
        let range = part.range().start..part.body_range().start;
        (range, b"Content-Type: application/octet-stream\n\n".to_vec())
    };
    replace(raw, meant.map(header).collect())
}

/// Takes every transfer encoding out that nobody knows.
pub(super) fn without_unknown_encodings(raw: &[u8]) -> Vec<u8> {
    let known = ["7bit", "8bit", "base64", "binary", "quoted-printable"];
    with_fields(raw, |field| match Fields::new(field).all("Content-Transfer-Encoding").next() {
        Some(found) if !known.contains(&Media::parse(found.value).name.as_str()) => Vec::new(),
        _ => field.to_vec(),
    })
}

/// Leaves nothing but the first word before the parameters of every Content-Type.
pub(super) fn with_one_word_types(raw: &[u8]) -> Vec<u8> {
    with_fields(raw, |field| match Fields::new(field).all("Content-Type").next() {
        Some(found) => {
            let parameters = found.value.iter().position(|byte| *byte == b';').unwrap_or(found.value.len());
            let name = Media::parse(found.value).name;
            let rest = found.value[parameters..].trim_ascii_end();
            [b"Content-Type: ", name.as_bytes(), rest, b"\n"].concat()
        }
        None => field.to_vec(),
    })
}

/// Cuts headers where ours stops to read.
pub(super) fn with_short_headers(raw: &[u8]) -> Vec<u8> {
    let most = Limits::default().header;
    with_headers(raw, |header| match header.get(..most) {
        Some(read) if header.len() > most => {
            let end = read.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
            [&read[..end], b"\r\n"].concat()
        }
        _ => header.to_vec(),
    })
}

/// Takes comments out of the fields that say what a part is.
pub(super) fn without_comments(raw: &[u8]) -> Vec<u8> {
    with_fields(raw, |field| {
        let is_meant = |name| Fields::new(field).all(name).next().is_some();
        if !(is_meant("Content-Type")
            || is_meant("Content-Transfer-Encoding")
            || is_meant("Content-Disposition"))
        {
            return field.to_vec();
        }
        let (mut depth, mut is_quoted) = (0_usize, false);
        let mut kept = Vec::new();
        for byte in field {
            is_quoted ^= *byte == b'"' && depth == 0;
            depth += usize::from(*byte == b'(' && !is_quoted);
            kept.extend((depth == 0).then_some(*byte));
            depth -= usize::from(*byte == b')' && !is_quoted && depth > 0);
        }
        kept
    })
}

/// Takes white space away before the colon of a field.
pub(super) fn without_space_before_colon(raw: &[u8]) -> Vec<u8> {
    with_fields(raw, |field| match Fields::new(field).iter().next() {
        Some(found) => [found.name, b":", found.value].concat(),
        None => field.to_vec(),
    })
}

/// Of two delimiter lines in a row the first goes.
pub(super) fn without_empty_parts(raw: &[u8]) -> Vec<u8> {
    let boundaries = boundaries(raw);
    let is_delimiter = |line: &&[u8]| boundaries.iter().any(|boundary| boundary == line.trim_ascii_end());
    let lines: Vec<_> = raw.split_inclusive(|byte| *byte == b'\n').collect();
    let next = lines.iter().skip(1).map(Some).chain([None]);
    let kept = lines.iter().zip(next).filter(|(line, next)| {
        let is_repeated = next.is_some_and(|next| next.trim_ascii_end() == line.trim_ascii_end());
        !(is_repeated && is_delimiter(line))
    });
    kept.flat_map(|(line, _)| line.iter().copied()).collect()
}

/// `--` and the boundary of every multipart.
fn boundaries(raw: &[u8]) -> Vec<Vec<u8>> {
    let message = Message::parse(raw);
    let multiparts = message.parts().filter(|part| part.is_multipart());
    let boundary = |part: Part<'_>| {
        let media = Media::parse(part.fields().first("Content-Type")?.value);
        Some([b"--", media.first("boundary")?].concat())
    };
    multiparts.filter_map(boundary).collect()
}

/// The message with other bodies in the leaves of one encoding.
pub(super) fn with_bodies(raw: &[u8], encoding: Encoding, body: fn(Part<'_>) -> Option<Vec<u8>>) -> Vec<u8> {
    let message = Message::parse(raw);
    let leaves =
        message.parts().filter(|part| part.encoding() == encoding && part.children().next().is_none());
    let bodies = leaves.filter_map(|part| Some((part.body_range(), body(part)?)));
    replace(raw, bodies.collect())
}

/// The message with other headers.
fn with_headers(raw: &[u8], header: impl Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let message = Message::parse(raw);
    let headers = message.parts().map(|part| {
        let range = part.range().start..part.body_range().start;
        (range.clone(), header(&raw[range]))
    });
    replace(raw, headers.collect())
}

/// Leaves nothing but the first word in every Content-Transfer-Encoding.
pub(super) fn with_one_word(raw: &[u8]) -> Vec<u8> {
    with_fields(raw, |field| match Fields::new(field).all("Content-Transfer-Encoding").next() {
        Some(found) => {
            format!("Content-Transfer-Encoding: {}\n", Media::parse(found.value).name).into_bytes()
        }
        None => field.to_vec(),
    })
}

/// Puts a letter for every byte above ASCII in Content-Type.
pub(super) fn with_ascii_types(raw: &[u8]) -> Vec<u8> {
    with_fields(raw, |field| {
        let is_meant = Fields::new(field).all("Content-Type").next().is_some();
        field.iter().map(|byte| if is_meant && !byte.is_ascii() { b'x' } else { *byte }).collect()
    })
}

fn is_strange(media: &str) -> bool {
    media.split('/').count() != 2
        || media.contains(['"', ';', ',', '=', '<', '>', '@', ':', '\\', '[', ']', '?'])
}

/// Takes every Content-Type out that does not name a type and a subtype.
pub(super) fn without_strange_types(raw: &[u8]) -> Vec<u8> {
    with_fields(raw, |field| match Fields::new(field).all("Content-Type").next() {
        Some(found) if is_strange(&Media::parse(found.value).name) => Vec::new(),
        _ => field.to_vec(),
    })
}

/// Takes the white space away at the ends of quoted-printable lines.
pub(super) fn without_trailing_space(part: Part<'_>) -> Option<Vec<u8>> {
    let lines = part.body().split_inclusive(|byte| *byte == b'\n').flat_map(|line| {
        let text = line.trim_ascii_end();
        let line_end =
            line.iter().rposition(|byte| !matches!(byte, b'\r' | b'\n')).map_or(0, |last| last + 1);
        [text, &line[line_end..]].concat()
    });
    Some(lines.collect())
}

/// Of each multipart that closes before it opens, the line that closes goes.
pub(super) fn opened(raw: &[u8]) -> Vec<u8> {
    let message = Message::parse(raw);
    let lines = message
        .parts()
        .filter(|part| part.is_multipart() && part.children().next().is_none())
        .filter_map(|part| {
            let media = Media::parse(part.fields().first("Content-Type")?.value);
            let close = [b"--", media.first("boundary")?, b"--"].concat();
            let mut start = part.body_range().start;
            let mut lines = part.body().split_inclusive(|byte| *byte == b'\n');
            let line = lines.find(|line| {
                let is_close = line.trim_ascii_end() == close;
                start += if is_close { 0 } else { line.len() };
                is_close
            })?;
            Some((start..start + line.len(), Vec::new()))
        });
    replace(raw, lines.collect())
}

/// Closes every multipart that is not closed.
pub(in crate::oracle) fn closed(raw: &[u8]) -> Vec<u8> {
    let message = Message::parse(raw);
    let mut parts: Vec<_> =
        message.parts().filter(|part| part.problems().contains(&Problem::Unclosed)).collect();
    // The innermost comes first where several end at one place.
    parts.reverse();
    let close = |part: Part<'_>| {
        let media = Media::parse(part.fields().first("Content-Type")?.value);
        let end = part.range().end;
        Some((end..end, [b"\r\n--", media.first("boundary")?, b"--"].concat()))
    };
    let mut closed = raw.to_vec();
    let mut places: Vec<_> = parts.into_iter().filter_map(close).collect();
    places.sort_by_key(|(range, _)| std::cmp::Reverse(range.start));
    let mut last: Option<usize> = None;
    let mut shift = 0;
    for (range, bytes) in places {
        shift = if last == Some(range.start) { shift } else { 0 };
        last = Some(range.start);
        let at = range.start + shift;
        shift += bytes.len();
        closed.splice(at..at, bytes);
    }
    closed
}

/// Line ends of quoted-printable text become CRLF.
pub(super) fn crlf_lines(part: Part<'_>) -> Option<Vec<u8>> {
    let crlf =
        part.body().split_inclusive(|byte| *byte == b'\n').flat_map(|line| match line.strip_suffix(b"\n") {
            Some(text) => [text.strip_suffix(b"\r").unwrap_or(text), b"\r\n"].concat(),
            None => line.to_vec(),
        });
    Some(crlf.collect())
}

/// The message with other fields in its headers; a field comes with its continuation lines.
fn with_fields(raw: &[u8], change: impl Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    with_headers(raw, |header| {
        let mut fields: Vec<Vec<u8>> = Vec::new();
        for line in header.split_inclusive(|byte| *byte == b'\n') {
            match fields.last_mut() {
                Some(field) if line.starts_with(b" ") || line.starts_with(b"\t") => {
                    field.extend_from_slice(line)
                }
                _ => fields.push(line.to_vec()),
            }
        }
        let is_end = |field: &[u8]| matches!(field, b"\n" | b"\r\n");
        fields.iter().flat_map(|field| if is_end(field) { field.clone() } else { change(field) }).collect()
    })
}

/// The message with other bytes in these places, which do not overlap.
fn replace(raw: &[u8], mut places: Vec<(std::ops::Range<usize>, Vec<u8>)>) -> Vec<u8> {
    places.sort_by_key(|(range, _)| range.start);
    let mut replaced = raw.to_vec();
    for (range, bytes) in places.into_iter().rev() {
        replaced.splice(range, bytes);
    }
    replaced
}
