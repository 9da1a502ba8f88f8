//! Shared by evidence: a handle that records of many different people report identifies none of them.

use std::collections::{BTreeMap, BTreeSet};

use crate::claims::Claim;
use crate::guards::Guards;
use crate::handle::HandleKey;
use crate::missing::Missing;
use crate::names;
use crate::record::Record;
use crate::record_name::RecordId;
use crate::status::HandleStatus;
use crate::view::View;

/// What a record will report.
pub struct Report {
    /// Its name as it is compared, empty if it has none.
    pub name: String,
    /// Its handles.
    pub handles: Vec<HandleKey>,
}

/// What some records will report after a change; none of a record that will be gone.
pub type Reports = BTreeMap<RecordId, Option<Report>>;

/// Handles with the status that evidence gives them.
pub type Marks = Vec<(HandleKey, HandleStatus)>;

/// Whether a record with these handles, of which it reported some before, can change which handles are shared by evidence.
///
/// Cheaper than [`marks`], and never wrongly false: most handles are reported by one or two records.
pub fn may_mark<'a>(
    view: &View,
    before: impl IntoIterator<Item = &'a HandleKey>,
    new: impl IntoIterator<Item = &'a HandleKey>,
) -> bool {
    let is_common = |claim: Claim| claim.has_more || claim.status != HandleStatus::Plain;
    view.guards.shared_after.is_some_and(|least| {
        least <= 2
            || before.into_iter().any(|handle| view.claims.get(handle).is_none_or(is_common))
            || new.into_iter().any(|handle| view.claims.get(handle).is_some_and(is_common))
    })
}

/// The handles that a change makes shared by evidence, or no longer shared.
///
/// # Errors
///
/// [`Missing`] if records that report one of the handles are not loaded.
pub fn marks(view: &View, then: &Reports) -> Result<Marks, Missing> {
    let Guards { shared_after: Some(least), .. } = view.guards else { return Ok(Vec::new()) };
    let least = usize::try_from(least).unwrap_or(usize::MAX);
    let mut handles: BTreeSet<&HandleKey> = BTreeSet::new();
    for (id, report) in then {
        handles.extend(report.iter().flat_map(|report| &report.handles));
        handles.extend(view.records.get(id).into_iter().flat_map(keys));
    }
    // What is only added cannot make an end of it.
    let only_adds = then.iter().all(|(id, report)| report.is_some() && !view.records.contains_key(id));
    let (mut marks, mut missing) = (Vec::new(), Missing::default());
    for handle in handles {
        let is_known =
            then.keys().filter_map(|id| view.records.get(id)).any(|record| keys(record).any(|key| key == handle));
        let claim = match view.claims.get(handle) {
            None if is_known => {
                missing.handles.insert(handle.clone());
                continue;
            }
            claim => claim.unwrap_or_default(),
        };
        let is_evident = claim.status == HandleStatus::SharedByEvidence;
        if is_evident && only_adds
            || !is_evident && (claim.status != HandleStatus::Plain || claim.status.obstacle(handle).is_some())
        {
            continue;
        }
        match is_shared(view, handle, then, least) {
            Ok(will_be) if will_be == is_evident => {}
            Ok(true) => marks.push((handle.clone(), HandleStatus::SharedByEvidence)),
            Ok(false) => marks.push((handle.clone(), HandleStatus::Plain)),
            Err(more) => missing.add(more),
        }
    }
    if missing.is_empty() { Ok(marks) } else { Err(missing) }
}

/// Whether records with enough different names, and enough different other handles, will report a handle.
fn is_shared(view: &View, handle: &HandleKey, then: &Reports, least: usize) -> Result<bool, Missing> {
    let claim = view.claims.get(handle).unwrap_or_default();
    if claim.home.is_some() && !claim.has_more && then.len() + 1 < least {
        return Ok(false);
    }
    let mut missing = Missing::default();
    let reporters: Vec<RecordId> = match (claim.home, view.claims.reporters(handle)) {
        (None, _) => Vec::new(),
        (_, Some(reporters)) => reporters.filter(|id| !then.contains_key(id)).collect(),
        (_, None) => {
            missing.handles.insert(handle.clone());
            return Err(missing);
        }
    };
    let changed = then.values().flatten().filter(|report| report.handles.contains(handle));
    if reporters.len() + changed.clone().count() < least {
        return Ok(false);
    }
    let (mut names, mut others) = (BTreeSet::new(), BTreeSet::new());
    for report in changed {
        names.insert(report.name.clone());
        others.extend(&report.handles);
    }
    for id in reporters {
        match view.records.get(&id) {
            Some(record) => {
                names.insert(names::compared(names::of_record(record)));
                others.extend(keys(record));
            }
            None => drop(missing.records.insert(id)),
        }
    }
    names.remove("");
    others.remove(handle);
    if missing.is_empty() { Ok(names.len() >= least && others.len() >= least) } else { Err(missing) }
}

fn keys(record: &Record) -> impl Iterator<Item = &HandleKey> {
    record.facts.handles.iter().map(|known| known.value.key())
}
