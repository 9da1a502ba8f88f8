//! The schema of a store's file, and how it changes from one version to the next.

use std::path::{Path, PathBuf};

use contact::SignatureKey;
use rusqlite::{Connection, OpenFlags, Transaction, params};
use store::{Access, Migrated};

use crate::error::{Error, Result};
use crate::open;
use crate::sidecar::sidecar;

/// The migrations in order. Each runs once, and never changes after its release.
const MIGRATIONS: [&str; 2] =
    [include_str!("../migrations/0001_contacts.sql"), include_str!("../migrations/0002_signature_keys.sql")];
/// The first version that does not store the tokens of channels.
const WITHOUT_TOKENS: usize = 2;
/// The newest schema version.
pub const NEWEST: usize = MIGRATIONS.len();
/// Most copies that migrations have left beside a store.
const COPIES_MAX: usize = 100;

/// Whether a store is copied before its schema changes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum FirstCopy {
    /// It is copied to a file beside it, so that the version before can be used again.
    Made,
    /// It is not copied.
    Omitted,
}

/// Brings the schema up to date within a transaction that no other writer shares.
pub fn migrate(transaction: &Transaction, file: &Path, access: Access, copy: FirstCopy) -> Result<Migrated> {
    let from: usize = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let mut migrated = Migrated { from, to: NEWEST, ..Migrated::default() };
    if from == NEWEST {
        return Ok(migrated);
    }
    if from > 0 {
        // A server has its own lock.
        if access != Access::Serve && open::is_served(file) {
            let reason = "is served by an older Kith. Stop that server before its schema is changed";
            return Err(Error::unusable(format!("{} {reason}.", file.display())));
        }
        if copy == FirstCopy::Made {
            migrated.backup = Some(copy_first(file, from)?);
        }
    }
    for (version, migration) in (1..).zip(MIGRATIONS).skip(from) {
        transaction.execute_batch(migration)?;
        if version == WITHOUT_TOKENS {
            replace_tokens(transaction)?;
        }
    }
    transaction.pragma_update(None, "user_version", NEWEST)?;
    if from > 0 {
        tracing::info!(from, to = NEWEST, "the schema was brought up to date");
    }
    Ok(migrated)
}

/// What [`migrate`] does to a store of schema version `from`.
pub fn outlook(file: &Path, from: usize) -> Result<Migrated> {
    let is_copied = 0 < from && from < NEWEST;
    let backup = if is_copied { Some(free_name(file, from)?) } else { None };
    Ok(Migrated { from, to: NEWEST, backup, ..Migrated::default() })
}

/// Copies a store of an older schema to a file beside it.
fn copy_first(file: &Path, version: usize) -> Result<PathBuf> {
    let copy = free_name(file, version)?;
    let copied = || {
        let failed = |error: std::io::Error| Error::unusable(format!("{} cannot be written: {error}.", copy.display()));
        let unfinished = open::unfinished(&copy).map_err(failed)?;
        let store = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        open::snapshot(&store, &unfinished, &copy)?;
        open::name(&unfinished, &copy).map_err(failed)
    };
    copied().map_err(|error: Error| {
        let cure = "Make room for it, or have a backup elsewhere and run: kith migrate --without-backup";
        Error::unusable(format!(
            "{} is not migrated, because it cannot be copied first: {error} {cure}.",
            file.display()
        ))
    })?;
    Ok(copy)
}

/// A name that no file has: `kith.db-schema-1`, `kith.db-schema-1-2`, and so on.
fn free_name(file: &Path, version: usize) -> Result<PathBuf> {
    let first = sidecar(file, &format!("-schema-{version}"));
    let others = (2..=COPIES_MAX).map(|number| sidecar(&first, &format!("-{number}")));
    let mut names = std::iter::once(first.clone()).chain(others);
    names.find(|name| !name.exists()).ok_or_else(|| {
        Error::unusable(format!("There are already {COPIES_MAX} copies like {}. Delete some.", first.display()))
    })
}

/// Replaces the tokens of channels by what verifies their signatures, and overwrites them in the file.
fn replace_tokens(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "secure_delete", true)?;
    let mut statement =
        connection.prepare("SELECT company, channel, signature_key FROM channel WHERE signature_key IS NOT NULL")?;
    let tokens = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let tokens: Vec<(i64, i64, String)> = tokens.collect::<rusqlite::Result<_>>()?;
    for (company, channel, token) in tokens {
        let key = SignatureKey::new(&token).to_string();
        let update = "UPDATE channel SET signature_key = ?3 WHERE company = ?1 AND channel = ?2";
        connection.execute(update, params![company, channel, key])?;
    }
    Ok(())
}
