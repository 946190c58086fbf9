//! Certified messages further inside a file: found, judged by themselves, and silent about the file.

use recapito_pec::{Kind, Note, Reason, Verdict};

use crate::authority::Authority;
use crate::case::{Case, refused, trusted};
use crate::envelope::{
    HEADER, OUTER, SIGNED, TEXT, base64, certdata, content, daticert, mixed, multipart, p7s_part, part,
    postacert, swap, swap_first,
};

const TRUSTED: Verdict = Verdict::Trusted;
const ALTERED: Verdict = Verdict::Altered;

/// All of them.
pub(super) fn cases(of: &Authority) -> Vec<Case> {
    let receipt = of.seal(&content());
    let changed = swap(&receipt, "stato consegnato", "stato rifiutato");
    let ordinary = "From: anna@example.test\r\nSubject: Fwd\r\nMIME-Version: 1.0\r\n";
    let around = |boundary: &str, parts: &[&[u8]]| {
        multipart(
            &format!("{ordinary}Content-Type: multipart/mixed; boundary=\"{boundary}\"\r\n"),
            boundary,
            parts,
        )
    };
    let attached = |mail: &[u8]| part("Content-Type: message/rfc822\r\n", mail);
    let encoded = |header: &str, mail: &[u8]| {
        part(&format!("{header}Content-Transfer-Encoding: base64\r\n"), base64(mail, 76))
    };
    let file = encoded("Content-Type: application/octet-stream; name=\"ricevuta.EML\"\r\n", &receipt);
    let as_message = encoded("Content-Type: message/rfc822; name=\"ricevuta.eml\"\r\n", &receipt);
    let named = encoded(
        "Content-Type: text/plain\r\nContent-Disposition: attachment; filename=ricevuta.eml\r\n",
        &receipt,
    );
    let digest = multipart(
        &format!("{ordinary}Content-Type: multipart/digest; boundary=\"D\"\r\n"),
        "D",
        &[&part("", &receipt)],
    );
    let forwarded = around("F", &[TEXT, &attached(&receipt)]);
    let case =
        |name: &str, raw: Vec<u8>, contains| refused(name, Reason::NotSigned, raw).containing(contains);

    let content = content();
    let signed = multipart(SIGNED, OUTER, &[&content, &p7s_part(&of.p7s(&content))]);
    let listed = |body: &[u8]| {
        let header = format!("{HEADER}Content-Type: multipart/mixed; boundary=\"L\"\r\n");
        multipart(&header, "L", &[body, b"Content-Type: text/plain\r\n\r\n-- \r\nlista\r\n"])
    };
    // Other boundaries, or the outer ones would end what is inside.
    let carried = swap(&swap(&receipt, "_Outer_1", "_Outer_3"), "_Inner_2", "_Inner_4");
    let resealed = {
        let content = swap(&content, "_Inner_2", "_Inner_4");
        swap(&of.seal(&content), "_Outer_1", "_Outer_3")
    };
    let envelope = |original: &[u8]| {
        let parts = [TEXT, &daticert(&certdata("posta-certificata")), &postacert(original)];
        let raw = of.seal(&mixed(&parts));
        swap_first(&raw, "X-Ricevuta: avvenuta-consegna", "X-Trasporto: posta-certificata")
    };
    vec![
        case("forwarded", forwarded.clone(), &[("2", TRUSTED)]),
        case("forwarded, altered", around("F", &[TEXT, &attached(&changed)]), &[("2", ALTERED)]),
        case("forwarded twice", around("G", &[TEXT, &attached(&forwarded)]), &[("2.2", TRUSTED)]),
        case(
            "forwarded, one good and one altered",
            around("F", &[&attached(&receipt), &attached(&changed)]),
            &[("1", TRUSTED), ("2", ALTERED)],
        ),
        case("attached as a file", around("F", &[TEXT, &file]), &[("2", TRUSTED)]),
        case("attached as a message in base64", around("F", &[TEXT, &as_message]), &[("2", TRUSTED)]),
        case("attached as a file of text", around("F", &[TEXT, &named]), &[("2", TRUSTED)]),
        case("in a digest", digest, &[("1", TRUSTED)]),
        case(
            "the whole file is an attached message",
            part(&format!("{ordinary}Content-Type: message/rfc822\r\n"), &receipt),
            &[("1", TRUSTED)],
        ),
        case("under a list manager's wrapper", listed(&signed), &[("1", TRUSTED)]),
        case(
            "under a list manager's wrapper, altered",
            listed(&swap(&signed, "stato consegnato", "stato rifiutato")),
            &[("1", ALTERED)],
        ),
        trusted("an envelope around a receipt", envelope(&resealed))
            .of_kind(Kind::Envelope)
            .containing(&[("1.3", TRUSTED)]),
        trusted("an envelope around a receipt changed on the way", envelope(&carried))
            .of_kind(Kind::Envelope)
            .containing(&[("1.3", ALTERED)]),
        trusted("an envelope around ordinary mail", envelope(b"Subject: x\r\n\r\nx\r\n"))
            .of_kind(Kind::Envelope)
            .containing(&[]),
        trusted(
            "an envelope whose original is of another kind",
            swap_first(
                &envelope(&resealed),
                "X-Trasporto: posta-certificata",
                "X-Ricevuta: avvenuta-consegna",
            ),
        )
        .of_kind(Kind::Envelope)
        .noting(&[Note::HeaderDiffers]),
    ]
}
