//! What a view lacks for a decision.

use std::collections::BTreeSet;

use crate::handle::HandleKey;
use crate::record_name::RecordId;

/// What a view must hold, but does not, to decide on a command.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Missing {
    /// Handles, with all records that report them and the contacts of those.
    pub handles: BTreeSet<HandleKey>,
    /// Records, with all records of their contacts.
    pub records: BTreeSet<RecordId>,
}

impl Missing {
    /// Whether nothing is missing.
    pub fn is_empty(&self) -> bool {
        self.handles.is_empty() && self.records.is_empty()
    }

    /// Adds what else is missing.
    pub fn add(&mut self, more: Missing) {
        self.handles.extend(more.handles);
        self.records.extend(more.records);
    }
}
