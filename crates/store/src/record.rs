//! How journal entries and contacts are written down: as JSON, with the words of the design.

use std::borrow::Cow;

use contact::{
    AttachmentId, AttachmentInfo, Change, ChannelId, CompanyId, ContactId, Conversation, ConversationId, Description,
    Entry, Facts, Handle, HandleKey, Link, Member, MergedInto, MessageId, Name, Origin, Received, Seq, Side, Source,
    Stamped, Time,
};
use serde::{Deserialize, Serialize};

use crate::Error;

type Text<'a> = Cow<'a, str>;

#[derive(Serialize, Deserialize)]
struct StoredHandle<'a> {
    source: Text<'a>,
    key: Text<'a>,
    /// What is shown, where it is not the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<Text<'a>>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StoredOrigin {
    Api,
    Import,
    Message,
    Person,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StoredChange<'a> {
    Observed {
        home: u64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<Text<'a>>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        description: Option<Text<'a>>,
        handles: Vec<StoredHandle<'a>>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        links: Vec<Text<'a>>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        kept_apart: Option<u64>,
    },
    Merged {
        kept: u64,
        joined: u64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        because: Option<u64>,
    },
    Split {
        merge: u64,
        kept: u64,
        parted: u64,
    },
    Shared {
        handle: StoredHandle<'a>,
        shared: bool,
    },
    Removed {
        contact: u64,
        handles: Vec<StoredHandle<'a>>,
        links: Vec<Text<'a>>,
    },
    Received {
        message: u64,
        conversation: u64,
        channel: u64,
        home: u64,
        sender: StoredHandle<'a>,
        subject: Text<'a>,
        snippet: Text<'a>,
        marks: Vec<Text<'a>>,
    },
}

#[derive(Serialize, Deserialize)]
struct StoredEntry<'a> {
    origin: StoredOrigin,
    change: StoredChange<'a>,
}

#[derive(Serialize, Deserialize)]
struct StoredText<'a> {
    seq: u64,
    value: Text<'a>,
}

#[derive(Serialize, Deserialize)]
struct StampedHandle<'a> {
    seq: u64,
    handle: StoredHandle<'a>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StoredSide {
    Kept,
    Parted,
}

#[derive(Serialize, Deserialize)]
struct StoredRule {
    split: u64,
    side: StoredSide,
}

#[derive(Serialize, Deserialize)]
struct StoredConversation<'a> {
    channel: u64,
    sender: StoredHandle<'a>,
    subject: Text<'a>,
    snippet: Text<'a>,
    messages: u64,
    created_at: i64,
    changed_at: i64,
}

#[derive(Serialize, Deserialize)]
struct StoredAttachment<'a> {
    id: u64,
    name: Text<'a>,
    media_type: Text<'a>,
    bytes: u64,
}

#[derive(Serialize, Deserialize)]
struct StoredMessage<'a> {
    sender: StoredHandle<'a>,
    subject: Text<'a>,
    text: Text<'a>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    html: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    attachments: Vec<StoredAttachment<'a>>,
}

#[derive(Serialize, Deserialize)]
struct StoredMember<'a> {
    first: u64,
    created_at: i64,
    changed_at: i64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    members: Vec<u64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    rules: Vec<StoredRule>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<StoredText<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    message_name: Option<StoredText<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    description: Option<StoredText<'a>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    handles: Vec<StampedHandle<'a>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    shared: Vec<StoredHandle<'a>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    links: Vec<StoredText<'a>>,
}

/// An entry's body.
pub fn from_entry(entry: &Entry) -> String {
    let origin = match entry.origin {
        Origin::Api => StoredOrigin::Api,
        Origin::Import => StoredOrigin::Import,
        Origin::Message => StoredOrigin::Message,
        Origin::Person => StoredOrigin::Person,
    };
    written(&StoredEntry { origin, change: stored_change(&entry.change) })
}

fn stored_change(change: &Change) -> StoredChange<'_> {
    match change {
        Change::Observed { home, name, description, handles, links, kept_apart } => StoredChange::Observed {
            home: home.number(),
            name: name.as_ref().map(|name| name.as_str().into()),
            description: description.as_ref().map(|description| description.as_str().into()),
            handles: handles.iter().map(stored_handle).collect(),
            links: links.iter().map(|link| link.as_str().into()).collect(),
            kept_apart: kept_apart.map(|seq| seq.0),
        },
        Change::Merged { kept, joined, because } => {
            StoredChange::Merged { kept: kept.number(), joined: joined.number(), because: because.map(|seq| seq.0) }
        }
        Change::Split { merge, kept, parted } => {
            StoredChange::Split { merge: merge.0, kept: kept.number(), parted: parted.number() }
        }
        Change::Shared { handle, shared } => StoredChange::Shared { handle: stored_key(handle), shared: *shared },
        Change::Removed { contact, handles, links } => StoredChange::Removed {
            contact: contact.number(),
            handles: handles.iter().map(stored_key).collect(),
            links: links.iter().map(|link| link.as_str().into()).collect(),
        },
        Change::Received { message, conversation, channel, home, sender, subject, snippet, marks } => {
            StoredChange::Received {
                message: message.number(),
                conversation: conversation.number(),
                channel: channel.number(),
                home: home.number(),
                sender: stored_handle(sender),
                subject: subject.into(),
                snippet: snippet.into(),
                marks: marks.iter().map(Text::from).collect(),
            }
        }
    }
}

