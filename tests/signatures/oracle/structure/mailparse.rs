//! The crate mailparse: a tolerant reader of another kind than ours.

use mailparse::{MailHeaderMap, ParsedMail};

use super::tree::{Content, Node, Tree};

/// What it sees. It does not look into messages by itself, so it is asked about them in turn.
pub(crate) fn read(raw: &[u8]) -> Tree {
    let mut nodes = Vec::new();
    read_into(raw, 0, &mut nodes);
    Tree(nodes)
}

fn read_into(raw: &[u8], depth: usize, nodes: &mut Vec<Node>) {
    match mailparse::parse_mail(raw) {
        Ok(mail) => walk(&mail, depth, nodes),
        Err(error) => {
            nodes.push(Node { depth, media: format!("refused: {error}"), content: Content::Unknown })
        }
    }
}

fn walk(mail: &ParsedMail<'_>, depth: usize, nodes: &mut Vec<Node>) {
    let media = mail.ctype.mimetype.clone();
    let encoding = mail.headers.get_first_value("Content-Transfer-Encoding").unwrap_or_default();
    let is_encoded = ["base64", "quoted-printable"].contains(&encoding.trim().to_lowercase().as_str());
    let content = if media.starts_with("multipart/") {
        Content::Parts(mail.subparts.len())
    } else if media == "message/rfc822" && !is_encoded {
        Content::Parts(1)
    } else {
        mail.get_body_raw().map_or(Content::Unknown, Content::Bytes)
    };
    let is_message = content == Content::Parts(1) && media == "message/rfc822";
    nodes.push(Node { depth, media, content });
    if is_message {
        match mail.get_body_raw() {
            Ok(inside) => read_into(&inside, depth + 1, nodes),
            Err(error) => nodes.push(Node {
                depth: depth + 1,
                media: format!("refused: {error}"),
                content: Content::Unknown,
            }),
        }
    }
    for part in &mail.subparts {
        walk(part, depth + 1, nodes);
    }
}
