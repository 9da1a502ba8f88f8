//! Bodies of API 1, parsed with all of their problems at once.
//!
//! A line of a file may have more keys than the API accepts: handles of any source, lists, custom fields, a
//! picture, properties of vCards.

use std::fmt;
use std::sync::Arc;

use contact::{
    Attribute, CARD_PROPERTIES_MAX, CONTACT_HANDLES_MAX, CardProperty, CustomName, FieldTarget, HANDLES_MAX, Handle,
    Invalid, LINKS_MAX, LISTS_MAX, Link, ListName, Observation, Origin, Picture, RecordName, Region, Source,
};
use data_encoding::BASE64;
use serde_json::{Map, Value};

use crate::record_ids::RowId;
use crate::row::{IGNORED_MAX, PROBLEMS_MAX, ReadRow};
use crate::written::{NOBODY, is_nothing, mailbox};
use crate::{Options, ParsedRow, Problem, RecordNaming, custom, vcard};

/// A problem of a body.
#[derive(Clone, PartialEq, Debug)]
pub struct BodyProblem {
    /// The position in the body, a JSON pointer (RFC 6901).
    pub at: String,
    /// The given value.
    pub value: Option<Value>,
    /// What is wrong, and what would be right.
    pub message: String,
}

/// Reads an observation that comes from somewhere, and where the body has keys that nobody knows; at most
/// [`IGNORED_MAX`](crate::IGNORED_MAX) of them. A phone number without a country code is one of `region`.
///
/// # Errors
///
/// All problems of the body.
pub fn read(body: Value, region: Region, origin: Origin) -> Result<(Observation, Vec<String>), Vec<BodyProblem>> {
    let mut reading = Reading { region, problems: Vec::new(), ignored: Vec::new(), file: None };
    let observation = reading.body(body, origin)?;
    Ok((observation, reading.ignored))
}

/// Parses a line of a file.
pub(crate) fn read_line(body: Value, options: &Options) -> ReadRow {
    let file = Some(File { options, lists: Vec::new(), left_out: Vec::new(), id: RowId::Missing });
    let mut reading = Reading { region: options.region, problems: Vec::new(), ignored: Vec::new(), file };
    let problems = |problems: Vec<BodyProblem>| problems.into_iter().take(PROBLEMS_MAX).map(in_row).collect::<Vec<_>>();
    let observation = reading.body(body, Origin::Import(None)).map_err(problems);
    let (lists, left_out, id) =
        reading.file.map_or((Vec::new(), Vec::new(), RowId::Missing), |file| (file.lists, file.left_out, file.id));
    let ignored = reading.ignored;
    let parsed = |observation| ParsedRow { observation: Box::new(observation), lists, ignored, left_out };
    ReadRow { id, parsed: observation.map(parsed) }
}

fn in_row(problem: BodyProblem) -> Problem {
    let value = match &problem.value {
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
        None => String::new(),
    };
    Problem::new(&problem.at, &value, problem.message)
}

struct Reading<'a> {
    region: Region,
    problems: Vec<BodyProblem>,
    ignored: Vec<String>,
    /// The keys that only a line of a file may have.
    file: Option<File<'a>>,
}

struct File<'a> {
    options: &'a Options,
    lists: Vec<ListName>,
    /// Values that were left out.
    left_out: Vec<Problem>,
    /// The id of the record.
    id: RowId,
}

