//! Errors of a whole file.

use std::io;

use thiserror::Error;

use crate::workbook::{CELLS_MAX, UNPACKED_BYTES_MAX, WORKBOOK_BYTES_MAX};

/// Why a whole file cannot be read. What is wrong with a single row is a [`Problem`](crate::Problem) of it.
#[derive(Debug, Error)]
pub enum Error {
    /// Reading the file failed.
    #[error("The file cannot be read: {0}.")]
    Read(#[from] io::Error),
    /// The first row of a table, which names the columns, cannot be parsed.
    #[error("The first row must name the columns, but it cannot be read: {0}")]
    Header(String),
    /// A column that is mapped to a field is not in the table.
    #[error("Column {name:?} not found. The columns are: {}.", listed(.columns))]
    NoColumn {
        /// The name of the mapped column.
        name: String,
        /// The names of the columns.
        columns: Vec<String>,
    },
    /// No column of the table has handles, so every row would be refused.
    #[error(
        "No column is known to hold handles, such as email or phone. Say which one does: --map COLUMN=email. The columns are: {}.",
        listed(.0)
    )]
    NoHandles(Vec<String>),
    /// The file is in no format that is known.
    #[error("The file is not text. Known are {}.", crate::format::KNOWN)]
    NoText,
    /// The file is a workbook of a spreadsheet that cannot be read.
    #[error("The workbook cannot be read: {0}. Save it as CSV.")]
    Workbook(String),
    /// The file is a workbook that is too large.
    #[error(
        "The workbook has more than {} MiB, {} MiB when it is unpacked, or {CELLS_MAX} cells. Save it as CSV.",
        WORKBOOK_BYTES_MAX >> 20,
        UNPACKED_BYTES_MAX >> 20
    )]
    LargeWorkbook,
    /// Columns are mapped for a file without columns.
    #[error("Only a CSV file has columns that can be mapped.")]
    NoTable,
    /// No column is named that has the record ids of a table.
    #[error("Name the column with the record IDs: --record-id. The columns are: {}.", listed(.0))]
    NoRecordIds(Vec<String>),
    /// Several columns have a name that could be that of the column with the record ids.
    #[error("Several columns could be {name:?}: {}. Write the name as it is in the file.", listed(.columns))]
    SeveralColumns {
        /// The given name.
        name: String,
        /// The names of these columns.
        columns: Vec<String>,
    },
    /// The record ids of cards are in a property of their own.
    #[error("The record ID of a vCard is its UID, so no column or key can be named for it.")]
    CardIds,
    /// The delimiter is not valid.
    #[error("A delimiter must be one ASCII character, and not a quote, letter, digit or line break.")]
    Delimiter,
}

fn listed(columns: &[String]) -> String {
    const SHOWN_MAX: usize = 50;
    const CHARS_MAX: usize = 100;
    let short = |name: &String| name.chars().take(CHARS_MAX).collect::<String>();
    let mut shown: Vec<String> = columns.iter().take(SHOWN_MAX).map(|name| format!("{:?}", short(name))).collect();
    if columns.len() > SHOWN_MAX {
        shown.push(format!("and {} more", columns.len() - SHOWN_MAX));
    }
    shown.join(", ")
}
