//! Structure: boundaries, nesting, line ends, limits.

use super::*;

/// A message written for reading: the indentation is not part of it.
fn lines(text: &str) -> String {
    text.lines().map(str::trim_start).skip(1).collect::<Vec<_>>().join("\n")
}

/// One line a part: number, type, what is wrong.
fn outline(message: &Message<'_>) -> Vec<String> {
    let line = |part: Part<'_>| {
        let problems: Vec<_> = part.problems().iter().map(|problem| format!(" {problem:?}")).collect();
        format!("[{}] {}{}", part.number(), part.media(), problems.concat())
    };
    message.parts().map(line).collect()
}

fn check(raw: &str, expected: &[&str]) {
    for raw in [raw.to_owned(), raw.replace('\n', "\r\n")] {
        assert_eq!(outline(&Message::parse(raw.as_bytes())), expected, "{raw}");
    }
}

const NESTED: &str = "
    Content-Type: multipart/mixed; boundary=A

    --A
    Content-Type: multipart/alternative; boundary=B

    --B
    Content-Type: text/plain; charset=iso-8859-1
    Content-Transfer-Encoding: quoted-printable

    citt=E0
    --B
    Content-Type: text/html

    <p>citt&agrave;</p>
    --B--
    --A
    Content-Type: message/rfc822; name=postacert.eml

    Subject: inside
    Content-Type: multipart/mixed; boundary=C

    --C

    no type
    --C
    Content-Type: application/pdf
    Content-Transfer-Encoding: base64
    Content-Disposition: attachment; filename*=utf-8''perch%C3%A9%00.pdf

    Y2lhbw==
    --C--
    --A
    Content-Type: message/rfc822

    Subject: simple

    text
    --A--";

#[test]
fn parts_are_numbered_as_imap_does() {
    let expected = [
        "[] multipart/mixed",
        "[1] multipart/alternative",
        "[1.1] text/plain",
        "[1.2] text/html",
        "[2] message/rfc822",
        "[2] multipart/mixed",
        "[2.1] text/plain",
        "[2.2] application/pdf",
        "[3] message/rfc822",
        "[3.1] text/plain",
    ];
    check(&lines(NESTED), &expected);
    check("Subject: x\n\nbody", &["[1] text/plain"]);
    check("Content-Type: message/rfc822\n\nA: b\n\nbody", &["[1] message/rfc822", "[1.1] text/plain"]);
    check("", &["[1] text/plain"]);
}

#[test]
fn text_and_attachments_are_those_of_one_message() {
    let raw = lines(NESTED);
    let message = Message::parse(raw.as_bytes());
    assert_eq!(message.root().text(100).as_deref(), Some("città"));
    let names =
        |part: Part<'_>| part.attachments().into_iter().map(|a| (a.part, a.name, a.size)).collect::<Vec<_>>();
    let simple = "Subject: simple\n\ntext".len();
    let inside = message.parts().find(|part| part.media() == "application/pdf").unwrap().parent().unwrap();
    assert_eq!(
        names(message.root()),
        [
            ("2".to_owned(), Some("postacert.eml".to_owned()), inside.raw().len()),
            ("3".to_owned(), None, simple)
        ]
    );
    assert_eq!(names(inside), [("2.2".to_owned(), Some("perché.pdf".to_owned()), 4)]);
    assert_eq!(inside.text(100).as_deref(), Some("no type"));
    assert_eq!(inside.text(4).as_deref(), Some("no t"));
}

#[test]
fn html_is_shown_where_there_is_nothing_else() {
    let raw = "Content-Type: text/html; charset=utf-8\n\n<style>p {}</style><p>citt&agrave; &lt;b&gt;</p>";
    assert_eq!(Message::parse(raw.as_bytes()).root().text(100).as_deref(), Some("città <b>\n"));
    assert_eq!(Message::parse(b"Content-Type: image/png\n\nx").root().text(100), None);
}

#[test]
fn an_outer_boundary_ends_what_is_inside() {
    let raw = "
        Content-Type: multipart/mixed; boundary=A

        --A
        Content-Type: multipart/mixed; boundary=B

        --B

        one
        --A
        Content-Type: message/rfc822

        Content-Type: multipart/mixed; boundary=A

        --A

        two
        --A--";
    let expected = [
        "[] multipart/mixed",
        "[1] multipart/mixed Unclosed",
        "[1.1] text/plain",
        "[2] message/rfc822",
        "[2] multipart/mixed Unclosed",
        "[3] text/plain",
    ];
    check(&lines(raw), &expected);
}

#[test]
fn what_is_wrong_is_noted() {
    let body = "\n\n--A\n\nx\n--A--";
    check(
        &format!("Content-Type: text/plain\nContent-Type: multipart/mixed; boundary=A{body}"),
        &["[1] text/plain RepeatedField"],
    );
    check(&format!("Content-Type: multipart/mixed{body}"), &["[] multipart/mixed BoundaryUnclear"]);
    check(
        &format!("Content-Type: multipart/mixed; boundary=\"\"{body}"),
        &["[] multipart/mixed BoundaryUnclear"],
    );
    check(
        &format!("Content-Type: multipart/mixed; boundary=A\nContent-Transfer-Encoding: base64{body}"),
        &["[] multipart/mixed EncodedMultipart", "[1] text/plain"],
    );
    check("Content-Transfer-Encoding: x-uuencode\n\nx", &["[1] text/plain UnknownEncoding"]);
    check(
        "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nQTogYgoKYw==",
        &["[1] message/rfc822"],
    );
    check(
        "Content-Type: multipart/digest; boundary=A\n\n--A\n\nSubject: x\n\ny\n--A--",
        &["[] multipart/digest", "[1] message/rfc822", "[1.1] text/plain"],
    );
}

#[test]
fn limits_cut_what_lies_deepest() {
    let raw = lines(NESTED);
    let cut = |limits: Limits| outline(&Message::parse_within(raw.as_bytes(), &limits));
    let no_more_than = Limits::default();
    assert_eq!(
        cut(Limits { parts: 3, ..no_more_than }),
        [
            "[] multipart/mixed",
            "[1] multipart/alternative",
            "[1.1] text/plain",
            "[1.2] text/html",
            "[2] message/rfc822",
            "[2] multipart/mixed",
            "[2.1] text/plain",
            "[2.2] application/pdf",
            "[3] message/rfc822 TooManyParts",
        ]
    );
    assert_eq!(
        cut(Limits { depth: 1, ..no_more_than }),
        [
            "[] multipart/mixed",
            "[1] multipart/alternative TooDeep",
            "[2] message/rfc822 TooDeep",
            "[3] message/rfc822 TooDeep",
        ]
    );
    assert_eq!(cut(Limits { boundary: 0, ..no_more_than }), ["[] multipart/mixed BoundaryUnclear"]);
    assert!(cut(Limits { header: 20, ..no_more_than }).iter().all(|line| line.contains("HeaderTooLong")));
}

#[test]
fn ranges_are_those_of_what_was_received() {
    let raw = lines(NESTED).replace('\n', "\r\n");
    let message = Message::parse(raw.as_bytes());
    assert_eq!(message.root().range(), 0..raw.len());
    for part in message.parts() {
        assert_eq!(raw.as_bytes().get(part.range()), Some(part.raw()));
        assert_eq!(raw.as_bytes().get(part.body_range()), Some(part.body()));
        let parent = part.parent().map_or(0..raw.len(), Part::body_range);
        assert!(parent.start <= part.range().start && part.range().end <= parent.end);
    }
}
