//! Made to keep a reader busy: something quadratic would take minutes here.

use super::*;

/// On the smallest stack that a phone gives.
fn proven(tipo: &str, copy: String, sent: String) -> Proof {
    let receipt = receipt(tipo, &kept(&copy));
    let prove = move || prove(receipt.as_bytes(), &trusted(&receipt), sent.as_bytes());
    std::thread::Builder::new().stack_size(512 * 1024).spawn(prove).unwrap().join().unwrap()
}

#[test]
fn many_equal_parts() {
    let part = PDF.replace("a.pdf", &"x".repeat(60));
    let file = format!("--b\r\n{part}\r\n").repeat(1_900);
    let stubs = format!("--b\r\n{}\r\n", stub(&"x".repeat(60), body(PDF))).repeat(1_900);
    let [files, stubs] = [file, stubs]
        .map(|parts| sent(&format!("Content-Type: multipart/mixed; boundary=b\r\n\r\n{parts}--b--\r\n")));
    assert!(proven("breve", stubs.clone(), files.clone()).is_complete());
    assert!(proven("completa", files.clone(), files.clone()).is_complete());
    assert!(!proven("breve", stubs, files.replace("AAECAw==", "AAECBA==")).is_complete());
    assert!(!proven("completa", files.clone(), files.replace("AAECAw==", "AAECBA==")).is_complete());
}

#[test]
fn more_parts_than_are_read() {
    let parts = "--b\r\n\r\nx\r\n".repeat(200_000);
    let copy = sent(&format!("Content-Type: multipart/mixed; boundary=b\r\n\r\n{parts}--b--\r\n"));
    assert!(proven("completa", copy.clone(), copy.clone()).is_complete(), "the same bytes");
    let last = copy.replace("x\r\n--b--", "y\r\n--b--");
    assert_ne!(last, copy);
    let proof = proven("completa", copy, last);
    assert!(proof.problems.contains(&Problem::StructureUnclear));
}

#[test]
fn deep_structures() {
    let open = |subtype: &str| -> String {
        (0..10_000).map(|i| format!("Content-Type: {subtype}; boundary=b{i}\r\n\r\n--b{i}\r\n")).collect()
    };
    for copy in [
        open("multipart/mixed"),
        open("multipart/signed"),
        "Content-Type: message/rfc822\r\n\r\n".repeat(10_000),
    ] {
        let copy = sent(&copy);
        assert!(proven("completa", copy.clone(), copy.clone()).is_complete(), "the same bytes");
        assert!(!proven("completa", format!("{copy}y"), format!("{copy}x")).is_complete());
        proven("breve", copy.clone(), copy);
    }
}

#[test]
fn giant_values() {
    let big = |value: &str| sent(TEXT).replace("Prova", value);
    for value in ["=?aa?Q?".repeat(30_000), "x ".repeat(100_000), "\r\n x".repeat(50_000)] {
        assert!(proven("completa", big(&value), big(&value)).is_complete());
        let proof = proven("completa", big(&value), big(&format!("{value}y")));
        assert!(!proof.is_complete());
    }
    let file = |content: &str| sent(&multipart("mixed", "b", &[TEXT, &PDF.replace("AAECAw==", content)]));
    for content in
        ["AAEC\r\n".repeat(1 << 18), "\n".repeat(1 << 20), "\r".repeat(1 << 20), "=".repeat(1 << 20)]
    {
        assert!(proven("completa", file(&content), file(&content)).is_complete());
        let stub = stub("a.pdf", body("\r\n\r\nx"));
        let copy = sent(&multipart("mixed", "b", &[TEXT, &stub]));
        assert!(!proven("breve", copy, file(&content)).is_complete());
    }
}

#[test]
fn nothing_at_all() {
    for sent in ["", "\r\n", "no header", ID, &format!("{ID}\r\n"), "Content-Type: multipart/mixed\r\n\r\n"] {
        for tipo in ["completa", "breve"] {
            let proof = proven(tipo, sent.to_owned(), sent.to_owned());
            assert_eq!(proof.is_complete(), sent.contains(ID), "{sent:?}: {:?}", told(&proof));
        }
    }
}
