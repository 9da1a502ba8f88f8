//! The values that stored records share: handles, groups, ids, custom values.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

use contact::{
    AccountId, ChannelId, CompanyId, ContactId, ConversationId, CustomName, CustomValue, FieldId, Group, Handle,
    HandleKey, HandleStatus, Link, ListId, MessageId, PictureType, RecordName, Side, SignatureKey, Source, TeammateId,
};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::Error;

/// The initial capacity for a record, enough for most.
const USUAL_BYTES: usize = 512;

/// A text, borrowed from the JSON if it has no escapes.
#[derive(Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Text<'a>(#[serde(borrow)] pub(super) Cow<'a, str>);

impl Text<'_> {
    pub(super) fn into_owned(self) -> String {
        self.0.into_owned()
    }
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Text<'a> {
        Text(text.into())
    }
}

impl From<String> for Text<'_> {
    fn from(text: String) -> Self {
        Text(text.into())
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct StoredHandle<'a> {
    pub(super) source: StoredSource,
    #[serde(borrow)]
    pub(super) key: Text<'a>,
    /// The text that is shown, if it differs from the key.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub(super) text: Option<Text<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub(super) label: Option<Text<'a>>,
}

/// A source, by its name.
#[derive(Clone, Copy)]
pub(super) struct StoredSource(pub(super) Source);

impl Serialize for StoredSource {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.name())
    }
}

impl<'de> Deserialize<'de> for StoredSource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<StoredSource, D::Error> {
        deserializer.deserialize_str(SourceName)
    }
}

struct SourceName;

impl Visitor<'_> for SourceName {
    type Value = StoredSource;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a source")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<StoredSource, E> {
        name.parse().map(StoredSource).map_err(E::custom)
    }
}

/// A value of a custom field as the JSON value of its type.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum StoredValue {
    Bool(bool),
    Number(serde_json::Number),
    Text(String),
}

#[derive(Serialize, Deserialize)]
pub(super) struct StoredCustom<'a> {
    #[serde(borrow)]
    pub(super) name: Text<'a>,
    pub(super) value: Option<StoredValue>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum StoredGroup {
    List(u64),
    Account(u64),
}

/// The name of a record.
#[derive(Serialize, Deserialize)]
pub(super) struct StoredRecordName<'a> {
    #[serde(borrow)]
    system: Text<'a>,
    #[serde(borrow)]
    id: Text<'a>,
}

pub(super) fn stored_record_name(name: &RecordName) -> StoredRecordName<'_> {
    StoredRecordName { system: name.system().into(), id: name.id().into() }
}

pub(super) fn record_name(stored: StoredRecordName) -> RecordName {
    RecordName::from_stored(stored.system.into_owned(), stored.id.into_owned())
}

/// The number of a handle's status, as in the table of handles.
pub fn from_handle_status(status: HandleStatus) -> u8 {
    match status {
        HandleStatus::Plain => 0,
        HandleStatus::SharedByEvidence => 1,
        HandleStatus::Shared => 2,
        HandleStatus::Blocked => 3,
        HandleStatus::Personal => 4,
    }
}

