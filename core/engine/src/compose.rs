//! A draft into the bytes that are submitted, or the rule that forbids it.
//!
//! ```text
//! Draft ──check (RFC 6109 §3.1.1, RFC 5321)──> Composed { reference, recipients, raw } ──> outbox
//! ```
//! Pure: the time and the random part of the Message-ID are arguments. A message composed here is ASCII, has CRLF
//! line ends only and ends with one, so that no server has a reason to change it on its way. There is no Bcc: a
//! provider refuses it (RFC 6109 §3.1.1), so a draft has no place for it.

use jiff::Timestamp;
use mail_builder::MessageBuilder;
use mail_builder::headers::address::Address as Mailboxes;
use mail_builder::headers::raw::Raw;
use recapito_pec::Address;
use recapito_pec::daticert::ReceiptType;

/// A message as its author left it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Draft {
    /// The sender: the address of the account that submits it.
    pub from: Address,
    /// The recipients that get a delivery receipt of the kind asked for.
    pub to: Vec<Address>,
    /// The recipients whose delivery receipt is always synthetic (RFC 6109 §3.3.2).
    pub cc: Vec<Address>,
    /// The subject, any text of one line.
    pub subject: String,
    /// The text, with line ends of any kind.
    pub text: String,
    /// Which delivery receipt is asked for.
    pub receipt: ReceiptType,
}

/// A message ready to be submitted.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Composed {
    /// Its Message-ID, angle brackets included: what every receipt will cite as `<msgid>`.
    pub reference: String,
    /// The sender, for MAIL FROM: the same as From (RFC 6109 §3.1.1).
    pub sender: Address,
    /// To and Cc, each address once, for RCPT TO.
    pub recipients: Vec<Address>,
    /// The subject as certification data will give it back.
    pub subject: String,
    /// The whole message: ASCII, lines end in CRLF, the last one too.
    pub raw: Vec<u8>,
}

/// Why a draft may not be submitted: one variant for each rule. Its text names the rule and no address.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Violation {
    /// A control character where it could end a header field, or be changed on its way.
    #[error("the {0} contains a control character (RFC 5322 §2.2, §2.3)")]
    ControlCharacter(Field),
    /// A sender that is not the account's.
    #[error(
        "From is not the address of the account: a provider certifies only its own user (RFC 6109 §3.1.1)"
    )]
    ForeignSender,
    /// An address that no server can take.
    #[error("address {position} of {field} is not of the form name@domain in ASCII (RFC 5321 §4.1.2)")]
    MalformedAddress {
        /// Where it stands.
        field: Field,
        /// Which one of the field, from 1.
        position: usize,
    },
    /// Nobody in To.
    #[error("there is no recipient in To (RFC 6109 §3.1.1)")]
    NoRecipient,
    /// More bytes than the provider takes.
    #[error("size times recipients is {volume} bytes, the provider takes {limit} (RFC 6109 §3.1.1)")]
    TooLarge {
        /// Bytes of the message times the number of recipients.
        volume: u64,
        /// What the provider takes.
        limit: u64,
    },
    /// More recipients than the provider takes.
    #[error("{count} recipients, the provider takes {limit} in one message")]
    TooManyRecipients {
        /// To and Cc, each address once.
        count: usize,
        /// What the provider takes.
        limit: usize,
    },
}

/// A field of a draft.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Field {
    /// Who sends.
    From,
    /// Who receives.
    To,
    /// Who receives a copy.
    Cc,
    /// The subject.
    Subject,
    /// The text.
    Text,
}

impl std::fmt::Display for Field {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::From => "From",
            Self::To => "To",
            Self::Cc => "Cc",
            Self::Subject => "subject",
            Self::Text => "text",
        })
    }
}

/// What a provider takes in one message.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// To and Cc together.
    pub recipients: usize,
    /// Bytes of the message times the number of recipients.
    pub volume: u64,
}

impl Default for Limits {
    /// What the largest provider takes: 500 recipients and 100 MB in all (Aruba's guide, 2026). The law asks for
    /// 30 MB (RFC 6109 §3.1.1), but a provider with less to offer says so itself, at MAIL or by a refusal, and one
    /// with more must not be cut short here.
    fn default() -> Self {
        Self { recipients: 500, volume: 100_000_000 }
    }
}

