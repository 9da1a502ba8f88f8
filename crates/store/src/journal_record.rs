//! A journal entry with its content.

use contact::{Attachment, Change, Entry, Message, Picture, Received, Seq};

/// An entry of a journal, with the content that is stored outside the journal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JournalRecord {
    /// The entry.
    pub entry: Entry,
    /// The message or picture of the entry, if it brought one.
    pub content: Option<Content>,
}

/// The content of an entry that is stored outside the journal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Content {
    /// The text and attachments of a message.
    Message {
        /// The message.
        received: Received,
        /// The attachments with their bytes.
        attachments: Vec<Attachment>,
    },
    /// A picture of a contact.
    Picture {
        /// The entry.
        entry: Seq,
        /// The picture.
        picture: Picture,
    },
}

impl Content {
    /// The content of the message that an entry received.
    pub(crate) fn of_message(message: &Message, entry: &Entry) -> Option<Content> {
        let received = message.received(entry)?;
        Some(Content::Message { received, attachments: message.attachments.clone() })
    }

    /// The content of a picture; none if the entry does not set one.
    pub(crate) fn of_picture(picture: &Picture, entry: &Entry) -> Option<Content> {
        let sets_picture = matches!(entry.change, Change::Observed { picture: Some(Some(_)), .. });
        sets_picture.then(|| Content::Picture { entry: entry.seq, picture: picture.clone() })
    }
}
