//! What became of a row.

use std::fmt;

use contact::{ContactId, Outcome, Refused};
use files::Problem;

/// What became of a row.
#[derive(Clone, PartialEq, Debug)]
pub struct RowResult {
    /// Its number; the first is 1.
    pub row: u64,
    /// The line of the file where it begins; the first is 1.
    pub line: u64,
    /// In a word.
    pub result: RowStatus,
    /// The contact that it is about, as that is now.
    pub contact: Option<ContactId>,
    /// The contacts that became part of that one by it.
    pub merged: Vec<ContactId>,
    /// The contacts that would have, but for a split.
    pub kept_apart: Vec<ContactId>,
    /// All that is wrong with it, if it was refused.
    pub problems: Vec<Problem>,
}

/// What became of a row, in a word.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RowStatus {
    /// It is a new contact.
    New,
    /// It told something new of a contact.
    Changed,
    /// All of it was known.
    Unchanged,
    /// It made contacts one.
    Merged,
    /// It would have made contacts one, but for a split.
    KeptApart,
    /// It was refused, whole.
    Refused,
    /// An earlier run of the same import took it in.
    Before,
}

impl RowStatus {
    pub(super) fn name(self) -> &'static str {
        match self {
            RowStatus::New => "new",
            RowStatus::Changed => "changed",
            RowStatus::Unchanged => "unchanged",
            RowStatus::Merged => "merged",
            RowStatus::KeptApart => "kept apart",
            RowStatus::Refused => "refused",
            RowStatus::Before => "taken in before",
        }
    }
}

impl fmt::Display for RowStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How many rows became what.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Tally {
    /// New contacts.
    pub new: u64,
    /// Contacts of which something new was told.
    pub changed: u64,
    /// Rows of which all was known.
    pub unchanged: u64,
    /// Rows that made contacts one.
    pub merged: u64,
    /// Rows that would have, but for a split.
    pub kept_apart: u64,
    /// Rows that were refused.
    pub refused: u64,
}

impl Tally {
    pub(super) fn count(&mut self, result: RowStatus) {
        *match result {
            RowStatus::New => &mut self.new,
            RowStatus::Changed => &mut self.changed,
            RowStatus::Unchanged => &mut self.unchanged,
            RowStatus::Merged => &mut self.merged,
            RowStatus::KeptApart => &mut self.kept_apart,
            RowStatus::Refused => &mut self.refused,
            // It was counted by that run.
            RowStatus::Before => return,
        } += 1;
    }

    /// Each with its name, in the order that they are told.
    pub fn named(&self) -> [(RowStatus, u64); 6] {
        [
            (RowStatus::New, self.new),
            (RowStatus::Changed, self.changed),
            (RowStatus::Unchanged, self.unchanged),
            (RowStatus::Merged, self.merged),
            (RowStatus::KeptApart, self.kept_apart),
            (RowStatus::Refused, self.refused),
        ]
    }
}

impl RowResult {
    /// A row whose outcome is still to come.
    pub(super) fn open(row: u64, line: u64) -> RowResult {
        RowResult::new(row, line, RowStatus::Unchanged, None)
    }

    pub(super) fn is_open(&self) -> bool {
        self.result == RowStatus::Unchanged && self.contact.is_none()
    }

    pub(super) fn before(row: u64, line: u64, contact: Option<ContactId>) -> RowResult {
        RowResult::new(row, line, RowStatus::Before, contact)
    }

    pub(super) fn refused(row: u64, line: u64, problems: Vec<Problem>) -> RowResult {
        RowResult { problems, ..RowResult::new(row, line, RowStatus::Refused, None) }
    }

    fn new(row: u64, line: u64, result: RowStatus, contact: Option<ContactId>) -> RowResult {
        RowResult { row, line, result, contact, merged: Vec::new(), kept_apart: Vec::new(), problems: Vec::new() }
    }

    /// Takes in what came of it.
    pub(super) fn settle(&mut self, outcome: Result<Outcome, Refused>) {
        match outcome {
            Ok(outcome) => {
                self.result = match &outcome {
                    outcome if !outcome.kept_apart.is_empty() => RowStatus::KeptApart,
                    outcome if !outcome.merged.is_empty() => RowStatus::Merged,
                    outcome if outcome.created => RowStatus::New,
                    outcome if outcome.changed => RowStatus::Changed,
                    _ => RowStatus::Unchanged,
                };
                (self.contact, self.merged, self.kept_apart) = (outcome.contact, outcome.merged, outcome.kept_apart);
            }
            Err(refused) => {
                self.result = RowStatus::Refused;
                self.problems =
                    vec![Problem { column: String::new(), value: String::new(), reason: refused.to_string() }];
            }
        }
    }
}
