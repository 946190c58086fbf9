//! From a fresh stream to a session: greeting, capabilities, one login.
//!
//! One mechanism is chosen and tried once. A second try with another would be a second wrong password where
//! the first was wrong, and providers lock the box.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::dialogue::{Dialogue, Transport, after};
use super::error::Error;
use super::reply::{Capabilities, Note, Reply};
use super::{Limits, Session};

/// A connection that has been greeted, and not logged in to yet.
#[derive(Debug)]
pub struct Connection {
    dialogue: Dialogue,
    capabilities: Capabilities,
}

impl Connection {
    /// Waits for the server's greeting on a fresh stream, and asks what it can do if it did not say.
    pub async fn open(stream: impl Transport + 'static, limits: Limits) -> Result<Self, Error> {
        let mut dialogue = Dialogue::new(stream, limits);
        match dialogue.reply(after(limits.command)).await? {
            Reply::Note(greeting) => {
                let capabilities = capabilities(&mut dialogue, greeting).await?;
                Ok(Self { dialogue, capabilities })
            }
            // Somebody is logged in already, and nobody knows who.
            Reply::Preauth => Err(Error::Protocol("a session of somebody else")),
            _ => Err(Error::Protocol("no greeting")),
        }
    }

    /// Logs in, with AUTHENTICATE PLAIN where the server has it (RFC 4616), else with LOGIN.
    pub async fn login(mut self, user: &str, password: &Zeroizing<String>) -> Result<Session, Error> {
        let done = if self.capabilities.has("AUTH=PLAIN") {
            self.authenticate_plain(user, password).await
        } else if self.capabilities.has("LOGINDISABLED") {
            return Err(Error::NoMechanism);
        } else {
            self.dialogue.run("LOGIN", &[user.as_bytes(), password.as_bytes()], |_| Ok(())).await
        };
        let note = done.map_err(|error| match error {
            Error::No(refusal) => Error::from_login(refusal),
            error => error,
        })?;
        // Servers tell less before the login.
        let capabilities = capabilities(&mut self.dialogue, note).await?;
        Ok(Session { dialogue: self.dialogue, capabilities, keeps_alive: false })
    }

    async fn authenticate_plain(&mut self, user: &str, password: &str) -> Result<Note, Error> {
        let pieces = ["\0", user, "\0", password];
        let length = pieces.iter().map(|piece| piece.len()).fold(0, usize::saturating_add);
        // Both have their full size from the start: growing would leave copies behind.
        let mut plain = Zeroizing::new(String::with_capacity(length));
        plain.extend(pieces);
        let mut coded = Zeroizing::new(String::with_capacity(length.saturating_mul(2).saturating_add(4)));
        STANDARD.encode_string(plain.as_bytes(), &mut coded);

        self.dialogue.start("AUTHENTICATE PLAIN", &[]).await?;
        self.dialogue.go_ahead().await?;
        self.dialogue.send(&[coded.as_bytes(), b"\r\n"]).await?;
        self.dialogue.finish(|_| Ok(())).await
    }
}

/// What the server can do: from the greeting or the login's answer if it was said there, else by asking.
async fn capabilities(dialogue: &mut Dialogue, said: Note) -> Result<Capabilities, Error> {
    if let Note::Capabilities(capabilities) = said {
        return Ok(capabilities);
    }
    let mut told = None;
    dialogue
        .run("CAPABILITY", &[], |reply| {
            if let Reply::Capabilities(capabilities) = reply {
                told = Some(capabilities);
            }
            Ok(())
        })
        .await?;
    told.ok_or(Error::Protocol("no capabilities"))
}
