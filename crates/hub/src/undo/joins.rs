//! The joins among the entries of a journal that one import or one token made.

use contact::{Change, Entry, RecordId, Seq};

use super::joined_by::JoinedBy;

/// What an entry brought into a contact that was there before.
pub struct Brought {
    pub entry: Seq,
    pub records: Vec<RecordId>,
    /// The record whose report brought them; none if somebody requested it.
    pub reported: Option<RecordId>,
}

/// The joins among the entries of a journal.
pub struct Joins {
    of: JoinedBy,
    /// How many records the entries have made. The ids of records count them.
    records_made: u64,
    observed: Option<Observed>,
    pub all: Vec<Brought>,
}

/// The last observation.
#[derive(Clone, Copy)]
struct Observed {
    entry: Seq,
    record: RecordId,
    is_new: bool,
}

impl Joins {
    pub fn new(of: JoinedBy) -> Joins {
        Joins { of, records_made: 0, observed: None, all: Vec::new() }
    }

    pub fn add(&mut self, entry: Entry) {
        if let Change::Observed { record, .. } = entry.change {
            let is_new = record.count() > self.records_made;
            self.records_made = self.records_made.max(record.count());
            self.observed = Some(Observed { entry: entry.seq, record, is_new });
        }
        if self.of.is_of(&entry) {
            self.all.extend(self.brought(entry));
        }
    }

    /// What an entry brought in. What a new record led to is taken back with the record itself.
    fn brought(&self, Entry { seq, change, .. }: Entry) -> Option<Brought> {
        match change {
            // A decision about the contact joins nobody, and neither does the first record of a contact.
            Change::Observed { joined_to: Some(_), .. } => None,
            Change::Observed { record, contact, .. } => {
                let is_new = self.observed.is_some_and(|observed| observed.is_new);
                (is_new && record != contact).then(|| Brought {
                    entry: seq,
                    records: vec![record],
                    reported: Some(record),
                })
            }
            Change::Merged { because: Some(because), records, .. } => {
                let is_by_new = self.observed.is_some_and(|observed| observed.is_new && observed.entry == because);
                let reported = self.observed.filter(|observed| observed.entry == because);
                let reported = reported.map(|observed| observed.record);
                (!is_by_new).then_some(Brought { entry: because, records, reported })
            }
            Change::Merged { because: None, records, .. } => Some(Brought { entry: seq, records, reported: None }),
            // What was known changed, too: the record that was reported is what the others have in common.
            Change::Regrouped { before, records, .. } if before.len() > 1 => {
                let observed = self.observed.filter(|observed| records.contains(&observed.record))?;
                Some(Brought { entry: observed.entry, records: vec![observed.record], reported: Some(observed.record) })
            }
            _ => None,
        }
    }
}
