//! What will happen to a message for one recipient, and when: the whole course, decided at acceptance.
//!
//! A pure function, so that the course can be read here and tested without an office. Times count from the
//! acceptance (RFC 6109 §3.1.6, §3.3).

use jiff::SignedDuration;

use crate::clock::hours;
use crate::dispatch::Receipt;
use crate::notice::{Delay, Failure, Notice};
use crate::script::{Behaviour, Ending, Silence};

/// One thing that happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// The envelope is put into the recipient's box.
    Deposit,
    /// The recipient's provider says so; `copies` of it arrive.
    FromRecipient { notice: Notice, copies: usize },
    /// The sender's provider says so.
    FromSender(Notice),
}

/// The course of a message for `recipient`, in order of time. `has_box` is whether there is such a box, and
/// `receipt` the kind of delivery receipt due.
pub(crate) fn course(
    behaviour: &Behaviour,
    recipient: &str,
    has_box: bool,
    receipt: Receipt,
) -> Vec<(SignedDuration, Step)> {
    let recipient = || recipient.to_owned();
    let failed = |cause| Notice::Failure { recipient: recipient(), cause };
    let once = |notice| Step::FromRecipient { notice, copies: 1 };
    let delivered = |copies| {
        let notice = Notice::Delivery { recipient: recipient(), receipt };
        vec![Step::Deposit, Step::FromRecipient { notice, copies }]
    };
    let delay = |delay| Step::FromSender(Notice::Delay { recipient: recipient(), delay });
    let no_such_box = || vec![once(failed(Failure::NoRecipient))];

    match behaviour {
        Behaviour::UnknownDomain => at_once(vec![Step::FromSender(failed(Failure::NoDomain))]),
        Behaviour::UnknownRecipient | Behaviour::RefusedAtRcpt => at_once(no_such_box()),
        Behaviour::Virus => at_once(vec![
            once(Notice::VirusNotice { recipient: recipient() }),
            Step::FromSender(failed(Failure::Virus)),
        ]),
        Behaviour::FullMailbox => at_once(vec![once(failed(Failure::FullMailbox))]),
        Behaviour::Deliver | Behaviour::DoubledReceipt | Behaviour::LostReceipt if !has_box => {
            at_once(no_such_box())
        }
        Behaviour::Deliver => at_once(delivered(1)),
        Behaviour::DoubledReceipt => at_once(delivered(2)),
        Behaviour::LostReceipt => vec![
            (hours(0), Step::Deposit),
            (FIRST_NOTICE, delay(Delay::First)),
            (LAST_NOTICE, delay(Delay::Last)),
        ],
        Behaviour::Late(Silence { lasts, ending, taken_in_charge }) => {
            let silent_at = |time| *lasts > time || *ending == Ending::Never;
            let mut course = Vec::new();
            if silent_at(FIRST_NOTICE) && !taken_in_charge {
                course.push((FIRST_NOTICE, delay(Delay::First)));
            }
            if silent_at(LAST_NOTICE) {
                course.push((LAST_NOTICE, delay(Delay::Last)));
            }
            let last = match ending {
                Ending::Delivery if has_box => delivered(1),
                Ending::Delivery => no_such_box(),
                Ending::Failure(cause) => vec![once(failed(cause.clone()))],
                Ending::Never => Vec::new(),
            };
            course.extend(last.into_iter().map(|step| (*lasts, step)));
            course
        }
    }
}

/// Whether the recipient's provider, where it is another one, says at once that it has the message.
pub(crate) fn is_taken_in_charge(behaviour: &Behaviour) -> bool {
    match behaviour {
        Behaviour::LostReceipt | Behaviour::UnknownDomain => false,
        Behaviour::Late(silence) => silence.taken_in_charge,
        _ => true,
    }
}

fn at_once(steps: Vec<Step>) -> Vec<(SignedDuration, Step)> {
    steps.into_iter().map(|step| (hours(0), step)).collect()
}

const FIRST_NOTICE: SignedDuration = hours(12);
const LAST_NOTICE: SignedDuration = hours(24);

#[cfg(test)]
mod tests {
    use super::*;

    /// The course in short: hours and what is said.
    fn told(behaviour: Behaviour, has_box: bool) -> Vec<(i64, &'static str)> {
        let course = course(&behaviour, "a@example.test", has_box, Receipt::Complete);
        let word = |step: &Step| match step {
            Step::Deposit => "deposit",
            Step::FromRecipient { notice, .. } | Step::FromSender(notice) => notice.kind(),
        };
        course.iter().map(|(after, step)| (after.as_hours(), word(step))).collect()
    }

    #[test]
    fn mail_is_delivered_at_once_or_fails_at_once() {
        let delivered = [(0, "deposit"), (0, "avvenuta-consegna")];
        assert_eq!(told(Behaviour::Deliver, true), delivered);
        assert_eq!(told(Behaviour::Deliver, false), [(0, "errore-consegna")]);
        assert_eq!(told(Behaviour::FullMailbox, true), [(0, "errore-consegna")]);
        assert_eq!(told(Behaviour::Virus, true), [(0, "rilevazione-virus"), (0, "errore-consegna")]);
    }

    #[test]
    fn silence_is_noticed_after_twelve_and_twenty_four_hours() {
        let late = |count| Behaviour::Late(Silence::until_delivery(hours(count)));
        let (delay, delivery) = ("preavviso-errore-consegna", "avvenuta-consegna");
        assert_eq!(told(late(11), true), [(11, "deposit"), (11, delivery)]);
        assert_eq!(told(late(20), true), [(12, delay), (20, "deposit"), (20, delivery)]);
        assert_eq!(told(late(30), true), [(12, delay), (24, delay), (30, "deposit"), (30, delivery)]);
        assert_eq!(told(Behaviour::LostReceipt, true), [(0, "deposit"), (12, delay), (24, delay)]);
    }

    #[test]
    fn what_was_taken_in_charge_has_no_first_notice() {
        let silence = Silence { lasts: hours(0), ending: Ending::Never, taken_in_charge: true };
        assert_eq!(told(Behaviour::Late(silence), true), [(24, "preavviso-errore-consegna")]);
    }
}
