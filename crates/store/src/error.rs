//! The errors of a store.

use search::duplicates::InvalidFingerprint;
use thiserror::Error;

/// The error of a failed store call. A failed call changes nothing.
#[derive(Clone, Debug, Error)]
pub enum Error {
    /// The store cannot be reached or accepts no writes at the moment: its disk is full, it is locked or overloaded.
    #[error("{0}")]
    Unavailable(String),
    /// This program cannot use the file or database.
    #[error("{0}")]
    Unusable(String),
    /// A stored record cannot be read.
    #[error("The store holds a record that cannot be read: {0}")]
    Damaged(String),
    /// The company does not exist.
    #[error("Company not found.")]
    NoCompany,
}

impl From<InvalidFingerprint> for Error {
    fn from(invalid: InvalidFingerprint) -> Error {
        Error::Damaged(invalid.to_string())
    }
}
