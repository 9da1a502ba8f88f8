//! Commands about one contact: create, update, add, remove, delete, note, and its groups.

use std::collections::BTreeSet;

use super::handle::{marked, released, remove};
use super::new_facts::{changes_anything, observed};
use super::{observe, settings};
use crate::attribute::Attributes;
use crate::custom::{CustomName, CustomValue, CustomValues, FieldTarget};
use crate::decision::{Decision, Outcome, Refused, Undecided};
use crate::entry::Change;
use crate::evidence::{Marks, Report, Reports, marks};
use crate::group::Group;
use crate::grouping::concerned;
use crate::guards::CONTACT_HANDLES_MAX;
use crate::handle::{Handle, HandleKey};
use crate::id::{ContactId, TeammateId};
use crate::link::Link;
use crate::missing::Missing;
use crate::names;
use crate::note::NoteBody;
use crate::observation::Observation;
use crate::record_name::RecordId;
use crate::settings::ListName;
use crate::shown::Contact;
use crate::time::Time;
use crate::update::Update;
use crate::view::View;

/// Creates a contact. All its handles must be free.
pub fn create(view: &View, observation: &Observation, lists: &[ListName], at: Time) -> Result<Decision, Undecided> {
    let handles = observe::distinct(&observation.handles);
    if handles.is_empty() {
        return Err(Refused::NoHandle.into());
    }
    if let Some((handle, owner)) = handles.iter().find_map(|handle| Some((*handle, holder(view, handle.key())?))) {
        return Err(Refused::HandleTaken(handle.key().clone(), owner).into());
    }
    if let Some(owner) = observation.owner.filter(|owner| !view.settings.teammates.contains_key(owner)) {
        return Err(Refused::NoTeammate(owner).into());
    }
    let values = observation.custom.iter().filter_map(|(name, value)| Some((name.clone(), value.clone()?)));
    view.settings.check_values(FieldTarget::Contact, &values.collect())?;
    let id = ContactId::nth(view.company, view.records_made + 1);
    let (mut changes, groups) = named_lists(view, lists, at)?;
    let observation = Observation { groups, ..observation.clone() };
    changes.push(observed(&observation, id, handles));
    let outcome = Outcome { contact: Some(id), created: true, ..Outcome::default() };
    Ok(Decision { changes, outcome, ..Decision::default() })
}

/// The contact that a handle identifies.
fn holder(view: &View, handle: &HandleKey) -> Option<ContactId> {
    if view.claims.obstacle(handle).is_some() { None } else { view.owner(handle) }
}

/// The change that records what somebody decided about a contact. It goes to an implicit record, the one whose id the
/// contact bears or else the oldest: what a named record reports is replaced. Without one, it makes a record that the
/// decision joins to the contact.
fn decided(view: &View, observation: &Observation, contact: ContactId) -> Change {
    let implicit = view.whole(contact).filter(|record| record.name.is_none() && !record.is_withdrawn);
    match implicit.min_by_key(|record| (record.id != contact, record.first, record.id)) {
        Some(record) => within(observed(observation, record.id, []), contact, None),
        None => joined(view, observation, &[], contact),
    }
}

/// The change that makes a record of a contact by a decision.
fn joined(view: &View, observation: &Observation, handles: &[&Handle], contact: ContactId) -> Change {
    let id = ContactId::nth(view.company, view.records_made + 1);
    within(observed(observation, id, handles.iter().copied()), contact, Some(contact))
}

