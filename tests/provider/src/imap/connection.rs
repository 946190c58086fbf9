//! Bytes in, messages out, and the other way round: lines and literals, their limits and their time.
//!
//! imap-codec finds the fragments and parses them; here it is decided which literals to take. What is written
//! is collected, and goes out when the server is about to wait or when enough has come together.

use std::io;
use std::time::Duration;

use imap_codec::decode::Decoder;
use imap_codec::encode::{Encoder, Fragment};
use imap_codec::fragmentizer::{FragmentInfo, Fragmentizer, LineEnding, LiteralAnnouncement};
use imap_codec::imap_types::IntoStatic;
use imap_codec::imap_types::core::{LiteralMode, Tag, Text};
use imap_codec::imap_types::response::{Code, CommandContinuationRequest, Greeting, Response, Status};
use imap_codec::{GreetingCodec, ResponseCodec};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

/// A client's stream, cut into messages.
pub(crate) struct Connection<S> {
    stream: S,
    input: Fragmentizer,
    /// Where in the message the present line begins; none within a literal.
    line_start: Option<usize>,
    max_literal: usize,
    output: Vec<u8>,
}

/// Why there is no message.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The stream is at its end, or has to be ended: nothing more to be had.
    Closed,
    /// The message is complete but not understood; the next one can be.
    Malformed(Option<Tag<'static>>),
}

