//! A part that the scanner is reading, and how far it has come.

use std::collections::BTreeSet;

use super::super::Problem;
use super::super::head::Content;

/// A part that is not over.
#[derive(Debug)]
pub(super) struct Open {
    /// Its place among its siblings, from 1.
    pub(super) ordinal: usize,
    /// What it is if it does not say.
    pub(super) default_media: &'static str,
    pub(super) stage: Stage,
    /// Whether the visitor knows of it.
    pub(super) is_told: bool,
    pub(super) content: Content,
    /// Parts begun in it.
    pub(super) children: usize,
    pub(super) problems: BTreeSet<Problem>,
}

/// How far the reading of a part has come.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Stage {
    Header,
    /// The empty line that ends the header is held: it is the line end before a delimiter, if one follows.
    HeaderEnd,
    /// The body; of a multipart, with a part open in it or before the first.
    Body,
    /// A delimiter has been told, but not its line end; then a part begins.
    Opening,
    /// After the closing delimiter.
    Epilogue,
    /// The rest of a multipart is not cut any more.
    Uncut,
}

impl Open {
    /// At its beginning.
    pub(super) fn new(ordinal: usize, default_media: &'static str) -> Self {
        Self {
            ordinal,
            default_media,
            stage: Stage::Header,
            is_told: false,
            content: Content::Leaf,
            children: 0,
            problems: BTreeSet::new(),
        }
    }
}
