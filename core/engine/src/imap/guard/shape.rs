//! Quoted strings and parentheses of a response, followed as its lines arrive.

/// Where in a response we are, as far as quotes and parentheses tell.
#[derive(Default)]
pub(super) struct Shape {
    quoted: bool,
    depth: usize,
    deepest: usize,
    /// A parenthesis was closed that nobody had opened.
    broken: bool,
}

impl Shape {
    /// Follows one more line, which must not hold the literals themselves.
    pub(super) fn feed(&mut self, line: &[u8]) {
        let mut bytes = line.iter();
        while let Some(byte) = bytes.next() {
            match (self.quoted, byte) {
                (_, b'"') => self.quoted = !self.quoted,
                (true, b'\\') => _ = bytes.next(),
                (false, b'(') => {
                    self.depth = self.depth.saturating_add(1);
                    self.deepest = self.deepest.max(self.depth);
                }
                (false, b')') => match self.depth.checked_sub(1) {
                    Some(depth) => self.depth = depth,
                    None => self.broken = true,
                },
                _ => {}
            }
        }
    }

    /// Whether a quoted string is open.
    pub(super) fn quoted(&self) -> bool {
        self.quoted
    }

    /// Whether everything opened has been closed.
    pub(super) fn closed(&self) -> bool {
        !self.quoted && !self.broken && self.depth == 0
    }

    /// How deep the parentheses went.
    pub(super) fn deepest(&self) -> usize {
        self.deepest
    }
}
