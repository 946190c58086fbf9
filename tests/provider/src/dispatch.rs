//! A message as its sender's provider took it in: what every notice about it repeats.
//!
//! The provider gives it an identifier of its own, which replaces the client's Message-ID; the client's is
//! kept as X-Riferimento-Message-ID, inside the original too (RFC 6109 §2.2.1). From then on the original
//! stays as it is, byte for byte.

use jiff::Timestamp;
use mailparse::{MailHeader, MailHeaderMap};

/// One message with the identifiers and addresses that receipts tell.
#[derive(Clone, Debug)]
pub struct Dispatch {
    /// The sender's address.
    pub sender: String,
    /// Where answers go: Reply-To, else the sender.
    pub reply_to: String,
    /// The recipients of To and then of Cc.
    pub recipients: Vec<Recipient>,
    /// The subject, decoded.
    pub subject: String,
    /// The subject as the header has it, perhaps encoded and folded.
    pub subject_field: String,
    /// The client's Message-ID with its angle brackets; `None` if the client gave none.
    pub reference: Option<String>,
    /// The provider's identifier, bare: the Message-ID of the envelope and of the original in it.
    pub identifier: String,
    /// The kind of delivery receipt asked for.
    pub receipt: Receipt,
    /// When the provider accepted it: the certified time.
    pub accepted_at: Timestamp,
    /// The address of the sender's provider, for what providers tell each other.
    pub provider_address: String,
    /// The original with its new Message-ID: postacert.eml.
    pub original: Vec<u8>,
}

/// One recipient of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// The address, without a display name.
    pub address: String,
    /// Whether it is a PEC box; others (`esterno`) never give a receipt.
    pub certified: bool,
    /// Whether it is in Cc; such a recipient's delivery receipt is always synthetic.
    pub copied: bool,
}

/// The kinds of delivery receipt (ricevuta di avvenuta consegna, RFC 6109 §3.3.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Receipt {
    /// `completa`: with the original.
    #[default]
    Complete,
    /// `breve`: with the original, its attachments replaced by their hashes.
    Brief,
    /// `sintetica`: without the original.
    Synthetic,
}

impl Dispatch {
    /// Takes in a message as it was submitted, lines ended by CRLF.
    pub(crate) fn take(
        submitted: &[u8],
        identifier: String,
        provider_address: String,
        at: Timestamp,
        is_certified: impl Fn(&str) -> bool,
    ) -> Self {
        let (header, body) = split(submitted);
        let headers = mailparse::parse_headers(header).map(|(headers, _)| headers).unwrap_or_default();
        let field = |name| headers.get_first_value(name);
        let sender = addresses(&headers, "From").into_iter().next().unwrap_or_default();
        let recipients = [("To", false), ("Cc", true)].into_iter().flat_map(|(name, copied)| {
            addresses(&headers, name).into_iter().map(move |address| (address, copied))
        });
        let recipient = |(address, copied): (String, bool)| {
            let certified = is_certified(&address);
            Recipient { address, certified, copied }
        };
        let reference = field("Message-ID").map(|id| id.trim().to_owned()).filter(|id| !id.is_empty());
        let raw_subject = headers.get_first_header("Subject").map(MailHeader::get_value_raw);
        Self {
            reply_to: addresses(&headers, "Reply-To").into_iter().next().unwrap_or_else(|| sender.clone()),
            recipients: recipients.map(recipient).collect(),
            subject: field("Subject").unwrap_or_default().trim().to_owned(),
            subject_field: String::from_utf8_lossy(raw_subject.unwrap_or_default()).trim().to_owned(),
            receipt: Receipt::from_word(&field("X-TipoRicevuta").unwrap_or_default()),
            original: with_identifier(header, body, &identifier, reference.as_deref()),
            sender,
            reference,
            identifier,
            accepted_at: at,
            provider_address,
        }
    }
}

impl Receipt {
    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Complete => "completa",
            Self::Brief => "breve",
            Self::Synthetic => "sintetica",
        }
    }

    /// Anything but the two other words asks for the complete receipt (RFC 6109 §3.3.2.1).
    fn from_word(word: &str) -> Self {
        match word.trim().to_ascii_lowercase().as_str() {
            "breve" => Self::Brief,
            "sintetica" => Self::Synthetic,
            _ => Self::Complete,
        }
    }
}

/// The original, with the client's Message-ID kept as the reference.
fn with_identifier(header: &[u8], body: &[u8], identifier: &str, reference: Option<&str>) -> Vec<u8> {
    let mut original = Vec::with_capacity(header.len() + body.len() + 200);
    for field in fields(header) {
        if !is_named(field, "Message-ID") && !is_named(field, "X-Riferimento-Message-ID") {
            original.extend_from_slice(field);
        }
    }
    original.extend_from_slice(format!("Message-ID: <{identifier}>\r\n").as_bytes());
    if let Some(reference) = reference {
        original.extend_from_slice(format!("X-Riferimento-Message-ID: {reference}\r\n").as_bytes());
    }
    original.extend_from_slice(b"\r\n");
    original.extend_from_slice(body);
    original
}

