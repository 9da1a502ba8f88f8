//! Taking back a join: which records leave a contact with those that an entry brought into it.

use std::collections::BTreeSet;

use crate::grouping::groups_of;
use crate::record_name::RecordId;
use crate::time::Seq;
use crate::view::View;

/// The records that leave a contact when what an entry brought into it is split off; empty if nothing older stays.
///
/// Records that came after the entry leave too, if only those that leave link them to the rest.
pub fn leaving(view: &View, brought: &[RecordId], entry: Seq) -> Vec<RecordId> {
    let Some(root) = brought.iter().find_map(|record| view.root(*record)) else { return Vec::new() };
    let is_brought = |id: &RecordId| brought.contains(id);
    let is_older = |id: &RecordId| {
        view.records.get(id).is_some_and(|record| record.first < entry && !record.is_withdrawn && !is_brought(id))
    };
    let rest = view.whole(root).filter(|record| !is_brought(&record.id));
    let (stays, leaves): (Vec<_>, Vec<_>) =
        groups_of(view, rest).into_iter().partition(|group| group.iter().any(is_older));
    if stays.is_empty() {
        return Vec::new();
    }
    let own = view.whole(root).map(|record| record.id).filter(is_brought);
    let standing = |id: &RecordId| view.records.get(id).is_some_and(|record| !record.is_withdrawn);
    let leaving: BTreeSet<RecordId> = own.chain(leaves.into_iter().flatten()).filter(standing).collect();
    leaving.into_iter().collect()
}
