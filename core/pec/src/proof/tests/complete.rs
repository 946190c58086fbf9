//! Complete receipts: a copy, compared part by part.

use super::*;

#[track_caller]
fn check_copy(copy: &str, sent: &str, expected: &[&str]) {
    check(&receipt("completa", &kept(copy)), sent, expected);
}

#[test]
fn a_faithful_copy_proves_every_part() {
    let alternative = multipart("alternative", "alternative", &[TEXT, HTML]);
    let nested = sent(&multipart("mixed", "b", &[&alternative, PDF, MAIL, NOTE]));
    let proven = [
        "1.1: proven copy",
        "1.2: proven copy",
        "2 a.pdf: proven copy",
        "3: proven copy",
        "4 note.txt: proven copy",
    ];
    check_copy(&nested, &nested, &proven);
    check_copy(&sent(TEXT), &sent(TEXT), &["1: proven copy"]);
    check_copy(&sent(PDF), &sent(PDF), &["1 a.pdf: proven copy"]);
    let no_type = sent("\r\nciao\r\n");
    check_copy(&no_type, &no_type, &["1: proven copy"]);
    // A last line end more or less is the way of SMTP.
    check_copy(&sent("\r\nciao"), &no_type, &["1: proven copy"]);
    check_copy(&sent("\r\nciao\r\n\r\n"), &no_type, &["1: proven copy"]);
    let signed = sent(&multipart("signed", "b", &[&multipart("mixed", "c", &[TEXT, PDF]), NOTE]));
    check_copy(&signed, &signed, &["1.1: proven copy", "1.2 a.pdf: proven copy", "2 note.txt: proven copy"]);
}

#[test]
fn what_was_encoded_again_on_the_way_is_the_same() {
    let sent_ = sent(&multipart("mixed", "b", &[TEXT, PDF, HTML]));
    let proven = ["1: proven copy", "2 a.pdf: proven copy", "3: proven copy"];
    let again = |from: &str, to: &str| {
        assert!(sent_.contains(from));
        check_copy(&sent_.replace(from, to), &sent_, &proven);
    };
    again("AAECAw==", "AAEC\r\nAw==\r\n");
    again("charset=utf-8\r\n\r\n", "charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n");
    again(
        "charset=utf-8\r\n\r\nBuongiorno,\r\nin allegato",
        "charset=\"UTF-8\"\r\nContent-Transfer-Encoding: base64\r\n\r\nQnVvbmdpb3JubywNCmluIGFsbGVnYXRv",
    );
    again("Buongiorno=20", "=42uongiorno=20");
    again("\"b\"", "b");
    again("Subject: Prova", "SUBJECT:\r\n =?utf-8?B?UHJvdmE=?=");
    again("Anna Neri <anna", "=?utf-8?Q?Anna?=\r\n Neri <anna");
    check_copy(&sent_.replace("\"b\"", "\"c\"").replace("--b", "--c"), &sent_, &proven);
}

#[test]
fn what_is_not_what_was_delivered_differs() {
    let parts = [TEXT, PDF, NOTE, MAIL];
    let copy = sent(&multipart("mixed", "b", &parts));
    let proven = ["1: proven copy", "2 a.pdf: proven copy", "3 note.txt: proven copy", "4: proven copy"];
    let changed = |from: &str, to: &str, index: usize, line: &str| {
        assert!(copy.contains(from), "{from}");
        let mut expected = proven.to_vec();
        expected[index] = line;
        check_copy(&copy, &copy.replace(from, to), &expected);
    };
    changed("in allegato", "senza allegati", 0, "1: differs content");
    changed("plain; charset=utf-8", "plain; charset=utf-16", 0, "1: differs type");
    changed("AAECAw==", "AAECBA==", 1, "2 a.pdf: differs content");
    changed("AAECAw==", "AAECAw==x", 1, "2 a.pdf: differs content");
    changed("a.pdf", "b.pdf", 1, "2 b.pdf: differs name");
    changed("; name=\"a.pdf\"", "; name=\"b.pdf\"", 1, "2 a.pdf: differs name");
    changed("application/pdf", "application/xml", 1, "2 a.pdf: differs type");
    changed("1\r\n2", "1\r\n\r\n2", 2, "3 note.txt: differs content");
    changed("1\r\n2", "1\r\n2 ", 2, "3 note.txt: differs content");
    changed("Subject: inner", "Subject: other", 3, "4: differs content");
}

