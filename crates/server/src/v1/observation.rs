//! Reading an observation from a body: everything that is wrong with it at once, each with its place.

use contact::{Description, FIELDS_MAX, Handle, Invalid, LINKS_MAX, Link, Name, Observation, Origin, Region, Source};
use serde_json::{Map, Value};

use super::error::Problem;

/// Most unknown keys that are named.
const IGNORED_MAX: usize = 100;

/// Reads an observation, and where the body has keys that nobody knows.
pub fn read(body: Value, region: Region) -> Result<(Observation, Vec<String>), Vec<Problem>> {
    let mut reading = Reading { region, problems: Vec::new(), ignored: Vec::new() };
    let Value::Object(body) = body else {
        let () = reading.refuse("", Some(body), "Must be an object with name, description, fields and link.");
        return Err(reading.problems);
    };
    let observation = reading.observation(body);
    if reading.problems.is_empty() { Ok((observation, reading.ignored)) } else { Err(reading.problems) }
}

struct Reading {
    region: Region,
    problems: Vec<Problem>,
    ignored: Vec<String>,
}

impl Reading {
    fn observation(&mut self, mut body: Map<String, Value>) -> Observation {
        let mut observation = Observation::from(Origin::Api);
        observation.name = self.text(body.remove("name"), "/name", Name::parse);
        observation.description = self.text(body.remove("description"), "/description", Description::parse);
        observation.handles = self.fields(body.remove("fields"));
        for key in ["link", "links"] {
            let links = self.links(body.remove(key), &format!("/{key}"));
            observation.links.extend(links);
        }
        if observation.links.len() > LINKS_MAX {
            let () = self.refuse("/links", None, &format!("Must be at most {LINKS_MAX} links together with /link."));
        }
        self.ignore(body, "");
        observation
    }

    /// A text that may be left out, where null is the same as leaving it out.
    fn text<T>(&mut self, value: Option<Value>, at: &str, parse: impl Fn(&str) -> Result<T, Invalid>) -> Option<T> {
        match value {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => match parse(&text) {
                Ok(parsed) => Some(parsed),
                Err(invalid) => self.refuse(at, Some(text.into()), &invalid.to_string()),
            },
            Some(other) => self.refuse(at, Some(other), "Must be a string."),
        }
    }

    fn fields(&mut self, value: Option<Value>) -> Vec<Handle> {
        let missing = "Must be a list of at least one field with a source and a handle.";
        match value {
            Some(Value::Array(fields)) if fields.len() > FIELDS_MAX => self.refuse(
                "/fields",
                None,
                &format!("Must be at most {FIELDS_MAX} fields; these are {}.", fields.len()),
            ),
            Some(Value::Array(fields)) if !fields.is_empty() => {
                let fields = fields.into_iter().enumerate();
                fields.filter_map(|(n, field)| self.field(field, &format!("/fields/{n}"))).collect()
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
        self.ignore(field, at);
        let text = match handle {
            Some(Value::String(text)) => text,
            other => return self.refuse(&at_handle, other, "Must be a string."),
        };
        match Handle::parse(source?, &text, self.region) {
            Ok(handle) => Some(handle),
            Err(invalid) => self.refuse(&at_handle, Some(text.into()), &invalid.to_string()),
        }
    }

    fn source(&mut self, value: Option<Value>, at: &str) -> Option<Source> {
        match value.as_ref().and_then(Value::as_str) {
            Some("email") => Some(Source::Email),
            Some("twitter") => Some(Source::Twitter),
            Some("phone") => Some(Source::Phone),
            _ => self.refuse(at, value, "Must be email, twitter or phone."),
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

    /// Notes what is wrong, and takes nothing in its place.
    fn refuse<T: Default>(&mut self, at: &str, value: Option<Value>, message: &str) -> T {
        self.problems.push(Problem { at: Some(at.to_owned()), value, ..Problem::says(message) });
        T::default()
    }

    /// Notes keys that nobody knows: a typo must be seen.
    fn ignore(&mut self, rest: Map<String, Value>, at: &str) {
        for key in rest.into_iter().map(|(key, _)| key) {
            if self.ignored.len() < IGNORED_MAX {
                self.ignored.push(format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")));
            }
        }
    }
}
