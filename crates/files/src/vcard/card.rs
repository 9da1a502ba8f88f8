//! The facts of a card, by its properties.

use std::borrow::Cow;
use std::sync::Arc;

use contact::{Attribute, Attributes, CustomName, FieldTarget, Handle, Picture, Region, Source};
use serde_json::Value;

use super::property::{Head, Property};
use super::unfold::Raw;
use super::{PROPERTY_BYTES_MAX, UID, X_FIELD, X_HANDLE, X_LIST, X_SOURCE};
use crate::attribute;
use crate::draft::Draft;
use crate::label::is_shared_label;
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
    parts: Option<String>,
    /// The handles, in their order. A label of the group of a phone number may follow.
    handles: Vec<Found>,
    /// The labels of groups, as Apple writes them: `item1.X-ABLabel:Work Fax`.
    labels: Vec<(String, String)>,
    is_group: bool,
    encoding: Encoding,
}

/// A handle that was found in a card.
struct Found {
    place: String,
    group: String,
    source: Source,
    text: String,
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
        if !is_known(&name) || raw.is_cut && name == "PHOTO" {
            return self.draft.ignore(&name);
        }
        if raw.is_cut {
            return self.draft.problem(&name, "", format!("Must have at most {PROPERTY_BYTES_MAX} bytes."));
        }
        match head.parse(self.encoding) {
            Some(property) => self.known(&name, &head.group(), property),
            None => self.draft.ignore(&name),
        }
    }

    /// Adds the id of the record, unless it is empty.
    fn uid(&mut self, head: &Head, raw: &Raw) {
        match head.parse(self.encoding).filter(|_| !raw.is_cut) {
            Some(property) if property.value().trim().is_empty() => {}
            Some(property) => self.draft.record_id(UID, &property.value()),
            None => self.draft.unreadable_id(),
        }
    }

    fn known(&mut self, name: &str, group: &str, property: Property) {
        match name {
            "N" => self.parts = self.parts.take().or(Some(in_order(&property.texts()))),
            "EMAIL" => self.handle(name, Source::Email, without_scheme(&property.value(), "mailto:")),
            "TEL" => self.telephone(group, &property),
            "X-ABLABEL" if !group.is_empty() => self.labels.push((group.to_owned(), property.value())),
            "X-ABLABEL" => {}
            "KIND" | "X-ADDRESSBOOKSERVER-KIND" => {
                self.is_group |= property.value().trim().eq_ignore_ascii_case("group");
            }
            "X-TWITTER" => self.handle(name, Source::Twitter, &property.value()),
            "X-SOCIALPROFILE" | "SOCIALPROFILE" | "IMPP" => self.profile(name, &property),
            "URL" => self.link(&property.value()),
            "CATEGORIES" => self.categories(&property.texts()),
            "PHOTO" => self.photo(property),
            X_LIST => self.draft.list(X_LIST, &property.value()),
            X_HANDLE => self.other_handle(&property),
            X_FIELD => self.custom(&property.value()),
            _ => match attribute::of_property(name) {
                Some(attribute) => self.attribute(attribute, &property),
                None => self.draft.ignore(name),
            },
        }
    }

    fn attribute(&mut self, attribute: Attribute, property: &Property) {
        let text = match attribute {
            Attribute::Name | Attribute::Description => property.value(),
            Attribute::Organization | Attribute::Nickname | Attribute::Address => even(&property.line()),
            Attribute::JobTitle | Attribute::Birthday => even(&property.value()),
        };
        if attribute != Attribute::Name && text.is_empty() {
            return;
        }
        match &mut self.attributes[attribute] {
            Some(value) => attribute::add(attribute, value, &text),
            none => *none = Some(text.into()),
        }
    }

    /// Adds a handle, unless it is empty.
    fn handle(&mut self, place: &str, source: Source, text: &str) {
        if !text.trim().is_empty() {
            let (place, group, text) = (place.to_owned(), String::new(), text.to_owned());
            self.handles.push(Found { place, group, source, text });
        }
    }

    fn telephone(&mut self, group: &str, property: &Property) {
        let text = property.value();
        let types = property.parameter("TYPE");
        let is = |kind: &str| types.iter().any(|known| known == kind);
        // A fax belongs to a whole office, unless it is somebody's phone as well.
        let mut shared = types.iter().filter(|kind| is_shared_label(kind));
        match shared.find(|kind| *kind != "fax" || !is("voice") && !is("cell")) {
            _ if text.trim().is_empty() => {}
            Some(kind) => self.draft.shared_number(&format!("TEL ({kind})"), &text),
            None => {
                let (place, group) = ("TEL".to_owned(), group.to_owned());
                self.handles.push(Found { place, group, source: Source::Phone, text });
            }
        }
    }

    /// Adds the handles, except for phone numbers whose label says that they are not the person's.
    fn add_handles(&mut self) {
        for Found { place, group, source, text } in std::mem::take(&mut self.handles) {
            let mut labels = self.labels.iter();
            match labels.find(|(labelled, label)| *labelled == group && is_shared_label(label)) {
                Some((_, label)) => {
                    let place = format!("TEL ({})", label.trim_start_matches("_$!<").trim_end_matches(">!$_"));
                    self.draft.shared_number(&place, &text);
                }
                None => self.draft.handle(&place, source, &text),
            }
        }
    }

    /// Adds a profile of a social network. Kith knows Twitter.
    fn profile(&mut self, name: &str, property: &Property) {
        let value = property.value();
        if is_on_twitter(property, &value) {
            self.handle(name, Source::Twitter, without_scheme(without_scheme(&value, "x-apple:"), "twitter:"));
        } else {
            self.draft.ignore(name);
        }
    }

    fn link(&mut self, text: &str) {
        let text = text.trim();
        let scheme = text.split_once("://").map(|(scheme, _)| scheme);
        if scheme.is_some_and(|scheme| !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https")) {
            // A valid address, but not of the web: fb://profile/1
            self.draft.ignore("URL");
        } else if !text.is_empty() {
            self.draft.link("URL", text);
        }
    }

    fn categories(&mut self, names: &[String]) {
        for name in names.iter().filter(|name| !name.trim().is_empty() && *name != NO_LIST) {
            self.draft.list("CATEGORIES", name);
        }
    }

    /// Adds a photo. An unusable photo is no reason to refuse the contact.
    fn photo(&mut self, property: Property) {
        let picture = property.bytes().and_then(|bytes| Picture::parse(Arc::from(bytes)).ok());
        match picture {
            Some(picture) => self.draft.picture(picture),
            None => self.draft.ignore("PHOTO"),
        }
    }

    fn other_handle(&mut self, property: &Property) {
        let source = property.parameter(X_SOURCE).first().and_then(|name| name.parse().ok());
        match source {
            Some(source) => self.handle(X_HANDLE, source, &property.value()),
            None => self.draft.ignore(X_HANDLE),
        }
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
        let parts = self.parts.take().filter(|name| !is_blank(name));
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
        }
        for (attribute, text) in self.attributes.given().filter(|(_, text)| !text.is_empty()) {
            self.draft.attribute(attribute, attribute::property(attribute).0, text);
        }
        self.draft.finish(UID)
    }
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

/// The parts of a name in spoken order: given, additional and family names (RFC 6350, section 6.2.2).
fn in_order(parts: &[String]) -> String {
    let part = |which: usize| parts.get(which).map(|part| part.trim()).filter(|part| !part.is_empty());
    [part(1), part(2), part(0)].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// A text without needless spaces, which programs write between the parts of a value.
fn even(text: &str) -> String {
    let lines = text.trim().lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    lines.collect::<Vec<_>>().join("\n").trim().to_owned()
}

fn without_scheme<'a>(text: &'a str, scheme: &str) -> &'a str {
    let text = text.trim();
    match text.get(..scheme.len()) {
        Some(start) if start.eq_ignore_ascii_case(scheme) => &text[scheme.len()..],
        _ => text,
    }
}
