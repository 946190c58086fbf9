//! Walks through a message, and through the files in it that are messages, as the bytes arrive.
//!
//! ```text
//! bytes ──Scanner──> Walk ─┬─ candidates: the message itself, and what may be certified further inside
//!                          └─ a file that is an encoded message ──Decoder──> Scanner ──> Walk
//! ```
//! A certified message further inside, forwarded, attached as a file or under a list manager's wrapper, is judged by
//! itself, as if it had come alone; it says nothing of the message around it. How much is looked at is bounded, since
//! everything in there is the sender's to choose: see [`Search`].

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use super::candidate::Candidate;
use super::form::is_cut;
use super::header::claimed_kind;
use super::search::Search;
use crate::Kind;
use crate::message::{Decoder, Encoding, Fields, Limits, Problem, Scanner, Started, Visitor, plain_names};

/// One file: what was received, or a message that was decoded out of it.
pub(super) struct Walk {
    /// The number of the part that holds it; empty for what was received.
    place: String,
    /// Files around it.
    depth: usize,
    open: Vec<Level>,
    /// The open ones, the outermost first.
    candidates: Vec<(Ticket, Candidate)>,
    /// A message that is being decoded.
    file: Option<File>,
}

/// What a candidate was let in with.
enum Ticket {
    /// It is the message itself.
    Itself,
    /// It is inside: its place, and its turn among those that were looked at.
    Inside { place: String, turn: usize, slot: usize },
}

/// An open part.
struct Level {
    ordinal: usize,
    is_multipart: bool,
    is_message: bool,
    holds_message: bool,
    /// Of a whole message, its header, if it was kept.
    header: Option<Vec<u8>>,
    is_header_cut: bool,
}

/// A message that somebody encoded: nothing of its structure shows until it is decoded.
struct File {
    level: usize,
    is_in_body: bool,
    decoder: Decoder,
    scanner: Scanner,
    walk: Box<Walk>,
}

/// A walk with what it looks for.
pub(super) struct Reading<'w, 'c> {
    pub(super) walk: &'w mut Walk,
    pub(super) search: &'w mut Search<'c>,
}

impl Walk {
    /// Through what was received.
    pub(super) fn new() -> Self {
        Self { place: String::new(), depth: 0, open: Vec::new(), candidates: Vec::new(), file: None }
    }

    fn within(place: String, depth: usize) -> Self {
        Self { place, depth, ..Self::new() }
    }

    fn part(&mut self, part: &Started<'_>, search: &mut Search<'_>) {
        for (_, candidate) in &mut self.candidates {
            candidate.part(part);
        }
        let is_message = self.open.last().is_none_or(|parent| parent.holds_message);
        self.open.push(Level {
            ordinal: part.ordinal,
            is_multipart: part.media.starts_with("multipart/"),
            is_message,
            holds_message: part.media == "message/rfc822",
            header: (is_message && search.may_keep_header()).then(|| part.header.to_vec()),
            is_header_cut: is_cut(part),
        });
        self.let_in(part, is_message, search);
        if self.depth < DEPTH_MAX && is_encoded_message(part) {
            let place = self.place_of(part.level);
            self.file = Some(File {
                level: part.level,
                is_in_body: false,
                decoder: Decoder::new(part.encoding),
                scanner: Scanner::new(&Limits::default()),
                walk: Box::new(Self::within(place, self.depth.saturating_add(1))),
            });
        }
    }

    /// Lets in the message itself; further inside what may turn out to be certified: what is signed as providers sign,
    /// or says that it is certified.
    fn let_in(&mut self, part: &Started<'_>, is_message: bool, search: &mut Search<'_>) {
        let is_itself = self.depth == 0 && part.level == 0;
        let claims = || !matches!(claimed_kind(part.fields()), Kind::AnomalyEnvelope | Kind::Ordinary);
        let ticket = if is_itself {
            Some(Ticket::Itself)
        } else if self.message().is_some() && (part.media == "multipart/signed" || (is_message && claims())) {
            let holder = if is_message { part.level.checked_sub(1) } else { Some(part.level) };
            let place = holder.map_or_else(|| self.place.clone(), |level| self.place_of(level));
            search.let_in().map(|(turn, slot)| Ticket::Inside { place, turn, slot })
        } else {
            None
        };
        self.candidates.extend(ticket.map(|ticket| (ticket, Candidate::new(part, search.algorithms))));
    }

