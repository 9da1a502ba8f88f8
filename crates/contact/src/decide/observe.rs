//! Observations: the record that each is about, and the contacts that its handles join.

use std::collections::BTreeSet;

use super::handle::{marked, released};
use super::implicit;
use super::new_facts::{changes_anything, observed, replacing, within_gaps};
use crate::decision::{Decision, MERGE_CONTACTS_MAX, Outcome, Refused, Undecided};
use crate::entry::{Change, Released};
use crate::evidence::{self, Marks, Reports, marks};
use crate::grouping::{concerned, contact_id, separation_between};
use crate::guards::CONTACT_HANDLES_MAX;
use crate::handle::{Handle, HandleKey};
use crate::id::ContactId;
use crate::missing::Missing;
use crate::names;
use crate::observation::Observation;
use crate::record::Record;
use crate::record_name::{RecordId, RecordName};
use crate::side::Side;
use crate::status::NotUsed;
use crate::time::Seq;
use crate::view::View;

/// Records an observation, and merges the contacts that its handles join.
pub fn observe(view: &View, observation: &Observation) -> Result<Decision, Undecided> {
    report(view, observation).map(|(decision, _)| decision)
}

/// The same, with the record that the observation is about.
pub fn report(view: &View, observation: &Observation) -> Result<(Decision, RecordId), Undecided> {
    let handles = distinct(&observation.handles);
    if handles.is_empty() {
        return Err(Refused::NoHandle.into());
    }
    let known = observation.record.as_ref().and_then(|name| view.names.get(name)).and_then(|id| view.records.get(id));
    let mut used = Found::of(view, &handles, known, observation)?;
    let target = match known {
        Some(known) => Some(known),
        None if observation.record.is_some() => None,
        None => implicit::record(view, &handles, &used, observation)?,
    };
    if known.is_none()
        && let Some(record) = target
    {
        used.stay_with(view, record.contact);
    }
    Reported { view, observation, handles: &handles, used: &used, record: target }.decide()
}

/// What the handles of an observation lead to.
#[derive(Default)]
pub struct Found {
    /// The contacts that they join, the first one first.
    pub owners: Vec<ContactId>,
    /// The handles that were taken from one of them.
    pub taken: Vec<HandleKey>,
    pub not_used: Vec<(Handle, NotUsed)>,
    /// The contacts that a separation keeps from joining.
    kept_apart: Vec<ContactId>,
    /// The oldest such separation.
    separation: Option<Seq>,
}

impl Found {
    fn of(
        view: &View,
        handles: &[&Handle],
        known: Option<&Record>,
        observation: &Observation,
    ) -> Result<Found, Undecided> {
        let mut used = Found::default();
        let mut candidates: Vec<ContactId> = known.map(|record| record.contact).into_iter().collect();
        let mut leads: Vec<(&Handle, Result<Option<ContactId>, NotUsed>)> = Vec::with_capacity(handles.len());
        for handle in handles {
            let owner = view.claims.obstacle(handle.key()).map_or_else(|| Ok(view.owner(handle.key())), Err);
            if let Ok(Some(owner)) = owner
                && !candidates.contains(&owner)
            {
                candidates.push(owner);
            }
            leads.push((handle, owner));
        }
        let mut separations: Vec<(Seq, Side)> = Vec::new();
        if let Some(contact) = known.map(|record| record.contact) {
            separations.extend(view.separations(contact));
            used.owners.push(contact);
        }
        let name = names::after(known, observation);
        for (handle, owner) in leads {
            let is_other = |contact: &ContactId| owner != Ok(Some(*contact));
            if candidates.iter().any(|contact| is_other(contact) && is_taken(view, *contact, handle.key())) {
                used.taken.push(handle.key().clone());
                used.not_used.push((handle.clone(), NotUsed::Taken));
                continue;
            }
            let owner = match owner {
                Err(why) => {
                    used.not_used.push((handle.clone(), why));
                    continue;
                }
                Ok(owner) => owner,
            };
            let Some(owner) = owner.filter(|owner| !used.owners.contains(owner)) else { continue };
            let theirs = view.separations(owner);
            if let Some(separation) = separation_between(&theirs, &separations, Seq(0)) {
                used.separation = Some(used.separation.map_or(separation, |known: Seq| known.min(separation)));
                if !used.kept_apart.contains(&owner) {
                    used.kept_apart.push(owner);
                }
                used.not_used.push((handle.clone(), NotUsed::KeptApart));
                continue;
            }
            if view.guards.names_agree && has_other_name(view, handle.key(), name) {
                used.not_used.push((handle.clone(), NotUsed::NamesDiffer));
                continue;
            }
            separations.extend(theirs);
            used.owners.push(owner);
        }
        if used.owners.len() > MERGE_CONTACTS_MAX {
            return Err(Refused::TooManyContacts(used.owners).into());
        }
        Ok(used)
    }
}

