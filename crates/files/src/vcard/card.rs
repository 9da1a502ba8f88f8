//! The facts of a card, by its properties.

use std::borrow::Cow;
use std::sync::Arc;

use contact::{
    Attribute, Attributes, CARD_PROPERTIES_MAX, CardProperty, CustomName, FieldTarget, Handle, Picture, Region, Source,
};
use serde_json::Value;

use super::original::{self, even};
use super::property::{Head, Property};
use super::unfold::Raw;
use super::{PROPERTY_BYTES_MAX, UID, X_FIELD, X_HANDLE, X_LIST, X_SOURCE};
use crate::attribute;
use crate::draft::Draft;
use crate::label::{is_shared_label, kept_label, usual_label};
use crate::name::Parts;
use crate::row::ReadRow;
use crate::{Encoding, Options};

/// Properties without a fact about a person, or that belong to another property.
const PASSED_OVER: [&str; 8] =
    ["VERSION", "PRODID", "REV", UID, "PROFILE", "X-ABADR", "X-ADDRESSBOOKSERVER-MEMBER", "MEMBER"];
/// The category that Google Contacts adds to every contact.
pub const NO_LIST: &str = "myContacts";

/// The facts of a card while it is read.
pub struct Card<'a> {
    draft: Draft<'a>,
    options: &'a Options,
    attributes: Attributes<Option<Cow<'static, str>>>,
    /// The name, put together from its parts.
    parts: Option<Parts>,
    /// The handles, in their order. A label of the group of a phone number may follow.
    handles: Vec<Found>,
    /// The labels of groups, as Apple writes them: `item1.X-ABLabel:Work Fax`.
    labels: Vec<GroupLabel>,
    /// Properties that have no place of their own, or say more than there is place for, each with its group.
    kept: Vec<(String, CardProperty)>,
    is_group: bool,
    encoding: Encoding,
}

/// A handle that was found in a card.
struct Found {
    place: String,
    group: String,
    source: Source,
    text: String,
    label: &'static str,
}

/// A label of all properties of a group.
struct GroupLabel {
    group: String,
    label: String,
    /// Its property, if it can be kept.
    kept: Option<CardProperty>,
}

