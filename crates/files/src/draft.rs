//! A row while it is parsed: values, and all problems.

use contact::{
    Attribute, CARD_PROPERTIES_MAX, CONTACT_HANDLES_MAX, CardProperty, CustomField, CustomName, CustomValue, Handle,
    Invalid, LINKS_MAX, LISTS_MAX, Link, ListName, Observation, Origin, Picture, RecordName, Source, Text,
};

use crate::record_ids::RowId;
use crate::row::{IGNORED_MAX, PROBLEMS_MAX, ReadRow};
use crate::written::{NOBODY, day, is_no_day, is_nothing, mailbox};
use crate::{Options, ParsedRow, Problem, custom};

/// A row while it is parsed.
pub struct Draft<'a> {
    options: &'a Options,
    observation: Box<Observation>,
    lists: Vec<ListName>,
    ignored: Vec<String>,
    left_out: Vec<Problem>,
    problems: Vec<Problem>,
    /// The name before an address, if there is no other.
    address_name: Option<String>,
    handles: usize,
    links: usize,
    listed: usize,
    id: RowId,
    has_id: bool,
    is_id_unreadable: bool,
}

impl<'a> Draft<'a> {
    pub fn new(options: &'a Options) -> Draft<'a> {
        let observation = Box::new(Observation::from(Origin::Import(None)));
        Draft {
            options,
            observation,
            lists: Vec::new(),
            ignored: Vec::new(),
            left_out: Vec::new(),
            problems: Vec::new(),
            address_name: None,
            handles: 0,
            links: 0,
            listed: 0,
            id: RowId::Missing,
            has_id: false,
            is_id_unreadable: false,
        }
    }

    pub fn attribute(&mut self, attribute: Attribute, place: &str, text: &str) {
        if attribute == Attribute::Birthday && is_no_day(text) {
            return;
        }
        let text = if attribute == Attribute::Birthday { day(text) } else { text.into() };
        self.observation.attributes[attribute] = self.parsed(place, &text, attribute.parse(&text));
    }

    /// Adds a handle with a label, which may be blank.
    pub fn handle(&mut self, place: &str, source: Source, text: &str, label: &str) {
        let is_written_by_people = matches!(source, Source::Email | Source::Phone);
        if is_written_by_people && is_nothing(text) {
            return self.leave_out(Problem::new(place, text, NOBODY));
        }
        let (name, value) = if source == Source::Email { mailbox(text) } else { (None, text) };
        if let Some(handle) = self.parsed(place, text, Handle::parse(source, value, self.options.region)) {
            self.handles += 1;
            let label = self.label(place, label);
            let handle = handle.with_label(label);
            keep(&mut self.observation.handles, handle, CONTACT_HANDLES_MAX, &mut self.handles);
            if self.address_name.is_none() {
                self.address_name = name.map(str::to_owned);
            }
        }
    }

    /// A label that is invalid is left out: the handle is of use without it.
    fn label(&mut self, place: &str, text: &str) -> Option<Text> {
        Handle::parse_label(text).unwrap_or_else(|invalid| {
            self.leave_out(Problem::new(place, text, format!("Left out. {invalid}")));
            None
        })
    }

    /// Keeps a property of a card that has no place of its own. False if it cannot be kept.
    pub fn property(&mut self, property: CardProperty) -> bool {
        let properties = &mut self.observation.properties;
        if properties.contains(&property) {
            return true;
        }
        let has_room = properties.len() < CARD_PROPERTIES_MAX;
        if has_room {
            properties.push(property);
        }
        has_room
    }

    pub fn link(&mut self, place: &str, text: &str) {
        if let Some(link) = self.parsed(place, text, Link::parse(&with_scheme(text))) {
            self.links += 1;
            keep(&mut self.observation.links, link, LINKS_MAX, &mut self.links);
        }
    }

    pub fn list(&mut self, place: &str, text: &str) {
        if let Some(list) = self.parsed(place, text, ListName::parse(text)) {
            self.listed += 1;
            keep(&mut self.lists, list, LISTS_MAX, &mut self.listed);
        }
    }

    /// Sets the id of the record. Later ones are ignored.
    pub fn record_id(&mut self, place: &str, text: &str) {
        let Some(naming) = self.options.record.as_ref().filter(|_| !self.has_id) else { return };
        self.has_id = true;
        if let Some(name) = self.parsed(place, text, RecordName::parse(&naming.system, text)) {
            self.id = RowId::of(&name);
            self.observation.record = Some(name);
        }
    }

    /// Notes that the id of the record cannot be read, so that it may be any.
    pub fn unreadable_id(&mut self) {
        self.is_id_unreadable = true;
    }

    pub fn custom_text(&mut self, place: &str, field: &CustomField, text: &str) {
        match custom::from_text(&self.options.settings, field, text) {
            Ok(value) => self.custom(field.name.clone(), value),
            Err(reason) => self.invalid(place, text, reason),
        }
    }

    pub fn custom_json(&mut self, place: &str, field: &CustomField, value: &serde_json::Value) {
        match custom::from_json(&self.options.settings, field, value) {
            Ok(value) => self.custom(field.name.clone(), value),
            Err(reason) => self.invalid(place, &value.to_string(), reason),
        }
    }

    fn custom(&mut self, name: CustomName, value: CustomValue) {
        self.observation.custom.retain(|(known, _)| *known != name);
        self.observation.custom.push((name, Some(value)));
    }

    pub fn picture(&mut self, picture: Picture) {
        self.observation.picture = Some(Some(picture));
    }

    /// Adds an unknown key or property, once.
    pub fn ignore(&mut self, what: &str) {
        if self.ignored.len() < IGNORED_MAX && !self.ignored.iter().any(|known| known == what) {
            self.ignored.push(what.to_owned());
        }
    }

    /// Says that a number is not one person's, so that it was left out.
    pub fn shared_number(&mut self, place: &str, text: &str) {
        self.leave_out(Problem::new(place, text, "Is a fax, a main number or another person's, so it was left out."));
    }

    /// Says that a value was left out.
    pub fn leave_out(&mut self, problem: Problem) {
        if self.left_out.len() < PROBLEMS_MAX {
            self.left_out.push(problem);
        }
    }

    /// Says that a value is invalid: it refuses the row, or is left out of a lenient import.
    fn invalid(&mut self, place: &str, value: &str, reason: impl AsRef<str>) {
        if self.options.is_lenient {
            self.leave_out(Problem::new(place, value, format!("Left out. {}", reason.as_ref())));
        } else {
            self.problem(place, value, reason);
        }
    }

    pub fn problem(&mut self, place: &str, value: &str, reason: impl AsRef<str>) {
        if self.problems.len() < PROBLEMS_MAX {
            self.problems.push(Problem::new(place, value, reason));
        }
    }

    fn parsed<T>(&mut self, place: &str, text: &str, parsed: Result<T, Invalid>) -> Option<T> {
        match parsed {
            Ok(value) => Some(value),
            Err(invalid) => {
                self.invalid(place, text, invalid.to_string());
                None
            }
        }
    }

    /// The row. The id of its record should be at `id_place`, if it needs one.
    pub fn finish(mut self, id_place: &str) -> ReadRow {
        if self.options.record.is_some() && !self.has_id {
            self.problem(id_place, "", "Has no record ID.");
        }
        if self.handles == 0 && self.problems.is_empty() {
            self.problem("", "", "Has no handle, such as an e-mail address or a phone number.");
        }
        self.name_otherwise();
        for (count, max, what) in [
            (self.handles, CONTACT_HANDLES_MAX, "handles"),
            (self.links, LINKS_MAX, "links"),
            (self.listed, LISTS_MAX, "lists"),
        ] {
            if count > max {
                self.problem("", "", format!("Must be at most {max} {what}; these are {count}."));
            }
        }
        let parsed = if self.problems.is_empty() {
            Ok(ParsedRow {
                observation: self.observation,
                lists: self.lists,
                ignored: self.ignored,
                left_out: self.left_out,
            })
        } else {
            // What was left out may be the reason.
            let left_out = self.left_out.into_iter().take(PROBLEMS_MAX.saturating_sub(self.problems.len()));
            self.problems.extend(left_out);
            Err(self.problems)
        };
        ReadRow { id: if self.is_id_unreadable { RowId::Unreadable } else { self.id }, parsed }
    }
}

impl Draft<'_> {
    /// Names a person without a name by the name before an address, by the nickname or by the organization.
    fn name_otherwise(&mut self) {
        let attributes = &mut self.observation.attributes;
        if attributes[Attribute::Name].is_some() {
            return;
        }
        let name = self.address_name.take().and_then(|name| Attribute::Name.parse(&name).ok());
        let known = || {
            let others = [Attribute::Nickname, Attribute::Organization];
            others.into_iter().find_map(|other| attributes[other].clone().filter(|text| !text.is_empty()))
        };
        if let Some(name) = name.or_else(known) {
            attributes[Attribute::Name] = Some(name);
        }
    }
}

/// Adds a value unless it is there already or there are too many. Counts on, so that too many can be refused.
fn keep<T: PartialEq>(values: &mut Vec<T>, value: T, max: usize, count: &mut usize) {
    if values.contains(&value) {
        *count -= 1;
    } else if values.len() < max {
        values.push(value);
    }
}

/// Adds the scheme to a bare host, such as `www.wayne.inc`.
fn with_scheme(text: &str) -> std::borrow::Cow<'_, str> {
    let text = text.trim();
    let end = text.bytes().position(|byte| matches!(byte, b'/' | b'?' | b'#')).unwrap_or(text.len());
    let host = &text[..end];
    let is_bare = host.contains('.') && !host.contains(':') && !text.contains("://");
    if is_bare { format!("https://{text}").into() } else { text.into() }
}
