//! The error of this store's inner functions, which `?` makes of what SQLite reports.

use rusqlite::ErrorCode;

/// A [`store::Error`] that SQLite's errors convert into.
#[derive(Clone, Debug)]
pub struct Error(store::Error);

/// The result of the inner functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    pub fn unavailable(reason: impl Into<String>) -> Error {
        Error(store::Error::Unavailable(reason.into()))
    }

    pub fn unusable(reason: impl Into<String>) -> Error {
        Error(store::Error::Unusable(reason.into()))
    }

    pub fn damaged(reason: impl ToString) -> Error {
        Error(store::Error::Damaged(reason.to_string()))
    }

    pub fn is_damaged(&self) -> bool {
        matches!(self.0, store::Error::Damaged(_))
    }

    pub fn is_unusable(&self) -> bool {
        matches!(self.0, store::Error::Unusable(_))
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl From<Error> for store::Error {
    fn from(error: Error) -> store::Error {
        error.0
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Error {
        Error(error)
    }
}

impl From<search::duplicates::InvalidFingerprint> for Error {
    fn from(invalid: search::duplicates::InvalidFingerprint) -> Error {
        Error(invalid.into())
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Error {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Error::unavailable("The disk that holds the store is full."),
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) | None => Error::damaged(error),
            Some(_) => Error::unavailable(format!("The store cannot be used at the moment: {error}.")),
        }
    }
}
