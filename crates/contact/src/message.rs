//! Messages and conversations.
//!
//! A conversation belongs to the contact that claimed the handle of its first sender. A merge joins the conversations
//! of two contacts, and a split separates them again.

use std::sync::Arc;

use crate::entry::{Change, Entry};
use crate::handle::Handle;
use crate::id::{AttachmentId, ChannelId, ContactId, ConversationId, MessageId};
use crate::text::Text;
use crate::time::{Seq, Time};

/// Most characters of a subject. Longer subjects are cut.
pub const SUBJECT_CHARS_MAX: usize = 500;
/// Most characters of a snippet.
pub const SNIPPET_CHARS_MAX: usize = 140;
/// Most bytes of a reference.
pub const REFERENCE_BYTES_MAX: usize = 1_000;
/// Most references of a message to earlier ones. In email they grow with the thread.
pub const REPLIES_TO_MAX: usize = 20;

/// An incoming message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Message {
    /// The channel that received it.
    pub channel: ChannelId,
    /// The sender.
    pub sender: Handle,
    /// The name of the sender.
    pub name: Option<Text>,
    /// The subject, perhaps empty.
    pub subject: String,
    /// The content as plain text.
    pub text: String,
    /// The content as sanitised HTML.
    pub html: Option<String>,
    /// The attachments.
    pub attachments: Vec<Attachment>,
    /// The unique id within its channel, which detects a second delivery; none if each delivery is a new message.
    pub uid: Option<String>,
    /// References to earlier messages, the best first. The first known one determines the conversation.
    pub replies_to: Vec<String>,
    /// The references by which later messages of its channel name it.
    pub references: Vec<String>,
}

/// A file that is attached to a message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attachment {
    /// The name, as given.
    pub name: String,
    /// The media type, as given.
    pub media_type: String,
    /// The bytes.
    pub content: Arc<[u8]>,
}

/// A conversation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Conversation {
    /// Its id.
    pub id: ConversationId,
    /// The channel that received it.
    pub channel: ChannelId,
    /// The contact that claimed the handle of the first sender.
    pub home: ContactId,
    /// The first sender.
    pub sender: Handle,
    /// The subject, perhaps empty.
    pub subject: String,
    /// The beginning of its last message.
    pub snippet: String,
    /// The number of messages.
    pub messages: u64,
    /// When it started.
    pub created_at: Time,
    /// The entry of its last message.
    pub changed: Seq,
    /// The time of that entry.
    pub changed_at: Time,
}

/// A stored message, without the bytes of its attachments.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Received {
    /// Its id.
    pub id: MessageId,
    /// The conversation.
    pub conversation: ConversationId,
    /// The contact that claimed the handle of the sender.
    pub home: ContactId,
    /// The sender.
    pub sender: Handle,
    /// When it was received.
    pub at: Time,
    /// The subject.
    pub subject: String,
    /// The content as plain text.
    pub text: String,
    /// The content as sanitised HTML.
    pub html: Option<String>,
    /// The attachments.
    pub attachments: Vec<AttachmentInfo>,
}

/// An attachment without its bytes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AttachmentInfo {
    /// Its id.
    pub id: AttachmentId,
    /// The name, as given.
    pub name: String,
    /// The media type, as given.
    pub media_type: String,
    /// The number of bytes.
    pub bytes: u64,
}

/// The message that a reference stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MessageRef {
    /// The conversation.
    pub conversation: ConversationId,
    /// The last message with the reference.
    pub message: MessageId,
}

/// The reference that detects a second delivery.
pub fn uid_reference(uid: &str) -> String {
    format!("uid:{uid}")
}

impl Message {
    /// The beginning of the message, as one line of text.
    pub fn snippet(&self) -> String {
        let mut snippet = String::new();
        for word in self.text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
            if !snippet.is_empty() {
                snippet.push(' ');
            }
            snippet.push_str(word);
            if let Some((end, _)) = snippet.char_indices().nth(SNIPPET_CHARS_MAX) {
                snippet.truncate(end);
                snippet.push('…');
                break;
            }
        }
        snippet
    }

    /// The stored message, if the entry received this message.
    pub fn received(&self, entry: &Entry) -> Option<Received> {
        let Change::Received { message, conversation, home, sender, subject, .. } = &entry.change else { return None };
        let info = |(n, attachment): (usize, &Attachment)| AttachmentInfo {
            id: AttachmentId::of(*message, n),
            name: attachment.name.clone(),
            media_type: attachment.media_type.clone(),
            bytes: attachment.content.len() as u64,
        };
        Some(Received {
            id: *message,
            conversation: *conversation,
            home: *home,
            sender: sender.clone(),
            at: entry.at,
            subject: subject.clone(),
            text: self.text.clone(),
            html: self.html.clone(),
            attachments: self.attachments.iter().enumerate().map(info).collect(),
        })
    }

    /// The references that the view must hold to decide on the message.
    pub fn references_needed(&self) -> impl Iterator<Item = String> {
        self.uid.as_deref().map(uid_reference).into_iter().chain(self.replies_to.iter().cloned())
    }
}
