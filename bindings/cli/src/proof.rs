//! What a delivery receipt proves of the message sent, in words and in JSON.
//!
//! One line when all is well, else one for each part, field and reason. Plain words: what was compared, and with what
//! result; no legal conclusion.

use recapito_pec::daticert::ReceiptType;
use recapito_pec::proof::{
    Algorithm, Difference, FieldDifference, Means, PartProof, Problem, Proof, Role, State,
};
use serde::Serialize;

use crate::language::{Language, say, text};
use crate::output::{Tone, plain, toned};
use crate::word;

/// The outcome in one line.
pub(crate) fn summary(proof: &Proof, receipt: Option<ReceiptType>) -> String {
    let receipt = receipt.map(word::receipt).unwrap_or_default();
    let attachments = proof.parts.iter().filter(|part| part.role == Role::Attachment).count();
    if proof.is_complete() {
        let proven = match attachments {
            0 => {
                say!("contenuto provato dalla ricevuta {receipt}", "content proven by the {receipt} receipt")
            }
            1 => say!(
                "contenuto e 1 allegato provati dalla ricevuta {receipt}",
                "content and 1 attachment proven by the {receipt} receipt"
            ),
            _ => say!(
                "contenuto e {attachments} allegati provati dalla ricevuta {receipt}",
                "content and {attachments} attachments proven by the {receipt} receipt"
            ),
        };
        return toned(Tone::Good, &proven);
    }
    match (proof.problems.first(), proof.covers_nothing()) {
        (Some(Problem::Synthetic), _) => {
            toned(Tone::Watch, text("contenuto non provato: ", "content not proven: "))
                + problem(Problem::Synthetic)
        }
        (Some(first), true) => {
            toned(Tone::Bad, text("contenuto NON provato: ", "content NOT proven: ")) + problem(*first)
        }
        _ => toned(Tone::Bad, text("NON tutto è provato", "NOT everything is proven")),
    }
}

/// A line for each part, where they could be compared, then for each field that differs, then for each further reason.
pub(crate) fn details(proof: &Proof) -> Vec<String> {
    let parts = proof.parts.iter().filter(|_| !proof.covers_nothing()).map(part_line);
    let fields = proof.fields.iter().map(field_line);
    let reasons = proof.problems.iter().filter(|problem| **problem == Problem::StructureDiffers);
    let reasons = reasons.map(|reason| format!("{} {}", toned(Tone::Bad, "✗"), problem(*reason)));
    parts.chain(fields).chain(reasons).collect()
}

fn part_line(part: &PartProof) -> String {
    let (tone, mark) = match part.state {
        State::Proven(_) => (Tone::Good, "✓"),
        State::NotCovered => (Tone::Watch, "–"),
        State::Added | State::Differs(_) | State::Missing => (Tone::Bad, "✗"),
    };
    let role = match part.role {
        Role::Attachment => text("allegato", "attachment"),
        Role::Text => text("testo", "text"),
    };
    let name = part.name.as_deref().map(|name| format!(" {}", plain(name))).unwrap_or_default();
    format!("{} {role} {}{name}: {}", toned(tone, mark), part.part, state(part.state))
}

fn state(state: State) -> &'static str {
    let (italian, english) = match state {
        State::Added => {
            ("nella ricevuta c'è, nel messaggio inviato no", "in the receipt, but not in the message sent")
        }
        State::Differs(Difference::Content) => {
            ("il contenuto NON è quello della ricevuta", "the content is NOT that of the receipt")
        }
        State::Differs(Difference::Hash) => (
            "l'impronta nella ricevuta non corrisponde: altro contenuto, o codificato in altro modo",
            "its hash in the receipt does not fit: another content, or encoded otherwise",
        ),
        State::Differs(Difference::Name) => (
            "il contenuto è quello della ricevuta, il nome NO",
            "the content is that of the receipt, the name is NOT",
        ),
        State::Differs(Difference::Type) => (
            "il contenuto è quello della ricevuta, il tipo di file NO",
            "the content is that of the receipt, its type is NOT",
        ),
        State::Missing => ("nella ricevuta NON c'è", "NOT in the receipt"),
        State::NotCovered => ("non provato", "not proven"),
        State::Proven(Means::Copy) => {
            ("provato, la ricevuta ne ha la copia", "proven, the receipt holds a copy")
        }
        State::Proven(Means::Hash { algorithm: Algorithm::Sha1, .. }) => (
            "provato, la ricevuta ne ha l'impronta SHA-1 (oggi debole)",
            "proven, the receipt holds its SHA-1 hash (weak by today's standards)",
        ),
        State::Proven(Means::Hash { algorithm: Algorithm::Sha256, .. }) => {
            ("provato, la ricevuta ne ha l'impronta SHA-256", "proven, the receipt holds its SHA-256 hash")
        }
    };
    Language::current().pick(italian, english)
}

