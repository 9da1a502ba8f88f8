//! Records: what one source says about one person.

use std::collections::BTreeSet;

use crate::facts::Facts;
use crate::handle::HandleKey;
use crate::id::{ContactId, TeammateId};
use crate::record_name::{RecordId, RecordName};
use crate::side::{Choice, Side};
use crate::time::{Seq, Time};

/// What one source says about one person, and the contact that it is part of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Record {
    /// Its id.
    pub id: RecordId,
    /// Its name; none if it is implicit.
    pub name: Option<RecordName>,
    /// The entry that created it.
    pub first: Seq,
    /// The time of that entry.
    pub created_at: Time,
    /// The contact that it is part of. The contact bears the id of one of its records.
    pub contact: ContactId,
    /// If the contact bears the id of this record: the other records of the contact, by id.
    pub others: Vec<RecordId>,
    /// The last entry that changed what the contact shows, if the contact bears the id of this record.
    pub changed: Seq,
    /// The time of that entry.
    pub changed_at: Time,
    /// The teammate who owns the contact, if it is private.
    pub owner: Option<TeammateId>,
    /// The decisions that joined it to other records, in their order.
    pub joins: Vec<Join>,
    /// The separations that it is part of, and on which side.
    pub separations: Vec<(Seq, Side)>,
    /// The handles that it reports, but that were taken from its contact.
    pub taken: BTreeSet<HandleKey>,
    /// Whether it was withdrawn: it reports nothing, and its id leads to the contact that it was part of.
    pub is_withdrawn: bool,
    /// Its facts.
    pub facts: Facts,
}

impl Record {
    /// Whether its contact has no other record.
    pub fn is_alone(&self) -> bool {
        self.contact == self.id && self.others.is_empty()
    }

    /// Whether it reports a handle, even one that was taken from it.
    pub(crate) fn reports(&self, handle: &HandleKey) -> bool {
        self.taken.contains(handle) || self.facts.handles.iter().any(|known| known.value.key() == handle)
    }
}

/// A decision that two records are about one person.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Join {
    /// The other record.
    pub to: RecordId,
    /// The journal entry.
    pub entry: Seq,
    /// For a merge by a person: how it chooses between different values.
    pub choice: Option<Choice>,
}
