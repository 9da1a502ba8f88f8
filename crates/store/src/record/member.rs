//! Contacts' own records.

use contact::{
    CustomName, CustomValue, Facts, Handle, Link, Member, MergedInto, PictureInfo, Seq, Side, SingleValues, Stamped,
    Time,
};
use serde::{Deserialize, Serialize};

use super::attribute::StoredAttributes;
use super::values::{
    StoredCustom, StoredGroup, StoredHandle, StoredSide, StoredValue, Text, contact_id, custom_value, group, handle,
    key, picture_type, read, side, stored_group, stored_handle, stored_key, stored_side, stored_value, teammate_id,
    written,
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
struct StoredRule {
    /// The entry that is the rule; splits were the first.
    split: u64,
    side: StoredSide,
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
    /// The media type; empty where it was taken away.
    #[serde(borrow)]
    media_type: Text<'a>,
    at: i64,
}

#[derive(Serialize, Deserialize)]
struct StoredMember<'a> {
    first: u64,
    created_at: i64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    members: Vec<u64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    rules: Vec<StoredRule>,
    #[serde(borrow, default, skip_serializing_if = "StoredAttributes::is_empty")]
    text: StoredAttributes<StoredText<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    message_name: Option<StoredText<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    handles: Vec<StampedHandle<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    shared: Vec<StoredHandle<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    links: Vec<StoredText<'a>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    groups: Vec<StampedGroup>,
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    custom: Vec<StampedCustom<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    picture: Option<StampedPicture<'a>>,
    /// Of a contact that was merged by somebody who said so: the side that was changed last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    newer_side: Option<StoredSide>,
}

/// A contact's body: all of its record that has no column of its own.
pub fn from_member(member: &Member) -> String {
    let facts = &member.facts;
    let single = &facts.single;
    let rule = |(split, side): &(Seq, Side)| StoredRule { split: split.0, side: stored_side(*side) };
    let custom = |(name, told): (&'_ CustomName, &'_ Stamped<Option<CustomValue>>)| StampedCustom {
        seq: told.seq.0,
        name: name.as_str().to_owned().into(),
        value: told.value.as_ref().map(stored_value),
    };
    let picture = |told: &Stamped<Option<PictureInfo>>| StampedPicture {
        seq: told.seq.0,
        media_type: told.value.map_or("", |info| info.kind.media_type()).into(),
        at: told.value.map_or(0, |info| info.at.millis()),
    };
    written(&StoredMember {
        first: member.first.0,
        created_at: member.created_at.millis(),
        members: member.members.iter().map(|id| id.number()).collect(),
        rules: member.rules.iter().map(rule).collect(),
        text: StoredAttributes::of(&single.attributes, |told| stored_text(told.seq, told.value.as_str())),
        message_name: single.message_name.as_ref().map(|told| stored_text(told.seq, told.value.as_str())),
        handles: facts.handles.iter().map(stamped_handle).collect(),
        shared: facts.shared.iter().map(stored_key).collect(),
        links: facts.links.iter().map(|told| stored_text(told.seq, told.value.as_str())).collect(),
        groups: facts
            .groups
            .iter()
            .map(|told| StampedGroup { seq: told.seq.0, group: stored_group(&told.value) })
            .collect(),
        custom: single.custom.iter().map(custom).collect(),
        picture: single.picture.as_ref().map(picture),
        newer_side: member.merged_into.and_then(|into| into.newer_side).map(stored_side),
    })
}

/// The columns that a contact's record has beside its body.
#[derive(Clone, Copy)]
pub struct MemberColumns {
    pub id: u64,
    pub changed: u64,
    pub changed_at: i64,
    /// The contact that it is part of, and the merge that made it so.
    pub merged_into: Option<(u64, u64)>,
    pub owner: Option<u64>,
}

/// The contact that has these columns and this body.
pub fn to_member(columns: MemberColumns, body: &str) -> Result<Member, Error> {
    let stored: StoredMember = read(body)?;
    let rule = |rule: StoredRule| (Seq(rule.split), side(rule.side));
    let stamped_picture = |told: StampedPicture| {
        let entry = Seq(told.seq);
        let info = |kind| PictureInfo { entry, kind, at: Time::from_millis(told.at) };
        Ok::<_, Error>(Stamped::new(entry, picture_type(&told.media_type)?.map(info)))
    };
    let stamped_group = |told: StampedGroup| Ok::<_, Error>(Stamped::new(Seq(told.seq), group(told.group)?));
    let stamped_custom = |told: StampedCustom| {
        let (name, value) = custom_value(StoredCustom { name: told.name, value: told.value });
        (name, Stamped::new(Seq(told.seq), value))
    };
    let stamped_handle = |told: StampedHandle| Stamped::new(Seq(told.seq), handle(&told.handle));
    let single = SingleValues {
        attributes: stored.text.read(|told| stamped(told, contact::Text::from_stored)),
        message_name: stored.message_name.map(|told| stamped(told, contact::Text::from_stored)),
        custom: stored.custom.into_iter().map(stamped_custom).collect(),
        picture: stored.picture.map(stamped_picture).transpose()?,
    };
    let facts = Facts {
        single,
        handles: stored.handles.into_iter().map(stamped_handle).collect(),
        shared: stored.shared.iter().map(key).collect(),
        links: stored.links.into_iter().map(|told| stamped(told, Link::from_stored)).collect(),
        groups: stored.groups.into_iter().map(stamped_group).collect::<Result<_, _>>()?,
    };
    let newer_side = stored.newer_side.map(side);
    let merged_into = columns
        .merged_into
        .map(|(into, merge)| Ok::<_, Error>(MergedInto { contact: contact_id(into)?, merge: Seq(merge), newer_side }));
    Ok(Member {
        id: contact_id(columns.id)?,
        first: Seq(stored.first),
        created_at: Time::from_millis(stored.created_at),
        changed: Seq(columns.changed),
        changed_at: Time::from_millis(columns.changed_at),
        merged_into: merged_into.transpose()?,
        owner: columns.owner.map(teammate_id).transpose()?,
        members: stored.members.into_iter().map(contact_id).collect::<Result<_, _>>()?,
        rules: stored.rules.into_iter().map(rule).collect(),
        facts,
    })
}

fn stamped_handle(told: &Stamped<Handle>) -> StampedHandle<'_> {
    StampedHandle { seq: told.seq.0, handle: stored_handle(&told.value) }
}

fn stored_text(seq: Seq, value: &str) -> StoredText<'_> {
    StoredText { seq: seq.0, value: value.into() }
}

fn stamped<T>(stored: StoredText, from_stored: impl Fn(String) -> T) -> Stamped<T> {
    Stamped::new(Seq(stored.seq), from_stored(stored.value.into_owned()))
}
