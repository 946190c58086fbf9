//! The message around what is signed: line ends, the part of the signature, boundaries, headers, binary content.

use recapito_pec::Note;

use crate::authority::Authority;
use crate::case::{Case, trusted};
use crate::envelope::{
    HEADER, INNER, MIXED, ORIGINAL, OUTER, SIGNED, TEXT, base64, certdata, content, daticert, lf, mixed,
    multipart, outer, p7s_part, part, postacert, sealed, swap, swap_first,
};

/// All of them.
pub(super) fn cases(of: &Authority) -> Vec<Case> {
    [around(of), boundaries(of), types(of), headers(of), binary(of)].concat()
}

/// One signature, in other surroundings.
fn around(of: &Authority) -> Vec<Case> {
    let content = content();
    let p7s = of.p7s(&content);
    let raw = sealed(&content, &p7s);
    let with_p7s =
        |name: &str, header: &str, body: &[u8]| trusted(name, outer(&[&content, &part(header, body)]));
    let mut cases = Vec::new();
    for width in [1, 4, 60, 76, 77, 10_000] {
        let name = format!("smime.p7s, base64 in lines of {width}");
        cases.push(with_p7s(&name, P7S, base64(&p7s, width).as_bytes()));
    }
    let body = base64(&p7s, 64);
    let spaced = body.replace("\r\n", "  \r\n\t");
    let unpadded = body.trim_end().trim_end_matches('=');
    let newer = "Content-Type: application/pkcs7-signature; name=smime.p7s; smime-type=signed-data\r\n\
        Content-Transfer-Encoding: base64\r\nContent-Description: S/MIME Cryptographic Signature\r\n";
    let capitals = "CONTENT-TYPE: Application/X-PKCS7-Signature\r\nContent-transfer-encoding:BASE64\r\n";
    let folded = "Content-Type:\r\n\tapplication/pkcs7-signature\r\n ;name=smime.p7s\r\nContent-Transfer-Encoding:\r\n base64\r\n";
    let as_binary = "Content-Type: application/pkcs7-signature\r\nContent-Transfer-Encoding: binary\r\n";
    let as_quoted =
        "Content-Type: application/pkcs7-signature\r\nContent-Transfer-Encoding: quoted-printable\r\n";
    let preamble = |text: &str| swap_first(&raw, "\r\n\r\n--", format!("\r\n\r\n{text}\r\n--"));
    let half = raw.windows(4).position(|window| window == b"\r\n\r\n").expect("a header") + 4;
    let (header, rest) = raw.split_at(half);
    cases.extend([
        with_p7s("smime.p7s, base64 with blanks", P7S, spaced.as_bytes()),
        with_p7s("smime.p7s, base64 without padding", P7S, unpadded.as_bytes()),
        with_p7s("smime.p7s of the newer type", newer, body.as_bytes()),
        with_p7s("smime.p7s, its header in capitals", capitals, body.as_bytes()),
        with_p7s("smime.p7s, its header folded", folded, body.as_bytes()),
        with_p7s("smime.p7s after empty lines", P7S, format!("\r\n\r\n{body}\r\n\r\n").as_bytes()),
        with_p7s("smime.p7s quoted-printable", as_quoted, quoted(&p7s).as_bytes()),
        with_p7s("smime.p7s binary", as_binary, &p7s),
        trusted("stored with LF", lf(&raw)),
        trusted("the header with CRLF, the body with LF", [header, &lf(rest)].concat()),
        trusted("the header with LF, the body with CRLF", [&lf(header), rest].concat()),
        trusted("no line end at the end", raw.strip_suffix(b"\r\n").expect("one").to_vec()),
        trusted("line ends after the end", [&raw[..], b"\r\n\r\n"].concat()),
        trusted("a preamble", preamble("This is an S/MIME signed message\r\n")),
        trusted("a preamble like a header", preamble("Content-Type: text/plain\r\n")),
        trusted("an epilogue", [&raw[..], b"-- \r\nlista@example.test\r\n"].concat()),
        trusted("blanks behind the delimiters", swap(&raw, "_Outer_1\r\n", "_Outer_1 \t\r\n")),
        trusted("the closing delimiter is missing", swap(&raw, &format!("--{OUTER}--\r\n"), b"")),
    ]);
    cases
}

