//! Custom fields: what a company keeps of its contacts and accounts beside what everybody keeps.

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
/// Most characters of a text that a custom field holds, and of one that it can be chosen to hold.
pub const CUSTOM_TEXT_CHARS_MAX: usize = 5_000;
/// Most values that can be chosen from.
pub const CHOICES_MAX: usize = 500;

/// What a custom field is called, by which its values are known.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct CustomName(String);

impl CustomName {
    /// A name as it was stored; it is not checked again.
    pub fn from_stored(text: String) -> CustomName {
        CustomName(text)
    }

    /// Takes a name as it is given, without the space around it.
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

/// What a custom field holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CustomType {
    /// A text.
    String,
    /// Yes or no.
    Boolean,
    /// A moment: seconds since 1970-01-01 00:00 UTC, with decimals where they matter.
    DateTime,
    /// A number.
    Number,
    /// The e-mail address of a teammate.
    Teammate,
    /// The id of an inbox.
    Inbox,
    /// One of some texts.
    Enum(Vec<String>),
}

impl CustomType {
    /// The name that APIs, pages and the command line use.
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

    /// The type with a name. `choices` are the texts that an `enum` is one of, and of no other type.
    ///
    /// # Errors
    ///
    /// [`Invalid::CustomType`] if there is none of this name; [`Invalid::Choices`] if an `enum` has no choices, more than
    /// [`CHOICES_MAX`] or one twice, or another type has any.
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

/// What has a custom field.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum FieldTarget {
    /// Contacts.
    Contact,
    /// Accounts.
    Account,
}

impl FieldTarget {
    /// The name that the journal and the command line use.
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
    /// What has it.
    pub target: FieldTarget,
    /// What it is called; no other of the same target is.
    pub name: CustomName,
    /// What it is for; perhaps nothing.
    pub description: String,
    /// What it holds.
    pub kind: CustomType,
    /// When it was made.
    pub created_at: Time,
}

/// A value of a custom field.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CustomValue {
    /// A text, an e-mail address, an id or a choice.
    Text(String),
    /// Yes or no.
    Bool(bool),
    /// A number, or a moment as seconds, written as JSON writes it (RFC 8259, section 6).
    Number(String),
}

/// Values of custom fields, by name.
pub type CustomValues = BTreeMap<CustomName, CustomValue>;

/// Why a value of a custom field is refused.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WrongValue {
    /// The field.
    pub field: CustomName,
    /// Why, as the end of a sentence.
    pub why: String,
}
