//! Brief receipts: a copy in which each attachment is replaced by its hash.

use super::*;

#[track_caller]
fn check_brief(copy: &[&str], sent_parts: &[&str], expected: &[&str]) {
    let of = |parts: &[&str]| sent(&multipart("mixed", "b", parts));
    check(&receipt("breve", &kept(&of(copy))), &of(sent_parts), expected);
}

/// The only attachment besides the text, against this hash.
#[track_caller]
fn check_stub(stub: &str, part: &str, line: &str) {
    check_brief(&[TEXT, stub], &[TEXT, part], &["1: proven copy", line]);
}

#[test]
fn a_hash_as_the_rfc_has_it_proves_the_attachment() {
    // printf 'AAECAw==' | sha1sum
    let stub =
        "Content-Type: text/plain; name=\"a.pdf.hash\"\r\n\r\n8b985a66844b5c390afa84cd1a63b03e63e45754";
    check_stub(stub, PDF, "2 a.pdf: proven sha1 body");
    check_stub(&stub.to_uppercase().replace("A.PDF.HASH", "a.pdf.hash"), PDF, "2 a.pdf: proven sha1 body");
    check_stub(&format!("{stub}\r\n"), PDF, "2 a.pdf: proven sha1 body");
    check_stub(stub, &PDF.replace("AAECAw==", "AAECBA=="), "2 a.pdf: differs hash");
    check_stub(stub, &PDF.replace("a.pdf", "b.pdf"), "2 b.pdf: differs name");
    // The same file in other lines: the RFC warns of it.
    check_stub(stub, &PDF.replace("AAECAw==", "AAEC\r\nAw=="), "2 a.pdf: differs hash");
}

#[test]
fn a_hash_may_have_been_taken_over_other_bytes_and_by_sha256() {
    let pdf = format!("{PDF}\r\n");
    let by = |algorithm, hashed: &[u8]| stub_by(algorithm, "a.pdf", hashed);
    for (algorithm, word) in [(&SHA1_FOR_LEGACY_USE_ONLY, "sha1"), (&SHA256, "sha256")] {
        for (hashed, reading) in [
            (&b"AAECAw=="[..], "body"),
            (b"AAECAw==\r\n", "body"),
            (b"AAECAw==\r\n\r\n", "body"),
            (pdf.trim_end().as_bytes(), "part"),
            (pdf.as_bytes(), "part"),
            (&[0, 1, 2, 3], "content"),
        ] {
            check_stub(&by(algorithm, hashed), &pdf, &format!("2 a.pdf: proven {word} {reading}"));
        }
    }
    // Of a file with LF, hashed as it lay there; then the same file only will do.
    let (crlf, lf) = (sent(&multipart("mixed", "b", &[TEXT, NOTE])), "1\n2");
    let made = receipt("breve", &kept(&crlf.replace(NOTE, &stub("note.txt", lf))));
    let of = |sent: &str| told(&prove(made.as_bytes(), &trusted(&made), sent.as_bytes()));
    assert_eq!(of(&crlf.replace("\r\n", "\n")), ["1: proven copy", "2 note.txt: proven sha1 body"]);
    assert_eq!(of(&crlf), ["1: proven copy", "2 note.txt: differs hash"]);
}

#[test]
fn an_attached_message_is_hashed_whole_and_may_get_a_name() {
    // printf 'Subject: inner\r\n\r\nbody' | sha1sum
    assert!(stub("", body(MAIL)).ends_with("91d7f408b4b0daa27687965962578ccd70fe9dbc"));
    for name in ["message.eml", "", "inner"] {
        check_stub(&stub(name, body(MAIL)), MAIL, "2: proven sha1 body");
    }
    let other = MAIL.replace("body", "other");
    check_stub(&stub("message.eml", body(MAIL)), &other, "2: differs hash");
    let named = MAIL.replace("rfc822", "rfc822; name=\"a.eml\"");
    check_stub(&stub("a.eml", body(MAIL)), &named, "2 a.eml: proven sha1 body");
    check_stub(&stub("b.eml", body(MAIL)), &named, "2 a.eml: differs name");
}

#[test]
fn what_is_not_replaced_is_compared_as_a_copy() {
    let (inner, signature) = (
        multipart("mixed", "c", &[TEXT, PDF]),
        "Content-Type: application/pkcs7-signature; name=smime.p7s\r\n\r\nMIIB",
    );
    let signed = sent(&multipart("signed", "b", &[&inner, signature]));
    let copy = kept(&signed).replace(PDF, &stub("a.pdf", body(PDF)));
    let proven = ["1.1: proven copy", "1.2 a.pdf: proven sha1 body", "2 smime.p7s: proven copy"];
    check(&receipt("breve", &copy), &signed, &proven);
    let differs = ["1.1: proven copy", "1.2 a.pdf: proven sha1 body", "2 smime.p7s: differs content"];
    check(&receipt("breve", &copy), &signed.replace("MIIB", "MIIC"), &differs);

    let opaque = sent(
        "Content-Type: application/x-pkcs7-mime; name=smime.p7m\r\nContent-Transfer-Encoding: base64\r\n\r\nMIIB\r\n",
    );
    check(&receipt("breve", &kept(&opaque)), &opaque, &["1 smime.p7m: proven copy"]);
    check(
        &receipt("breve", &kept(&opaque)),
        &opaque.replace("MIIB", "MIIC"),
        &["1 smime.p7m: differs content"],
    );
    // A provider that leaves a file as it is proves it all the same.
    check_brief(&[TEXT, PDF], &[TEXT, PDF], &["1: proven copy", "2 a.pdf: proven copy"]);
}

