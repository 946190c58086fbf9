//! Signature wrapping: the genuine signed part is all there, but not where the reader looks.

use recapito_pec::{Kind, Reason, Verdict};

use super::Genuine;
use crate::authority::{Authority, EMAIL, provider};
use crate::case::{Case, refused, trusted};
use crate::certificate::{Identity, Template, addresses, key_usage, purposes};
use crate::cms::{SignedData, SignerInfo};
use crate::envelope::{
    ADDRESS, HEADER, INNER, ORIGINAL, OUTER, SIGNED, TEXT, base64, certdata, daticert, forged, mixed,
    multipart, outer, p7s_part, part, postacert, sealed, swap, swap_first,
};
use crate::key::{Digest, Scheme};

const INSIDE: &[(&str, Verdict)] = &[("1", Verdict::Trusted)];

/// All of them.
pub(super) fn cases(of: &Authority, genuine: &Genuine) -> Vec<Case> {
    [moved(genuine), resigned(of, genuine), opaque(of, genuine), planted(of)].concat()
}

/// The parts of a genuine message in another order, or among others.
fn moved(genuine: &Genuine) -> Vec<Case> {
    let Genuine { content, p7s, fake } = genuine;
    let p7s_part = p7s_part(p7s);
    let signed = multipart(SIGNED, OUTER, &[content, &p7s_part]);
    let raw = sealed(content, p7s);
    let data = daticert(&forged("avvenuta-consegna"));
    let wrapped = |kind: &str, parts: &[&[u8]]| {
        multipart(&format!("{HEADER}Content-Type: multipart/{kind}; boundary=\"W\"\r\n"), "W", parts)
    };
    let attached = part("Content-Type: message/rfc822\r\n", &raw);
    let mixed_around =
        |parts: &[&[u8]]| multipart("Content-Type: multipart/mixed; boundary=\"W\"\r\n", "W", parts);
    let absent = |name: &str, raw| refused(name, Reason::NotSigned, raw);
    let ambiguous = |name: &str, raw| refused(name, Reason::AmbiguousStructure, raw);
    let changed = |name: &str, raw| refused(name, Reason::ContentChanged, raw);
    vec![
        absent("in a mixed, forged data before", wrapped("mixed", &[&data, &signed]))
            .containing(&[("2", Verdict::Trusted)]),
        absent("in a mixed, forged data after", wrapped("mixed", &[&signed, &data])).containing(INSIDE),
        absent("in a mixed, alone", wrapped("mixed", &[&signed])).containing(INSIDE),
        absent("in an alternative", wrapped("alternative", &[&signed, &data])).containing(INSIDE),
        absent("in a related", wrapped("related", &[&data, &signed])),
        absent("in a digest, forged data after", wrapped("digest", &[&part("", &raw), &data]))
            .containing(INSIDE),
        absent("in a report", wrapped("report; report-type=delivery-status", &[TEXT, &attached])),
        absent("in a message with forged data", wrapped("mixed", &[TEXT, &data, &attached]))
            .containing(&[("3", Verdict::Trusted)]),
        changed(
            "the forged content first, the genuine deeper",
            outer(&[&mixed_around(&[fake, content]), &p7s_part]),
        ),
        changed("the genuine content deeper", outer(&[&mixed_around(&[content]), &p7s_part])),
        ambiguous("the genuine message deeper", outer(&[&mixed_around(&[&data, &attached]), &p7s_part])),
        changed("the genuine signature over the forged content", sealed(fake, p7s)),
        ambiguous("the genuine message signed with its own signature", outer(&[&signed, &p7s_part])),
        ambiguous("the forged content first of three", outer(&[fake, content, &p7s_part])),
        ambiguous("the forged content second of three", outer(&[content, fake, &p7s_part])),
        ambiguous("the forged content third", outer(&[content, &p7s_part, fake])),
        ambiguous("a third part of text", outer(&[content, &p7s_part, TEXT])),
        ambiguous("a third part, empty", outer(&[content, &p7s_part, b""])),
        ambiguous("the signature twice", outer(&[content, &p7s_part, &p7s_part])),
        ambiguous("two contents and two signatures", outer(&[fake, &p7s_part, content, &p7s_part])),
        refused(
            "the signature before the content",
            Reason::UnsupportedAlgorithm,
            outer(&[&p7s_part, content]),
        ),
        absent("no signature part", outer(&[fake])),
        absent("no parts", outer(&[])),
        refused("an empty second part", Reason::UnsupportedAlgorithm, outer(&[content, b""])),
        refused("the forged content twice", Reason::UnsupportedAlgorithm, outer(&[fake, fake])),
        refused(
            "the signature in a multipart",
            Reason::UnsupportedAlgorithm,
            outer(&[content, &mixed_around(&[&p7s_part])]),
        ),
        refused(
            "an OpenPGP signature",
            Reason::UnsupportedAlgorithm,
            outer(&[fake, &swap(&p7s_part, "x-pkcs7-signature", "pgp-signature")]),
        ),
        absent("not signed at all", [HEADER.as_bytes(), fake].concat()),
        absent("a signature attached to an ordinary message", wrapped("mixed", &[TEXT, &data, &p7s_part])),
        absent("the type is mixed", swap_first(&raw, "multipart/signed", "multipart/mixed")),
        absent("the type is of text", swap_first(&raw, "multipart/signed", "text/plain")),
        absent(
            "a body of one part, the receipt itself",
            [format!("{HEADER}Content-Type: message/rfc822\r\n\r\n").as_bytes(), &raw].concat(),
        )
        .containing(INSIDE),
    ]
}

