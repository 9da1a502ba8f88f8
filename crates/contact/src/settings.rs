//! The settings: what a company has set up for all of its contacts. Lists, custom fields, and who works there.

use std::collections::BTreeMap;

use crate::custom::{
    CUSTOM_TEXT_CHARS_MAX, CustomField, CustomName, CustomType, CustomValue, CustomValues, FieldTarget, WrongValue,
};
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

/// What a list is called.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ListName(String);

impl ListName {
    /// A name as it was stored; it is not checked again.
    pub fn from_stored(text: String) -> ListName {
        ListName(text)
    }

    /// Takes a name as it is given, without the space around it.
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

/// A list that contacts are put on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct List {
    /// Its id.
    pub id: ListId,
    /// What it is called; no other of the same owner is.
    pub name: ListName,
    /// Whose it is; none if the whole company's.
    pub owner: Option<TeammateId>,
    /// When it was made.
    pub created_at: Time,
}

/// Somebody who works at the company.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Teammate {
    /// Their id.
    pub id: TeammateId,
    /// Their e-mail address, which is no other's.
    pub email: Handle,
    /// What they are called.
    pub name: Text,
    /// Whether they may do nothing any more.
    pub is_blocked: bool,
    /// When they came.
    pub created_at: Time,
}

/// What a company has set up.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Settings {
    /// Its lists.
    pub lists: BTreeMap<ListId, List>,
    /// How many lists it ever had.
    pub lists_made: u64,
    /// Its custom fields.
    pub fields: BTreeMap<FieldId, CustomField>,
    /// How many custom fields it ever had.
    pub fields_made: u64,
    /// Its teammates, also those that are blocked.
    pub teammates: BTreeMap<TeammateId, Teammate>,
    /// How many accounts it ever had.
    pub accounts_made: u64,
    /// The files that were imported last.
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

    /// The teammate with an e-mail address, however it is written.
    pub fn teammate_by_email(&self, email: &str) -> Option<&Teammate> {
        let email = Handle::parse(Source::Email, email, Region::default()).ok()?;
        self.teammates.values().find(|teammate| teammate.email.key() == email.key())
    }

    /// Brings it along by a change.
    pub(crate) fn apply(&mut self, change: &SettingsEvent) {
        match change {
            SettingsEvent::ListMade(list) => {
                self.lists_made = self.lists_made.max(list.id.count());
                self.lists.insert(list.id, list.clone());
            }
            SettingsEvent::ListDeleted(list) => {
                self.lists.remove(list);
            }
            SettingsEvent::FieldMade(field) => {
                self.fields_made = self.fields_made.max(field.id.count());
                self.fields.insert(field.id, field.clone());
            }
            SettingsEvent::FieldDeleted(field) => {
                self.fields.remove(field);
            }
            SettingsEvent::TeammateSet(teammate) => {
                self.teammates.insert(teammate.id, teammate.clone());
            }
            SettingsEvent::ImportWent(import) => {
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

/// What happened to a settings.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SettingsEvent {
    /// A list was made.
    ListMade(List),
    /// A list was deleted. Those that were on it stay.
    ListDeleted(ListId),
    /// A custom field was made.
    FieldMade(CustomField),
    /// A custom field was deleted. Its values are shown no more.
    FieldDeleted(FieldId),
    /// A teammate came, or is now as told here.
    TeammateSet(Teammate),
    /// An import has come as far as told here.
    ImportWent(Import),
}

/// What can be asked of a settings.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SettingsChange {
    /// Make a list. One that is there already is that list.
    MakeList {
        /// What it is to be called.
        name: ListName,
        /// Whose it is to be; none if the whole company's.
        owner: Option<TeammateId>,
    },
    /// Delete a list.
    DeleteList(ListId),
    /// Make a custom field.
    MakeField {
        /// What is to have it.
        target: FieldTarget,
        /// What it is to be called.
        name: CustomName,
        /// What it is for.
        description: String,
        /// What it is to hold.
        kind: CustomType,
    },
    /// Delete a custom field.
    DeleteField(FieldId),
    /// Add a teammate.
    AddTeammate {
        /// Their e-mail address.
        email: Handle,
        /// What they are called.
        name: Text,
    },
    /// Block a teammate, or let them in again.
    BlockTeammate {
        /// Who.
        teammate: TeammateId,
        /// Whether they are to be blocked.
        is_blocked: bool,
    },
    /// Note how far an import has come. With the rows that it took in, in one write, this is never other than they are.
    NoteImport {
        /// What is imported.
        id: ImportId,
        /// What the file is called.
        name: String,
        /// How many of its rows have been taken in.
        rows: u64,
        /// Whether those are all.
        is_done: bool,
    },
}

/// What was made.
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

    /// Whether one of its custom fields can have a value.
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