impl<'a> Card<'a> {
    /// A card without properties. What declares no encoding and is not UTF-8 is in this one.
    pub fn new(options: &'a Options, encoding: Encoding) -> Card<'a> {
        Card {
            draft: Draft::new(options),
            options,
            attributes: Attributes::default(),
            parts: None,
            handles: Vec::new(),
            labels: Vec::new(),
            kept: Vec::new(),
            is_group: false,
            encoding,
        }
    }

    /// Adds a property.
    pub fn add(&mut self, head: &Head, raw: &Raw) {
        let name = head.name();
        if name == UID && self.options.record.is_some() {
            return self.uid(head, raw);
        }
        if PASSED_OVER.contains(&name.as_str()) {
            return;
        }
        if raw.is_cut && is_known(&name) && name != "PHOTO" {
            return self.draft.problem(&name, "", format!("Must have at most {PROPERTY_BYTES_MAX} bytes."));
        }
        let property = if is_known(&name) && !raw.is_cut { head.parse(self.encoding) } else { None };
        let is_whole = property.is_some_and(|property| self.known(&name, head, raw, property));
        if !is_whole && !self.keep(head, raw) {
            self.draft.ignore(&name);
        }
    }

    /// Keeps a property as it is. False if it cannot be kept.
    fn keep(&mut self, head: &Head, raw: &Raw) -> bool {
        // The card of an agent is not read.
        let text = head.decode(&raw.bytes, self.encoding);
        let kept = CardProperty::parse(&text).ok().filter(|kept| !raw.is_cut && kept.name() != "AGENT");
        let is_kept = kept.is_some() && self.kept.len() < CARD_PROPERTIES_MAX;
        self.kept.extend(kept.filter(|_| is_kept).map(|kept| (head.group(), kept)));
        is_kept
    }

    /// Adds the id of the record, unless it is empty.
    fn uid(&mut self, head: &Head, raw: &Raw) {
        match head.parse(self.encoding).filter(|_| !raw.is_cut) {
            Some(property) if property.value().trim().is_empty() => {}
            Some(property) => self.draft.record_id(UID, &property.value()),
            None => self.draft.unreadable_id(),
        }
    }

    /// Adds a property. False if it says more than there is place for.
    fn known(&mut self, name: &str, head: &Head, raw: &Raw, property: Property) -> bool {
        match name {
            "N" if self.parts.is_some() => {}
            "N" => {
                self.parts = Some(original::parts(&property));
                // Until it shows whether the name says them all.
                self.keep(head, raw);
            }
            "EMAIL" => self.handle(name, head, Source::Email, &property, "mailto:"),
            "TEL" => return self.telephone(head, &property),
            "X-ABLABEL" => self.label(head, raw, &property),
            "KIND" | "X-ADDRESSBOOKSERVER-KIND" => {
                self.is_group |= property.value().trim().eq_ignore_ascii_case("group");
            }
            "X-TWITTER" => self.handle(name, head, Source::Twitter, &property, ""),
            "X-SOCIALPROFILE" | "SOCIALPROFILE" | "IMPP" => return self.profile(name, head, &property),
            "URL" => return self.link(&property.value()),
            "CATEGORIES" => self.categories(&property.texts()),
            "PHOTO" => return self.photo(property),
            X_LIST => self.draft.list(X_LIST, &property.value()),
            X_HANDLE => return self.other_handle(head, &property),
            X_FIELD => self.custom(&property.value()),
            _ => return attribute::of_property(name).is_some_and(|one| self.attribute(one, head, &property)),
        }
        true
    }

    fn attribute(&mut self, attribute: Attribute, head: &Head, property: &Property) -> bool {
        let (text, is_whole) = match attribute {
            Attribute::Name | Attribute::Description => (property.value(), true),
            Attribute::Organization | Attribute::Address => {
                (original::in_line(property), !original::says_more(head, property))
            }
            Attribute::Nickname => (original::in_line(property), true),
            Attribute::JobTitle | Attribute::Birthday => (even(&property.value()), true),
        };
        if attribute != Attribute::Name && text.is_empty() {
            return true;
        }
        match &mut self.attributes[attribute] {
            Some(value) if attribute.spec().is_multiline => attribute::add(attribute, value, &text),
            // The first one is shown, another one is kept.
            Some(value) => return *value == text,
            none => *none = Some(text.into()),
        }
        is_whole
    }

    /// Adds a handle, unless it is empty.
    fn handle(&mut self, place: &str, head: &Head, source: Source, property: &Property, scheme: &str) {
        let text = property.value();
        self.found(place, head, source, property, without_scheme(&text, scheme));
    }

    fn found(&mut self, place: &str, head: &Head, source: Source, property: &Property, text: &str) {
        if !text.trim().is_empty() {
            let label = property.parameter("TYPE").iter().find_map(|kind| usual_label(kind)).unwrap_or_default();
            let (place, group, text) = (place.to_owned(), head.group(), text.to_owned());
            self.handles.push(Found { place, group, source, text, label });
        }
    }

    /// Adds a phone number. False if it is not the person's.
    fn telephone(&mut self, head: &Head, property: &Property) -> bool {
        let text = property.value();
        let types = property.parameter("TYPE");
        let is = |kind: &str| types.iter().any(|known| known == kind);
        // A fax belongs to a whole office, unless it is somebody's phone as well.
        let mut shared = types.iter().filter(|kind| is_shared_label(kind));
        let shared = shared.find(|kind| *kind != "fax" || !is("voice") && !is("cell"));
        match shared {
            _ if text.trim().is_empty() => return true,
            Some(kind) => self.draft.shared_number(&format!("TEL ({kind})"), &text),
            None => self.found("TEL", head, Source::Phone, property, &text),
        }
        shared.is_none()
    }

    /// Adds a label of a group.
    fn label(&mut self, head: &Head, raw: &Raw, property: &Property) {
        let (group, label) = (head.group(), property.value());
        let kept = CardProperty::parse(&head.decode(&raw.bytes, self.encoding)).ok();
        if !group.is_empty() {
            self.labels.push(GroupLabel { group, label, kept });
        }
    }

    fn label_of(&self, group: &str) -> Option<&GroupLabel> {
        self.labels.iter().find(|label| !group.is_empty() && label.group == group)
    }

    /// Adds the handles, except for phone numbers whose label says that they are not the person's.
    fn add_handles(&mut self) {
        for Found { place, group, source, text, label } in std::mem::take(&mut self.handles) {
            let label = self.label_of(&group).map_or(label.to_owned(), |of| own_label(&of.label).into_owned());
            if source == Source::Phone && is_shared_label(&label) {
                self.draft.shared_number(&format!("TEL ({label})"), &text);
            } else {
                self.draft.handle(&place, source, &text, &label);
            }
        }
    }

    /// Adds what is kept, each with the label of its group. The parts of a name are dropped if they are its words.
    fn add_kept(&mut self, name: &str) {
        // Those that an attribute shows come first, as they are written.
        self.kept.sort_by_key(|(_, kept)| !original::is_in_attribute(kept));
        let is_usual = self.parts.as_ref().is_some_and(|parts| *parts == Parts::of(name));
        for (group, kept) in std::mem::take(&mut self.kept) {
            if is_usual && kept.name() == "N" {
                continue;
            }
            let label = self.label_of(&group).and_then(|label| label.kept.as_ref());
            let both = label.map(|label| CardProperty::parse(&format!("{}\n{}", kept.as_str(), label.as_str())));
            let name = kept.name();
            if !self.draft.property(both.and_then(Result::ok).unwrap_or(kept)) {
                self.draft.ignore(&name);
            }
        }
    }

    /// Adds a profile of a social network. Kith knows Twitter.
    fn profile(&mut self, name: &str, head: &Head, property: &Property) -> bool {
        let value = property.value();
        let is_on_twitter = is_on_twitter(property, &value);
        if is_on_twitter {
            let name_there = without_scheme(without_scheme(&value, "x-apple:"), "twitter:");
            self.found(name, head, Source::Twitter, property, name_there);
        }
        is_on_twitter
    }

    /// Adds a link. False if it is a valid address, but not of the web: `fb://profile/1`.
    fn link(&mut self, text: &str) -> bool {
        let text = text.trim();
        let scheme = text.split_once("://").map(|(scheme, _)| scheme);
        let is_web = |scheme: &str| scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
        if !scheme.is_none_or(is_web) {
            return false;
        }
        if !text.is_empty() {
            self.draft.link("URL", text);
        }
        true
    }

    fn categories(&mut self, names: &[String]) {
        for name in names.iter().filter(|name| !name.trim().is_empty() && *name != NO_LIST) {
            self.draft.list("CATEGORIES", name);
        }
    }

    /// Adds a photo. An unusable photo is no reason to refuse the contact. False if it is an address.
    fn photo(&mut self, property: Property) -> bool {
        let Some(bytes) = property.bytes().filter(|bytes| !bytes.starts_with(b"http")) else {
            // It is elsewhere.
            return false;
        };
        match Picture::parse(Arc::from(bytes)) {
            Ok(picture) => self.draft.picture(picture),
            Err(_) => self.draft.ignore("PHOTO"),
        }
        true
    }

    fn other_handle(&mut self, head: &Head, property: &Property) -> bool {
        let source = property.parameter(X_SOURCE).first().and_then(|name| name.parse().ok());
        if let Some(source) = source {
            self.handle(X_HANDLE, head, source, property, "");
        }
        source.is_some()
    }

    fn custom(&mut self, text: &str) {
        let Ok((name, value)) = serde_json::from_str::<(String, Value)>(text) else {
            return self.draft.problem(X_FIELD, text, "Must be a JSON array of the field's name and its value.");
        };
        let known = CustomName::parse(&name).ok();
        match known.and_then(|name| self.options.settings.field(FieldTarget::Contact, &name)) {
            Some(field) => self.draft.custom_json(X_FIELD, field, &value),
            None => self.draft.ignore(&format!("{X_FIELD} {name}")),
        }
    }

    /// The parsed row of the card.
    pub fn finish(mut self) -> ReadRow {
        self.add_handles();
        let is_blank = |name: &str| name.trim().is_empty();
        let parts = self.parts.as_ref().map(Parts::in_order).filter(|name| !is_blank(name));
        let name = match (self.attributes[Attribute::Name].take(), parts) {
            (Some(shown), None) if !shown.is_empty() => Some(("FN", shown)),
            (Some(shown), Some(_)) if !is_blank(&shown) => Some(("FN", shown)),
            (_, parts) => parts.map(|name| ("N", name.into())),
        };
        if self.is_group {
            let name = name.map(|(_, name)| name).unwrap_or_default();
            self.draft.problem("KIND", "group", format!("Is a group, not a person: group {}.", name.trim()));
        } else if let Some((place, name)) = name {
            let name = if is_blank(&name) { &*name } else { name.trim() };
            self.draft.attribute(Attribute::Name, place, name);
            self.add_kept(name);
        } else {
            self.add_kept("");
        }
        for (attribute, text) in self.attributes.given().filter(|(_, text)| !text.is_empty()) {
            self.draft.attribute(attribute, attribute::property(attribute).0, text);
        }
        self.draft.finish(UID)
    }
}

/// Whether a property is one that is kept when it is read from a card. Others have a place of their own.
pub fn is_kept(property: &CardProperty) -> bool {
    let options = Options::default();
    let mut card = Card::new(&options, Encoding::UTF_8);
    // What a card shows once is taken.
    for line in
        ["FN:A B", "TITLE:C", "BDAY:2000-01-01", "EMAIL:a@b.example"].into_iter().chain(property.as_str().lines())
    {
        let raw = Raw { bytes: line.as_bytes().to_vec(), is_ended: true, ..Raw::default() };
        card.add(&Head::of(line.as_bytes()), &raw);
    }
    card.finish().parsed.is_ok_and(|row| {
        let observation = &row.observation;
        let is_alone = observation.handles.len() == 1 && observation.links.is_empty() && observation.picture.is_none();
        observation.properties == [property.clone()]
            && is_alone
            && row.lists.is_empty()
            && observation.attributes[Attribute::Description].is_none()
            && observation.attributes[Attribute::Nickname].is_none()
    })
}

fn is_known(name: &str) -> bool {
    attribute::of_property(name).is_some()
        || matches!(
            name,
            "N" | "EMAIL"
                | "X-ABLABEL"
                | "KIND"
                | "X-ADDRESSBOOKSERVER-KIND"
                | "TEL"
                | "X-TWITTER"
                | "X-SOCIALPROFILE"
                | "SOCIALPROFILE"
                | "IMPP"
                | "URL"
                | "CATEGORIES"
                | "PHOTO"
                | X_LIST
                | X_HANDLE
                | X_FIELD
        )
}

/// Whether a profile is one on Twitter, by its property or its address.
fn is_on_twitter(property: &Property, value: &str) -> bool {
    let mut services = ["TYPE", "SERVICE-TYPE", "X-SERVICE-TYPE"].into_iter().flat_map(|name| property.parameter(name));
    let is_address = || value.contains('/') && Handle::parse(Source::Twitter, value, Region::default()).is_ok();
    services.any(|service| service == "twitter" || service == "x")
        || without_scheme(value, "twitter:") != value.trim()
        || is_address()
}

/// The label of a group: Apple's own as its products' users read them, others as they are.
fn own_label(label: &str) -> Cow<'_, str> {
    if label.starts_with("_$!<") { kept_label(label).into() } else { label.into() }
}

fn without_scheme<'a>(text: &'a str, scheme: &str) -> &'a str {
    let text = text.trim();
    match text.get(..scheme.len()) {
        Some(start) if start.eq_ignore_ascii_case(scheme) => &text[scheme.len()..],
        _ => text,
    }
}
