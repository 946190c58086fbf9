//! One message to a submission server, command by command, and what became of it.
//!
//! ```text
//! greeting ─ EHLO ─ AUTH ─ MAIL ─ RCPT… ─ DATA ─ body ─┤ before_dot ├─ dot ─ answer
//! └───── a failure here: nothing was sent ─────────────┘             └─ no answer here: Uncertain
//! ```
//! The edge decides nothing and dials nothing: it is given a stream, and says in which phase the dialogue ended. It
//! never sends a message to fewer than all its recipients, and never offers a password twice. RFC 5321, RFC 6409
//! (submission), RFC 4954 (AUTH), RFC 1870 (SIZE). lettre speaks the dialogue, through a `gate` that is shut before
//! the dot.

mod gate;
mod reply;
mod submission;

use std::fmt::{self, Display};
use std::future::poll_fn;
use std::iter;
use std::net::Ipv4Addr;
use std::ops::ControlFlow;
use std::task::Poll;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::Data;
use lettre::transport::smtp::extension::ClientId;
use recapito_pec::Address;
use tokio::io::{AsyncRead, AsyncWrite};
use zeroize::Zeroizing;

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
    /// For the greeting and for the answer to a command.
    pub command: Duration,
    /// For a block of the body to be taken.
    pub block: Duration,
    /// For the answer to the final dot.
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

/// A server that has greeted and said what it offers.
struct Dialogue<'a, S> {
    gate: &'a Gate<S>,
    lettre: AsyncSmtpConnection,
    offers: Extensions,
    patience: &'a Patience,
}

impl<'a, S: AsyncRead + AsyncWrite + Send + Unpin + 'static> Dialogue<'a, S> {
    /// A server that does not even greet refuses this client or this moment, not this message: never a rejection.
    async fn open(gate: &'a Gate<S>, patience: &'a Patience) -> Result<Self, Outcome> {
        // A client at home has no name to give, and its own is nobody's business (RFC 5321 §4.1.3).
        let name = ClientId::Ipv4(Ipv4Addr::LOCALHOST);
        gate.allow(patience.command);
        let opened = AsyncSmtpConnection::connect_with_transport(Box::new(gate.clone()), &name).await;
        let reply = gate.answer(&opened).map_err(broken)?;
        match opened {
            Ok(lettre) if reply.severity() == Severity::Completed => {
                Ok(Self { gate, lettre, offers: Extensions::of(&reply), patience })
            }
            _ => Err(postponed(reply)),
        }
    }

    /// One mechanism, tried once: providers lock a box after a few failures.
    async fn log_in(&mut self, login: &Login) -> Result<(), Outcome> {
        let password = login.password.expose().as_bytes();
        let reply = if self.offers.plain {
            let response = base64_line(b"AUTH PLAIN ", &[b"\0", login.name.as_bytes(), b"\0", password]);
            self.whisper(&response).await.map_err(broken)?
        } else if self.offers.login {
            let lines = [
                base64_line(b"AUTH LOGIN", &[]),
                base64_line(b"", &[login.name.as_bytes()]),
                base64_line(b"", &[password]),
            ];
            let mut reply = None;
            for line in lines {
                let answer = self.whisper(&line).await.map_err(broken)?;
                let goes_on = answer.code == 334;
                reply = Some(answer);
                if !goes_on {
                    break;
                }
            }
            reply.ok_or(Outcome::Postponed(Postponement::NoMechanism))?
        } else {
            return Err(Outcome::Postponed(Postponement::NoMechanism));
        };
        match reply.severity() {
            Severity::Completed => Ok(()),
            Severity::Continue => Err(broken(Cut::Unintelligible)),
            Severity::Transient => Err(postponed(reply)),
            Severity::Permanent => Err(Outcome::LoginRefused(reply)),
        }
    }

    /// The envelope. A letter to fewer than its recipients is another letter, and a provider refuses it (RFC 6109
    /// §3.1.1): every recipient is asked for, so that all refusals are told at once, and one of them ends it.
    async fn address(&mut self, submission: &Submission<'_>) -> Result<(), Outcome> {
        let size = match self.offers.size {
            true => format!(" SIZE={}", submission.message.len()),
            false => String::new(),
        };
        let mail = format!("MAIL FROM:<{}>{size}\r\n", submission.sender);
        let reply = self.command(mail).await.map_err(broken)?;
        expect(Severity::Completed, reply)?;

        let mut refusals = Vec::new();
        for recipient in submission.recipients {
            let reply = self.command(format!("RCPT TO:<{recipient}>\r\n")).await.map_err(broken)?;
            match reply.severity() {
                Severity::Completed => {}
                Severity::Continue => return Err(broken(Cut::Unintelligible)),
                Severity::Transient | Severity::Permanent => {
                    refusals.push(Refusal { recipient: Some(recipient.clone()), reply });
                }
            }
        }
        if refusals.iter().any(|refusal| refusal.reply.severity() == Severity::Permanent) {
            return Err(Outcome::Rejected(refusals));
        }
        if !refusals.is_empty() {
            return Err(Outcome::Postponed(Postponement::Answered(refusals)));
        }
        Ok(())
    }

    /// DATA, the body, and the dot once `before_dot` lets it go. From there on only an answer can tell that the
    /// message was not taken.
    ///
    /// lettre asks for the body block by block. Having got the last it goes on to the dot by itself, and finds the
    /// gate shut: whatever it writes then, even of the body, waits for the journal.
    async fn hand_over(
        &mut self,
        message: &[u8],
        before_dot: impl Future<Output = ControlFlow<()>>,
    ) -> Result<Reply, Outcome> {
        let reply = self.command(Data).await.map_err(broken)?;
        expect(Severity::Continue, reply)?;

        let (gate, patience) = (self.gate, self.patience);
        // lettre 0.11.23 writes a CRLF of its own before the dot.
        let body = message.strip_suffix(b"\r\n").unwrap_or(message);
        let blocks = body.chunks(BLOCK).inspect(|_| gate.allow(patience.block));
        let run_dry = iter::from_fn(|| {
            gate.shut();
            None
        });
        let mut sending = Box::pin(self.lettre.message_iter(blocks.chain(run_dry)));
        let ended = poll_fn(|cx| match sending.as_mut().poll(cx) {
            Poll::Pending if gate.is_shut() => Poll::Ready(None),
            polled => polled.map(Some),
        });
        if let Some(result) = ended.await {
            drop(sending);
            return Err(match gate.answer(&result) {
                Err(Cut::Closed) => self.refused_early().await,
                Err(cut) => broken(cut),
                Ok(_) => broken(Cut::Unintelligible),
            });
        }

        if before_dot.await.is_break() {
            return Err(Outcome::Postponed(Postponement::Held));
        }
        gate.allow(patience.dot);
        gate.open();
        let reply = gate.answer(&sending.await).map_err(Outcome::Uncertain)?;
        match reply.severity() {
            Severity::Completed => Ok(reply),
            Severity::Continue => Err(Outcome::Uncertain(Cut::Unintelligible)),
            Severity::Transient => Err(postponed(reply)),
            Severity::Permanent => Err(rejected(reply)),
        }
    }

    /// Some servers say why before they cut a body short; without that, too large a message would be tried again.
    async fn refused_early(&mut self) -> Outcome {
        match self.reply().await {
            Ok(reply) => expect(Severity::Continue, reply).err().unwrap_or(broken(Cut::Closed)),
            Err(_) => broken(Cut::Closed),
        }
    }

    /// Sends one line, which brings its CRLF, and waits for the reply to it.
    async fn command(&mut self, line: impl Display) -> Result<Reply, Cut> {
        self.gate.allow(self.patience.command);
        self.gate.answer(&self.lettre.command(line).await)
    }

    /// A command with a secret in it goes past lettre, which (0.11.23) copies it into memory that it does not wipe.
    async fn whisper(&mut self, line: &Zeroizing<String>) -> Result<Reply, Cut> {
        self.gate.allow(self.patience.command);
        self.gate.write(line.as_bytes()).await.map_err(|error| Cut::from(&error))?;
        self.reply().await
    }

    async fn reply(&mut self) -> Result<Reply, Cut> {
        self.gate.allow(self.patience.command);
        self.gate.answer(&self.lettre.read_response().await)
    }
}

