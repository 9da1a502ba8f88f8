//! Withdrawing named records.

use std::collections::BTreeSet;

use super::handle::{marked, released};
use crate::decision::{Decision, Refused, Undecided};
use crate::entry::Change;
use crate::evidence::{Reports, marks};
use crate::grouping::concerned;
use crate::handle::HandleKey;
use crate::record_name::RecordName;
use crate::view::View;

/// Withdraws a record. Its id leads to the contact of the oldest of the other records of its contact.
pub fn withdraw(view: &View, name: &RecordName) -> Result<Decision, Undecided> {
    let record = view.names.get(name).and_then(|id| view.records.get(id));
    let record = record.ok_or_else(|| Refused::NoRecord(name.clone()))?;
    let others = view.whole(record.contact).filter(|other| other.id != record.id && !other.is_withdrawn);
    let heir = others.map(|other| other.id).min();
    let handles: BTreeSet<HandleKey> = record.facts.handles.iter().map(|known| known.value.key().clone()).collect();
    let marks = marks(view, &Reports::from([(record.id, None)]))?;
    let mut regrouped: BTreeSet<HandleKey> = marks.iter().map(|(handle, _)| handle.clone()).collect();
    regrouped.extend(handles.iter().filter(|handle| view.claims.obstacle(handle).is_none()).cloned());
    let concerned = concerned(view, [record.id], &regrouped)?;
    let released = released(view, handles.iter(), &BTreeSet::from([record.id]))?;
    let mut changes = vec![Change::Withdrawn { record: record.id, contact: record.contact, heir, released }];
    changes.extend(marked(view, marks));
    Ok(Decision { changes, concerned, ..Decision::nothing(record.contact) })
}
