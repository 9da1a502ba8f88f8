//! The mark in a file that says whether it is complete without its write-ahead log.
//!
//! SQLite takes a file without a log for a complete one, so a copy of the file alone would lose changes without an error. The
//! mark is the application id. A writer sets it to [`WITH_LOG`] before its first write. It sets it back to [`COMPLETE`] after
//! it has checkpointed the log, and only then may the log be deleted.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use rusqlite::Connection;

use crate::sidecar::sidecar;

/// The application id of a complete file: "Kith" in ASCII, plus one.
pub const COMPLETE: i64 = 0x4b69_7469;
/// The application id of a file that is complete only with its log.
pub const WITH_LOG: i64 = 0x4b69_746a;
/// Where a file has its application id (<https://www.sqlite.org/fileformat2.html#database_header>).
const OFFSET: u64 = 68;

/// Sets the mark, if the file does not have it. Returns whether it changed.
pub fn set(connection: &Connection, mark: i64) -> rusqlite::Result<bool> {
    let is_other = connection.query_row("PRAGMA application_id", [], |row| row.get::<_, i64>(0))? != mark;
    if is_other {
        connection.pragma_update(None, "application_id", mark)?;
    }
    Ok(is_other)
}

/// Whether a file needs a log that is not there.
///
/// The check reads the file itself, because SQLite would create the log. It must come before the process opens the file:
/// closing it here ends the locks that SQLite holds.
pub fn has_lost_its_log(file: &Path) -> bool {
    // A server that ends meanwhile deletes the log after it has changed the mark.
    (0..2).all(|_| read(file) == Some(WITH_LOG) && !sidecar(file, "-wal").exists())
}

/// The application id in a file, if it has any.
fn read(file: &Path) -> Option<i64> {
    let mut id = [0; 4];
    File::open(file).and_then(|file| file.read_exact_at(&mut id, OFFSET)).ok()?;
    Some(i64::from(u32::from_be_bytes(id)))
}