/// What the server offers, as far as it is used.
struct Extensions {
    size: bool,
    plain: bool,
    login: bool,
}

impl Extensions {
    /// Reads the answer to EHLO: a keyword and its parameters on each line but the first (RFC 5321 §4.1.1.1). Some
    /// old servers write `AUTH=` for `AUTH `.
    fn of(offers: &Reply) -> Self {
        let mut extensions = Self { size: false, plain: false, login: false };
        for line in offers.text.lines().skip(1) {
            let line = line.to_ascii_uppercase().replace('=', " ");
            let mut words = line.split_ascii_whitespace();
            match words.next() {
                Some("SIZE") => extensions.size = true,
                Some("AUTH") => words.for_each(|mechanism| match mechanism {
                    "PLAIN" => extensions.plain = true,
                    "LOGIN" => extensions.login = true,
                    _ => {}
                }),
                _ => {}
            }
        }
        extensions
    }
}

/// A line of a login, in memory that is wiped: allocated at once, since growing it would leave copies behind.
fn base64_line(prefix: &[u8], parts: &[&[u8]]) -> Zeroizing<String> {
    let mut clear = Zeroizing::new(Vec::with_capacity(parts.iter().map(|part| part.len()).sum()));
    parts.iter().for_each(|part| clear.extend_from_slice(part));
    let capacity = clear.len().saturating_mul(2).saturating_add(64);
    let mut line = Zeroizing::new(String::with_capacity(capacity));
    line.extend(prefix.iter().copied().map(char::from));
    BASE64.encode_string(clear.as_slice(), &mut line);
    line.push_str("\r\n");
    line
}

/// Whether a reply about the whole message is the one that lets the dialogue go on.
fn expect(wanted: Severity, reply: Reply) -> Result<(), Outcome> {
    match reply.severity() {
        severity if severity == wanted => Ok(()),
        Severity::Completed | Severity::Continue => Err(broken(Cut::Unintelligible)),
        Severity::Transient => Err(postponed(reply)),
        Severity::Permanent => Err(rejected(reply)),
    }
}

fn broken(cut: Cut) -> Outcome {
    Outcome::Postponed(Postponement::Broken(cut))
}

fn postponed(reply: Reply) -> Outcome {
    Outcome::Postponed(Postponement::Answered(vec![Refusal { recipient: None, reply }]))
}

fn rejected(reply: Reply) -> Outcome {
    Outcome::Rejected(vec![Refusal { recipient: None, reply }])
}

const BLOCK: usize = 32 * 1024;
const QUIT_LIMIT: Duration = Duration::from_secs(1);

#[cfg(test)]
pub(crate) mod script;
#[cfg(test)]
mod tests;
