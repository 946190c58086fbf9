//! The formal checks of a submission (RFC 6109 §3.1.1): what a provider refuses with a notice.
//!
//! The words are those the notice gives to the sender, hence Italian.

use std::collections::BTreeSet;

use mailparse::MailHeaderMap;

use crate::dispatch::{addresses, split};
use crate::smtp::Submission;

/// Whether the provider may accept the message; else why not.
pub(crate) fn check(submission: &Submission) -> Result<(), String> {
    let (header, _) = split(&submission.raw);
    let (headers, _) = mailparse::parse_headers(header).map_err(|_| "intestazione non leggibile")?;

    let senders = addresses(&headers, "From");
    let [sender] = senders.as_slice() else { return Err("campo From non valido".to_owned()) };
    if !is_address(sender) {
        return Err("campo From non valido".to_owned());
    }
    if !sender.eq_ignore_ascii_case(&submission.reverse_path) {
        return Err("mittente della busta diverso dal campo From".to_owned());
    }
    let to = addresses(&headers, "To");
    if to.is_empty() {
        return Err("campo To non valido".to_owned());
    }
    if headers.get_all_values("Bcc").iter().any(|value| !value.trim().is_empty()) {
        return Err("campo Bcc non ammesso".to_owned());
    }
    let recipients: Vec<String> = to.into_iter().chain(addresses(&headers, "Cc")).collect();
    if let Some(bad) = recipients.iter().find(|recipient| !is_address(recipient)) {
        return Err(format!("indirizzo non valido: {bad}"));
    }
    let set =
        |addresses: &[String]| addresses.iter().map(|each| each.to_lowercase()).collect::<BTreeSet<_>>();
    if set(&recipients) != set(&submission.recipients) {
        return Err("destinatari della busta diversi dai campi To e Cc".to_owned());
    }
    if submission.raw.len().saturating_mul(recipients.len()) > LIMIT {
        return Err("dimensione per numero di destinatari oltre il limite".to_owned());
    }
    Ok(())
}

fn is_address(address: &str) -> bool {
    let printable = address.chars().all(|character| character.is_ascii_graphic());
    printable
        && address.rsplit_once('@').is_some_and(|(local, domain)| !local.is_empty() && domain.contains('.'))
}

/// Size times recipients that every provider must take, and this one takes: 30 MB (DM 2-11-2005, art. 12).
const LIMIT: usize = 30 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(header: &str, reverse_path: &str, recipients: &[&str]) -> Result<(), String> {
        check(&Submission {
            login: reverse_path.to_owned(),
            reverse_path: reverse_path.to_owned(),
            recipients: recipients.iter().map(|&recipient| recipient.to_owned()).collect(),
            raw: format!("{header}\r\n\r\nbody\r\n").into_bytes(),
        })
    }

    #[test]
    fn a_sound_message_passes() {
        let header = "From: A <a@example.test>\r\nTo: b@example.test\r\nCc: C@example.test\r\nBcc:";
        assert_eq!(verdict(header, "a@example.test", &["c@example.test", "b@example.test"]), Ok(()));
    }

    #[test]
    fn each_breach_is_named() {
        let sender = "a@example.test";
        let cases = [
            ("To: b@example.test", "From"),
            ("From: a@example.test, c@example.test\r\nTo: b@example.test", "From"),
            ("From: other@example.test\r\nTo: b@example.test", "mittente"),
            ("From: a@example.test", "To"),
            ("From: a@example.test\r\nTo: b@example.test\r\nBcc: c@example.test", "Bcc"),
            ("From: a@example.test\r\nTo: c@example.test", "destinatari"),
            ("From: a@example.test\r\nTo: b@example", "indirizzo"),
        ];
        for (header, reason) in cases {
            let found = verdict(header, sender, &["b@example.test"]).unwrap_err();
            assert!(found.contains(reason), "{header}: {found}");
        }
    }

    #[test]
    fn the_limit_counts_every_recipient() {
        let submission = Submission {
            login: String::new(),
            reverse_path: "a@example.test".to_owned(),
            recipients: vec!["b@example.test".to_owned(), "c@example.test".to_owned()],
            raw: [
                &b"From: a@example.test\r\nTo: b@example.test, c@example.test\r\n\r\n"[..],
                &vec![b'x'; LIMIT / 2],
            ]
            .concat(),
        };
        assert!(check(&submission).unwrap_err().contains("dimensione"));
    }
}
