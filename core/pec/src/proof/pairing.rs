//! Which part of the receipt's copy answers to which part that was sent.
//!
//! In rounds, the surest first, each linear: parts that are the same; hashes that fit and have the name; then, to say
//! what is wrong, parts of the same name, of the same content, of the same kind. A part of the copy answers once, so
//! that one of two equal attachments cannot stand for both.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::hash::{self, Hash, Reading, Stub};
use super::outline::{Label, Leaf, Outline, Place};
use super::{Difference, Means, State};
use crate::daticert::ReceiptType;

/// What became of every leaf.
#[derive(Debug)]
pub(super) struct Pairing {
    /// One for each leaf that was sent.
    pub(super) states: Vec<State>,
    /// The leaves of the copy that answer to none.
    pub(super) added: Vec<usize>,
    /// The answers stand in the order of the leaves.
    pub(super) is_in_order: bool,
}

/// A leaf of the message sent.
struct Sent<'l> {
    label: &'l Label,
    content: [u8; 32],
    /// Its hash among those of the receipt, if it has one there.
    hash: Option<(Hash, Reading)>,
}

/// A leaf of the copy.
enum Answer<'l> {
    Copy { label: &'l Label, content: [u8; 32] },
    Stub(Stub),
}

/// Finds the answer to every leaf that was sent, each of another leaf of the copy.
pub(super) fn pair(sent: &Outline<'_>, copy: &Outline<'_>, receipt: ReceiptType) -> Pairing {
    let answer = |leaf| Answer::of(leaf, receipt);
    let answers: Vec<_> = copy.leaves.iter().map(answer).collect();
    let given: BTreeSet<_> = answers.iter().filter_map(Answer::hash).collect();
    let sent: Vec<_> = sent.leaves.iter().map(|leaf| Sent::of(leaf, &given)).collect();
    // For each leaf sent the answer it has got, and for each answer whether it is still to be had.
    let mut taken: Vec<Option<usize>> = vec![None; sent.len()];
    let mut free = vec![true; answers.len()];

    for round in ROUNDS {
        let mut offered: BTreeMap<Key<'_>, VecDeque<usize>> = BTreeMap::new();
        for ((index, answer), _) in answers.iter().enumerate().zip(&free).filter(|(_, free)| **free) {
            if let Some(key) = answer.key(round) {
                offered.entry(key).or_default().push_back(index);
            }
        }
        for (leaf, taken) in sent.iter().zip(&mut taken).filter(|(_, taken)| taken.is_none()) {
            *taken = leaf.key(round).and_then(|key| offered.get_mut(&key)?.pop_front());
            if let Some(free) = taken.and_then(|index| free.get_mut(index)) {
                *free = false;
            }
        }
    }

    let state = |(leaf, taken): (&Sent<'_>, &Option<usize>)| {
        let answer = taken.and_then(|index| answers.get(index));
        answer.map_or(State::Missing, |answer| leaf.judge(answer))
    };
    Pairing {
        states: sent.iter().zip(&taken).map(state).collect(),
        added: free.iter().enumerate().filter(|(_, free)| **free).map(|(index, _)| index).collect(),
        is_in_order: taken.iter().flatten().is_sorted(),
    }
}

/// What two leaves have in common to answer to each other.
#[derive(Clone, Copy)]
enum Round {
    /// Everything.
    Same,
    /// A hash and the name.
    HashAndName,
    /// A hash, where what was sent has no name.
    HashOfNameless,
    /// The name.
    Name,
    /// The content, or its hash.
    Content,
    /// The media type, where there is no name.
    Media,
}

const ROUNDS: [Round; 6] =
    [Round::Same, Round::HashAndName, Round::HashOfNameless, Round::Name, Round::Content, Round::Media];

