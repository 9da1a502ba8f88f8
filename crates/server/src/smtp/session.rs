//! One SMTP connection: its commands, replies and time limits.

use std::io::{self, Read as _};
use std::sync::Arc;
use std::time::Duration;

use contact::{Channel, CompanyId, Handle, Region, Source};
use hub::inbound::Email;
use smtp_proto::{Error, MailFrom, Request};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

use super::data::Lines;
use super::wire::Wire;
use super::{MEMORY_FACTOR, MEMORY_KIB, MESSAGE_BYTES_MAX, Shared};
use crate::shares::{Holder, Refused, Share};
use crate::spool::Spool;
use crate::tls::Tls;

/// Most time for a command (RFC 5321, section 4.5.3.2.7).
const COMMAND_TIME_MAX: Duration = Duration::from_mins(5);
/// The same, while few connections are left.
const COMMAND_TIME_WHEN_FULL: Duration = Duration::from_secs(10);
/// Most time to refuse a connection.
const REFUSAL_TIME_MAX: Duration = Duration::from_secs(1);
/// Most time for a whole message.
const DATA_TIME_MAX: Duration = Duration::from_mins(10);
/// Most time for a client to read a reply.
const REPLY_TIME_MAX: Duration = Duration::from_mins(1);
/// Most bytes of a command line. The standard requires 512, and its extensions some more.
const LINE_BYTES_MAX: usize = 4_096;
/// Most recipients of a message (RFC 5321, section 4.5.3.1.8).
const RECIPIENTS_MAX: usize = 100;
/// Most failed commands before the connection is closed.
const MISTAKES_MAX: usize = 20;
/// Most bytes of a message that is too long. They are skipped, because the sender gets the error only at the end.
const SKIPPED_BYTES_MAX: usize = 4 * MESSAGE_BYTES_MAX;
const READ_BYTES: usize = 16 * 1024;

/// A reply: a status code with its text.
type Reply = (u16, String);

pub struct Session {
    wire: Wire,
    /// The client.
    holder: Holder,
    shared: Arc<Shared>,
    stopped: watch::Receiver<bool>,
    /// Received bytes that are not parsed yet.
    buffer: Vec<u8>,
    has_greeted: bool,
    mail: Option<Envelope>,
    mistakes: usize,
}

/// The sender and the recipients of a message, before its data.
struct Envelope {
    return_path: String,
    recipients: Vec<(CompanyId, Channel)>,
    /// RCPT commands so far, refused ones included.
    rcpt_count: usize,
}

/// The result of waiting for a line.
enum Line {
    Read(Vec<u8>),
    TooLong,
    Closed,
    TooSlow,
    Stopping,
}

/// What to do after a command.
enum Next {
    Reply(Reply),
    Data,
    Encrypt(Tls),
    Quit,
}

impl Session {
    pub fn new(stream: TcpStream, holder: Holder, shared: Arc<Shared>, stopped: watch::Receiver<bool>) -> Session {
        let wire = Wire::Plain(stream);
        Session { wire, holder, shared, stopped, buffer: Vec::new(), has_greeted: false, mail: None, mistakes: 0 }
    }

    /// Says why the client has no share of the connections, and ends.
    pub async fn refuse(mut self, refused: Refused) -> io::Result<()> {
        timeout(REFUSAL_TIME_MAX, self.reply((421, format!("4.7.0 {refused}")))).await?
    }

