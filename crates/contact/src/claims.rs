//! Claims: which record reports which handle, and whether the handle identifies anybody.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};

use foldhash::fast::RandomState;

use crate::entry::{Change, Released};
use crate::handle::HandleKey;
use crate::record_name::RecordId;
use crate::status::{HandleStatus, NotUsed};

/// What is known of a handle.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Claim {
    /// The record that reported it first. The handle's owner is the contact of this record. None if nobody has it.
    pub home: Option<RecordId>,
    /// Whether other records report it, or did.
    pub has_more: bool,
    /// Whether it identifies anybody.
    pub status: HandleStatus,
}

/// The claims of handles: all of a company's, or those that were loaded.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Claims {
    claims: HashMap<HandleKey, Claim, RandomState>,
    /// The records besides the home that report a handle, of the handles for which they were loaded.
    others: HashMap<HandleKey, BTreeSet<RecordId>, RandomState>,
}

impl Claims {
    /// The claim of a handle.
    pub fn get(&self, handle: &HandleKey) -> Option<Claim> {
        self.claims.get(handle).copied()
    }

    /// Why a handle identifies nobody; none if it identifies somebody.
    pub fn obstacle(&self, handle: &HandleKey) -> Option<NotUsed> {
        self.get(handle).unwrap_or_default().status.obstacle(handle)
    }

    /// The records that report a handle; none if they were not loaded.
    pub fn reporters(&self, handle: &HandleKey) -> Option<impl Iterator<Item = RecordId> + '_> {
        let claim = self.get(handle)?;
        let others = self.others.get(handle);
        (others.is_some() || !claim.has_more)
            .then(|| claim.home.into_iter().chain(others.into_iter().flatten().copied()))
    }

    /// Sets the claim of a handle that was loaded from a store.
    pub fn put(&mut self, handle: HandleKey, claim: Claim) {
        self.claims.insert(handle, claim);
    }

    /// Sets which records besides the home report a handle, as loaded from a store.
    pub fn put_others(&mut self, handle: HandleKey, others: BTreeSet<RecordId>) {
        self.others.insert(handle, others);
    }

    /// Whether the other records that report a handle are loaded.
    pub fn has_others(&self, handle: &HandleKey) -> bool {
        self.others.contains_key(handle)
    }

    /// The records besides the home that report a handle, of each handle for which they are loaded.
    pub fn all_others(&self) -> impl Iterator<Item = (&HandleKey, &BTreeSet<RecordId>)> {
        self.others.iter()
    }

    /// Adds loaded claims. Those that are there already are newer and stay.
    pub fn take_in(&mut self, mut loaded: Claims) {
        for (handle, claim) in loaded.claims {
            if let Entry::Vacant(vacant) = self.claims.entry(handle) {
                let others = loaded.others.remove(vacant.key());
                self.others.extend(others.map(|others| (vacant.key().clone(), others)));
                vacant.insert(claim);
            }
        }
    }

    /// Reserves capacity for more claims.
    pub fn reserve(&mut self, more: usize) {
        self.claims.reserve(more);
    }

    /// Removes the claim of a handle.
    pub fn remove(&mut self, handle: &HandleKey) {
        self.claims.remove(handle);
    }

    /// The handles, in no particular order.
    pub fn keys(&self) -> impl Iterator<Item = &HandleKey> {
        self.claims.keys()
    }

    /// Applies a change, except to the other records. A handle whose claim was not loaded counts as free before it.
    pub fn apply(&mut self, change: &Change) {
        match change {
            Change::Observed { record, handles, released, .. } => {
                for released in released {
                    self.release(released);
                }
                for handle in handles {
                    self.claim(handle.key(), *record);
                }
            }
            Change::HandleMarked { handle, status, .. } => self.mark(handle, *status),
            Change::Withdrawn { released, .. }
            | Change::Removed { released, .. }
            | Change::Deleted { released, .. } => {
                for released in released {
                    self.release(released);
                }
            }
            Change::Merged { .. }
            | Change::Regrouped { .. }
            | Change::Split { .. }
            | Change::KeptApart { .. }
            | Change::Received { .. }
            | Change::Noted { .. }
            | Change::Settings(_)
            | Change::AccountSet { .. }
            | Change::AccountDeleted { .. } => {}
        }
    }

    /// Adds a record to those that report a handle, and returns the claim before.
    pub(crate) fn claim(&mut self, handle: &HandleKey, record: RecordId) -> Claim {
        let claim = self.claims.entry(handle.clone()).or_default();
        let before = *claim;
        match claim.home {
            None => claim.home = Some(record),
            Some(home) => claim.has_more |= home != record,
        }
        before
    }

    /// Adds a record to the other records that report a handle, if they are loaded or there were none.
    pub(crate) fn add_other(&mut self, handle: &HandleKey, record: RecordId, had_more: bool) {
        if had_more && !self.has_others(handle) {
            return;
        }
        self.others.entry(handle.clone()).or_default().insert(record);
    }

    /// Removes a record from the other records that report a handle.
    pub(crate) fn remove_other(&mut self, handle: &HandleKey, record: RecordId) {
        if let Some(others) = self.others.get_mut(handle) {
            others.remove(&record);
        }
    }

    /// Sets the status of a handle.
    pub(crate) fn mark(&mut self, handle: &HandleKey, status: HandleStatus) {
        self.claims.entry(handle.clone()).or_default().status = status;
        self.remove_if_empty(handle);
    }

    /// Gives a handle to the record that reports it first from now on.
    pub(crate) fn release(&mut self, released: &Released) {
        if let Some(claim) = self.claims.get_mut(&released.handle) {
            claim.home = released.next;
            claim.has_more &= claim.home.is_some();
        }
        self.remove_if_empty(&released.handle);
    }

    /// Removes a claim that says nothing.
    fn remove_if_empty(&mut self, handle: &HandleKey) {
        if self.get(handle).is_some_and(|claim| claim == Claim::default()) {
            self.claims.remove(handle);
            self.others.remove(handle);
        }
    }
}

impl IntoIterator for Claims {
    type Item = (HandleKey, Claim);
    type IntoIter = std::collections::hash_map::IntoIter<HandleKey, Claim>;

    fn into_iter(self) -> Self::IntoIter {
        self.claims.into_iter()
    }
}