    fn body(&mut self) {
        let level = self.open.len().saturating_sub(1);
        for (_, candidate) in &mut self.candidates {
            candidate.body(level);
        }
        if let Some(file) = self.file.as_mut().filter(|file| file.level == level) {
            file.is_in_body = true;
        }
    }

    fn bytes(&mut self, bytes: &[u8], search: &mut Search<'_>) {
        self.candidates.retain_mut(|(ticket, candidate)| {
            let may_go_on = match ticket {
                Ticket::Itself => true,
                Ticket::Inside { slot, .. } => search.may_read(*slot, bytes.len()),
            };
            if may_go_on {
                candidate.bytes(bytes);
            } else {
                search.let_out();
            }
            may_go_on
        });
        if let Some(File { decoder, scanner, walk, is_in_body: true, .. }) = &mut self.file {
            let _ = decoder.update(bytes, &mut |decoded| {
                scanner.push(decoded, &mut Reading { walk, search });
                ControlFlow::Continue(())
            });
        }
    }

    fn end(&mut self, problems: &BTreeSet<Problem>, search: &mut Search<'_>) {
        let level = self.open.len().saturating_sub(1);
        if let Some(File { decoder, mut scanner, mut walk, .. }) =
            self.file.take_if(|file| file.level == level)
        {
            let walk = &mut *walk;
            decoder.finish(&mut |decoded| {
                scanner.push(decoded, &mut Reading { walk: &mut *walk, search: &mut *search });
                ControlFlow::Continue(())
            });
            scanner.finish(&mut Reading { walk, search });
        }
        if let Some((ticket, candidate)) = self.candidates.pop_if(|(_, candidate)| candidate.level == level) {
            let (header, is_header_cut) = self.message().unwrap_or((b"", true));
            let found = candidate.finish(problems.clone(), is_header_cut);
            let fields = Fields::new(header);
            match ticket {
                Ticket::Itself => search.judge_itself(found, fields),
                Ticket::Inside { place, turn, .. } => search.judge_inside(found, fields, place, turn),
            }
        }
        for (_, candidate) in &mut self.candidates {
            candidate.end(level, problems);
        }
        if self.open.pop().is_some_and(|level| level.header.is_some()) {
            search.drop_header();
        }
    }

    /// The header of the nearest message around what is being read, or of that itself, and whether it is cut.
    fn message(&self) -> Option<(&[u8], bool)> {
        let message = self.open.iter().rev().find(|level| level.is_message)?;
        Some((message.header.as_deref()?, message.is_header_cut))
    }

    /// The number of the part on a level, as IMAP counts, behind the place of the file.
    fn place_of(&self, level: usize) -> String {
        let mut place = self.place.clone();
        let mut is_message = true;
        for open in self.open.iter().take(level.saturating_add(1)) {
            // A multipart that is a whole message has no number of its own.
            if !(is_message && open.is_multipart) {
                let separator = if place.is_empty() { "" } else { "." };
                place = format!("{place}{separator}{}", open.ordinal);
            }
            is_message = open.holds_message;
        }
        place
    }
}

impl Visitor for Reading<'_, '_> {
    fn part(&mut self, part: &Started<'_>) {
        self.walk.part(part, self.search);
    }

    fn body(&mut self, _offset: usize) {
        self.walk.body();
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.walk.bytes(bytes, self.search);
    }

    fn end(&mut self, _offset: usize, problems: BTreeSet<Problem>) {
        self.walk.end(&problems, self.search);
    }
}

/// Whether it holds a message that the structure does not show: a message/rfc822 that somebody encoded, or a file
/// whose name ends in `.eml`.
fn is_encoded_message(part: &Started<'_>) -> bool {
    match part.media {
        "message/rfc822" => part.encoding != Encoding::Identity,
        media => {
            !media.starts_with("multipart/") && plain_names(part.fields()).any(|name| name.ends_with(b".eml"))
        }
    }
}

/// Files within files.
const DEPTH_MAX: usize = 4;
