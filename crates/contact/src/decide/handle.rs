//! Decisions about handles: taking them from a contact, and whether they identify anybody.

use std::collections::BTreeSet;

use crate::decision::{Decision, MERGE_CONTACTS_MAX, Outcome, Refused, Undecided};
use crate::entry::{Change, Released};
use crate::evidence::{Marks, Report, Reports, marks};
use crate::grouping::{concerned, joined_by};
use crate::handle::HandleKey;
use crate::id::ContactId;
use crate::link::Link;
use crate::missing::Missing;
use crate::names;
use crate::record::Record;
use crate::record_name::RecordId;
use crate::status::HandleStatus;
use crate::time::Seq;
use crate::view::View;

/// Takes handles and links from a contact. Others than its own are ignored.
pub fn remove(view: &View, contact: ContactId, handles: &[HandleKey], links: &[Link]) -> Result<Decision, Undecided> {
    let shown = view.contact(contact).ok_or(Refused::NoContact(contact))?;
    let has = |handle: &&HandleKey| shown.handles.iter().any(|known| known.key() == *handle);
    let handles: BTreeSet<HandleKey> = handles.iter().filter(has).cloned().collect();
    let links: Vec<Link> = links.iter().filter(|link| shown.links.contains(link)).cloned().collect();
    if handles.is_empty() && links.is_empty() {
        return Ok(Decision::nothing(shown.id));
    }
    let parts: BTreeSet<RecordId> = view.parts(shown.id).into_iter().collect();
    let marks = marks(view, &without(view, &parts, &handles))?;
    let mut regrouped: BTreeSet<HandleKey> = marks.iter().map(|(handle, _)| handle.clone()).collect();
    regrouped.extend(handles.iter().filter(|handle| view.claims.obstacle(handle).is_none()).cloned());
    let concerned =
        if regrouped.is_empty() { BTreeSet::new() } else { concerned(view, parts.iter().copied(), &regrouped)? };
    let released = released(view, handles.iter(), &parts)?;
    let mut changes = vec![Change::Removed { contact: shown.id, released, links, groups: Vec::new() }];
    changes.extend(marked(view, marks));
    Ok(Decision { changes, concerned, ..Decision::nothing(shown.id) })
}

/// Decides whether a handle identifies anybody. Nobody may have it.
///
/// Refused if it would join too many contacts.
pub fn mark(view: &View, handle: &HandleKey, status: HandleStatus) -> Result<Decision, Undecided> {
    let outcome = Outcome { contact: view.owner(handle), ..Outcome::default() };
    if view.claims.get(handle).unwrap_or_default().status == status {
        return Ok(Decision { outcome, ..Decision::default() });
    }
    let concerned = concerned(view, [], &BTreeSet::from([handle.clone()]))?;
    if status.obstacle(handle).is_none() {
        let joined = joined_by(view, &concerned, handle);
        if joined.len() > MERGE_CONTACTS_MAX {
            return Err(Refused::TooManyContacts(joined.into_iter().collect()).into());
        }
    }
    let changes = marked(view, vec![(handle.clone(), status)]).collect();
    Ok(Decision { changes, outcome, concerned })
}

/// Which records report handles first, after these records report them no longer.
///
/// # Errors
///
/// [`Missing`] if the other records that report one are not loaded.
pub fn released<'a>(
    view: &View,
    handles: impl Iterator<Item = &'a HandleKey>,
    without: &BTreeSet<RecordId>,
) -> Result<Vec<Released>, Missing> {
    let mut missing = Missing::default();
    let mut released = Vec::new();
    for handle in handles {
        let home = view.claims.get(handle).and_then(|claim| claim.home);
        let next = match (home, view.claims.reporters(handle)) {
            (Some(home), _) if !without.contains(&home) => Some(home),
            (_, Some(reporters)) => first(view, handle, reporters.filter(|id| !without.contains(id)), &mut missing),
            (_, None) => {
                missing.handles.insert(handle.clone());
                None
            }
        };
        released.push(Released { handle: handle.clone(), next });
    }
    if missing.is_empty() { Ok(released) } else { Err(missing) }
}

/// The record that reported a handle first.
fn first(
    view: &View,
    handle: &HandleKey,
    reporters: impl Iterator<Item = RecordId>,
    missing: &mut Missing,
) -> Option<RecordId> {
    let mut first: Option<(Seq, RecordId)> = None;
    for id in reporters {
        let Some(record) = view.records.get(&id) else {
            missing.records.insert(id);
            continue;
        };
        let report = record.facts.handles.iter().find(|known| known.value.key() == handle);
        let Some(report) = report.map(|known| (known.seq, id)) else { continue };
        first = Some(first.map_or(report, |first| first.min(report)));
    }
    first.map(|(_, id)| id)
}

/// What records will report once handles are taken from them.
fn without(view: &View, records: &BTreeSet<RecordId>, handles: &BTreeSet<HandleKey>) -> Reports {
    let reports = |record: &Record| {
        let keys = record.facts.handles.iter().map(|known| known.value.key());
        let handles = keys.filter(|key| !handles.contains(*key)).cloned().collect();
        Some(Report { name: names::compared(names::of_record(record)), handles })
    };
    records.iter().filter_map(|id| Some((*id, reports(view.records.get(id)?)))).collect()
}

/// The changes that mark handles.
pub fn marked(view: &View, marks: Marks) -> impl Iterator<Item = Change> {
    marks.into_iter().map(|(handle, status)| {
        let reporters = view.claims.reporters(&handle).into_iter().flatten();
        let contacts: BTreeSet<ContactId> = reporters.filter_map(|record| view.root(record)).collect();
        Change::HandleMarked { handle, status, contacts: contacts.into_iter().collect() }
    })
}
