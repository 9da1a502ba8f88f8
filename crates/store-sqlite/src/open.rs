//! Opening a store's file: whose it is, how new it is, and who else has it.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read, Seek, Write};
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, MAIN_DB, OpenFlags, TransactionBehavior};

use store::{Access, Migrated};

use crate::error::{Error, Result};
use crate::sidecar::sidecar;

/// The application id of a store: "Kith" in ASCII, plus one.
const APPLICATION_ID: i64 = 0x4b69_7469;
/// The application id of the development versions before the first release, whose schemas this one does not read.
const DEVELOPMENT_ID: i64 = 0x4b69_7468;
/// Each runs once, in this order, and never changes after its release.
const MIGRATIONS: [&str; 1] = [include_str!("../migrations/0001_contacts.sql")];
/// Bytes of a page of a new file. A row of a table that has no row id should take less than a twentieth of a page
/// (<https://www.sqlite.org/withoutrowid.html>); a contact's takes about 500 bytes.
const PAGE_BYTES: usize = 8 << 10;
/// How long a writer waits for another program that writes to the same file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a look at whether a file is served takes, and far more.
const LOOK_MAX: Duration = Duration::from_millis(10);
const STATEMENTS_MAX: usize = 128;
/// Pages that a writer keeps in memory: the upper levels of a hundred million handles. More would slow down every commit,
/// which looks at all of it, and save only reads from the memory of the system. A command that imports commits seldom, and
/// changes more at once.
const CACHE_KIB: i64 = 16 << 10;
const CACHE_KIB_OF_COMMAND: i64 = 64 << 10;
/// Pages of the log at which it is checkpointed: 32 MiB, or 128 MiB for a command, which may be an import.
const LOG_PAGES: usize = (32 << 20) / PAGE_BYTES;
const LOG_PAGES_OF_COMMAND: usize = 4 * LOG_PAGES;
/// How much of the file readers see in memory without reading it: 2 GiB, the most that SQLite maps.
const MAPPED_MAX: i64 = 0x7fff_0000;

/// Opens a connection, and for a writer makes the file a store of the newest schema.
pub fn connect(file: &Path, access: Access) -> Result<Connection> {
    let unusable = |error: rusqlite::Error| unusable(file, &error);
    let mode = match access {
        Access::Read => OpenFlags::SQLITE_OPEN_READ_ONLY,
        Access::Change => OpenFlags::SQLITE_OPEN_READ_WRITE,
        Access::Serve | Access::Make => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
    };
    let mut connection = Connection::open_with_flags(file, mode | OpenFlags::SQLITE_OPEN_NO_MUTEX).map_err(unusable)?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(unusable)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    let version = check(&connection, file)?;
    if access == Access::Read {
        if version < MIGRATIONS.len() {
            let reason = "has an older schema; `kith serve` or a command that writes to it brings it up to date";
            return Err(Error::unusable(format!("{} {reason}.", file.display())));
        }
        // The pages are the system's: they are neither copied nor forgotten when somebody else writes. Of a larger file the
        // rest is read as usual.
        connection.pragma_update(None, "mmap_size", MAPPED_MAX).map_err(unusable)?;
        return Ok(connection);
    }
    // A file that may not be written is opened all the same, to be read.
    if connection.is_readonly(MAIN_DB).map_err(unusable)? {
        return Err(Error::unusable(format!("{} cannot be written: it is read-only.", file.display())));
    }
    prepare(&mut connection, access).map_err(unusable)?;
    Ok(connection)
}

/// Makes a file a store of the newest schema.
pub fn migrate(file: &Path) -> Result<Migrated> {
    let from = if file.exists() {
        let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY);
        check(&connection.map_err(|error| unusable(file, &error))?, file)?
    } else {
        0
    };
    connect(file, Access::Make)?;
    Ok(Migrated { from, to: MIGRATIONS.len(), ..Migrated::default() })
}

/// Looks at a file that is there, before anything is done with it.
pub fn look(file: &Path, access: Access) -> Result<()> {
    if access == Access::Read || !file.exists() {
        return Ok(());
    }
    let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY);
    check(&connection.map_err(|error| unusable(file, &error))?, file).map(drop)
}

