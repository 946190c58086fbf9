//! One conversation with a mail program (RFC 3501 sections 3 and 6).
//!
//! Takes a command, obeys it, tells what has changed meanwhile, answers. What a command may do depends on how
//! far the client has come: let in by a login, then with a folder open; that is the `user` and its `view`.

use std::sync::Arc;

use imap_codec::imap_types::auth::{AuthMechanism, AuthenticateData};
use imap_codec::imap_types::command::{Command, CommandBody};
use imap_codec::imap_types::core::{Charset, IString, NString, Tag, Text, Vec1};
use imap_codec::imap_types::extensions::binary::LiteralOrLiteral8;
use imap_codec::imap_types::fetch::{MacroOrMessageDataItemNames, MessageDataItem, MessageDataItemName};
use imap_codec::imap_types::flag::StoreResponse;
use imap_codec::imap_types::response::{
    Capability, Code, CodeOther, CommandContinuationRequest, Data, Greeting, GreetingKind, Response, Status,
    StatusBody, Tagged,
};
use imap_codec::imap_types::sequence::SequenceSet;
use imap_codec::{AuthenticateDataCodec, CommandCodec, IdleDoneCodec};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;

use super::answer::Answer;
use super::connection::{Connection, Fault};
use super::view::{View, number};
use super::{fetch, folder};
use crate::mailbox::Mailbox;
use crate::sasl;
use crate::smtp::PostOffice;

struct Session<S> {
    connection: Connection<S>,
    office: Arc<dyn PostOffice>,
    max_message: usize,
    mistakes: u32,
    user: Option<User>,
}

/// Who is logged in, and what is open.
struct User {
    mailbox: Mailbox,
    changes: watch::Receiver<u64>,
    view: Option<View>,
}

/// Why a command came to no good end.
enum Failure {
    /// It is answered with NO or BAD, and the next one may come.
    Refused(Answer),
    /// The client is sent away, with the reason.
    Ended(&'static str),
    /// There is no client any more, or it has been told already.
    Gone,
}

/// Talks until the client logs out, goes away, or is shown the door.
pub(crate) async fn converse<S>(stream: S, office: Arc<dyn PostOffice>, max_message: usize)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let connection = Connection::new(stream, max_message);
    let mut session = Session { connection, office, max_message, mistakes: 0, user: None };
    if let Err(Failure::Ended(reason)) = session.run().await {
        session.connection.bye(reason);
    }
    session.connection.close().await;
}

impl<S: AsyncRead + AsyncWrite + Unpin> Session<S> {
    async fn run(&mut self) -> Result<(), Failure> {
        self.connection.greet(&Greeting {
            kind: GreetingKind::Ok,
            code: Some(Code::Capability(capabilities())),
            text: Text::unvalidated("Recapito test provider"),
        });
        loop {
            let Command { tag, body } = match self.connection.receive(&CommandCodec::default()).await {
                Ok(command) => command,
                Err(Fault::Malformed(tag)) => {
                    self.mistake()?;
                    self.answer(tag, Answer::bad("Not understood"));
                    continue;
                }
                Err(Fault::Closed) => return Err(Failure::Gone),
            };
            if body == CommandBody::Logout {
                self.connection.bye("Goodbye");
                self.answer(Some(tag), Answer::ok("Logged out"));
                return Ok(());
            }
            // RFC 3501 section 7.4.1: these three count by numbers, which must not shift under them.
            let may_expunge = !matches!(
                body,
                CommandBody::Fetch { uid: false, .. }
                    | CommandBody::Search { uid: false, .. }
                    | CommandBody::Store { uid: false, .. }
            );
            let answer = match self.obey(body).await {
                Ok(answer) | Err(Failure::Refused(answer)) => answer,
                Err(failure) => return Err(failure),
            };
            self.tell_changes(may_expunge)?;
            self.answer(Some(tag), answer);
        }
    }

