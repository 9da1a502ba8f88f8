//! Custom fields: the fields that a company adds to its contacts and accounts.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use crate::id::FieldId;
use crate::invalid::Invalid;
use crate::text::bounded;
use crate::time::Time;

/// Most custom fields of a company, for contacts and accounts together.
pub const CUSTOM_FIELDS_MAX: usize = 200;
/// Most characters of a custom field's name.
pub const CUSTOM_NAME_CHARS_MAX: usize = 100;
/// Most characters of a text in a custom field, and of a choice.
pub const CUSTOM_TEXT_CHARS_MAX: usize = 5_000;
/// Most choices of a custom field.
pub const CHOICES_MAX: usize = 500;

/// The name of a custom field. Values refer to their field by it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct CustomName(String);

impl CustomName {
    /// A name from the store, without a check.
    pub fn from_stored(text: String) -> CustomName {
        CustomName(text)
    }

    /// Parses a name. Space around it is removed.
    ///
    /// # Errors
    ///
    /// [`Invalid::Empty`], [`Invalid::TooLong`] past [`CUSTOM_NAME_CHARS_MAX`] characters, [`Invalid::Nul`].
    pub fn parse(text: &str) -> Result<CustomName, Invalid> {
        let text = text.trim();
        if text.is_empty() {
            return Err(Invalid::Empty);
        }
        bounded(text, CUSTOM_NAME_CHARS_MAX).map(CustomName)
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CustomName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The type of a custom field.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CustomType {
    /// A text.
    String,
    /// True or false.
    Boolean,
    /// A time: seconds since 1970-01-01 00:00 UTC, perhaps with decimals.
    DateTime,
    /// A number.
    Number,
    /// The email address of a teammate.
    Teammate,
    /// The id of an inbox.
    Inbox,
    /// One of these texts.
    Enum(Vec<String>),
}

impl CustomType {
    /// The name in APIs, on pages and on the command line.
    pub fn name(&self) -> &'static str {
        match self {
            CustomType::String => "string",
            CustomType::Boolean => "boolean",
            CustomType::DateTime => "datetime",
            CustomType::Number => "number",
            CustomType::Teammate => "teammate",
            CustomType::Inbox => "inbox",
            CustomType::Enum(_) => "enum",
        }
    }

    /// Parses the name of a type. `choices` are the texts of an `enum`; other types have none.
    ///
    /// # Errors
    ///
    /// [`Invalid::CustomType`] if the name is unknown. [`Invalid::Choices`] if an `enum` has no choices, more than
    /// [`CHOICES_MAX`] or one twice, or if another type has choices.
    pub fn parse(name: &str, choices: Vec<String>) -> Result<CustomType, Invalid> {
        let kind = match name {
            "string" => CustomType::String,
            "boolean" => CustomType::Boolean,
            "datetime" => CustomType::DateTime,
            "number" => CustomType::Number,
            "teammate" => CustomType::Teammate,
            "inbox" => CustomType::Inbox,
            "enum" => {
                let mut seen = std::collections::BTreeSet::new();
                let is_new = |choice: &String| {
                    bounded(choice, CUSTOM_TEXT_CHARS_MAX).is_ok() && !choice.is_empty() && seen.insert(choice.clone())
                };
                if choices.is_empty() || choices.len() > CHOICES_MAX || !choices.iter().all(is_new) {
                    return Err(Invalid::Choices);
                }
                return Ok(CustomType::Enum(choices));
            }
            _ => return Err(Invalid::CustomType),
        };
        if choices.is_empty() { Ok(kind) } else { Err(Invalid::Choices) }
    }
}

/// The kind of object that has a custom field.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum FieldTarget {
    /// Contacts.
    Contact,
    /// Accounts.
    Account,
}

impl FieldTarget {
    /// The name in the journal and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            FieldTarget::Contact => "contact",
            FieldTarget::Account => "account",
        }
    }
}

impl FromStr for FieldTarget {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<FieldTarget, Invalid> {
        [FieldTarget::Contact, FieldTarget::Account]
            .into_iter()
            .find(|one| one.name() == text)
            .ok_or(Invalid::FieldTarget)
    }
}

/// A custom field of a company.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CustomField {
    /// Its id.
    pub id: FieldId,
    /// The kind of object that has it.
    pub target: FieldTarget,
    /// Its name, unique for its target.
    pub name: CustomName,
    /// The description, perhaps empty.
    pub description: String,
    /// Its type.
    pub kind: CustomType,
    /// When it was created.
    pub created_at: Time,
}

/// A value of a custom field.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CustomValue {
    /// A text, an email address, an id or a choice.
    Text(String),
    /// True or false.
    Bool(bool),
    /// A number, or a time in seconds, in the notation of JSON (RFC 8259, section 6).
    Number(String),
}

/// Values of custom fields, by name.
pub type CustomValues = BTreeMap<CustomName, CustomValue>;

/// Why a custom field cannot hold a value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WrongValue {
    /// The field.
    pub field: CustomName,
    /// The reason, as the end of a sentence.
    pub why: String,
}
