//! What a delivery receipt proves of the message that was sent, part by part (RFC 6109 §3.3.2).
//!
//! ```text
//! receipt ──admit──> trusted delivery of this very message ──> its copy of the original ─┐
//! sent ─────────────────────────────────────────────────────────> parts, header fields ──┴─compare──> Proof
//! ```
//! A complete receipt holds a copy; a brief one a copy with a hash in the place of each part that has a name and of
//! each attached message; a synthetic one nothing. Who received it, and when, is for [`crate::delivery`].
//! A hash covers a part as it was encoded, not its header: the name of the hash proves the part's name, while type
//! and transfer encoding are what the sent message says.

mod field;
mod hash;
mod line_end;
mod outline;
mod pairing;

use std::collections::BTreeSet;

use crate::daticert::ReceiptType;
use crate::message::{Message, Part};
use crate::verification::original;
use crate::{Kind, Verdict, Verification};

use outline::Outline;

pub use field::FieldDifference;
pub use hash::{Algorithm, Reading};

/// What is proven of a message that was sent.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Proof {
    /// Every part that was sent, in order, then those that only the receipt has. A message attached to the message
    /// is one part.
    pub parts: Vec<PartProof>,
    /// The header fields for people that are not the same in the receipt's copy; empty where there is none.
    pub fields: Vec<FieldDifference>,
    /// Why less is proven than could be.
    pub problems: BTreeSet<Problem>,
}

/// What is proven of one part.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PartProof {
    /// Its number in the message that was sent, see [`Part::number`]; of an added one, in the receipt's copy.
    pub part: String,
    /// Its file name.
    pub name: Option<String>,
    /// What it is to a reader.
    pub role: Role,
    /// What the receipt says of it.
    pub state: State,
}

/// What a part is to a reader.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Role {
    /// A file or a message that came with the message.
    Attachment,
    /// The text of the message, or one of its forms.
    Text,
}

/// What a receipt says of a part.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum State {
    /// The receipt's copy has it, the message that was sent has not.
    Added,
    /// The receipt has it otherwise.
    Differs(Difference),
    /// The receipt's copy does not have it.
    Missing,
    /// The receipt cannot speak of it; why says [`Proof::problems`].
    NotCovered,
    /// It is what was delivered.
    Proven(Means),
}

/// In what a part is not the one in the receipt. The first that applies.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Difference {
    /// The content is another.
    Content,
    /// The receipt's hash does not fit: the content is another, or it travelled in another encoding (lines of another
    /// length, say), over which another hash is taken.
    Hash,
    /// The content is the same, the file name another.
    Name,
    /// Content and name are the same, media type or charset others.
    Type,
}

/// How a part is proven.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Means {
    /// The receipt holds the same part.
    Copy,
    /// The receipt holds its hash.
    Hash {
        /// By which algorithm; RFC 6109 knows SHA-1 only.
        algorithm: Algorithm,
        /// Over which of its bytes.
        reading: Reading,
    },
}

/// Why less is proven than was sent.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Problem {
    /// The receipt speaks of another Message-ID than that of the message sent.
    AnotherMessage,
    /// The receipt should hold the original, and does not.
    CopyMissing,
    /// The message sent has no Message-ID, or several.
    MessageIdMissing,
    /// It is no delivery receipt.
    NotDelivery,
    /// The receipt cannot be believed.
    NotTrusted,
    /// The receipt does not say of which message it speaks.
    ReferenceMissing,
    /// The parts are the same, in another order or put together in another way.
    StructureDiffers,
    /// The structure of the message sent, or of the copy, can be read in more than one way or exceeds what is read.
    StructureUnclear,
    /// A synthetic receipt holds nothing of the message.
    Synthetic,
    /// The receipt does not say whether it is complete, brief or synthetic.
    TypeMissing,
}

/// Says what a receipt proves of a message. `verification` is that of the bytes in `receipt`; `sent` are the bytes
/// that were submitted, LF or CRLF. Time and memory are linear in the sizes.
pub fn prove(receipt: &[u8], verification: &Verification, sent: &[u8]) -> Proof {
    let (receipt, sent) = (Message::parse(receipt), Message::parse(sent));
    let copy = original(&receipt).map(|copy| Message::parse(copy.raw()));
    match admit(verification, copy.as_ref(), sent.root()) {
        Ok((receipt, copy)) => compare(receipt, copy.root(), sent.root()),
        Err(problem) => Proof::nothing(&Outline::of(sent.root()), problem),
    }
}

impl Proof {
    /// Whether everything that was sent is proven, and nothing but that was delivered.
    pub fn is_complete(&self) -> bool {
        let is_proven = |part: &PartProof| matches!(part.state, State::Proven(_));
        self.problems.is_empty() && self.fields.is_empty() && self.parts.iter().all(is_proven)
    }

    /// Whether the receipt could not be compared with what was sent at all.
    pub fn covers_nothing(&self) -> bool {
        self.parts.iter().all(|part| part.state == State::NotCovered)
    }

