//! One conversation with a mail client (RFC 5321, 4954, 6409).
//!
//! Reads a line, answers it, keeps the little there is to remember: the login and the open transaction. The
//! grammar of the commands is smtp-proto's. A line that is too long or ends with a bare LF ends the
//! conversation, since nobody can say where the next command begins.

use std::borrow::Cow;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use smtp_proto::{
    AUTH_LOGIN, AUTH_PLAIN, Error, MAIL_BODY_7BIT, MAIL_BODY_8BITMIME, MailFrom, RcptTo, Request,
};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::data::Message;
use super::{PostOffice, Reply, Submission};
use crate::sasl;

/// The conversation's memory.
struct Session<S> {
    stream: BufReader<S>,
    office: Arc<dyn PostOffice>,
    max_message: usize,
    greeted: bool,
    login: Option<String>,
    failed_logins: u32,
    transaction: Option<Transaction>,
}

/// What MAIL opens and DATA, RSET or EHLO end.
struct Transaction {
    login: String,
    reverse_path: String,
    recipients: Vec<String>,
}

/// Talks until the client quits, goes away, or is shown the door.
pub(crate) async fn converse<S>(stream: S, office: Arc<dyn PostOffice>, max_message: usize)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut session = Session {
        stream: BufReader::new(stream),
        office,
        max_message,
        greeted: false,
        login: None,
        failed_logins: 0,
        transaction: None,
    };
    // The client has heard the reason, or is gone: there is nobody to tell.
    let _ = session.run().await;
    let _ = timeout(REPLY_TIMEOUT, session.stream.shutdown()).await;
}

impl<S: AsyncRead + AsyncWrite + Unpin> Session<S> {
    async fn run(&mut self) -> io::Result<()> {
        self.send(220, "localhost ESMTP Recapito test provider").await?;
        loop {
            let line = self.line().await?;
            let reply = match Request::parse(&mut line.iter()) {
                Ok(Request::Quit) => return self.send(221, "2.0.0 Goodbye").await,
                Ok(request) => self.obey(request).await?,
                Err(error) => explain(&error),
            };
            self.send(reply.code, &reply.text).await?;
            if reply.code == 421 {
                return Ok(());
            }
        }
    }

    async fn obey(&mut self, request: Request<Cow<'_, str>>) -> io::Result<Reply> {
        Ok(match request {
            Request::Ehlo { .. } => {
                self.greet();
                Reply::new(
                    250,
                    format!(
                        "localhost\nSIZE {}\n8BITMIME\nENHANCEDSTATUSCODES\nAUTH PLAIN LOGIN",
                        self.max_message
                    ),
                )
            }
            Request::Helo { .. } => {
                self.greet();
                Reply::new(250, "localhost")
            }
            Request::Auth { mechanism, initial_response } => {
                self.authenticate(mechanism, &initial_response).await?
            }
            Request::Mail { from } => self.mail(from),
            Request::Rcpt { to } => self.recipient(to),
            Request::Data => self.data().await?,
            Request::Rset => {
                self.transaction = None;
                Reply::new(250, "2.0.0 Forgotten")
            }
            Request::Noop { .. } => Reply::new(250, "2.0.0 Still here"),
            // RFC 5321 section 7.3: a server need not say who lives there.
            Request::Vrfy { .. } => Reply::new(252, "2.1.5 Send it and see"),
            _ => Reply::new(502, "5.5.1 Not offered here"),
        })
    }

    fn greet(&mut self) {
        self.greeted = true;
        self.transaction = None;
    }

