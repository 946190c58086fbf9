//! The JSON of `verify --json`.
//!
//! A contract: a field is added, never renamed or given another meaning, and what is absent is left out. Times have
//! the offset that their author wrote.

use recapito_pec::Verification;
use recapito_pec::proof::Proof;
use serde::Serialize;

use crate::proof::ContentRecord;
use crate::word;

/// One message, as `verify --json` prints it; the fields of one found further inside are the same, with `part`.
#[derive(Debug, Serialize)]
pub(crate) struct Record {
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    part: Option<String>,
    kind: &'static str,
    verdict: &'static str,
    notes: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signer: Option<Signer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    anchor: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signed_at: Option<String>,
    #[serde(flatten)]
    certified: Option<Certified>,
    /// With `--sent`: what the receipt proves of the message sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<ContentRecord>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    contains: Vec<Record>,
}

#[derive(Debug, Serialize)]
struct Signer {
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    name: String,
}

/// What daticert.xml says.
#[derive(Debug, Serialize)]
struct Certified {
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    envelope: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sender: Option<String>,
    recipients: Vec<Recipient>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recipient: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    receipt: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
}

#[derive(Debug, Serialize)]
struct Recipient {
    address: String,
    certified: bool,
}

impl Record {
    /// What was found in a file.
    pub(crate) fn of_file(file: &str, verification: &Verification) -> Self {
        Self { file: Some(file.to_owned()), ..Self::of_message(verification) }
    }

    /// The same with what it proves of the message sent.
    pub(crate) fn with_content(self, proof: Option<&Proof>) -> Self {
        Self { content: proof.map(ContentRecord::from), ..self }
    }

    /// What was found in a message that is in no file.
    pub(crate) fn of_message(verification: &Verification) -> Self {
        let contained = |inner: &recapito_pec::verification::Contained| Self {
            part: Some(inner.part.clone()),
            ..Self::of_message(&inner.verification)
        };
        Self {
            file: None,
            part: None,
            kind: verification.kind.as_str(),
            verdict: verification.verdict.as_str(),
            notes: verification.notes.iter().map(|note| note.as_str()).collect(),
            reason: verification.reason.map(word::reason),
            signer: verification.signer.as_ref().map(|signer| Signer {
                address: signer.address.as_ref().map(ToString::to_string),
                name: signer.name.clone(),
            }),
            anchor: verification.anchor.clone(),
            signed_at: verification.signed_at.map(|time| time.to_string()),
            certified: verification.certdata.as_ref().map(Certified::of),
            content: None,
            contains: verification.contains.iter().map(contained).collect(),
        }
    }
}

impl Certified {
    fn of(data: &recapito_pec::CertificationData) -> Self {
        Self {
            time: data.time.map(|time| time.to_string()),
            reference: data.reference.clone(),
            envelope: data.envelope.clone(),
            sender: data.sender.as_ref().map(ToString::to_string),
            recipients: data
                .recipients
                .iter()
                .map(|r| Recipient { address: r.address.to_string(), certified: r.certified })
                .collect(),
            recipient: data.recipient.as_ref().map(ToString::to_string),
            receipt: data.receipt.map(|receipt| receipt.as_str()),
            error: Some(data.error.clone()).filter(|error| !error.is_empty() && error != "nessuno"),
            error_text: data.error_text.clone(),
            subject: data.subject.clone(),
        }
    }
}
