//! Claims: which contact has which handle.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use crate::entry::Change;
use crate::handle::{Handle, HandleKey};
use crate::id::ContactId;

/// The claim of a handle.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Claim {
    /// The contact that claimed it first. Its owner is the contact that this one is part of now. None if it is free.
    pub home: Option<ContactId>,
    /// Whether it is a shared handle.
    pub shared: bool,
}

/// The claims of handles: all of a company's, or those that were loaded.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Claims(HashMap<HandleKey, Claim, RandomState>);

impl Claims {
    /// The claim of a handle.
    pub fn get(&self, handle: &HandleKey) -> Option<Claim> {
        self.0.get(handle).copied()
    }

    /// Sets the claim of a handle that was loaded from a store.
    pub fn put(&mut self, handle: HandleKey, claim: Claim) {
        self.0.insert(handle, claim);
    }

    /// Reserves capacity for more claims.
    pub fn reserve(&mut self, more: usize) {
        self.0.reserve(more);
    }

    /// Removes the claim of a handle and returns it.
    pub fn take(&mut self, handle: &HandleKey) -> Option<Claim> {
        self.0.remove(handle)
    }

    /// The handles, in no particular order.
    pub fn keys(&self) -> impl Iterator<Item = &HandleKey> {
        self.0.keys()
    }

    /// Applies a change. A handle whose claim was not loaded counts as free before it.
    pub fn apply(&mut self, change: &Change) {
        match change {
            Change::Observed { home, handles, .. } => {
                for handle in handles {
                    self.claim(handle, *home);
                }
            }
            Change::Shared { handle, shared } => self.share(handle, *shared),
            Change::Removed { handles, .. } | Change::Deleted { handles, .. } => {
                for handle in handles {
                    self.release(handle);
                }
            }
            Change::Merged { .. }
            | Change::Split { .. }
            | Change::KeptApart { .. }
            | Change::Received { .. }
            | Change::Noted { .. }
            | Change::Settings(_)
            | Change::AccountSet { .. }
            | Change::AccountDeleted { .. } => {}
        }
    }

    /// Gives a free handle to a contact. Returns false if the handle is not free.
    pub(crate) fn claim(&mut self, handle: &Handle, home: ContactId) -> bool {
        let claim = self.0.entry(handle.key().clone()).or_default();
        let is_free = claim.home.is_none();
        if is_free {
            claim.home = Some(home);
        }
        is_free
    }

    /// Sets whether a handle is shared.
    pub(crate) fn share(&mut self, handle: &HandleKey, shared: bool) {
        self.0.entry(handle.clone()).or_default().shared = shared;
        self.remove_if_empty(handle);
    }

    /// Frees a handle and returns the contact that had claimed it.
    pub(crate) fn release(&mut self, handle: &HandleKey) -> Option<ContactId> {
        let home = self.0.get_mut(handle)?.home.take();
        self.remove_if_empty(handle);
        home
    }

    /// Removes a claim that is free and not shared.
    fn remove_if_empty(&mut self, handle: &HandleKey) {
        if self.get(handle).is_some_and(|claim| claim.home.is_none() && !claim.shared) {
            self.0.remove(handle);
        }
    }
}

impl IntoIterator for Claims {
    type Item = (HandleKey, Claim);
    type IntoIter = std::collections::hash_map::IntoIter<HandleKey, Claim>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