    async fn obey(&mut self, body: CommandBody<'static>) -> Result<Answer, Failure> {
        match body {
            CommandBody::Append { mailbox, flags, date, message } => {
                let LiteralOrLiteral8::Literal(message) = &message else {
                    return Ok(Answer::bad("BINARY is not offered"));
                };
                let name = folder::name(&mailbox)?;
                folder::append(&self.user()?.mailbox, &name, &flags, date.as_ref(), message)?;
            }
            CommandBody::Authenticate { mechanism, initial_response } => {
                let initial = initial_response.map(|message| message.declassify().to_vec());
                return self.authenticate(&mechanism, initial).await;
            }
            CommandBody::Capability => {
                self.connection.write(Response::Data(Data::Capability(capabilities())))
            }
            CommandBody::Check => drop(self.view()?),
            CommandBody::Close => {
                let view = self.view()?;
                if !view.is_read_only() {
                    view.expunge();
                }
                self.user()?.view = None;
            }
            CommandBody::Copy { sequence_set, mailbox, uid } => {
                let name = folder::name(&mailbox)?;
                let view = self.view()?;
                let chosen = view.select(&sequence_set, uid)?;
                view.copy(&chosen, &name).ok_or_else(|| folder::missing().with(Code::TryCreate))?;
            }
            CommandBody::Create { mailbox } => {
                folder::create(&self.user()?.mailbox, &folder::name(&mailbox)?)?;
            }
            CommandBody::Examine { mailbox, .. } => return self.open(&folder::name(&mailbox)?, true),
            CommandBody::Expunge => self.writable_view()?.expunge(),
            CommandBody::Fetch { sequence_set, macro_or_item_names, uid, .. } => {
                self.fetch(&sequence_set, macro_or_item_names, uid).await?;
            }
            CommandBody::Id { .. } => self.connection.write(Response::Data(identity())),
            CommandBody::Idle => self.idle().await?,
            CommandBody::List { reference, mailbox_wildcard } => {
                for (items, mailbox) in folder::list(&self.user()?.mailbox, &reference, &mailbox_wildcard)? {
                    let data = Data::List { items, delimiter: folder::delimiter(), mailbox };
                    self.connection.write(Response::Data(data));
                }
            }
            CommandBody::Login { username, password } => {
                let login = std::str::from_utf8(username.as_ref()).ok();
                let password = std::str::from_utf8(password.declassify().as_ref()).ok();
                return self.login(login.zip(password));
            }
            CommandBody::Lsub { reference, mailbox_wildcard } => {
                for (items, mailbox) in folder::list(&self.user()?.mailbox, &reference, &mailbox_wildcard)? {
                    let data = Data::Lsub { items, delimiter: folder::delimiter(), mailbox };
                    self.connection.write(Response::Data(data));
                }
            }
            CommandBody::Namespace => {
                self.user()?;
                self.connection.write(Response::Data(folder::namespace()));
            }
            CommandBody::Noop => {}
            CommandBody::Search { charset, criteria, uid } => {
                known_charset(charset.as_ref())?;
                let found = self.view()?.search(criteria.as_ref(), uid);
                let found = found.map_err(|_| Answer::bad("A search key that is not offered"))?;
                self.connection.write(Response::Data(Data::Search(found)));
            }
            CommandBody::Select { mailbox, .. } => return self.open(&folder::name(&mailbox)?, false),
            CommandBody::Status { mailbox, item_names } => {
                let items = folder::status(&self.user()?.mailbox, &folder::name(&mailbox)?, &item_names)?;
                self.connection.write(Response::Data(Data::Status { mailbox, items: items.into() }));
            }
            CommandBody::Store { sequence_set, kind, response, flags, uid, .. } => {
                let view = self.writable_view()?;
                let chosen = view.select(&sequence_set, uid)?;
                let changed = view.store(&chosen, kind, &flags, uid);
                if response == StoreResponse::Answer {
                    self.write_all(changed);
                }
            }
            CommandBody::Subscribe { .. } | CommandBody::Unsubscribe { .. } => drop(self.user()?),
            CommandBody::Unselect => {
                self.view()?;
                self.user()?.view = None;
            }
            _ => return Ok(Answer::bad("Not offered here")),
        }
        Ok(Answer::ok("Done"))
    }

