//! State is a join: order and repeats make no difference. And whose message a receipt speaks of.

use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::CertificationData;
use crate::verification::Header;

const REFERENCE: &str = "<one@pec.example.test>";
const NOON: i64 = 1_700_000_000;

fn address(text: &str) -> Address {
    Address::new(text)
}

fn at(seconds: i64) -> CertifiedTime {
    CertifiedTime::utc(Timestamp::from_second(NOON + seconds).unwrap())
}

fn evidence(number: u8, fact: Fact) -> Evidence {
    Evidence {
        digest: EvidenceDigest([number; 32]),
        reference: Some(REFERENCE.to_owned()),
        sender: address("anna@pec.example.test"),
        dispatch: "dispatch.1@provider.example.test".to_owned(),
        time: at(i64::from(number)),
        subject: Some("Offer".to_owned()),
        recipients: vec![
            Recipient { address: address("bruno@pec.example.test"), certified: true },
            Recipient { address: address("carla@pec.example.test"), certified: true },
            Recipient { address: address("dario@example.test"), certified: false },
        ],
        fact,
    }
}

fn candidate(id: u8) -> Candidate<u8> {
    let like = evidence(0, Fact::Accepted);
    Candidate {
        id,
        reference: REFERENCE.to_owned(),
        sender: like.sender,
        subject: like.subject,
        recipients: like.recipients.into_iter().map(|recipient| recipient.address).collect(),
        dispatches: BTreeSet::new(),
    }
}

fn joined(evidence: &[Evidence]) -> Delivery {
    let mut delivery = Delivery::default();
    evidence.iter().for_each(|one| delivery.join(one));
    delivery
}

fn state_of(delivery: &Delivery, recipient: &str) -> Option<State> {
    delivery.recipients.get(&address(recipient)).map(|status| status.state)
}

fn any_fact() -> impl Strategy<Value = Fact> {
    let recipient = || {
        prop_oneof![
            Just(address("bruno@pec.example.test")),
            Just(address("Bruno@PEC.example.test")),
            Just(address("carla@pec.example.test")),
            Just(address("nobody@pec.example.test")),
        ]
    };
    let failure = || {
        let text = prop_oneof![Just(None), Just(Some("5.1.1".to_owned()))];
        (prop_oneof![Just("altro"), Just("no-dest")], text)
            .prop_map(|(error, text)| Failure { error: error.to_owned(), text })
    };
    let delay = prop_oneof![Just(Delay::Hours12), Just(Delay::Hours24)];
    prop_oneof![
        Just(Fact::Accepted),
        failure().prop_map(Fact::Refused),
        prop::collection::vec(recipient(), 0..3).prop_map(Fact::TakenInCharge),
        (prop::option::of(recipient()), delay).prop_map(|(recipient, delay)| Fact::Delayed(recipient, delay)),
        (recipient(), failure()).prop_map(|(recipient, failure)| Fact::Failed(recipient, failure)),
        recipient().prop_map(|recipient| Fact::Delivered(recipient, None)),
        Just(Fact::VirusFound),
    ]
}

fn any_evidence() -> impl Strategy<Value = Evidence> {
    (any_fact(), 0..4_u8, 0..4_i64, 0..2_u8).prop_map(|(fact, number, seconds, dispatch)| Evidence {
        time: at(seconds),
        dispatch: format!("dispatch.{dispatch}@provider.example.test"),
        ..evidence(number, fact)
    })
}

fn any_status() -> impl Strategy<Value = Status> {
    let from_evidence = any_evidence()
        .prop_filter_map("names nobody", |evidence| evidence.statuses().pop().map(|(_, status)| status));
    prop_oneof![1 => Just(Status::submitted()), 4 => from_evidence]
}

/// Equal as rows are: spelling included.
fn rows(delivery: &Delivery) -> Vec<(String, Status)> {
    delivery
        .recipients
        .iter()
        .map(|(address, status)| (address.as_str().to_owned(), status.clone()))
        .collect()
}

