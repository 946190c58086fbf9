//! Where the mailboxes of a Dovecot submit: the harness starts none of its own, and an account has two servers.
//!
//! It knows the same users, takes every message, and delivers none.

use std::net::Ipv4Addr;
use std::sync::Arc;

use recapito_provider::tls::Authority;
use recapito_provider::{Mailbox, PostOffice, Reply, Submission, smtp};
use recapito_tests::dovecot::{ALICE, BOB, Dovecot};
use recapito_tests::recapito::Servers;
use tokio::net::TcpListener;

use crate::imap::Answer;

/// A running submission server.
pub(crate) struct SubmissionServer {
    server: smtp::Server,
    /// The authorities of both servers, PEM.
    authorities: String,
}

impl SubmissionServer {
    /// Starts one beside a Dovecot.
    pub(crate) async fn start(beside: &Dovecot) -> Answer<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let authority = Authority::new()?;
        let server = smtp::Server::start(listener, authority.server_config()?, Arc::new(Users)).await;
        let authorities = std::fs::read_to_string(beside.authority())? + &authority.pem();
        Ok(Self { server, authorities })
    }

    /// What `account add` has to be told, with IMAP on this port.
    pub(crate) fn servers(&self, imap: u16) -> Servers<'_> {
        let (smtp, authorities) = (self.server.address().port(), self.authorities.as_str());
        Servers { imap, smtp, authorities, anchors: None }
    }
}

struct Users;

impl PostOffice for Users {
    fn login(&self, login: &str, password: &str) -> Option<Mailbox> {
        let known = [ALICE, BOB].iter().any(|user| (user.address, user.password) == (login, password));
        known.then(Mailbox::new)
    }

    fn recipient(&self, _login: &str, _address: &str) -> Result<(), Reply> {
        Ok(())
    }

    fn submit(&self, _submission: Submission) -> Reply {
        Reply::new(250, "2.0.0 Ok")
    }
}
