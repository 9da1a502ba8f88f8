//! Regrouping existing records after a change of the guards.

use std::collections::BTreeSet;

use super::handle::marked;
use crate::decision::{Decision, Undecided};
use crate::evidence::marks_by_guards;
use crate::grouping::concerned;
use crate::handle::HandleKey;
use crate::record::Record;
use crate::record_name::RecordId;
use crate::status::HandleStatus;
use crate::view::View;

/// Regroups records by the current guards, and updates which of their handles are shared by evidence.
///
/// `handles` are looked at, too: those that are shared by evidence already, and perhaps no longer. Records that do not
/// exist are ignored, and so are handles that nobody reports.
pub fn regroup(view: &View, records: &[RecordId], handles: &[HandleKey]) -> Result<Decision, Undecided> {
    let known: Vec<&Record> = records.iter().filter_map(|id| view.records.get(id)).collect();
    let is_plain =
        |handle: &&HandleKey| view.claims.get(handle).is_none_or(|claim| claim.status == HandleStatus::Plain);
    let common = known.iter().flat_map(|record| &record.facts.common).filter(is_plain);
    let named = handles.iter().filter(|handle| view.claims.get(handle).is_some());
    let marks = marks_by_guards(view, &common.chain(named).cloned().collect())?;
    let regrouped: BTreeSet<HandleKey> = marks.iter().map(|(handle, _)| handle.clone()).collect();
    let concerned = concerned(view, known.iter().map(|record| record.id), &regrouped)?;
    let changes = marked(view, marks).collect();
    Ok(Decision { changes, concerned, ..Decision::default() })
}
