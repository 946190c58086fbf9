//! Reads the structure of a message as its bytes arrive, in pieces of any size (RFC 2046 §5.1, RFC 5322 §2.1).
//!
//! ```text
//! pieces ──lines that may be delimiters, header lines──> Visitor: part, body, bytes, end     one pass, one stack
//! ```
//! Held in memory: the header that is being read, one line that may be a delimiter, and a few words for each open
//! part; never a body. An outer boundary wins over an inner one. The line end before a delimiter belongs to the
//! delimiter, so it is held back until the next line has shown what it is. What precedes the first delimiter
//! (preamble) and follows the closing one (epilogue) is no part. Transfer encodings are not undone here.

mod open;
mod visitor;

use memchr::memmem::Finder;

use super::Problem;
use super::delimiter::{self, Delimiter, line_end_len};
use super::head::{Content, Head, Limits};
use open::{Open, Stage};

pub(crate) use visitor::{Started, Visitor};

/// The reader of structure.
#[derive(Debug)]
pub(crate) struct Scanner {
    limits: Limits,
    /// The open parts, the message itself first, until it ends.
    open: Vec<Open>,
    at: At,
    /// What has come but is not told: the end of the last line, then as much of a line as is needed to tell whether
    /// it is a delimiter.
    held: Vec<u8>,
    /// How much of `held` is the end of the last line.
    held_line_end: usize,
    /// The header that is being read.
    header: Vec<u8>,
    /// How many bytes have been told.
    offset: usize,
    /// How many parts there may still be on the first levels below the message, one by one, and on all deeper ones.
    /// What somebody else put deep inside cannot use up the place of what the provider put around it.
    room: [usize; 3],
    candidates: Finder<'static>,
}

/// Where in a line the next byte stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum At {
    /// After a CR that is held, since it may be half of a line end.
    CarriageReturn,
    /// At its start, or so little after it that nothing can be said of the line: that much is held.
    LineStart,
    /// Where no delimiter can be any more.
    MidLine,
}