/// Makes sure that the file is ours or new, and says which schema it has.
fn check(connection: &Connection, file: &Path) -> Result<usize> {
    let number = |query: &str| connection.query_row(query, [], |row| row.get::<_, i64>(0));
    let read = || -> rusqlite::Result<_> {
        Ok((
            number("PRAGMA application_id")?,
            number("PRAGMA user_version")?,
            number("SELECT count(*) FROM sqlite_master")?,
        ))
    };
    let (application, version, tables) = read().map_err(|error| unusable(file, &error))?;
    if application == DEVELOPMENT_ID {
        let cure = "make a new store and import your files into it";
        return Err(Error::unusable(format!(
            "{} was made by a development version of Kith, which this one cannot read; {cure}.",
            file.display()
        )));
    }
    if application != APPLICATION_ID && tables > 0 {
        return Err(Error::unusable(format!("{} is a database of another program.", file.display())));
    }
    match usize::try_from(version) {
        Ok(version) if version <= MIGRATIONS.len() => Ok(version),
        _ => Err(Error::unusable(format!(
            "{} was written by a newer Kith (schema {version}; this one knows {}).",
            file.display(),
            MIGRATIONS.len()
        ))),
    }
}

fn prepare(connection: &mut Connection, access: Access) -> rusqlite::Result<()> {
    // An existing file keeps its page size.
    connection.pragma_update(None, "page_size", PAGE_BYTES)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // With FULL the log is synced at every commit: what was answered survives a power cut.
    connection.pragma_update(None, "synchronous", "FULL")?;
    let cache = if access == Access::Change { CACHE_KIB_OF_COMMAND } else { CACHE_KIB };
    connection.pragma_update(None, "cache_size", -cache)?;
    // A page that is written several times before a checkpoint is copied to the file once.
    let log = if access == Access::Change { LOG_PAGES_OF_COMMAND } else { LOG_PAGES };
    connection.pragma_update(None, "wal_autocheckpoint", log)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version: usize = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    for migration in MIGRATIONS.iter().skip(version) {
        transaction.execute_batch(migration)?;
    }
    if version < MIGRATIONS.len() {
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", MIGRATIONS.len())?;
    }
    transaction.commit()
}

/// Claims the right to serve a file, for as long as what is returned is held.
pub fn claim(file: &Path) -> Result<File> {
    let path = sidecar(file, "-serving");
    let failed = |error: std::io::Error| Error::unusable(format!("{} cannot be written: {error}.", path.display()));
    let mut lock =
        OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(failed)?;
    let mut locked = lock.try_lock();
    if matches!(locked, Err(TryLockError::WouldBlock)) {
        // Whoever only looks has it for less than this.
        sleep(LOOK_MAX);
        locked = lock.try_lock();
    }
    match locked {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut process = String::new();
            lock.read_to_string(&mut process).map_err(failed)?;
            let process = process.trim();
            return Err(Error::unusable(format!("{} is served already, by process {process}.", file.display())));
        }
        Err(TryLockError::Error(error)) => return Err(failed(error)),
    }
    let note = |lock: &mut File| {
        lock.set_len(0)?;
        lock.rewind()?;
        writeln!(lock, "{}", std::process::id())
    };
    note(&mut lock).map_err(failed)?;
    Ok(lock)
}

/// Whether a process serves a file.
pub fn is_served(file: &Path) -> bool {
    // Whoever looks must not keep a server from starting, so it takes no lock that could be in its way for long.
    let lock = File::open(sidecar(file, "-serving"));
    lock.is_ok_and(|lock| matches!(lock.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

/// Copies a store as it is at one moment. The copy appears under its name when it is whole and on disk.
pub fn copy(from: &Path, to: &Path) -> Result<()> {
    let failed = |error: std::io::Error| Error::unusable(format!("{} cannot be written: {error}.", to.display()));
    if to.try_exists().map_err(failed)? {
        return Err(Error::unusable(format!("{} is there already; a backup replaces no file.", to.display())));
    }
    let unfinished = sidecar(to, "-unfinished");
    match fs::remove_file(&unfinished) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    let Some(name) = unfinished.to_str() else {
        return Err(Error::unusable(format!("{} has a name that is not UTF-8.", to.display())));
    };
    let connection = connect(from, Access::Read)?;
    let copied = connection.execute("VACUUM INTO ?1", [name]);
    copied.map_err(|error| Error::unusable(format!("{} cannot be written: {error}.", to.display())))?;
    File::open(&unfinished).and_then(|file| file.sync_all()).map_err(failed)?;
    // A link, unlike a rename, replaces no file that has appeared meanwhile.
    fs::hard_link(&unfinished, to).and_then(|()| fs::remove_file(&unfinished)).map_err(failed)?;
    let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)
}

fn unusable(file: &Path, error: &rusqlite::Error) -> Error {
    let file = file.display();
    Error::unusable(match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => format!("{file} is not a Kith store."),
        Some(ErrorCode::ReadOnly) => format!("{file} cannot be written: it or its folder is read-only."),
        Some(ErrorCode::DiskFull) => format!("{file} cannot be written: its disk is full."),
        Some(ErrorCode::CannotOpen) => format!("{file} cannot be opened: it or its folder is not there, or not ours."),
        _ => format!("{file} cannot be opened: {error}."),
    })
}
