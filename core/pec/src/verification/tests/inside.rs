//! Certified messages further inside a message.

use super::*;

#[test]
fn certified_messages_inside_are_reported_with_their_place() {
    let forwarded = multipart("mixed", "F", &[TEXT, &attached(&delivery())]);
    let file = format!(
        "Content-Type: application/octet-stream; name=ricevuta.EML\r\nContent-Transfer-Encoding: base64\r\n\r\n{}",
        STANDARD.encode(format!("{HEADER}{forwarded}"))
    );
    let listed = delivery();
    let listed = listed.strip_prefix(HEADER).unwrap();
    let changed = attached(&delivery().replace("bruno@", "carlo@"));
    let (trusted, altered) = (Verdict::Trusted, Verdict::Altered);
    for (body, expected) in [
        (forwarded.clone(), &[("2", trusted)][..]),
        (multipart("mixed", "L", &[listed, TEXT]), &[("1", trusted)]),
        (multipart("mixed", "L", &[TEXT, &file]), &[("2.2", trusted)]),
        (multipart("mixed", "L", &[&attached(&forwarded), &changed]), &[("1.2", trusted), ("2", altered)]),
        (multipart("mixed", "L", &[&attached(ORIGINAL), TEXT]), &[]),
    ] {
        let found = verified(&format!("{HEADER}{body}"));
        let contains: Vec<_> =
            found.contains.iter().map(|inner| (inner.part.as_str(), inner.verification.verdict)).collect();
        assert_eq!(contains, expected, "{body}");
        assert_eq!((found.verdict, found.certdata), (Verdict::Absent, None));
    }
}

#[test]
fn an_envelope_reports_its_original_only_if_that_is_certified() {
    let envelope = |original: &str| {
        let parts = [TEXT, &attached(original), &daticert("posta-certificata")];
        signed(
            &HEADER.replace("Ricevuta: avvenuta-consegna", "Trasporto: posta-certificata"),
            &multipart("mixed", "E", &parts),
        )
    };
    assert!(trusted(&envelope(ORIGINAL), Kind::Envelope, &[]).contains.is_empty());
    let around = envelope(&delivery().replace("\"S\"", "\"T\"").replace("--S", "--T"));
    let found = trusted(&around, Kind::Envelope, &[]);
    let contains: Vec<_> =
        found.contains.iter().map(|inner| (inner.part.as_str(), inner.verification.kind)).collect();
    assert_eq!(contains, [("1.2", Kind::Delivery)]);
}

#[test]
fn what_is_looked_at_inside_is_bounded() {
    let attached = attached(&delivery());
    let many: Vec<_> = std::iter::repeat_n(attached.as_str(), 100).collect();
    let found = verified(&format!("{HEADER}{}", multipart("mixed", "F", &many)));
    assert_eq!(found.contains.len(), 32);

    let mut file = delivery();
    for level in 0..10 {
        let inner = STANDARD.encode(&file);
        let part =
            format!("Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n{inner}");
        file = multipart("mixed", &format!("L{level}"), &[&part]);
    }
    assert!(verified(&file).contains.is_empty());
}

#[test]
fn what_somebody_puts_inside_cannot_use_up_the_place_of_what_is_around_it() {
    let forged = attached(&inner(&delivery()));
    let many: Vec<_> = std::iter::repeat_n(forged.as_str(), 100).collect();
    let parts = [TEXT, &attached(&multipart("mixed", "O", &many)), &daticert("avvenuta-consegna")];
    let around = signed(HEADER, &multipart("mixed", "M", &parts));
    let list = multipart("mixed", "L", &[around.strip_prefix(HEADER).unwrap()]);
    let found = verified(&format!("{HEADER}{list}"));
    assert_eq!(found.contains.len(), 32);
    assert_eq!(
        (found.contains[0].part.as_str(), found.contains[0].verification.verdict),
        ("1", Verdict::Trusted)
    );
}

#[test]
fn messages_within_messages_are_judged_so_far_down() {
    let mut message = format!("{HEADER}{TEXT}");
    for level in 0..20 {
        let parts = [TEXT, &attached(&message), &daticert("avvenuta-consegna")];
        let content = multipart("mixed", &format!("M{level}"), &parts);
        message = HEADER.to_owned() + &multipart("signed", &format!("S{level}"), &[&content, &p7s(&content)]);
    }
    let found = verified(&message);
    assert_eq!((found.verdict, found.contains.len()), (Verdict::Trusted, 8));
    assert_eq!(found.contains[0].part, "1.2");
}
