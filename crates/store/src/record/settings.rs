//! The stored form of a company's settings.

use contact::{
    CustomField, CustomName, CustomType, FieldTarget, Guards, Import, ImportId, List, ListName, Settings, Teammate,
    TeammateId, Time,
};
use serde::{Deserialize, Serialize};

use super::values::{
    StoredHandle, Text, damaged, field_id, handle, list_id, read, stored_handle, teammate_id, written,
};
use crate::error::Error;

#[derive(Serialize, Deserialize)]
pub(super) struct StoredList<'a> {
    list: u64,
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    owner: Option<u64>,
    created_at: i64,
}

#[derive(Serialize, Deserialize)]
pub(super) struct StoredField<'a> {
    field: u64,
    #[serde(borrow)]
    target: Text<'a>,
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow, default, skip_serializing_if = "str::is_empty")]
    description: Text<'a>,
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    choices: Vec<String>,
    created_at: i64,
}

#[derive(Serialize, Deserialize)]
pub(super) struct StoredTeammate<'a> {
    teammate: u64,
    #[serde(borrow)]
    email: StoredHandle<'a>,
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    is_blocked: bool,
    created_at: i64,
}

#[derive(Serialize, Deserialize)]
pub(super) struct StoredImport<'a> {
    import: u64,
    #[serde(borrow)]
    name: Text<'a>,
    rows: u64,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    is_done: bool,
    started_at: i64,
    changed_at: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum StoredSettingsEvent<'a> {
    ListCreated(#[serde(borrow)] StoredList<'a>),
    ListDeleted(u64),
    FieldCreated(#[serde(borrow)] StoredField<'a>),
    FieldDeleted(u64),
    TeammateSet(#[serde(borrow)] StoredTeammate<'a>),
    ImportProgressed(#[serde(borrow)] StoredImport<'a>),
    GuardsSet(StoredGuards),
}

#[derive(Serialize, Deserialize)]
struct StoredSettings<'a> {
    #[serde(borrow)]
    lists: Vec<StoredList<'a>>,
    lists_made: u64,
    #[serde(borrow)]
    fields: Vec<StoredField<'a>>,
    fields_made: u64,
    #[serde(borrow)]
    teammates: Vec<StoredTeammate<'a>>,
    accounts_made: u64,
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    imports: Vec<StoredImport<'a>>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
pub(super) struct StoredGuards {
    /// None turns it off.
    shared_after: Option<u32>,
    names_agree: bool,
}

pub(super) fn stored_guards(guards: Guards) -> StoredGuards {
    StoredGuards { shared_after: guards.shared_after, names_agree: guards.names_agree }
}

pub(super) fn guards(stored: StoredGuards) -> Guards {
    Guards { shared_after: stored.shared_after, names_agree: stored.names_agree }
}

pub(super) fn stored_list(list: &List) -> StoredList<'_> {
    let (name, owner) = (list.name.as_str().into(), list.owner.map(TeammateId::number));
    StoredList { list: list.id.number(), name, owner, created_at: list.created_at.millis() }
}

pub(super) fn list(stored: StoredList) -> Result<List, Error> {
    Ok(List {
        id: list_id(stored.list)?,
        name: ListName::from_stored(stored.name.into_owned()),
        owner: stored.owner.map(teammate_id).transpose()?,
        created_at: Time::from_millis(stored.created_at),
    })
}

pub(super) fn stored_field(field: &CustomField) -> StoredField<'_> {
    let choices = if let CustomType::Enum(choices) = &field.kind { choices.clone() } else { Vec::new() };
    StoredField {
        field: field.id.number(),
        target: field.target.name().into(),
        name: field.name.as_str().into(),
        description: field.description.as_str().into(),
        kind: field.kind.name().into(),
        choices,
        created_at: field.created_at.millis(),
    }
}

pub(super) fn field(stored: StoredField) -> Result<CustomField, Error> {
    let invalid = |what: &str| damaged(format!("invalid custom field: {what}"));
    Ok(CustomField {
        id: field_id(stored.field)?,
        target: stored.target.parse::<FieldTarget>().map_err(|_| invalid(&stored.target))?,
        name: CustomName::from_stored(stored.name.into_owned()),
        description: stored.description.into_owned(),
        kind: CustomType::parse(&stored.kind, stored.choices).map_err(|_| invalid(&stored.kind))?,
        created_at: Time::from_millis(stored.created_at),
    })
}

pub(super) fn stored_teammate(teammate: &Teammate) -> StoredTeammate<'_> {
    StoredTeammate {
        teammate: teammate.id.number(),
        email: stored_handle(&teammate.email),
        name: teammate.name.as_str().into(),
        is_blocked: teammate.is_blocked,
        created_at: teammate.created_at.millis(),
    }
}

pub(super) fn teammate(stored: StoredTeammate) -> Result<Teammate, Error> {
    Ok(Teammate {
        id: teammate_id(stored.teammate)?,
        email: handle(&stored.email),
        name: contact::Text::from_stored(stored.name.into_owned()),
        is_blocked: stored.is_blocked,
        created_at: Time::from_millis(stored.created_at),
    })
}

pub(super) fn stored_import(import: &Import) -> StoredImport<'_> {
    StoredImport {
        import: import.id.0,
        name: import.name.as_str().into(),
        rows: import.rows,
        is_done: import.is_done,
        started_at: import.started_at.millis(),
        changed_at: import.changed_at.millis(),
    }
}

pub(super) fn import(stored: StoredImport) -> Import {
    Import {
        id: ImportId(stored.import),
        name: stored.name.into_owned(),
        rows: stored.rows,
        is_done: stored.is_done,
        started_at: Time::from_millis(stored.started_at),
        changed_at: Time::from_millis(stored.changed_at),
    }
}

/// Returns the body of a company's settings.
pub fn from_settings(settings: &Settings) -> String {
    written(&StoredSettings {
        lists: settings.lists.values().map(stored_list).collect(),
        lists_made: settings.lists_made,
        fields: settings.fields.values().map(stored_field).collect(),
        fields_made: settings.fields_made,
        teammates: settings.teammates.values().map(stored_teammate).collect(),
        accounts_made: settings.accounts_made,
        imports: settings.imports.values().map(stored_import).collect(),
    })
}

/// Parses a company's settings.
///
/// # Errors
///
/// [`Error::Damaged`] if the stored record cannot be read.
pub fn to_settings(body: &str) -> Result<Settings, Error> {
    let stored: StoredSettings = read(body)?;
    let mut settings = Settings {
        lists_made: stored.lists_made,
        fields_made: stored.fields_made,
        accounts_made: stored.accounts_made,
        ..Settings::default()
    };
    for stored in stored.lists {
        let list = list(stored)?;
        settings.lists.insert(list.id, list);
    }
    for stored in stored.fields {
        let field = field(stored)?;
        settings.fields.insert(field.id, field);
    }
    for stored in stored.teammates {
        let teammate = teammate(stored)?;
        settings.teammates.insert(teammate.id, teammate);
    }
    for stored in stored.imports {
        let import = import(stored);
        settings.imports.insert(import.id, import);
    }
    Ok(settings)
}
