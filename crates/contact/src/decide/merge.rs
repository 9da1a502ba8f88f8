//! Merging contacts by a decision.

use std::collections::BTreeSet;

use crate::decision::{Decision, MERGE_CONTACTS_MAX, Outcome, Refused};
use crate::entry::{Change, Side};
use crate::id::ContactId;
use crate::time::Seq;
use crate::view::View;

/// Merges contacts into the target, or else into the oldest, from the oldest to the newest.
///
/// The merge chooses between different values. Separations do not hold against it.
pub fn merge(view: &View, contacts: &[ContactId], target: Option<ContactId>) -> Result<Decision, Refused> {
    let mut roots = BTreeSet::new();
    for contact in contacts.iter().chain(&target) {
        roots.insert(view.root(*contact).ok_or(Refused::NoContact(*contact))?);
    }
    if roots.len() > MERGE_CONTACTS_MAX {
        return Err(Refused::TooManyContacts(roots.into_iter().collect()));
    }
    let different: BTreeSet<_> = contacts.iter().chain(&target).collect();
    let Some(oldest) = roots.first().copied().filter(|_| different.len() > 1) else {
        return Err(Refused::NothingToMerge);
    };
    let kept = target.and_then(|target| view.root(target)).unwrap_or(oldest);
    roots.remove(&kept);
    let last_change = |id: &ContactId| view.members.get(id).map_or(Seq(0), |member| member.changed);
    let mut last = last_change(&kept);
    let mut changes = Vec::with_capacity(roots.len());
    for joined in &roots {
        let newer_side = if last_change(joined) > last { Side::Parted } else { Side::Kept };
        last = last.max(last_change(joined));
        changes.push(Change::Merged { kept, joined: *joined, because: None, newer_side: Some(newer_side) });
    }
    let outcome = Outcome { contact: Some(kept), merged: roots.into_iter().collect(), ..Outcome::default() };
    Ok(Decision { changes, outcome })
}
