//! A mail server with one user, which counts how often somebody tries to log in.
//!
//! The servers are the embedded provider's; behind them is no post office, so that nothing has to be certified and
//! the start costs nothing.

use std::error::Error;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use recapito_provider::tls::{self, Authority};
use recapito_provider::{Mailbox, PostOffice, Reply, Submission, imap, smtp};
use recapito_tests::recapito::Servers;
use rustls::ServerConfig;
use tokio::net::TcpListener;

pub(crate) type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// The user.
pub(crate) const ANNA: &str = "anna@example.test";
/// Her password.
pub(crate) const PASSWORD: &str = "open sesame";

/// The running servers.
pub(crate) struct Desk {
    imap: imap::Server,
    smtp: smtp::Server,
    authority: String,
    user: Arc<User>,
}

struct User {
    mailbox: Mailbox,
    logins: AtomicUsize,
}

impl Desk {
    /// Starts both servers with a good certificate.
    pub(crate) async fn start() -> Outcome<Self> {
        Self::start_with(Authority::server_config).await
    }

    /// Starts both servers with a certificate that the authority makes so.
    pub(crate) async fn start_with(
        certify: impl Fn(&Authority) -> Result<Arc<ServerConfig>, tls::Error>,
    ) -> Outcome<Self> {
        let authority = Authority::new()?;
        let config = certify(&authority)?;
        let user = Arc::new(User { mailbox: Mailbox::new(), logins: AtomicUsize::new(0) });
        let office = || -> Arc<dyn PostOffice> { Arc::clone(&user) as _ };
        let port = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
        let imap = imap::Server::start(port().await?, Arc::clone(&config), office()).await;
        let smtp = smtp::Server::start(port().await?, config, office()).await;
        Ok(Self { imap, smtp, authority: authority.pem(), user })
    }

    /// What `account add` has to be told.
    pub(crate) fn servers(&self) -> Servers<'_> {
        let (imap, smtp) = (self.imap.address().port(), self.smtp.address().port());
        Servers { imap, smtp, authorities: &self.authority, anchors: None }
    }

    /// The user's mail.
    pub(crate) fn mailbox(&self) -> &Mailbox {
        &self.user.mailbox
    }

    /// How often somebody tried to log in, on either server.
    pub(crate) fn logins(&self) -> usize {
        self.user.logins.load(Ordering::SeqCst)
    }
}

impl PostOffice for User {
    fn login(&self, login: &str, password: &str) -> Option<Mailbox> {
        self.logins.fetch_add(1, Ordering::SeqCst);
        (login == ANNA && password == PASSWORD).then(|| self.mailbox.clone())
    }

    fn recipient(&self, _login: &str, _address: &str) -> Result<(), Reply> {
        Ok(())
    }

    fn submit(&self, _submission: Submission) -> Reply {
        Reply::new(250, "2.0.0 Ok")
    }
}
