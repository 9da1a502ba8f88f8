//! One connection that brings mail: its commands, its answers, and its patience.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use contact::{Channel, CompanyId, Handle, Region, Source};
use hub::inbound::Email;
use smtp_proto::{Error, MailFrom, Request};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{SemaphorePermit, watch};
use tokio::time::timeout;

use super::data::Lines;
use super::{MESSAGE_BYTES_MAX, Shared};

/// How long a client may take for a command (RFC 5321, section 4.5.3.2.7).
const COMMAND_TIME_MAX: Duration = Duration::from_secs(5 * 60);
/// How long a whole message may take.
const DATA_TIME_MAX: Duration = Duration::from_secs(10 * 60);
/// How long a client may take none of an answer.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(60);
/// Most bytes of a command's line. The standard asks for 512, and its extensions for some more.
const LINE_BYTES_MAX: usize = 4_096;
/// Most recipients of a message (RFC 5321, section 4.5.3.1.8).
const RECIPIENTS_MAX: usize = 100;
/// Most commands that go wrong before the connection is ended.
const MISTAKES_MAX: usize = 20;
/// Most bytes that are passed over after a message has become too long, so that its sender can hear why.
const PASSED_OVER_MAX: usize = 4 * MESSAGE_BYTES_MAX;
const READ_BYTES: usize = 16 * 1024;

/// What a client is told: a status with its text.
type Answer = (u16, String);

pub struct Session {
    stream: TcpStream,
    shared: Arc<Shared>,
    stopped: watch::Receiver<bool>,
    /// What came in and was not read yet.
    ahead: Vec<u8>,
    has_greeted: bool,
    mail: Option<Envelope>,
    mistakes: usize,
}

/// A message to be, before its data.
struct Envelope {
    return_path: String,
    recipients: Vec<(CompanyId, Channel)>,
    /// How often RCPT was asked, so that the limit counts refused ones too.
    asked: usize,
}

/// What came of waiting for a line.
enum Line {
    Read(Vec<u8>),
    TooLong,
    Closed,
    TooSlow,
    Stopping,
}

/// What goes on after a command.
enum Next {
    Answer(Answer),
    Data,
    Quit,
}

impl Session {
    pub fn new(stream: TcpStream, shared: Arc<Shared>, stopped: watch::Receiver<bool>) -> Session {
        Session { stream, shared, stopped, ahead: Vec::new(), has_greeted: false, mail: None, mistakes: 0 }
    }

    /// ConversationList until one side has enough.
    pub async fn run(mut self) -> io::Result<()> {
        self.stream.set_nodelay(true)?;
        let name = self.shared.name.clone();
        self.say((220, format!("{name} ESMTP Kith"))).await?;
        loop {
            let line = match self.line().await? {
                Line::Read(line) => line,
                Line::Closed => return Ok(()),
                Line::TooLong => {
                    self.mistake((500, "5.5.2 The line is too long.".into())).await?;
                    continue;
                }
                Line::TooSlow => return self.say((421, "4.4.2 Nothing came for too long.".into())).await,
                Line::Stopping => return self.say((421, "4.3.2 The server stops. Try again.".into())).await,
            };
            match self.command(&line).await {
                Next::Answer(answer) if answer.0 >= 500 => self.mistake(answer).await?,
                Next::Answer(answer) => self.say(answer).await?,
                Next::Quit => return self.say((221, "2.0.0 Goodbye.".into())).await,
                Next::Data => {
                    self.say((354, "Go ahead. End with a dot on a line of its own.".into())).await?;
                    let Some(envelope) = self.mail.take() else { return Ok(()) };
                    let Ok(answer) = timeout(DATA_TIME_MAX, self.data(envelope)).await else {
                        return self.say((421, "4.4.2 The message took too long.".into())).await;
                    };
                    let Some(answer) = answer? else { return Ok(()) };
                    self.say(answer).await?;
                }
            }
            if self.mistakes > MISTAKES_MAX {
                return self.say((421, "4.7.0 Too many commands went wrong.".into())).await;
            }
        }
    }

