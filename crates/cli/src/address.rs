//! The address of a store, and opening the store there: the only place that chooses between the stores.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use store::{Access, Error, Migrated, Store};
use store_postgres::{Limits, Postgres};
use store_sqlite::{FirstCopy, Sqlite};

use crate::secret::has_password;

/// The address of a store.
#[derive(Clone, PartialEq, Eq)]
pub enum StoreAddress {
    /// The file of an embedded store.
    File(PathBuf),
    /// The URL of a database. It may hold a password.
    Database(String),
}

impl From<OsString> for StoreAddress {
    fn from(given: OsString) -> StoreAddress {
        match given.to_str() {
            Some(text) if text.contains("://") => StoreAddress::Database(text.to_owned()),
            _ => StoreAddress::File(given.into()),
        }
    }
}

impl StoreAddress {
    /// The path of another file of the operator: beside the store, or for a database in the current folder.
    pub fn beside(&self, name: &str) -> PathBuf {
        match self {
            StoreAddress::File(file) => {
                let mut path = file.clone().into_os_string();
                path.push(format!("-{name}"));
                path.into()
            }
            StoreAddress::Database(_) => format!("kith-{name}").into(),
        }
    }
}

/// Shows no password.
impl fmt::Display for StoreAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StoreAddress::File(file) => write!(f, "{}", file.display()),
            StoreAddress::Database(url) => f.write_str(&Postgres::shown(url).unwrap_or_else(|_| "a database".into())),
        }
    }
}

impl StoreAddress {
    /// Opens the store. `limits` are those of a database.
    ///
    /// # Errors
    ///
    /// As [`Sqlite::open`] and [`Postgres::open`].
    pub async fn open(&self, access: Access, limits: Limits) -> Result<Arc<dyn Store>, Error> {
        Ok(match self {
            StoreAddress::File(file) => Arc::new(Sqlite::open(file, access)?),
            StoreAddress::Database(url) => Arc::new(Postgres::open(&postgres_url(url)?, access, limits).await?),
        })
    }

    /// Puts a backup in the place of the store. Returns the file of the old store, if there was one.
    ///
    /// # Errors
    ///
    /// As [`Sqlite::restore`]. A database has backups of its own.
    pub fn restore(&self, backup: &Path, without_log: bool) -> Result<Option<PathBuf>, Error> {
        match self {
            StoreAddress::File(file) => Sqlite::restore(file, backup, without_log),
            StoreAddress::Database(_) => {
                let how = "pg_restore, or copy a file to it with `kith copy`";
                Err(Error::Unusable(format!("A store in a database is restored with the database's tools. Use {how}.")))
            }
        }
    }

    /// Returns what [`migrate`](StoreAddress::migrate) would do. Changes nothing.
    ///
    /// # Errors
    ///
    /// As [`open`](StoreAddress::open).
    pub async fn check_migration(&self, limits: Limits) -> Result<Migrated, Error> {
        match self {
            StoreAddress::File(file) => Sqlite::check_migration(file),
            StoreAddress::Database(url) => Postgres::check_migration(&postgres_url(url)?, limits).await,
        }
    }

    /// Brings the schema up to date, and distributes a database over its cluster.
    ///
    /// # Errors
    ///
    /// As [`open`](StoreAddress::open), and if a file cannot be copied first.
    pub async fn migrate(&self, limits: Limits, copy: FirstCopy) -> Result<Migrated, Error> {
        match self {
            StoreAddress::File(file) => Sqlite::migrate(file, copy),
            StoreAddress::Database(url) => Postgres::migrate(&postgres_url(url)?, limits).await,
        }
    }
}

/// A URL that names a PostgreSQL database, with the password of `PGPASSWORD` if it has none of its own.
fn postgres_url(url: &str) -> Result<String, Error> {
    match url.split_once("://") {
        Some(("postgres" | "postgresql", _)) => Ok(match std::env::var("PGPASSWORD") {
            Ok(password) if !has_password(url) => {
                let password = utf8_percent_encode(&password, NON_ALPHANUMERIC);
                format!("{url}{}password={password}", if url.contains('?') { '&' } else { '?' })
            }
            _ => url.to_owned(),
        }),
        scheme => {
            let scheme = scheme.map_or("", |(scheme, _)| scheme);
            let cure = "give the path of a file, or a URL that begins with postgres://";
            Err(Error::Unusable(format!("Kith cannot open a store at {scheme}://; {cure}.")))
        }
    }
}
