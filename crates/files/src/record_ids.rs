//! The records that the rows of a file are about: how the file names them, and which ids it has.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use contact::RecordName;

use crate::row::ReadRow;
use crate::{Problem, Row};

/// How the rows of a file name their records.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecordNaming {
    /// The system of all records in the file.
    pub system: String,
    /// The column of a table, or the key of a line of JSON, that has the ids. None: the key `record` of a line, or the
    /// `UID` of a card.
    pub id: Option<String>,
}

/// What a row says about the id of its record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RowId {
    /// The row cannot be read so far, so it may have any id.
    Unreadable,
    /// It has none.
    Missing,
    /// A hash of its id.
    Given(u64),
}

impl RowId {
    /// The id in the name of a record.
    pub fn of(name: &RecordName) -> RowId {
        RowId::Given(hash(name.id()))
    }
}

/// The record ids that the rows of a file have, also those of refused rows.
///
/// Each takes some dozens of bytes, however long it is. Two ids with the same hash of 64 bits count as one.
#[derive(Debug, Default)]
pub struct RecordIds {
    /// The hash of each, and the line where its first row begins.
    lines: HashMap<u64, u64>,
    unreadable: Option<u64>,
}

impl RecordIds {
    /// Whether a row has this id.
    pub fn contains(&self, id: &str) -> bool {
        self.lines.contains_key(&hash(id))
    }

    /// The line of the first row that cannot be read, so that its id is unknown.
    pub fn unreadable_line(&self) -> Option<u64> {
        self.unreadable
    }

    /// Adds the id of a row, and refuses the row if an earlier one has the same: it would replace what that one reports.
    pub(crate) fn check(&mut self, line: u64, read: ReadRow) -> Row {
        let ReadRow { id, mut parsed } = read;
        match id {
            RowId::Missing => {}
            RowId::Unreadable => self.unreadable = self.unreadable.or(Some(line)),
            RowId::Given(id) => match self.lines.entry(id) {
                Entry::Vacant(vacant) => drop(vacant.insert(line)),
                Entry::Occupied(first) => {
                    let reason = format!("Line {} has the same record ID.", first.get());
                    let mut problems = parsed.err().unwrap_or_default();
                    problems.push(Problem::new("", "", reason));
                    parsed = Err(problems);
                }
            },
        }
        Row { line, parsed }
    }
}

/// The same for equal ids in one process.
fn hash(id: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    hasher.finish()
}
