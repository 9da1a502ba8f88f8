//! What a program of the company's own passes on.

use contact::{ATTACHMENTS_MAX, Attachment, Channel, Handle, Invalid, Message, Region, SUBJECT_CHARS_MAX};

use super::{file_name, html, line, media_type, name, reference, text};

/// Most bytes of what a program names a thread by.
pub const THREAD_REF_BYTES_MAX: usize = 900;

/// How a body is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum BodyFormat {
    /// Plain text, perhaps with Markdown in it, kept as it is.
    #[default]
    Markdown,
    /// Markup, which is cleaned.
    Html,
}

/// A message, as a program gave it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Custom {
    /// The sender's address, of the kind that the channel has.
    pub sender: String,
    /// What the sender is called.
    pub name: Option<String>,
    /// What it is about.
    pub subject: Option<String>,
    /// What it says.
    pub body: String,
    /// How that is written.
    pub format: BodyFormat,
    /// What the program names its thread by; at most [`THREAD_REF_BYTES_MAX`] bytes.
    pub thread_ref: Option<String>,
    /// What came with it.
    pub attachments: Vec<Attachment>,
}

impl Custom {
    /// The message of a channel.
    ///
    /// # Errors
    ///
    /// What is wrong with the sender's address.
    pub fn message(self, channel: &Channel, region: Region) -> Result<Message, Invalid> {
        let sender = Handle::parse(channel.kind.source(), &self.sender, region)?;
        let thread = self.thread_ref.as_deref().filter(|thread| !thread.is_empty());
        let reference = match thread {
            Some(thread) => reference("ref", thread),
            None => reference("from", sender.key().as_str()),
        };
        let references: Vec<String> = reference.into_iter().collect();
        let (text, html) = match self.format {
            BodyFormat::Markdown => (text(&self.body), None),
            BodyFormat::Html => (text(&html::readable(&self.body)), html::clean(&self.body)),
        };
        let named = |(n, attachment): (usize, Attachment)| Attachment {
            name: file_name(&attachment.name).unwrap_or_else(|| format!("attachment-{}", n + 1)),
            media_type: media_type(&attachment.media_type),
            ..attachment
        };
        Ok(Message {
            channel: channel.id,
            name: self.name.and_then(|given| name(&given, sender.text())),
            sender,
            subject: line(&self.subject.unwrap_or_default(), SUBJECT_CHARS_MAX),
            text,
            html,
            attachments: self.attachments.into_iter().take(ATTACHMENTS_MAX).enumerate().map(named).collect(),
            uid: None,
            replies_to: references.clone(),
            references,
        })
    }
}

#[cfg(test)]
mod tests {
    use contact::{ChannelId, ChannelType, CompanyId, Source, Time};

    use super::*;

    fn message(custom: Custom) -> Message {
        let channel = Channel {
            id: ChannelId::nth(CompanyId::new(1).unwrap(), 1),
            kind: ChannelType::Custom,
            address: Handle::parse(Source::Custom, "website", Region::default()).unwrap(),
            token: None,
            created_at: Time::from_millis(0),
        };
        custom.message(&channel, Region::default()).unwrap()
    }

    #[test]
    fn a_thread_is_what_the_program_says_or_else_the_sender() {
        let custom = Custom { sender: " selina ".into(), body: "Hi".into(), ..Custom::default() };
        assert_eq!(message(custom.clone()).references, ["from:selina"]);
        let named = Custom { thread_ref: Some("order 7".into()), ..custom };
        assert_eq!(message(named.clone()).references, ["ref:order 7"]);
        assert_eq!(message(named.clone()).replies_to, ["ref:order 7"]);
        assert_eq!(message(named).uid, None);
    }

    #[test]
    fn markup_is_cleaned_and_read() {
        let body = "<p>Hello <b>you</b></p><script>alert(1)</script>";
        let custom = Custom { sender: "s".into(), body: body.into(), format: BodyFormat::Html, ..Custom::default() };
        let message = message(custom);
        assert_eq!(message.text, "Hello you");
        assert_eq!(message.html.unwrap(), "<p>Hello <b>you</b></p>");
    }
}
