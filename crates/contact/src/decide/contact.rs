//! Commands about one contact: create, update, add, remove, delete, note, and its groups.

use std::collections::BTreeSet;

use super::new_facts::{changes_anything, observed};
use super::{observe, settings};
use crate::attribute::Attributes;
use crate::custom::{CustomName, CustomValue, CustomValues, FieldTarget};
use crate::decision::{Decision, Outcome, Refused};
use crate::entry::Change;
use crate::group::Group;
use crate::handle::{Handle, HandleKey};
use crate::id::{ContactId, TeammateId};
use crate::link::Link;
use crate::note::NoteBody;
use crate::observation::Observation;
use crate::settings::ListName;
use crate::time::Time;
use crate::update::Update;
use crate::view::{Contact, View};

/// Creates a contact. All its handles must be free.
pub fn create(view: &View, observation: &Observation, lists: &[ListName], at: Time) -> Result<Decision, Refused> {
    let handles = observe::distinct(&observation.handles);
    if handles.is_empty() {
        return Err(Refused::NoHandle);
    }
    if let Some((handle, owner)) = handles.iter().find_map(|handle| Some((*handle, view.owner(handle.key())?))) {
        return Err(Refused::HandleTaken(handle.key().clone(), owner));
    }
    if let Some(owner) = observation.owner.filter(|owner| !view.settings.teammates.contains_key(owner)) {
        return Err(Refused::NoTeammate(owner));
    }
    let values = observation.custom.iter().filter_map(|(name, value)| Some((name.clone(), value.clone()?)));
    view.settings.check_values(FieldTarget::Contact, &values.collect())?;
    let home = ContactId::nth(view.company, view.contacts_made + 1);
    let (mut changes, groups) = named_lists(view, lists, at)?;
    let observation = Observation { groups, ..observation.clone() };
    changes.push(observed(&observation, handles, home, None));
    Ok(Decision { changes, outcome: Outcome { contact: Some(home), created: true, ..Outcome::default() } })
}

/// The lists of the company with these names, and the changes that create the missing ones.
fn named_lists(view: &View, names: &[ListName], at: Time) -> Result<(Vec<Change>, Vec<Group>), Refused> {
    let (mut changes, mut groups, mut new) = (Vec::new(), Vec::new(), BTreeSet::new());
    let mut seen = BTreeSet::new();
    for name in names.iter().filter(|name| seen.insert(*name)) {
        let (list, change) = settings::list(view, &mut new, None, name, at)?;
        changes.extend(change.map(Change::Settings));
        groups.push(Group::List(list));
    }
    Ok((changes, groups))
}

/// Updates a contact.
pub fn update(
    view: &View,
    contact: ContactId,
    update: &Update,
    observed_by: &Observation,
    at: Time,
) -> Result<Decision, Refused> {
    let shown = view.contact(contact).ok_or(Refused::NoContact(contact))?;
    let outcome = Outcome { contact: Some(shown.id), ..Outcome::default() };
    if let Some(values) = &update.custom {
        view.settings.check_values(FieldTarget::Contact, values)?;
    }
    let mut observation = observed_by.clone();
    for (attribute, value) in update.attributes.given() {
        let one = Attributes::default().with(attribute, value.clone());
        let is_new =
            || changes_anything(&Observation { attributes: one.clone(), ..observed_by.clone() }, view, shown.id);
        if shown.attributes[attribute] != *value || is_new() {
            observation.attributes[attribute] = Some(value.clone());
        }
    }
    let (mut changes, wanted) = match &update.lists {
        Some(lists) => named_lists(view, lists, at)?,
        None => (Vec::new(), Vec::new()),
    };
    observation.groups = wanted.iter().filter(|group| !shown.groups.contains(group)).copied().collect();
    let links = update.links.as_deref().unwrap_or_default();
    let mut seen = BTreeSet::new();
    let is_new = |link: &&Link| !shown.links.contains(link) && seen.insert(link.as_str().to_owned());
    observation.links = links.iter().filter(is_new).cloned().collect();
    observation.custom =
        update.custom.as_ref().map(|values| changed_values(view, &shown.custom, values)).unwrap_or_default();
    observation.picture = update.picture.clone().filter(|picture| picture.is_some() || shown.picture.is_some());
    if !observation.is_empty() {
        changes.push(observed(&observation, Vec::new(), shown.id, None));
    }
    let links = shown.links.iter().filter(|link| update.links.as_ref().is_some_and(|all| !all.contains(link)));
    let links: Vec<Link> = links.cloned().collect();
    let is_dropped = |group: &&Group| update.lists.is_some() && is_shared_list(view, group) && !wanted.contains(group);
    let groups: Vec<Group> = shown.groups.iter().filter(is_dropped).copied().collect();
    if !links.is_empty() || !groups.is_empty() {
        changes.push(Change::Removed { contact: shown.id, handles: Vec::new(), links, groups });
    }
    Ok(Decision { changes, outcome })
}

/// Whether a group is a list of the whole company.
fn is_shared_list(view: &View, group: &Group) -> bool {
    matches!(group, Group::List(list) if view.settings.lists.get(list).is_some_and(|list| list.owner.is_none()))
}