proptest! {
    #[test]
    fn joining_is_commutative_associative_and_idempotent(a in any_status(), b in any_status(), c in any_status()) {
        prop_assert_eq!(a.clone().join(b.clone()), b.clone().join(a.clone()));
        prop_assert_eq!(a.clone().join(b.clone()).join(c.clone()), a.clone().join(b.join(c)));
        prop_assert_eq!(a.clone().join(a.clone()), a);
    }

    #[test]
    fn order_and_repeats_make_no_difference(
        (all, shuffled) in prop::collection::vec(any_evidence(), 1..8).prop_flat_map(|all| {
            let twice = [all.clone(), all.clone()].concat();
            (Just(all), Just(twice).prop_shuffle())
        }),
    ) {
        let (one, other) = (joined(&all), joined(&shuffled));
        prop_assert_eq!(rows(&one), rows(&other));
        prop_assert_eq!(one, other);
    }

    #[test]
    fn a_state_never_goes_down(all in prop::collection::vec(any_evidence(), 1..8)) {
        let mut delivery = Delivery::default();
        for evidence in &all {
            let before = delivery.clone();
            delivery.join(evidence);
            for (address, status) in &before.recipients {
                prop_assert!(delivery.recipients[address].state >= status.state);
            }
        }
    }

    #[test]
    fn any_text_of_a_delay_notice_gives_an_answer(text in ".*") {
        Delay::from_text(Some(&text));
    }
}

#[test]
fn each_receipt_moves_those_it_names() {
    let (bruno, carla, dario) = ("bruno@pec.example.test", "carla@pec.example.test", "dario@example.test");
    let mut delivery = joined(&[evidence(1, Fact::Accepted)]);
    assert_eq!(state_of(&delivery, bruno), Some(State::Accepted));
    assert_eq!(state_of(&delivery, dario), Some(State::Outside));
    assert!(delivery.is_pending());

    delivery.join(&evidence(2, Fact::Delivered(address("BRUNO@pec.example.test"), None)));
    delivery.join(&evidence(3, Fact::Delayed(Some(address(carla)), Delay::Hours24)));
    assert_eq!(state_of(&delivery, bruno), Some(State::Delivered));
    assert_eq!(delivery.state(), Some(State::Delayed24h));

    delivery.join(&evidence(4, Fact::Delivered(address(carla), None)));
    assert_eq!(delivery.state(), Some(State::Delivered));
    assert!(!delivery.is_pending() && !delivery.is_contradictory() && !delivery.is_sent_twice());
}

#[test]
fn a_message_to_outsiders_alone_is_accepted_and_settled() {
    let outside = Recipient { address: address("dario@example.test"), certified: false };
    let acceptance = Evidence { recipients: vec![outside], ..evidence(1, Fact::Accepted) };
    let delivery = joined(&[acceptance]);
    assert_eq!(delivery.state(), Some(State::Accepted));
    assert!(!delivery.is_pending());
}

#[test]
fn contradictions_are_kept() {
    let bruno = || address("bruno@pec.example.test");
    let failed = || Fact::Failed(bruno(), Failure::default());
    let refused = || Fact::Refused(Failure::default());
    let delivered = || Fact::Delivered(bruno(), None);
    let delayed = || Fact::Delayed(None, Delay::Hours24);
    let cases = [
        (vec![failed(), delivered()], true),
        (vec![Fact::Accepted, refused()], true),
        (vec![refused(), delivered()], true),
        (vec![Fact::Accepted, delivered()], false),
        (vec![Fact::Accepted, delayed(), delivered()], false),
        (vec![Fact::Accepted, delayed(), failed()], false),
    ];
    for (facts, expected) in cases {
        let all: Vec<_> = facts.into_iter().zip(1..).map(|(fact, number)| evidence(number, fact)).collect();
        assert_eq!(joined(&all).is_contradictory(), expected, "{all:?}");
    }
}

#[test]
fn a_second_dispatch_is_noticed_and_a_refusal_is_none() {
    let mut delivery = joined(&[evidence(1, Fact::Accepted)]);
    delivery.join(&Evidence {
        dispatch: "refusal@provider.example.test".to_owned(),
        ..evidence(2, Fact::Refused(Failure::default()))
    });
    assert!(!delivery.is_sent_twice());
    delivery.join(&Evidence {
        dispatch: "dispatch.2@provider.example.test".to_owned(),
        ..evidence(3, Fact::Accepted)
    });
    assert!(delivery.is_sent_twice());
}

