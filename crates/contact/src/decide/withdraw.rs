//! Withdrawing records.

use std::collections::BTreeSet;

use super::handle::{marked, released};
use crate::decision::{Decision, Refused, Undecided};
use crate::entry::Change;
use crate::evidence::{Reports, marks};
use crate::grouping::concerned;
use crate::handle::HandleKey;
use crate::record_name::RecordRef;
use crate::view::View;

/// Withdraws a record. Its id leads to the contact of the oldest of the other records of its contact.
pub fn withdraw(view: &View, record: &RecordRef) -> Result<Decision, Undecided> {
    let record = match record {
        RecordRef::Named(name) => {
            let named = view.names.get(name).and_then(|id| view.records.get(id));
            named.ok_or_else(|| Refused::NoRecord(name.clone()))?
        }
        RecordRef::Id(id) => {
            let standing = view.records.get(id).filter(|record| !record.is_withdrawn);
            standing.ok_or(Refused::NoContact(*id))?
        }
    };
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
