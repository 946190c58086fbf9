//! The parts of a message that lies in memory, gathered as the scanner tells of them.

use std::collections::BTreeSet;

use super::scan::{Started, Visitor};
use super::{Node, Problem};

/// The parts, the outer ones before those in them.
#[derive(Debug, Default)]
pub(super) struct Outline {
    pub(super) nodes: Vec<Node>,
    /// The open ones, by their place in `nodes`.
    open: Vec<usize>,
}

impl Outline {
    fn innermost(&mut self) -> Option<&mut Node> {
        self.nodes.get_mut(*self.open.last()?)
    }
}

impl Visitor for Outline {
    fn part(&mut self, part: &Started<'_>) {
        let index = self.nodes.len();
        let parent = self.open.last().copied();
        if let Some(parent) = self.innermost() {
            parent.children.push(index);
        }
        let header = part.offset..part.offset.saturating_add(part.header.len());
        self.nodes.push(Node {
            parent,
            ordinal: part.ordinal,
            body: header.end..header.end,
            header,
            media: part.media.to_owned(),
            encoding: part.encoding,
            children: Vec::new(),
            problems: BTreeSet::new(),
        });
        self.open.push(index);
    }

    fn body(&mut self, offset: usize) {
        if let Some(node) = self.innermost() {
            node.body = offset..offset;
        }
    }

    fn bytes(&mut self, _bytes: &[u8]) {}

    fn end(&mut self, offset: usize, problems: BTreeSet<Problem>) {
        if let Some(node) = self.innermost() {
            node.body.end = offset;
            node.problems = problems;
        }
        self.open.pop();
    }
}
