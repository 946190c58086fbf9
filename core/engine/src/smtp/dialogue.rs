//! The steps of a submission, each of which the server answers: lettre's connection, and what each answer means.
//!
//! RFC 5321 §4.1; RFC 4954 (AUTH), RFC 1870 (SIZE). Where a step fails, its error is the outcome of the whole.

use std::fmt::Display;
use std::future::poll_fn;
use std::iter;
use std::net::Ipv4Addr;
use std::ops::ControlFlow;
use std::task::Poll;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::Data;
use lettre::transport::smtp::extension::ClientId;
use tokio::io::{AsyncRead, AsyncWrite};
use zeroize::Zeroizing;

use super::gate::Gate;
use super::{Cut, Login, Outcome, Patience, Postponement, Refusal, Reply, Severity, Submission};

/// A server that has greeted and said what it offers.
pub(super) struct Dialogue<'a, S> {
    gate: &'a Gate<S>,
    lettre: AsyncSmtpConnection,
    offers: Extensions,
    patience: &'a Patience,
}

impl<'a, S: AsyncRead + AsyncWrite + Send + Unpin + 'static> Dialogue<'a, S> {
    /// A server that does not even greet refuses this client or this moment, not this message: never a rejection.
    pub(super) async fn open(gate: &'a Gate<S>, patience: &'a Patience) -> Result<Self, Outcome> {
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
    pub(super) async fn log_in(&mut self, login: &Login) -> Result<(), Outcome> {
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
    pub(super) async fn address(&mut self, submission: &Submission<'_>) -> Result<(), Outcome> {
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
    pub(super) async fn hand_over(
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

pub(super) const BLOCK: usize = 32 * 1024;
