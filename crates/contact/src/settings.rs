//! The settings of a company: lists, custom fields, teammates, and the latest imports.

use std::collections::BTreeMap;

use crate::custom::{
    CUSTOM_TEXT_CHARS_MAX, CustomField, CustomName, CustomType, CustomValue, CustomValues, FieldTarget, WrongValue,
};
use crate::guards::Guards;
use crate::handle::{Handle, Region, Source};
use crate::id::{AccountId, FieldId, InboxId, ListId, TeammateId};
use crate::import::{IMPORTS_MAX, Import, ImportId};
use crate::invalid::Invalid;
use crate::text::{Text, bounded};
use crate::time::Time;

/// Most lists of a company.
pub const LISTS_MAX: usize = 1_000;
/// Most characters of a list's name.
pub const LIST_NAME_CHARS_MAX: usize = 200;
/// Most teammates of a company.
pub const TEAMMATES_MAX: usize = 1_000;

/// The name of a list.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ListName(String);

impl ListName {
    /// A name from the store, without a check.
    pub fn from_stored(text: String) -> ListName {
        ListName(text)
    }

    /// Parses a name. Space around it is removed.
    ///
    /// # Errors
    ///
    /// [`Invalid::Empty`], [`Invalid::TooLong`] past [`LIST_NAME_CHARS_MAX`] characters, [`Invalid::Nul`].
    pub fn parse(text: &str) -> Result<ListName, Invalid> {
        let text = text.trim();
        if text.is_empty() {
            return Err(Invalid::Empty);
        }
        bounded(text, LIST_NAME_CHARS_MAX).map(ListName)
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A list of contacts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct List {
    /// Its id.
    pub id: ListId,
    /// Its name, unique for its owner.
    pub name: ListName,
    /// The teammate who owns it; none if it belongs to the company.
    pub owner: Option<TeammateId>,
    /// When it was created.
    pub created_at: Time,
}

/// A teammate: a person who works at the company.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Teammate {
    /// Their id.
    pub id: TeammateId,
    /// Their email address, which no other teammate has.
    pub email: Handle,
    /// Their name.
    pub name: Text,
    /// Whether they are blocked from signing in.
    pub is_blocked: bool,
    /// When they were added.
    pub created_at: Time,
}

/// The settings of a company.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Settings {
    /// Its lists.
    pub lists: BTreeMap<ListId, List>,
    /// The number of lists ever created.
    pub lists_made: u64,
    /// Its custom fields.
    pub fields: BTreeMap<FieldId, CustomField>,
    /// The number of custom fields ever created.
    pub fields_made: u64,
    /// Its teammates, including blocked ones.
    pub teammates: BTreeMap<TeammateId, Teammate>,
    /// The number of accounts ever created.
    pub accounts_made: u64,
    /// The latest imports.
    pub imports: BTreeMap<ImportId, Import>,
}

impl Settings {
    /// The list with a name.
    pub fn list(&self, owner: Option<TeammateId>, name: &ListName) -> Option<&List> {
        self.lists.values().find(|list| list.owner == owner && list.name == *name)
    }

    /// The custom field with a name.
    pub fn field(&self, target: FieldTarget, name: &CustomName) -> Option<&CustomField> {
        self.fields.values().find(|field| field.target == target && field.name == *name)
    }

    /// The teammate with an email address, in any spelling.
    pub fn teammate_by_email(&self, email: &str) -> Option<&Teammate> {
        let email = Handle::parse(Source::Email, email, Region::default()).ok()?;
        self.teammates.values().find(|teammate| teammate.email.key() == email.key())
    }

    /// Applies a change of the settings.
    pub(crate) fn apply(&mut self, change: &SettingsEvent) {
        match change {
            SettingsEvent::ListCreated(list) => {
                self.lists_made = self.lists_made.max(list.id.count());
                self.lists.insert(list.id, list.clone());
            }
            SettingsEvent::ListDeleted(list) => {
                self.lists.remove(list);
            }
            SettingsEvent::FieldCreated(field) => {
                self.fields_made = self.fields_made.max(field.id.count());
                self.fields.insert(field.id, field.clone());
            }
            SettingsEvent::FieldDeleted(field) => {
                self.fields.remove(field);
            }
            SettingsEvent::TeammateSet(teammate) => {
                self.teammates.insert(teammate.id, teammate.clone());
            }
            SettingsEvent::GuardsSet(_) => {}
            SettingsEvent::ImportProgressed(import) => {
                self.imports.insert(import.id, import.clone());
                let others = self.imports.values().filter(|other| other.id != import.id);
                let oldest = others.min_by_key(|other| (other.changed_at, other.id)).map(|oldest| oldest.id);
                if let Some(oldest) = oldest.filter(|_| self.imports.len() > IMPORTS_MAX) {
                    self.imports.remove(&oldest);
                }
            }
        }
    }
}

