//! The stored form of records.

use contact::{
    CardProperty, Choice, CustomName, CustomValue, Facts, Handle, Join, Link, PictureInfo, Record, Seq, Side,
    SingleValues, Stamped, Time,
};
use serde::{Deserialize, Serialize};

use super::attribute::StoredAttributes;
use super::values::{
    StoredCustom, StoredGroup, StoredHandle, StoredRecordName, StoredSide, StoredValue, Text, contact_id, custom_value,
    group, handle, key, picture_type, read, record_name, side, stored_group, stored_handle, stored_key,
    stored_record_name, stored_side, stored_value, teammate_id, written,
};
use crate::error::Error;

#[derive(Serialize, Deserialize)]
struct StoredText<'a> {
    seq: u64,
    #[serde(borrow)]
    value: Text<'a>,
}

#[derive(Serialize, Deserialize)]
struct StampedHandle<'a> {
    seq: u64,
    #[serde(borrow)]
    handle: StoredHandle<'a>,
}

#[derive(Serialize, Deserialize)]
struct StoredSeparation {
    /// The entry that separates its sides.
    entry: u64,
    side: StoredSide,
}

#[derive(Serialize, Deserialize)]
struct StoredJoin {
    to: u64,
    entry: u64,
    /// For a merge by a person: the side that changed last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    newer_side: Option<StoredSide>,
    /// For a merge by a person: whether they named the contact whose id is kept.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    has_target: bool,
}

#[derive(Serialize, Deserialize)]
struct StampedGroup {
    seq: u64,
    group: StoredGroup,
}

#[derive(Serialize, Deserialize)]
struct StampedCustom<'a> {
    seq: u64,
    #[serde(borrow)]
    name: Text<'a>,
    value: Option<StoredValue>,
}

#[derive(Serialize, Deserialize)]
struct StampedPicture<'a> {
    seq: u64,
    /// The media type; empty if the picture was removed.
    #[serde(borrow)]
    media_type: Text<'a>,
    at: i64,
}

#[derive(Serialize, Deserialize)]
struct StoredRecord<'a> {
    first: u64,
    created_at: i64,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    name: Option<StoredRecordName<'a>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    others: Vec<u64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    joins: Vec<StoredJoin>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    separations: Vec<StoredSeparation>,
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    taken: Vec<StoredHandle<'a>>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    withdrawn: bool,
    #[serde(borrow, default, skip_serializing_if = "StoredAttributes::is_empty")]
    text: StoredAttributes<StoredText<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    message_name: Option<StoredText<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    handles: Vec<StampedHandle<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    common: Vec<StoredHandle<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    links: Vec<StoredText<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    properties: Vec<StoredText<'a>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    groups: Vec<StampedGroup>,
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    custom: Vec<StampedCustom<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    picture: Option<StampedPicture<'a>>,
}

/// Returns the body of a record: all that has no column of its own.
pub fn from_record(record: &Record) -> String {
    let facts = &record.facts;
    let single = &facts.single;
    let separation = |(entry, side): &(Seq, Side)| StoredSeparation { entry: entry.0, side: stored_side(*side) };
    let join = |join: &Join| StoredJoin {
        to: join.to.number(),
        entry: join.entry.0,
        newer_side: join.choice.map(|choice| stored_side(choice.newer_side)),
        has_target: join.choice.is_some_and(|choice| choice.has_target),
    };
    let custom = |(name, stamped): (&'_ CustomName, &'_ Stamped<Option<CustomValue>>)| StampedCustom {
        seq: stamped.seq.0,
        name: name.as_str().to_owned().into(),
        value: stamped.value.as_ref().map(stored_value),
    };
    let picture = |stamped: &Stamped<Option<PictureInfo>>| StampedPicture {
        seq: stamped.seq.0,
        media_type: stamped.value.map_or("", |info| info.kind.media_type()).into(),
        at: stamped.value.map_or(0, |info| info.at.millis()),
    };
    written(&StoredRecord {
        first: record.first.0,
        created_at: record.created_at.millis(),
        name: record.name.as_ref().map(stored_record_name),
        others: record.others.iter().map(|id| id.number()).collect(),
        joins: record.joins.iter().map(join).collect(),
        separations: record.separations.iter().map(separation).collect(),
        taken: record.taken.iter().map(stored_key).collect(),
        withdrawn: record.is_withdrawn,
        text: StoredAttributes::of(&single.attributes, |stamped| stored_text(stamped.seq, stamped.value.as_str())),
        message_name: single.message_name.as_ref().map(|stamped| stored_text(stamped.seq, stamped.value.as_str())),
        handles: facts.handles.iter().map(stamped_handle).collect(),
        common: facts.common.iter().map(stored_key).collect(),
        links: facts.links.iter().map(|stamped| stored_text(stamped.seq, stamped.value.as_str())).collect(),
        properties: facts.properties.iter().map(|stamped| stored_text(stamped.seq, stamped.value.as_str())).collect(),
        groups: facts
            .groups
            .iter()
            .map(|stamped| StampedGroup { seq: stamped.seq.0, group: stored_group(&stamped.value) })
            .collect(),
        custom: single.custom.iter().map(custom).collect(),
        picture: single.picture.as_ref().map(picture),
    })
}

