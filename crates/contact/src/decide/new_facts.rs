//! What an observation adds to a contact besides its handles.

use std::borrow::Cow;

use crate::attribute::{Attribute, Attributes};
use crate::custom::CustomName;
use crate::entry::Change;
use crate::facts::{SingleValues, Stamped};
use crate::handle::Handle;
use crate::id::ContactId;
use crate::observation::Observation;
use crate::origin::Origin;
use crate::record::Record;
use crate::record_name::{RecordId, RecordName};
use crate::text::Text;
use crate::time::Seq;
use crate::view::View;

/// The change that records the values and handles of an observation, about a record that is still to be filled in.
pub fn observed<'a>(
    observation: &Observation,
    record: RecordId,
    handles: impl IntoIterator<Item = &'a Handle>,
) -> Change {
    Change::Observed {
        record,
        name: observation.record.clone(),
        contact: record,
        joined_to: None,
        attributes: observation.attributes.clone(),
        handles: handles.into_iter().cloned().collect(),
        taken: Vec::new(),
        released: Vec::new(),
        links: observation.links.clone(),
        properties: observation.properties.clone(),
        groups: observation.groups.clone(),
        custom: observation.custom.clone(),
        picture: observation.picture.as_ref().map(|picture| picture.as_ref().map(|picture| picture.kind)),
        owner: observation.owner,
        kept_apart: None,
    }
}

/// The observation without the single values that one of these contacts already has, if it only fills gaps. Handles are
/// left out.
pub fn within_gaps<'a>(observation: &'a Observation, view: &View, owners: &[ContactId]) -> Cow<'a, Observation> {
    if !observation.only_fill_gaps {
        return Cow::Borrowed(observation);
    }
    let parts = || owners.iter().flat_map(|owner| view.whole(*owner)).map(|record| &record.facts.single);
    let is_gap = |has_value: &dyn Fn(&SingleValues) -> bool| !parts().any(has_value);
    let is_attribute_gap = |attribute| is_gap(&|single| single.attributes[attribute].is_some());
    let custom = observation.custom.iter().filter(|(name, _)| is_gap(&|single| single.custom.contains_key(name)));
    let given = |attribute| observation.attributes[attribute].as_ref().filter(|_| is_attribute_gap(attribute)).cloned();
    Cow::Owned(Observation {
        attributes: Attributes::from_fn(given),
        links: observation.links.clone(),
        properties: observation.properties.clone(),
        groups: observation.groups.clone(),
        custom: custom.cloned().collect(),
        picture: observation.picture.clone().filter(|_| is_gap(&|single| single.picture.is_some())),
        owner: observation.owner,
        ..Observation::from(observation.origin)
    })
}

/// The observation that replaces what a named record reported. If it only fills gaps, the picture of the record stays: the
/// view does not have its bytes, so every picture would count as new.
pub fn replacing<'a>(observation: &'a Observation, record: Option<&Record>) -> Cow<'a, Observation> {
    let has_picture = record.is_some_and(|record| record.facts.single.picture.is_some());
    if !(observation.only_fill_gaps && has_picture && observation.picture.is_some()) {
        return Cow::Borrowed(observation);
    }
    Cow::Owned(Observation { picture: None, ..observation.clone() })
}

/// Whether an observation says anything that the record does not report, or that its contact no longer shows.
pub fn changes_anything(observation: &Observation, handles: &[&Handle], view: &View, record: &Record) -> bool {
    let facts = &record.facts;
    let is_named = observation.record.as_ref().is_some_and(RecordName::is_given);
    let is_new_handle = |handle: &&Handle| {
        let known = facts.handles.iter().find(|known| known.value.key() == handle.key());
        let is_new_label =
            |known: &Stamped<Handle>| known.value.label() != handle.label() && (is_named || handle.label().is_some());
        known.map_or_else(|| !record.reports(handle.key()), is_new_label)
    };
    let is_new_value = if is_named { differs(observation, record) } else { is_news(observation, view, record) };
    is_new_value
        || handles.iter().any(is_new_handle)
        || observation.links.iter().any(|link| facts.links.iter().all(|known| known.value != *link))
        || observation.properties.iter().any(|one| facts.properties.iter().all(|known| known.value != *one))
        || observation.groups.iter().any(|group| facts.groups.iter().all(|known| known.value != *group))
        || observation.picture.is_some()
}

