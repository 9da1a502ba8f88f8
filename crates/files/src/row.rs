//! What a row of a file tells, or what is wrong with it.

use contact::{ListName, Observation};

/// Most bytes of a row, a line or a card. What the limits of a contact allow is less, whatever has to be escaped.
pub const ROW_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Most problems of a row that are named.
pub const PROBLEMS_MAX: usize = 100;
/// Most things of a row that are named because nobody knows them.
pub const IGNORED_MAX: usize = 100;
/// Most characters of a value that is named in a problem.
pub const VALUE_CHARS_MAX: usize = 100;

/// One person of a file: a row of a table, a line, or a card.
#[derive(Clone, PartialEq, Debug)]
pub struct Row {
    /// The line of the file where it begins; the first is 1.
    pub line: u64,
    /// What it tells, or all that is wrong with it.
    pub told: Result<ParsedRow, Vec<Problem>>,
}

/// What a row tells.
#[derive(Clone, PartialEq, Debug)]
pub struct ParsedRow {
    /// What is told of one person; it comes from an import.
    pub observation: Box<Observation>,
    /// The names of lists that the person is to be on.
    pub lists: Vec<ListName>,
    /// What nobody knows: JSON pointers of keys, or names of a card's properties. The columns of a table are in
    /// [`Rows::columns`](crate::Rows::columns) instead, once for all rows.
    pub ignored: Vec<String>,
}

/// One thing that is wrong with a row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// Where: a column, a JSON pointer (RFC 6901) or a card's property; empty if it is the row itself.
    pub column: String,
    /// The value that was given; its first [`VALUE_CHARS_MAX`] characters.
    pub value: String,
    /// What is wrong with it, or what would be right.
    pub reason: String,
}

impl Problem {
    /// A problem of a value at a place.
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
