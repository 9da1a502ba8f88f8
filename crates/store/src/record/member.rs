//! The stored form of contacts.

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
    /// The entry that made the rule: a split or a decision to keep two contacts apart.
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
    /// The media type; empty if the picture was removed.
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
    /// For a contact merged on request: the side that was changed last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    newer_side: Option<StoredSide>,
}

/// Returns the body of a contact: all of its record without columns of their own.
pub fn from_member(member: &Member) -> String {
    let facts = &member.facts;
    let single = &facts.single;
    let rule = |(split, side): &(Seq, Side)| StoredRule { split: split.0, side: stored_side(*side) };
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
    written(&StoredMember {
        first: member.first.0,
        created_at: member.created_at.millis(),
        members: member.members.iter().map(|id| id.number()).collect(),
        rules: member.rules.iter().map(rule).collect(),
        text: StoredAttributes::of(&single.attributes, |stamped| stored_text(stamped.seq, stamped.value.as_str())),
        message_name: single.message_name.as_ref().map(|stamped| stored_text(stamped.seq, stamped.value.as_str())),
        handles: facts.handles.iter().map(stamped_handle).collect(),
        shared: facts.shared.iter().map(stored_key).collect(),
        links: facts.links.iter().map(|stamped| stored_text(stamped.seq, stamped.value.as_str())).collect(),
        groups: facts
            .groups
            .iter()
            .map(|stamped| StampedGroup { seq: stamped.seq.0, group: stored_group(&stamped.value) })
            .collect(),
        custom: single.custom.iter().map(custom).collect(),
        picture: single.picture.as_ref().map(picture),
        newer_side: member.merged_into.and_then(|into| into.newer_side).map(stored_side),
    })
}

/// The columns of a contact's record besides its body.
#[derive(Clone, Copy)]
pub struct MemberColumns {
    /// The number of the contact.
    pub id: u64,
    /// The last entry that changed it.
    pub changed: u64,
    /// The time of that entry, in milliseconds.
    pub changed_at: i64,
    /// The contact that it is merged into, and the entry of the merge.
    pub merged_into: Option<(u64, u64)>,
    /// The number of the teammate whose private contact it is; none for the whole company's.
    pub owner: Option<u64>,
}

/// Parses the contact with these columns and this body.
pub fn to_member(columns: MemberColumns, body: &str) -> Result<Member, Error> {
    let stored: StoredMember = read(body)?;
    let rule = |rule: StoredRule| (Seq(rule.split), side(rule.side));
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
        shared: stored.shared.iter().map(key).collect(),
        links: stored.links.into_iter().map(|text| stamped(text, Link::from_stored)).collect(),
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

fn stamped_handle(stamped: &Stamped<Handle>) -> StampedHandle<'_> {
    StampedHandle { seq: stamped.seq.0, handle: stored_handle(&stamped.value) }
}

fn stored_text(seq: Seq, value: &str) -> StoredText<'_> {
    StoredText { seq: seq.0, value: value.into() }
}

fn stamped<T>(stored: StoredText, from_stored: impl Fn(String) -> T) -> Stamped<T> {
    Stamped::new(Seq(stored.seq), from_stored(stored.value.into_owned()))
}
