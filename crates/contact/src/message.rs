//! Messages and the conversations that they make.
//!
//! A conversation belongs to the contact that is home to its first sender's handle, as an entry of the journal does. So
//! a merge brings the conversations of two contacts together, and a split gives each its own again.

use std::sync::Arc;

use crate::entry::{Change, Entry};
use crate::handle::Handle;
use crate::id::{AttachmentId, ChannelId, ContactId, ConversationId, MessageId};
use crate::text::Text;
use crate::time::{Seq, Time};

/// Most characters of a subject; what is longer is cut.
pub const SUBJECT_CHARS_MAX: usize = 500;
/// Most characters of a snippet.
pub const SNIPPET_CHARS_MAX: usize = 140;
/// Most bytes of a reference.
pub const REFERENCE_BYTES_MAX: usize = 1_000;
/// Most references that a message names others by. The references of an e-mail grow with its thread.
pub const REPLIES_TO_MAX: usize = 20;

/// What somebody wrote, as it came in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Message {
    /// Where it came in.
    pub channel: ChannelId,
    /// Who wrote.
    pub sender: Handle,
    /// What the sender is called there.
    pub name: Option<Text>,
    /// What the conversation is about; perhaps nothing.
    pub subject: String,
    /// What it says, as plain text.
    pub text: String,
    /// What it says, as markup that was cleaned.
    pub html: Option<String>,
    /// What came with it.
    pub attachments: Vec<Attachment>,
    /// What makes two deliveries the same message, among those of its channel; none if each is another.
    pub uid: Option<String>,
    /// Marks of messages that it continues, the best first. The first that is known decides.
    pub replies_to: Vec<String>,
    /// Marks that later messages of its channel can name it by.
    pub references: Vec<String>,
}

/// A file that came with a message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attachment {
    /// Its name, as it was given.
    pub name: String,
    /// Its media type, as it was given.
    pub media_type: String,
    /// Its bytes.
    pub content: Arc<[u8]>,
}

/// Messages that belong together.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Conversation {
    /// Its id.
    pub id: ConversationId,
    /// Where it came in.
    pub channel: ChannelId,
    /// The contact that is home to who started it; the person is what that is part of now.
    pub home: ContactId,
    /// The handle that they wrote from.
    pub sender: Handle,
    /// What it is about; perhaps nothing.
    pub subject: String,
    /// How its last message begins.
    pub snippet: String,
    /// How many messages it has.
    pub messages: u64,
    /// When it began.
    pub created_at: Time,
    /// The entry of its last message.
    pub changed: Seq,
    /// When that came in.
    pub changed_at: Time,
}

/// A message that is kept, without the bytes of its attachments.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Received {
    /// Its id.
    pub id: MessageId,
    /// The conversation that it is part of.
    pub conversation: ConversationId,
    /// The contact that is home to its sender.
    pub home: ContactId,
    /// Who wrote.
    pub sender: Handle,
    /// When it came in.
    pub at: Time,
    /// Its subject.
    pub subject: String,
    /// What it says, as plain text.
    pub text: String,
    /// What it says, as markup that was cleaned.
    pub html: Option<String>,
    /// What came with it.
    pub attachments: Vec<AttachmentInfo>,
}

/// An attachment without its bytes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AttachmentInfo {
    /// Its id.
    pub id: AttachmentId,
    /// Its name, as it was given.
    pub name: String,
    /// Its media type, as it was given.
    pub media_type: String,
    /// How many bytes it has.
    pub bytes: u64,
}

/// What a reference stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MessageRef {
    /// The conversation.
    pub conversation: ConversationId,
    /// The last message with the reference.
    pub message: MessageId,
}

/// The reference that makes a second delivery known.
pub fn uid_reference(uid: &str) -> String {
    format!("uid:{uid}")
}

impl Message {
    /// How it begins: one line of text.
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

    /// What is kept of it, if an entry is the one that took it in.
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

    /// Every reference that must be in the view before it is decided on.
    pub fn references_needed(&self) -> impl Iterator<Item = String> {
        self.uid.as_deref().map(uid_reference).into_iter().chain(self.replies_to.iter().cloned())
    }
}
