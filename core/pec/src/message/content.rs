//! What a message says to a reader: its text, and its attachments.
//!
//! For showing only; nothing here is evidence. A message inside the message (message/rfc822) is one attachment: its
//! own text and attachments are asked of it in turn.

use mail_parser::decoders::charsets::map::charset_decoder;
use mail_parser::decoders::html::html_to_text;
use mail_parser::parsers::MessageStream;
use std::ops::Range;

use super::{Fields, Media, Part};

/// A file, or a message, that came with a message.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Attachment {
    /// The number of its part, see [`Part::number`].
    pub part: String,
    /// The name the sender gave it, without control characters. Not a path: it may hold anything else.
    pub name: Option<String>,
    /// Type and subtype in small letters.
    pub media: String,
    /// Bytes, once decoded.
    pub size: usize,
    /// Where its body lies in what was received, transfer encoding and all.
    pub range: Range<usize>,
}

impl Part<'_> {
    /// The text of a message for people: its plain text parts, or else its HTML without tags. At most about
    /// `most` bytes; `None` where there is no text.
    pub fn text(self, most: usize) -> Option<String> {
        let texts = |media: &str| {
            let parts = self.content().filter(|part| part.media() == media && !part.is_attachment());
            parts.map(|part| part.unicode(most)).collect::<Vec<_>>()
        };
        let mut texts = match texts("text/plain") {
            plain if !plain.is_empty() => plain,
            _ => texts("text/html").iter().map(|html| html_to_text(html)).collect(),
        };
        texts.retain(|text| !text.trim().is_empty());
        let mut text = texts.join("\n\n");
        text.truncate(text.floor_char_boundary(most));
        (!text.is_empty()).then_some(text)
    }

    /// Everything in a message that is not its text, in order.
    pub fn attachments(self) -> Vec<Attachment> {
        let parts = self.content().filter(|part| part.is_attachment());
        let attachment = |part: Self| Attachment {
            part: part.number(),
            name: part.name(),
            media: part.media().to_owned(),
            size: part.encoding().decoded_len(part.body()),
            range: part.body_range(),
        };
        parts.map(attachment).collect()
    }

    /// The file name a part has, by Content-Disposition or else Content-Type, decoded (RFC 2047, RFC 2231) and
    /// without control characters. Not a path: it may hold anything else.
    pub fn name(self) -> Option<String> {
        file_name(self.fields())
    }

    /// The leaves of this message; those of a message inside it are not among them.
    fn content(self) -> impl Iterator<Item = Self> {
        let own = self.enclosing_message().index;
        self.walk().filter(move |part| !part.is_multipart() && part.enclosing_message().index == own)
    }

    fn is_attachment(self) -> bool {
        let says = |(field, parameter)| {
            let value = self.fields().first(field).map(|field| Media::parse(field.value));
            value.is_some_and(|value| value.name == "attachment" || value.has(parameter))
        };
        !matches!(self.media(), "text/plain" | "text/html") || NAMES.into_iter().any(says)
    }

    /// The body as text, by the charset of its Content-Type.
    fn unicode(self, most: usize) -> String {
        let bytes = self.decode(most).bytes;
        let field = self.fields().first("Content-Type");
        let charset = field.map(|field| Media::parse(field.value));
        let charset = charset.as_ref().and_then(|media| media.first("charset")).unwrap_or(b"utf-8");
        decode_charset(&bytes, charset)
    }
}

/// [`Part::name`], by the header.
pub(crate) fn file_name(fields: Fields<'_>) -> Option<String> {
    NAMES.iter().find_map(|(field, parameter)| {
        let line = fields.first(field)?.bounded_line(NAME_MAX);
        let value = MessageStream::new(&line).parse_content_type();
        let name = value.as_content_type()?.attribute(parameter)?;
        let name: String = name.chars().filter(|char| !char.is_control()).collect();
        Some(name.trim().to_owned()).filter(|name| !name.is_empty())
    })
}

/// Every file name that some field gives a part, in small letters and undecoded: to tell parts by, not to show.
pub(crate) fn plain_names(fields: Fields<'_>) -> impl Iterator<Item = Vec<u8>> {
    NAMES.into_iter().flat_map(move |(field, parameter)| {
        let values = fields.all(field).map(|field| Media::parse(field.value));
        values.filter_map(move |value| Some(value.first(parameter)?.trim_ascii().to_ascii_lowercase()))
    })
}

/// The text that bytes stand for in a charset. UTF-8 where the charset is not known; what cannot be read becomes
/// U+FFFD.
pub(crate) fn decode_charset(bytes: &[u8], charset: &[u8]) -> String {
    let is_utf8 = charset.eq_ignore_ascii_case(b"utf-8") || charset.eq_ignore_ascii_case(b"us-ascii");
    match charset_decoder(charset).filter(|_| !is_utf8) {
        Some(decode) => decode(bytes),
        None => String::from_utf8_lossy(bytes).into_owned(),
    }
}

/// Where file names stand, the better place first.
const NAMES: [(&str, &str); 2] = [("Content-Disposition", "filename"), ("Content-Type", "name")];

/// How much of a field is looked at for a name, in bytes; file systems end at 255.
const NAME_MAX: usize = 2048;