    async fn mistake(&mut self, answer: Answer) -> io::Result<()> {
        self.mistakes += 1;
        self.say(answer).await
    }

    /// Writes an answer, with a line of its own for each line of the text.
    async fn say(&mut self, (code, text): Answer) -> io::Result<()> {
        let last = text.lines().count().saturating_sub(1);
        let line = |(n, line): (usize, &str)| format!("{code}{}{line}\r\n", if n == last { ' ' } else { '-' });
        let answer: String = text.lines().enumerate().map(line).collect();
        timeout(ANSWER_TIME_MAX, self.stream.write_all(answer.as_bytes())).await?
    }

    /// Reads more; false if there is no more.
    async fn fill(&mut self) -> io::Result<bool> {
        self.ahead.reserve(READ_BYTES);
        Ok(self.stream.read_buf(&mut self.ahead).await? > 0)
    }

    /// The next command's line, which its end is part of.
    async fn line(&mut self) -> io::Result<Line> {
        let mut stopped = self.stopped.clone();
        let reading = async {
            let mut is_too_long = false;
            loop {
                if let Some(end) = self.ahead.iter().position(|byte| *byte == b'\n') {
                    let line: Vec<u8> = self.ahead.drain(..=end).collect();
                    let is_too_long = is_too_long || line.len() > LINE_BYTES_MAX;
                    return Ok(if is_too_long { Line::TooLong } else { Line::Read(line) });
                }
                if self.ahead.len() > LINE_BYTES_MAX {
                    is_too_long = true;
                    self.ahead.clear();
                }
                if !self.fill().await? {
                    return Ok(Line::Closed);
                }
            }
        };
        tokio::select! {
            biased;
            line = timeout(COMMAND_TIME_MAX, reading) => line.unwrap_or(Ok(Line::TooSlow)),
            _ = stopped.wait_for(|stopped| *stopped) => Ok(Line::Stopping),
        }
    }

    async fn command(&mut self, line: &[u8]) -> Next {
        let answer = match Request::parse(&mut line.iter()) {
            Ok(Request::Ehlo { .. }) => {
                self.greet();
                let name = &self.shared.name;
                let extensions = "PIPELINING\n8BITMIME\nSMTPUTF8\nENHANCEDSTATUSCODES";
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
                (250, "2.0.0 Forgotten.".into())
            }
            Ok(Request::Noop { .. }) => (250, "2.0.0 Nothing done.".into()),
            Ok(Request::Help { .. }) => (214, "2.0.0 EHLO HELO MAIL RCPT DATA RSET NOOP QUIT".into()),
            Ok(Request::Vrfy { .. }) => (252, "2.1.5 Send a message, and it is seen.".into()),
            Ok(Request::Quit) => return Next::Quit,
            Ok(_) => (502, "5.5.1 This is not done here.".into()),
            Err(error) => refused(&error),
        };
        Next::Answer(answer)
    }

    fn greet(&mut self) {
        self.has_greeted = true;
        self.mail = None;
    }

    fn mail(&mut self, from: &MailFrom<std::borrow::Cow<str>>) -> Answer {
        if !self.has_greeted {
            return (503, "5.5.1 EHLO comes first.".into());
        }
        if self.mail.is_some() {
            return (503, "5.5.1 A message has begun already.".into());
        }
        if from.size > MESSAGE_BYTES_MAX {
            return too_long();
        }
        let return_path = from.address.clone().into_owned();
        self.mail = Some(Envelope { return_path, recipients: Vec::new(), asked: 0 });
        (250, "2.1.0 Good.".into())
    }

