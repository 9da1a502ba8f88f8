//! Puts a backup in the place of a store.

use std::fs::{self, File, OpenOptions};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use crate::error::{Error, Result};
use crate::open;
use crate::sidecar::{SIDECARS, WITH_LOG, sidecar};

/// What the name of an old store adds to the name of the new one.
const REPLACED: &str = "-replaced";

/// Makes `store` a copy of `backup`. Returns where the old store is now, if there was one.
pub fn restore(store: &Path, backup: &Path, without_log: bool) -> Result<Option<PathBuf>> {
    let failed = |error: std::io::Error| Error::unusable(format!("{} cannot be written: {error}.", store.display()));
    if open::is_served(store) {
        return Err(Error::unusable(format!("{} is being served. Stop the server first.", store.display())));
    }
    let replaced = sidecar(store, REPLACED);
    if replaced.try_exists().map_err(failed)? {
        let reason = "has an older store, which is not replaced. Move it away first";
        return Err(Error::unusable(format!("{} {reason}.", replaced.display())));
    }
    let unfinished = open::unfinished(store).map_err(failed)?;
    if without_log {
        // A copy by the system would have the mode of the backup.
        let copied = File::open(backup)
            .and_then(|mut from| std::io::copy(&mut from, &mut OpenOptions::new().write(true).open(&unfinished)?));
        copied.map_err(|error| Error::unusable(format!("{} cannot be copied: {error}.", backup.display())))?;
        open::complete(&unfinished)?;
    } else {
        open::snapshot(&open::readable(backup)?, &unfinished, store)?;
    }
    check(&unfinished, backup)?;
    let old = store.try_exists().map_err(failed)?.then_some(replaced);
    if let Some(replaced) = &old {
        fs::rename(store, replaced).map_err(failed)?;
        rename_if_there(&sidecar(store, "-wal"), &sidecar(replaced, "-wal")).map_err(failed)?;
    }
    // Whatever belonged to another store would be taken for a part of this one.
    for ending in SIDECARS.iter().flat_map(|name| WITH_LOG.map(|ending| format!("{name}{ending}"))) {
        remove_if_there(&sidecar(store, &ending)).map_err(failed)?;
    }
    open::name(&unfinished, store).map_err(failed)?;
    Ok(old)
}

/// Checks the pages of a copied file.
fn check(copy: &Path, backup: &Path) -> Result<()> {
    let connection = Connection::open_with_flags(copy, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let found = open::quick_check(&connection)?;
    match found.first() {
        None => Ok(()),
        Some(first) => Err(Error::unusable(format!("{} is damaged: {first}.", backup.display()))),
    }
}

fn remove_if_there(file: &Path) -> std::io::Result<()> {
    fs::remove_file(file).or_else(|error| if error.kind() == ErrorKind::NotFound { Ok(()) } else { Err(error) })
}

fn rename_if_there(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::rename(from, to).or_else(|error| if error.kind() == ErrorKind::NotFound { Ok(()) } else { Err(error) })
}