impl Reading<'_> {
    fn body(&mut self, body: Value, origin: Origin) -> Result<Observation, Vec<BodyProblem>> {
        let mut observation = Observation::from(origin);
        match body {
            Value::Object(body) => self.observation(body, &mut observation),
            other => {
                let attributes = Attribute::ALL.map(Attribute::key).join(", ");
                self.refuse::<()>("", Some(other), &format!("Must be an object with {attributes}, fields and link."));
            }
        }
        if self.problems.is_empty() { Ok(observation) } else { Err(std::mem::take(&mut self.problems)) }
    }

    fn observation(&mut self, mut body: Map<String, Value>, observation: &mut Observation) {
        let naming = self.file.as_ref().and_then(|file| file.options.record.as_ref());
        observation.record = match naming {
            Some(naming) => self.record_in(naming, &mut body),
            None => self.record(body.remove("record")),
        };
        for attribute in Attribute::ALL {
            let (key, parse) = (attribute.key(), |text: &str| attribute.parse(text));
            observation.attributes[attribute] = self.text(body.remove(key), format_args!("/{key}"), parse);
        }
        observation.handles = self.fields(body.remove("fields"));
        for key in ["link", "links"] {
            let links = self.links(body.remove(key), &format!("/{key}"));
            observation.links.extend(links);
        }
        if observation.links.len() > LINKS_MAX {
            let () = self.refuse("/links", None, &format!("Must be at most {LINKS_MAX} links together with /link."));
        }
        if let Some(options) = self.file.as_ref().map(|file| file.options) {
            let lists = self.lists(body.remove("lists"));
            self.file.iter_mut().for_each(|file| file.lists.clone_from(&lists));
            self.custom_fields(body.remove("custom_fields"), options, observation);
            observation.properties = self.card_properties(body.remove("vcard_properties"));
            observation.picture = self.picture(body.remove("picture")).map(Some);
        }
        self.ignore(body, "");
    }

    /// A text that may be absent. Null is the same as absent.
    fn text<T>(
        &mut self,
        value: Option<Value>,
        at: fmt::Arguments,
        parse: impl Fn(&str) -> Result<T, Invalid>,
    ) -> Option<T> {
        match value {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => match parse(&text) {
                Ok(parsed) => Some(parsed),
                Err(invalid) => self.refuse(&at.to_string(), Some(text.into()), &invalid.to_string()),
            },
            Some(other) => self.refuse(&at.to_string(), Some(other), "Must be a string."),
        }
    }

    /// The name of the record of a line, in a file whose records are all of one system.
    fn record_in(&mut self, naming: &RecordNaming, body: &mut Map<String, Value>) -> Option<RecordName> {
        let name = match &naming.id {
            Some(key) => self.record_at(key, &naming.system, body)?,
            None => match body.remove("record") {
                None | Some(Value::Null) => return self.refuse("/record", None, "Has no record ID."),
                given => self.record(given)?,
            },
        };
        if name.system() != naming.system {
            let (given, message) = (name.system().into(), format!("Must be {}.", naming.system));
            return self.refuse("/record/system", Some(given), &message);
        }
        self.file.iter_mut().for_each(|file| file.id = RowId::of(&name));
        if let Some(other) = body.remove("record").filter(|other| !other.is_null()) {
            return self.refuse("/record", Some(other), "Must be absent, because another key has the record ID.");
        }
        Some(name)
    }

    /// The name of a record whose id is at a key of a line.
    fn record_at(&mut self, key: &str, system: &str, body: &mut Map<String, Value>) -> Option<RecordName> {
        let at = format!("/{}", escaped(key));
        let id = match body.remove(key) {
            None | Some(Value::Null) => return self.refuse(&at, None, "Has no record ID."),
            Some(Value::String(text)) => text,
            Some(Value::Number(number)) => number.to_string(),
            other => return self.refuse(&at, other, "Must be a string or a number."),
        };
        match RecordName::parse(system, &id) {
            Ok(name) => Some(name),
            Err(invalid) => self.refuse(&at, Some(id.into()), &invalid.to_string()),
        }
    }

    /// The name of a record: its system and its id there.
    fn record(&mut self, value: Option<Value>) -> Option<RecordName> {
        let mut record = match value {
            None | Some(Value::Null) => return None,
            Some(Value::Object(record)) => record,
            Some(other) => return self.refuse("/record", Some(other), "Must be an object with a system and an id."),
        };
        let (system, id) = (record.remove("system"), record.remove("id"));
        self.ignore(record, "/record");
        let system = match system {
            Some(Value::String(text)) => text,
            other => return self.refuse("/record/system", other, "Must be a string."),
        };
        let id = match id {
            Some(Value::String(text)) => text,
            Some(Value::Number(number)) => number.to_string(),
            other => return self.refuse("/record/id", other, "Must be a string or a number."),
        };
        match RecordName::parse(&system, &id) {
            Ok(name) => Some(name),
            Err(Invalid::RecordId) => self.refuse("/record/id", Some(id.into()), &Invalid::RecordId.to_string()),
            Err(invalid) => self.refuse("/record/system", Some(system.into()), &invalid.to_string()),
        }
    }

    fn fields(&mut self, value: Option<Value>) -> Vec<Handle> {
        let missing = "Must be a list of at least one field with a source and a handle.";
        // A file may have all that a contact came to have.
        let most = if self.file.is_some() { CONTACT_HANDLES_MAX } else { HANDLES_MAX };
        match value {
            Some(Value::Array(fields)) if fields.len() > most => {
                self.refuse("/fields", None, &format!("Must be at most {most} fields; these are {}.", fields.len()))
            }
            Some(Value::Array(fields)) if !fields.is_empty() => {
                let fields = fields.into_iter().enumerate();
                let handles: Vec<Handle> =
                    fields.filter_map(|(n, field)| self.field(field, &format!("/fields/{n}"))).collect();
                if handles.is_empty() && self.problems.is_empty() {
                    return self.refuse("/fields", None, "Has no handle that can be used.");
                }
                handles
            }
            other => self.refuse("/fields", other, missing),
        }
    }

    fn field(&mut self, field: Value, at: &str) -> Option<Handle> {
        let Value::Object(mut field) = field else {
            return self.refuse(at, Some(field), "Must be an object with a source and a handle.");
        };
        let source = self.source(field.remove("source"), &format!("{at}/source"));
        let (handle, at_handle) = (field.remove("handle"), format!("{at}/handle"));
        let label = self.text(field.remove("label"), format_args!("{at}/label"), Handle::parse_label).flatten();
        self.ignore(field, at);
        let text = match handle {
            Some(Value::String(text)) => text,
            other => return self.refuse(&at_handle, other, "Must be a string."),
        };
        let source = source?;
        if let Some(file) = &mut self.file
            && matches!(source, Source::Email | Source::Phone)
            && is_nothing(&text)
        {
            file.left_out.push(Problem::new(&at_handle, &text, NOBODY));
            return None;
        }
        let address = if self.file.is_some() && source == Source::Email { mailbox(&text).1 } else { &text };
        match Handle::parse(source, address, self.region) {
            Ok(handle) => Some(handle.with_label(label)),
            Err(invalid) => self.refuse(&at_handle, Some(text.into()), &invalid.to_string()),
        }
    }

    fn source(&mut self, value: Option<Value>, at: &str) -> Option<Source> {
        let known: &[Source] = match self.file {
            None => &[Source::Email, Source::Twitter, Source::Phone],
            Some(_) => &Source::ALL,
        };
        let name = value.as_ref().and_then(Value::as_str);
        match known.iter().find(|source| Some(source.name()) == name) {
            Some(source) => Some(*source),
            None if self.file.is_none() => self.refuse(at, value, "Must be email, twitter or phone."),
            None => {
                let names: Vec<&str> = known.iter().map(|source| source.name()).collect();
                self.refuse(at, value, &format!("Must be one of: {}.", names.join(", ")))
            }
        }
    }

    fn links(&mut self, value: Option<Value>, at: &str) -> Vec<Link> {
        match value {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(links)) if links.len() > LINKS_MAX => {
                self.refuse(at, None, &format!("Must be at most {LINKS_MAX} links; these are {}.", links.len()))
            }
            Some(Value::Array(links)) => {
                let links = links.into_iter().enumerate();
                links.filter_map(|(n, link)| self.link(link, format!("{at}/{n}"))).collect()
            }
            Some(other) => self.refuse(at, Some(other), "Must be a list of links."),
        }
    }

    fn link(&mut self, link: Value, mut at: String) -> Option<Link> {
        let url = match link {
            Value::Object(mut object) => {
                let url = object.remove("url");
                self.ignore(object, &at);
                at.push_str("/url");
                url
            }
            other => Some(other),
        };
        match url {
            Some(Value::String(text)) => match Link::parse(&text) {
                Ok(link) => Some(link),
                Err(invalid) => self.refuse(&at, Some(text.into()), &invalid.to_string()),
            },
            other => self.refuse(&at, other, "Must be a string, or an object with a url."),
        }
    }

    fn lists(&mut self, value: Option<Value>) -> Vec<ListName> {
        match value {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(lists)) if lists.len() > LISTS_MAX => {
                let message = format!("Must be at most {LISTS_MAX} lists; these are {}.", lists.len());
                self.refuse("/lists", None, &message)
            }
            Some(Value::Array(lists)) => {
                let lists = lists.into_iter().enumerate();
                lists
                    .filter_map(|(n, list)| self.text(Some(list), format_args!("/lists/{n}"), ListName::parse))
                    .collect()
            }
            Some(other) => self.refuse("/lists", Some(other), "Must be a list of names of lists."),
        }
    }

    fn card_properties(&mut self, value: Option<Value>) -> Vec<CardProperty> {
        match value {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(lines)) if lines.len() > CARD_PROPERTIES_MAX => {
                let message = format!("Must be at most {CARD_PROPERTIES_MAX} properties; these are {}.", lines.len());
                self.refuse("/vcard_properties", None, &message)
            }
            Some(Value::Array(lines)) => {
                let lines = lines.into_iter().enumerate();
                let read = |(n, line)| self.text(Some(line), format_args!("/vcard_properties/{n}"), kept_property);
                lines.filter_map(read).collect()
            }
            Some(other) => self.refuse("/vcard_properties", Some(other), "Must be a list of properties of vCards."),
        }
    }

    fn custom_fields(&mut self, value: Option<Value>, options: &Options, observation: &mut Observation) {
        let values = match value {
            None | Some(Value::Null) => return,
            Some(Value::Object(values)) => values,
            Some(other) => return self.refuse("/custom_fields", Some(other), "Must be an object of names and values."),
        };
        let mut unknown = Map::new();
        for (key, value) in values {
            let name = CustomName::parse(&key).ok();
            let field = name.and_then(|name| options.settings.field(FieldTarget::Contact, &name));
            match field {
                _ if value.is_null() => {}
                None => drop(unknown.insert(key, value)),
                Some(field) => match custom::from_json(&options.settings, field, &value) {
                    Ok(value) => observation.custom.push((field.name.clone(), Some(value))),
                    Err(reason) => self.refuse(&format!("/custom_fields/{}", escaped(&key)), Some(value), &reason),
                },
            }
        }
        self.ignore(unknown, "/custom_fields");
    }

    fn picture(&mut self, value: Option<Value>) -> Option<Picture> {
        let mut picture = match value {
            None | Some(Value::Null) => return None,
            Some(Value::Object(picture)) => picture,
            Some(other) => return self.refuse("/picture", Some(other), "Must be an object with a content in Base64."),
        };
        // The type of a picture is detected from its bytes.
        picture.remove("type");
        let content = picture.remove("content");
        self.ignore(picture, "/picture");
        let bytes = content.as_ref().and_then(Value::as_str).and_then(|text| BASE64.decode(text.as_bytes()).ok());
        let Some(bytes) = bytes else {
            return self.refuse(
                "/picture/content",
                content,
                "Must be a picture's bytes in Base64 (RFC 4648, section 4).",
            );
        };
        match Picture::parse(Arc::from(bytes)) {
            Ok(picture) => Some(picture),
            Err(invalid) => self.refuse("/picture/content", content, &invalid.to_string()),
        }
    }

    /// Adds a problem, or leaves the value out of a lenient import. Returns the default value.
    fn refuse<T: Default>(&mut self, at: &str, value: Option<Value>, message: &str) -> T {
        let problem = BodyProblem { at: at.to_owned(), value, message: message.to_owned() };
        match &mut self.file {
            Some(file) if file.options.is_lenient && is_single(at) => {
                if file.left_out.len() < PROBLEMS_MAX {
                    let message = format!("Left out. {message}");
                    file.left_out.push(in_row(BodyProblem { message, ..problem }));
                }
            }
            _ => self.problems.push(problem),
        }
        T::default()
    }

    /// Adds unknown keys, so that a typo is noticed.
    fn ignore(&mut self, rest: Map<String, Value>, at: &str) {
        for key in rest.into_iter().map(|(key, _)| key) {
            if self.ignored.len() < IGNORED_MAX {
                self.ignored.push(format!("{at}/{}", escaped(&key)));
            }
        }
    }
}

/// A property that would be kept if a card had it. Another has a key of its own.
fn kept_property(text: &str) -> Result<CardProperty, Invalid> {
    CardProperty::parse(text).and_then(|one| if vcard::is_kept(&one) { Ok(one) } else { Err(Invalid::CardProperty) })
}

/// Whether a pointer is to one value of a line, without which the rest is of use. A record is not: it says whom the line is about.
fn is_single(at: &str) -> bool {
    ["/fields/", "/link/", "/links/", "/lists/", "/vcard_properties/", "/custom_fields/", "/picture"]
        .iter()
        .any(|begin| at.starts_with(begin))
        || Attribute::ALL.iter().any(|attribute| at.strip_prefix('/') == Some(attribute.key()))
}

/// A key as a part of a JSON pointer (RFC 6901, section 3).
fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}
