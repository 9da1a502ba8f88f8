//! A journal entry with what it brought besides.

use contact::{Attachment, Change, Entry, Message, Picture, Received, Seq};

/// An entry of a journal and, if it brought more than the journal holds, that.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JournalRecord {
    /// The entry.
    pub entry: Entry,
    /// What is kept beside it.
    pub content: Option<Content>,
}

/// What an entry brought, and is kept beside the journal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Content {
    /// What a message says.
    Message {
        /// The message.
        received: Received,
        /// What came with it.
        attachments: Vec<Attachment>,
    },
    /// A picture of a person.
    Picture {
        /// The entry.
        entry: Seq,
        /// The picture.
        picture: Picture,
    },
}

impl Content {
    pub(crate) fn of_message(message: &Message, entry: &Entry) -> Option<Content> {
        let received = message.received(entry)?;
        Some(Content::Message { received, attachments: message.attachments.clone() })
    }

    pub(crate) fn of_picture(picture: &Picture, entry: &Entry) -> Option<Content> {
        let brings = matches!(entry.change, Change::Observed { picture: Some(Some(_)), .. });
        brings.then(|| Content::Picture { entry: entry.seq, picture: picture.clone() })
    }
}
