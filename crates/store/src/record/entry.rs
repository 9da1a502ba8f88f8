//! The stored form of journal entries.

use contact::{Change, Entry, NoteBody, Origin, PictureType, Seq, SettingsEvent, TeammateId, Time};
use serde::{Deserialize, Serialize};

use super::account::{StoredAccountFacts, account_facts, stored_account_facts};
use super::attribute::StoredAttributes;
use super::settings::{
    StoredSettingsEvent, field, import, list, stored_field, stored_import, stored_list, stored_teammate, teammate,
};
use super::values::{
    StoredCustom, StoredGroup, StoredHandle, StoredSide, Text, account_id, channel_id, contact_id, conversation_id,
    custom_value, field_id, group, handle, key, link, list_id, message_id, picture_type, read, side, stored_custom,
    stored_group, stored_handle, stored_key, stored_side, teammate_id, written,
};
use crate::error::Error;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StoredOrigin {
    Api,
    Import,
    Message,
    Person,
    Teammate(u64),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StoredChange<'a> {
    Observed {
        home: u64,
        #[serde(borrow, default, skip_serializing_if = "StoredAttributes::is_empty")]
        text: StoredAttributes<Text<'a>>,
        #[serde(borrow)]
        handles: Vec<StoredHandle<'a>>,
        #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
        links: Vec<Text<'a>>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        groups: Vec<StoredGroup>,
        #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
        custom: Vec<StoredCustom<'a>>,
        /// The media type of the picture; empty if it was removed.
        #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
        picture: Option<Text<'a>>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        owner: Option<u64>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        kept_apart: Option<u64>,
    },
    Merged {
        kept: u64,
        joined: u64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        because: Option<u64>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        newer_side: Option<StoredSide>,
    },
    Split {
        merge: u64,
        kept: u64,
        parted: u64,
    },
    KeptApart {
        one: u64,
        other: u64,
    },
    Shared {
        #[serde(borrow)]
        handle: StoredHandle<'a>,
        shared: bool,
    },
    Removed {
        contact: u64,
        #[serde(borrow)]
        handles: Vec<StoredHandle<'a>>,
        #[serde(borrow)]
        links: Vec<Text<'a>>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        groups: Vec<StoredGroup>,
    },
    Deleted {
        contact: u64,
        #[serde(borrow)]
        handles: Vec<StoredHandle<'a>>,
    },
    Noted {
        home: u64,
        author: u64,
        #[serde(borrow)]
        body: Text<'a>,
    },
    Settings(#[serde(borrow)] StoredSettingsEvent<'a>),
    AccountSet {
        account: u64,
        #[serde(borrow)]
        facts: StoredAccountFacts<'a>,
    },
    AccountDeleted {
        account: u64,
    },
    Received {
        message: u64,
        conversation: u64,
        channel: u64,
        home: u64,
        #[serde(borrow)]
        sender: StoredHandle<'a>,
        #[serde(borrow)]
        subject: Text<'a>,
        #[serde(borrow)]
        snippet: Text<'a>,
        #[serde(borrow)]
        references: Vec<Text<'a>>,
    },
}

#[derive(Serialize, Deserialize)]
struct StoredEntry<'a> {
    origin: StoredOrigin,
    #[serde(borrow)]
    change: StoredChange<'a>,
}

/// Returns the body of an entry.
pub fn from_entry(entry: &Entry) -> String {
    let origin = match entry.origin {
        Origin::Api => StoredOrigin::Api,
        Origin::Import => StoredOrigin::Import,
        Origin::Message => StoredOrigin::Message,
        Origin::Person => StoredOrigin::Person,
        Origin::Teammate(teammate) => StoredOrigin::Teammate(teammate.number()),
    };
    written(&StoredEntry { origin, change: stored_change(&entry.change) })
}

