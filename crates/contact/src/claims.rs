//! Who has which handle.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use crate::entry::Change;
use crate::handle::{Handle, HandleKey};
use crate::id::ContactId;

/// Who has a handle.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Claim {
    /// The contact that first claimed it, whose present whole is the owner; none if nobody has it.
    pub home: Option<ContactId>,
    /// Whether several people use it.
    pub shared: bool,
}

/// The claims of handles: all of a company's, or those that were loaded.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Claims(HashMap<HandleKey, Claim, RandomState>);

impl Claims {
    /// What is known of a handle.
    pub fn get(&self, handle: &HandleKey) -> Option<Claim> {
        self.0.get(handle).copied()
    }

    /// Sets what is known of a handle, as a store does that loads it.
    pub fn put(&mut self, handle: HandleKey, claim: Claim) {
        self.0.insert(handle, claim);
    }

    /// Makes room for more claims, if it is known how many come.
    pub fn reserve(&mut self, more: usize) {
        self.0.reserve(more);
    }

    /// Takes out what is known of a handle.
    pub fn take(&mut self, handle: &HandleKey) -> Option<Claim> {
        self.0.remove(handle)
    }

    /// The handles, in no order.
    pub fn keys(&self) -> impl Iterator<Item = &HandleKey> {
        self.0.keys()
    }

    /// Brings the claims along by a change. Of a handle that was not loaded it says what the change alone comes
    /// to, as if nobody had it before.
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

    /// Gives a handle to a contact if nobody has it; false if somebody does.
    pub(crate) fn claim(&mut self, handle: &Handle, home: ContactId) -> bool {
        let claim = self.0.entry(handle.key().clone()).or_default();
        let is_free = claim.home.is_none();
        if is_free {
            claim.home = Some(home);
        }
        is_free
    }

    /// Marks a handle as used by several people, or as one person's.
    pub(crate) fn share(&mut self, handle: &HandleKey, shared: bool) {
        self.0.entry(handle.clone()).or_default().shared = shared;
        self.forget_if_nothing(handle);
    }

    /// Takes a handle from whoever has it, and says who that was.
    pub(crate) fn release(&mut self, handle: &HandleKey) -> Option<ContactId> {
        let home = self.0.get_mut(handle)?.home.take();
        self.forget_if_nothing(handle);
        home
    }

    /// A claim that says nothing is no claim.
    fn forget_if_nothing(&mut self, handle: &HandleKey) {
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