    async fn rcpt(&mut self, address: &str) -> Answer {
        let Some(mail) = &mut self.mail else { return (503, "5.5.1 MAIL comes first.".into()) };
        mail.asked += 1;
        if mail.asked > RECIPIENTS_MAX {
            return (452, "4.5.3 Too many recipients at once.".into());
        }
        let unknown = || (550, "5.1.1 There is no such address here.".to_owned());
        let Ok(handle) = Handle::parse(Source::Email, address, Region::default()) else { return unknown() };
        match self.shared.hub.mailbox(handle.key()).await {
            Ok(None) => unknown(),
            Ok(Some((company, channel))) => {
                if mail.recipients.iter().all(|(_, other)| other.id != channel.id) {
                    mail.recipients.push((company.id, channel));
                }
                (250, "2.1.5 Good.".into())
            }
            Err(error) => unavailable(&error),
        }
    }

    /// Takes a message in; no answer if the connection ended before it did.
    async fn data(&mut self, envelope: Envelope) -> io::Result<Option<Answer>> {
        let shared = Arc::clone(&self.shared);
        let (mut lines, mut raw, mut seen) = (Lines::default(), Vec::new(), 0);
        let mut permits: Vec<SemaphorePermit> = Vec::new();
        let mut permitted = 0;
        // Once it cannot be taken it is read to its end, where alone the client hears why.
        let mut refusal = None;
        loop {
            let bytes = std::mem::take(&mut self.ahead);
            let is_kept = refusal.is_none();
            let end = lines.read(&bytes, |byte| {
                if is_kept {
                    raw.push(byte);
                }
            });
            if let Some(end) = end {
                self.ahead = bytes[end..].to_vec();
            }
            seen += bytes.len();
            if is_kept {
                let due = u32::try_from(raw.len().div_ceil(1024)).unwrap_or(u32::MAX);
                if raw.len() > MESSAGE_BYTES_MAX {
                    refusal = Some(too_long());
                } else if due > permitted {
                    match shared.budget.try_acquire_many(due - permitted) {
                        Ok(permit) => permits.push(permit),
                        Err(_) => refusal = Some((452, "4.3.1 Too much is arriving at once. Try again.".into())),
                    }
                    permitted = due;
                }
                if refusal.is_some() {
                    raw = Vec::new();
                    permits.clear();
                }
            }
            if end.is_some() {
                break;
            }
            if seen > PASSED_OVER_MAX || !self.fill().await? {
                return Ok(None);
            }
        }
        Ok(Some(match refusal {
            Some(answer) => answer,
            None => deliver(&shared, raw, envelope).await,
        }))
    }
}

/// Brings a message to all its recipients. One that got it before another did not takes it once, however often its
/// sender tries again.
async fn deliver(shared: &Shared, raw: Vec<u8>, envelope: Envelope) -> Answer {
    let permit = shared.readers.acquire().await;
    let Envelope { return_path, recipients, .. } = envelope;
    let read = tokio::task::spawn_blocking(move || Email::read(&raw, &return_path)).await;
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
    tracing::debug!(recipients = recipients.len(), "a message was taken in");
    (250, "2.0.0 Taken in.".into())
}

/// Whatever is wrong with the store, the message is not: its sender keeps it and tries again.
fn unavailable(error: &hub::Error) -> Answer {
    if error.kind() == hub::Kind::Internal {
        tracing::error!(error = %error, "mail could not be taken in");
    } else {
        tracing::warn!(error = %error, "mail could not be taken in");
    }
    (451, "4.3.0 This cannot be taken in at the moment. Try again.".into())
}

fn too_long() -> Answer {
    (552, format!("5.3.4 A message has at most {MESSAGE_BYTES_MAX} bytes."))
}

fn refused(error: &Error) -> Answer {
    match error {
        Error::InvalidSenderAddress => (501, "5.1.7 This is no address of a sender.".into()),
        Error::InvalidRecipientAddress => (501, "5.1.3 This is no address of a recipient.".into()),
        Error::SyntaxError { syntax } => (501, format!("5.5.4 This is written: {syntax}")),
        Error::InvalidParameter { .. } => (501, "5.5.4 A parameter has no such value.".into()),
        Error::UnsupportedParameter { .. } => (555, "5.5.4 A parameter is not known here.".into()),
        _ => (500, "5.5.2 This is no command.".into()),
    }
}
