//! Writing cards, in version 3.0 or 4.0.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::io::{self, Write};

use calcard::common::Data;
use calcard::vcard::{
    VCardEntry, VCardParameter, VCardParameterName, VCardParameterValue, VCardProperty, VCardValue, VCardValueType,
    VCardVersion,
};
use contact::{Attribute, CardProperty, FieldTarget, Handle, Settings, Source};
use data_encoding::BASE64;

use super::card::NO_LIST;
use super::original::{Original, is_in_attribute};
use super::{X_FIELD, X_HANDLE, X_LIST, X_SOURCE};
use crate::name::Parts;
use crate::{Person, attribute, custom};

/// List names per property. So many never reach the most bytes of one.
const CATEGORIES_MAX: usize = 50;
/// Most bytes of a line, without its end (RFC 6350, section 3.2).
const LINE_BYTES_MAX: usize = 75;
/// Labels that are types of vCard, with these types.
const TYPES: [(&str, &str); 3] = [("work", "work"), ("home", "home"), ("mobile", "cell")];

/// A writer of cards.
pub struct CardWriter<W: Write> {
    output: W,
    version: VCardVersion,
    settings: Settings,
}

impl<W: Write> CardWriter<W> {
    pub fn new(output: W, version: VCardVersion, settings: &Settings) -> CardWriter<W> {
        CardWriter { output, version, settings: settings.clone() }
    }

    pub fn write(&mut self, person: &Person) -> io::Result<()> {
        let text = Card::of(person, self.version, &self.settings).text().map_err(io::Error::other)?;
        self.output.write_all(text.as_bytes())
    }

    pub fn finish(mut self) -> io::Result<W> {
        self.output.flush()?;
        Ok(self.output)
    }
}

/// A card while it is written.
struct Card<'a> {
    version: VCardVersion,
    entries: Vec<Entry<'a>>,
    /// The groups that are in use, in upper case.
    groups: HashSet<String>,
}

/// A property of a card.
enum Entry<'a> {
    /// One that is composed of what is known.
    Composed(VCardEntry),
    /// One of another card, as it was there.
    Kept(&'a CardProperty),
}