fn stored_change(change: &Change) -> StoredChange<'_> {
    match change {
        Change::Observed { home, attributes, handles, links, groups, custom, picture, owner, kept_apart } => {
            StoredChange::Observed {
                home: home.number(),
                text: StoredAttributes::of(attributes, |text| text.as_str().into()),
                handles: handles.iter().map(stored_handle).collect(),
                links: links.iter().map(|link| link.as_str().into()).collect(),
                groups: groups.iter().map(stored_group).collect(),
                custom: custom.iter().map(|(name, value)| stored_custom(name, value.as_ref())).collect(),
                picture: picture.map(|kind| kind.map_or("", PictureType::media_type).into()),
                owner: owner.map(TeammateId::number),
                kept_apart: kept_apart.map(|seq| seq.0),
            }
        }
        Change::Merged { kept, joined, because, newer_side } => StoredChange::Merged {
            kept: kept.number(),
            joined: joined.number(),
            because: because.map(|seq| seq.0),
            newer_side: newer_side.map(stored_side),
        },
        Change::Split { merge, kept, parted } => {
            StoredChange::Split { merge: merge.0, kept: kept.number(), parted: parted.number() }
        }
        Change::KeptApart { one, other } => StoredChange::KeptApart { one: one.number(), other: other.number() },
        Change::Shared { handle, shared } => StoredChange::Shared { handle: stored_key(handle), shared: *shared },
        Change::Removed { contact, handles, links, groups } => StoredChange::Removed {
            contact: contact.number(),
            handles: handles.iter().map(stored_key).collect(),
            links: links.iter().map(|link| link.as_str().into()).collect(),
            groups: groups.iter().map(stored_group).collect(),
        },
        Change::Deleted { contact, handles } => {
            StoredChange::Deleted { contact: contact.number(), handles: handles.iter().map(stored_key).collect() }
        }
        Change::Noted { home, author, body } => {
            StoredChange::Noted { home: home.number(), author: author.number(), body: body.as_str().into() }
        }
        Change::Settings(change) => StoredChange::Settings(match change {
            SettingsEvent::ListCreated(list) => StoredSettingsEvent::ListCreated(stored_list(list)),
            SettingsEvent::ListDeleted(list) => StoredSettingsEvent::ListDeleted(list.number()),
            SettingsEvent::FieldCreated(field) => StoredSettingsEvent::FieldCreated(stored_field(field)),
            SettingsEvent::FieldDeleted(field) => StoredSettingsEvent::FieldDeleted(field.number()),
            SettingsEvent::TeammateSet(teammate) => StoredSettingsEvent::TeammateSet(stored_teammate(teammate)),
            SettingsEvent::ImportProgressed(import) => StoredSettingsEvent::ImportProgressed(stored_import(import)),
        }),
        Change::AccountSet { account, facts } => {
            StoredChange::AccountSet { account: account.number(), facts: stored_account_facts(facts) }
        }
        Change::AccountDeleted { account } => StoredChange::AccountDeleted { account: account.number() },
        Change::Received { message, conversation, channel, home, sender, subject, snippet, references } => {
            StoredChange::Received {
                message: message.number(),
                conversation: conversation.number(),
                channel: channel.number(),
                home: home.number(),
                sender: stored_handle(sender),
                subject: subject.as_str().into(),
                snippet: snippet.as_str().into(),
                references: references.iter().map(|text| text.as_str().into()).collect(),
            }
        }
    }
}

/// Parses the entry with this body.
pub fn to_entry(seq: Seq, at: Time, body: &str) -> Result<Entry, Error> {
    let stored: StoredEntry = read(body)?;
    let origin = match stored.origin {
        StoredOrigin::Api => Origin::Api,
        StoredOrigin::Import => Origin::Import,
        StoredOrigin::Message => Origin::Message,
        StoredOrigin::Person => Origin::Person,
        StoredOrigin::Teammate(teammate) => Origin::Teammate(teammate_id(teammate)?),
    };
    Ok(Entry { seq, at, origin, change: change(stored.change)? })
}

