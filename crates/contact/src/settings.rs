//! The settings: what a company has set up for all of its contacts. Lists, custom fields, and who works there.

use std::collections::{BTreeMap, BTreeSet};

use crate::field::bounded;
use crate::{
    CUSTOM_FIELDS_MAX, CustomField, CustomName, CustomType, Decision, FieldId, FieldTarget, Handle, IMPORTS_MAX,
    Import, ImportId, Invalid, ListId, Name, Outcome, Refused, TeammateId, Time, View,
};

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
    pub name: Name,
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
        let email = Handle::parse(crate::Source::Email, email, crate::Region::default()).ok()?;
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
        name: Name,
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
    Account(crate::AccountId),
}

/// Decides on setting something up.
pub fn settings_change(view: &View, asked: &SettingsChange, at: Time) -> Result<Decision, Refused> {
    let settings = &view.settings;
    let (change, made) = match asked {
        SettingsChange::MakeList { name, owner } => {
            let (list, change) = list(view, &mut BTreeSet::new(), *owner, name, at)?;
            (change, Some(CreatedItem::List(list)))
        }
        SettingsChange::DeleteList(id) => {
            settings.lists.get(id).ok_or(Refused::NoList(*id))?;
            (Some(SettingsEvent::ListDeleted(*id)), None)
        }
        SettingsChange::MakeField { target, name, description, kind } => {
            if settings.field(*target, name).is_some() {
                return Err(Refused::FieldTaken(name.clone()));
            }
            if settings.fields.len() >= CUSTOM_FIELDS_MAX {
                return Err(Refused::TooMany { what: "custom fields", most: CUSTOM_FIELDS_MAX });
            }
            let id = FieldId::nth(view.company, settings.fields_made + 1);
            let (name, description, kind) = (name.clone(), description.clone(), kind.clone());
            let field = CustomField { id, target: *target, name, description, kind, created_at: at };
            (Some(SettingsEvent::FieldMade(field)), Some(CreatedItem::Field(id)))
        }
        SettingsChange::DeleteField(id) => {
            settings.fields.get(id).ok_or(Refused::NoField(*id))?;
            (Some(SettingsEvent::FieldDeleted(*id)), None)
        }
        SettingsChange::AddTeammate { email, name } => {
            if settings.teammate_by_email(email.text()).is_some() {
                return Err(Refused::TeammateTaken(email.text().to_owned()));
            }
            if settings.teammates.len() >= TEAMMATES_MAX {
                return Err(Refused::TooMany { what: "teammates", most: TEAMMATES_MAX });
            }
            let id = TeammateId::nth(view.company, settings.teammates.len() as u64 + 1);
            let teammate = Teammate { id, email: email.clone(), name: name.clone(), is_blocked: false, created_at: at };
            (Some(SettingsEvent::TeammateSet(teammate)), Some(CreatedItem::Teammate(id)))
        }
        SettingsChange::BlockTeammate { teammate, is_blocked } => {
            let now = settings.teammates.get(teammate).ok_or(Refused::NoTeammate(*teammate))?;
            let then = crate::Teammate { is_blocked: *is_blocked, ..now.clone() };
            ((*now != then).then_some(SettingsEvent::TeammateSet(then)), None)
        }
        SettingsChange::NoteImport { id, name, rows, is_done } => {
            let started_at = settings.imports.get(id).map_or(at, |import| import.started_at);
            let (name, rows, is_done) = (name.clone(), *rows, *is_done);
            let import = Import { id: *id, name, rows, is_done, started_at, changed_at: at };
            (Some(SettingsEvent::ImportWent(import)), None)
        }
    };
    let changes = change.map(crate::Change::Settings).into_iter().collect();
    Ok(Decision { changes, outcome: Outcome { made, ..Outcome::default() } })
}

/// The list with a name, and what makes it if there is none. `new` are those that are made by the same decision.
pub(crate) fn list(
    view: &View,
    new: &mut BTreeSet<ListName>,
    owner: Option<TeammateId>,
    name: &ListName,
    at: Time,
) -> Result<(ListId, Option<SettingsEvent>), Refused> {
    let settings = &view.settings;
    if let Some(list) = settings.list(owner, name) {
        return Ok((list.id, None));
    }
    if let Some(owner) = owner.filter(|owner| !settings.teammates.contains_key(owner)) {
        return Err(Refused::NoTeammate(owner));
    }
    if settings.lists.len() + new.len() >= LISTS_MAX {
        return Err(Refused::TooMany { what: "lists", most: LISTS_MAX });
    }
    new.insert(name.clone());
    let id = ListId::nth(view.company, settings.lists_made + new.len() as u64);
    let list = List { id, name: name.clone(), owner, created_at: at };
    Ok((id, Some(SettingsEvent::ListMade(list))))
}
