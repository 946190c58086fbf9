//! Why another reader may see another structure: one rule for each row of the table in README.md.
//!
//! A rule rewrites the one feature that it names into a form on which nobody disagrees, and leaves everything else as
//! it is. It explains a disagreement if without that feature there is none: so it cannot hide another.

use recapito_pec::message::Encoding;

use super::neutral::{
    closed, crlf_lines, opened, sound_base64, sound_quoted_printable, with_ascii_types, with_bodies,
    with_one_word, with_one_word_types, with_plain_boundary, with_short_headers, within_limits,
    without_bare_cr, without_comments, without_empty_parts, without_longer_delimiters,
    without_space_before_colon, without_strange_lines, without_strange_types, without_trailing_space,
    without_unclear_boundaries, without_unknown_encodings,
};

/// Another reader than ours.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Reader {
    /// The crate mailparse.
    Mailparse,
    /// Python's email package.
    Python,
}

/// One way in which a reader differs.
pub(super) struct Rule {
    /// Its row in the table.
    pub(super) name: &'static str,
    /// Who differs from us, each with the shortest message on which it does; nobody where that is too long to stand
    /// here, which is to be expected of anybody.
    pub(super) differs: &'static [(Reader, &'static [u8])],
    /// The message without the feature.
    pub(super) neutral: fn(&[u8]) -> Vec<u8>,
}

impl Rule {
    /// Whether it may be the reason why this reader differs.
    pub(super) fn is_about(&self, reader: Reader) -> bool {
        self.differs.is_empty() || self.differs.iter().any(|(who, _)| *who == reader)
    }
}

use Reader::{Mailparse, Python};

/// Every rule, in the order of the table.
pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "bare-cr",
        differs: &[
            (
                Mailparse,
                b"Content-Type: multipart/mixed; boundary=b\n\rx: y\n\n--b\n\none\r--b\n\ntwo\n--b--\n",
            ),
            (Python, b"Content-Type: multipart/mixed; boundary=b\n\rx: y\n\n--b\n\none\r--b\n\ntwo\n--b--\n"),
        ],
        neutral: without_bare_cr,
    },
    Rule { name: "beyond-limits", differs: &[], neutral: within_limits },
    Rule {
        name: "boundary-unclear",
        differs: &[(Mailparse, UNCLEAR), (Python, UNCLEAR)],
        neutral: without_unclear_boundaries,
    },
    Rule {
        name: "broken-base64",
        differs: &[
            (Mailparse, b"Content-Transfer-Encoding: base64\n\nY2lhbyE=\nY2lh\n"),
            (Python, b"Content-Transfer-Encoding: base64\n\nY2lhb\n"),
        ],
        neutral: |raw| with_bodies(raw, Encoding::Base64, sound_base64),
    },
    Rule {
        name: "not-quoted-printable",
        differs: &[
            (Mailparse, b"Content-Transfer-Encoding: quoted-printable\n\ncitt\xe0\r\n"),
            (Python, b"Content-Transfer-Encoding: quoted-printable\n\n==41\n"),
        ],
        neutral: |raw| with_bodies(raw, Encoding::QuotedPrintable, sound_quoted_printable),
    },
    Rule {
        name: "closed-before-opened",
        differs: &[(
            Mailparse,
            b"Content-Type: multipart/mixed; boundary=b\n\n--b--\n\none\n--b\n\ntwo\n--b--\n",
        )],
        neutral: opened,
    },
    Rule {
        name: "comment",
        differs: &[
            (Mailparse, b"Content-Type: text/html (why not)\n\nciao\n"),
            (Python, b"Content-Type: text/html (why not)\n\nciao\n"),
        ],
        neutral: without_comments,
    },
    Rule {
        name: "encoding-and-more",
        differs: &[
            (Mailparse, b"Content-Transfer-Encoding: base64 (why not)\n\nY2lhbyE=\n"),
            (Python, b"Content-Transfer-Encoding: base64 (why not)\n\nY2lhbyE=\n"),
        ],
        neutral: with_one_word,
    },
    Rule {
        name: "header-too-long",
        differs: &[],
        neutral: with_short_headers,
    },
    Rule {
        name: "lf-in-quoted-printable",
        differs: &[(Mailparse, b"Content-Transfer-Encoding: quoted-printable\n\nciao\n")],
        neutral: |raw| with_bodies(raw, Encoding::QuotedPrintable, crlf_lines),
    },
    Rule {
        name: "line-without-colon",
        differs: &[
            (Mailparse, b" folded\nContent-Type: text/html\n\nciao\n"),
            (Python, b"Subject: x\nno field\nContent-Type: text/html\n\nciao\n"),
        ],
        neutral: without_strange_lines,
    },
    Rule {
        name: "longer-delimiter",
        differs: &[(
            Mailparse,
            b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--bX\n\ntwo\n--b--\n",
        )],
        neutral: without_longer_delimiters,
    },
    Rule {
        name: "no-type-and-subtype",
        differs: &[(Mailparse, b"Content-Type: ;\n\nciao\n"), (Python, b"Content-Type: text\n\nciao\n")],
        neutral: without_strange_types,
    },
    Rule {
        name: "not-ascii-type",
        differs: &[(Mailparse, b"Content-Type: text/pl\xe0in\n\nciao\n")],
        neutral: with_ascii_types,
    },
    Rule {
        name: "other-boundary",
        differs: &[(
            Mailparse,
            b"Content-Type: multipart/signed; boundary=b\n\n--b\nContent-Type: multipart/mixed; boundary=bc\n\n\
              --bc\n\none\n--bc--\n--b\n\ntwo\n--b--\n",
        )],
        neutral: with_plain_boundary,
    },
    Rule {
        name: "repeated-delimiter",
        differs: &[(Python, b"Content-Type: multipart/mixed; boundary=b\n\n--b\n--b\n\none\n--b--\n")],
        neutral: without_empty_parts,
    },
    Rule {
        name: "space-before-colon",
        differs: &[
            (Mailparse, b"Content-Type : text/html\n\nciao\n"),
            (Python, b"Content-Type : text/html\n\nciao\n"),
        ],
        neutral: without_space_before_colon,
    },
    Rule {
        name: "space-at-end-of-quoted-printable",
        differs: &[(Python, b"Content-Transfer-Encoding: quoted-printable\n\nciao \n")],
        neutral: |raw| with_bodies(raw, Encoding::QuotedPrintable, without_trailing_space),
    },
    Rule {
        name: "unclosed",
        differs: &[
            (Mailparse, b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\n"),
            (Python, b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n"),
        ],
        neutral: closed,
    },
    Rule {
        name: "type-and-more",
        differs: &[
            (Mailparse, b"Content-Type: text/html x\n\nciao\n"),
            (Python, b"Content-Type: text/html x\n\nciao\n"),
        ],
        neutral: with_one_word_types,
    },
    Rule {
        name: "unknown-encoding",
        differs: &[
            (Mailparse, b"Content-Type: message/rfc822\nContent-Transfer-Encoding: x\n\nSubject: x\n\nciao\n"),
            (Python, b"Content-Type: message/rfc822\nContent-Transfer-Encoding: x\n\nSubject: x\n\nciao\n"),
        ],
        neutral: without_unknown_encodings,
    },
];

/// Both readers see two parts in it.
const UNCLEAR: &[u8] =
    b"Content-Type: multipart/mixed; boundary*=us-ascii''b\n\n--b\n\none\n--b\n\ntwo\n--b--\n";