/// Signed again by somebody who is no provider.
fn resigned(of: &Authority, genuine: &Genuine) -> Vec<Case> {
    let Genuine { content, p7s, fake } = genuine;
    let key = &of.spare;
    let stranger = Identity::self_signed(key, Scheme::Rsa(Digest::Sha256), &provider(key));
    let extensions = vec![key_usage(0x80), purposes(&[EMAIL]), addresses(&[ADDRESS])];
    let person = of.mail.certify(key, &Template { extensions, ..provider(key) });
    let signed = multipart(&SIGNED.replace(OUTER, "X"), "X", &[content, &p7s_part(p7s)]);
    let around = multipart(
        "Content-Type: multipart/mixed; boundary=\"W\"\r\n",
        "W",
        &[&daticert(&forged("accettazione")), &signed],
    );
    let by = |signer: &Identity, content: &[u8]| {
        let certificates =
            [signer, &of.mail, &of.pec, &of.provider].map(|identity| identity.certificate.clone());
        let signers = vec![SignerInfo::of(signer).over(content)];
        sealed(
            content,
            &SignedData { certificates: certificates.to_vec(), signers, ..SignedData::default() }.der(),
        )
    };
    vec![
        refused("signed by a stranger around the genuine", Reason::NoPath, by(&stranger, &signed))
            .containing(INSIDE),
        refused("signed by a stranger, forged data first", Reason::NoPath, by(&stranger, &around))
            .containing(&[("1.2", Verdict::Trusted)]),
        refused("signed by a person around the genuine", Reason::NotPecAuthority, by(&person, &signed))
            .containing(INSIDE),
        refused("signed by a person, forged data first", Reason::NotPecAuthority, by(&person, &around)),
        refused("the forged content signed by a stranger", Reason::NoPath, by(&stranger, fake)),
        refused("the forged content signed by a person", Reason::NotPecAuthority, by(&person, fake)),
    ]
}

