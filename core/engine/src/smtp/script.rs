//! A peer for tests: it knows no protocol, plays a script byte for byte, and may stop anywhere.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

/// What the peer does next.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Reads exactly these bytes; anything else fails the test.
    Hear(Vec<u8>),
    /// Writes these bytes.
    Say(Vec<u8>),
}

/// How the peer ends.
#[derive(Clone, Copy, Debug)]
pub(crate) enum End {
    Close,
    Stall,
}

pub(crate) fn hear(text: &str) -> Step {
    Step::Hear(text.as_bytes().to_vec())
}

pub(crate) fn say(text: &str) -> Step {
    Step::Say(text.as_bytes().to_vec())
}

/// Plays at most `budget` bytes of the script, both directions together, then ends; gives what it heard.
pub(crate) async fn peer(mut stream: DuplexStream, steps: Vec<Step>, mut budget: usize, end: End) -> Vec<u8> {
    let mut heard = Vec::new();
    for step in steps {
        match step.play(&mut stream, budget).await {
            Ok(bytes) => heard.extend(bytes),
            Err(_) => return heard,
        }
        budget = budget.saturating_sub(step.len());
        if budget == 0 {
            break;
        }
    }
    if matches!(end, End::Stall) {
        std::future::pending::<()>().await;
    }
    heard
}

impl Step {
    pub(crate) fn len(&self) -> usize {
        let (Self::Hear(bytes) | Self::Say(bytes)) = self;
        bytes.len()
    }

    /// Plays the first `budget` bytes of the step; gives what it heard.
    pub(crate) async fn play(&self, stream: &mut DuplexStream, budget: usize) -> io::Result<Vec<u8>> {
        match self {
            Self::Hear(expected) => {
                let expected = &expected[..expected.len().min(budget)];
                let mut bytes = vec![0; expected.len()];
                stream.read_exact(&mut bytes).await?;
                assert_eq!(String::from_utf8_lossy(&bytes), String::from_utf8_lossy(expected));
                Ok(bytes)
            }
            Self::Say(bytes) => {
                stream.write_all(&bytes[..bytes.len().min(budget)]).await?;
                Ok(Vec::new())
            }
        }
    }
}
