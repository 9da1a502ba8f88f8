//! The stored form of conversations and messages.

use contact::{AttachmentId, AttachmentInfo, Conversation, Received, Seq, Time};
use serde::{Deserialize, Serialize};

use super::values::{
    StoredHandle, Text, channel_id, contact_id, conversation_id, damaged, handle, message_id, read, stored_handle,
    written,
};
use crate::error::Error;

#[derive(Serialize, Deserialize)]
struct StoredConversation<'a> {
    channel: u64,
    #[serde(borrow)]
    sender: StoredHandle<'a>,
    #[serde(borrow)]
    subject: Text<'a>,
    #[serde(borrow)]
    snippet: Text<'a>,
    messages: u64,
    created_at: i64,
    changed_at: i64,
}

#[derive(Serialize, Deserialize)]
struct StoredAttachment<'a> {
    id: u64,
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    media_type: Text<'a>,
    bytes: u64,
}

#[derive(Serialize, Deserialize)]
struct StoredMessage<'a> {
    #[serde(borrow)]
    sender: StoredHandle<'a>,
    #[serde(borrow)]
    subject: Text<'a>,
    #[serde(borrow)]
    text: Text<'a>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    html: Option<Text<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    attachments: Vec<StoredAttachment<'a>>,
}

/// Returns the body of a conversation: all of its record without columns of their own.
pub fn from_conversation(conversation: &Conversation) -> String {
    written(&StoredConversation {
        channel: conversation.channel.number(),
        sender: stored_handle(&conversation.sender),
        subject: conversation.subject.as_str().into(),
        snippet: conversation.snippet.as_str().into(),
        messages: conversation.messages,
        created_at: conversation.created_at.millis(),
        changed_at: conversation.changed_at.millis(),
    })
}

/// Parses the conversation with this body.
pub fn to_conversation(id: u64, home: u64, changed: u64, body: &str) -> Result<Conversation, Error> {
    let stored: StoredConversation = read(body)?;
    Ok(Conversation {
        id: conversation_id(id)?,
        channel: channel_id(stored.channel)?,
        home: contact_id(home)?,
        sender: handle(&stored.sender),
        subject: stored.subject.into_owned(),
        snippet: stored.snippet.into_owned(),
        messages: stored.messages,
        created_at: Time::from_millis(stored.created_at),
        changed: Seq(changed),
        changed_at: Time::from_millis(stored.changed_at),
    })
}

/// Returns the body of a message: all of its record without columns of their own.
pub fn from_received(received: &Received) -> String {
    let attachment = |attachment: &AttachmentInfo| StoredAttachment {
        id: attachment.id.number(),
        name: attachment.name.clone().into(),
        media_type: attachment.media_type.clone().into(),
        bytes: attachment.bytes,
    };
    written(&StoredMessage {
        sender: stored_handle(&received.sender),
        subject: received.subject.as_str().into(),
        text: received.text.as_str().into(),
        html: received.html.as_deref().map(Text::from),
        attachments: received.attachments.iter().map(attachment).collect(),
    })
}

/// Parses the message with this body.
pub fn to_received(id: u64, conversation: u64, at: i64, home: u64, body: &str) -> Result<Received, Error> {
    let stored: StoredMessage = read(body)?;
    let attachment = |attachment: StoredAttachment| {
        Ok::<_, Error>(AttachmentInfo {
            id: AttachmentId::from_number(attachment.id)
                .ok_or_else(|| damaged(format!("invalid attachment number: {}", attachment.id)))?,
            name: attachment.name.into_owned(),
            media_type: attachment.media_type.into_owned(),
            bytes: attachment.bytes,
        })
    };
    Ok(Received {
        id: message_id(id)?,
        conversation: conversation_id(conversation)?,
        home: contact_id(home)?,
        sender: handle(&stored.sender),
        at: Time::from_millis(at),
        subject: stored.subject.into_owned(),
        text: stored.text.into_owned(),
        html: stored.html.map(Text::into_owned),
        attachments: stored.attachments.into_iter().map(attachment).collect::<Result<_, _>>()?,
    })
}