/// Outer and inner boundary, in that order.
fn boundaries(of: &Authority) -> Vec<Case> {
    let parts = [TEXT, &daticert(&certdata("avvenuta-consegna")), &postacert(ORIGINAL)];
    let longest = "x".repeat(70);
    let almost = "x".repeat(69);
    let mut cases = Vec::new();
    for (name, outer, inner) in [
        ("the inner boundary begins with the outer", "bound", "boundX"),
        ("the outer boundary begins with the inner", "boundX", "bound"),
        ("the inner boundary is the outer and a digit", "=_1", "=_11"),
        ("of 70 characters, one a prefix of the other", &longest, &almost),
        ("of one character", "a", "b"),
        ("of digits", "1", "11"),
        ("all dashes", "---", "------"),
        ("dashes in front", "----=_Part_1_2.3", "----=_Part_1_2.31"),
        ("characters of regular expressions", ".*", "(a|b)+?"),
        ("odd characters", "'()+_,-./:=?", "'()+_,-./:=? x"),
        ("blanks inside", "a b c", "a b"),
        ("small and capital letters", "Boundary", "boundary"),
    ] {
        let content =
            multipart(&format!("Content-Type: multipart/mixed; boundary=\"{inner}\"\r\n"), inner, &parts);
        let header = format!("{HEADER}{}", SIGNED.replace(OUTER, outer));
        let raw = multipart(&header, outer, &[&content, &p7s_part(&of.p7s(&content))]);
        cases.push(trusted(format!("boundary: {name}"), raw));
    }
    let content = content();
    let p7s = p7s_part(&of.p7s(&content));
    let header = format!("{HEADER}Content-Type: multipart/signed; boundary=simple.token-1\r\n");
    cases.push(trusted("boundary: without quotes", multipart(&header, "simple.token-1", &[&content, &p7s])));
    let header = format!("{HEADER}Content-Type: multipart/signed; boundary=\"a\\\"b\\\\c\"\r\n");
    cases
        .push(trusted("boundary: with escaped characters", multipart(&header, "a\"b\\c", &[&content, &p7s])));
    // RFC 2045 §5.1 wants quotes around these; Java mail programs leave them out, and everybody reads it.
    for token in ["----=_Part_1_2.3", "a:b/c?d", "a@b", "[x]"] {
        let header = format!("{HEADER}Content-Type: multipart/signed; boundary={token}\r\n");
        cases.push(trusted(
            format!("boundary: {token} without quotes"),
            multipart(&header, token, &[&content, &p7s]),
        ));
    }
    let similar = postacert(
        format!("Subject: x\r\n\r\n--{INNER}x\r\n --{INNER}\r\n--{INNER} --\r\nx--{OUTER}\r\n").as_bytes(),
    );
    cases
        .push(trusted("lines like delimiters in the original", of.seal(&mixed(&[TEXT, parts[1], &similar]))));
    let inner = multipart("Content-Type: multipart/mixed; boundary=\"own\"\r\n", "own", &[TEXT, TEXT]);
    let unclosed = postacert(inner.strip_suffix(b"--own--\r\n").expect("its end"));
    let many: Vec<_> = std::iter::repeat_n(TEXT, 5_000).collect();
    let many = multipart("Content-Type: multipart/mixed; boundary=\"own\"\r\n", "own", &many);
    let deep = (0..200).fold(TEXT.to_vec(), |inner, level| {
        let header = format!("Content-Type: multipart/mixed; boundary=\"own{level}.\"\r\n");
        multipart(&header, &format!("own{level}."), &[&inner])
    });
    let chain = (0..200).fold(ORIGINAL.to_vec(), |inner, _| part("Content-Type: message/rfc822\r\n", inner));
    for (name, original) in
        [("of 5,000 parts", &many), ("200 levels deep", &deep), ("of 200 messages in messages", &chain)]
    {
        let raw = of.seal(&mixed(&[TEXT, &postacert(original), parts[1]]));
        cases.push(trusted(format!("an original {name}"), raw));
    }
    cases.push(trusted("an original that is not closed", of.seal(&mixed(&[TEXT, parts[1], &unclosed]))));
    cases
}