#[test]
fn delay_notices_are_told_apart_by_their_text() {
    let cases = [
        // The texts of RFC 6109 §3.1.6.
        (
            "has not been delivered within the first 12 hours following its dispatch. The system will see to \
             sending another non-delivery PEC notification if in the following twelve hours no confirmation is \
             received from the recipient.",
            Delay::Hours12,
        ),
        ("has not been delivered within 24 hours of its dispatch.", Delay::Hours24),
        // And as the Italian rules have them.
        (
            "non è stato consegnato nelle prime dodici ore dal suo inoltro. Il sistema provvederà comunque ad \
             inviare un ulteriore avviso se nelle prossime dodici ore non vi sarà la conferma della ricezione",
            Delay::Hours12,
        ),
        ("non è stato consegnato nelle ventiquattro ore successive al suo inoltro.", Delay::Hours24),
        ("Il messaggio non è stato consegnato entro le 24 ore", Delay::Hours24),
        ("not delivered within twenty-four hours", Delay::Hours24),
        ("24-hour timeout", Delay::Hours24),
        ("nessuna consegna in 24h", Delay::Hours24),
        // The first may announce the second.
        ("non consegnato in 12 ore; un altro avviso seguirà dopo 24 ore", Delay::Hours12),
        // What opens the last notice of Aruba and Namirial, whatever follows.
        ("5.4.1 - tempo massimo superato", Delay::Hours24),
        ("5.4.1 - non consegnato dopo le prime 12 ore", Delay::Hours24),
        // Dates, times of day and ids are no numbers of hours.
        ("Il giorno 12/11/2023 alle ore 12:24 il messaggio non è stato consegnato in 24 ore", Delay::Hours24),
        ("Il giorno 24/12/2024 alle ore 10:24 il messaggio 24A non è stato consegnato", Delay::Hours12),
        ("", Delay::Hours12),
    ];
    for (text, expected) in cases {
        assert_eq!(Delay::from_text(Some(text)), expected, "{text}");
    }
    assert_eq!(Delay::from_text(None), Delay::Hours12);
}

#[test]
fn evidence_finds_its_shipment_by_reference_and_sender() {
    let delivered = || evidence(1, Fact::Delivered(address("bruno@pec.example.test"), None));
    let of_other_sender =
        |evidence: Evidence| Evidence { sender: address("mallory@pec.example.test"), ..evidence };
    let of_other_reference =
        |evidence: Evidence| Evidence { reference: Some("<two@pec.example.test>".to_owned()), ..evidence };
    let cases = [
        (delivered(), Correlation::Of(1)),
        (evidence(1, Fact::Accepted), Correlation::Of(1)),
        (of_other_sender(delivered()), Correlation::Parked),
        (of_other_sender(evidence(1, Fact::Accepted)), Correlation::Founds),
        (of_other_reference(delivered()), Correlation::Parked),
        (of_other_reference(evidence(1, Fact::Refused(Failure::default()))), Correlation::Founds),
    ];
    let dispatched = Candidate { dispatches: BTreeSet::from([delivered().dispatch]), ..candidate(1) };
    for (evidence, expected) in cases {
        // Neither a copied header nor a known dispatch helps where the certified reference does not fit.
        assert_eq!(
            correlate(&evidence, Some(REFERENCE), std::slice::from_ref(&dispatched)),
            expected,
            "{evidence:?}"
        );
    }
    assert_eq!(correlate::<u8>(&delivered(), Some(REFERENCE), &[]), Correlation::Parked);
}