impl From<io::Error> for Fault {
    fn from(_: io::Error) -> Self {
        Self::Closed
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    /// A connection that takes little until [`trust`](Self::trust) raises the limit.
    pub(crate) fn new(stream: S, max_message: usize) -> Self {
        let most = max_message.saturating_add(MAX_LINE);
        Self {
            stream,
            input: Fragmentizer::new(u32::try_from(most).unwrap_or(u32::MAX)),
            line_start: Some(0),
            max_literal: MAX_LINE,
            output: Vec::new(),
        }
    }

    /// Literals may have this many bytes from now on.
    pub(crate) fn trust(&mut self, max_literal: usize) {
        self.max_literal = max_literal;
    }

    /// The next message; everything written before is sent first.
    pub(crate) async fn receive<C>(&mut self, codec: &C) -> Result<C::Message<'static>, Fault>
    where
        C: Decoder,
        for<'a> C::Message<'a>: IntoStatic<Static = C::Message<'static>>,
    {
        loop {
            if let Some(message) = self.next(codec)? {
                return Ok(message);
            }
            self.flush().await?;
            self.read().await?;
        }
    }

    /// The next message if it is here already.
    pub(crate) fn next<C>(&mut self, codec: &C) -> Result<Option<C::Message<'static>>, Fault>
    where
        C: Decoder,
        for<'a> C::Message<'a>: IntoStatic<Static = C::Message<'static>>,
    {
        loop {
            match self.input.progress() {
                None => return self.check_length().map(|()| None),
                Some(FragmentInfo::Literal { end, .. }) => self.line_start = Some(end),
                Some(FragmentInfo::Line { announcement: Some(literal), .. }) => {
                    self.line_start = None;
                    self.answer(literal)?;
                }
                Some(FragmentInfo::Line { announcement: None, ending, .. }) => {
                    self.line_start = Some(0);
                    if ending == LineEnding::Lf {
                        self.input.poison_message();
                    }
                    return match self.input.decode_message(codec) {
                        Ok(message) => Ok(Some(message.into_static())),
                        Err(_) => Err(Fault::Malformed(self.input.decode_tag().map(Tag::into_static))),
                    };
                }
            }
        }
    }

    /// Waits for bytes and takes them in; nothing is lost if the wait is given up.
    pub(crate) async fn read(&mut self) -> Result<(), Fault> {
        let mut bytes = [0; 8192];
        match timeout(AUTOLOGOUT, self.stream.read(&mut bytes)).await {
            Ok(Ok(length)) if length > 0 => {
                self.input.enqueue_bytes(&bytes[..length]);
                Ok(())
            }
            Ok(_) => Err(Fault::Closed),
            Err(_) => Err(self.end("Nothing heard for too long")),
        }
    }

    /// Says hello.
    pub(crate) fn greet(&mut self, greeting: &Greeting<'_>) {
        self.collect(GreetingCodec::default().encode(greeting));
    }

    /// Writes a response, to be sent at the next occasion.
    pub(crate) fn write(&mut self, response: impl Into<Response<'static>>) {
        self.collect(ResponseCodec::default().encode(&response.into()));
    }

    /// Writes a response and sends what has come together, if that is much.
    pub(crate) async fn stream(&mut self, response: &Response<'_>) -> io::Result<()> {
        self.collect(ResponseCodec::default().encode(response));
        if self.output.len() < OUTPUT_CHUNK {
            return Ok(());
        }
        self.flush().await
    }

    /// Sends everything that was written.
    pub(crate) async fn flush(&mut self) -> io::Result<()> {
        timeout(WRITE_TIMEOUT, async {
            self.stream.write_all(&self.output).await?;
            self.stream.flush().await
        })
        .await??;
        self.output.clear();
        self.output.shrink_to(OUTPUT_CHUNK);
        Ok(())
    }

    /// Writes why the conversation is over; to be closed next.
    pub(crate) fn bye(&mut self, reason: &'static str) {
        self.write(Response::Status(Status::bye(None, Text::unvalidated(reason)).expect("a valid text")));
    }

    /// Sends what is left and closes; a client that does not take it any more is gone already.
    pub(crate) async fn close(&mut self) {
        let _ = self.flush().await;
        let _ = timeout(WRITE_TIMEOUT, self.stream.shutdown()).await;
    }

    /// Takes a literal or refuses it (RFC 3501 section 4.3, RFC 7888 section 3).
    fn answer(&mut self, literal: LiteralAnnouncement) -> Result<(), Fault> {
        let fits = literal.length as usize <= self.max_literal;
        match (literal.mode, fits) {
            (LiteralMode::NonSync, true) => {}
            (LiteralMode::Sync, true) => {
                let go = CommandContinuationRequest::basic(None, Text::unvalidated("Go ahead"));
                self.write(Response::CommandContinuationRequest(go.expect("a valid text")));
            }
            (LiteralMode::Sync, false) => {
                let tag = self.input.decode_tag().map(Tag::into_static);
                let no = Status::no(tag, Some(Code::TooBig), Text::unvalidated("Too large"));
                self.write(Response::Status(no.expect("a valid text")));
                self.input.skip_message();
                self.line_start = Some(0);
            }
            // Its bytes are on the way already, and can neither be kept nor be read as commands.
            (LiteralMode::NonSync, false) => return Err(self.end("Too large")),
        }
        Ok(())
    }

    /// A line that does not end is not waited for.
    fn check_length(&mut self) -> Result<(), Fault> {
        let received = self.input.message_bytes().len();
        match self.line_start {
            Some(start) if received.saturating_sub(start) > MAX_LINE => Err(self.end("Line too long")),
            _ => Ok(()),
        }
    }

    fn end(&mut self, reason: &'static str) -> Fault {
        self.bye(reason);
        Fault::Closed
    }

    fn collect(&mut self, fragments: impl Iterator<Item = Fragment>) {
        for fragment in fragments {
            match fragment {
                Fragment::Line { data } | Fragment::Literal { data, .. } => self.output.extend(data),
            }
        }
    }
}

/// What Dovecot and RFC 7162 section 4 take for a line.
const MAX_LINE: usize = 65536;
const OUTPUT_CHUNK: usize = 65536;
/// RFC 3501 section 5.4: at least 30 minutes.
const AUTOLOGOUT: Duration = Duration::from_secs(30 * 60);
const WRITE_TIMEOUT: Duration = Duration::from_secs(60);