/// The entry that has this body.
pub fn to_entry(seq: Seq, at: Time, body: &str) -> Result<Entry, Error> {
    let stored: StoredEntry = read(body)?;
    let origin = match stored.origin {
        StoredOrigin::Api => Origin::Api,
        StoredOrigin::Import => Origin::Import,
        StoredOrigin::Message => Origin::Message,
        StoredOrigin::Person => Origin::Person,
    };
    Ok(Entry { seq, at, origin, change: change(stored.change)? })
}

fn change(stored: StoredChange) -> Result<Change, Error> {
    Ok(match stored {
        StoredChange::Observed { home, name, description, handles, links, kept_apart } => Change::Observed {
            home: contact_id(home)?,
            name: name.map(|text| Name::from_stored(text.into_owned())),
            description: description.map(|text| Description::from_stored(text.into_owned())),
            handles: handles.into_iter().map(handle).collect::<Result<_, _>>()?,
            links: links.into_iter().map(link).collect(),
            kept_apart: kept_apart.map(Seq),
        },
        StoredChange::Merged { kept, joined, because } => {
            Change::Merged { kept: contact_id(kept)?, joined: contact_id(joined)?, because: because.map(Seq) }
        }
        StoredChange::Split { merge, kept, parted } => {
            Change::Split { merge: Seq(merge), kept: contact_id(kept)?, parted: contact_id(parted)? }
        }
        StoredChange::Shared { handle, shared } => Change::Shared { handle: key(handle)?, shared },
        StoredChange::Removed { contact, handles, links } => Change::Removed {
            contact: contact_id(contact)?,
            handles: handles.into_iter().map(key).collect::<Result<_, _>>()?,
            links: links.into_iter().map(link).collect(),
        },
        StoredChange::Received { message, conversation, channel, home, sender, subject, snippet, marks } => {
            Change::Received {
                message: message_id(message)?,
                conversation: conversation_id(conversation)?,
                channel: channel_id(channel)?,
                home: contact_id(home)?,
                sender: handle(sender)?,
                subject: subject.into_owned(),
                snippet: snippet.into_owned(),
                marks: marks.into_iter().map(Text::into_owned).collect(),
            }
        }
    })
}

/// A conversation's body: all of its record that has no column of its own.
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

/// The conversation that has this body.
pub fn to_conversation(id: u64, home: u64, changed: u64, body: &str) -> Result<Conversation, Error> {
    let stored: StoredConversation = read(body)?;
    Ok(Conversation {
        id: conversation_id(id)?,
        channel: channel_id(stored.channel)?,
        home: contact_id(home)?,
        sender: handle(stored.sender)?,
        subject: stored.subject.into_owned(),
        snippet: stored.snippet.into_owned(),
        messages: stored.messages,
        created_at: Time::from_millis(stored.created_at),
        changed: Seq(changed),
        changed_at: Time::from_millis(stored.changed_at),
    })
}

/// A message's body: all of it that has no column of its own.
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

/// The message that has this body.
pub fn to_received(id: u64, conversation: u64, at: i64, home: u64, body: &str) -> Result<Received, Error> {
    let stored: StoredMessage = read(body)?;
    let attachment = |attachment: StoredAttachment| {
        Ok::<_, Error>(AttachmentInfo {
            id: AttachmentId::from_number(attachment.id).ok_or_else(|| damaged("no attachment's number"))?,
            name: attachment.name.into_owned(),
            media_type: attachment.media_type.into_owned(),
            bytes: attachment.bytes,
        })
    };
    Ok(Received {
        id: message_id(id)?,
        conversation: conversation_id(conversation)?,
        home: contact_id(home)?,
        sender: handle(stored.sender)?,
        at: Time::from_millis(at),
        subject: stored.subject.into_owned(),
        text: stored.text.into_owned(),
        html: stored.html.map(Text::into_owned),
        attachments: stored.attachments.into_iter().map(attachment).collect::<Result<_, _>>()?,
    })
}

/// A contact's body: all of its record that has no column of its own.
pub fn from_member(member: &Member) -> String {
    let facts = &member.facts;
    let rule = |(split, side): &(Seq, Side)| {
        let side = if *side == Side::Kept { StoredSide::Kept } else { StoredSide::Parted };
        StoredRule { split: split.0, side }
    };
    written(&StoredMember {
        first: member.first.0,
        created_at: member.created_at.millis(),
        changed_at: member.changed_at.millis(),
        members: member.members.iter().map(|id| id.number()).collect(),
        rules: member.rules.iter().map(rule).collect(),
        name: facts.name.as_ref().map(|told| stored_text(told.seq, told.value.as_str())),
        message_name: facts.message_name.as_ref().map(|told| stored_text(told.seq, told.value.as_str())),
        description: facts.description.as_ref().map(|told| stored_text(told.seq, told.value.as_str())),
        handles: facts.handles.iter().map(stamped_handle).collect(),
        shared: facts.shared.iter().map(stored_key).collect(),
        links: facts.links.iter().map(|told| stored_text(told.seq, told.value.as_str())).collect(),
    })
}

