//! One message to a submission server, command by command, and what became of it.
//!
//! ```text
//! greeting ─ EHLO ─ AUTH ─ MAIL ─ RCPT… ─ DATA ─ body ─┤ before_dot ├─ dot ─ answer
//! └───── a failure here: nothing was sent ─────────────┘             └─ no answer here: Uncertain
//! ```
//! The edge decides nothing and dials nothing: it is given a stream, and says in which phase the dialogue ended. It
//! never sends a message to fewer than all its recipients, and never offers a password twice. RFC 5321, RFC 6409
//! (submission). lettre speaks the `dialogue`, through a `gate` that is shut before the dot.

mod dialogue;
mod gate;
mod reply;
mod submission;

use std::fmt;
use std::ops::ControlFlow;
use std::time::Duration;

use recapito_pec::Address;
use tokio::io::{AsyncRead, AsyncWrite};

use self::dialogue::Dialogue;
use self::gate::Gate;
pub use self::reply::{Cut, Reply, Severity};
pub use self::submission::{Submission, Unsendable};
use crate::secret::Secret;

/// Name and password for AUTH.
#[derive(Clone)]
pub struct Login {
    /// The user's name at the server, often the address.
    pub name: String,
    /// The password.
    pub password: Secret,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Login")
    }
}

/// How long to wait for the server.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Patience {
    /// For the greeting with EHLO, and for every other command with its answer.
    pub command: Duration,
    /// For a block of the body to be taken.
    pub block: Duration,
    /// For the final dot and the answer to it.
    pub dot: Duration,
}

impl Default for Patience {
    /// What RFC 5321 §4.5.3.2 asks for. The last is long for a reason: a server that is still checking the message
    /// for viruses has not refused it, and giving up makes it uncertain.
    fn default() -> Self {
        Self {
            command: Duration::from_secs(5 * 60),
            block: Duration::from_secs(3 * 60),
            dot: Duration::from_secs(10 * 60),
        }
    }
}

/// What became of a submission.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// The server has taken the message.
    Accepted(Reply),
    /// The server did not accept name and password. They were tried once, nothing was sent.
    LoginRefused(Reply),
    /// The server has not taken the message, and another attempt may succeed.
    Postponed(Postponement),
    /// The server will not take the message: one answer that refuses all of it, or one for each refused recipient.
    Rejected(Vec<Refusal>),
    /// The final dot may have gone out, and no answer came: the server may or may not have taken the message.
    Uncertain(Cut),
}

/// Why the server has not taken a message yet.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Postponement {
    /// It said so: one answer about all of it, or one for each recipient it put off.
    Answered(Vec<Refusal>),
    /// The connection ended before the final dot.
    Broken(Cut),
    /// `before_dot` held it back.
    Held,
    /// The server offers neither PLAIN nor LOGIN.
    NoMechanism,
}

/// A negative answer of the server.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Refusal {
    /// The recipient it speaks of; absent if of the whole message.
    pub recipient: Option<Address>,
    /// The answer.
    pub reply: Reply,
}

/// Submits a message over a stream on which the server speaks first, and says what became of it.
///
/// `before_dot` runs once the whole body has been handed over and before the dot that makes it count: there the
/// journal is written. If it breaks, the dot is not sent. Dropping the future before that point sends nothing;
/// after it, the message is uncertain.
pub async fn submit<S>(
    stream: S,
    login: &Login,
    submission: &Submission<'_>,
    patience: &Patience,
    before_dot: impl Future<Output = ControlFlow<()>>,
) -> Outcome
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let gate = Gate::new(stream);
    let outcome = match transact(&gate, login, submission, patience, before_dot).await {
        Ok(reply) => Outcome::Accepted(reply),
        Err(outcome) => outcome,
    };
    // Not in the middle of a body, which it would become a line of.
    let is_in_step = !matches!(
        outcome,
        Outcome::Uncertain(_) | Outcome::Postponed(Postponement::Broken(_) | Postponement::Held)
    );
    if is_in_step {
        take_leave(&gate).await;
    }
    outcome
}

/// Logs in and takes leave, to see whether that works.
///
/// # Errors
/// The outcome that a submission would have had.
pub async fn check<S>(stream: S, login: &Login, patience: &Patience) -> Result<(), Outcome>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let gate = Gate::new(stream);
    Dialogue::open(&gate, patience).await?.log_in(login).await?;
    take_leave(&gate).await;
    Ok(())
}

/// The answer to the dot, or the outcome that ended the dialogue earlier.
async fn transact<S>(
    gate: &Gate<S>,
    login: &Login,
    submission: &Submission<'_>,
    patience: &Patience,
    before_dot: impl Future<Output = ControlFlow<()>>,
) -> Result<Reply, Outcome>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let mut dialogue = Dialogue::open(gate, patience).await?;
    dialogue.log_in(login).await?;
    dialogue.address(submission).await?;
    dialogue.hand_over(submission.message, before_dot).await
}

/// RFC 5321 §4.1.1.10 would have us wait for the answer, as lettre does, but the outcome must reach the journal now.
async fn take_leave<S: AsyncRead + AsyncWrite + Unpin>(gate: &Gate<S>) {
    gate.allow(QUIT_LIMIT);
    let _ = gate.write(b"QUIT\r\n").await;
}

const QUIT_LIMIT: Duration = Duration::from_secs(1);

#[cfg(test)]
pub(crate) mod script;
#[cfg(test)]
mod tests;