    async fn authenticate(
        &mut self,
        mechanism: &AuthMechanism<'_>,
        initial: Option<Vec<u8>>,
    ) -> Result<Answer, Failure> {
        if *mechanism != AuthMechanism::Plain {
            return Ok(Answer::no("PLAIN, please"));
        }
        let message = match initial {
            Some(message) => message,
            None => {
                let go = Response::CommandContinuationRequest(CommandContinuationRequest::base64(&b""[..]));
                self.connection.write(go);
                match self.connection.receive(&AuthenticateDataCodec::default()).await {
                    Ok(AuthenticateData::Continue(message)) => message.declassify().to_vec(),
                    Ok(AuthenticateData::Cancel) => return Ok(Answer::bad("As you wish")),
                    Err(Fault::Malformed(_)) => return Ok(Answer::bad("That is not base64")),
                    Err(Fault::Closed) => return Err(Failure::Gone),
                }
            }
        };
        self.login(sasl::plain(&message))
    }

    fn login(&mut self, credentials: Option<(&str, &str)>) -> Result<Answer, Failure> {
        if self.user.is_some() {
            return Ok(Answer::bad("Logged in already"));
        }
        match credentials.and_then(|(login, password)| self.office.login(login, password)) {
            Some(mailbox) => {
                self.connection.trust(self.max_message);
                self.user = Some(User { changes: mailbox.subscribe(), mailbox, view: None });
                Ok(Answer::ok("Welcome").with(Code::Capability(capabilities())))
            }
            None => {
                self.mistake()?;
                // RFC 5530: the one NO that no client should try again by itself.
                let code = Code::Other(CodeOther::unvalidated(&b"AUTHENTICATIONFAILED"[..]));
                Ok(Answer::no("Login or password is wrong").with(code))
            }
        }
    }

    fn open(&mut self, name: &str, read_only: bool) -> Result<Answer, Failure> {
        let user = self.user()?;
        // RFC 3501 section 6.3.1: what was open is closed, also if the new one cannot be opened.
        user.view = None;
        user.changes.mark_unchanged();
        let (view, responses) = folder::open(&user.mailbox, name, read_only)?;
        user.view = Some(view);
        for response in responses {
            self.connection.write(response);
        }
        let code = if read_only { Code::ReadOnly } else { Code::ReadWrite };
        Ok(Answer::ok("Open").with(code))
    }

    async fn fetch(
        &mut self,
        set: &SequenceSet,
        asked: MacroOrMessageDataItemNames<'static>,
        uid: bool,
    ) -> Result<(), Failure> {
        let names = fetch::plan(asked, uid)?;
        let reads = fetch::reads(&names);
        let tells_flags = names.contains(&MessageDataItemName::Flags);
        let view = view(&mut self.user)?;
        for at in view.select(set, uid)? {
            let newly_seen = reads && view.mark_seen(at);
            let message = &view.messages()[at];
            let mut items: Vec<MessageDataItem<'_>> = fetch::items(message, &names);
            if newly_seen && !tells_flags {
                items.push(fetch::flags(&message.flags));
            }
            if let Ok(items) = Vec1::try_from(items) {
                let response = Response::Data(Data::Fetch { seq: number(at), items });
                self.connection.stream(&response).await.map_err(|_| Failure::Gone)?;
            }
        }
        Ok(())
    }

