//! The error of this store's inner functions, into which `?` converts what the driver reports.

use std::error::Error as _;
use std::fmt;

use deadpool_postgres::{PoolError, TimeoutType};
use tokio_postgres::error::SqlState;

/// A [`store::Error`] that the driver's errors convert into.
#[derive(Clone, Debug)]
pub struct Error {
    inner: store::Error,
    /// Whether the server reported that it closes the connection instead of running the statement.
    is_shutdown: bool,
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

    pub fn damaged(reason: impl Into<String>) -> Error {
        store::Error::Damaged(reason.into()).into()
    }

    pub fn no_company() -> Error {
        store::Error::NoCompany.into()
    }

    pub fn is_unavailable(&self) -> bool {
        matches!(self.inner, store::Error::Unavailable(_))
    }

    pub fn is_damaged(&self) -> bool {
        matches!(self.inner, store::Error::Damaged(_))
    }

    pub fn is_no_company(&self) -> bool {
        matches!(self.inner, store::Error::NoCompany)
    }

    /// Whether the server reported that it closes the connection instead of running the statement.
    pub fn is_shutdown(&self) -> bool {
        self.is_shutdown
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl From<store::Error> for Error {
    fn from(inner: store::Error) -> Error {
        Error { inner, is_shutdown: false }
    }
}

impl From<Error> for store::Error {
    fn from(error: Error) -> store::Error {
        error.inner
    }
}

impl From<search::duplicates::InvalidFingerprint> for Error {
    fn from(invalid: search::duplicates::InvalidFingerprint) -> Error {
        store::Error::from(invalid).into()
    }
}

impl From<PoolError> for Error {
    fn from(error: PoolError) -> Error {
        match error {
            PoolError::Backend(error) => error.into(),
            PoolError::Timeout(TimeoutType::Wait) => Error::unavailable("Every connection to the database is taken."),
            error => Error::unavailable(format!("The database cannot be reached: {error}.")),
        }
    }
}

impl From<tokio_postgres::Error> for Error {
    fn from(error: tokio_postgres::Error) -> Error {
        let Some(reported) = error.as_db_error() else {
            let source = error.source().map_or_else(String::new, |source| format!(": {source}"));
            let reason = format!("The database cannot be used: {error}{source}.");
            // The driver tells the kind of such an error by its text alone. A retry does not make a certificate valid.
            let is_handshake = error.to_string().starts_with("error performing TLS handshake");
            return if is_handshake { Error::unusable(reason) } else { Error::unavailable(reason) };
        };
        // The detail may hold personal data of a row, so only the message is passed on.
        let message = format!("The database says: {} ({}).", reported.message(), reported.code().code());
        match reported.code() {
            &(SqlState::ADMIN_SHUTDOWN | SqlState::CRASH_SHUTDOWN) => {
                Error { is_shutdown: true, ..Error::unavailable(message) }
            }
            &(SqlState::UNDEFINED_TABLE
            | SqlState::UNDEFINED_COLUMN
            | SqlState::INSUFFICIENT_PRIVILEGE
            | SqlState::INVALID_PASSWORD
            | SqlState::INVALID_AUTHORIZATION_SPECIFICATION
            | SqlState::UNDEFINED_DATABASE) => Error::unusable(message),
            code if ["XX", "22", "23"].contains(&code.code().get(..2).unwrap_or_default()) => Error::damaged(message),
            _ => Error::unavailable(message),
        }
    }
}
