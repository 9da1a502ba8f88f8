//! Why a whole file cannot be read.

use std::io;

use thiserror::Error;

/// Why a whole file cannot be read. What is wrong with a row is a [`Problem`](crate::Problem) of that row.
#[derive(Debug, Error)]
pub enum Error {
    /// The file broke off.
    #[error("The file cannot be read: {0}.")]
    Read(#[from] io::Error),
    /// The first row of a table does not name its columns.
    #[error("The first row must name the columns, but it cannot be read: {0}")]
    Header(String),
    /// A column is to be understood as something, but the table has none of this name.
    #[error("There is no column {name:?}. The columns are: {}.", listed(.columns))]
    NoColumn {
        /// The name.
        name: String,
        /// What the columns are called.
        columns: Vec<String>,
    },
    /// No column of a table has handles, so that every row would be refused.
    #[error("No column is known to hold handles, such as email or phone. The columns are: {}.", listed(.0))]
    NoHandles(Vec<String>),
    /// Columns are named for a file that has none.
    #[error("Only a CSV file has columns that can be mapped.")]
    NoTable,
    /// Nothing that can stand between cells.
    #[error("A delimiter must be one ASCII character that is no quote, letter, digit or line break.")]
    Delimiter,
}

fn listed(columns: &[String]) -> String {
    const SHOWN_MAX: usize = 50;
    let mut shown: Vec<String> = columns.iter().take(SHOWN_MAX).map(|name| format!("{name:?}")).collect();
    if columns.len() > SHOWN_MAX {
        shown.push(format!("and {} more", columns.len() - SHOWN_MAX));
    }
    shown.join(", ")
}