fn field_line(field: &FieldDifference) -> String {
    let value = |value: &Option<String>| match value {
        Some(value) => format!("\"{}\"", plain(value)),
        None => text("niente", "nothing").to_owned(),
    };
    let (name, sent, receipt) = (field.name, value(&field.sent), value(&field.receipt));
    let line = say!(
        "{name}: inviato {sent}, nella ricevuta {receipt}",
        "{name}: sent {sent}, in the receipt {receipt}"
    );
    format!("{} {line}", toned(Tone::Bad, "✗"))
}

fn problem(problem: Problem) -> &'static str {
    let (italian, english) = match problem {
        Problem::AnotherMessage => (
            "la ricevuta è di un altro messaggio (il Message-ID è diverso)",
            "the receipt is about another message (its Message-ID differs)",
        ),
        Problem::CopyMissing => (
            "la ricevuta non contiene il messaggio, e dovrebbe",
            "the receipt should hold the message, and does not",
        ),
        Problem::MessageIdMissing => (
            "il messaggio inviato non ha un Message-ID, o ne ha più d'uno: non si sa se la ricevuta ne parla",
            "the message sent has no Message-ID, or several: nobody knows whether the receipt is about it",
        ),
        Problem::NotDelivery => ("non è una ricevuta di avvenuta consegna", "it is no delivery receipt"),
        Problem::NotTrusted => ("la ricevuta non è autentica", "the receipt is not trusted"),
        Problem::ReferenceMissing => (
            "la ricevuta non dice di quale messaggio parla",
            "the receipt does not say which message it is about",
        ),
        Problem::StructureDiffers => (
            "le parti sono le stesse, ma in altro ordine o composte in altro modo",
            "the parts are the same, but in another order or put together in another way",
        ),
        Problem::StructureUnclear => (
            "la struttura si può leggere in più modi, o è troppo complessa: non si può confrontare",
            "the structure can be read in more than one way, or is too complex: it cannot be compared",
        ),
        Problem::Synthetic => (
            "una ricevuta sintetica non contiene il messaggio",
            "a synthetic receipt does not hold the message",
        ),
        Problem::TypeMissing => (
            "la ricevuta non dice se è completa, breve o sintetica",
            "the receipt does not say whether it is complete, brief or synthetic",
        ),
    };
    Language::current().pick(italian, english)
}

/// `content` of `verify --sent --json`, and of a recipient in `show --json` of a shipment: a contract.
#[derive(Debug, Serialize)]
pub(crate) struct ContentRecord {
    /// Whether everything that was sent is proven, and nothing but that was delivered.
    complete: bool,
    /// Every part that was sent, then those that only the receipt has.
    parts: Vec<PartRecord>,
    /// The header fields that are not the same in the receipt: From, Reply-To, To, Cc, Subject, Date.
    fields: Vec<FieldRecord>,
    /// Why less is proven than was sent: another-message, copy-missing, message-id-missing, not-a-delivery,
    /// not-trusted, reference-missing, structure-differs, structure-unclear, synthetic, type-missing.
    problems: Vec<&'static str>,
}

#[derive(Debug, Serialize)]
struct PartRecord {
    /// Its number as IMAP counts parts; of an added one, in the receipt's copy of the message.
    part: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// `attachment` or `text`.
    role: &'static str,
    /// `proven`, `differs`, `missing` (not in the receipt), `added` (only in the receipt) or `not-covered`.
    state: &'static str,
    /// What differs: `content`, `name` or `type`.
    #[serde(skip_serializing_if = "Option::is_none")]
    difference: Option<&'static str>,
    /// What proves it: `copy` or `hash`.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<&'static str>,
    /// The algorithm of the hash: `sha1` or `sha256`.
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<&'static str>,
    /// Which bytes the hash was taken over: `body` (as encoded), `part` (with its header), `content` (decoded).
    #[serde(skip_serializing_if = "Option::is_none")]
    over: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct FieldRecord {
    name: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    receipt: Option<String>,
}

impl From<&Proof> for ContentRecord {
    fn from(proof: &Proof) -> Self {
        let field = |field: &FieldDifference| FieldRecord {
            name: field.name,
            sent: field.sent.clone(),
            receipt: field.receipt.clone(),
        };
        Self {
            complete: proof.is_complete(),
            parts: proof.parts.iter().map(PartRecord::from).collect(),
            fields: proof.fields.iter().map(field).collect(),
            problems: proof.problems.iter().map(|problem| problem.as_str()).collect(),
        }
    }
}

impl From<&PartProof> for PartRecord {
    fn from(part: &PartProof) -> Self {
        let (by, hash) = match part.state {
            State::Proven(Means::Copy) => (Some("copy"), None),
            State::Proven(Means::Hash { algorithm, reading }) => (Some("hash"), Some((algorithm, reading))),
            _ => (None, None),
        };
        let difference = match part.state {
            State::Differs(difference) => Some(difference.as_str()),
            _ => None,
        };
        Self {
            part: part.part.clone(),
            name: part.name.clone(),
            role: part.role.as_str(),
            state: part.state.as_str(),
            difference,
            by,
            digest: hash.map(|(algorithm, _)| algorithm.as_str()),
            over: hash.map(|(_, reading)| reading.as_str()),
        }
    }
}