/// Checks a draft and writes it as a message.
///
/// `account` is the address that the login owns. `random` must be fresh from the system's generator for every call:
/// it makes the Message-ID unique, and the Message-ID is what tells one shipment from another.
///
/// # Errors
/// The first rule that the draft breaks; then nothing has been written.
pub fn compose(
    draft: &Draft,
    account: &Address,
    limits: &Limits,
    random: [u8; 16],
    now: Timestamp,
) -> Result<Composed, Violation> {
    if draft.from != *account {
        return Err(Violation::ForeignSender);
    }
    check_addresses(draft)?;
    check_characters(draft)?;
    let to = once_each(&draft.to, &[]);
    let cc = once_each(&draft.cc, &to);
    if to.is_empty() {
        return Err(Violation::NoRecipient);
    }
    let recipients: Vec<Address> = to.iter().chain(&cc).map(|&address| address.clone()).collect();
    if recipients.len() > limits.recipients {
        return Err(Violation::TooManyRecipients { count: recipients.len(), limit: limits.recipients });
    }

    let reference =
        format!("{:032x}@{}", u128::from_be_bytes(random), draft.from.domain().unwrap_or_default());
    let raw = write(draft, &to, &cc, &reference, now);

    let volume = count(raw.len()).saturating_mul(count(recipients.len()));
    if volume > limits.volume {
        return Err(Violation::TooLarge { volume, limit: limits.volume });
    }
    Ok(Composed {
        reference: format!("<{reference}>"),
        sender: draft.from.clone(),
        recipients,
        subject: draft.subject.clone(),
        raw,
    })
}

fn check_addresses(draft: &Draft) -> Result<(), Violation> {
    let from = std::slice::from_ref(&draft.from);
    for (field, addresses) in [(Field::From, from), (Field::To, &draft.to), (Field::Cc, &draft.cc)] {
        if let Some(index) = addresses.iter().position(|address| !is_mailbox(address.as_str())) {
            return Err(Violation::MalformedAddress { field, position: index.saturating_add(1) });
        }
    }
    Ok(())
}

/// Whether an address is a dot-string at a full domain name, in ASCII (RFC 5321 §2.3.5, §4.1.2, §4.5.3.1).
///
/// Quoted local parts, address literals and SMTPUTF8 are legal mail, but no PEC box has such a name: there they are
/// a slip of the pen, better found before the letter is sent than after.
fn is_mailbox(text: &str) -> bool {
    let is_atom = |atom: &str| {
        let is_atext = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte);
        !atom.is_empty() && atom.bytes().all(is_atext)
    };
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let Some((local, domain)) = text.split_once('@') else { return false };
    local.len() <= 64
        && text.len() <= 254
        && local.split('.').all(is_atom)
        && domain.contains('.')
        && domain.split('.').all(is_label)
}

fn check_characters(draft: &Draft) -> Result<(), Violation> {
    if draft.subject.contains(char::is_control) {
        return Err(Violation::ControlCharacter(Field::Subject));
    }
    if draft
        .text
        .contains(|character: char| character.is_control() && !matches!(character, '\t' | '\n' | '\r'))
    {
        return Err(Violation::ControlCharacter(Field::Text));
    }
    Ok(())
}

/// The addresses in their order, each once, without those that `others` name already: whoever stands in To and Cc
/// counts as To (RFC 6109 §3.3.2).
fn once_each<'a>(addresses: &'a [Address], others: &[&Address]) -> Vec<&'a Address> {
    let mut seen: std::collections::BTreeSet<&Address> = others.iter().copied().collect();
    addresses.iter().filter(|address| seen.insert(address)).collect()
}

/// Header fields are encoded and folded, the text is made 7-bit, by the library.
fn write(draft: &Draft, to: &[&Address], cc: &[&Address], reference: &str, now: Timestamp) -> Vec<u8> {
    let list = |addresses: &[&Address]| {
        Mailboxes::new_list(addresses.iter().map(|address| address.as_str().to_owned().into()).collect())
    };
    let receipt = match draft.receipt {
        ReceiptType::Complete => "completa",
        ReceiptType::Brief => "breve",
        ReceiptType::Synthetic => "sintetica",
    };
    // One kind of line end, and one at the end: RFC 5322 §2.1.
    let mut text = draft.text.replace("\r\n", "\n").replace('\r', "\n");
    if !text.ends_with('\n') {
        text.push('\n');
    }
    let mut message = MessageBuilder::new()
        .message_id(reference)
        .date(now.as_second())
        .from(draft.from.as_str())
        .to(list(to));
    if !cc.is_empty() {
        message = message.cc(list(cc));
    }
    let mut raw = Vec::new();
    message
        .subject(draft.subject.as_str())
        .header("X-TipoRicevuta", Raw::new(receipt))
        .text_body(text)
        .serialize(&mut raw);
    if !raw.ends_with(b"\r\n") {
        raw.extend_from_slice(b"\r\n");
    }
    raw
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
