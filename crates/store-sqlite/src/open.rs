//! Opens the file of a store: checks its application id and version, migrates it and locks it for serving.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, MAIN_DB, OpenFlags, TransactionBehavior};

use store::{Access, Migrated};

use crate::error::{Error, Result};
use crate::private;
use crate::sidecar::sidecar;

/// The application id of a store: "Kith" in ASCII, plus one.
const APPLICATION_ID: i64 = 0x4b69_7469;
/// The application id of the development versions before the first release, whose schemas this one does not read.
const DEVELOPMENT_ID: i64 = 0x4b69_7468;
/// The migrations in order. Each runs once, and never changes after its release.
const MIGRATIONS: [&str; 1] = [include_str!("../migrations/0001_contacts.sql")];
/// Bytes of a page in a new file. A row of a table without row ids should take less than a twentieth of a page
/// (<https://www.sqlite.org/withoutrowid.html>). The row of a contact takes about 500 bytes.
const PAGE_BYTES: usize = 8 << 10;
/// How long a writer waits for another program that writes to the same file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Longer than [`is_served`] holds the lock of a file.
const IS_SERVED_MAX: Duration = Duration::from_millis(10);
const STATEMENTS_MAX: usize = 128;
/// The page cache of a writer: enough for the upper levels of a hundred million handles.
///
/// A larger cache would slow down every commit, which scans it, and would only save reads from the system's page cache. An
/// import commits seldom and changes more at once, so a command has a larger one.
const CACHE_KIB: i64 = 16 << 10;
const CACHE_KIB_OF_COMMAND: i64 = 64 << 10;
/// Pages of the log at which it is checkpointed: 32 MiB, or 128 MiB for a command, which may be an import.
const LOG_PAGES: usize = (32 << 20) / PAGE_BYTES;
const LOG_PAGES_OF_COMMAND: usize = 4 * LOG_PAGES;
/// Bytes of the file that readers map into memory: 2 GiB, the most that SQLite supports.
const MAPPED_MAX: i64 = 0x7fff_0000;

/// Opens a connection. For a writer, creates the file if needed and migrates it to the newest schema.
pub fn connect(file: &Path, access: Access) -> Result<Connection> {
    let unusable = |error: rusqlite::Error| unusable(file, &error);
    let mode = match access {
        Access::Read => OpenFlags::SQLITE_OPEN_READ_ONLY,
        Access::Change => OpenFlags::SQLITE_OPEN_READ_WRITE,
        Access::Serve | Access::Make => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
    };
    if mode.contains(OpenFlags::SQLITE_OPEN_CREATE) {
        private::prepare(file);
    }
    let mut connection = Connection::open_with_flags(file, mode | OpenFlags::SQLITE_OPEN_NO_MUTEX).map_err(unusable)?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(unusable)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    let version = check(&connection, file)?;
    if access == Access::Read {
        if version < MIGRATIONS.len() {
            let reason = "has an older schema; `kith serve` or a command that writes to it brings it up to date";
            return Err(Error::unusable(format!("{} {reason}.", file.display())));
        }
        // Mapped pages are neither copied nor invalidated when another process writes. The rest of a larger file is read as
        // usual.
        connection.pragma_update(None, "mmap_size", MAPPED_MAX).map_err(unusable)?;
        return Ok(connection);
    }
    // SQLite opens a file without write permission as read-only instead of failing.
    if connection.is_readonly(MAIN_DB).map_err(unusable)? {
        return Err(Error::unusable(format!("{} cannot be written: it is read-only.", file.display())));
    }
    prepare(&mut connection, access).map_err(unusable)?;
    Ok(connection)
}

/// Migrates a file to the newest schema, and creates it if it is missing.
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

/// Checks that an existing file can be opened as a store, before anything is written.
pub fn precheck(file: &Path, access: Access) -> Result<()> {
    if access == Access::Read || !file.exists() {
        return Ok(());
    }
    let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY);
    check(&connection.map_err(|error| unusable(file, &error))?, file).map(drop)
}

/// Checks that the file is a store or empty. Returns its schema version.
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
        let remedy = "create a new store and import your files into it";
        return Err(Error::unusable(format!(
            "{} was made by a development version of Kith, which this one cannot read; {remedy}.",
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

/// Sets up the connection of a writer, and migrates the file.
fn prepare(connection: &mut Connection, access: Access) -> rusqlite::Result<()> {
    // An existing file keeps its page size.
    connection.pragma_update(None, "page_size", PAGE_BYTES)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // With FULL, every commit syncs the log, so that acknowledged writes survive a power cut.
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

/// Locks a file for serving, until the returned file is closed.
pub fn claim(file: &Path) -> Result<File> {
    let path = sidecar(file, "-serving");
    let failed = |error: std::io::Error| Error::unusable(format!("{} cannot be written: {error}.", path.display()));
    let lock =
        OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(private::FILE_MODE).open(&path);
    let mut lock = lock.map_err(failed)?;
    let mut locked = lock.try_lock();
    if matches!(locked, Err(TryLockError::WouldBlock)) {
        // A process that checks whether the file is served holds the lock for less than this.
        sleep(IS_SERVED_MAX);
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
    let write_process = |lock: &mut File| {
        lock.set_len(0)?;
        lock.rewind()?;
        writeln!(lock, "{}", std::process::id())
    };
    write_process(&mut lock).map_err(failed)?;
    Ok(lock)
}

/// Whether a process serves a file.
pub fn is_served(file: &Path) -> bool {
    // The check must not keep a server from starting, so it holds a shared lock only for a moment.
    let lock = File::open(sidecar(file, "-serving"));
    lock.is_ok_and(|lock| matches!(lock.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

/// Copies a snapshot of a store. The copy gets its name once it is complete and on disk.
pub fn copy(from: &Path, to: &Path) -> Result<()> {
    let failed = |error: std::io::Error| Error::unusable(format!("{} cannot be written: {error}.", to.display()));
    if to.try_exists().map_err(failed)? {
        return Err(Error::unusable(format!(
            "{} already exists. A backup never replaces a file; choose another name.",
            to.display()
        )));
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
    // SQLite writes to an empty file as to none.
    private::create_new(&unfinished).map_err(failed)?;
    let copied = connection.execute("VACUUM INTO ?1", [name]);
    copied.map_err(|error| {
        // The next backup to the same file replaces it, if this fails.
        let _ = fs::remove_file(&unfinished);
        Error::unusable(format!("{} cannot be written: {error}.", to.display()))
    })?;
    File::open(&unfinished).and_then(|file| file.sync_all()).map_err(failed)?;
    // A link, unlike a rename, replaces no file that has appeared meanwhile.
    fs::hard_link(&unfinished, to).and_then(|()| fs::remove_file(&unfinished)).map_err(failed)?;
    let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)
}

/// The error of a file that cannot be opened.
fn unusable(file: &Path, error: &rusqlite::Error) -> Error {
    let file = file.display();
    Error::unusable(match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => format!("{file} is not a Kith store."),
        Some(ErrorCode::ReadOnly) => format!("{file} cannot be written: it or its folder is read-only."),
        Some(ErrorCode::DiskFull) => format!("{file} cannot be written: its disk is full."),
        Some(ErrorCode::CannotOpen) => {
            format!("{file} cannot be opened: it or its folder is missing, or may not be accessed.")
        }
        _ => format!("{file} cannot be opened: {error}."),
    })
}
