//! Ordinary messages to fill a mailbox with.

use recapito_provider::Mailbox;

/// One message with this subject.
pub(crate) fn message(subject: &str) -> Vec<u8> {
    format!("From: bruno@example.test\r\nTo: anna@example.test\r\nSubject: {subject}\r\n\r\nText\r\n")
        .into_bytes()
}

/// So many of them, no two alike.
pub(crate) fn fill(mailbox: &Mailbox, count: usize) {
    for number in 0..count {
        mailbox.append("INBOX", message(&format!("Number {number}")));
    }
}
