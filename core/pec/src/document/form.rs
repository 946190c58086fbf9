//! What kind of file a document is, and what it is called without its signature.
//!
//! For showing only. A name comes from the sender and may say anything, so the first bytes go before it where they are
//! clear.

/// Whether an attachment of this name and media type says that it is a signed document.
pub fn is_named(name: Option<&str>, media: &str) -> bool {
    matches!(media, "application/pkcs7-mime" | "application/x-pkcs7-mime")
        || name.is_some_and(|name| without_suffix(name).is_some())
}

/// The name of the document in `layers` signatures: without `.p7m`, once for each, as far as there is one.
pub fn inner_name(name: &str, layers: usize) -> &str {
    (0..layers).fold(name, |name, _| without_suffix(name).unwrap_or(name))
}

/// The media type of a file that begins with `head`.
pub(super) fn media(head: &[u8], name: Option<&str>) -> &'static str {
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    if text.starts_with(b"<?xml") || UTF16_XML.iter().any(|mark| head.starts_with(mark)) {
        return "application/xml";
    }
    // Readers look for the mark in the first 1,024 bytes (PDF Reference 1.7, implementation note 13).
    if memchr::memmem::find(head, b"%PDF-").is_some() {
        return "application/pdf";
    }
    let extension = name.and_then(|name| name.rsplit_once('.')).map(|(_, extension)| extension);
    let known =
        |(suffix, _): &&(&str, _)| extension.is_some_and(|extension| extension.eq_ignore_ascii_case(suffix));
    EXTENSIONS.iter().find(known).map_or("application/octet-stream", |(_, media)| media)
}

fn without_suffix(name: &str) -> Option<&str> {
    let (stem, suffix) = name.split_at_checked(name.len().checked_sub(SUFFIX.len())?)?;
    (suffix.eq_ignore_ascii_case(SUFFIX) && !stem.is_empty()).then_some(stem)
}

const SUFFIX: &str = ".p7m";
/// `<?` in either order, after a byte order mark.
const UTF16_XML: [&[u8]; 2] = [b"\xff\xfe<\0?\0", b"\xfe\xff\0<\0?"];
/// What is signed and sent to offices and courts (AgID's guidelines on digital documents, annex 2).
const EXTENSIONS: [(&str, &str); 13] = [
    ("csv", "text/csv"),
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("eml", "message/rfc822"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("odt", "application/vnd.oasis.opendocument.text"),
    ("pdf", "application/pdf"),
    ("png", "image/png"),
    ("rtf", "application/rtf"),
    ("tif", "image/tiff"),
    ("txt", "text/plain"),
    ("xml", "application/xml"),
    ("zip", "application/zip"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_go_before_the_name() {
        for (head, name, expected) in [
            (&b"<?xml version=\"1.0\"?>"[..], "a.pdf", "application/xml"),
            (b"\xef\xbb\xbf\n<?xml", "a", "application/xml"),
            (b"\xff\xfe<\0?\0x\0", "a", "application/xml"),
            (b"<?xml?><!-- %PDF-1.4 -->", "a.pdf", "application/xml"),
            (b"junk\r\n%PDF-1.4", "a.xml", "application/pdf"),
            (b"<p:FatturaElettronica", "a.XML", "application/xml"),
            (b"PK\x03\x04", "a.odt", "application/vnd.oasis.opendocument.text"),
            (b"PK\x03\x04", "a", "application/octet-stream"),
            (b"", "a.unknown", "application/octet-stream"),
        ] {
            assert_eq!(media(head, Some(name)), expected, "{name}");
        }
        assert_eq!(media(b"text", None), "application/octet-stream");
    }

    #[test]
    fn a_name_loses_a_suffix_for_each_signature() {
        assert_eq!(inner_name("fattura.xml.p7m", 1), "fattura.xml");
        assert_eq!(inner_name("fattura.xml.p7m.P7M", 2), "fattura.xml");
        assert_eq!(inner_name("fattura.xml.p7m.p7m", 1), "fattura.xml.p7m");
        assert_eq!(inner_name("fattura.xml.p7m", 2), "fattura.xml");
        assert_eq!(inner_name(".p7m", 1), ".p7m");
        assert_eq!(inner_name("é.p7m", 1), "é");
    }

    #[test]
    fn signed_documents_are_known_by_name_or_type() {
        assert!(is_named(Some("a.xml.P7M"), "application/octet-stream"));
        assert!(is_named(None, "application/pkcs7-mime"));
        assert!(!is_named(Some("smime.p7s"), "application/pkcs7-signature"));
        assert!(!is_named(Some("p7m"), "text/plain"));
    }
}
