//! What is asked of one contact by its id: making it, changing it, taking handles from it, deleting it.

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

/// Decides on a new contact, whose handles must be nobody's.
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

/// The company's lists with these names, and what makes those that are not there.
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

/// Decides on changing a contact: it is told of the contact as it is shown.
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
    let mut told = observed_by.clone();
    for (attribute, value) in update.attributes.given() {
        let one = Attributes::default().with(attribute, value.clone());
        let is_new =
            || changes_anything(&Observation { attributes: one.clone(), ..observed_by.clone() }, view, shown.id);
        if shown.attributes[attribute] != *value || is_new() {
            told.attributes[attribute] = Some(value.clone());
        }
    }
    let (mut changes, wanted) = match &update.lists {
        Some(lists) => named_lists(view, lists, at)?,
        None => (Vec::new(), Vec::new()),
    };
    told.groups = wanted.iter().filter(|group| !shown.groups.contains(group)).copied().collect();
    let links = update.links.as_deref().unwrap_or_default();
    let mut seen = BTreeSet::new();
    let is_new = |link: &&Link| !shown.links.contains(link) && seen.insert(link.as_str().to_owned());
    told.links = links.iter().filter(is_new).cloned().collect();
    told.custom = update.custom.as_ref().map(|values| changed_values(view, &shown.custom, values)).unwrap_or_default();
    told.picture = update.picture.clone().filter(|picture| picture.is_some() || shown.picture.is_some());
    if !told.is_empty() {
        changes.push(observed(&told, Vec::new(), shown.id, None));
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

/// What has to be told so that custom fields have these values and no others.
///
/// Values of fields that were deleted are shown no more, and are left alone.
fn changed_values(view: &View, now: &CustomValues, then: &CustomValues) -> Vec<(CustomName, Option<CustomValue>)> {
    let is_field = |name: &&CustomName| view.settings.field(FieldTarget::Contact, name).is_some();
    let erased = now.keys().filter(|name| !then.contains_key(*name)).filter(is_field).map(|name| (name.clone(), None));
    let set = then.iter().filter(|(name, value)| now.get(*name) != Some(value));
    erased.chain(set.map(|(name, value)| (name.clone(), Some(value.clone())))).collect()
}

/// Decides on giving a handle to a contact, which nobody else may have.
pub fn add_handle(view: &View, contact: ContactId, handle: &Handle, told: &Observation) -> Result<Decision, Refused> {
    let root = view.root(contact).ok_or(Refused::NoContact(contact))?;
    let outcome = Outcome { contact: Some(root), ..Outcome::default() };
    match view.owner(handle.key()) {
        Some(owner) if owner == root => Ok(Decision { changes: Vec::new(), outcome }),
        Some(owner) => Err(Refused::HandleTaken(handle.key().clone(), owner)),
        None => Ok(Decision { changes: vec![observed(told, vec![handle], root, None)], outcome }),
    }
}

/// Decides on giving a link to a contact, beside those that it has.
pub fn add_link(view: &View, contact: ContactId, link: &Link, mut told: Observation) -> Result<Decision, Refused> {
    let shown = view.contact(contact).ok_or(Refused::NoContact(contact))?;
    let outcome = Outcome { contact: Some(shown.id), ..Outcome::default() };
    if shown.links.contains(link) {
        return Ok(Decision { changes: Vec::new(), outcome });
    }
    told.links.push(link.clone());
    Ok(Decision { changes: vec![observed(&told, Vec::new(), shown.id, None)], outcome })
}

/// Decides on taking a handle from a contact. The last one is only taken with the contact, if that is wanted.
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

/// Decides on deleting a person, with all the contacts that are part of them.
pub fn delete(view: &View, contact: ContactId) -> Result<Decision, Refused> {
    Ok(deleted(&view.contact(contact).ok_or(Refused::NoContact(contact))?))
}

fn deleted(shown: &Contact) -> Decision {
    let handles = shown.handles.iter().map(|handle| handle.key().clone()).collect();
    Decision { changes: vec![Change::Deleted { contact: shown.id, handles }], outcome: Outcome::default() }
}

/// Decides on a note.
pub fn note(view: &View, contact: ContactId, author: TeammateId, body: &NoteBody) -> Result<Decision, Refused> {
    let root = view.root(contact).ok_or(Refused::NoContact(contact))?;
    view.settings.teammates.get(&author).ok_or(Refused::NoTeammate(author))?;
    let outcome = Outcome { contact: Some(root), note: Some(view.head.next()), ..Outcome::default() };
    Ok(Decision { changes: vec![Change::Noted { home: root, author, body: body.clone() }], outcome })
}

/// Decides on putting contacts on a list or into an account.
pub fn join(view: &View, group: Group, contacts: &[ContactId], told: &Observation) -> Result<Decision, Refused> {
    let outside = roots(view, group, contacts)?.into_iter().filter(|shown| !shown.groups.contains(&group));
    let told = Observation { groups: vec![group], ..told.clone() };
    let changes = outside.map(|shown| observed(&told, Vec::new(), shown.id, None)).collect();
    Ok(Decision { changes, outcome: Outcome::default() })
}

/// Decides on taking contacts from a list or an account; those that are not there are passed over.
pub fn leave(view: &View, group: Group, contacts: &[ContactId]) -> Result<Decision, Refused> {
    let inside = roots(view, group, contacts)?.into_iter().filter(|shown| shown.groups.contains(&group));
    let removed = |shown: Contact| Change::Removed {
        contact: shown.id,
        handles: Vec::new(),
        links: Vec::new(),
        groups: vec![group],
    };
    Ok(Decision { changes: inside.map(removed).collect(), outcome: Outcome::default() })
}

/// The people that contacts are part of, each once, if the group is there.
fn roots(view: &View, group: Group, contacts: &[ContactId]) -> Result<Vec<Contact>, Refused> {
    match group {
        Group::List(list) => view.settings.lists.get(&list).map(drop).ok_or(Refused::NoList(list))?,
        Group::Account(account) => view.accounts.get(&account).map(drop).ok_or(Refused::NoAccount(account))?,
    }
    let mut people: Vec<Contact> = Vec::with_capacity(contacts.len());
    let mut seen = BTreeSet::new();
    for contact in contacts {
        let shown = view.contact(*contact).ok_or(Refused::NoContact(*contact))?;
        if seen.insert(shown.id) {
            people.push(shown);
        }
    }
    Ok(people)
}
