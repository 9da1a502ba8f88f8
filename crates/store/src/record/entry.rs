//! The stored form of journal entries.

use contact::{
    CardProperty, Change, Choice, ContactId, Entry, HandleStatus, ImportId, ImportRow, NoteBody, Origin, PictureType,
    Released, Seq, SettingsEvent, TeammateId, Time, TokenId,
};
use serde::{Deserialize, Serialize};

use super::account::{StoredAccountFacts, account_facts, stored_account_facts};
use super::attribute::StoredAttributes;
use super::settings::{
    StoredSettingsEvent, field, guards, import, list, stored_field, stored_guards, stored_import, stored_list,
    stored_teammate, teammate,
};
use super::values::{
    StoredCustom, StoredGroup, StoredHandle, StoredRecordName, StoredSide, Text, account_id, channel_id, contact_id,
    conversation_id, custom_value, field_id, group, handle, key, link, list_id, message_id, picture_type, read,
    record_name, side, stored_custom, stored_group, stored_handle, stored_key, stored_record_name, stored_side,
    teammate_id, written,
};
use crate::error::Error;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StoredOrigin {
    Api,
    Token(u64),
    Import,
    Row(u64, u64),
    Message,
    Person,
    Teammate(u64),
}

#[derive(Serialize, Deserialize)]
struct StoredReleased<'a> {
    #[serde(borrow)]
    handle: StoredHandle<'a>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    next: Option<u64>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StoredHandleStatus {
    Plain,
    SharedByEvidence,
    Shared,
    Blocked,
    Personal,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(clippy::large_enum_variant, reason = "as for `Change`")]
enum StoredChange<'a> {
    Observed {
        record: u64,
        #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
        name: Option<StoredRecordName<'a>>,
        /// The contact of the record, unless it bears the record's id.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        contact: Option<u64>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        joined_to: Option<u64>,
        #[serde(borrow, default, skip_serializing_if = "StoredAttributes::is_empty")]
        text: StoredAttributes<Text<'a>>,
        #[serde(borrow)]
        handles: Vec<StoredHandle<'a>>,
        #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
        taken: Vec<StoredHandle<'a>>,
        #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
        released: Vec<StoredReleased<'a>>,
        #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
        links: Vec<Text<'a>>,
        #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
        properties: Vec<Text<'a>>,
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
    Withdrawn {
        record: u64,
        contact: u64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        heir: Option<u64>,
        #[serde(borrow)]
        released: Vec<StoredReleased<'a>>,
    },
    Merged {
        kept: u64,
        joined: u64,
        /// The records of the joined contact, if it has others than that which bears its id.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        records: Vec<u64>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        because: Option<u64>,
        /// For a merge by a person: the side that changed last.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        newer_side: Option<StoredSide>,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        has_target: bool,
    },
    Regrouped {
        contact: u64,
        records: Vec<u64>,
        before: Vec<u64>,
    },
    Split {
        contact: u64,
        records: Vec<u64>,
    },
    KeptApart {
        one: u64,
        other: u64,
    },
    HandleMarked {
        #[serde(borrow)]
        handle: StoredHandle<'a>,
        status: StoredHandleStatus,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        contacts: Vec<u64>,
    },
    Removed {
        contact: u64,
        #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
        released: Vec<StoredReleased<'a>>,
        #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
        links: Vec<Text<'a>>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        groups: Vec<StoredGroup>,
    },
    Deleted {
        contact: u64,
        #[serde(borrow)]
        released: Vec<StoredReleased<'a>>,
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
        Origin::Api(None) => StoredOrigin::Api,
        Origin::Api(Some(token)) => StoredOrigin::Token(token.0),
        Origin::Import(None) => StoredOrigin::Import,
        Origin::Import(Some(ImportRow { import, line })) => StoredOrigin::Row(import.0, line),
        Origin::Message => StoredOrigin::Message,
        Origin::Person => StoredOrigin::Person,
        Origin::Teammate(teammate) => StoredOrigin::Teammate(teammate.number()),
    };
    written(&StoredEntry { origin, change: stored_change(&entry.change) })
}

