//! Where results go: stdout, coloured or not, as text or as JSON Lines; everything else goes to stderr.
//!
//! A reader that closes the pipe (`| head`) ends the program quietly, as any other filter would.

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use serde::Serialize;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::option::{Colour, Common};

/// The two streams, and how they are to be used.
pub(crate) struct Output {
    stdout: AutoStream<io::Stdout>,
    stderr: AutoStream<io::Stderr>,
    /// Results that are not printed yet.
    page: String,
    is_terminal: bool,
    /// Results as JSON Lines.
    pub(crate) json: bool,
    /// Results and errors only.
    pub(crate) quiet: bool,
    verbose: bool,
    /// A temporary folder, removed where a closed pipe ends the program without any destructor.
    pub(crate) scratch: Option<PathBuf>,
}

/// How a piece of text is meant.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Tone {
    /// It went well.
    Good,
    /// It did not.
    Bad,
    /// Not settled, or worth a look.
    Watch,
    /// Besides.
    Faint,
    /// A heading.
    Strong,
}

impl Output {
    pub(crate) fn new(common: &Common) -> Self {
        let choice = match common.color {
            Colour::Always => ColorChoice::Always,
            // Looks at the terminal, NO_COLOR and CLICOLOR.
            Colour::Auto => ColorChoice::Auto,
            Colour::Never => ColorChoice::Never,
        };
        Self {
            stdout: AutoStream::new(io::stdout(), choice),
            stderr: AutoStream::new(io::stderr(), choice),
            page: String::new(),
            is_terminal: io::stdout().is_terminal(),
            json: common.json,
            quiet: common.quiet,
            verbose: common.verbose,
            scratch: None,
        }
    }

    /// Whole lines of result, of which there may be many. A terminal gets them at once, a file or pipe by the page;
    /// [`Self::flush`] ends the last.
    pub(crate) fn block(&mut self, lines: &str) {
        self.page.push_str(lines);
        if self.page.len() >= PAGE || self.is_terminal {
            self.flush();
        }
    }

    /// Prints what waits for its page to be full.
    pub(crate) fn flush(&mut self) {
        if self.page.is_empty() {
            return;
        }
        let page = std::mem::take(&mut self.page);
        // JSON has no escape codes to be taken out. The stream would write the pieces between them one by one.
        if self.json {
            self.bytes(page.as_bytes());
        } else if self.stdout.current_choice() == ColorChoice::Never {
            self.bytes(anstream::adapter::strip_str(&page).to_string().as_bytes());
        } else {
            let written = write!(self.stdout, "{page}").and_then(|()| self.stdout.flush());
            self.end_on_closed_pipe(written);
        }
    }

    /// A line of result.
    pub(crate) fn line(&mut self, text: &str) {
        let written = writeln!(self.stdout, "{text}").and_then(|()| self.stdout.flush());
        self.end_on_closed_pipe(written);
    }

    /// A result as one JSON object on one line.
    pub(crate) fn record(&mut self, record: &impl Serialize) {
        match serde_json::to_string(record) {
            Ok(text) => self.line(&text),
            Err(error) => self.error(&error.to_string()),
        }
    }

    /// Bytes as they are.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        let mut stdout = io::stdout().lock();
        let written = stdout.write_all(bytes).and_then(|()| stdout.flush());
        self.end_on_closed_pipe(written);
    }

    /// What is worth telling besides the result; not said with `--quiet`.
    pub(crate) fn remark(&mut self, text: &str) {
        if !self.quiet {
            let written = writeln!(self.stderr, "{text}");
            self.end_on_closed_pipe(written);
        }
    }

    /// What only those want to know who ask for it with `--verbose`.
    pub(crate) fn detail(&mut self, text: &str) {
        if self.verbose {
            self.remark(text);
        }
    }

    /// What went wrong.
    pub(crate) fn error(&mut self, text: &str) {
        let tone = toned(Tone::Bad, crate::language::text("errore:", "error:"));
        let written = writeln!(self.stderr, "{tone} {text}");
        self.end_on_closed_pipe(written);
    }

    fn end_on_closed_pipe(&self, written: io::Result<()>) {
        if written.is_err_and(|error| error.kind() == io::ErrorKind::BrokenPipe) {
            if let Some(scratch) = &self.scratch {
                let _ = std::fs::remove_dir_all(scratch);
            }
            std::process::exit(0);
        }
    }
}

/// A result as one JSON object on one line.
pub(crate) fn json_line(record: &impl Serialize) -> Result<String, Failure> {
    let line = serde_json::to_string(record).map(|line| line + "\n");
    line.map_err(|error| Failure { exit: Exit::Fault, message: error.to_string() })
}

/// The text with the escape codes of its tone; the stream takes them out where they are not wanted.
pub(crate) fn toned(tone: Tone, text: &str) -> String {
    let style = match tone {
        Tone::Good => AnsiColor::Green.on_default(),
        Tone::Bad => AnsiColor::Red.on_default().bold(),
        Tone::Watch => AnsiColor::Yellow.on_default(),
        Tone::Faint => Style::new().dimmed(),
        Tone::Strong => Style::new().bold(),
    };
    format!("{style}{text}{style:#}")
}

/// A text from outside for a terminal: control characters, escape sequences among them, become visible marks.
pub(crate) fn plain(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { '\u{fffd}' } else { character }).collect()
}

/// As much as a pipe holds on Linux.
const PAGE: usize = 64 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_gets_no_control_characters_from_outside() {
        assert_eq!(plain("a\u{1b}[31mb\r\nc\u{9b}d"), "a\u{fffd}[31mb\u{fffd}\u{fffd}c\u{fffd}d");
    }
}
