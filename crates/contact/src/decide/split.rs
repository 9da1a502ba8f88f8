//! Undoing merges.

use crate::decision::{Decision, Outcome, Refused};
use crate::entry::Change;
use crate::member::MergedInto;
use crate::time::Seq;
use crate::view::View;

/// Undoes a merge that was not undone before.
pub fn split(view: &View, merge: Seq) -> Result<Decision, Refused> {
    let joined_by = |merged: MergedInto| merged.merge == merge;
    let parted = view.members.values().find(|member| member.merged_into.is_some_and(joined_by));
    let parted = parted.ok_or(Refused::NoMerge(merge))?;
    let kept = parted.merged_into.map_or(parted.id, |merged| merged.contact);
    let parted = parted.id;
    let outcome = Outcome { contact: view.root(parted), ..Outcome::default() };
    Ok(Decision { changes: vec![Change::Split { merge, kept, parted }], outcome })
}