impl Scanner {
    /// At the beginning of a message.
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            limits: *limits,
            open: vec![Open::new(1, "text/plain")],
            at: At::LineStart,
            held: Vec::new(),
            held_line_end: 0,
            header: Vec::new(),
            offset: 0,
            room: [limits.parts; 3],
            candidates: Finder::new(b"\n--"),
        }
    }

    /// Reads the next piece.
    pub(crate) fn push(&mut self, mut bytes: &[u8], visitor: &mut impl Visitor) {
        while let Some(first) = bytes.first() {
            match self.at {
                At::CarriageReturn if *first == b'\n' => {
                    bytes = bytes.get(1..).unwrap_or_default();
                    self.hold(b"\r\n", 2);
                }
                At::CarriageReturn => {
                    self.tell(b"\r", visitor);
                    self.at = At::MidLine;
                }
                At::LineStart => bytes = self.read_line_start(bytes, visitor),
                At::MidLine => bytes = self.read_mid_line(bytes, visitor),
            }
        }
    }

    /// There are no more bytes: every part ends.
    pub(crate) fn finish(mut self, visitor: &mut impl Visitor) {
        if self.at == At::LineStart {
            self.decide(true, visitor);
        }
        if self.at == At::LineStart && self.is_between() {
            self.pass_between(visitor);
        }
        if self.at != At::MidLine {
            let held = std::mem::take(&mut self.held);
            self.tell(&held, visitor);
        }
        while !self.open.is_empty() {
            self.close(visitor);
        }
    }

    /// Passes over everything up to the next line that is a delimiter, as far as can be seen; in a header, up to the
    /// next line.
    fn read_mid_line<'b>(&mut self, bytes: &'b [u8], visitor: &mut impl Visitor) -> &'b [u8] {
        let line_end = if self.is_in_header() { memchr::memchr(b'\n', bytes) } else { self.candidate(bytes) };
        let end = line_end.map_or(bytes.len(), |lf| lf.saturating_add(1));
        let (text, rest) = bytes.split_at_checked(end).unwrap_or((bytes, b""));
        self.pass(text, visitor);
        rest
    }

    /// The line end before the first line that is a delimiter, or may be one when more of it is there.
    fn candidate(&self, bytes: &[u8]) -> Option<usize> {
        let mut from = 0usize;
        loop {
            let lf = self.candidates.find(bytes.get(from..)?)?.saturating_add(from);
            from = lf.saturating_add(1);
            let line = bytes.get(from..)?;
            let line = line.get(..delimiter::LINE_MAX).unwrap_or(line);
            let line = match memchr::memchr(b'\n', line) {
                Some(end) => line.get(..=end)?,
                None if line.len() < delimiter::LINE_MAX => return Some(lf),
                None => line,
            };
            if delimiter::find(line, self.boundaries()).is_some() {
                return Some(lf);
            }
        }
    }

    /// Takes as much of a line as is needed to say what it is.
    fn read_line_start<'b>(&mut self, bytes: &'b [u8], visitor: &mut impl Visitor) -> &'b [u8] {
        let line = self.held.get(self.held_line_end..).unwrap_or_default();
        let wanted = if line.starts_with(b"--") {
            let line_end = memchr::memchr(b'\n', bytes).map_or(bytes.len(), |lf| lf.saturating_add(1));
            line_end.min(delimiter::LINE_MAX.saturating_sub(line.len()))
        } else {
            1
        };
        let (taken, rest) = bytes.split_at_checked(wanted).unwrap_or((bytes, b""));
        self.held.extend_from_slice(taken);
        self.decide(false, visitor);
        rest
    }

    /// Acts on the line that is held, if enough of it is there; `is_last` says that no more will come.
    fn decide(&mut self, is_last: bool, visitor: &mut impl Visitor) {
        loop {
            let line = self.held.get(self.held_line_end..).unwrap_or_default();
            let is_whole = is_last || line.ends_with(b"\n") || line.len() >= delimiter::LINE_MAX;
            match line {
                b"" => return,
                b"\n" | b"\r\n" if self.is_in_header() => self.end_header(visitor),
                b"\r" if self.is_in_header() && !is_last => return,
                [b'-'] | [b'-', b'-', ..] if !is_whole => return,
                [b'-', b'-', ..] => match delimiter::find(line, self.boundaries()) {
                    // A part begins before the second of two delimiters in a row.
                    Some((level, _)) if self.is_between() && level.saturating_add(1) == self.open.len() => {
                        self.pass_between(visitor);
                    }
                    Some((level, delimiter)) if delimiter != Delimiter::Unclear => {
                        return self.cut(level, delimiter, visitor);
                    }
                    _ if self.is_between() => self.pass_between(visitor),
                    unclear => {
                        if let Some(multipart) = unclear.and_then(|(level, _)| self.open.get_mut(level)) {
                            multipart.problems.insert(Problem::BoundaryUnclear);
                        }
                        return self.pass_held(visitor);
                    }
                },
                _ if self.is_between() => self.pass_between(visitor),
                _ => return self.pass_held(visitor),
            }
        }
    }

    /// The line that is held is a delimiter of the multipart at `level`: what is open inside that is over.
    fn cut(&mut self, level: usize, delimiter: Delimiter, visitor: &mut impl Visitor) {
        while self.open.len() > level.saturating_add(1) {
            self.close(visitor);
        }
        let line = std::mem::take(&mut self.held);
        let end = line.len().saturating_sub(line_end_len(line.get(self.held_line_end..).unwrap_or_default()));
        let (line, line_end) = line.split_at_checked(end).unwrap_or((&line, b""));
        self.tell(line, visitor);
        self.hold(line_end, line_end.len());

        let room = self.room_below(level).is_some_and(|room| *room > 0);
        let Some(multipart) = self.open.last_mut() else { return };
        multipart.stage = match (multipart.stage, delimiter) {
            (Stage::Epilogue, _) => {
                // Whoever guesses a boundary can close a multipart early and hide what the provider wrote after it.
                multipart.problems.insert(Problem::DelimiterAfterClose);
                Stage::Uncut
            }
            (_, Delimiter::Closing) => Stage::Epilogue,
            _ if room => Stage::Opening,
            _ => {
                multipart.problems.insert(Problem::TooManyParts);
                Stage::Uncut
            }
        };
    }

    /// Whether a part or a body begins once the held line end has been told.
    fn is_between(&self) -> bool {
        self.open.last().is_some_and(|part| matches!(part.stage, Stage::HeaderEnd | Stage::Opening))
    }

    /// No outer delimiter follows: tells the line end that is held, and begins what comes after it.
    fn pass_between(&mut self, visitor: &mut impl Visitor) {
        let mut line = std::mem::take(&mut self.held);
        let start = std::mem::take(&mut self.held_line_end);
        self.tell(line.get(..start).unwrap_or_default(), visitor);
        line.drain(..start.min(line.len()));
        self.held = line;
        self.advance(visitor);
    }

    /// An empty line: the header of the innermost part is over, unless a delimiter follows.
    fn end_header(&mut self, visitor: &mut impl Visitor) {
        let mut line = std::mem::take(&mut self.held);
        self.tell(line.get(..self.held_line_end).unwrap_or_default(), visitor);
        line.drain(..self.held_line_end.min(line.len()));
        self.hold(&line, line.len());
        if let Some(part) = self.open.last_mut() {
            part.stage = Stage::HeaderEnd;
        }
    }

    /// What is held is no delimiter.
    fn pass_held(&mut self, visitor: &mut impl Visitor) {
        let text = std::mem::take(&mut self.held);
        self.pass(&text, visitor);
    }

    /// Tells bytes in which no delimiter lies, but for the end that may belong to one.
    fn pass(&mut self, text: &[u8], visitor: &mut impl Visitor) {
        let (dash, before) = match text {
            [before @ .., b'\n', b'-'] => (1, before.len().saturating_add(1)),
            _ => (0, text.len()),
        };
        let line_end = line_end_len(text.get(..before).unwrap_or_default());
        let is_cr = text.ends_with(b"\r");
        let held = if is_cr { 1 } else { line_end.saturating_add(dash) };
        let told = text.len().saturating_sub(held);
        let (told, held) = text.split_at_checked(told).unwrap_or((text, b""));
        self.tell(told, visitor);
        self.hold(held, line_end);
        self.at = match held {
            b"\r" => At::CarriageReturn,
            b"" => At::MidLine,
            _ => At::LineStart,
        };
    }

    fn hold(&mut self, bytes: &[u8], line_end: usize) {
        self.held.clear();
        self.held.extend_from_slice(bytes);
        self.held_line_end = line_end;
        self.at = At::LineStart;
    }

    /// Tells bytes of the innermost part. Those of a header wait until it is read.
    fn tell(&mut self, bytes: &[u8], visitor: &mut impl Visitor) {
        let is_waiting = self.open.last().is_some_and(|part| !part.is_told);
        let mut told = bytes;
        if is_waiting {
            let room = self.limits.header.saturating_sub(self.header.len());
            let (waiting, rest) = bytes.split_at_checked(room).unwrap_or((bytes, b""));
            self.header.extend_from_slice(waiting);
            if rest.is_empty() {
                return;
            }
            self.tell_part(Some(Problem::HeaderTooLong), visitor);
            told = rest;
        }
        if !told.is_empty() {
            self.offset = self.offset.saturating_add(told.len());
            visitor.bytes(told);
        }
    }

    /// Tells of the innermost part, then its header.
    fn tell_part(&mut self, problem: Option<Problem>, visitor: &mut impl Visitor) {
        let level = self.open.len().saturating_sub(1);
        let Some(part) = self.open.last_mut() else { return };
        let mut head = Head::read(&self.header, part.default_media, &self.limits);
        head.problems.extend(problem);
        if head.content != Content::Leaf && level >= self.limits.depth {
            head.problems.insert(Problem::TooDeep);
            head.content = Content::Leaf;
        }
        visitor.part(&Started {
            level,
            ordinal: part.ordinal,
            offset: self.offset,
            header: &self.header,
            media: &head.media,
            encoding: head.encoding,
            problems: &head.problems,
        });
        part.is_told = true;
        part.content = head.content;
        part.problems = head.problems;
        if !self.header.is_empty() {
            self.offset = self.offset.saturating_add(self.header.len());
            visitor.bytes(&self.header);
            self.header.clear();
        }
    }

    /// Begins what comes next in the innermost part: its body, or a part in it.
    fn advance(&mut self, visitor: &mut impl Visitor) {
        let level = self.open.len().saturating_sub(1);
        match self.open.last() {
            Some(part) if part.stage == Stage::Opening => return self.begin_part(),
            Some(part) if !part.is_told => self.tell_part(None, visitor),
            _ => {}
        }
        visitor.body(self.offset);
        let room = self.room_below(level).is_some_and(|room| *room > 0);
        let Some(part) = self.open.last_mut() else { return };
        part.stage = Stage::Body;
        if part.content == Content::Message {
            if room {
                return self.begin_part();
            }
            part.problems.insert(Problem::TooManyParts);
        }
    }

    fn begin_part(&mut self) {
        let level = self.open.len().saturating_sub(1);
        if let Some(room) = self.room_below(level) {
            *room = room.saturating_sub(1);
        }
        let Some(part) = self.open.last_mut() else { return };
        part.stage = Stage::Body;
        part.children = part.children.saturating_add(1);
        let media = match part.content {
            Content::Multipart { parts, .. } => parts,
            _ => "text/plain",
        };
        let child = Open::new(part.children, media);
        self.open.push(child);
        self.at = At::LineStart;
    }

    /// Ends the innermost part, or first begins what must be begun in it.
    fn close(&mut self, visitor: &mut impl Visitor) {
        match self.open.pop() {
            Some(mut part) if matches!(part.stage, Stage::Body | Stage::Epilogue | Stage::Uncut) => {
                if part.stage == Stage::Body && matches!(part.content, Content::Multipart { .. }) {
                    part.problems.insert(Problem::Unclosed);
                }
                visitor.end(self.offset, part.problems);
            }
            Some(part) => {
                self.open.push(part);
                self.advance(visitor);
            }
            None => {}
        }
    }

    fn is_in_header(&self) -> bool {
        self.open.last().is_some_and(|part| part.stage == Stage::Header)
    }

    /// How many parts there may still be on the level below this one.
    fn room_below(&mut self, level: usize) -> Option<&mut usize> {
        let last = self.room.len().saturating_sub(1);
        self.room.get_mut(level.min(last))
    }

    /// The boundaries that count now, with the levels of their multiparts, the outermost first.
    fn boundaries(&self) -> impl Iterator<Item = (usize, &[u8])> {
        self.open.iter().enumerate().filter_map(|(level, part)| match (&part.content, part.stage) {
            (Content::Multipart { boundary, .. }, Stage::Body | Stage::Epilogue | Stage::Opening) => {
                Some((level, boundary.as_slice()))
            }
            _ => None,
        })
    }
}

#[cfg(test)]
mod oracle;
#[cfg(test)]
mod tests;