    /// Serves the connection until one side ends it.
    pub async fn run(mut self) -> io::Result<()> {
        if let Wire::Plain(stream) = &self.wire {
            stream.set_nodelay(true)?;
        }
        let name = self.shared.name.clone();
        self.reply((220, format!("{name} ESMTP Kith"))).await?;
        loop {
            let line = match self.line().await? {
                Line::Read(line) => line,
                Line::Closed => return Ok(()),
                Line::TooLong => {
                    self.mistake((500, "5.5.2 The line is too long.".into())).await?;
                    continue;
                }
                Line::TooSlow => return self.reply((421, "4.4.2 The connection was idle for too long.".into())).await,
                Line::Stopping => return self.reply((421, "4.3.2 The server is stopping. Try again.".into())).await,
            };
            match self.command(&line).await {
                Next::Reply(answer) if answer.0 >= 500 => self.mistake(answer).await?,
                Next::Reply(answer) => self.reply(answer).await?,
                Next::Quit => return self.reply((221, "2.0.0 Goodbye.".into())).await,
                Next::Encrypt(tls) => {
                    self.reply((220, "2.0.0 Go ahead.".into())).await?;
                    // What came before the handshake may be of someone else, and counts for nothing (RFC 3207, section 4.2).
                    self.buffer.clear();
                    self.wire.encrypt(&tls).await?;
                    (self.has_greeted, self.mail) = (false, None);
                }
                Next::Data => {
                    self.reply((354, "Go ahead. End with a dot on a line of its own.".into())).await?;
                    let Some(envelope) = self.mail.take() else { return Ok(()) };
                    let Ok(answer) = timeout(DATA_TIME_MAX, self.data(envelope)).await else {
                        return self.reply((421, "4.4.2 The message took too long.".into())).await;
                    };
                    let Some(answer) = answer? else { return Ok(()) };
                    self.reply(answer).await?;
                }
            }
            if self.mistakes > MISTAKES_MAX {
                return self.reply((421, "4.7.0 Too many errors.".into())).await;
            }
        }
    }

    async fn mistake(&mut self, answer: Reply) -> io::Result<()> {
        self.mistakes += 1;
        self.reply(answer).await
    }

    /// Writes a reply, with a line for each line of its text.
    async fn reply(&mut self, (code, text): Reply) -> io::Result<()> {
        let last = text.lines().count().saturating_sub(1);
        let line = |(n, line): (usize, &str)| format!("{code}{}{line}\r\n", if n == last { ' ' } else { '-' });
        let reply: String = text.lines().enumerate().map(line).collect();
        timeout(REPLY_TIME_MAX, self.wire.write(reply.as_bytes())).await?
    }

    /// Reads more bytes. Returns false at the end of the connection.
    async fn fill(&mut self) -> io::Result<bool> {
        self.buffer.reserve(READ_BYTES);
        Ok(self.wire.read(&mut self.buffer).await? > 0)
    }

    /// Reads the next command line, with its line end.
    async fn line(&mut self) -> io::Result<Line> {
        let (mut stopped, shared) = (self.stopped.clone(), Arc::clone(&self.shared));
        let reading = async {
            let mut is_too_long = false;
            loop {
                if let Some(end) = self.buffer.iter().position(|byte| *byte == b'\n') {
                    let line: Vec<u8> = self.buffer.drain(..=end).collect();
                    let is_too_long = is_too_long || line.len() > LINE_BYTES_MAX;
                    return Ok(if is_too_long { Line::TooLong } else { Line::Read(line) });
                }
                if self.buffer.len() > LINE_BYTES_MAX {
                    is_too_long = true;
                    self.buffer.clear();
                }
                if !self.fill().await? {
                    return Ok(Line::Closed);
                }
            }
        };
        tokio::select! {
            biased;
            line = reading => line,
            () = idle(&shared) => Ok(Line::TooSlow),
            _ = stopped.wait_for(|stopped| *stopped) => Ok(Line::Stopping),
        }
    }

    async fn command(&mut self, line: &[u8]) -> Next {
        let answer = match Request::parse(&mut line.iter()) {
            Ok(Request::Ehlo { .. }) => {
                self.greet();
                let name = &self.shared.name;
                let starttls = if self.tls().is_some() { "\nSTARTTLS" } else { "" };
                let extensions = format!("PIPELINING\n8BITMIME\nSMTPUTF8\nENHANCEDSTATUSCODES{starttls}");
                (250, format!("{name}\n{extensions}\nSIZE {MESSAGE_BYTES_MAX}"))
            }
            Ok(Request::Helo { .. }) => {
                self.greet();
                (250, self.shared.name.clone())
            }
            Ok(Request::Mail { from }) => self.mail(&from),
            Ok(Request::Rcpt { to }) => self.rcpt(&to.address).await,
            Ok(Request::Data) => match &self.mail {
                Some(mail) if !mail.recipients.is_empty() => return Next::Data,
                Some(_) => (554, "5.5.1 No valid recipients.".into()),
                None => (503, "5.5.1 MAIL comes first.".into()),
            },
            Ok(Request::Rset) => {
                self.mail = None;
                (250, "2.0.0 OK.".into())
            }
            Ok(Request::Noop { .. }) => (250, "2.0.0 OK.".into()),
            Ok(Request::Help { .. }) => (214, "2.0.0 EHLO HELO MAIL RCPT DATA RSET NOOP QUIT".into()),
            Ok(Request::Vrfy { .. }) => (252, "2.1.5 Cannot verify the address. Send a message instead.".into()),
            Ok(Request::StartTls) => match self.tls() {
                Some(tls) => return Next::Encrypt(tls),
                None if self.wire.is_encrypted() => (503, "5.5.1 The connection is encrypted already.".into()),
                None => (502, "5.5.1 Command not supported.".into()),
            },
            Ok(Request::Quit) => return Next::Quit,
            Ok(_) => (502, "5.5.1 Command not supported.".into()),
            Err(error) => refused(&error),
        };
        Next::Reply(answer)
    }