impl<'a> Card<'a> {
    fn of(person: &'a Person, version: VCardVersion, settings: &Settings) -> Card<'a> {
        let mut card = Card { version, entries: Vec::new(), groups: HashSet::new() };
        card.groups.extend(person.properties.iter().flat_map(groups));
        let originals: Vec<Original> = person.properties.iter().filter_map(Original::of).collect();
        card.attributes(person, &originals);
        for handle in &person.handles {
            card.handle(handle);
        }
        for link in &person.links {
            card.add(entry(VCardProperty::Url, link.as_str()));
        }
        card.lists(person);
        let custom = person.custom.iter().filter(|(name, _)| settings.field(FieldTarget::Contact, name).is_some());
        for (name, value) in custom {
            let pair = serde_json::json!([name.as_str(), custom::to_json(value)]);
            card.add(entry(other(X_FIELD), &pair.to_string()));
        }
        card.picture(person);
        card.entries.extend(person.properties.iter().filter(|kept| !is_in_attribute(kept)).map(Entry::Kept));
        card
    }

    fn add(&mut self, entry: VCardEntry) {
        self.entries.push(Entry::Composed(entry));
    }

    fn attributes(&mut self, person: &Person, originals: &[Original<'a>]) {
        for (attribute, text) in person.attributes.iter() {
            let (property, text) = (attribute::property(attribute), text.as_str());
            let original = |text: &str| originals.iter().find(|one| one.name == property.0 && one.text == text);
            match attribute {
                // A card must have a name, which may be empty (RFC 6350, section 6.2.1).
                Attribute::Name => {
                    self.add(entry(property.1, text));
                    self.parts(text, originals);
                }
                _ if text.is_empty() => {}
                Attribute::Address => self.addresses(text, originals),
                _ => match original(text) {
                    Some(original) => self.entries.push(Entry::Kept(original.kept)),
                    None => self.add(entry(property.1, text)),
                },
            }
        }
    }

    /// Adds the parts of a name, which version 3.0 requires (RFC 2426, section 3.1.2).
    fn parts(&mut self, name: &str, originals: &[Original<'a>]) {
        match originals.iter().find(|one| one.name == "N" && one.parts.fit(name)) {
            Some(original) => self.entries.push(Entry::Kept(original.kept)),
            None if name.trim().is_empty() && self.version == VCardVersion::V4_0 => {}
            None => {
                let Parts { given, middle, family } = Parts::of(name);
                self.add(of_parts(VCardProperty::N, [family, given, middle, String::new(), String::new()]));
            }
        }
    }

    /// Adds the addresses in their order. Lines between those of other cards are one address.
    fn addresses(&mut self, text: &str, originals: &[Original<'a>]) {
        let mut own: Vec<&str> = Vec::new();
        for line in text.split('\n') {
            match originals.iter().find(|one| one.name == "ADR" && one.text == line) {
                Some(original) => {
                    self.address(&std::mem::take(&mut own));
                    self.entries.push(Entry::Kept(original.kept));
                }
                None => own.push(line),
            }
        }
        self.address(&own);
    }

    fn address(&mut self, lines: &[&str]) {
        if !lines.is_empty() {
            // The third of seven parts is the street (RFC 6350, section 6.3.1).
            let mut parts = [const { String::new() }; 7];
            parts[2] = lines.join("\n");
            self.add(of_parts(VCardProperty::Adr, parts));
        }
    }

    fn handle(&mut self, handle: &Handle) {
        let text = handle.text();
        let mut entry = match handle.key().source() {
            Source::Email => entry(VCardProperty::Email, text),
            Source::Phone => entry(VCardProperty::Tel, text),
            Source::Twitter => self.twitter(text),
            source => VCardEntry {
                params: vec![parameter(VCardParameterName::Other(X_SOURCE.into()), source.name())],
                ..entry(other(X_HANDLE), text)
            },
        };
        let Some(label) = handle.label() else { return self.add(entry) };
        if let Some((_, kind)) = TYPES.iter().find(|(usual, _)| *usual == label.as_str()) {
            entry.params.push(parameter(VCardParameterName::Type, kind));
            return self.add(entry);
        }
        let group = self.free_group();
        entry.group = Some(group.clone());
        self.add(entry);
        self.add(VCardEntry { group: Some(group), ..self::entry(other("X-ABLabel"), label.as_str()) });
    }

    fn twitter(&self, text: &str) -> VCardEntry {
        if self.version == VCardVersion::V4_0 {
            // RFC 9554, section 3.5.
            let is_text = VCardParameterValue::ValueType(VCardValueType::Text);
            let params = vec![
                parameter(VCardParameterName::ServiceType, "Twitter"),
                VCardParameter::new(VCardParameterName::Value, is_text),
            ];
            VCardEntry { params, ..entry(VCardProperty::Socialprofile, text) }
        } else {
            let params = vec![parameter(VCardParameterName::Type, "twitter")];
            VCardEntry { params, ..entry(other("X-SOCIALPROFILE"), text) }
        }
    }

    /// A group that no property of the card has.
    fn free_group(&mut self) -> String {
        let mut number = 1;
        while !self.groups.insert(format!("ITEM{number}")) {
            number += 1;
        }
        format!("item{number}")
    }

    /// Adds lists as categories, except those whose names would not survive.
    fn lists(&mut self, person: &Person) {
        for list in &person.lists {
            let name = list.as_str();
            let value = VCardValue::Text(name.to_owned());
            match self.entries.last_mut() {
                _ if !is_category(name) => self.add(entry(other(X_LIST), name)),
                Some(Entry::Composed(last))
                    if last.name == VCardProperty::Categories && last.values.len() < CATEGORIES_MAX =>
                {
                    last.values.push(value);
                }
                _ => self.add(entry(VCardProperty::Categories, name)),
            }
        }
    }

    fn picture(&mut self, person: &Person) {
        let Some(picture) = &person.picture else { return };
        let media_type = picture.kind.media_type();
        if self.version == VCardVersion::V4_0 {
            let data = format!("data:{media_type};base64,{}", BASE64.encode(&picture.content));
            return self.add(entry(VCardProperty::Photo, &data));
        }
        let data = Data { data: picture.content.to_vec(), content_type: Some(media_type.to_owned()) };
        self.add(VCardEntry { values: vec![VCardValue::Binary(data)], ..entry(VCardProperty::Photo, "") });
    }

    fn text(self) -> Result<String, std::fmt::Error> {
        let mut text = format!("BEGIN:VCARD\r\nVERSION:{}\r\n", self.version);
        for entry in &self.entries {
            match entry {
                Entry::Composed(entry) => entry.write_to(&mut text, self.version == VCardVersion::V4_0)?,
                Entry::Kept(kept) => kept.as_str().lines().for_each(|line| fold(line, &mut text)),
            }
        }
        text.write_str("END:VCARD\r\n")?;
        Ok(text)
    }
}

/// The groups of a kept property, in upper case.
fn groups(kept: &CardProperty) -> impl Iterator<Item = String> {
    kept.as_str().lines().filter_map(|line| {
        let name = line.split([';', ':']).next()?;
        Some(name.split_once('.')?.0.to_ascii_uppercase())
    })
}

/// Writes a content line, folded (RFC 6350, section 3.2).
fn fold(line: &str, text: &mut String) {
    let mut room = LINE_BYTES_MAX;
    for c in line.chars() {
        if c.len_utf8() > room {
            text.push_str("\r\n ");
            room = LINE_BYTES_MAX - 1;
        }
        text.push(c);
        room -= c.len_utf8();
    }
    text.push_str("\r\n");
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

fn of_parts<const N: usize>(name: VCardProperty, parts: [String; N]) -> VCardEntry {
    VCardEntry { group: None, name, params: Vec::new(), values: parts.map(VCardValue::Text).into() }
}

fn other(name: &str) -> VCardProperty {
    VCardProperty::Other(name.to_owned())
}

fn parameter(name: VCardParameterName, value: &str) -> VCardParameter {
    VCardParameter::new(name, VCardParameterValue::Text(value.to_owned()))
}
