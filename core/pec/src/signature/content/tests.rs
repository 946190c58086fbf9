//! The digests of a content however it comes: whole, byte by byte, cut in the middle of a line end.

use super::*;

fn digests(pieces: &[&[u8]], line_ends: LineEnds) -> Digests {
    let mut content = Content::new(Algorithms::EVERY, line_ends);
    pieces.iter().for_each(|piece| content.update(piece));
    content.finish()
}

/// Content, the same with canonical line ends.
const CASES: [(&[u8], &[u8]); 10] = [
    (b"", b""),
    (b"a", b"a"),
    (b"a\nb\n", b"a\r\nb\r\n"),
    (b"a\r\nb\r\n", b"a\r\nb\r\n"),
    (b"a\r\nb\nc", b"a\r\nb\r\nc"),
    (b"\n\n", b"\r\n\r\n"),
    (b"\n\r\n", b"\r\n\r\n"),
    (b"a\rb\r", b"a\rb\r"),
    (b"a\r\r\n", b"a\r\r\n"),
    (b"\r\n\r\n\n\r", b"\r\n\r\n\r\n\r"),
];

#[test]
fn only_bare_lf_changes_however_the_content_is_cut() {
    for (content, canonical) in CASES {
        for size in 1..=content.len().max(1) {
            let pieces: Vec<&[u8]> = content.chunks(size).collect();
            for line_ends in [LineEnds::Binary, LineEnds::Canonical] {
                let found = digests(&pieces, line_ends);
                for digest in Digest::ALL {
                    assert_eq!(
                        found.of(digest).next(),
                        Some(&digest.of(canonical)[..]),
                        "{content:?} by {size}"
                    );
                }
                assert_eq!(found.sha256()[..], Digest::Sha256.of(canonical));
                assert_eq!(found.first_byte(), content.first().copied());
            }
        }
    }
}

#[test]
fn binary_content_is_digested_as_it_is_too() {
    for (content, canonical) in CASES {
        for size in 1..=content.len().max(1) {
            let pieces: Vec<&[u8]> = content.chunks(size).collect();
            let found = digests(&pieces, LineEnds::Binary);
            let other = found.of(Digest::Sha1).nth(1).map(<[u8]>::to_vec);
            let expected = (content != canonical).then(|| Digest::Sha1.of(content));
            assert_eq!(other, expected, "{content:?} by {size}");
            // What a store has made of it has LF from the first line on.
            let is_no_store = [&b"a\r\nb\nc"[..], b"\r\n\r\n\n\r"].contains(&content);
            let taken = digests(&pieces, LineEnds::Canonical).of(Digest::Sha1).count();
            assert_eq!(taken, 1 + usize::from(is_no_store), "{content:?} by {size}");
        }
    }
}

/// Lines of every length around the sizes of the buffers, in pieces around them.
#[test]
fn long_content_is_the_same_in_any_pieces() {
    let lines = (0..400_usize).map(|line| [vec![b'x'; line * 7 % 9_000], b"\n".to_vec()].concat());
    let content: Vec<u8> = lines.flatten().collect();
    let canonical = String::from_utf8(content.clone()).unwrap().replace('\n', "\r\n").into_bytes();
    for (bytes, line_ends) in
        [(&content, LineEnds::Canonical), (&content, LineEnds::Binary), (&canonical, LineEnds::Canonical)]
    {
        for size in [1_000, GATHERED_MAX, BLOCK - 1, BLOCK + 1, bytes.len()] {
            let found = digests(&bytes.chunks(size).collect::<Vec<_>>(), line_ends);
            let expected = Digest::Sha256.of(&canonical);
            assert_eq!(found.of(Digest::Sha256).next(), Some(&expected[..]), "by {size}");
            if line_ends == LineEnds::Binary {
                let expected = Digest::Sha512.of(&content);
                assert_eq!(found.of(Digest::Sha512).nth(1), Some(&expected[..]), "by {size}");
            }
        }
    }
}

#[test]
fn what_is_announced_is_taken_and_sha256_always() {
    use Digest::{Sha1, Sha224, Sha256, Sha384, Sha512};
    let cases: [(Option<&str>, &[Digest]); 12] = [
        (None, &[Sha1, Sha256]),
        (Some(""), &[Sha1, Sha256]),
        (Some("md5"), &[Sha1, Sha256]),
        (Some("unknown"), &[Sha1, Sha256]),
        (Some("sha1"), &[Sha1, Sha256]),
        (Some("SHA-1"), &[Sha1, Sha256]),
        (Some("sha256"), &[Sha256]),
        (Some("sha-256"), &[Sha256]),
        (Some(" Sha-224 "), &[Sha224, Sha256]),
        (Some("sha-384,sha-512"), &[Sha256, Sha384, Sha512]),
        (Some("sha512, md5"), &[Sha1, Sha256, Sha512]),
        (Some("sha5122222222222222222222"), &[Sha1, Sha256]),
    ];
    for (micalg, expected) in cases {
        let taken = Algorithms::announced(micalg.map(str::as_bytes));
        assert_eq!(taken.iter().collect::<Vec<_>>(), expected, "{micalg:?}");
    }
    assert_eq!(Algorithms::EVERY.iter().collect::<Vec<_>>(), Digest::ALL);
}
