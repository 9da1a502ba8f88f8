//! Writing cards, in version 4.0.

use std::io::{self, Write};

use calcard::vcard::{
    VCard, VCardEntry, VCardParameter, VCardParameterName, VCardParameterValue, VCardProperty, VCardValue,
    VCardValueType, VCardVersion,
};
use contact::{Attribute, FieldTarget, Handle, Settings, Source, Text};
use data_encoding::BASE64;

use super::card::NO_LIST;
use super::{X_FIELD, X_HANDLE, X_LIST, X_SOURCE};
use crate::{Person, attribute, custom};

/// List names per property. So many never reach the most bytes of one.
const CATEGORIES_MAX: usize = 50;

/// A writer of cards.
pub struct CardWriter<W: Write> {
    output: W,
    settings: Settings,
}

impl<W: Write> CardWriter<W> {
    pub fn new(output: W, settings: &Settings) -> CardWriter<W> {
        CardWriter { output, settings: settings.clone() }
    }

    pub fn write(&mut self, person: &Person) -> io::Result<()> {
        let mut text = String::new();
        card(person, &self.settings).write_to(&mut text, VCardVersion::V4_0).map_err(io::Error::other)?;
        self.output.write_all(text.as_bytes())
    }

    pub fn finish(mut self) -> io::Result<W> {
        self.output.flush()?;
        Ok(self.output)
    }
}

fn card(person: &Person, settings: &Settings) -> VCard {
    // A card must have a name, which may be empty (RFC 6350, section 6.2.1).
    let is_written = |(attribute, text): &(Attribute, &Text)| *attribute == Attribute::Name || !text.is_empty();
    let attributes = person.attributes.iter().filter(is_written);
    let mut entries: Vec<VCardEntry> =
        attributes.map(|(attribute, text)| of_attribute(attribute, text.as_str())).collect();
    entries.extend(person.handles.iter().map(handle));
    entries.extend(person.links.iter().map(|link| entry(VCardProperty::Url, link.as_str())));
    lists(person, &mut entries);
    for (name, value) in person.custom.iter().filter(|(name, _)| settings.field(FieldTarget::Contact, name).is_some()) {
        let pair = serde_json::json!([name.as_str(), custom::to_json(value)]);
        entries.push(entry(other(X_FIELD), &pair.to_string()));
    }
    if let Some(picture) = &person.picture {
        let data = format!("data:{};base64,{}", picture.kind.media_type(), BASE64.encode(&picture.content));
        entries.push(entry(VCardProperty::Photo, &data));
    }
    VCard { entries }
}

fn of_attribute(attribute: Attribute, text: &str) -> VCardEntry {
    let mut entry = entry(attribute::property(attribute).1, text);
    if attribute == Attribute::Address {
        // The third of seven parts is the street (RFC 6350, section 6.3.1).
        let blank = || VCardValue::Text(String::new());
        entry.values.splice(..0, [blank(), blank()]);
        entry.values.extend([blank(), blank(), blank(), blank()]);
    }
    entry
}

fn handle(handle: &Handle) -> VCardEntry {
    let text = handle.text();
    match handle.key().source() {
        Source::Email => entry(VCardProperty::Email, text),
        Source::Phone => entry(VCardProperty::Tel, text),
        // RFC 9554, section 3.5.
        Source::Twitter => VCardEntry {
            params: vec![
                parameter(VCardParameterName::ServiceType, "Twitter"),
                VCardParameter::new(VCardParameterName::Value, VCardParameterValue::ValueType(VCardValueType::Text)),
            ],
            ..entry(VCardProperty::Socialprofile, text)
        },
        source => VCardEntry {
            params: vec![parameter(VCardParameterName::Other(X_SOURCE.into()), source.name())],
            ..entry(other(X_HANDLE), text)
        },
    }
}

/// Adds lists as categories, except those whose names would not survive.
fn lists(person: &Person, entries: &mut Vec<VCardEntry>) {
    for list in &person.lists {
        let name = list.as_str();
        let value = VCardValue::Text(name.to_owned());
        match entries.last_mut() {
            _ if !is_category(name) => entries.push(entry(other(X_LIST), name)),
            Some(last) if last.name == VCardProperty::Categories && last.values.len() < CATEGORIES_MAX => {
                last.values.push(value);
            }
            _ => entries.push(entry(VCardProperty::Categories, name)),
        }
    }
}

/// Whether a name survives as a category: readers trim what is between commas.
fn is_category(name: &str) -> bool {
    let is_space = |c: char| c.is_whitespace() || c.is_control();
    let mut before = None;
    let is_even = name.chars().all(|c| {
        let is_fine = !is_space(c) || c == ' ' && before != Some(' ');
        before = Some(c);
        is_fine
    });
    is_even && name != NO_LIST
}

fn entry(name: VCardProperty, value: &str) -> VCardEntry {
    VCardEntry { group: None, name, params: Vec::new(), values: vec![VCardValue::Text(value.to_owned())] }
}

fn other(name: &str) -> VCardProperty {
    VCardProperty::Other(name.to_owned())
}

fn parameter(name: VCardParameterName, value: &str) -> VCardParameter {
    VCardParameter::new(name, VCardParameterValue::Text(value.to_owned()))
}