fn stored_change(change: &Change) -> StoredChange<'_> {
    match change {
        Change::Observed {
            record,
            name,
            contact,
            joined_to,
            attributes,
            handles,
            taken,
            released,
            links,
            properties,
            groups,
            custom,
            picture,
            owner,
            kept_apart,
        } => StoredChange::Observed {
            record: record.number(),
            name: name.as_ref().map(stored_record_name),
            contact: Some(contact).filter(|contact| *contact != record).map(|contact| contact.number()),
            joined_to: joined_to.map(ContactId::number),
            text: StoredAttributes::of(attributes, |text| text.as_str().into()),
            handles: handles.iter().map(stored_handle).collect(),
            taken: taken.iter().map(stored_key).collect(),
            released: released.iter().map(stored_released).collect(),
            links: links.iter().map(|link| link.as_str().into()).collect(),
            properties: properties.iter().map(|property| property.as_str().into()).collect(),
            groups: groups.iter().map(stored_group).collect(),
            custom: custom.iter().map(|(name, value)| stored_custom(name, value.as_ref())).collect(),
            picture: picture.map(|kind| kind.map_or("", PictureType::media_type).into()),
            owner: owner.map(TeammateId::number),
            kept_apart: kept_apart.map(|seq| seq.0),
        },
        Change::Withdrawn { record, contact, heir, released } => StoredChange::Withdrawn {
            record: record.number(),
            contact: contact.number(),
            heir: heir.map(ContactId::number),
            released: released.iter().map(stored_released).collect(),
        },
        Change::Merged { kept, joined, records, because, choice } => StoredChange::Merged {
            kept: kept.number(),
            joined: joined.number(),
            records: if records[..] == [*joined] { Vec::new() } else { numbers(records) },
            because: because.map(|seq| seq.0),
            newer_side: choice.map(|choice| stored_side(choice.newer_side)),
            has_target: choice.is_some_and(|choice| choice.has_target),
        },
        Change::Regrouped { contact, records, before } => {
            StoredChange::Regrouped { contact: contact.number(), records: numbers(records), before: numbers(before) }
        }
        Change::Split { contact, records } => {
            StoredChange::Split { contact: contact.number(), records: numbers(records) }
        }
        Change::KeptApart { one, other } => StoredChange::KeptApart { one: one.number(), other: other.number() },
        Change::HandleMarked { handle, status, contacts } => StoredChange::HandleMarked {
            handle: stored_key(handle),
            status: stored_status(*status),
            contacts: numbers(contacts),
        },
        Change::Removed { contact, released, links, groups } => StoredChange::Removed {
            contact: contact.number(),
            released: released.iter().map(stored_released).collect(),
            links: links.iter().map(|link| link.as_str().into()).collect(),
            groups: groups.iter().map(stored_group).collect(),
        },
        Change::Deleted { contact, released } => StoredChange::Deleted {
            contact: contact.number(),
            released: released.iter().map(stored_released).collect(),
        },
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
            SettingsEvent::GuardsSet(guards) => StoredSettingsEvent::GuardsSet(stored_guards(*guards)),
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
///
/// # Errors
///
/// [`Error::Damaged`] if the stored record cannot be read.
pub fn to_entry(seq: Seq, at: Time, body: &str) -> Result<Entry, Error> {
    let stored: StoredEntry = read(body)?;
    let origin = match stored.origin {
        StoredOrigin::Api => Origin::Api(None),
        StoredOrigin::Token(token) => Origin::Api(Some(TokenId(token))),
        StoredOrigin::Import => Origin::Import(None),
        StoredOrigin::Row(import, line) => Origin::Import(Some(ImportRow { import: ImportId(import), line })),
        StoredOrigin::Message => Origin::Message,
        StoredOrigin::Person => Origin::Person,
        StoredOrigin::Teammate(teammate) => Origin::Teammate(teammate_id(teammate)?),
    };
    Ok(Entry { seq, at, origin, change: change(stored.change)? })
}

fn change(stored: StoredChange) -> Result<Change, Error> {
    Ok(match stored {
        StoredChange::Observed {
            record,
            name,
            contact,
            joined_to,
            text,
            handles,
            taken,
            released: gone,
            links,
            properties,
            groups,
            custom,
            picture,
            owner,
            kept_apart,
        } => Change::Observed {
            record: contact_id(record)?,
            name: name.map(record_name),
            contact: contact_id(contact.unwrap_or(record))?,
            joined_to: joined_to.map(contact_id).transpose()?,
            attributes: text.read(|text| contact::Text::from_stored(text.into_owned())),
            handles: handles.iter().map(handle).collect(),
            taken: taken.iter().map(key).collect(),
            released: released(&gone)?,
            links: links.into_iter().map(link).collect(),
            properties: properties.into_iter().map(|text| CardProperty::from_stored(text.into_owned())).collect(),
            groups: groups.into_iter().map(group).collect::<Result<_, _>>()?,
            custom: custom.into_iter().map(custom_value).collect(),
            picture: picture.map(|media_type| picture_type(&media_type)).transpose()?,
            owner: owner.map(teammate_id).transpose()?,
            kept_apart: kept_apart.map(Seq),
        },
        StoredChange::Withdrawn { record, contact, heir, released: gone } => Change::Withdrawn {
            record: contact_id(record)?,
            contact: contact_id(contact)?,
            heir: heir.map(contact_id).transpose()?,
            released: released(&gone)?,
        },
        StoredChange::Merged { kept, joined, records, because, newer_side, has_target } => Change::Merged {
            kept: contact_id(kept)?,
            joined: contact_id(joined)?,
            records: if records.is_empty() { vec![contact_id(joined)?] } else { ids(records)? },
            because: because.map(Seq),
            choice: newer_side.map(|newer_side| Choice { newer_side: side(newer_side), has_target }),
        },
        StoredChange::Regrouped { contact, records, before } => {
            Change::Regrouped { contact: contact_id(contact)?, records: ids(records)?, before: ids(before)? }
        }
        StoredChange::Split { contact, records } => {
            Change::Split { contact: contact_id(contact)?, records: ids(records)? }
        }
        StoredChange::KeptApart { one, other } => {
            Change::KeptApart { one: contact_id(one)?, other: contact_id(other)? }
        }
        StoredChange::HandleMarked { handle, status, contacts } => {
            Change::HandleMarked { handle: key(&handle), status: handle_status(status), contacts: ids(contacts)? }
        }
        StoredChange::Removed { contact, released: gone, links, groups } => Change::Removed {
            contact: contact_id(contact)?,
            released: released(&gone)?,
            links: links.into_iter().map(link).collect(),
            groups: groups.into_iter().map(group).collect::<Result<_, _>>()?,
        },
        StoredChange::Deleted { contact, released: gone } => {
            Change::Deleted { contact: contact_id(contact)?, released: released(&gone)? }
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
            StoredSettingsEvent::ImportProgressed(one) => SettingsEvent::ImportProgressed(import(one)),
            StoredSettingsEvent::GuardsSet(one) => SettingsEvent::GuardsSet(guards(one)),
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

fn numbers(ids: &[ContactId]) -> Vec<u64> {
    ids.iter().map(|id| id.number()).collect()
}

fn ids(numbers: Vec<u64>) -> Result<Vec<ContactId>, Error> {
    numbers.into_iter().map(contact_id).collect()
}

fn stored_released(released: &Released) -> StoredReleased<'_> {
    StoredReleased { handle: stored_key(&released.handle), next: released.next.map(ContactId::number) }
}

fn released(stored: &[StoredReleased]) -> Result<Vec<Released>, Error> {
    let released = |stored: &StoredReleased| {
        Ok(Released { handle: key(&stored.handle), next: stored.next.map(contact_id).transpose()? })
    };
    stored.iter().map(released).collect()
}

fn stored_status(status: HandleStatus) -> StoredHandleStatus {
    match status {
        HandleStatus::Plain => StoredHandleStatus::Plain,
        HandleStatus::SharedByEvidence => StoredHandleStatus::SharedByEvidence,
        HandleStatus::Shared => StoredHandleStatus::Shared,
        HandleStatus::Blocked => StoredHandleStatus::Blocked,
        HandleStatus::Personal => StoredHandleStatus::Personal,
    }
}

fn handle_status(stored: StoredHandleStatus) -> HandleStatus {
    match stored {
        StoredHandleStatus::Plain => HandleStatus::Plain,
        StoredHandleStatus::SharedByEvidence => HandleStatus::SharedByEvidence,
        StoredHandleStatus::Shared => HandleStatus::Shared,
        StoredHandleStatus::Blocked => HandleStatus::Blocked,
        StoredHandleStatus::Personal => HandleStatus::Personal,
    }
}

/// The note that an entry holds, if it is one.
pub fn note(entry: Entry) -> Option<crate::Note> {
    let Change::Noted { author, body, .. } = entry.change else { return None };
    Some(crate::Note { seq: entry.seq, at: entry.at, author, body })
}
