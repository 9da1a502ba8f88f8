//! Messages of custom channels, which a program of the company sends.

use contact::{ATTACHMENTS_MAX, Attachment, Channel, Handle, Invalid, Message, Region, SUBJECT_CHARS_MAX};

use super::{file_name, html, line, media_type, name, reference, text};

/// Most bytes of the reference of a thread.
pub const THREAD_REF_BYTES_MAX: usize = 900;

/// The format of a body.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum BodyFormat {
    /// Plain text, perhaps with Markdown, stored as it is.
    #[default]
    Markdown,
    /// HTML, which is sanitized.
    Html,
}

/// A message from a program.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Custom {
    /// The sender's address, of the source of the channel.
    pub sender: String,
    /// The name of the sender.
    pub name: Option<String>,
    /// The subject.
    pub subject: Option<String>,
    /// The body.
    pub body: String,
    /// The format of the body.
    pub format: BodyFormat,
    /// The reference of its thread; at most [`THREAD_REF_BYTES_MAX`] bytes.
    pub thread_ref: Option<String>,
    /// The attachments.
    pub attachments: Vec<Attachment>,
}

impl Custom {
    /// The message of a channel.
    ///
    /// # Errors
    ///
    /// [`Invalid`] if the sender's address is not valid.
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
            signature_key: None,
            created_at: Time::from_millis(0),
        };
        custom.message(&channel, Region::default()).unwrap()
    }

    #[test]
    fn a_thread_is_the_given_reference_or_the_sender() {
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