#[test]
fn parts_more_or_fewer_are_named() {
    let [one, two] = ["1", "2"].map(|it| PDF.replace("a.pdf", it).replace("AAECAw==", it));
    let of = |parts: &[&str]| sent(&multipart("mixed", "b", parts));
    let expected = ["1: proven copy", "2 2: proven copy", "2 1: added"];
    check_copy(&of(&[TEXT, &one, &two]), &of(&[TEXT, &two]), &expected);
    let expected = ["1: proven copy", "2 1: missing", "3 2: proven copy"];
    check_copy(&of(&[TEXT, &two]), &of(&[TEXT, &one, &two]), &expected);
    let expected = ["1: proven copy", "2 1: proven copy", "3 1: missing"];
    check_copy(&of(&[TEXT, &one]), &of(&[TEXT, &one, &one]), &expected);
    check_copy(&of(&[TEXT, &one]), &sent(TEXT), &["1: proven copy", "2 1: added"]);
    check_copy(&of(&[TEXT]), &of(&[TEXT]).replace("text/plain", "text/html"), &["1: differs type"]);
}

#[test]
fn equal_names_and_equal_files_each_answer_for_one() {
    let files = ["AAA=", "AAE=", "AAA="].map(|content| PDF.replace("AAECAw==", content));
    let [a, b, c] = files.each_ref().map(String::as_str);
    let copy = sent(&multipart("mixed", "b", &[a, b, c]));
    let proven = "1 a.pdf: proven copy,2 a.pdf: proven copy,3 a.pdf: proven copy";
    check_copy(&copy, &copy, &proven.split(',').collect::<Vec<_>>());
    let other = sent(&multipart("mixed", "b", &[a, b, b]));
    check_copy(&copy, &other, &["1 a.pdf: proven copy", "2 a.pdf: proven copy", "3 a.pdf: differs content"]);
}

#[test]
fn the_same_parts_put_together_otherwise_are_another_message() {
    let proven = ["1: proven copy", "2: proven copy", "structure-differs"];
    let copy = sent(&multipart("mixed", "b", &[TEXT, HTML]));
    check_copy(&copy, &copy.replace("mixed", "alternative"), &proven);
    check_copy(&copy, &sent(&multipart("mixed", "b", &[HTML, TEXT])), &proven);
    let inside = sent(&multipart("mixed", "b", &[&multipart("mixed", "c", &[TEXT, HTML])]));
    check_copy(&copy, &inside, &["1.1: proven copy", "1.2: proven copy", "structure-differs"]);
}

#[test]
fn header_fields_for_people_are_compared_as_values() {
    let copy = sent(TEXT);
    let proven = "1: proven copy";
    let changed =
        |from: &str, to: &str, line: &str| check_copy(&copy, &copy.replace(from, to), &[proven, line]);
    changed("Prova", "Diffida", "Subject: Diffida | Prova");
    changed("Subject: Prova\r\n", "", "Subject: - | Prova");
    changed("Subject: Prova\r\n", "Subject: Prova\r\nSubject: x\r\n", "Subject: Prova; x | Prova");
    changed("Anna Neri", "Carla", "From: Carla <anna@pec.example.test> | Anna Neri <anna@pec.example.test>");
    changed(
        "To: bruno@pec",
        "To: c@x.test, bruno@pec",
        "To: c@x.test, bruno@pec.example.it | bruno@pec.example.it",
    );
    changed("To: bruno", "Cc: c@x.test\r\nTo: bruno", "Cc: c@x.test | -");
    changed("16:39", "16:40", "Date: Tue, 13 Nov 2018 16:40:26 +0100 | Tue, 13 Nov 2018 16:39:26 +0100");
    changed("Prova", "Pro va", "Subject: Pro va | Prova");
    let encoded = "=?utf-8?Q?bruno=40pec.example.it?=";
    changed("bruno@pec.example.it", encoded, "To: bruno@pec.example.it | bruno@pec.example.it");
    // Bytes that stand for no text are not the same text.
    let odd = |byte: char| copy.replace("Prova", &format!("=?utf-8?Q?={}0?=", byte));
    check_copy(&odd('8'), &odd('9'), &[proven, "Subject: \u{fffd} | \u{fffd}"]);
    // The server adds a date where there is none, and fields of its own.
    check_copy(&copy, &copy.replace("Date", "X-Date"), &[proven]);
    let long = copy.replace("To: bruno", &format!("To: {} bruno", "someone@example.test,\r\n ".repeat(1000)));
    check_copy(&long, &long.replace(",\r\n ", ", "), &[proven]);
    let proof = {
        let receipt = receipt("completa", &kept(&long));
        prove(receipt.as_bytes(), &trusted(&receipt), long.replace("bruno@pec", "bruna@pec").as_bytes())
    };
    assert_eq!(proof.fields.len(), 1, "the end of a long list counts too");
}
