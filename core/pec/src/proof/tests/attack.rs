//! A sender who wants a genuine receipt to prove what was never delivered.

use super::*;

/// What the sender really sent, then claims to have sent, with what the receipt holds.
#[track_caller]
fn claim(tipo: &str, copy: &str, claimed: &str, expected: &[&str]) {
    check(&receipt(tipo, &kept(copy)), claimed, expected);
}

#[test]
fn a_hash_that_the_sender_wrote_proves_no_file() {
    let made = stub("a.pdf", body(PDF));
    let [of_pdf, of_stub] = [PDF, &made].map(|part| sent(&multipart("mixed", "b", &[TEXT, part])));
    // In a complete receipt the hash is the sender's own.
    claim("completa", &of_stub, &of_pdf, &["1: proven copy", "2 a.pdf: missing", "2 a.pdf.hash: added"]);
    // What has no name is not replaced, so that a hash there is the sender's too.
    let nameless = made.replace("; name=\"a.pdf.hash\"", "");
    let of_nameless = sent(&multipart("mixed", "b", &[TEXT, &nameless]));
    claim("breve", &of_nameless, &of_pdf, &["1: proven copy", "2 a.pdf: missing", "2: added"]);
    // Nor is the whole content of a message, nor the second half of a signed one.
    claim("breve", &sent(&made), &sent(PDF), &["1 a.pdf: missing", "1 a.pdf.hash: added"]);
    let signed = |part| sent(&multipart("signed", "b", &[TEXT, part]));
    claim(
        "breve",
        &signed(&made),
        &signed(PDF),
        &["1: proven copy", "2 a.pdf: missing", "2 a.pdf.hash: added"],
    );
    let [deep_stub, deep_pdf] = [made.as_str(), PDF]
        .map(|part| sent(&multipart("signed", "b", &[TEXT, &multipart("mixed", "c", &[part])])));
    claim("breve", &deep_stub, &deep_pdf, &["1: proven copy", "2.1 a.pdf: missing", "2.1 a.pdf.hash: added"]);
}

#[test]
fn a_hash_that_the_provider_wrote_is_no_file_of_the_sender() {
    let made = stub("a.pdf", body(PDF));
    let copy = sent(&multipart("mixed", "b", &[TEXT, &made]));
    claim("breve", &copy, &copy, &["1: proven copy", "2 a.pdf.hash: missing", "2 a.pdf.hash: added"]);
}

#[test]
fn a_file_of_the_form_of_a_hash_is_hashed_like_any_other() {
    let made = stub("a.pdf", body(PDF));
    let twice = stub("a.pdf.hash", body(&made));
    let [copy, file, pdf] =
        [twice.as_str(), &made, PDF].map(|part| sent(&multipart("mixed", "b", &[TEXT, part])));
    claim("breve", &copy, &file, &["1: proven copy", "2 a.pdf.hash: proven sha1 body"]);
    claim("breve", &copy, &pdf, &["1: proven copy", "2 a.pdf: missing", "2 a.pdf.hash.hash: added"]);
}

#[test]
fn what_is_nearly_a_hash_is_none() {
    let made = stub("a.pdf", body(PDF));
    let of = |part: &str| sent(&multipart("mixed", "b", &[TEXT, part]));
    for other in [
        made.replace(".hash", ".sha1"),
        made.replace("text/plain", "text/html"),
        made.replace("\r\n\r\n", "\r\n\r\nx "),
        made.replace("\r\n\r\n8b", "\r\n\r\n+b"),
        made.replace("\r\n\r\n8b", "\r\n\r\n"),
        made.replace("\r\n\r\n", &format!("\r\n\r\n{}", " ".repeat(4000))),
    ] {
        let receipt = receipt("breve", &kept(&of(&other)));
        let proof = prove(receipt.as_bytes(), &trusted(&receipt), of(PDF).as_bytes());
        assert!(!matches!(proof.parts[1].state, State::Proven(_)), "{other}: {:?}", told(&proof));
    }
}

#[test]
fn a_structure_that_readers_read_differently_proves_nothing_but_itself() {
    let two_types = PDF.replace("Content-Type", "Content-Type: text/plain\r\nContent-Type");
    let unclear = sent(&multipart("mixed", "b", &[TEXT, &two_types]));
    let clear = sent(&multipart("mixed", "b", &[TEXT, PDF]));
    let nothing = ["1: not-covered", "2 a.pdf: not-covered", "structure-unclear"];
    claim("completa", &clear, &unclear, &nothing);
    claim("completa", &unclear, &clear, &nothing);
    // The same bytes are the same to each reader.
    claim("completa", &unclear, &unclear, &["1: proven copy", "2 a.pdf: proven copy"]);
    claim("breve", &unclear, &unclear, &nothing);
}

#[test]
fn the_header_that_says_how_to_read_a_body_is_part_of_it() {
    let copy = sent(&multipart("mixed", "b", &[TEXT, PDF]));
    let other = copy.replace("multipart/mixed; boundary=\"b\"", "text/plain");
    claim("completa", &copy, &other, &["1: differs content", "2 a.pdf: added"]);
    let text = sent("Content-Transfer-Encoding: base64\r\n\r\nQUJD\r\n");
    claim("completa", &text, &text.replace("base64", "7bit"), &["1: differs content"]);
    claim("completa", &text, &text.replace("base64", "x-other"), &["1: differs content"]);
    // What is no base64 is read by each reader as it can.
    claim("completa", &text, &text.replace("QUJD", "QUJD*"), &["1: differs content"]);
}

#[test]
fn no_flipped_bit_of_what_was_sent_is_proven() {
    let of = |parts: &[&str]| sent(&multipart("mixed", "b", parts));
    let stubs = [TEXT, &stub("a.pdf", body(PDF)), &stub("x", body(MAIL)), &stub("note.txt", body(NOTE))];
    let (brief, complete) = (receipt("breve", &kept(&of(&stubs))), of(&[TEXT, PDF, MAIL, NOTE]));
    let sent = complete.as_bytes();
    assert!(prove(brief.as_bytes(), &trusted(&brief), sent).is_complete());
    for content in [TEXT, PDF, MAIL, NOTE].map(body) {
        let start = complete.find(content).unwrap();
        for (byte, bit) in (start..start + content.len()).flat_map(|byte| (0..8).map(move |bit| (byte, bit)))
        {
            let mut flipped = sent.to_vec();
            flipped[byte] ^= 1 << bit;
            let proof = prove(brief.as_bytes(), &trusted(&brief), &flipped);
            assert!(!proof.is_complete(), "byte {byte}, bit {bit}");
        }
    }
}