#[derive(Eq, Ord, PartialEq, PartialOrd)]
enum Key<'l> {
    Content([u8; 32]),
    Hash(&'l Hash),
    HashAndName(&'l Hash, String),
    Media(&'l str),
    Name(String),
    Same(&'l Label, [u8; 32]),
}

impl<'l> Sent<'l> {
    fn of(leaf: &'l Leaf<'_>, given: &BTreeSet<&Hash>) -> Self {
        // What a provider leaves alone has no hash: one that fits it was made by somebody else.
        let is_replaced = leaf.place == Place::Among
            && (leaf.label.name.is_some() || leaf.label.media == "message/rfc822")
            && !given.is_empty();
        Self {
            label: &leaf.label,
            content: leaf.content(),
            hash: if is_replaced { hash::find(leaf, given) } else { None },
        }
    }

    fn key(&self, round: Round) -> Option<Key<'_>> {
        let hash = self.hash.as_ref().map(|(hash, _)| hash);
        let name = self.label.name.as_deref().map(written);
        match round {
            Round::Same => Some(Key::Same(self.label, self.content)),
            Round::HashAndName => Some(Key::HashAndName(hash?, name?)),
            Round::HashOfNameless if name.is_none() => Some(Key::Hash(hash?)),
            Round::HashOfNameless => None,
            Round::Name => Some(Key::Name(name?)),
            Round::Content => Some(hash.map_or(Key::Content(self.content), Key::Hash)),
            Round::Media => name.is_none().then_some(Key::Media(&self.label.media)),
        }
    }

    /// What an answer says of this leaf.
    fn judge(&self, answer: &Answer<'_>) -> State {
        match answer {
            Answer::Copy { label, content } if (*label, *content) == (self.label, self.content) => {
                State::Proven(Means::Copy)
            }
            Answer::Copy { content, .. } if *content != self.content => State::Differs(Difference::Content),
            Answer::Copy { label, .. } if !label.is_same_name(self.label) => State::Differs(Difference::Name),
            Answer::Copy { .. } => State::Differs(Difference::Type),
            Answer::Stub(stub) => match &self.hash {
                Some((hash, _)) if *hash != stub.hash => State::Differs(Difference::Hash),
                None => State::Differs(Difference::Hash),
                Some((hash, reading)) => {
                    let is_named = |name: &String| is_written_as(name, &stub.name);
                    // A message without a name gets one from the provider.
                    if self.label.name.as_ref().is_none_or(is_named) {
                        State::Proven(Means::Hash { algorithm: hash.algorithm, reading: *reading })
                    } else {
                        State::Differs(Difference::Name)
                    }
                }
            },
        }
    }
}

impl<'l> Answer<'l> {
    /// In a brief receipt every part with a name is the provider's hash, even where the sender has sent a file of
    /// that form; in a complete one everything is the sender's.
    fn of(leaf: &'l Leaf<'_>, receipt: ReceiptType) -> Self {
        let stub = if receipt == ReceiptType::Brief { Stub::of(leaf) } else { None };
        stub.map_or_else(|| Self::Copy { label: &leaf.label, content: leaf.content() }, Self::Stub)
    }

    fn hash(&self) -> Option<&Hash> {
        match self {
            Self::Copy { .. } => None,
            Self::Stub(stub) => Some(&stub.hash),
        }
    }

    fn key(&self, round: Round) -> Option<Key<'_>> {
        match (self, round) {
            (Self::Copy { label, content }, Round::Same) => Some(Key::Same(label, *content)),
            (Self::Copy { label, .. }, Round::Name) => Some(Key::Name(written(label.name.as_deref()?))),
            (Self::Copy { content, .. }, Round::Content) => Some(Key::Content(*content)),
            (Self::Copy { label, .. }, Round::Media) => {
                label.name.is_none().then_some(Key::Media(&label.media))
            }
            (Self::Copy { .. }, Round::HashAndName | Round::HashOfNameless) => None,
            (Self::Stub(stub), Round::HashAndName) => Some(Key::HashAndName(&stub.hash, written(&stub.name))),
            (Self::Stub(stub), Round::HashOfNameless | Round::Content) => Some(Key::Hash(&stub.hash)),
            (Self::Stub(stub), Round::Name) => Some(Key::Name(written(&stub.name))),
            // The only parts without a name that have a hash.
            (Self::Stub(_), Round::Media) => Some(Key::Media("message/rfc822")),
            (Self::Stub(_), Round::Same) => None,
        }
    }
}

/// A name as a provider may have to write it: characters that are awkward in a header replaced.
fn written(name: &str) -> String {
    name.chars().map(|char| if is_plain(char) { char } else { '_' }).collect()
}

/// Whether the name of a hash is the name of the part, but for awkward characters that the provider replaced.
fn is_written_as(name: &str, stub: &str) -> bool {
    let is_kept = |(char, written): (char, char)| {
        char == written || (!is_plain(char) && matches!(written, '_' | '?' | char::REPLACEMENT_CHARACTER))
    };
    name.chars().count() == stub.chars().count() && name.chars().zip(stub.chars()).all(is_kept)
}

fn is_plain(char: char) -> bool {
    char.is_ascii_alphanumeric() || " !#$&'()+,-.;=@[]^_`{}~".contains(char)
}