    /// The TLS that the connection may begin.
    fn tls(&self) -> Option<Tls> {
        self.shared.tls.clone().filter(|_| !self.wire.is_encrypted())
    }

    fn greet(&mut self) {
        self.has_greeted = true;
        self.mail = None;
    }

    fn mail(&mut self, from: &MailFrom<std::borrow::Cow<str>>) -> Reply {
        if !self.has_greeted {
            return (503, "5.5.1 EHLO comes first.".into());
        }
        if self.mail.is_some() {
            return (503, "5.5.1 A message was already started.".into());
        }
        if from.size > MESSAGE_BYTES_MAX {
            return too_long();
        }
        let return_path = from.address.clone().into_owned();
        self.mail = Some(Envelope { return_path, recipients: Vec::new(), rcpt_count: 0 });
        (250, "2.1.0 OK.".into())
    }

    async fn rcpt(&mut self, address: &str) -> Reply {
        let Some(mail) = &mut self.mail else { return (503, "5.5.1 MAIL comes first.".into()) };
        mail.rcpt_count += 1;
        if mail.rcpt_count > RECIPIENTS_MAX {
            return (452, "4.5.3 Too many recipients at once.".into());
        }
        let unknown = || (550, "5.1.1 Unknown address.".to_owned());
        let Ok(handle) = Handle::parse(Source::Email, address, Region::default()) else { return unknown() };
        match self.shared.hub.mailbox(handle.key()).await {
            Ok(None) => unknown(),
            Ok(Some((company, channel))) => {
                if mail.recipients.iter().all(|(_, other)| other.id != channel.id) {
                    mail.recipients.push((company.id, channel));
                }
                (250, "2.1.5 OK.".into())
            }
            Err(error) => unavailable(&error),
        }
    }

    /// Receives a message. Returns no reply if the connection ended first.
    async fn data(&mut self, envelope: Envelope) -> io::Result<Option<Reply>> {
        let shared = Arc::clone(&self.shared);
        let (mut lines, mut seen) = (Lines::default(), 0);
        // The message, with its share of all arriving mail.
        let mut arriving: Option<(Spool, Share)> = None;
        // A refused message is read to its end, because the client reads the error only there.
        let mut refusal = None;
        loop {
            let bytes = std::mem::take(&mut self.buffer);
            let mut piece = Vec::with_capacity(bytes.len());
            let end = lines.read(&bytes, |byte| piece.push(byte));
            if let Some(end) = end {
                self.buffer = bytes[end..].to_vec();
            }
            seen += bytes.len();
            if refusal.is_none()
                && let Err(answer) = self.keep(&mut arriving, &piece).await
            {
                refusal = Some(answer);
                arriving = None;
            }
            if end.is_some() {
                break;
            }
            if seen > SKIPPED_BYTES_MAX || !self.fill().await? {
                return Ok(None);
            }
        }
        Ok(Some(match (refusal, arriving) {
            (Some(answer), _) => answer,
            (None, None) => deliver(&shared, Spool::default(), envelope).await,
            (None, Some((message, _share))) => deliver(&shared, message, envelope).await,
        }))
    }