/// Whether the values of a named record differ from those that it reported before.
fn differs(observation: &Observation, record: &Record) -> bool {
    let single = &record.facts.single;
    let is_same = |(attribute, value): (Attribute, &Option<Text>)| {
        single.attributes[attribute].as_ref().map(|known| &known.value) == value.as_ref()
    };
    let known = |name: &CustomName| single.custom.get(name).map(|known| &known.value);
    !observation.attributes.iter().all(is_same)
        || record.facts.links.len() > observation.links.len()
        || record.facts.properties.len() > observation.properties.len()
        || record.facts.groups.len() > observation.groups.len()
        || single.custom.len() > observation.custom.len()
        || observation.custom.iter().any(|(name, value)| known(name) != Some(value))
}

/// Whether a value is not the latest of its contact, or not one that the record itself reports.
fn is_news(observation: &Observation, view: &View, record: &Record) -> bool {
    let here = &record.facts.single;
    let all = view.whole(record.contact);
    let parts = all.clone().map(|part| &part.facts.single);
    let chosen = last_choice(all);
    let is_new_attribute = |(attribute, value): (Attribute, &Text)| match (attribute, observation.origin) {
        (Attribute::Name, Origin::Message) => is_new_message_name(value, here, parts.clone(), chosen),
        (Attribute::Name, _) => is_new_name(value, here, parts.clone(), chosen),
        _ => is_new_text(attribute, value, here, parts.clone(), chosen),
    };
    observation.attributes.given().any(is_new_attribute)
        || observation.custom.iter().any(|(name, value)| {
            let others = parts.clone().filter_map(|other| other.custom.get(name));
            is_new(value, here.custom.get(name), others, chosen)
        })
}

/// The last merge within a contact that chose between different values; 0 if there is none.
///
/// The chosen value may be neither of the two, or the older one. So a report of either value after it is new.
fn last_choice<'a>(all: impl Iterator<Item = &'a Record>) -> Seq {
    let choosing = all.flat_map(|part| &part.joins).filter(|join| join.choice.is_some());
    choosing.map(|join| join.entry).max().unwrap_or_default()
}

/// Whether a value differs from the latest one, here or later in any part of the same contact.
fn is_new<'a, T: PartialEq + 'a>(
    value: &T,
    here: Option<&Stamped<T>>,
    mut everywhere: impl Iterator<Item = &'a Stamped<T>>,
    chosen: Seq,
) -> bool {
    here.is_none_or(|here| {
        here.value != *value || everywhere.any(|other| other.seq.max(chosen) > here.seq && other.value != *value)
    })
}

fn is_new_text<'a>(
    attribute: Attribute,
    text: &Text,
    here: &SingleValues,
    parts: impl Iterator<Item = &'a SingleValues>,
    chosen: Seq,
) -> bool {
    let others = parts.filter_map(|other| other.attributes[attribute].as_ref());
    is_new(text, here.attributes[attribute].as_ref(), others, chosen)
}

/// The same for a name: the empty one also clears the name of a later message.
fn is_new_name<'a>(
    name: &Text,
    here: &SingleValues,
    parts: impl Iterator<Item = &'a SingleValues> + Clone,
    chosen: Seq,
) -> bool {
    let latest = here.attributes[Attribute::Name].as_ref();
    let came_since = |message: &Stamped<Text>| latest.is_some_and(|latest| message.seq.max(chosen) > latest.seq);
    is_new_text(Attribute::Name, name, here, parts.clone(), chosen)
        || name.is_empty() && parts.filter_map(|other| other.message_name.as_ref()).any(came_since)
}

/// The same for the name of a message, which a report may have cleared since.
fn is_new_message_name<'a>(
    name: &Text,
    here: &SingleValues,
    parts: impl Iterator<Item = &'a SingleValues> + Clone,
    chosen: Seq,
) -> bool {
    let latest = here.message_name.as_ref();
    let cleared_since =
        |name: &Stamped<Text>| name.value.is_empty() && latest.is_some_and(|latest| name.seq.max(chosen) > latest.seq);
    is_new(name, latest, parts.clone().filter_map(|other| other.message_name.as_ref()), chosen)
        || parts.filter_map(|other| other.attributes[Attribute::Name].as_ref()).any(cleared_since)
}
