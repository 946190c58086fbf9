//! How the story looks on a terminal: narration, and boxes for what a phone would show.
//!
//! Readable without colour, and never wider than [`WIDTH`], whatever the terminal: a recording can be pasted anywhere.
//! With `--quiet` there is no narration, and an event takes one line; with `--json` there are the events only.

use jiff::Timestamp;

use recapito_engine::event::Event;

use crate::moment::{rome, rome_clock};
use crate::notification::{EventRecord, Notification};
use crate::output::{Output, Tone, plain, toned};

/// The terminal, or whatever reads stdout.
pub(super) struct Screen<'o> {
    pub(super) output: &'o mut Output,
}

impl<'o> Screen<'o> {
    pub(super) fn new(output: &'o mut Output) -> Self {
        Self { output }
    }

    /// What the whole is called.
    pub(super) fn title(&mut self, title: &str) {
        self.narrate(&[String::new(), format!("  {}", toned(Tone::Strong, title))]);
    }

    /// The line that a scene begins with: its title, and the time in the story.
    pub(super) fn scene(&mut self, title: &str, now: Timestamp) {
        let time = rome(now);
        let rule = "─".repeat(WIDTH.saturating_sub(title.chars().count() + time.chars().count() + 6));
        let (title, rest) = (toned(Tone::Strong, title), toned(Tone::Faint, &format!("{rule} {time}")));
        self.narrate(&[String::new(), format!("{} {title} {rest}", toned(Tone::Faint, "───"))]);
    }

    /// A paragraph of narration.
    pub(super) fn tell(&mut self, paragraph: &str) {
        let mut lines = vec![String::new()];
        lines.extend(
            textwrap::wrap(paragraph, WIDTH - INDENT.len()).iter().map(|line| format!("{INDENT}{line}")),
        );
        self.narrate(&lines);
    }

    /// Lines that the program has to show beside the narration.
    pub(super) fn show(&mut self, lines: &[String]) {
        let shown: Vec<_> = lines
            .iter()
            .map(|line| format!("{INDENT}{} {line}", toned(Tone::Faint, "│")).trim_end().to_owned())
            .collect();
        self.narrate(&[vec![String::new()], shown].concat());
    }

    /// An event, as a phone would notify it.
    pub(super) fn notify(&mut self, event: &Event, notification: &Notification) {
        if self.output.json {
            return self.output.record(&EventRecord::from(event));
        }
        if self.output.quiet {
            return self.output.line(&notification.line(event));
        }
        self.output.line("");
        for line in boxed(notification, &rome_clock(event.at)) {
            self.output.line(&format!("{INDENT}{line}"));
        }
    }

    /// Whether anybody is there to read more than the events.
    pub(super) fn is_for_people(&self) -> bool {
        !self.output.json
    }

    fn narrate(&mut self, lines: &[String]) {
        if self.is_for_people() && !self.output.quiet {
            lines.iter().for_each(|line| self.output.line(line));
        }
    }
}

/// `╭─ Delivered ─── 09:00:00 ─╮` around the text.
fn boxed(notification: &Notification, time: &str) -> Vec<String> {
    let inside = WIDTH - INDENT.len() - 4;
    let title = notification.title;
    let rule = "─".repeat(inside.saturating_sub(title.chars().count() + time.chars().count() + 4));
    let side = toned(notification.tone, "│");
    let mut lines = vec![toned(notification.tone, &format!("╭─ {title} {rule} {time} ─╮"))];
    for line in textwrap::wrap(&plain(&notification.body), inside) {
        let gap = " ".repeat(inside.saturating_sub(line.chars().count()));
        lines.push(format!("{side} {line}{gap} {side}"));
    }
    lines.push(toned(notification.tone, &format!("╰{}╯", "─".repeat(inside + 2))));
    lines
}

const WIDTH: usize = 92;
const INDENT: &str = "  ";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_has_straight_sides() {
        let body = "“È arrivata una lettera” da anna.conti@legal.example.test: ".repeat(4);
        let lines = boxed(&Notification { title: "Città", body, tone: Tone::Good }, "09:00:00");
        assert!(lines.len() > 3);
        for line in lines {
            let bare = anstream::adapter::strip_str(&line).to_string();
            assert_eq!(bare.chars().count(), WIDTH - INDENT.len(), "{bare}");
        }
    }
}
