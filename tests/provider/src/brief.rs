//! The original as a brief receipt returns it: every attachment replaced by its hash (RFC 6109 §3.3.2.2).
//!
//! A part with a name becomes `NAME.hash`, text/plain, 40 hex digits: the SHA-1 of the part's content as it
//! is encoded, without the line end before the boundary. An attached message is hashed whole. Of a signed
//! original only the first half changes, and a CMS object (pkcs7-mime) stays: its parts cannot be told apart.
//! No real brief receipt with attachments was at hand; this is the text of the RFC.

use std::ops::Range;

use mailparse::ParsedMail;
use sha1::{Digest, Sha1};

use crate::dispatch::split;

/// The original with its attachments replaced. What cannot be parsed stays as it is.
pub(crate) fn brief(original: &[u8]) -> Vec<u8> {
    let Ok(message) = mailparse::parse_mail(original) else { return original.to_vec() };
    let mut attachments = Vec::new();
    for part in children(&message) {
        collect(original, part, &mut attachments);
    }
    let mut result = Vec::with_capacity(original.len());
    let mut end = 0;
    for (range, replacement) in attachments {
        result.extend_from_slice(&original[end..range.start]);
        result.extend_from_slice(replacement.as_bytes());
        end = range.end;
    }
    result.extend_from_slice(&original[end..]);
    result
}

/// The parts that may be replaced, or hold such.
fn children<'a>(part: &'a ParsedMail<'a>) -> &'a [ParsedMail<'a>] {
    match part.ctype.mimetype.as_str() {
        "multipart/signed" => part.subparts.get(..1).unwrap_or_default(),
        _ => &part.subparts,
    }
}

fn collect(original: &[u8], part: &ParsedMail<'_>, attachments: &mut Vec<(Range<usize>, String)>) {
    if let Some(name) = attachment_name(part) {
        let start = part.raw_bytes.as_ptr().addr() - original.as_ptr().addr();
        let (_, content) = split(part.raw_bytes);
        attachments.push((start..start + part.raw_bytes.len(), hash_part(&name, content)));
        return;
    }
    for child in children(part) {
        collect(original, child, attachments);
    }
}

/// The name of an attachment; `None` for a part that is none.
fn attachment_name(part: &ParsedMail<'_>) -> Option<String> {
    if part.ctype.mimetype.starts_with("multipart/") {
        return None;
    }
    let disposition = part.get_content_disposition();
    let name = disposition.params.get("filename").or_else(|| part.ctype.params.get("name"));
    match name {
        Some(name) => Some(name.clone()),
        None => (part.ctype.mimetype == "message/rfc822").then(|| "message.eml".to_owned()),
    }
}

fn hash_part(name: &str, content: &[u8]) -> String {
    let digest = Sha1::digest(content).iter().map(|octet| format!("{octet:02x}")).collect::<String>();
    let name = name.replace(['"', '\\', '\r', '\n'], "_");
    format!(
        "Content-Type: text/plain; name=\"{name}.hash\"\r\n\
         Content-Transfer-Encoding: 7bit\r\n\
         Content-Disposition: attachment; filename=\"{name}.hash\"\r\n\
         \r\n\
         {digest}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn original(kind: &str, parts: &[&str]) -> Vec<u8> {
        let mut text = format!("Subject: x\r\nContent-Type: multipart/{kind}; boundary=b\r\n\r\n");
        for part in parts {
            text.push_str(&format!("--b\r\n{part}\r\n"));
        }
        text.push_str("--b--\r\n");
        text.into_bytes()
    }

    #[test]
    fn attachments_become_hashes_and_the_text_stays() {
        let text = "Content-Type: text/plain\r\n\r\nGood morning";
        let file =
            "Content-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nAAECAw==";
        let attached = "Content-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\nbody";
        let made = String::from_utf8(brief(&original("mixed", &[text, file, attached]))).unwrap();
        assert!(made.contains(text));
        // printf 'AAECAw==' | sha1sum
        assert!(made.contains("name=\"a.pdf.hash\""), "{made}");
        assert!(made.contains("\r\n\r\n8b985a66844b5c390afa84cd1a63b03e63e45754\r\n--b"));
        assert!(made.contains("filename=\"message.eml.hash\""));
        assert!(!made.contains("AAECAw==") && !made.contains("inner"));
        assert!(made.ends_with("\r\n--b--\r\n"));
    }

    #[test]
    fn the_second_half_of_a_signed_original_stays() {
        let file = "Content-Type: application/pdf; name=a.pdf\r\n\r\nAAECAw==";
        let signature = "Content-Type: application/pkcs7-signature; name=smime.p7s\r\n\r\nMIIB";
        let made = String::from_utf8(brief(&original("signed", &[file, signature]))).unwrap();
        assert!(made.contains("a.pdf.hash") && made.contains(signature));
    }

    #[test]
    fn an_original_without_attachments_stays_as_it_is() {
        let plain = b"Subject: x\r\n\r\nbody\r\n";
        assert_eq!(brief(plain), plain);
        let cms = b"Content-Type: application/pkcs7-mime; name=smime.p7m\r\n\r\nMIIB\r\n";
        assert_eq!(brief(cms), cms);
    }
}
