//! Shared by evidence: a handle that records of many different people report identifies none of them.

use std::collections::{BTreeMap, BTreeSet};

use crate::claims::Claim;
use crate::guards::CONTACT_HANDLES_MAX;
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
    let least = view.guards.shared_after;
    let is_common = |claim: Claim| match least {
        Some(_) => claim.has_more || claim.status != HandleStatus::Plain,
        None => claim.status == HandleStatus::SharedByEvidence,
    };
    least.is_some_and(|least| least <= 2)
        || before.into_iter().any(|handle| view.claims.get(handle).is_none_or(is_common))
        || new.into_iter().any(|handle| view.claims.get(handle).is_some_and(is_common))
}

/// The handles that a change makes shared by evidence, or no longer shared.
///
/// # Errors
///
/// [`Missing`] if records that report one of the handles are not loaded.
pub fn marks(view: &View, then: &Reports) -> Result<Marks, Missing> {
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
        if is_evident && only_adds || !is_open(handle, claim) {
            continue;
        }
        match is_shared(view, handle, then, is_evident) {
            Ok(is_shared) => marks.extend(mark(handle, claim, is_shared)),
            Err(more) => missing.add(more),
        }
    }
    if missing.is_empty() { Ok(marks) } else { Err(missing) }
}

/// Which of these handles are shared by evidence, or no longer shared, since the guards changed.
///
/// # Errors
///
/// [`Missing`] if a claim or a record that reports one of the handles is not loaded.
pub fn marks_by_guards(view: &View, handles: &BTreeSet<HandleKey>) -> Result<Marks, Missing> {
    let (mut marks, mut missing) = (Vec::new(), Missing::default());
    for handle in handles {
        let Some(claim) = view.claims.get(handle) else {
            missing.handles.insert(handle.clone());
            continue;
        };
        if !is_open(handle, claim) {
            continue;
        }
        match is_shared(view, handle, &Reports::new(), true) {
            Ok(is_shared) => marks.extend(mark(handle, claim, is_shared)),
            Err(more) => missing.add(more),
        }
    }
    if missing.is_empty() { Ok(marks) } else { Err(missing) }
}

/// Whether evidence decides about a handle: nobody has, and it is no placeholder.
fn is_open(handle: &HandleKey, claim: Claim) -> bool {
    match claim.status {
        HandleStatus::SharedByEvidence => true,
        status => status == HandleStatus::Plain && status.obstacle(handle).is_none(),
    }
}

/// The status that a handle gets by evidence, if that is another one.
fn mark(handle: &HandleKey, claim: Claim, is_shared: bool) -> Option<(HandleKey, HandleStatus)> {
    let status = if is_shared { HandleStatus::SharedByEvidence } else { HandleStatus::Plain };
    (claim.status != status).then(|| (handle.clone(), status))
}

/// Whether records with enough different names, and enough different other handles, will report a handle.
///
/// `is_limited`: it is also shared if one contact could not have all those handles.
fn is_shared(view: &View, handle: &HandleKey, then: &Reports, is_limited: bool) -> Result<bool, Missing> {
    let least = view.guards.shared_after.map(|least| usize::try_from(least).unwrap_or(usize::MAX));
    let fewest = match least {
        _ if is_limited => 2,
        Some(least) => least,
        None => return Ok(false),
    };
    let claim = view.claims.get(handle).unwrap_or_default();
    if claim.home.is_some() && !claim.has_more && then.len() + 1 < fewest {
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
    if reporters.len() + changed.clone().count() < fewest {
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
    if !missing.is_empty() {
        return Err(missing);
    }
    let is_evident = least.is_some_and(|least| names.len() >= least && others.len() >= least);
    Ok(is_evident || is_limited && others.len() >= CONTACT_HANDLES_MAX)
}

fn keys(record: &Record) -> impl Iterator<Item = &HandleKey> {
    record.facts.handles.iter().map(|known| known.value.key())
}
