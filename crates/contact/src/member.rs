//! The record of each contact, apart from what it is merged with.

use crate::entry::Side;
use crate::facts::Facts;
use crate::id::{ContactId, TeammateId};
use crate::time::{Seq, Time};

/// One contact, apart from the contacts that it is merged with, and its place among them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Member {
    /// The contact.
    pub id: ContactId,
    /// The entry that created it.
    pub first: Seq,
    /// The time of that entry.
    pub created_at: Time,
    /// The last entry that changed what it shows. After a merge into another contact, the last entry before the merge.
    pub changed: Seq,
    /// The time of that entry.
    pub changed_at: Time,
    /// The contact that it was merged into, if any.
    pub merged_into: Option<MergedInto>,
    /// All contacts that were merged into it, directly or not, by id.
    pub members: Vec<ContactId>,
    /// The teammate who owns it, if it is private.
    pub owner: Option<TeammateId>,
    /// The separations that it is part of, and on which side.
    pub rules: Vec<(Seq, Side)>,
    /// Its facts.
    pub facts: Facts,
}

impl Member {
    /// Whether it is merged with no other contact.
    pub fn is_alone(&self) -> bool {
        self.merged_into.is_none() && self.members.is_empty()
    }
}

/// The merge that made a contact part of another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MergedInto {
    /// The contact that was kept.
    pub contact: ContactId,
    /// The merge's entry.
    pub merge: Seq,
    /// The side that changed last, if the merge chooses between different values.
    pub newer_side: Option<Side>,
}
