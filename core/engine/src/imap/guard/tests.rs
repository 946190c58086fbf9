//! The guard by itself: what it hands over, in which portions, from input in any pieces.

use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

use super::*;

/// Feeds `input` through a pipe of that width; each read with `room`, and the body known after it.
async fn guarded(input: &'static [u8], width: usize, room: usize) -> Vec<(String, Option<Vec<u8>>)> {
    let (near, mut far) = duplex(width);
    let writing = tokio::spawn(async move { far.write_all(input).await.unwrap() });
    let mut guard = Guard::new(near, 1000);
    let mut reads = Vec::new();
    let mut buffer = vec![0; room];
    loop {
        let count = guard.read(&mut buffer).await.unwrap();
        if count == 0 {
            writing.await.unwrap();
            return reads;
        }
        let body = guard.take_body().map(|body| match body {
            Body::Whole(bytes) => bytes,
            other => panic!("{other:?}"),
        });
        reads.push((String::from_utf8(buffer[..count].to_vec()).unwrap(), body));
    }
}

#[tokio::test]
async fn a_read_is_one_response_whatever_the_pieces() {
    let input: &[u8] = b"* 1 FETCH (body[] {8}\r\n)\r\n* 2 F UID 3)\r\n* NAMESPACE {3}\r\n\r\n* NIL\r\n\
        * 2 FETCH (BODY[] {0}\r\n UID 4)\n* LIST () {1}\r\n\" {4}\r\na\\\"b\r\n* OK [ALERT]\xc3\xa8 {9}\r\n+ \r\nA0001 OK\r\n";
    let expected = [
        ("* 1 FETCH (body[] NIL UID 3)\r\n", Some(b")\r\n* 2 F".to_vec())),
        ("* 2 FETCH (BODY[] NIL UID 4)\r\n", Some(Vec::new())),
        ("* LIST () \"\\\"\" \"a\\\\\\\"b\"\r\n", None),
        ("* OK [ALERT] è {9}\r\n", None),
        ("+ \r\n", None),
        ("A0001 OK\r\n", None),
    ]
    .map(|(text, body)| (text.to_owned(), body));
    for width in [1, 2, 3, 7, 64, 4096] {
        assert_eq!(guarded(input, width, 4096).await, expected, "pieces of {width}");
    }
}

#[tokio::test]
async fn a_response_is_handed_over_in_portions() {
    let reads = guarded(b"* 12 EXISTS\r\nA0001 OK\r\n", 4096, 8).await;
    let texts: Vec<_> = reads.iter().map(|(text, _)| text.as_str()).collect();
    assert_eq!(texts, ["* 12 EXI", "STS\r\n", "A0001 OK", "\r\n"]);
}