#[test]
fn names_in_every_spelling() {
    let spelt = |header: &str| {
        PDF.replace("; name=\"a.pdf\"", header)
            .replace("Content-Disposition: attachment; filename=\"a.pdf\"\r\n", "")
    };
    let cases = [
        ("; name*=utf-8''citt%C3%A0.pdf", "città.pdf", "città.pdf"),
        ("; name*0*=utf-8''citt%C3%A0;\r\n name*1*=.pdf", "città.pdf", "città.pdf"),
        ("; name=\"=?utf-8?Q?citt=C3=A0.pdf?=\"", "città.pdf", "città.pdf"),
        ("; name=\"=?utf-8?Q?citt=C3=A0.pdf?=\"", "citt_.pdf", "città.pdf"),
        ("; name=\"a \\\"b\\\".pdf\"", "a _b_.pdf", "a \"b\".pdf"),
        ("; name=\"../../a:b|c.pdf\"", "../../a:b|c.pdf", "../../a:b|c.pdf"),
        ("; name=a.pdf.hash", "a.pdf.hash", "a.pdf.hash"),
        ("; name=\".hash\"", ".hash", ".hash"),
    ];
    for (header, stub_name, name) in cases {
        let line = format!("2 {name}: proven sha1 body");
        check_stub(&stub(stub_name, body(PDF)), &spelt(header), &line);
    }
    // RFC 2231 in the receipt too.
    let spelt_stub = stub("x", body(PDF)).replace("name=\"x.hash\"", "name*=utf-8''citt%C3%A0.pdf.hash");
    check_stub(&spelt_stub, &spelt(cases[0].0), "2 città.pdf: proven sha1 body");
    // What can be written is not to be replaced.
    check_stub(&stub("_.pdf", body(PDF)), &spelt("; name=a.pdf"), "2 a.pdf: differs name");
    check_stub(&stub("a_.pdf", body(PDF)), &spelt("; name=a.pdf"), "2 a.pdf: differs name");
}

#[test]
fn equal_names_and_equal_files_each_have_their_hash() {
    let [a, b] = ["AAA=", "AAE="].map(|content| PDF.replace("AAECAw==", content));
    let [a_stub, b_stub] = [&a, &b].map(|part| stub("a.pdf", body(part)));
    let proven = ["1 a.pdf: proven sha1 body", "2 a.pdf: proven sha1 body", "3 a.pdf: proven sha1 body"];
    check_brief(&[&a_stub, &b_stub, &a_stub], &[&a, &b, &a], &proven);
    let expected = ["1 a.pdf: proven sha1 body", "2 a.pdf: proven sha1 body", "3 a.pdf: differs hash"];
    check_brief(&[&a_stub, &b_stub, &a_stub], &[&a, &b, &b], &expected);
    let c = a.replace("a.pdf", "c.pdf");
    let expected = ["1 c.pdf: proven sha1 body", "2 a.pdf: proven sha1 body"];
    check_brief(&[&stub("c.pdf", body(&a)), &a_stub], &[&c, &a], &expected);
    check_brief(&[&a_stub], &[&a, &a], &["1 a.pdf: proven sha1 body", "2 a.pdf: missing"]);
    check_brief(&[&a_stub, &a_stub], &[&a], &["1 a.pdf: proven sha1 body", "2 a.pdf.hash: added"]);
}

#[test]
fn a_hundred_attachments() {
    let parts: Vec<_> = (0..100)
        .map(|number| {
            PDF.replace("a.pdf", &format!("{number}.pdf")).replace("AAECAw==", &format!("{number:04}"))
        })
        .collect();
    let stubs: Vec<_> =
        parts.iter().zip(0..).map(|(part, number)| stub(&format!("{number}.pdf"), body(part))).collect();
    let (parts, stubs): (Vec<_>, Vec<_>) =
        parts.iter().map(String::as_str).zip(stubs.iter().map(String::as_str)).unzip();
    let mut expected: Vec<_> =
        (0..100).map(|number| format!("{} {number}.pdf: proven sha1 body", number + 1)).collect();
    check_brief(&stubs, &parts, &expected.iter().map(String::as_str).collect::<Vec<_>>());
    let mut changed = parts.clone();
    let other = parts[41].replace("0041", "AAAA");
    changed[41] = &other;
    expected[41] = "42 41.pdf: differs hash".to_owned();
    check_brief(&stubs, &changed, &expected.iter().map(String::as_str).collect::<Vec<_>>());
}