fn change(stored: StoredChange) -> Result<Change, Error> {
    Ok(match stored {
        StoredChange::Observed { home, text, handles, links, groups, custom, picture, owner, kept_apart } => {
            Change::Observed {
                home: contact_id(home)?,
                attributes: text.read(|text| contact::Text::from_stored(text.into_owned())),
                handles: handles.iter().map(handle).collect(),
                links: links.into_iter().map(link).collect(),
                groups: groups.into_iter().map(group).collect::<Result<_, _>>()?,
                custom: custom.into_iter().map(custom_value).collect(),
                picture: picture.map(|media_type| picture_type(&media_type)).transpose()?,
                owner: owner.map(teammate_id).transpose()?,
                kept_apart: kept_apart.map(Seq),
            }
        }
        StoredChange::Merged { kept, joined, because, newer_side } => Change::Merged {
            kept: contact_id(kept)?,
            joined: contact_id(joined)?,
            because: because.map(Seq),
            newer_side: newer_side.map(side),
        },
        StoredChange::Split { merge, kept, parted } => {
            Change::Split { merge: Seq(merge), kept: contact_id(kept)?, parted: contact_id(parted)? }
        }
        StoredChange::KeptApart { one, other } => {
            Change::KeptApart { one: contact_id(one)?, other: contact_id(other)? }
        }
        StoredChange::Shared { handle, shared } => Change::Shared { handle: key(&handle), shared },
        StoredChange::Removed { contact, handles, links, groups } => Change::Removed {
            contact: contact_id(contact)?,
            handles: handles.iter().map(key).collect(),
            links: links.into_iter().map(link).collect(),
            groups: groups.into_iter().map(group).collect::<Result<_, _>>()?,
        },
        StoredChange::Deleted { contact, handles } => {
            Change::Deleted { contact: contact_id(contact)?, handles: handles.iter().map(key).collect() }
        }
        StoredChange::Noted { home, author, body } => Change::Noted {
            home: contact_id(home)?,
            author: teammate_id(author)?,
            body: NoteBody::from_stored(body.into_owned()),
        },
        StoredChange::Settings(change) => Change::Settings(match change {
            StoredSettingsEvent::ListCreated(one) => SettingsEvent::ListCreated(list(one)?),
            StoredSettingsEvent::ListDeleted(list) => SettingsEvent::ListDeleted(list_id(list)?),
            StoredSettingsEvent::FieldCreated(one) => SettingsEvent::FieldCreated(field(one)?),
            StoredSettingsEvent::FieldDeleted(field) => SettingsEvent::FieldDeleted(field_id(field)?),
            StoredSettingsEvent::TeammateSet(one) => SettingsEvent::TeammateSet(teammate(one)?),
            StoredSettingsEvent::ImportProgressed(one) => SettingsEvent::ImportProgressed(import(one)?),
        }),
        StoredChange::AccountSet { account, facts } => {
            Change::AccountSet { account: account_id(account)?, facts: Box::new(account_facts(facts)) }
        }
        StoredChange::AccountDeleted { account } => Change::AccountDeleted { account: account_id(account)? },
        StoredChange::Received { message, conversation, channel, home, sender, subject, snippet, references } => {
            Change::Received {
                message: message_id(message)?,
                conversation: conversation_id(conversation)?,
                channel: channel_id(channel)?,
                home: contact_id(home)?,
                sender: handle(&sender),
                subject: subject.into_owned(),
                snippet: snippet.into_owned(),
                references: references.into_iter().map(Text::into_owned).collect(),
            }
        }
    })
}

/// The note that an entry holds, if it is one.
pub fn note(entry: Entry) -> Option<crate::Note> {
    let Change::Noted { author, body, .. } = entry.change else { return None };
    Some(crate::Note { seq: entry.seq, at: entry.at, author, body })
}