/// The changes that give custom fields these values and no others. Values of deleted fields are left alone.
fn changed_values(view: &View, now: &CustomValues, then: &CustomValues) -> Vec<(CustomName, Option<CustomValue>)> {
    let is_field = |name: &&CustomName| view.settings.field(FieldTarget::Contact, name).is_some();
    let erased = now.keys().filter(|name| !then.contains_key(*name)).filter(is_field).map(|name| (name.clone(), None));
    let set = then.iter().filter(|(name, value)| now.get(*name) != Some(value));
    erased.chain(set.map(|(name, value)| (name.clone(), Some(value.clone())))).collect()
}

/// Adds a handle to a contact. No other contact may have it.
pub fn add_handle(
    view: &View,
    contact: ContactId,
    handle: &Handle,
    observation: &Observation,
) -> Result<Decision, Refused> {
    let root = view.root(contact).ok_or(Refused::NoContact(contact))?;
    let outcome = Outcome { contact: Some(root), ..Outcome::default() };
    match view.owner(handle.key()) {
        Some(owner) if owner == root => Ok(Decision { changes: Vec::new(), outcome }),
        Some(owner) => Err(Refused::HandleTaken(handle.key().clone(), owner)),
        None => Ok(Decision { changes: vec![observed(observation, vec![handle], root, None)], outcome }),
    }
}

/// Adds a link to a contact.
pub fn add_link(
    view: &View,
    contact: ContactId,
    link: &Link,
    mut observation: Observation,
) -> Result<Decision, Refused> {
    let shown = view.contact(contact).ok_or(Refused::NoContact(contact))?;
    let outcome = Outcome { contact: Some(shown.id), ..Outcome::default() };
    if shown.links.contains(link) {
        return Ok(Decision { changes: Vec::new(), outcome });
    }
    observation.links.push(link.clone());
    Ok(Decision { changes: vec![observed(&observation, Vec::new(), shown.id, None)], outcome })
}

/// Removes a handle from a contact. With `force`, removing the last handle deletes the contact.
pub fn remove_handle(view: &View, contact: ContactId, handle: &HandleKey, force: bool) -> Result<Decision, Refused> {
    let shown = view.contact(contact).ok_or(Refused::NoContact(contact))?;
    if view.owner(handle) != Some(shown.id) {
        return Err(Refused::NoHandleThere);
    }
    if shown.handles.len() > 1 {
        let removed =
            Change::Removed { contact: shown.id, handles: vec![handle.clone()], links: Vec::new(), groups: Vec::new() };
        let outcome = Outcome { contact: Some(shown.id), ..Outcome::default() };
        return Ok(Decision { changes: vec![removed], outcome });
    }
    if force { Ok(deleted(&shown)) } else { Err(Refused::LastHandle) }
}

/// Deletes a contact, with all contacts that were merged into it.
pub fn delete(view: &View, contact: ContactId) -> Result<Decision, Refused> {
    Ok(deleted(&view.contact(contact).ok_or(Refused::NoContact(contact))?))
}

fn deleted(shown: &Contact) -> Decision {
    let handles = shown.handles.iter().map(|handle| handle.key().clone()).collect();
    Decision { changes: vec![Change::Deleted { contact: shown.id, handles }], outcome: Outcome::default() }
}

/// Adds a note to a contact.
pub fn note(view: &View, contact: ContactId, author: TeammateId, body: &NoteBody) -> Result<Decision, Refused> {
    let root = view.root(contact).ok_or(Refused::NoContact(contact))?;
    view.settings.teammates.get(&author).ok_or(Refused::NoTeammate(author))?;
    let outcome = Outcome { contact: Some(root), note: Some(view.head.next()), ..Outcome::default() };
    Ok(Decision { changes: vec![Change::Noted { home: root, author, body: body.clone() }], outcome })
}

/// Adds contacts to a list or an account.
pub fn join(view: &View, group: Group, contacts: &[ContactId], observation: &Observation) -> Result<Decision, Refused> {
    let outside = merged_contacts(view, group, contacts)?.into_iter().filter(|shown| !shown.groups.contains(&group));
    let observation = Observation { groups: vec![group], ..observation.clone() };
    let changes = outside.map(|shown| observed(&observation, Vec::new(), shown.id, None)).collect();
    Ok(Decision { changes, outcome: Outcome::default() })
}

/// Removes contacts from a list or an account. Contacts that are not in it are ignored.
pub fn leave(view: &View, group: Group, contacts: &[ContactId]) -> Result<Decision, Refused> {
    let inside = merged_contacts(view, group, contacts)?.into_iter().filter(|shown| shown.groups.contains(&group));
    let removed = |shown: Contact| Change::Removed {
        contact: shown.id,
        handles: Vec::new(),
        links: Vec::new(),
        groups: vec![group],
    };
    Ok(Decision { changes: inside.map(removed).collect(), outcome: Outcome::default() })
}

/// The contacts that these are part of, each once. The group must exist.
fn merged_contacts(view: &View, group: Group, contacts: &[ContactId]) -> Result<Vec<Contact>, Refused> {
    match group {
        Group::List(list) => view.settings.lists.get(&list).map(drop).ok_or(Refused::NoList(list))?,
        Group::Account(account) => view.accounts.get(&account).map(drop).ok_or(Refused::NoAccount(account))?,
    }
    let mut shown_contacts: Vec<Contact> = Vec::with_capacity(contacts.len());
    let mut seen = BTreeSet::new();
    for contact in contacts {
        let shown = view.contact(*contact).ok_or(Refused::NoContact(*contact))?;
        if seen.insert(shown.id) {
            shown_contacts.push(shown);
        }
    }
    Ok(shown_contacts)
}