impl Found {
    /// A record already reports all the handles. What they join is known, and stays as it is.
    fn stay_with(&mut self, view: &View, contact: ContactId) {
        let others = std::mem::replace(&mut self.owners, vec![contact]).into_iter().filter(|owner| *owner != contact);
        let own = view.separations(contact);
        for other in others.chain(std::mem::take(&mut self.kept_apart)).collect::<BTreeSet<_>>() {
            let between = separation_between(&view.separations(other), &own, Seq(0));
            self.separation = [self.separation, between].into_iter().flatten().min();
            if other != contact && between.is_some() {
                self.kept_apart.push(other);
            }
        }
    }
}

/// Whether a handle was taken from a contact, and did not come back by a decision.
fn is_taken(view: &View, contact: ContactId, handle: &HandleKey) -> bool {
    let all = view.whole(contact);
    all.clone().any(|record| record.taken.contains(handle)) && !all.clone().any(|record| has(record, handle))
}

/// Whether a record reports a handle that was not taken from it.
pub fn has(record: &Record, handle: &HandleKey) -> bool {
    record.facts.handles.iter().any(|known| known.value.key() == handle)
}

/// Whether the record that reported a handle first has another name than this one.
fn has_other_name(view: &View, handle: &HandleKey, name: &str) -> bool {
    let home = view.claims.get(handle).and_then(|claim| claim.home).and_then(|home| view.records.get(&home));
    home.is_some_and(|home| names::are_different(&names::compared(names::of_record(home)), &names::compared(name)))
}

/// An observation, and the record that it is about; none if that is new.
struct Reported<'a> {
    view: &'a View,
    observation: &'a Observation,
    handles: &'a [&'a Handle],
    used: &'a Found,
    record: Option<&'a Record>,
}