/// The contact that has this body.
pub fn to_member(id: ContactId, changed: Seq, merged_into: Option<MergedInto>, body: &str) -> Result<Member, Error> {
    let stored: StoredMember = read(body)?;
    let rule = |rule: StoredRule| {
        let side = match rule.side {
            StoredSide::Kept => Side::Kept,
            StoredSide::Parted => Side::Parted,
        };
        (Seq(rule.split), side)
    };
    let stamped_handle = |told: StampedHandle| Ok::<_, Error>(Stamped::new(Seq(told.seq), handle(told.handle)?));
    let facts = Facts {
        name: stored.name.map(|told| stamped(told, Name::from_stored)),
        message_name: stored.message_name.map(|told| stamped(told, Name::from_stored)),
        description: stored.description.map(|told| stamped(told, Description::from_stored)),
        handles: stored.handles.into_iter().map(stamped_handle).collect::<Result<_, _>>()?,
        shared: stored.shared.into_iter().map(key).collect::<Result<_, _>>()?,
        links: stored.links.into_iter().map(|told| stamped(told, Link::from_stored)).collect(),
    };
    Ok(Member {
        id,
        first: Seq(stored.first),
        created_at: Time::from_millis(stored.created_at),
        changed,
        changed_at: Time::from_millis(stored.changed_at),
        merged_into,
        members: stored.members.into_iter().map(contact_id).collect::<Result<_, _>>()?,
        rules: stored.rules.into_iter().map(rule).collect(),
        facts,
    })
}

/// The company with a stored number.
pub fn company_id(number: u32) -> Result<CompanyId, Error> {
    CompanyId::new(number).ok_or_else(|| Error::Damaged(format!("{number} is no company's number")))
}

/// The contact with a stored number.
pub fn contact_id(number: u64) -> Result<ContactId, Error> {
    ContactId::from_number(number).ok_or_else(|| Error::Damaged(format!("{number} is no contact's number")))
}

/// The conversation with a stored number.
pub fn conversation_id(number: u64) -> Result<ConversationId, Error> {
    ConversationId::from_number(number).ok_or_else(|| damaged(format!("{number} is no conversation's number")))
}

/// The message with a stored number.
pub fn message_id(number: u64) -> Result<MessageId, Error> {
    MessageId::from_number(number).ok_or_else(|| damaged(format!("{number} is no message's number")))
}

/// The channel with a stored number.
pub fn channel_id(number: u64) -> Result<ChannelId, Error> {
    ChannelId::from_number(number).ok_or_else(|| damaged(format!("{number} is no channel's number")))
}

/// The source with a stored name.
pub fn source(name: &str) -> Result<Source, Error> {
    name.parse().map_err(damaged)
}

fn stored_handle(handle: &Handle) -> StoredHandle<'_> {
    let text = (handle.text() != handle.key().as_str()).then(|| handle.text().into());
    StoredHandle { text, ..stored_key(handle.key()) }
}

fn stamped_handle(told: &Stamped<Handle>) -> StampedHandle<'_> {
    StampedHandle { seq: told.seq.0, handle: stored_handle(&told.value) }
}

fn stored_key(key: &HandleKey) -> StoredHandle<'_> {
    StoredHandle { source: key.source().name().into(), key: key.as_str().into(), text: None }
}

fn stored_text(seq: Seq, value: &str) -> StoredText<'_> {
    StoredText { seq: seq.0, value: value.into() }
}

fn handle(stored: StoredHandle) -> Result<Handle, Error> {
    let text = stored.text.unwrap_or_else(|| stored.key.clone()).into_owned();
    let key = HandleKey::from_stored(source(&stored.source)?, stored.key.into_owned());
    Ok(Handle::from_stored(key, text))
}

fn key(stored: StoredHandle) -> Result<HandleKey, Error> {
    Ok(HandleKey::from_stored(source(&stored.source)?, stored.key.into_owned()))
}

fn link(text: Text) -> Link {
    Link::from_stored(text.into_owned())
}

fn stamped<T>(stored: StoredText, from_stored: impl Fn(String) -> T) -> Stamped<T> {
    Stamped::new(Seq(stored.seq), from_stored(stored.value.into_owned()))
}

fn written(record: &impl Serialize) -> String {
    serde_json::to_string(record).expect("texts and numbers can always be written as JSON")
}

fn read<'a, T: Deserialize<'a>>(body: &'a str) -> Result<T, Error> {
    serde_json::from_str(body).map_err(damaged)
}

fn damaged(error: impl std::fmt::Display) -> Error {
    Error::Damaged(error.to_string())
}