/// The columns of a record besides its body.
#[derive(Clone, Copy)]
pub struct RecordColumns {
    /// Its number.
    pub id: u64,
    /// The last entry that changed its contact, if the contact bears its id.
    pub changed: u64,
    /// The time of that entry, in milliseconds.
    pub changed_at: i64,
    /// The contact that it is part of.
    pub contact: u64,
    /// The number of the teammate whose private contact it is; none for the whole company's.
    pub owner: Option<u64>,
}

/// Parses the record with these columns and this body.
///
/// # Errors
///
/// [`Error::Damaged`] if the stored record cannot be read.
pub fn to_record(columns: RecordColumns, body: &str) -> Result<Record, Error> {
    let stored: StoredRecord = read(body)?;
    let separation = |stored: StoredSeparation| (Seq(stored.entry), side(stored.side));
    let join = |stored: StoredJoin| {
        let StoredJoin { to, entry, newer_side, has_target } = stored;
        let choice = newer_side.map(|newer_side| Choice { newer_side: side(newer_side), has_target });
        Ok::<_, Error>(Join { to: contact_id(to)?, entry: Seq(entry), choice })
    };
    let stamped_picture = |stamped: StampedPicture| {
        let entry = Seq(stamped.seq);
        let info = |kind| PictureInfo { entry, kind, at: Time::from_millis(stamped.at) };
        Ok::<_, Error>(Stamped::new(entry, picture_type(&stamped.media_type)?.map(info)))
    };
    let stamped_group = |stamped: StampedGroup| Ok::<_, Error>(Stamped::new(Seq(stamped.seq), group(stamped.group)?));
    let stamped_custom = |stamped: StampedCustom| {
        let (name, value) = custom_value(StoredCustom { name: stamped.name, value: stamped.value });
        (name, Stamped::new(Seq(stamped.seq), value))
    };
    let stamped_handle = |stamped: StampedHandle| Stamped::new(Seq(stamped.seq), handle(&stamped.handle));
    let single = SingleValues {
        attributes: stored.text.read(|text| stamped(text, contact::Text::from_stored)),
        message_name: stored.message_name.map(|text| stamped(text, contact::Text::from_stored)),
        custom: stored.custom.into_iter().map(stamped_custom).collect(),
        picture: stored.picture.map(stamped_picture).transpose()?,
    };
    let facts = Facts {
        single,
        handles: stored.handles.into_iter().map(stamped_handle).collect(),
        common: stored.common.iter().map(key).collect(),
        links: stored.links.into_iter().map(|text| stamped(text, Link::from_stored)).collect(),
        properties: stored.properties.into_iter().map(|text| stamped(text, CardProperty::from_stored)).collect(),
        groups: stored.groups.into_iter().map(stamped_group).collect::<Result<_, _>>()?,
    };
    Ok(Record {
        id: contact_id(columns.id)?,
        name: stored.name.map(record_name),
        first: Seq(stored.first),
        created_at: Time::from_millis(stored.created_at),
        contact: contact_id(columns.contact)?,
        others: stored.others.into_iter().map(contact_id).collect::<Result<_, _>>()?,
        changed: Seq(columns.changed),
        changed_at: Time::from_millis(columns.changed_at),
        owner: columns.owner.map(teammate_id).transpose()?,
        joins: stored.joins.into_iter().map(join).collect::<Result<_, _>>()?,
        separations: stored.separations.into_iter().map(separation).collect(),
        taken: stored.taken.iter().map(key).collect(),
        is_withdrawn: stored.withdrawn,
        facts,
    })
}

fn stamped_handle(stamped: &Stamped<Handle>) -> StampedHandle<'_> {
    StampedHandle { seq: stamped.seq.0, handle: stored_handle(&stamped.value) }
}

fn stored_text(seq: Seq, value: &str) -> StoredText<'_> {
    StoredText { seq: seq.0, value: value.into() }
}

fn stamped<T>(stored: StoredText, from_stored: impl Fn(String) -> T) -> Stamped<T> {
    Stamped::new(Seq(stored.seq), from_stored(stored.value.into_owned()))
}