    async fn authenticate(&mut self, mechanism: u64, initial: &str) -> io::Result<Reply> {
        if !self.greeted || self.login.is_some() || self.transaction.is_some() {
            return Ok(out_of_order());
        }
        let initial = (!initial.is_empty()).then_some(initial.as_bytes());
        let credentials = match mechanism {
            AUTH_PLAIN => match self.response(initial, "").await? {
                Ok(message) => sasl::plain(&message).map(|(login, word)| (login.to_owned(), word.to_owned())),
                Err(reply) => return Ok(reply),
            },
            AUTH_LOGIN => {
                let login = match self.response(initial, "Username:").await? {
                    Ok(login) => login,
                    Err(reply) => return Ok(reply),
                };
                let password = match self.response(None, "Password:").await? {
                    Ok(password) => password,
                    Err(reply) => return Ok(reply),
                };
                String::from_utf8(login).ok().zip(String::from_utf8(password).ok())
            }
            _ => return Ok(Reply::new(504, "5.5.4 PLAIN or LOGIN, please")),
        };
        let Some((login, password)) = credentials else {
            return Ok(Reply::new(501, "5.5.2 That is no login and password"));
        };
        if self.office.login(&login, &password).is_some() {
            self.login = Some(login);
            return Ok(Reply::new(235, "2.7.0 Welcome"));
        }
        self.failed_logins += 1;
        Ok(if self.failed_logins < MAX_FAILED_LOGINS {
            Reply::new(535, "5.7.8 Login or password is wrong")
        } else {
            Reply::new(421, "4.7.0 Too many wrong passwords")
        })
    }

    /// The client's next SASL message: the one it sent along, or its answer to `challenge`.
    ///
    /// The inner error is the reply to a client that gives up or does not write base64.
    async fn response(
        &mut self,
        initial: Option<&[u8]>,
        challenge: &str,
    ) -> io::Result<Result<Vec<u8>, Reply>> {
        let line;
        let encoded = match initial {
            // RFC 4954 section 4: an empty message that is sent along.
            Some(b"=") => b"",
            Some(encoded) => encoded,
            None => {
                self.send(334, &BASE64_STANDARD.encode(challenge)).await?;
                line = self.line().await?;
                line.trim_ascii_end()
            }
        };
        if encoded == b"*" {
            return Ok(Err(Reply::new(501, "5.7.0 As you wish")));
        }
        Ok(BASE64_STANDARD.decode(encoded).map_err(|_| Reply::new(501, "5.5.2 That is not base64")))
    }

    fn mail(&mut self, from: MailFrom<Cow<'_, str>>) -> Reply {
        if !self.greeted || self.transaction.is_some() {
            return out_of_order();
        }
        let Some(login) = self.login.clone() else {
            return Reply::new(530, "5.7.0 Log in first");
        };
        if from.flags & !(MAIL_BODY_7BIT | MAIL_BODY_8BITMIME) != 0 {
            return Reply::new(555, "5.5.4 A parameter that is not offered");
        }
        if from.size > self.max_message {
            return too_large();
        }
        let reverse_path = from.address.into_owned();
        self.transaction = Some(Transaction { login, reverse_path, recipients: Vec::new() });
        Reply::new(250, "2.1.0 Sender noted")
    }

    fn recipient(&mut self, to: RcptTo<Cow<'_, str>>) -> Reply {
        let Some(transaction) = &mut self.transaction else {
            return out_of_order();
        };
        if to.flags != 0 || to.orcpt.is_some() || to.rrvs != 0 {
            return Reply::new(555, "5.5.4 A parameter that is not offered");
        }
        if to.address.is_empty() {
            return explain(&Error::InvalidRecipientAddress);
        }
        if transaction.recipients.len() >= MAX_RECIPIENTS {
            return Reply::new(452, "4.5.3 Too many recipients");
        }
        match self.office.recipient(&transaction.login, &to.address) {
            Ok(()) => {
                transaction.recipients.push(to.address.into_owned());
                Reply::new(250, "2.1.5 Recipient noted")
            }
            Err(refusal) => refusal,
        }
    }