    fn nothing(sent: &Outline<'_>, problem: Problem) -> Self {
        let parts = sent.leaves.iter().map(|leaf| leaf.proof(State::NotCovered)).collect();
        Self { parts, fields: Vec::new(), problems: BTreeSet::from([problem]) }
    }
}

/// The type and the copy of a receipt that can prove something of this message.
fn admit<'m>(
    verification: &Verification,
    copy: Option<&'m Message<'m>>,
    sent: Part<'_>,
) -> Result<(ReceiptType, &'m Message<'m>), Problem> {
    if verification.verdict != Verdict::Trusted {
        return Err(Problem::NotTrusted);
    }
    let data = verification.certdata.as_ref().filter(|_| verification.kind == Kind::Delivery);
    let data = data.ok_or(Problem::NotDelivery)?;
    let receipt = match data.receipt {
        Some(ReceiptType::Synthetic) => return Err(Problem::Synthetic),
        Some(receipt) => receipt,
        None => return Err(Problem::TypeMissing),
    };
    // `<msgid>` is optional; the provider has kept the id in the original too (RFC 6109 §2.2.1), and signed it.
    let kept = || Some(copy?.root().fields().only("X-Riferimento-Message-ID")?.word());
    let certified = data.reference.clone().filter(|reference| !reference.is_empty());
    let reference = certified.or_else(kept).ok_or(Problem::ReferenceMissing)?;
    let id = sent.fields().only("Message-ID").ok_or(Problem::MessageIdMissing)?.word();
    match bare(&id) {
        "" => Err(Problem::MessageIdMissing),
        id if id != bare(&reference) => Err(Problem::AnotherMessage),
        _ => Ok((receipt, copy.ok_or(Problem::CopyMissing)?)),
    }
}

/// An id without the angle brackets that some leave out.
fn bare(id: &str) -> &str {
    id.strip_prefix('<').and_then(|id| id.strip_suffix('>')).unwrap_or(id)
}

fn compare(receipt: ReceiptType, copy: Part<'_>, sent: Part<'_>) -> Proof {
    let outlines = (Outline::of(sent), Outline::of(copy));
    let (of_sent, of_copy) = (&outlines.0, &outlines.1);
    let fields = field::differences(sent.fields(), copy.fields());
    // Equal bytes are equal in every reading. Not so in a brief receipt: there the hashes are the provider's.
    if receipt == ReceiptType::Complete && is_same_body(sent, copy) {
        let parts = of_sent.leaves.iter().map(|leaf| leaf.proof(State::Proven(Means::Copy))).collect();
        return Proof { parts, fields, problems: BTreeSet::new() };
    }
    if !(of_sent.is_clear && of_copy.is_clear) {
        return Proof { fields, ..Proof::nothing(of_sent, Problem::StructureUnclear) };
    }
    let pairing = pairing::pair(of_sent, of_copy, receipt);
    let sent_parts = of_sent.leaves.iter().zip(&pairing.states).map(|(leaf, state)| leaf.proof(*state));
    let added = pairing.added.iter().filter_map(|index| of_copy.leaves.get(*index));
    let added = added.map(|leaf| leaf.proof(State::Added));
    let parts: Vec<_> = sent_parts.chain(added).collect();

    let is_whole = !parts.iter().any(|part| matches!(part.state, State::Added | State::Missing));
    let is_alike = pairing.is_in_order && of_sent.skeleton == of_copy.skeleton;
    let problems = (is_whole && !is_alike).then_some(Problem::StructureDiffers);
    Proof { parts, fields, problems: problems.into_iter().collect() }
}

/// Whether two messages have the same body, byte for byte but for line ends, and the fields that say how to read it.
fn is_same_body(one: Part<'_>, other: Part<'_>) -> bool {
    let is_same_field = |name: &str| {
        let values = |part: Part<'_>| part.fields().all(name).map(field::squeezed).collect::<Vec<_>>();
        values(one) == values(other)
    };
    let body = |part| line_end::canonical(line_end::without_last(Part::body(part)));
    is_same_field("Content-Type") && is_same_field("Content-Transfer-Encoding") && body(one) == body(other)
}

impl Role {
    /// The word of the command line's contract.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Attachment => "attachment",
            Self::Text => "text",
        }
    }
}

impl State {
    /// The word of the command line's contract.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Differs(_) => "differs",
            Self::Missing => "missing",
            Self::NotCovered => "not-covered",
            Self::Proven(_) => "proven",
        }
    }
}

impl Difference {
    /// The word of the command line's contract.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Content => "content",
            Self::Hash => "hash",
            Self::Name => "name",
            Self::Type => "type",
        }
    }
}

impl Problem {
    /// The word of the command line's contract.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AnotherMessage => "another-message",
            Self::CopyMissing => "copy-missing",
            Self::MessageIdMissing => "message-id-missing",
            Self::NotDelivery => "not-a-delivery",
            Self::NotTrusted => "not-trusted",
            Self::ReferenceMissing => "reference-missing",
            Self::StructureDiffers => "structure-differs",
            Self::StructureUnclear => "structure-unclear",
            Self::Synthetic => "synthetic",
            Self::TypeMissing => "type-missing",
        }
    }
}

#[cfg(test)]
mod tests;