/// The status of a handle with a number.
///
/// # Errors
///
/// [`Error::Damaged`] if the stored record cannot be read.
pub fn to_handle_status(number: u8) -> Result<HandleStatus, Error> {
    let status = HandleStatus::ALL.into_iter().find(|status| from_handle_status(*status) == number);
    status.ok_or_else(|| damaged(format!("invalid status of a handle: {number}")))
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum StoredSide {
    Kept,
    Parted,
}

pub(super) fn stored_side(side: Side) -> StoredSide {
    match side {
        Side::Kept => StoredSide::Kept,
        Side::Parted => StoredSide::Parted,
    }
}

pub(super) fn side(stored: StoredSide) -> Side {
    match stored {
        StoredSide::Kept => Side::Kept,
        StoredSide::Parted => Side::Parted,
    }
}

pub(super) fn stored_group(group: &Group) -> StoredGroup {
    match group {
        Group::List(list) => StoredGroup::List(list.number()),
        Group::Account(account) => StoredGroup::Account(account.number()),
    }
}

pub(super) fn group(stored: StoredGroup) -> Result<Group, Error> {
    Ok(match stored {
        StoredGroup::List(list) => Group::List(list_id(list)?),
        StoredGroup::Account(account) => Group::Account(account_id(account)?),
    })
}

/// The kind and the number of a group, as in the table of memberships.
pub fn from_group(group: Group) -> (&'static str, u64) {
    match group {
        Group::List(list) => ("list", list.number()),
        Group::Account(account) => ("account", account.number()),
    }
}

/// The group with a kind and a number.
///
/// # Errors
///
/// [`Error::Damaged`] if the stored record cannot be read.
pub fn to_group(kind: &str, number: u64) -> Result<Group, Error> {
    match kind {
        "list" => Ok(Group::List(list_id(number)?)),
        "account" => Ok(Group::Account(account_id(number)?)),
        _ => Err(damaged(format!("invalid kind of group: {kind}"))),
    }
}

pub(super) fn stored_value(value: &CustomValue) -> StoredValue {
    match value {
        CustomValue::Bool(truth) => StoredValue::Bool(*truth),
        CustomValue::Text(text) => StoredValue::Text(text.clone()),
        // A stored number was parsed before, so the fallback is never used.
        CustomValue::Number(text) => text.parse().map_or_else(|_| StoredValue::Text(text.clone()), StoredValue::Number),
    }
}

pub(super) fn stored_custom<'a>(name: &'a CustomName, value: Option<&CustomValue>) -> StoredCustom<'a> {
    StoredCustom { name: name.as_str().into(), value: value.map(stored_value) }
}

pub(super) fn custom_value(stored: StoredCustom) -> (CustomName, Option<CustomValue>) {
    let value = stored.value.map(|value| match value {
        StoredValue::Bool(truth) => CustomValue::Bool(truth),
        StoredValue::Number(number) => CustomValue::Number(number.to_string()),
        StoredValue::Text(text) => CustomValue::Text(text),
    });
    (CustomName::from_stored(stored.name.into_owned()), value)
}

/// The type of picture with a media type; none if the media type is empty.
pub(super) fn picture_type(media_type: &str) -> Result<Option<PictureType>, Error> {
    if media_type.is_empty() {
        return Ok(None);
    }
    let kind = PictureType::from_media_type(media_type);
    kind.map(Some).ok_or_else(|| damaged(format!("invalid media type of a picture: {media_type}")))
}

/// The type of a stored picture.
///
/// # Errors
///
/// [`Error::Damaged`] if the stored record cannot be read.
pub fn to_picture_type(media_type: &str) -> Result<PictureType, Error> {
    picture_type(media_type)?.ok_or_else(|| damaged("a picture has no media type"))
}

/// The list with a stored number.
///
/// # Errors
///
/// [`Error::Damaged`] if the stored record cannot be read.
pub fn list_id(number: u64) -> Result<ListId, Error> {
    ListId::from_number(number).ok_or_else(|| damaged(format!("invalid list number: {number}")))
}

/// The account with a stored number.
///
/// # Errors
///
/// [`Error::Damaged`] if the stored record cannot be read.
pub fn account_id(number: u64) -> Result<AccountId, Error> {
    AccountId::from_number(number).ok_or_else(|| damaged(format!("invalid account number: {number}")))
}

/// The custom field with a stored number.
pub(super) fn field_id(number: u64) -> Result<FieldId, Error> {
    FieldId::from_number(number).ok_or_else(|| damaged(format!("invalid custom field number: {number}")))
}

/// The teammate with a stored number.
///
/// # Errors
///
/// [`Error::Damaged`] if the stored record cannot be read.
pub fn teammate_id(number: u64) -> Result<TeammateId, Error> {
    TeammateId::from_number(number).ok_or_else(|| damaged(format!("invalid teammate number: {number}")))
}

