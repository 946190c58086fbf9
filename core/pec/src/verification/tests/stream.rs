//! What follows from reading a message once, as it arrives.

use super::*;

#[test]
fn a_digest_that_was_not_announced_asks_for_the_bytes_again() {
    let verify = |again: bool| {
        let check = |_: &[u8], _: &Digests, _: &Claim<'_>| Err(NotTaken);
        let mut verifier = Verifier::checking(Box::new(check));
        if again {
            verifier = verifier.taking_every_digest();
        }
        verifier.update(delivery().as_bytes());
        verifier.finish().unwrap_err().without_reading()
    };
    for again in [false, true] {
        let found = verify(again);
        assert_eq!((found.verdict, found.reason), (Verdict::Unreadable, Some(Reason::UnsupportedAlgorithm)));
    }
}

#[test]
fn a_trusted_content_is_known_by_itself_and_anything_else_by_all_of_it() {
    let digest = |raw: &str| verified(raw).digest;
    let genuine = delivery();
    let end = "\r\n--S--\r\n";
    assert_eq!(digest(&genuine), digest(&genuine.replace("CONSEGNA: prova", "other")));
    let unclear = genuine.replace(end, &format!("\r\n--S\r\n{TEXT}{end}"));
    let other = unclear.replace("CONSEGNA: prova", "other");
    let unclear_inside = unclear.replace("Ricevuta di", "Altra");
    let unsigned = format!("{HEADER}{TEXT}");
    // The genuine content under another's signature: were it known by its content, its event would take the place of
    // the genuine message's.
    let content = multipart("mixed", "M", &[TEXT, &daticert("avvenuta-consegna"), &attached(ORIGINAL)]);
    let forged = HEADER.to_owned() + &multipart("signed", "S", &[&content, &p7s("something else")]);
    assert_eq!(verified(&forged).verdict, Verdict::Altered);
    let digests = [&genuine, &forged, &unclear, &other, &unclear_inside, &unsigned].map(|raw| digest(raw).0);
    assert_eq!(BTreeSet::from(digests).len(), digests.len());
}

#[test]
fn a_name_that_two_parts_share_is_kept_once() {
    let data = daticert("avvenuta-consegna");
    let many: Vec<_> = std::iter::repeat_n(data.as_str(), 1_000).collect();
    unreadable(&signed(HEADER, &multipart("mixed", "M", &many)), Reason::AmbiguousStructure);
}