/// Content inside the signature, which no PEC provider sends and which readers show in place of the part.
fn opaque(of: &Authority, genuine: &Genuine) -> Vec<Case> {
    let Genuine { content, fake, .. } = genuine;
    let data = |signed: &[u8], inside: &[u8]| {
        SignedData { inside: Some(inside.to_vec()), ..of.signed_data(&SignerInfo::of(&of.provider), signed) }
            .der()
    };
    let whole = |kind: &str, der: &[u8]| {
        let header = format!(
            "{HEADER}Content-Type: {kind}; name=\"smime.p7m\"\r\nContent-Transfer-Encoding: base64\r\n"
        );
        part(&header, base64(der, 64))
    };
    let unsupported = |name: &str, raw| refused(name, Reason::UnsupportedAlgorithm, raw);
    let opaque_part = |der: &[u8]| swap(&p7s_part(der), "x-pkcs7-signature", "pkcs7-mime");
    vec![
        unsupported(
            "opaque",
            whole("application/pkcs7-mime; smime-type=signed-data", &data(content, content)),
        ),
        unsupported("opaque, the older type", whole("application/x-pkcs7-mime", &data(content, content))),
        unsupported(
            "opaque, said to be enveloped",
            whole("application/pkcs7-mime; smime-type=enveloped-data", &data(content, content)),
        ),
        unsupported("opaque as the second part", outer(&[fake, &opaque_part(&data(content, content))])),
        refused(
            "the signed content inside, the forged beside",
            Reason::ContentChanged,
            sealed(fake, &data(content, content)),
        ),
        refused(
            "the genuine content inside, the forged signed by nobody",
            Reason::ContentChanged,
            sealed(fake, &data(content, fake)),
        ),
        trusted("other content inside, the genuine beside", sealed(content, &data(content, fake))),
        refused(
            "a file of type signature",
            Reason::NotSigned,
            whole("application/x-pkcs7-signature", &data(content, content)),
        ),
    ]
}

/// What a sender can put into the provider's own envelope: it stays the original, or the structure is in doubt.
fn planted(of: &Authority) -> Vec<Case> {
    let data = daticert(&certdata("posta-certificata"));
    let fake = daticert(&forged("avvenuta-consegna"));
    let inside =
        multipart("Subject: x\r\nContent-Type: multipart/mixed; boundary=\"P\"\r\n", "P", &[TEXT, &fake]);
    let escaping =
        |end: &str| [ORIGINAL, format!("\r\n--{INNER}\r\n").as_bytes(), &fake, end.as_bytes()].concat();
    let closing = format!("Subject: x\r\n\r\nx\r\n--{INNER}--\r\n").into_bytes();
    let outer_too = format!("Subject: x\r\n\r\nx\r\n--{INNER}--\r\n--{OUTER}\r\n").into_bytes();
    let envelope = |parts: &[&[u8]]| {
        swap_first(&of.seal(&mixed(parts)), "X-Ricevuta: avvenuta-consegna", "X-Trasporto: posta-certificata")
    };
    let anomaly = |parts: &[&[u8]]| {
        swap_first(&of.seal(&mixed(parts)), "X-Ricevuta: avvenuta-consegna", "X-Trasporto: errore")
    };
    let ambiguous = |name: &str, raw| refused(name, Reason::AmbiguousStructure, raw);
    let close = format!("\r\n--{INNER}--\r\n");
    vec![
        trusted("forged data in the original", envelope(&[TEXT, &data, &postacert(&inside)]))
            .of_kind(Kind::Envelope),
        trusted(
            "forged data in the original, before the genuine",
            envelope(&[TEXT, &postacert(&inside), &data]),
        )
        .of_kind(Kind::Envelope),
        trusted("forged data in the original of an anomaly envelope", anomaly(&[TEXT, &postacert(&inside)]))
            .of_kind(Kind::AnomalyEnvelope),
        trusted("an original that is forged data", anomaly(&[TEXT, &postacert(&fake)]))
            .of_kind(Kind::AnomalyEnvelope),
        ambiguous("the original guesses the boundary", envelope(&[TEXT, &data, &postacert(&escaping(""))])),
        ambiguous(
            "the original guesses the boundary, the genuine data after",
            envelope(&[TEXT, &postacert(&escaping("")), &data]),
        ),
        ambiguous(
            "the original guesses the boundary and closes it",
            envelope(&[TEXT, &postacert(&escaping(&close)), &data]),
        ),
        ambiguous("the original closes the envelope", envelope(&[TEXT, &postacert(&closing), &data])),
        ambiguous(
            "the original closes the envelope, nothing follows but its end",
            envelope(&[TEXT, &data, &postacert(&closing)]),
        ),
        ambiguous("the original closes both boundaries", anomaly(&[TEXT, &postacert(&outer_too)])),
        ambiguous(
            "an anomaly envelope whose original closes it",
            anomaly(&[TEXT, &postacert(&escaping(&close))]),
        ),
    ]
}
