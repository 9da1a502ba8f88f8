//! The record of each contact, apart from what it is merged with.

use crate::entry::Side;
use crate::facts::Facts;
use crate::id::{ContactId, TeammateId};
use crate::time::{Seq, Time};

/// A contact's own record: what is told about it apart from what it is merged with, and where it
/// stands among those.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Member {
    /// Which contact.
    pub id: ContactId,
    /// The entry that first told of it.
    pub first: Seq,
    /// When that was.
    pub created_at: Time,
    /// The last entry that changed what it shows; of a merged contact, the last before the merge.
    pub changed: Seq,
    /// When that was.
    pub changed_at: Time,
    /// The contact that it is part of, if it was merged.
    pub merged_into: Option<MergedInto>,
    /// The contacts that are part of it, in whatever number of steps, by id.
    pub members: Vec<ContactId>,
    /// The teammate whose own it is, if it is not the whole company's.
    pub owner: Option<TeammateId>,
    /// What it must not be joined with.
    pub rules: Vec<(Seq, Side)>,
    /// What was told about it.
    pub facts: Facts,
}

impl Member {
    /// Whether it is all that there is of a person: part of no other contact, and none is part of it.
    pub fn is_alone(&self) -> bool {
        self.merged_into.is_none() && self.members.is_empty()
    }
}

/// Where a merge has put a contact.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MergedInto {
    /// The contact that was kept.
    pub contact: ContactId,
    /// The merge's entry.
    pub merge: Seq,
    /// If the merge settles what conflicts: the side that was changed last.
    pub newer_side: Option<Side>,
}