    /// Tells of every change at once, until the client says DONE (RFC 2177).
    async fn idle(&mut self) -> Result<(), Failure> {
        // One of our own: to have waited for a change is not to have told of it.
        let mut changes = self.user()?.changes.clone();
        let go = CommandContinuationRequest::basic(None, Text::unvalidated("Idling"));
        self.connection.write(Response::CommandContinuationRequest(go.expect("a valid text")));
        loop {
            self.tell_changes(true)?;
            match self.connection.next(&IdleDoneCodec::default()) {
                Ok(Some(_)) => return Ok(()),
                Ok(None) => {}
                Err(Fault::Malformed(_)) => return Err(Answer::bad("DONE was expected").into()),
                Err(Fault::Closed) => return Err(Failure::Gone),
            }
            self.connection.flush().await.map_err(|_| Failure::Gone)?;
            tokio::select! {
                read = self.connection.read() => read.map_err(|_| Failure::Gone)?,
                // No error: the user's mailbox keeps the other end alive.
                _ = changes.changed() => {}
            }
        }
    }

    /// Says what others, or the post office, have done to the open folder.
    fn tell_changes(&mut self, may_expunge: bool) -> Result<(), Failure> {
        let Some(user) = &mut self.user else {
            return Ok(());
        };
        if !user.changes.has_changed().unwrap_or(false) {
            return Ok(());
        }
        if may_expunge {
            user.changes.mark_unchanged();
        }
        let Some(view) = &mut user.view else {
            return Ok(());
        };
        let news = view.refresh(may_expunge).map_err(|_| Failure::Ended("The folder was renumbered"))?;
        self.write_all(news);
        Ok(())
    }

    fn write_all(&mut self, data: Vec<Data<'static>>) {
        for data in data {
            self.connection.write(Response::Data(data));
        }
    }

    fn answer(&mut self, tag: Option<Tag<'static>>, Answer { kind, code, text }: Answer) {
        let body = StatusBody { kind, code, text: Text::unvalidated(text) };
        self.connection.write(Response::Status(match tag {
            Some(tag) => Status::Tagged(Tagged { tag, body }),
            None => Status::Untagged(body),
        }));
    }

    /// Counts what no mail program does often.
    fn mistake(&mut self) -> Result<(), Failure> {
        self.mistakes += 1;
        if self.mistakes < MAX_MISTAKES { Ok(()) } else { Err(Failure::Ended("Too many mistakes")) }
    }

    fn user(&mut self) -> Result<&mut User, Answer> {
        user(&mut self.user)
    }

    fn view(&mut self) -> Result<&mut View, Answer> {
        view(&mut self.user)
    }

    fn writable_view(&mut self) -> Result<&mut View, Answer> {
        let view = self.view()?;
        if view.is_read_only() { Err(Answer::no("The folder is open for reading only")) } else { Ok(view) }
    }
}

impl From<Answer> for Failure {
    fn from(answer: Answer) -> Self {
        Self::Refused(answer)
    }
}

fn user(user: &mut Option<User>) -> Result<&mut User, Answer> {
    user.as_mut().ok_or(Answer::bad("Log in first"))
}

fn view(user: &mut Option<User>) -> Result<&mut View, Answer> {
    self::user(user)?.view.as_mut().ok_or(Answer::bad("Open a folder first"))
}

fn capabilities() -> Vec1<Capability<'static>> {
    Vec1::unvalidated(vec![
        Capability::Imap4Rev1,
        Capability::Auth(AuthMechanism::Plain),
        Capability::SaslIr,
        Capability::LiteralPlus,
        Capability::Idle,
        Capability::Id,
        Capability::Namespace,
        Capability::Unselect,
        Capability::try_from("SPECIAL-USE").expect("a valid capability"),
    ])
}

fn identity() -> Data<'static> {
    let name = IString::try_from("name").expect("a valid string");
    let value = NString::try_from("Recapito test provider").expect("a valid string");
    Data::Id { parameters: Some(vec![(name, value)]) }
}

fn known_charset(charset: Option<&Charset<'_>>) -> Result<(), Answer> {
    let Some(charset) = charset else { return Ok(()) };
    let known = ["US-ASCII", "UTF-8"];
    if known.iter().any(|known| known.eq_ignore_ascii_case(charset.as_ref())) {
        return Ok(());
    }
    Err(Answer::no("UTF-8, please").with(Code::BadCharset { allowed: Vec::new() }))
}

const MAX_MISTAKES: u32 = 10;
