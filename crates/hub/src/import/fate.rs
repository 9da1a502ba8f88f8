//! What became of a row.

use std::fmt;

use contact::{ContactId, Outcome, Refused};
use files::Problem;

/// What became of a row.
#[derive(Clone, PartialEq, Debug)]
pub struct Fate {
    /// Its number; the first is 1.
    pub row: u64,
    /// The line of the file where it begins; the first is 1.
    pub line: u64,
    /// In a word.
    pub result: Became,
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
pub enum Became {
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

impl Became {
    pub(super) fn name(self) -> &'static str {
        match self {
            Became::New => "new",
            Became::Changed => "changed",
            Became::Unchanged => "unchanged",
            Became::Merged => "merged",
            Became::KeptApart => "kept apart",
            Became::Refused => "refused",
            Became::Before => "taken in before",
        }
    }
}

impl fmt::Display for Became {
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
    pub(super) fn count(&mut self, result: Became) {
        *match result {
            Became::New => &mut self.new,
            Became::Changed => &mut self.changed,
            Became::Unchanged => &mut self.unchanged,
            Became::Merged => &mut self.merged,
            Became::KeptApart => &mut self.kept_apart,
            Became::Refused => &mut self.refused,
            // It was counted by that run.
            Became::Before => return,
        } += 1;
    }

    /// Each with its name, in the order that they are told.
    pub fn named(&self) -> [(Became, u64); 6] {
        [
            (Became::New, self.new),
            (Became::Changed, self.changed),
            (Became::Unchanged, self.unchanged),
            (Became::Merged, self.merged),
            (Became::KeptApart, self.kept_apart),
            (Became::Refused, self.refused),
        ]
    }
}

impl Fate {
    /// A row whose outcome is still to come.
    pub(super) fn open(row: u64, line: u64) -> Fate {
        Fate::new(row, line, Became::Unchanged, None)
    }

    pub(super) fn is_open(&self) -> bool {
        self.result == Became::Unchanged && self.contact.is_none()
    }

    pub(super) fn before(row: u64, line: u64, contact: Option<ContactId>) -> Fate {
        Fate::new(row, line, Became::Before, contact)
    }

    pub(super) fn refused(row: u64, line: u64, problems: Vec<Problem>) -> Fate {
        Fate { problems, ..Fate::new(row, line, Became::Refused, None) }
    }

    fn new(row: u64, line: u64, result: Became, contact: Option<ContactId>) -> Fate {
        Fate { row, line, result, contact, merged: Vec::new(), kept_apart: Vec::new(), problems: Vec::new() }
    }

    /// Takes in what came of it.
    pub(super) fn settle(&mut self, outcome: Result<Outcome, Refused>) {
        match outcome {
            Ok(outcome) => {
                self.result = match &outcome {
                    outcome if !outcome.kept_apart.is_empty() => Became::KeptApart,
                    outcome if !outcome.merged.is_empty() => Became::Merged,
                    outcome if outcome.created => Became::New,
                    outcome if outcome.changed => Became::Changed,
                    _ => Became::Unchanged,
                };
                (self.contact, self.merged, self.kept_apart) = (outcome.contact, outcome.merged, outcome.kept_apart);
            }
            Err(refused) => {
                self.result = Became::Refused;
                self.problems =
                    vec![Problem { column: String::new(), value: String::new(), reason: refused.to_string() }];
            }
        }
    }
}