#[test]
fn without_a_certified_reference_dispatch_or_a_full_fit_counts() {
    let bare = |fact| Evidence { reference: None, ..evidence(1, fact) };
    let delivered = || bare(Fact::Delivered(address("bruno@pec.example.test"), None));
    let known = Candidate { dispatches: BTreeSet::from([delivered().dispatch]), ..candidate(2) };
    let other_reference = Candidate { reference: "<two@pec.example.test>".to_owned(), ..candidate(3) };
    let other_subject = Candidate { subject: Some("Other".to_owned()), ..candidate(4) };
    let folded = Candidate { subject: Some(" The\t offer ".to_owned()), ..candidate(7) };
    let of_offer = Evidence { subject: Some("The offer".to_owned()), ..delivered() };
    let untitled = Candidate { subject: Some(String::new()), ..candidate(8) };
    let of_nothing = Evidence { subject: None, ..delivered() };
    let other_recipients =
        Candidate { recipients: BTreeSet::from([address("bruno@pec.example.test")]), ..candidate(5) };
    let other_sender = Candidate { sender: address("mallory@pec.example.test"), ..known.clone() };
    #[rustfmt::skip]
    let cases = [
        (Some(REFERENCE), vec![candidate(1)],               Correlation::Of(1)),
        (Some(REFERENCE), vec![candidate(1), known.clone()], Correlation::Of(2)),
        (None,            vec![known],                      Correlation::Of(2)),
        (None,            vec![candidate(1)],               Correlation::Parked),
        (Some(REFERENCE), vec![candidate(1), candidate(6)], Correlation::Parked),
        (Some(REFERENCE), vec![other_reference],            Correlation::Parked),
        (Some(REFERENCE), vec![other_subject],              Correlation::Parked),
        (Some(REFERENCE), vec![other_recipients],           Correlation::Parked),
        (Some(REFERENCE), vec![other_sender],               Correlation::Parked),
    ];
    for (header, candidates, expected) in cases {
        assert_eq!(correlate(&delivered(), header, &candidates), expected, "{header:?} {candidates:?}");
    }
    assert_eq!(correlate(&of_offer, Some(REFERENCE), &[folded]), Correlation::Of(7));
    assert_eq!(correlate(&of_nothing, Some(REFERENCE), &[untitled]), Correlation::Of(8));
    assert_eq!(correlate::<u8>(&bare(Fact::Accepted), None, &[]), Correlation::Founds);
}

#[test]
fn a_signing_time_must_lie_between_submission_and_sight() {
    let time = |minutes: i64| Timestamp::from_second(NOON + minutes * 60).unwrap();
    // Submitted at minute 0, seen at minute 60.
    let cases = [(30, true), (0, true), (-5, true), (-6, false), (60, true), (65, true), (66, false)];
    for (signed, expected) in cases {
        assert_eq!(is_plausible(time(signed), Some(time(0)), time(60)), expected, "{signed}");
    }
    assert!(is_plausible(time(-100_000), None, time(60)));
    assert!(!is_plausible(time(66), None, time(60)));
    assert!(!is_plausible(Timestamp::MIN, Some(Timestamp::MAX), Timestamp::MAX));
    assert!(!is_plausible(Timestamp::MAX, Some(Timestamp::MIN), Timestamp::MIN));
}

#[test]
fn only_a_trusted_receipt_that_says_of_what_is_evidence() {
    let like = evidence(1, Fact::Accepted);
    let data = CertificationData {
        error: "altro".to_owned(),
        error_text: Some(String::new()),
        sender: Some(like.sender),
        recipients: like.recipients,
        subject: Some(String::new()),
        time: Some(like.time),
        envelope: Some(like.dispatch),
        reference: Some(REFERENCE.to_owned()),
        recipient: Some(address("bruno@pec.example.test")),
        ..CertificationData::default()
    };
    let verification = |kind, verdict, data: &CertificationData| Verification {
        kind,
        verdict,
        reason: None,
        notes: BTreeSet::new(),
        signer: None,
        anchor: None,
        signed_at: None,
        certdata: Some(data.clone()),
        header: Header::default(),
        digest: like.digest,
        contains: Vec::new(),
    };
    for verdict in Verdict::ALL {
        for kind in Kind::ALL {
            let is_evidence = Evidence::of(&verification(kind, verdict, &data)).is_some();
            assert_eq!(is_evidence, verdict == Verdict::Trusted && kind.is_receipt(), "{kind:?} {verdict:?}");
        }
    }
    let failure = Evidence::of(&verification(Kind::Failure, Verdict::Trusted, &data)).unwrap();
    assert_eq!(failure.subject, None);
    assert_eq!(
        failure.fact,
        Fact::Failed(address("bruno@pec.example.test"), Failure { error: "altro".to_owned(), text: None })
    );
    let incomplete = [
        CertificationData { sender: None, ..data.clone() },
        CertificationData { time: None, ..data.clone() },
        CertificationData { envelope: Some(String::new()), ..data.clone() },
        CertificationData { recipient: None, ..data.clone() },
    ];
    for data in incomplete {
        assert_eq!(Evidence::of(&verification(Kind::Delivery, Verdict::Trusted, &data)), None, "{data:?}");
    }
}
