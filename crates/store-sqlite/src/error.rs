//! The error of this store's inner functions, which `?` makes of what SQLite reports.

use rusqlite::ErrorCode;

/// A [`store::Error`] that SQLite's errors convert into.
#[derive(Clone, Debug)]
pub struct Error {
    error: store::Error,
    /// Whether SQLite found pages of a file damaged.
    pub is_malformed: bool,
}

/// The result of the inner functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    pub fn unavailable(reason: impl Into<String>) -> Error {
        store::Error::Unavailable(reason.into()).into()
    }

    pub fn unusable(reason: impl Into<String>) -> Error {
        store::Error::Unusable(reason.into()).into()
    }

    pub fn damaged(reason: impl std::fmt::Display) -> Error {
        store::Error::Damaged(reason.to_string()).into()
    }

    pub fn is_damaged(&self) -> bool {
        matches!(self.error, store::Error::Damaged(_))
    }

    pub fn is_unusable(&self) -> bool {
        matches!(self.error, store::Error::Unusable(_))
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.error.fmt(f)
    }
}

impl From<Error> for store::Error {
    fn from(error: Error) -> store::Error {
        error.error
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Error {
        Error { error, is_malformed: false }
    }
}

impl From<search::duplicates::InvalidFingerprint> for Error {
    fn from(invalid: search::duplicates::InvalidFingerprint) -> Error {
        store::Error::from(invalid).into()
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Error {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Error::unavailable("The disk that holds the store is full."),
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                Error { is_malformed: true, ..Error::damaged(error) }
            }
            None => Error::damaged(error),
            Some(_) => Error::unavailable(format!("The store cannot be used at the moment: {error}.")),
        }
    }
}