/// A change of the settings, as the journal records it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SettingsEvent {
    /// A list was created.
    ListCreated(List),
    /// A list was deleted. Its contacts stay.
    ListDeleted(ListId),
    /// A custom field was created.
    FieldCreated(CustomField),
    /// A custom field was deleted. Its values are no longer shown.
    FieldDeleted(FieldId),
    /// A teammate was added or updated.
    TeammateSet(Teammate),
    /// An import made progress.
    ImportProgressed(Import),
    /// The guards against false merges were set. A view keeps them apart from the other settings.
    GuardsSet(Guards),
}

/// A change of the settings, as a caller requests it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SettingsChange {
    /// Create a list, unless it exists.
    CreateList {
        /// Its name.
        name: ListName,
        /// The teammate who owns it; none if it belongs to the company.
        owner: Option<TeammateId>,
    },
    /// Delete a list.
    DeleteList(ListId),
    /// Create a custom field.
    CreateField {
        /// The kind of object that has it.
        target: FieldTarget,
        /// Its name.
        name: CustomName,
        /// Its description.
        description: String,
        /// Its type.
        kind: CustomType,
    },
    /// Delete a custom field.
    DeleteField(FieldId),
    /// Add a teammate.
    AddTeammate {
        /// Their email address.
        email: Handle,
        /// Their name.
        name: Text,
    },
    /// Block or unblock a teammate.
    BlockTeammate {
        /// The teammate.
        teammate: TeammateId,
        /// Whether to block them.
        is_blocked: bool,
    },
    /// Set the guards against false merges. Existing records are grouped by them with [`Regroup`](crate::Command::Regroup).
    SetGuards(Guards),
    /// Record the progress of an import. Written together with its rows, it always matches them.
    RecordImport {
        /// The import.
        id: ImportId,
        /// The name of the file.
        name: String,
        /// The number of rows read so far.
        rows: u64,
        /// Whether these are all rows.
        is_done: bool,
    },
}

/// An object that a command created.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CreatedItem {
    /// A list.
    List(ListId),
    /// A custom field.
    Field(FieldId),
    /// A teammate.
    Teammate(TeammateId),
    /// An account.
    Account(AccountId),
}

impl Settings {
    /// Checks values of custom fields against the fields of the company.
    ///
    /// # Errors
    ///
    /// [`WrongValue`] names the first value that does not fit.
    pub(crate) fn check_values(&self, target: FieldTarget, values: &CustomValues) -> Result<(), WrongValue> {
        for (name, value) in values {
            let field = self.field(target, name);
            let why = field.map_or_else(|| Some("is not a custom field".into()), |field| mismatch(self, field, value));
            if let Some(why) = why {
                return Err(WrongValue { field: name.clone(), why });
            }
        }
        Ok(())
    }

    /// Checks whether a custom field can have a value.
    ///
    /// # Errors
    ///
    /// [`WrongValue`] says why not.
    pub fn check(&self, field: &CustomField, value: &CustomValue) -> Result<(), WrongValue> {
        mismatch(self, field, value).map_or(Ok(()), |why| Err(WrongValue { field: field.name.clone(), why }))
    }
}

fn mismatch(settings: &Settings, field: &CustomField, value: &CustomValue) -> Option<String> {
    if let CustomValue::Text(text) = value
        && bounded(text, CUSTOM_TEXT_CHARS_MAX).is_err()
    {
        return Some(format!("must have at most {CUSTOM_TEXT_CHARS_MAX} characters, none a NUL"));
    }
    match (&field.kind, value) {
        (CustomType::String, CustomValue::Text(_))
        | (CustomType::Boolean, CustomValue::Bool(_))
        | (CustomType::DateTime | CustomType::Number, CustomValue::Number(_)) => None,
        (CustomType::Teammate, CustomValue::Text(email)) => {
            settings.teammate_by_email(email).is_none().then(|| "must be the e-mail address of a teammate".into())
        }
        (CustomType::Inbox, CustomValue::Text(inbox)) => {
            let is_one = inbox.parse() == Ok(InboxId::nth(field.id.company(), 1));
            (!is_one).then(|| "must be the id of an inbox".into())
        }
        (CustomType::Enum(choices), CustomValue::Text(chosen)) => {
            (!choices.contains(chosen)).then(|| format!("must be one of: {}", choices.join(", ")))
        }
        (CustomType::String, _) => Some("must be a string".into()),
        (CustomType::Boolean, _) => Some("must be true or false".into()),
        (CustomType::DateTime, _) => Some("must be a number of seconds since 1970".into()),
        (CustomType::Number, _) => Some("must be a number".into()),
        (CustomType::Teammate, _) => Some("must be the e-mail address of a teammate".into()),
        (CustomType::Inbox, _) => Some("must be the id of an inbox".into()),
        (CustomType::Enum(choices), _) => Some(format!("must be one of: {}", choices.join(", "))),
    }
}