/// Header and body of a message, without the empty line between them.
pub(crate) fn split(message: &[u8]) -> (&[u8], &[u8]) {
    if let Some(body) = message.strip_prefix(b"\r\n") {
        return (&[], body);
    }
    match message.windows(4).position(|window| window == b"\r\n\r\n") {
        Some(end) => (&message[..end + 2], &message[end + 4..]),
        None => (message, &[]),
    }
}

/// The fields of a header, each with its continuation lines and its line end.
pub(crate) fn fields(header: &[u8]) -> Vec<&[u8]> {
    let mut fields = Vec::new();
    let mut start = 0;
    for (at, pair) in header.windows(3).enumerate() {
        if pair.starts_with(b"\r\n") && !matches!(pair[2], b' ' | b'\t') {
            fields.push(&header[start..at + 2]);
            start = at + 2;
        }
    }
    if start < header.len() {
        fields.push(&header[start..]);
    }
    fields
}

/// Whether a field has this name, whatever the case.
pub(crate) fn is_named(field: &[u8], name: &str) -> bool {
    let found = field.split(|&octet| octet == b':').next().unwrap_or_default();
    found.trim_ascii_end().eq_ignore_ascii_case(name.as_bytes())
}

/// The addresses in every field of this name, in order, without display names; none where it cannot be read.
pub(crate) fn addresses(headers: &[MailHeader<'_>], name: &str) -> Vec<String> {
    let mut found = Vec::new();
    for header in headers.get_all_headers(name) {
        let Ok(list) = mailparse::addrparse_header(header) else { continue };
        for entry in list.iter() {
            match entry {
                mailparse::MailAddr::Single(single) => found.push(single.addr.clone()),
                mailparse::MailAddr::Group(group) => {
                    found.extend(group.addrs.iter().map(|single| single.addr.clone()));
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUBMITTED: &[u8] = b"From: Anna <anna@pec.example.test>\r\n\
        Message-Id:\r\n <one@client.example.test>\r\n\
        To: berto@pec.example.test,\r\n\t\"Carla, avv.\" <carla@elsewhere.example.test>\r\n\
        Cc: dario@pec.example.test\r\nSubject: =?utf-8?Q?Citt=C3=A0?=\r\nX-TipoRicevuta: breve\r\n\
        \r\nMessage-ID: not a header\r\n";

    fn take(submitted: &[u8]) -> Dispatch {
        let certified = |address: &str| address.ends_with("pec.example.test");
        let provider = "posta-certificata@pec.example.test".to_owned();
        Dispatch::take(
            submitted,
            "id@pec.example.test".to_owned(),
            provider,
            Timestamp::UNIX_EPOCH,
            certified,
        )
    }

    #[test]
    fn the_reference_moves_aside_for_the_identifier() {
        let dispatch = take(SUBMITTED);
        assert_eq!(dispatch.reference.as_deref(), Some("<one@client.example.test>"));
        let original = String::from_utf8(dispatch.original).unwrap();
        let (header, body) = original.split_once("\r\n\r\n").unwrap();
        let end = "Message-ID: <id@pec.example.test>\r\nX-Riferimento-Message-ID: <one@client.example.test>";
        assert!(header.ends_with(end), "{header}");
        assert_eq!(header.to_lowercase().matches("one@client").count(), 1);
        assert_eq!(body, "Message-ID: not a header\r\n");
    }

    #[test]
    fn recipients_subject_and_receipt_are_read() {
        let dispatch = take(SUBMITTED);
        let recipients: Vec<_> = dispatch
            .recipients
            .iter()
            .map(|each| (each.address.as_str(), each.certified, each.copied))
            .collect();
        let expected = [
            ("berto@pec.example.test", true, false),
            ("carla@elsewhere.example.test", false, false),
            ("dario@pec.example.test", true, true),
        ];
        assert_eq!(recipients, expected);
        assert_eq!(dispatch.subject, "Città");
        assert_eq!(dispatch.subject_field, "=?utf-8?Q?Citt=C3=A0?=");
        assert_eq!(dispatch.receipt, Receipt::Brief);
        assert_eq!(dispatch.reply_to, "anna@pec.example.test");
    }

    #[test]
    fn a_message_without_anything_is_taken_in_too() {
        for submitted in [&b""[..], b"\r\n", b"\r\n\r\n", b"no header at all", b": \r\n \r\n"] {
            let dispatch = take(submitted);
            assert_eq!((dispatch.reference, dispatch.recipients.len()), (None, 0));
        }
    }
}
