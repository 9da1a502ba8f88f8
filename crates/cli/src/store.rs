//! Where a store is, and opening it there.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use crate::{Access, Error, Limits, Postgres, Sqlite, Store};

/// Where a store is.
#[derive(Clone, PartialEq, Eq)]
pub enum Place {
    /// A file, of the embedded store.
    File(PathBuf),
    /// An address, of a database. It may hold a password.
    Database(String),
}

/// What had to be done to a store's schema.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Prepared {
    /// The schema before; 0 if there was none.
    pub from: usize,
    /// The schema now.
    pub to: usize,
    /// Whether the database is one that can be spread over machines.
    pub is_spread: bool,
    /// The tables that were spread, or copied to every machine, by this.
    pub spread: Vec<String>,
}

impl From<OsString> for Place {
    fn from(given: OsString) -> Place {
        match given.to_str() {
            Some(text) if text.contains("://") => Place::Database(text.to_owned()),
            _ => Place::File(given.into()),
        }
    }
}

/// Without a password.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::File(file) => write!(f, "{}", file.display()),
            Place::Database(url) => f.write_str(&Postgres::shown(url).unwrap_or_else(|_| "a database".into())),
        }
    }
}

impl Place {
    /// Opens the store that is there. `limits` are those of a database.
    ///
    /// # Errors
    ///
    /// As [`Sqlite::open`] and [`Postgres::open`].
    pub async fn open(&self, access: Access, limits: Limits) -> Result<Arc<dyn Store>, Error> {
        Ok(match self {
            Place::File(file) => Arc::new(Sqlite::open(file, access)?),
            Place::Database(url) => Arc::new(Postgres::open(known(url)?, access, limits).await?),
        })
    }

    /// Brings the schema of the store that is there up to date, and spreads a database that can be.
    ///
    /// # Errors
    ///
    /// As [`open`](Place::open).
    pub async fn migrate(&self, limits: Limits) -> Result<Prepared, Error> {
        match self {
            Place::File(file) => Sqlite::migrate(file),
            Place::Database(url) => Postgres::migrate(known(url)?, limits).await,
        }
    }
}

/// An address of a kind that this Kith knows.
fn known(url: &str) -> Result<&str, Error> {
    match url.split_once("://") {
        Some(("postgres" | "postgresql", _)) => Ok(url),
        scheme => {
            let scheme = scheme.map_or("", |(scheme, _)| scheme);
            let know = "give a path, or an address that begins with postgres://";
            Err(Error::Unusable(format!("A store at {scheme}:// is not one that this Kith knows; {know}.")))
        }
    }
}
