//! Splitting records off a contact.

use std::collections::BTreeSet;

use crate::decision::{Decision, Refused, Undecided};
use crate::entry::Change;
use crate::grouping::concerned;
use crate::id::ContactId;
use crate::record::Record;
use crate::record_name::RecordId;
use crate::view::View;

/// Splits records off a contact, and keeps them apart from the rest. Withdrawn records go with those that answer for them.
pub fn split(view: &View, contact: ContactId, records: &[RecordId]) -> Result<Decision, Undecided> {
    let root = view.root(contact).ok_or(Refused::NoContact(contact))?;
    let whole: Vec<&Record> = view.whole(root).collect();
    let is_part = |id: &RecordId| whole.iter().any(|record| record.id == *id && !record.is_withdrawn);
    let mut parted: BTreeSet<RecordId> = records.iter().copied().collect();
    let stays = |record: &&&Record| !record.is_withdrawn && !records.contains(&record.id);
    if parted.is_empty() || !parted.iter().all(is_part) || whole.iter().find(stays).is_none() {
        return Err(Refused::NoSplit(root).into());
    }
    // An heir may have been withdrawn later, and have an heir of its own.
    while let Some(follower) = whole.iter().find(|record| !parted.contains(&record.id) && follows(record, &parted)) {
        parted.insert(follower.id);
    }
    let concerned = concerned(view, whole.iter().map(|record| record.id), &BTreeSet::new())?;
    let changes = vec![Change::Split { contact: root, records: parted.into_iter().collect() }];
    Ok(Decision { changes, concerned, ..Decision::nothing(root) })
}

/// Whether a withdrawn record goes with one of these records, its heir.
fn follows(record: &Record, records: &BTreeSet<RecordId>) -> bool {
    record.is_withdrawn && record.joins.iter().any(|join| join.choice.is_none() && records.contains(&join.to))
}