    async fn data(&mut self) -> io::Result<Reply> {
        if self.transaction.as_ref().is_none_or(|transaction| transaction.recipients.is_empty()) {
            return Ok(out_of_order());
        }
        self.send(354, "Go ahead, and end with a dot on a line of its own").await?;
        let message = self.message().await?;
        let Some(Transaction { login, reverse_path, recipients }) = self.transaction.take() else {
            return Ok(out_of_order());
        };
        let Some(raw) = message.finish() else {
            return Ok(too_large());
        };
        let office = Arc::clone(&self.office);
        // Signing takes its time; the other connections shall not wait for it.
        let submitted =
            spawn_blocking(move || office.submit(Submission { login, reverse_path, recipients, raw })).await;
        Ok(submitted.unwrap_or_else(|_| Reply::new(451, "4.3.0 The post office failed")))
    }

    /// Reads to the dot, however much comes before it.
    async fn message(&mut self) -> io::Result<Message> {
        let mut message = Message::new(self.max_message);
        while !message.is_complete() {
            let bytes = timeout(LINE_TIMEOUT, self.stream.fill_buf()).await??;
            if bytes.is_empty() {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let taken = message.feed(bytes);
            self.stream.consume(taken);
        }
        Ok(message)
    }

    /// The next line with its CR LF.
    async fn line(&mut self) -> io::Result<Vec<u8>> {
        let mut line = Vec::new();
        let mut bounded = (&mut self.stream).take(MAX_LINE);
        match timeout(LINE_TIMEOUT, bounded.read_until(b'\n', &mut line)).await {
            Ok(read) => read?,
            Err(elapsed) => {
                self.send(421, "4.4.2 Nothing heard for too long").await?;
                return Err(elapsed.into());
            }
        };
        if line.ends_with(b"\r\n") {
            return Ok(line);
        }
        if line.ends_with(b"\n") {
            self.send(521, "5.5.2 Lines end with CR LF").await?;
        } else if line.len() as u64 == MAX_LINE {
            self.send(521, "5.5.2 Line too long").await?;
        }
        Err(io::ErrorKind::InvalidData.into())
    }

    async fn send(&mut self, code: u16, text: &str) -> io::Result<()> {
        let mut lines = text.lines().peekable();
        let mut reply = String::new();
        while let Some(line) = lines.next() {
            let separator = if lines.peek().is_some() { '-' } else { ' ' };
            reply.push_str(&format!("{code}{separator}{line}\r\n"));
        }
        if reply.is_empty() {
            // An empty challenge, for instance.
            reply = format!("{code} \r\n");
        }
        timeout(REPLY_TIMEOUT, async {
            self.stream.write_all(reply.as_bytes()).await?;
            self.stream.flush().await
        })
        .await?
    }
}

fn explain(error: &Error) -> Reply {
    match error {
        Error::SyntaxError { syntax } => Reply::new(501, format!("5.5.4 Syntax: {syntax}")),
        Error::InvalidSenderAddress => Reply::new(501, "5.1.7 That is no address"),
        Error::InvalidRecipientAddress => Reply::new(501, "5.1.3 That is no address"),
        Error::InvalidParameter { param } => Reply::new(501, format!("5.5.4 Bad parameter {param}")),
        Error::UnsupportedParameter { .. } => Reply::new(555, "5.5.4 A parameter that is not offered"),
        _ => Reply::new(500, "5.5.2 Not understood"),
    }
}

fn out_of_order() -> Reply {
    Reply::new(503, "5.5.1 Not at this point")
}

fn too_large() -> Reply {
    Reply::new(552, "5.3.4 Message too large")
}

/// RFC 4954 section 4.5: a base64 line of SASL may have 12288 bytes.
const MAX_LINE: u64 = 12288;
const MAX_RECIPIENTS: usize = 1000;
const MAX_FAILED_LOGINS: u32 = 3;
/// RFC 5321 section 4.5.3.2.7: a server waits at least five minutes for the next command.
const LINE_TIMEOUT: Duration = Duration::from_secs(300);
const REPLY_TIMEOUT: Duration = Duration::from_secs(60);