impl Reported<'_> {
    fn decide(self) -> Result<(Decision, RecordId), Undecided> {
        let Reported { view, observation, used, record, .. } = self;
        let id = record.map_or_else(|| ContactId::nth(view.company, view.records_made + 1), |record| record.id);
        let is_named = observation.record.as_ref().is_some_and(RecordName::is_given);
        let handles: Vec<&Handle> =
            self.handles.iter().filter(|handle| !used.taken.contains(handle.key())).copied().collect();
        let dropped: Vec<&HandleKey> = match record.filter(|_| is_named) {
            Some(record) => {
                let is_dropped = |key: &&HandleKey| handles.iter().all(|handle| handle.key() != *key);
                record.facts.handles.iter().map(|known| known.value.key()).filter(is_dropped).collect()
            }
            None => Vec::new(),
        };
        let records: Vec<RecordId> =
            used.owners.iter().flat_map(|owner| view.whole(*owner)).map(|record| record.id).collect();
        let kept = if records.is_empty() { id } else { contact_id(view, &records) };
        let mut outcome = Outcome {
            contact: Some(kept),
            created: record.is_none() && used.owners.is_empty(),
            not_used: used.not_used.clone(),
            kept_apart: used.kept_apart.clone(),
            rule: used.separation,
            ..Outcome::default()
        };
        let mut merged: Vec<ContactId> = used.owners.iter().copied().filter(|owner| *owner != kept).collect();
        merged.sort_unstable();
        let reported =
            if is_named { replacing(observation, record) } else { within_gaps(observation, view, &used.owners) };
        let is_news = record.is_none_or(|record| {
            !merged.is_empty() || !dropped.is_empty() || changes_anything(&reported, &handles, view, record)
        });
        if !is_news {
            return Ok((Decision { outcome, ..Decision::default() }, id));
        }
        self.check_limit(kept, &records, &handles)?;
        let marks = self.marks(&reported, id, &handles, &dropped)?;
        let released = released(view, dropped.iter().copied(), &BTreeSet::from([id]))?;
        // A new record joins its contact at once, unless that depends on the marks or on a new name.
        let is_simple = marks.is_empty() && dropped.is_empty() && !self.renames(&reported);
        let home = record.map_or(if is_simple { kept } else { id }, |record| record.contact);
        let change = self.change(&reported, id, home, &handles, released);
        if is_simple {
            // What is known has only grown: the contacts join, and nothing else can change.
            let because = Some(view.head.next());
            let merge = |joined: &ContactId| Change::Merged {
                kept,
                joined: *joined,
                records: view.parts(*joined),
                because,
                choice: None,
            };
            let changes = std::iter::once(change).chain(merged.iter().map(merge)).collect();
            outcome.merged = merged;
            return Ok((Decision { changes, outcome, ..Decision::default() }, id));
        }
        let looked_at = marks.iter().map(|(handle, _)| handle).chain(dropped.iter().copied());
        let identifying = handles.iter().map(|handle| handle.key()).filter(|key| view.claims.obstacle(key).is_none());
        let looked_at = looked_at.chain(identifying);
        let mut concerned = concerned(view, record.map(|record| record.id), &looked_at.cloned().collect())?;
        concerned.insert(id);
        let changes = std::iter::once(change).chain(marked(view, marks)).collect();
        Ok((Decision { changes, outcome, concerned }, id))
    }

    /// Whether the record gets another name than the one by which its contacts were found, and names must agree.
    fn renames(&self, reported: &Observation) -> bool {
        let Reported { view, observation, record, .. } = self;
        let before = || record.map_or_else(|| names::after(None, observation), names::of_record);
        view.guards.names_agree && names::compared(names::after(*record, reported)) != names::compared(before())
    }

    fn change(
        &self,
        reported: &Observation,
        id: RecordId,
        home: ContactId,
        used: &[&Handle],
        gone: Vec<Released>,
    ) -> Change {
        let mut change = observed(reported, id, used.iter().copied());
        if let Change::Observed { contact, taken, released, kept_apart, name, .. } = &mut change {
            *contact = home;
            taken.clone_from(&self.used.taken);
            *released = gone;
            *kept_apart = self.used.separation;
            name.clone_from(&self.observation.record);
        }
        change
    }

    /// The handles that become shared by evidence, or are no longer shared.
    fn marks(
        &self,
        reported: &Observation,
        id: RecordId,
        handles: &[&Handle],
        dropped: &[&HandleKey],
    ) -> Result<Marks, Missing> {
        let Reported { view, record, .. } = self;
        let known = || record.iter().flat_map(|record| &record.facts.handles).map(|known| known.value.key());
        if dropped.is_empty() && !evidence::may_mark(view, known(), handles.iter().map(|handle| handle.key())) {
            return Ok(Marks::new());
        }
        let name = names::compared(names::after(*record, reported));
        let mut keys: Vec<HandleKey> = known().filter(|key| !dropped.contains(key)).cloned().collect();
        let before = keys.len();
        keys.extend(
            handles
                .iter()
                .map(|handle| handle.key())
                .filter(|key| !keys[..before].contains(key))
                .cloned()
                .collect::<Vec<_>>(),
        );
        let is_same_name = record.is_some_and(|record| names::compared(names::of_record(record)) == name);
        if is_same_name && dropped.is_empty() && keys.len() == before {
            return Ok(Marks::new());
        }
        marks(view, &Reports::from([(id, Some(evidence::Report { name, handles: keys }))]))
    }

    /// Refuses an observation that would give a contact too many handles.
    fn check_limit(&self, kept: ContactId, records: &[RecordId], handles: &[&Handle]) -> Result<(), Refused> {
        let view = self.view;
        let all = || {
            let records = records.iter().filter_map(|id| view.records.get(id));
            records.flat_map(|record| &record.facts.handles).map(|known| known.value.key())
        };
        if all().count() + handles.len() <= CONTACT_HANDLES_MAX {
            return Ok(());
        }
        let distinct: BTreeSet<&HandleKey> = all().chain(handles.iter().map(|handle| handle.key())).collect();
        if distinct.len() <= CONTACT_HANDLES_MAX {
            return Ok(());
        }
        let reports = |handle: &HandleKey| all().filter(|known| *known == handle).count();
        let most = handles.iter().map(|handle| handle.key()).max_by_key(|handle| reports(handle));
        most.map_or(Ok(()), |handle| {
            Err(Refused::TooManyHandles { contact: kept, handle: handle.clone(), records: reports(handle) })
        })
    }
}

/// The handles in their order, each once.
pub(crate) fn distinct(handles: &[Handle]) -> Vec<&Handle> {
    let mut distinct: Vec<&Handle> = Vec::with_capacity(handles.len());
    for handle in handles {
        if distinct.iter().all(|other| other.key() != handle.key()) {
            distinct.push(handle);
        }
    }
    distinct
}
