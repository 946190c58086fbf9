//! Python's email package, in one process that is asked about many messages.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use recapito_tests::skip::skip;
use serde_json::Value;

use super::tree::{Content, Node, Tree};

/// A Python that reads mail.
pub(crate) struct Python {
    child: Child,
    questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Python {
    /// Starts it, or says that the test is skipped.
    pub(crate) fn start() -> Option<Self> {
        let started = Command::new("python3")
            // Isolated: neither the environment nor the user's own modules have a say.
            .args(["-I", "-c", include_str!("read.py")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        let Ok(mut child) = started else {
            skip("python3 is missing");
            return None;
        };
        let questions = child.stdin.take();
        let answers = BufReader::new(child.stdout.take().expect("its output is a pipe"));
        Some(Self { child, questions, answers })
    }

    /// What it sees.
    pub(crate) fn read(&mut self, raw: &[u8]) -> Tree {
        let questions = self.questions.as_mut().expect("it is asked before it ends");
        writeln!(questions, "{}", raw.len()).expect("Python listens");
        questions.write_all(raw).expect("Python listens");
        questions.flush().expect("Python listens");
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("Python answers");
        let answer: Value = serde_json::from_str(&line).expect("Python's answer is JSON");
        Tree(answer.as_array().expect("a list").iter().map(node).collect())
    }
}

impl Drop for Python {
    /// It ends at the end of its input.
    fn drop(&mut self) {
        drop(self.questions.take());
        let _ = self.child.wait();
    }
}

fn node(value: &Value) -> Node {
    let content = match (value[2].as_u64(), value[3].as_str()) {
        (Some(count), _) => Content::Parts(usize::try_from(count).expect("a small number")),
        (None, Some(text)) => Content::Bytes(STANDARD.decode(text).expect("Python writes base64")),
        (None, None) => Content::Unknown,
    };
    let depth = usize::try_from(value[0].as_u64().expect("a depth")).expect("a small number");
    Node { depth, media: value[1].as_str().expect("a media type").to_owned(), content }
}
