//! The record that an observation without a name is about.

use std::collections::BTreeSet;

use super::new_facts::{changes_anything, within_gaps};
use super::observe::{Found, has};
use crate::decision::{Refused, Undecided};
use crate::handle::{Handle, HandleKey};
use crate::missing::Missing;
use crate::names;
use crate::observation::Observation;
use crate::origin::Origin;
use crate::record::Record;
use crate::status::{HandleStatus, NotUsed};
use crate::view::View;

/// The implicit record that already reports all the handles: the oldest of the contacts that they lead to, or else of
/// any contact.
///
/// If the observation would change that one, but repeats what another says, it is about the other. So a report that changes
/// whether its handle is shared finds the same record when it is repeated.
pub fn record<'a>(
    view: &'a View,
    handles: &[&Handle],
    used: &Found,
    observation: &Observation,
) -> Result<Option<&'a Record>, Undecided> {
    let search = Search { view, handles, used, observation };
    let Some(oldest) = search.oldest_of_all()? else { return Ok(None) };
    Ok(Some(search.repeated(oldest)?.unwrap_or(oldest)))
}

struct Search<'a, 'o> {
    view: &'a View,
    handles: &'o [&'o Handle],
    used: &'o Found,
    observation: &'o Observation,
}

impl<'a> Search<'a, '_> {
    fn oldest_of_all(&self) -> Result<Option<&'a Record>, Undecided> {
        let Search { view, handles, used, .. } = self;
        if let Some(record) = self.oldest(used.owners.iter().flat_map(|owner| view.whole(*owner))) {
            return Ok(Some(record));
        }
        if let Some(handle) = handles.iter().find(|handle| view.claims.obstacle(handle.key()).is_none()) {
            // Decisions may have parted a record from the owners of what it reports.
            let is_reported = handles.iter().all(|handle| used.taken.contains(handle.key()) || self.has_home(handle));
            return Ok(if is_reported { self.oldest(self.reporters(handle).into_iter().flatten()) } else { None });
        }
        // Nobody is identified. What only stands for nobody is nobody's.
        let is_shared = |why: &NotUsed| matches!(why, NotUsed::Shared | NotUsed::SharedByEvidence);
        if let Some((handle, why)) = used.not_used.first()
            && !used.not_used.iter().any(|(_, why)| is_shared(why))
        {
            return Err(Refused::NobodyIdentified(handle.key().clone(), *why).into());
        }
        let Some(shared) = handles.iter().find(|handle| self.has_home(handle)) else { return Ok(None) };
        let home = view.claims.get(shared.key()).and_then(|claim| claim.home).and_then(|home| view.records.get(&home));
        if let Some(home) = home.filter(|record| self.reports_all(record)) {
            return Ok(Some(home));
        }
        Ok(self.oldest(self.needed_reporters(shared)?))
    }

    /// The record that says all of the observation already, if it would change `oldest`.
    fn repeated(&self, oldest: &Record) -> Result<Option<&'a Record>, Missing> {
        let Search { view, handles, used, observation } = self;
        let reported = within_gaps(observation, view, &used.owners);
        let is_news = |record: &Record| changes_anything(&reported, &[], view, record);
        // Only evidence changes by a report.
        let is_open = |status| matches!(status, HandleStatus::Plain | HandleStatus::SharedByEvidence);
        let is_common = |handle: &&&Handle| {
            view.claims.get(handle.key()).is_some_and(|claim| claim.has_more && is_open(claim.status))
        };
        let Some(handle) = handles.iter().find(is_common).filter(|_| is_news(oldest)) else { return Ok(None) };
        Ok(self.oldest(self.needed_reporters(handle)?.filter(|record| !is_news(record))))
    }

    fn oldest(&self, records: impl Iterator<Item = &'a Record>) -> Option<&'a Record> {
        records.filter(|record| self.reports_all(record)).min_by_key(|record| (record.first, record.id))
    }

    fn reports_all(&self, record: &Record) -> bool {
        let Search { view, handles, used, observation } = self;
        let reports =
            |handle: &HandleKey| has(record, handle) || used.taken.contains(handle) && record.taken.contains(handle);
        // All messages from one address have the same sender.
        let has_names = view.guards.names_agree && observation.origin != Origin::Message;
        let name = || names::compared(names::after(None, observation));
        let is_other = || has_names && names::are_different(&names::compared(names::of_record(record)), &name());
        record.name.is_none() && handles.iter().all(|handle| reports(handle.key())) && !is_other()
    }

    fn has_home(&self, handle: &Handle) -> bool {
        self.view.claims.get(handle.key()).is_some_and(|claim| claim.home.is_some())
    }

    /// The loaded records that report a handle; none if it is not known which do.
    fn reporters(&self, handle: &Handle) -> Option<impl Iterator<Item = &'a Record>> {
        let view = self.view;
        Some(view.claims.reporters(handle.key())?.filter_map(|id| view.records.get(&id)))
    }

    fn needed_reporters(&self, handle: &Handle) -> Result<impl Iterator<Item = &'a Record>, Missing> {
        let missing = || Missing { handles: BTreeSet::from([handle.key().clone()]), ..Missing::default() };
        self.reporters(handle).ok_or_else(missing)
    }
}