/// An observation of a record of this contact.
fn within(mut change: Change, of: ContactId, to: Option<RecordId>) -> Change {
    if let Change::Observed { contact, joined_to, .. } = &mut change {
        *contact = of;
        *joined_to = to;
    }
    change
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
) -> Result<Decision, Undecided> {
    let shown = view.contact(contact).ok_or(Refused::NoContact(contact))?;
    if let Some(values) = &update.custom {
        view.settings.check_values(FieldTarget::Contact, values)?;
    }
    let mut observation = observed_by.clone();
    for (attribute, value) in update.attributes.given() {
        let one = Attributes::default().with(attribute, value.clone());
        let one = Observation { attributes: one, ..observed_by.clone() };
        if shown.attributes[attribute] != *value || is_new_of(view, &one, shown.id) {
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
    let mut concerned = BTreeSet::new();
    if !observation.is_empty() {
        let (marks, records) = name_marks(view, &observation, shown.id)?;
        changes.push(decided(view, &observation, shown.id));
        changes.extend(marked(view, marks));
        concerned = records;
    }
    let links = shown.links.iter().filter(|link| update.links.as_ref().is_some_and(|all| !all.contains(link)));
    let links: Vec<Link> = links.cloned().collect();
    let is_dropped = |group: &&Group| update.lists.is_some() && is_shared_list(view, group) && !wanted.contains(group);
    let groups: Vec<Group> = shown.groups.iter().filter(is_dropped).copied().collect();
    if !links.is_empty() || !groups.is_empty() {
        changes.push(Change::Removed { contact: shown.id, released: Vec::new(), links, groups });
    }
    Ok(Decision { changes, concerned, ..Decision::nothing(shown.id) })
}

/// What a new name changes: the handles that become shared by evidence or stop being so, and the records to regroup.
///
/// Records are regrouped because of those handles, or because the guards require that names agree.
fn name_marks(
    view: &View,
    observation: &Observation,
    contact: ContactId,
) -> Result<(Marks, BTreeSet<RecordId>), Missing> {
    let Change::Observed { record, .. } = decided(view, observation, contact) else { return Ok(Default::default()) };
    let Some(record) = view.records.get(&record) else { return Ok(Default::default()) };
    let name = names::compared(names::after(Some(record), observation));
    if name == names::compared(names::of_record(record)) {
        return Ok(Default::default());
    }
    let handles = record.facts.handles.iter().map(|known| known.value.key().clone()).collect();
    let marks = marks(view, &Reports::from([(record.id, Some(Report { name, handles }))]))?;
    let marked: BTreeSet<HandleKey> = marks.iter().map(|(handle, _)| handle.clone()).collect();
    let is_same = marks.is_empty() && !view.guards.names_agree;
    let concerned = if is_same { BTreeSet::new() } else { concerned(view, [record.id], &marked)? };
    Ok((marks, concerned))
}

/// Whether a decided value is not what the record for it reports.
fn is_new_of(view: &View, observation: &Observation, contact: ContactId) -> bool {
    let Change::Observed { record, .. } = decided(view, observation, contact) else { return true };
    view.records.get(&record).is_none_or(|record| changes_anything(observation, &[], view, record))
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

/// Adds a handle to a contact. It must not identify another.
pub fn add_handle(
    view: &View,
    contact: ContactId,
    handle: &Handle,
    observation: &Observation,
) -> Result<Decision, Undecided> {
    let shown = view.contact(contact).ok_or(Refused::NoContact(contact))?;
    if shown.handles.iter().any(|known| known.key() == handle.key()) {
        return Ok(Decision::nothing(shown.id));
    }
    if let Some(owner) = holder(view, handle.key()) {
        return Err(Refused::HandleTaken(handle.key().clone(), owner).into());
    }
    if shown.handles.len() >= CONTACT_HANDLES_MAX {
        let handle = handle.key().clone();
        return Err(Refused::TooManyHandles { contact: shown.id, handle, records: 0 }.into());
    }
    let changes = vec![joined(view, observation, &[handle], shown.id)];
    Ok(Decision { changes, ..Decision::nothing(shown.id) })
}

/// Adds a link to a contact.
pub fn add_link(
    view: &View,
    contact: ContactId,
    link: &Link,
    mut observation: Observation,
) -> Result<Decision, Undecided> {
    let shown = view.contact(contact).ok_or(Refused::NoContact(contact))?;
    if shown.links.contains(link) {
        return Ok(Decision::nothing(shown.id));
    }
    observation.links.push(link.clone());
    Ok(Decision { changes: vec![decided(view, &observation, shown.id)], ..Decision::nothing(shown.id) })
}

/// Takes a handle from a contact. With `force`, taking the last handle deletes the contact.
pub fn remove_handle(view: &View, contact: ContactId, handle: &HandleKey, force: bool) -> Result<Decision, Undecided> {
    let shown = view.contact(contact).ok_or(Refused::NoContact(contact))?;
    if shown.handles.iter().all(|known| known.key() != handle) {
        return Err(Refused::NoHandleThere.into());
    }
    if shown.handles.len() > 1 {
        return remove(view, shown.id, std::slice::from_ref(handle), &[]);
    }
    if force { delete(view, shown.id) } else { Err(Refused::LastHandle.into()) }
}

/// Deletes a contact, with all its records.
pub fn delete(view: &View, contact: ContactId) -> Result<Decision, Undecided> {
    let root = view.root(contact).ok_or(Refused::NoContact(contact))?;
    let parts: BTreeSet<RecordId> = view.parts(root).into_iter().collect();
    let handles: BTreeSet<HandleKey> =
        view.whole(root).flat_map(|record| &record.facts.handles).map(|known| known.value.key().clone()).collect();
    // Records of others that report the same handles may come together once these are gone.
    let is_common = |handle: &&HandleKey| {
        view.claims.get(handle).is_none_or(|claim| claim.has_more && claim.status.obstacle(handle).is_none())
    };
    let gone: Reports = parts.iter().map(|id| (*id, None)).collect();
    let marks = marks(view, &gone)?;
    let mut common: BTreeSet<HandleKey> = handles.iter().filter(is_common).cloned().collect();
    common.extend(marks.iter().map(|(handle, _)| handle.clone()));
    let concerned = if common.is_empty() { BTreeSet::new() } else { concerned(view, [], &common)? };
    let released = released(view, handles.iter(), &parts)?;
    let concerned = concerned.difference(&parts).copied().collect();
    let changes = std::iter::once(Change::Deleted { contact: root, released }).chain(marked(view, marks)).collect();
    Ok(Decision { changes, concerned, ..Decision::default() })
}

/// Adds a note to a contact.
pub fn note(view: &View, contact: ContactId, author: TeammateId, body: &NoteBody) -> Result<Decision, Undecided> {
    let root = view.root(contact).ok_or(Refused::NoContact(contact))?;
    view.settings.teammates.get(&author).ok_or(Refused::NoTeammate(author))?;
    let outcome = Outcome { contact: Some(root), note: Some(view.head.next()), ..Outcome::default() };
    let changes = vec![Change::Noted { home: root, author, body: body.clone() }];
    Ok(Decision { changes, outcome, ..Decision::default() })
}

/// Adds contacts to a list or an account.
pub fn join(
    view: &View,
    group: Group,
    contacts: &[ContactId],
    observation: &Observation,
) -> Result<Decision, Undecided> {
    let outside = merged_contacts(view, group, contacts)?.into_iter().filter(|shown| !shown.groups.contains(&group));
    let observation = Observation { groups: vec![group], ..observation.clone() };
    let mut ahead = 0;
    let mut changes: Vec<Change> = Vec::new();
    for shown in outside {
        let mut change = decided(view, &observation, shown.id);
        // Each new record has an id of its own.
        if let Change::Observed { record, joined_to: Some(_), .. } = &mut change {
            *record = ContactId::nth(view.company, record.count() + ahead);
            ahead += 1;
        }
        changes.push(change);
    }
    Ok(Decision { changes, ..Decision::default() })
}

/// Removes contacts from a list or an account. Contacts that are not in it are ignored.
pub fn leave(view: &View, group: Group, contacts: &[ContactId]) -> Result<Decision, Undecided> {
    let inside = merged_contacts(view, group, contacts)?.into_iter().filter(|shown| shown.groups.contains(&group));
    let removed = |shown: Contact| Change::Removed {
        contact: shown.id,
        released: Vec::new(),
        links: Vec::new(),
        groups: vec![group],
    };
    Ok(Decision { changes: inside.map(removed).collect(), ..Decision::default() })
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
