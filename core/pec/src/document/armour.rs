//! What a `.p7m` may be wrapped in besides: base64, once or twice, with or without the lines of PEM (RFC 7468).
//!
//! Some signing programs write base64 into the file itself, and a mail program adds its own around it; of that outer
//! one nothing is left here. The first bytes decide, before anything large is decoded.

use std::borrow::Cow;

use crate::message::Encoding;
use crate::signature::enclosed::is_signed_data;

/// The BER in a file; `None` where there is no signed document.
pub(super) fn strip(file: Cow<'_, [u8]>) -> Option<Cow<'_, [u8]>> {
    if !begins_signed(file.get(..HEAD).unwrap_or(&file)) {
        return None;
    }
    let mut file = file;
    for _ in 0..MAX_ARMOUR {
        if is_signed_data(&file) {
            break;
        }
        file = Cow::Owned(decode(&file));
    }
    Some(file)
}

/// Whether what begins with these bytes, the first of a file, is a signed document.
pub(super) fn begins_signed(head: &[u8]) -> bool {
    let mut head = Cow::Borrowed(head);
    for _ in 0..MAX_ARMOUR {
        if is_signed_data(&head) {
            return true;
        }
        head = Cow::Owned(decode(&head));
    }
    is_signed_data(&head)
}

fn decode(text: &[u8]) -> Vec<u8> {
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text).trim_ascii_start();
    let body = match text.strip_prefix(b"-----BEGIN ") {
        Some(armoured) => {
            let start = memchr::memchr(b'\n', armoured).unwrap_or(armoured.len());
            let body = armoured.get(start..).unwrap_or_default();
            let end = memchr::memmem::find(body, b"-----").unwrap_or(body.len());
            body.get(..end).unwrap_or_default()
        }
        None => text,
    };
    // What is broken in it is for the reader of BER to find: it has a whole signature in it or not.
    Encoding::Base64.decode(body, body.len()).bytes
}

/// A signature has to begin within this, decoded twice.
const HEAD: usize = 1024;
const MAX_ARMOUR: usize = 2;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    /// As much of a signature as is looked at.
    const SIGNED: &[u8] = &[0x30, 0x80, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2, 0xa0, 0x80];

    fn check(file: &[u8], is_signed: bool) {
        let found = strip(Cow::Borrowed(file));
        assert_eq!(found.as_deref(), is_signed.then_some(SIGNED), "{}", String::from_utf8_lossy(file));
        assert_eq!(begins_signed(file), is_signed);
    }

    #[test]
    fn base64_and_pem_come_off() {
        let base64 = STANDARD.encode(SIGNED);
        check(SIGNED, true);
        check(base64.as_bytes(), true);
        check(format!("\u{feff}\r\n  {}\r\n{}\n\n", &base64[..7], &base64[7..]).as_bytes(), true);
        check(STANDARD.encode(&base64).as_bytes(), true);
        for label in ["PKCS7", "CMS"] {
            let pem = format!("-----BEGIN {label}-----\r\n{base64}\r\n-----END {label}-----\r\n");
            check(pem.as_bytes(), true);
        }
        check(STANDARD.encode(STANDARD.encode(&base64)).as_bytes(), false);
    }

    #[test]
    fn what_is_no_signature_is_none() {
        for file in
            [&b""[..], b"M", b"Message-ID: <1@example.test>\r\n", b"-----BEGIN", b"%PDF-1.7", b"0", b"\0\0"]
        {
            check(file, false);
        }
    }
}
