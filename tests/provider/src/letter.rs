//! How a provider's message is put together, and signed: the bytes on the wire.
//!
//! ```text
//! multipart/signed ─┬─ multipart/mixed ─┬─ multipart/alternative (text, HTML; ISO-8859-1)
//!                   │                   ├─ daticert.xml  ┐ in either order,
//!                   │                   └─ postacert.eml ┘ each only if there is one
//!                   └─ smime.p7s
//! ```
//! Written by hand, since the very habits that differ between providers are what a reader must bear.
//! Lines end with CRLF throughout.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;

use crate::authority::Signer;
use crate::certdata::escape;
use crate::dispatch;
use crate::house::{Build, Placement, Style};
use crate::notice::Words;
use crate::signature::{self, Digest};

/// A message of a provider before it has its form.
pub(crate) struct Letter {
    /// Header fields with their line ends, without those that MIME adds.
    pub(crate) fields: Vec<String>,
    pub(crate) words: Words,
    /// The text of daticert.xml.
    pub(crate) certdata: Option<String>,
    /// postacert.eml.
    pub(crate) original: Option<Vec<u8>>,
}

impl Letter {
    /// The signed message.
    pub(crate) fn sealed(
        &self,
        style: &Style,
        signer: &Signer,
        time: Timestamp,
        marks: &mut fastrand::Rng,
    ) -> Vec<u8> {
        let content = self.content(style, time, marks);
        let p7s = base64_lines(&signature::sign(signer, &content, time, style.digest, style.encoding), 64);
        let (before, after) = self.arranged(style.build);
        let (head, part) = match style.build {
            Build::OpenSsl => {
                let boundary = format!("----{:032X}", marks.u128(..));
                let micalg = micalg(style.digest, "");
                let head = format!(
                    "{before}MIME-Version: 1.0\r\n\
                     Content-Type: multipart/signed; protocol=\"application/x-pkcs7-signature\"; \
                     micalg=\"{micalg}\"; boundary=\"{boundary}\"\r\n\
                     {after}\r\nThis is an S/MIME signed message\r\n\r\n--{boundary}\r\n"
                );
                let part = format!(
                    "\r\n--{boundary}\r\n\
                     Content-Type: application/x-pkcs7-signature; name=\"smime.p7s\"\r\n\
                     Content-Transfer-Encoding: base64\r\n\
                     Content-Disposition: attachment; filename=\"smime.p7s\"\r\n\r\n\
                     {p7s}\r\n--{boundary}--\r\n"
                );
                (head, part)
            }
            Build::JakartaMail | Build::Legalmail => {
                let boundary = java_boundary(time, marks);
                let micalg = micalg(style.digest, "-");
                let head = format!(
                    "{before}MIME-Version: 1.0\r\n\
                     Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; \
                     micalg={micalg}; \r\n\tboundary=\"{boundary}\"\r\n\
                     {after}\r\n--{boundary}\r\n"
                );
                let part = format!(
                    "\r\n--{boundary}\r\n\
                     Content-Type: application/pkcs7-signature; name=smime.p7s\r\n\
                     Content-Transfer-Encoding: base64\r\n\
                     Content-Disposition: attachment; filename=smime.p7s\r\n\
                     Content-Description: S/MIME Cryptographic Signature\r\n\r\n\
                     {p7s}--{boundary}--\r\n"
                );
                (head, part)
            }
        };
        [head.as_bytes(), &content, part.as_bytes()].concat()
    }

    /// The message without a signature.
    pub(crate) fn open(&self, style: &Style, time: Timestamp, marks: &mut fastrand::Rng) -> Vec<u8> {
        let head = format!("{}MIME-Version: 1.0\r\n", self.fields.concat());
        [head.into_bytes(), self.content(style, time, marks)].concat()
    }

    /// The header fields before and after those of MIME.
    ///
    /// Jakarta Mail has an order of its own, in which unknown names come last; the others keep the order of
    /// writing.
    fn arranged(&self, build: Build) -> (String, String) {
        if build == Build::OpenSsl {
            return (self.fields.concat(), String::new());
        }
        let known =
            ["Return-Path", "Received", "Date", "From", "Reply-To", "To", "Cc", "Message-ID", "Subject"];
        let is_named = |field: &str, name: &str| dispatch::is_named(field.as_bytes(), name);
        let place = |field: &String| known.iter().position(|name| is_named(field, name));
        let (mut before, after): (Vec<_>, Vec<_>) =
            self.fields.iter().cloned().partition(|field| place(field).is_some());
        before.sort_by_key(place);
        (before.concat(), after.concat())
    }

    /// What is signed: the multipart/mixed with its header. Ends with a line end of its own.
    fn content(&self, style: &Style, time: Timestamp, marks: &mut fastrand::Rng) -> Vec<u8> {
        let boundary = inner_boundary(style.build, time, marks);
        let folded = match style.build {
            Build::OpenSsl => " ",
            Build::JakartaMail | Build::Legalmail => " \r\n\t",
        };
        let transfer = match style.build {
            Build::OpenSsl => "Content-Transfer-Encoding: binary\r\nMIME-Version: 1.0\r\n",
            Build::JakartaMail | Build::Legalmail => "",
        };
        let head = format!("Content-Type: multipart/mixed;{folded}boundary=\"{boundary}\"\r\n{transfer}\r\n");

        let mut parts = vec![self.readable(style.build, time, marks)];
        let certdata = self.certdata.as_deref().map(|xml| certdata_part(xml, style));
        let original = self.original.as_deref().map(|original| original_part(original, style.certdata));
        match style.certdata {
            Placement::InlineFirst => parts.extend(certdata.into_iter().chain(original)),
            Placement::AttachedLast => parts.extend(original.into_iter().chain(certdata)),
        }
        let mut content = head.into_bytes();
        for part in parts {
            content.extend_from_slice(format!("--{boundary}\r\n").as_bytes());
            content.extend_from_slice(&part);
            content.extend_from_slice(b"\r\n");
        }
        content.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
        content
    }