/// Other words for the same in the outer Content-Type.
fn types(of: &Authority) -> Vec<Case> {
    let raw = of.seal(&content());
    let case = |name: &str, kind: &str| {
        let kind = format!("Content-Type: multipart/signed; {kind}; boundary=\"{OUTER}\"\r\n");
        trusted(name, swap_first(&raw, SIGNED, kind))
    };
    vec![
        case("micalg of another name", "protocol=\"application/pkcs7-signature\"; micalg=sha256"),
        case("micalg wrong", "protocol=\"application/x-pkcs7-signature\"; micalg=sha1"),
        case("micalg of several", "protocol=\"application/x-pkcs7-signature\"; micalg=\"sha1,md5,sha-512\""),
        case("micalg unknown", "protocol=\"application/x-pkcs7-signature\"; micalg=unknown"),
        case("micalg empty", "protocol=\"application/x-pkcs7-signature\"; micalg=\"\""),
        case("micalg missing", "protocol=\"application/x-pkcs7-signature\""),
        case("protocol missing", "micalg=sha256"),
        case("protocol wrong", "protocol=\"application/pgp-signature\"; micalg=sha256"),
        case("protocol of the newer name", "protocol=\"application/pkcs7-signature\"; micalg=\"sha-256\""),
        case("neither protocol nor micalg", "x=y"),
        case("a boundary in another parameter's value", "x=\"; boundary=other\""),
        case("comments in the type", "(a comment) micalg=sha256"),
        case("blanks around the equals sign", "protocol = \"application/pkcs7-signature\" ; micalg = sha256"),
        case("semicolons without parameter", "; micalg=sha256;; "),
        trusted("a semicolon at the end", swap_first(&raw, "_Outer_1\"\r\n", "_Outer_1\";\r\n")),
        trusted(
            "Content-Type in capitals",
            swap_first(&raw, "Content-Type: multipart/signed", "CONTENT-TYPE: MULTIPART/SIGNED"),
        ),
        trusted(
            "Content-Type folded",
            swap_first(&raw, "Content-Type: multipart/signed; ", "Content-Type:\r\n multipart/signed;\r\n\t"),
        ),
        trusted(
            "no blank before the value",
            swap_first(&raw, "Content-Type: multipart/signed; ", "Content-Type:multipart/signed;"),
        ),
        trusted(
            "a blank before the colon",
            swap_first(&raw, "Content-Type: multipart/signed", "Content-Type : multipart/signed"),
        ),
        trusted(
            "Content-Type first of all",
            swap_first(&swap_first(&raw, SIGNED, b""), "From:", format!("{SIGNED}From:")),
        ),
        trusted("7bit", swap_first(&raw, SIGNED, format!("{SIGNED}Content-Transfer-Encoding: 7bit\r\n"))),
        trusted("8bit", swap_first(&raw, SIGNED, format!("{SIGNED}Content-Transfer-Encoding: 8BIT\r\n"))),
    ]
}

