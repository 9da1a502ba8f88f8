//! The result of a row of an import.

use std::fmt;

use contact::{ContactId, Handle, Outcome, Refused};
use files::Problem;

/// The result of a row.
#[derive(Clone, PartialEq, Debug)]
pub struct RowResult {
    /// Its number; the first is 1.
    pub row: u64,
    /// The line of the file where it begins; the first is 1.
    pub line: u64,
    /// Its status.
    pub status: RowStatus,
    /// The contact that it was imported into.
    pub contact: Option<ContactId>,
    /// The contacts that it merged into that one.
    pub merged: Vec<ContactId>,
    /// The contacts that a split kept apart from that one.
    pub kept_apart: Vec<ContactId>,
    /// The reasons if it was refused; otherwise what was left out of it, and why.
    pub problems: Vec<Problem>,
    /// The names of what was left out of it; see [`LeftOut`](super::LeftOut).
    pub left_out: Vec<String>,
}

/// The status of a row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RowStatus {
    /// It created a contact.
    New,
    /// It changed a contact.
    Changed,
    /// The contact had all of it already.
    Unchanged,
    /// It merged contacts.
    Merged,
    /// It would have merged contacts that a split keeps apart.
    KeptApart,
    /// It was refused, and nothing of it was imported.
    Refused,
    /// An earlier run of the same import imported it.
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
            RowStatus::Before => "imported before",
        }
    }
}

impl fmt::Display for RowStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The number of rows with each status.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Tally {
    /// Rows that created a contact.
    pub new: u64,
    /// Rows that changed a contact.
    pub changed: u64,
    /// Rows that changed nothing.
    pub unchanged: u64,
    /// Rows that merged contacts.
    pub merged: u64,
    /// Rows that would have merged contacts that a split keeps apart.
    pub kept_apart: u64,
    /// Rows that were refused.
    pub refused: u64,
}

impl Tally {
    pub(super) fn count(&mut self, status: RowStatus) {
        *match status {
            RowStatus::New => &mut self.new,
            RowStatus::Changed => &mut self.changed,
            RowStatus::Unchanged => &mut self.unchanged,
            RowStatus::Merged => &mut self.merged,
            RowStatus::KeptApart => &mut self.kept_apart,
            RowStatus::Refused => &mut self.refused,
            // That run counted it.
            RowStatus::Before => return,
        } += 1;
    }

    /// The statuses with their numbers, in the order of display.
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
    /// A row whose outcome is not known yet, with what was left out of it: the reasons and the names.
    pub(super) fn pending(row: u64, line: u64, problems: Vec<Problem>, left_out: Vec<String>) -> RowResult {
        RowResult { problems, left_out, ..RowResult::new(row, line, RowStatus::Unchanged, None) }
    }

    /// Says that the row became one person with an earlier row of another name.
    pub(super) fn joins(&mut self, handle: &Handle, first: u64) {
        self.problems.push(Problem {
            column: handle.key().source().to_string(),
            value: handle.text().to_owned(),
            reason: format!("Joins line {first} of another name."),
        });
    }

    pub(super) fn is_pending(&self) -> bool {
        self.status == RowStatus::Unchanged && self.contact.is_none()
    }

    pub(super) fn imported_before(row: u64, line: u64, contact: Option<ContactId>) -> RowResult {
        RowResult::new(row, line, RowStatus::Before, contact)
    }

    pub(super) fn refused(row: u64, line: u64, problems: Vec<Problem>) -> RowResult {
        RowResult { problems, ..RowResult::new(row, line, RowStatus::Refused, None) }
    }

    fn new(row: u64, line: u64, status: RowStatus, contact: Option<ContactId>) -> RowResult {
        RowResult {
            row,
            line,
            status,
            contact,
            merged: Vec::new(),
            kept_apart: Vec::new(),
            problems: Vec::new(),
            left_out: Vec::new(),
        }
    }

    /// Sets the outcome of a pending row.
    pub(super) fn set_outcome(&mut self, outcome: Result<Outcome, Refused>) {
        match outcome {
            Ok(outcome) => {
                self.status = match &outcome {
                    outcome if !outcome.kept_apart.is_empty() => RowStatus::KeptApart,
                    outcome if !outcome.merged.is_empty() => RowStatus::Merged,
                    outcome if outcome.created => RowStatus::New,
                    outcome if outcome.changed => RowStatus::Changed,
                    _ => RowStatus::Unchanged,
                };
                let not_used = outcome.not_used.iter().map(|(handle, why)| Problem {
                    column: handle.key().source().to_string(),
                    value: handle.text().to_owned(),
                    reason: format!("Not used to find the contact: it is {}.", why.reason()),
                });
                self.problems.extend(not_used);
                (self.contact, self.merged, self.kept_apart) = (outcome.contact, outcome.merged, outcome.kept_apart);
            }
            Err(refused) => {
                self.status = RowStatus::Refused;
                self.problems =
                    vec![Problem { column: String::new(), value: String::new(), reason: refused.to_string() }];
            }
        }
    }
}
