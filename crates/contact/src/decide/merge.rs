//! Merging contacts by a decision.

use std::collections::BTreeSet;

use crate::decision::{Decision, MERGE_CONTACTS_MAX, Outcome, Refused, Undecided};
use crate::entry::Change;
use crate::grouping::contact_id;
use crate::id::ContactId;
use crate::record_name::RecordId;
use crate::side::Choice;
use crate::side::Side;
use crate::time::Seq;
use crate::view::View;

/// Merges contacts into the target, or else into the oldest, from the oldest to the newest.
///
/// The merge chooses between different values. Separations do not hold against it.
pub fn merge(view: &View, contacts: &[ContactId], target: Option<ContactId>) -> Result<Decision, Undecided> {
    let mut roots = BTreeSet::new();
    for contact in contacts.iter().chain(&target) {
        roots.insert(view.root(*contact).ok_or(Refused::NoContact(*contact))?);
    }
    if roots.len() > MERGE_CONTACTS_MAX {
        return Err(Refused::TooManyContacts(roots.into_iter().collect()).into());
    }
    let different: BTreeSet<_> = contacts.iter().chain(&target).collect();
    if different.len() < 2 {
        return Err(Refused::NothingToMerge.into());
    }
    let records: Vec<RecordId> = roots.iter().flat_map(|root| view.whole(*root)).map(|record| record.id).collect();
    let kept = target.and_then(|target| view.root(target)).unwrap_or_else(|| contact_id(view, &records));
    roots.remove(&kept);
    let last_change = |id: &ContactId| view.records.get(id).map_or(Seq(0), |record| record.changed);
    let mut last = last_change(&kept);
    let mut changes = Vec::with_capacity(roots.len());
    for joined in &roots {
        let newer_side = if last_change(joined) > last { Side::Parted } else { Side::Kept };
        last = last.max(last_change(joined));
        let choice = Some(Choice { newer_side, has_target: target.is_some() });
        let records = view.parts(*joined);
        changes.push(Change::Merged { kept, joined: *joined, records, because: None, choice });
    }
    let outcome = Outcome { contact: Some(kept), merged: roots.into_iter().collect(), ..Outcome::default() };
    Ok(Decision { changes, outcome, ..Decision::default() })
}
