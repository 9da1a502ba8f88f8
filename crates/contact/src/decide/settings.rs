//! Changing the settings of a company.

use std::collections::BTreeSet;

use crate::custom::{CUSTOM_FIELDS_MAX, CustomField};
use crate::decision::{Decision, Outcome, Refused};
use crate::entry::Change;
use crate::id::{FieldId, ListId, TeammateId};
use crate::import::Import;
use crate::settings::{CreatedItem, LISTS_MAX, List, ListName, SettingsChange, SettingsEvent, TEAMMATES_MAX, Teammate};
use crate::time::Time;
use crate::view::View;

/// Changes the settings.
pub fn change(view: &View, requested: &SettingsChange, at: Time) -> Result<Decision, Refused> {
    let settings = &view.settings;
    let (change, made) = match requested {
        SettingsChange::CreateList { name, owner } => {
            let (list, change) = list(view, &mut BTreeSet::new(), *owner, name, at)?;
            (change, Some(CreatedItem::List(list)))
        }
        SettingsChange::DeleteList(id) => {
            settings.lists.get(id).ok_or(Refused::NoList(*id))?;
            (Some(SettingsEvent::ListDeleted(*id)), None)
        }
        SettingsChange::CreateField { target, name, description, kind } => {
            if settings.field(*target, name).is_some() {
                return Err(Refused::FieldTaken(name.clone()));
            }
            if settings.fields.len() >= CUSTOM_FIELDS_MAX {
                return Err(Refused::TooMany { what: "custom fields", most: CUSTOM_FIELDS_MAX });
            }
            let id = FieldId::nth(view.company, settings.fields_made + 1);
            let (name, description, kind) = (name.clone(), description.clone(), kind.clone());
            let field = CustomField { id, target: *target, name, description, kind, created_at: at };
            (Some(SettingsEvent::FieldCreated(field)), Some(CreatedItem::Field(id)))
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
            let then = Teammate { is_blocked: *is_blocked, ..now.clone() };
            ((*now != then).then_some(SettingsEvent::TeammateSet(then)), None)
        }
        SettingsChange::SetGuards(guards) => {
            ((*guards != view.guards).then_some(SettingsEvent::GuardsSet(*guards)), None)
        }
        SettingsChange::RecordImport { id, name, rows, is_done } => {
            let started_at = settings.imports.get(id).map_or(at, |import| import.started_at);
            let (name, rows, is_done) = (name.clone(), *rows, *is_done);
            let import = Import { id: *id, name, rows, is_done, started_at, changed_at: at };
            (Some(SettingsEvent::ImportProgressed(import)), None)
        }
    };
    let changes = change.map(Change::Settings).into_iter().collect();
    Ok(Decision { changes, outcome: Outcome { created_item: made, ..Outcome::default() }, ..Decision::default() })
}

/// The list with a name, and the event that creates it if it is missing.
///
/// `new` has the names that the same decision creates.
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
    Ok((id, Some(SettingsEvent::ListCreated(list))))
}