/// The outer header, of which From alone matters, and notes on the rest.
fn headers(of: &Authority) -> Vec<Case> {
    let raw = of.seal(&content());
    let case = |name: &str, from: &str, to: &str| trusted(name, swap_first(&raw, from, to));
    let from = |name: &str, value: &str| {
        case(name, "From: posta-certificata@pec.example.test", &format!("From: {value}"))
    };
    let differs: &[Note] = &[Note::HeaderDiffers];
    let kind = "X-Ricevuta: avvenuta-consegna";
    let reference = "X-Riferimento-Message-ID: <1@client.example.test>";
    vec![
        from(
            "From with a display name",
            "\"Per conto di: anna@pec.example.test\" <posta-certificata@pec.example.test>",
        ),
        from("From with a bare display name", "Posta Certificata <posta-certificata@pec.example.test>"),
        from("From in angle brackets", "<posta-certificata@pec.example.test>"),
        from("From in capitals", "Posta-Certificata@PEC.Example.Test"),
        from("From with an encoded name", "=?UTF-8?Q?Citt=C3=A0?= <posta-certificata@pec.example.test>"),
        from("From with comments", "(x) posta-certificata@pec.example.test (\"a\\)b\" <c@d>)"),
        from("From folded", "\r\n \"Per conto di: anna\"\r\n\t<posta-certificata@pec.example.test>"),
        case("From in small letters", "From:", "from:"),
        case("names of fields in capitals", "X-Ricevuta: avvenuta-consegna", "X-RICEVUTA: avvenuta-consegna"),
        case("folded reference", reference, "X-Riferimento-Message-ID:\r\n <1@client.\r\n example.test>"),
        case("no reference", &format!("{reference}\r\n"), ""),
        case("no kind", &format!("{kind}\r\n"), ""),
        case("no MIME-Version", "MIME-Version: 1.0\r\n", ""),
        case(
            "what servers add",
            "From:",
            "Return-Path: <x@y.test>\r\nReceived: from a\r\n\tby b; x\r\nReceived: by c\r\nFrom:",
        ),
        case("a mailbox's first line", "From:", "From x@y.test Sat Jun  1 14:00:00 2024\r\nFrom:"),
        case("DKIM", "From:", "DKIM-Signature: v=1; h=From:Subject;\r\n b=abc; Content-Type: no\r\nFrom:"),
        case("fields of 8 bits", "Subject: CONSEGNA: prova", "Subject: citt\u{e0}"),
        case(
            "From, and others' addresses elsewhere",
            "From:",
            "Sender: x@y.test\r\nReply-To: x@y.test\r\nResent-From: x@y.test\r\nFrom:",
        ),
        case("a folded line of blanks only", "Subject: CONSEGNA: prova", "Subject: CONSEGNA:\r\n \r\n prova"),
        case("a line that is no field", "Subject:", "no field at all\r\nSubject:"),
        case("a header of 100 KB", "Subject:", &format!("{}Subject:", "X-Spam: no\r\n".repeat(9_000))),
        case("the header's kind differs", kind, "X-Ricevuta: accettazione").noting(differs),
        case("the header claims an anomaly", kind, "X-Trasporto: errore").noting(differs),
        case("the header's reference differs", reference, "X-Riferimento-Message-ID: <2@x.test>")
            .noting(differs),
        case(
            "the header's receipt type differs",
            kind,
            "X-TipoRicevuta: sintetica\r\nX-Ricevuta: avvenuta-consegna",
        )
        .noting(differs),
        case(
            "a second reference",
            reference,
            &format!("{reference}\r\nX-Riferimento-Message-ID: <2@x.test>"),
        )
        .noting(differs),
    ]
}

/// Content that says it is binary may be signed as it lies, bare LF and all, or in canonical form (RFC 8551 §3.1.1).
fn binary(of: &Authority) -> Vec<Case> {
    let head = format!("{MIXED}Content-Transfer-Encoding: binary\r\n");
    let bytes = part(
        "Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\n",
        b"a\nb\r\n\0\r\xff\n\n",
    );
    let data = daticert(&certdata("avvenuta-consegna"));
    let bare = multipart(&head, INNER, &[TEXT, &data, &bytes]);
    let text = multipart(&head, INNER, &[TEXT, &data, &postacert(ORIGINAL)]);
    let canonical = swap(&lf(&bare), "\n", "\r\n");
    // Whoever wrote the header of the whole forgot to say so, or did not know.
    let undeclared = multipart(MIXED, INNER, &[TEXT, &data, &bytes]);
    vec![
        trusted("binary, with bare LF, signed as it lies", of.seal(&bare)),
        trusted("a binary part in what is not said to be, signed as it lies", of.seal(&undeclared)),
        trusted("binary, with bare LF, signed in canonical form", sealed(&bare, &of.p7s(&canonical))),
        trusted("binary, all CRLF", of.seal(&text)),
        trusted("binary, all LF, signed as it lies", of.seal(&lf(&text))),
        trusted("binary, stored with LF, signed with CRLF", lf(&of.seal(&text))),
    ]
}

fn quoted(bytes: &[u8]) -> String {
    let lines =
        bytes.chunks(24).map(|line| line.iter().map(|byte| format!("={byte:02X}")).collect::<String>());
    lines.map(|line| line + "=\r\n").collect()
}

const P7S: &str = "Content-Type: application/x-pkcs7-signature; name=\"smime.p7s\"\r\n\
    Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=\"smime.p7s\"\r\n";
