//! The fields that a column of a table can have.

use std::fmt;

use contact::{Attribute, CustomName, FieldTarget, Settings, Source};
use thiserror::Error;

/// The prefix of a column name that always means a custom field.
pub(crate) const CUSTOM_PREFIX: &str = "field:";

/// The field of a column.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Field {
    /// An attribute; the name as a whole.
    Attribute(Attribute),
    /// The first part of the name, used if there is no whole name.
    FirstName,
    /// The middle part of the name.
    MiddleName,
    /// The last part of the name.
    LastName,
    /// Handles of one source.
    Handle(Source),
    /// Links.
    Link,
    /// Names of lists.
    List,
    /// A custom field of contacts.
    Custom(CustomName),
    /// The column is ignored.
    Ignore,
}

impl Field {
    /// Those with names of their own, in the order in which they are named.
    fn plain() -> impl Iterator<Item = Field> {
        let others = [Field::FirstName, Field::MiddleName, Field::LastName, Field::Link, Field::List, Field::Ignore];
        Attribute::ALL.into_iter().map(Field::Attribute).chain(others)
    }

    /// All fields that a column can have in a company with these settings.
    pub fn all(settings: &Settings) -> impl Iterator<Item = Field> {
        let sources = Source::ALL.into_iter().map(Field::Handle);
        let fields = settings.fields.values().filter(|field| field.target == FieldTarget::Contact);
        let custom = fields.map(|field| Field::Custom(field.name.clone()));
        sources.chain(Field::plain()).chain(custom)
    }

    /// The field with a name: a source, the key of an attribute, or a custom field; or one of `first_name`, `middle_name`,
    /// `last_name`, `link`, `list` and `ignore`. A custom field with one of these names needs the prefix `field:`.
    ///
    /// # Errors
    ///
    /// [`UnknownField`] lists all fields.
    pub fn parse(name: &str, settings: &Settings) -> Result<Field, UnknownField> {
        let name = name.trim();
        if let Ok(source) = name.parse() {
            return Ok(Field::Handle(source));
        }
        if let Some(plain) = Field::plain().find(|field| field.to_string() == name) {
            return Ok(plain);
        }
        let custom = name.strip_prefix(CUSTOM_PREFIX).unwrap_or(name);
        let named = |name: &str| {
            CustomName::parse(name).ok().filter(|name| settings.field(FieldTarget::Contact, name).is_some())
        };
        named(custom).or_else(|| named(name)).map(Field::Custom).ok_or_else(|| UnknownField::of(name, settings))
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Field::Attribute(attribute) => attribute.key(),
            Field::FirstName => "first_name",
            Field::MiddleName => "middle_name",
            Field::LastName => "last_name",
            Field::Handle(source) => source.name(),
            Field::Link => "link",
            Field::List => "list",
            Field::Custom(name) => return write!(f, "{CUSTOM_PREFIX}{name}"),
            Field::Ignore => "ignore",
        })
    }
}

/// The name of a field is unknown.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("{given:?} is nothing that a column can be. Must be one of: {}.", .known.join(", "))]
pub struct UnknownField {
    /// The given name.
    pub given: String,
    /// The names of all fields.
    pub known: Vec<String>,
}

impl UnknownField {
    fn of(given: &str, settings: &Settings) -> UnknownField {
        UnknownField { given: given.to_owned(), known: Field::all(settings).map(|field| field.to_string()).collect() }
    }
}

/// Parses the mapping of a column: its name, `=`, and a [`Field`], as in `E-mail 1 - Value=email`.
///
/// # Errors
///
/// [`UnknownField`] if there is no `=`, or no known field after it.
pub fn parse_map(text: &str, settings: &Settings) -> Result<(String, Field), UnknownField> {
    // The name of a column or of a custom field may contain an equals sign.
    let mut parts = text.match_indices('=').map(|(at, _)| (&text[..at], &text[at + 1..]));
    let known = parts.clone().find_map(|(name, field)| Some((name, Field::parse(field, settings).ok()?)));
    match known {
        Some((name, field)) => Ok((name.trim().to_owned(), field)),
        None => Err(UnknownField::of(parts.next_back().map_or(text, |(_, field)| field), settings)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_names_a_column_and_a_field() {
        let none = Settings::default();
        let email = Field::Handle(Source::Email);
        assert_eq!(parse_map("E-mail 1 - Value=email", &none), Ok(("E-mail 1 - Value".into(), email.clone())));
        assert_eq!(parse_map("a=b = email", &none), Ok(("a=b".into(), email)));
        let error = parse_map("Phone=telephone", &none).unwrap_err().to_string();
        assert!(
            error.starts_with("\"telephone\" is nothing that a column can be. Must be one of: email, phone,"),
            "{error}"
        );
        assert!(parse_map("email", &none).is_err());
    }
}
