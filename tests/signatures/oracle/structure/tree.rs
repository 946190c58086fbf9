//! What a reader sees in a message: its parts in the order of the bytes.

use recapito_pec::message::{Message, Part};

/// The parts, each before what is in it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Tree(pub(crate) Vec<Node>);

/// One part.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Node {
    /// Levels below the message.
    pub(crate) depth: usize,
    /// Type and subtype in small letters.
    pub(crate) media: String,
    /// What it holds.
    pub(crate) content: Content,
}

/// What a part holds.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Content {
    /// So many parts.
    Parts(usize),
    /// These bytes, without the transfer encoding.
    Bytes(Vec<u8>),
    /// Bytes that this reader cannot tell.
    Unknown,
}

impl Tree {
    /// What `recapito_pec` sees.
    pub(crate) fn ours(raw: &[u8]) -> Self {
        let message = Message::parse(raw);
        Self(message.parts().map(node).collect())
    }

    /// Whether two readers see the same; what one of them cannot tell is no disagreement.
    pub(crate) fn agrees(&self, other: &Self) -> bool {
        self.0.len() == other.0.len() && self.0.iter().zip(&other.0).all(|(one, other)| one.agrees(other))
    }

    /// The first difference, for people.
    pub(crate) fn difference(&self, other: &Self) -> String {
        let place = self.0.iter().zip(&other.0).take_while(|(one, other)| one.agrees(other)).count();
        let (one, other) = (self.0.get(place), other.0.get(place));
        let show =
            |node: Option<&Node>, beside| node.map_or("nothing".to_owned(), |node| node.describe(beside));
        format!("part {place}\n    ours   {}\n    theirs {}", show(one, other), show(other, one))
    }
}

impl Node {
    fn agrees(&self, other: &Self) -> bool {
        let is_same = match (&self.content, &other.content) {
            (Content::Unknown, Content::Bytes(_)) | (Content::Bytes(_), Content::Unknown) => true,
            (one, other) => one == other,
        };
        self.depth == other.depth && self.media == other.media && is_same
    }

    /// What it is, with its bytes from shortly before the first that the other one does not have.
    fn describe(&self, other: Option<&Self>) -> String {
        let content = match (&self.content, other.map(|other| &other.content)) {
            (Content::Parts(count), _) => format!("{count} parts"),
            (Content::Bytes(bytes), Some(Content::Bytes(others))) => {
                let same = bytes.iter().zip(others).take_while(|(one, other)| one == other).count();
                let shown = bytes.iter().skip(same.saturating_sub(20)).take(60).copied().collect::<Vec<_>>();
                format!("{} bytes, from {same} on {}", bytes.len(), shown.escape_ascii())
            }
            (Content::Bytes(bytes), _) => format!("{} bytes", bytes.len()),
            (Content::Unknown, _) => "unknown bytes".to_owned(),
        };
        format!("level {} {}: {content}", self.depth, self.media)
    }
}

fn node(part: Part<'_>) -> Node {
    let mut depth = 0;
    let mut above = part.parent();
    while let Some(parent) = above {
        depth += 1;
        above = parent.parent();
    }
    let content = match part.children().count() {
        0 if !part.is_multipart() => Content::Bytes(part.decode(usize::MAX).bytes),
        count => Content::Parts(count),
    };
    Node { depth, media: part.media().to_owned(), content }
}