    /// Keeps a piece of a message that arrives, unless it is too long or other mail takes the room.
    async fn keep(&self, arriving: &mut Option<(Spool, Share)>, piece: &[u8]) -> Result<(), Reply> {
        let busy = |refused: Refused| (452, format!("4.3.1 {refused}"));
        let before = arriving.as_ref().map_or(0, |(message, _)| message.len());
        let bytes = usize::try_from(before).unwrap_or(usize::MAX).saturating_add(piece.len());
        if bytes > MESSAGE_BYTES_MAX {
            return Err(too_long());
        }
        let due = u32::try_from(bytes.div_ceil(1024)).unwrap_or(u32::MAX);
        if let Some((_, share)) = arriving {
            share.grow_to(due).map_err(busy)?;
        } else {
            *arriving = Some((Spool::default(), self.shared.arriving.take(self.holder, due).map_err(busy)?));
        }
        let Some((message, _)) = arriving else { return Ok(()) };
        message.add(piece).await.map_err(|error| {
            tracing::error!(%error, "the temporary file of a message cannot be written");
            (452, "4.3.1 The message cannot be stored at the moment. Try again.".to_owned())
        })
    }
}

/// Waits until a connection has been idle for too long.
async fn idle(shared: &Shared) {
    let start = Instant::now();
    loop {
        sleep(COMMAND_TIME_WHEN_FULL).await;
        if start.elapsed() >= COMMAND_TIME_MAX || shared.connections.is_short() {
            return;
        }
    }
}

/// Stores a message for all its recipients.
///
/// If one of them fails, the sender tries again. The recipients that already have the message ignore the repetition.
async fn deliver(shared: &Shared, message: Spool, envelope: Envelope) -> Reply {
    let bytes = usize::try_from(message.len()).unwrap_or(MESSAGE_BYTES_MAX);
    let kib = (MEMORY_FACTOR * bytes).div_ceil(1024).min(MEMORY_KIB);
    let _memory = shared.memory.acquire_many(u32::try_from(kib).unwrap_or(u32::MAX)).await;
    let permit = shared.parsers.acquire().await;
    let Envelope { return_path, recipients, .. } = envelope;
    let read = tokio::task::spawn_blocking(move || {
        let mut raw = Vec::with_capacity(bytes);
        message.into_reader().read_to_end(&mut raw)?;
        io::Result::Ok(Email::read(&raw, &return_path))
    });
    let read = read.await.map_err(io::Error::other).flatten();
    drop(permit);
    let email = match read {
        Ok(Ok(email)) => email,
        Ok(Err(no_sender)) => return (554, format!("5.6.0 {no_sender}")),
        Err(error) => {
            tracing::error!(error = %error, "a message could not be read");
            return (554, "5.6.0 The message cannot be read.".into());
        }
    };
    for (company, channel) in &recipients {
        if let Err(error) = shared.hub.receive(*company, email.message(channel)).await {
            return unavailable(&error);
        }
    }
    tracing::debug!(recipients = recipients.len(), "a message was stored");
    (250, "2.0.0 Message accepted.".into())
}

/// Returns a temporary error: the store failed, so the sender keeps the message and tries again.
fn unavailable(error: &hub::Error) -> Reply {
    if error.kind() == hub::Kind::Internal {
        tracing::error!(error = %error, "mail could not be stored");
    } else {
        tracing::warn!(error = %error, "mail could not be stored");
    }
    (451, "4.3.0 The message cannot be stored at the moment. Try again.".into())
}

fn too_long() -> Reply {
    (552, format!("5.3.4 A message has at most {MESSAGE_BYTES_MAX} bytes."))
}

fn refused(error: &Error) -> Reply {
    match error {
        Error::InvalidSenderAddress => (501, "5.1.7 Invalid sender address.".into()),
        Error::InvalidRecipientAddress => (501, "5.1.3 Invalid recipient address.".into()),
        Error::SyntaxError { syntax } => (501, format!("5.5.4 Syntax: {syntax}")),
        Error::InvalidParameter { .. } => (501, "5.5.4 Invalid parameter value.".into()),
        Error::UnsupportedParameter { .. } => (555, "5.5.4 Unknown parameter.".into()),
        _ => (500, "5.5.2 Unknown command.".into()),
    }
}