/// The company with a stored number.
///
/// # Errors
///
/// [`Error::Damaged`] if the stored record cannot be read.
pub fn company_id(number: u32) -> Result<CompanyId, Error> {
    CompanyId::new(number).ok_or_else(|| Error::Damaged(format!("invalid company number: {number}")))
}

/// The contact with a stored number.
///
/// # Errors
///
/// [`Error::Damaged`] if the stored record cannot be read.
pub fn contact_id(number: u64) -> Result<ContactId, Error> {
    ContactId::from_number(number).ok_or_else(|| Error::Damaged(format!("invalid contact number: {number}")))
}

/// The conversation with a stored number.
///
/// # Errors
///
/// [`Error::Damaged`] if the stored record cannot be read.
pub fn conversation_id(number: u64) -> Result<ConversationId, Error> {
    ConversationId::from_number(number).ok_or_else(|| damaged(format!("invalid conversation number: {number}")))
}

/// The message with a stored number.
///
/// # Errors
///
/// [`Error::Damaged`] if the stored record cannot be read.
pub fn message_id(number: u64) -> Result<MessageId, Error> {
    MessageId::from_number(number).ok_or_else(|| damaged(format!("invalid message number: {number}")))
}

/// The channel with a stored number.
///
/// # Errors
///
/// [`Error::Damaged`] if the stored record cannot be read.
pub fn channel_id(number: u64) -> Result<ChannelId, Error> {
    ChannelId::from_number(number).ok_or_else(|| damaged(format!("invalid channel number: {number}")))
}

/// What verifies signatures, as stored.
///
/// # Errors
///
/// [`Error::Damaged`] if it cannot be read.
pub fn to_signature_key(text: &str) -> Result<SignatureKey, Error> {
    text.parse().map_err(|_| damaged("invalid signature key"))
}

/// The source with a stored name.
///
/// # Errors
///
/// [`Error::Damaged`] if the stored record cannot be read.
pub fn source(name: &str) -> Result<Source, Error> {
    name.parse().map_err(damaged)
}

pub(super) fn stored_handle(handle: &Handle) -> StoredHandle<'_> {
    let text = (handle.text() != handle.key().as_str()).then(|| handle.text().into());
    let label = handle.label().map(|label| label.as_str().into());
    StoredHandle { text, label, ..stored_key(handle.key()) }
}

pub(super) fn stored_key(key: &HandleKey) -> StoredHandle<'_> {
    StoredHandle { source: StoredSource(key.source()), key: key.as_str().into(), text: None, label: None }
}

pub(super) fn handle(stored: &StoredHandle) -> Handle {
    let key = key(stored);
    let handle = match &stored.text {
        Some(text) => Handle::from_stored(key, text),
        None => Handle::from(key),
    };
    match &stored.label {
        Some(label) => handle.with_label(Some(contact::Text::from_stored(label.to_string()))),
        None => handle,
    }
}

pub(super) fn key(stored: &StoredHandle) -> HandleKey {
    HandleKey::from_stored(stored.source.0, &stored.key)
}

pub(super) fn link(text: Text) -> Link {
    Link::from_stored(text.into_owned())
}

pub(super) fn written(record: &impl Serialize) -> String {
    let mut text = Vec::with_capacity(USUAL_BYTES);
    serde_json::to_writer(&mut text, record).expect("texts and numbers can always be written as JSON");
    String::from_utf8(text).expect("JSON is UTF-8")
}

pub(super) fn read<'a, T: Deserialize<'a>>(body: &'a str) -> Result<T, Error> {
    // The message of an error may quote the record, which is personal data. Errors go into the log.
    let invalid =
        |error: serde_json::Error| damaged(format!("{:?} error at byte {}", error.classify(), error.column()));
    serde_json::from_str(body).map_err(invalid)
}

pub(super) fn damaged(error: impl std::fmt::Display) -> Error {
    Error::Damaged(error.to_string())
}