    /// The words as text and as HTML. RFC 6109 §4.3.1: ISO-8859-1; what it does not have becomes `?`.
    fn readable(&self, build: Build, time: Timestamp, marks: &mut fastrand::Rng) -> Vec<u8> {
        let boundary = inner_boundary(build, time, marks);
        let Words { title, lines } = &self.words;
        let text = format!("-- {title} --\r\n\r\n{}\r\n", lines.join("\r\n"));
        let html_lines = lines.iter().map(|line| format!("{}<br>\r\n", escape(line))).collect::<String>();
        let html = format!(
            "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<h3>{title}</h3>\r\n<hr><br>\r\n\
             {html_lines}</body>\r\n</html>\r\n",
            title = escape(title),
        );
        let part = |kind: &str, text: &str| {
            format!(
                "--{boundary}\r\nContent-Type: text/{kind}; charset=\"iso-8859-1\"\r\n\
                 Content-Disposition: inline\r\n\
                 Content-Transfer-Encoding: quoted-printable\r\n\r\n{}\r\n",
                quoted_printable::encode_to_str(latin_1(text)),
            )
        };
        let transfer = match build {
            Build::OpenSsl => "Content-Transfer-Encoding: binary\r\n",
            Build::JakartaMail | Build::Legalmail => "",
        };
        format!(
            "Content-Type: multipart/alternative;\r\n boundary=\"{boundary}\"\r\n{transfer}\r\n{}{}--{boundary}--\r\n",
            part("plain", &text),
            part("html", &html),
        )
        .into_bytes()
    }
}

fn certdata_part(xml: &str, style: &Style) -> Vec<u8> {
    let part = match style.certdata {
        Placement::InlineFirst => {
            // Jakarta Mail's ends with a stray line end, as Aruba's do in 2026.
            let (xml, width) = match style.build {
                Build::OpenSsl => (xml.to_owned(), 60),
                Build::JakartaMail | Build::Legalmail => (format!("{xml}\r\n"), 76),
            };
            format!(
                "Content-Type: application/xml; name=\"daticert.xml\"\r\n\
                 Content-Disposition: inline; filename=\"daticert.xml\"\r\n\
                 Content-Transfer-Encoding: base64\r\n\r\n{}",
                base64_lines(xml.as_bytes(), width),
            )
        }
        Placement::AttachedLast => format!(
            "Content-Type: application/xml; name=daticert.xml\r\n\
             Content-Transfer-Encoding: quoted-printable\r\n\
             Content-Disposition: attachment; filename=daticert.xml\r\n\r\n{}",
            quoted_printable::encode_to_str(xml.replace('\n', "\r\n")),
        ),
    };
    part.into_bytes()
}

fn original_part(original: &[u8], placement: Placement) -> Vec<u8> {
    let disposition = match placement {
        Placement::InlineFirst => "inline",
        Placement::AttachedLast => "attachment",
    };
    let transfer = if original.is_ascii() { "7bit" } else { "8bit" };
    let head = format!(
        "Content-Type: message/rfc822; name=\"postacert.eml\"\r\n\
         Content-Disposition: {disposition}; filename=\"postacert.eml\"\r\n\
         Content-Transfer-Encoding: {transfer}\r\n\r\n"
    );
    [head.as_bytes(), original].concat()
}

fn inner_boundary(build: Build, time: Timestamp, marks: &mut fastrand::Rng) -> String {
    match build {
        Build::OpenSsl => {
            format!(
                "----------=_{}-{}-{}",
                time.as_second(),
                marks.u32(1_000..99_999),
                marks.u32(100..99_999)
            )
        }
        Build::JakartaMail | Build::Legalmail => java_boundary(time, marks),
    }
}

fn java_boundary(time: Timestamp, marks: &mut fastrand::Rng) -> String {
    let (count, hash) = (marks.u32(1_000..9_999_999), marks.u32(1..i32::MAX.unsigned_abs()));
    format!("----=_Part_{count}_{hash}.{}", time.as_millisecond())
}

fn micalg(digest: Digest, dash: &str) -> String {
    let bits = match digest {
        Digest::Sha1 => "1",
        Digest::Sha256 => "256",
        Digest::Sha512 => "512",
    };
    format!("sha{dash}{bits}")
}

/// Base64 in lines of `width` characters, each with its line end.
fn base64_lines(bytes: &[u8], width: usize) -> String {
    let encoded = BASE64_STANDARD.encode(bytes);
    let mut lines = String::with_capacity(encoded.len() + encoded.len() / width * 2 + 2);
    for (at, character) in encoded.chars().enumerate() {
        if at > 0 && at % width == 0 {
            lines.push_str("\r\n");
        }
        lines.push(character);
    }
    lines + "\r\n"
}

fn latin_1(text: &str) -> Vec<u8> {
    text.chars().map(|character| u8::try_from(u32::from(character)).unwrap_or(b'?')).collect()
}
