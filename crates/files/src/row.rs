//! A row of a file: its observation, or its problems.

use contact::{ListName, Observation};

use crate::record_ids::RowId;

/// Most bytes of a row, a line or a card. A contact within its limits always needs less, also when escaped.
pub const ROW_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Most problems that a row lists.
pub const PROBLEMS_MAX: usize = 100;
/// Most unknown keys or properties that a row lists.
pub const IGNORED_MAX: usize = 100;
/// Most characters of the value that a problem quotes.
pub const VALUE_CHARS_MAX: usize = 100;

/// One person of a file: a row of a table, a line, or a card.
#[derive(Clone, PartialEq, Debug)]
pub struct Row {
    /// The line of the file where it begins; the first is 1.
    pub line: u64,
    /// What was parsed, or all of its problems.
    pub parsed: Result<ParsedRow, Vec<Problem>>,
}

/// A row that was parsed.
#[derive(Clone, PartialEq, Debug)]
pub struct ParsedRow {
    /// The observation, with an import as its origin.
    pub observation: Box<Observation>,
    /// The names of the lists to add the contact to.
    pub lists: Vec<ListName>,
    /// What is unknown: JSON pointers of keys, or names of a card's properties. Unknown columns of a table are in
    /// [`Rows::columns`](crate::Rows::columns) instead.
    pub ignored: Vec<String>,
    /// Values that were left out, with the reason: placeholders, and invalid values of a lenient import.
    pub left_out: Vec<Problem>,
}

/// A row as the reader of a format hands it over.
pub(crate) struct ReadRow {
    /// The id of its record.
    pub id: RowId,
    /// What was parsed, or all of its problems.
    pub parsed: Result<ParsedRow, Vec<Problem>>,
}

impl ReadRow {
    /// A row that cannot be read.
    pub fn unreadable(problem: Problem) -> ReadRow {
        ReadRow { id: RowId::Unreadable, parsed: Err(vec![problem]) }
    }
}

/// A problem of a row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// The column, the JSON pointer (RFC 6901) or the card's property. Empty for the row as a whole.
    pub column: String,
    /// The first [`VALUE_CHARS_MAX`] characters of the value.
    pub value: String,
    /// What is wrong, or what would be right.
    pub reason: String,
}

impl Problem {
    /// A problem of a value.
    pub(crate) fn new(column: &str, value: &str, reason: impl AsRef<str>) -> Problem {
        const REASON_CHARS_MAX: usize = 500;
        let column = shortened(column, VALUE_CHARS_MAX);
        Problem {
            column,
            value: shortened(value, VALUE_CHARS_MAX),
            reason: shortened(reason.as_ref(), REASON_CHARS_MAX),
        }
    }

    /// A problem of a row as a whole.
    pub(crate) fn of_row(raw: &[u8], reason: impl AsRef<str>) -> Problem {
        // A character has at most four bytes.
        let start = &raw[..raw.len().min(VALUE_CHARS_MAX * 4 + 4)];
        Problem::new("", &String::from_utf8_lossy(start), reason)
    }
}

fn shortened(text: &str, chars_max: usize) -> String {
    match text.char_indices().nth(chars_max) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
