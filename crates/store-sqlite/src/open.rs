//! Opens the file of a store: checks its application id and version, sets it up and locks it for serving.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read, Seek, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, MAIN_DB, OpenFlags};

use store::{Access, Migrated};

use crate::error::{Error, Result};
use crate::schema::FirstCopy;
use crate::sidecar::{SIDECARS, sidecar};
use crate::turns::{self, Turns};
use crate::{mark, private, schema};

/// The application id of the development versions before the first release, whose schemas this one does not read.
const DEVELOPMENT_ID: i64 = 0x4b69_7468;
/// Bytes of a page in a new file. A row of a table without row ids should take less than a twentieth of a page
/// (<https://www.sqlite.org/withoutrowid.html>). The row of a contact takes about 500 bytes.
const PAGE_BYTES: usize = 8 << 10;
/// How long a writer waits at its end for another program that writes to the same file: it can leave the log as it is.
const BUSY_TIMEOUT_AT_END: Duration = Duration::from_millis(500);
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
    if access != Access::Read {
        return Ok(connect_writer(file, access, FirstCopy::Made)?.0);
    }
    let (connection, version) = connect_with(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    if version < schema::NEWEST {
        let reason = "has an older schema; `kith serve` or a command that writes to it brings it up to date";
        return Err(Error::unusable(format!("{} {reason}.", file.display())));
    }
    // Mapped pages are neither copied nor invalidated when another process writes. The rest of a larger file is read as
    // usual.
    connection.pragma_update(None, "mmap_size", MAPPED_MAX).map_err(|error| unusable(file, &error))?;
    Ok(connection)
}

/// Opens a connection that writes, and migrates the file.
fn connect_writer(file: &Path, access: Access, copy: FirstCopy) -> Result<(Connection, Migrated)> {
    let unusable = |error: rusqlite::Error| unusable(file, &error);
    let mut mode = OpenFlags::SQLITE_OPEN_READ_WRITE;
    if access != Access::Change {
        mode |= OpenFlags::SQLITE_OPEN_CREATE;
        private::prepare(file);
    }
    let (mut connection, _) = connect_with(file, mode)?;
    // SQLite opens a file without write permission as read-only instead of failing.
    if connection.is_readonly(MAIN_DB).map_err(unusable)? {
        return Err(Error::unusable(format!("{} cannot be written: it is read-only.", file.display())));
    }
    set_up(&connection, access).map_err(unusable)?;
    let transaction = Turns::of(file).begin(&mut connection).map_err(unusable)?;
    let migrated = schema::migrate(&transaction, file, access, copy)?;
    let is_marked = mark::set(&transaction, mark::WITH_LOG).map_err(unusable)?;
    transaction.commit().map_err(unusable)?;
    if is_marked {
        checkpoint(&connection).map_err(unusable)?;
    }
    Ok((connection, migrated))
}

/// Opens a connection, and returns the schema version of the store.
fn connect_with(file: &Path, mode: OpenFlags) -> Result<(Connection, usize)> {
    let unusable = |error: rusqlite::Error| unusable(file, &error);
    let mut connection = Connection::open_with_flags(file, mode | OpenFlags::SQLITE_OPEN_NO_MUTEX).map_err(unusable)?;
    connection.busy_handler(Some(turns::is_patient)).map_err(unusable)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    // SQLite then looks at the sizes of the cells of each page that it reads, and not only at its header.
    connection.pragma_update(None, "cell_size_check", true).map_err(unusable)?;
    let version = check(&connection, file)?;
    Ok((connection, version))
}

/// Migrates a file to the newest schema, and creates it if it is missing.
pub fn migrate(file: &Path, copy: FirstCopy) -> Result<Migrated> {
    precheck(file, Access::Make)?;
    let (connection, migrated) = connect_writer(file, Access::Make, copy)?;
    finish(&connection, file, Access::Make)?;
    Ok(migrated)
}

/// What [`migrate`] would do. Changes nothing.
pub fn check_migration(file: &Path) -> Result<Migrated> {
    precheck(file, Access::Read)?;
    let from = if fs::metadata(file).is_ok_and(|metadata| metadata.len() > 0) {
        connect_with(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?.1
    } else {
        refuse_remains(file, true)?;
        0
    };
    schema::outlook(file, from)
}

/// Checks that a file can be opened as a store, before anything is written. Creates one that is to be served.
pub fn precheck(file: &Path, access: Access) -> Result<()> {
    if mark::has_lost_its_log(file) {
        refuse_other_names(file)?;
        let (file, log) = (file.display(), sidecar(file, "-wal"));
        let cure = "Put the log beside it, or a backup in its place with: kith restore BACKUP. To continue with what the \
                    file has, move it elsewhere and run: kith restore --without-log";
        return Err(Error::unusable(format!(
            "{file} has lost its log {}, with its latest changes. {cure} FILE.",
            log.display()
        )));
    }
    if access == Access::Read {
        return Ok(());
    }
    refuse_other_names(file)?;
    let is_empty = fs::metadata(file).map_or(true, |metadata| metadata.len() == 0);
    let is_new = is_empty || {
        let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY);
        check(&connection.map_err(|error| unusable(file, &error))?, file)? == 0
    };
    if is_new && matches!(access, Access::Serve | Access::Make) {
        refuse_remains(file, is_empty)?;
        if access == Access::Serve {
            // Before the server has its lock, whose file would be taken for the remains of a store.
            migrate(file, FirstCopy::Made)?;
        }
    }
    Ok(())
}

/// Refuses a file with several names (hard links). Its log and its lock are beside only one of them.
fn refuse_other_names(file: &Path) -> Result<()> {
    if fs::metadata(file).is_ok_and(|metadata| metadata.nlink() > 1) {
        let file = file.display();
        return Err(Error::unusable(format!(
            "{file} has several names (hard links), and its log and lock are beside only one of them. Find the others with: \
             find / -xdev -samefile {file}. Delete them, or use a symbolic link instead."
        )));
    }
    Ok(())
}

/// Refuses to create a store beside files of one that is missing.
fn refuse_remains(file: &Path, is_empty: bool) -> Result<()> {
    let has_content = |path: &PathBuf| fs::metadata(path).is_ok_and(|metadata| metadata.len() > 0);
    let logs = if is_empty { &["-wal"][..] } else { &[] };
    let mut remains = logs.iter().chain(&SIDECARS[1..]).map(|ending| sidecar(file, ending)).filter(has_content);
    let Some(found) = remains.next() else { return Ok(()) };
    let (file, found) = (file.display(), found.display());
    Err(Error::unusable(format!(
        "{file} is missing or empty, but {found} is of a store with this name. Put the store back, or a backup in its place \
         with: kith restore BACKUP. To begin with a new store, delete {found}."
    )))
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
    if ![mark::COMPLETE, mark::WITH_LOG].contains(&application) && tables > 0 {
        return Err(Error::unusable(format!("{} is a database of another program.", file.display())));
    }
    match usize::try_from(version) {
        Ok(version) if version <= schema::NEWEST => Ok(version),
        _ => Err(Error::unusable(format!(
            "{} was written by a newer Kith (schema {version}; this one knows {}).",
            file.display(),
            schema::NEWEST
        ))),
    }
}

/// Sets up the connection of a writer.
fn set_up(connection: &Connection, access: Access) -> rusqlite::Result<()> {
    // Only a complete file may lose its log.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    // An existing file keeps its page size.
    connection.pragma_update(None, "page_size", PAGE_BYTES)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // With FULL, every commit syncs the log, so that acknowledged writes survive a power cut.
    connection.pragma_update(None, "synchronous", "FULL")?;
    let cache = if access == Access::Change { CACHE_KIB_OF_COMMAND } else { CACHE_KIB };
    connection.pragma_update(None, "cache_size", -cache)?;
    // A page that is written several times before a checkpoint is copied to the file once.
    let log = if access == Access::Change { LOG_PAGES_OF_COMMAND } else { LOG_PAGES };
    connection.pragma_update(None, "wal_autocheckpoint", log)
}

/// Whether commits of a served store checkpoint the log when it is long.
pub fn checkpoint_after_commits(connection: &Connection, is_on: bool) -> rusqlite::Result<()> {
    connection.pragma_update(None, "wal_autocheckpoint", if is_on { LOG_PAGES } else { 0 })
}

/// Copies the log to the file, as far as readers of older changes permit. The log stays.
pub fn checkpoint(connection: &Connection) -> rusqlite::Result<()> {
    connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))
}

/// Ends the use of a file by a writer: the file is complete without its log, unless others use it.
pub fn finish(connection: &Connection, file: &Path, access: Access) -> Result<()> {
    if access != Access::Serve && is_served(file) {
        // The server does the rest at its own end. It should not find all that an import wrote in the log.
        return Ok(checkpoint(connection)?);
    }
    connection.busy_timeout(BUSY_TIMEOUT_AT_END)?;
    mark::set(connection, mark::COMPLETE)?;
    let is_busy: bool = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    // SQLite deletes the log when the last connection closes.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, is_busy)?;
    Ok(())
}

/// What SQLite finds wrong with the pages of a file, at most a few findings.
pub fn quick_check(connection: &Connection) -> Result<Vec<String>> {
    let mut statement = connection.prepare("PRAGMA quick_check(5)")?;
    let found: Vec<String> = statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    Ok(found.into_iter().filter(|finding| finding != "ok").collect())
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
    let unfinished = unfinished(to).map_err(failed)?;
    snapshot(&connect(from, Access::Read)?, &unfinished, to)?;
    name(&unfinished, to).map_err(failed)
}

/// An existing store of any schema, for copying it.
pub fn readable(file: &Path) -> Result<Connection> {
    precheck(file, Access::Read)?;
    let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY);
    let connection = connection.map_err(|error| unusable(file, &error))?;
    if check(&connection, file)? == 0 {
        return Err(Error::unusable(format!("{} is empty.", file.display())));
    }
    Ok(connection)
}

/// Creates an empty file for a copy that gets the name `to` later. Replaces one that an earlier copy left behind.
pub fn unfinished(to: &Path) -> std::io::Result<PathBuf> {
    let unfinished = sidecar(to, "-unfinished");
    match fs::remove_file(&unfinished) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    // SQLite writes to an empty file as to none.
    private::create_new(&unfinished)?;
    Ok(unfinished)
}

/// Copies a snapshot of a store into an empty file, which gets the name `to` later, and syncs it.
pub fn snapshot(from: &Connection, unfinished: &Path, to: &Path) -> Result<()> {
    let copied = match unfinished.to_str() {
        Some(name) => from.execute("VACUUM INTO ?1", [name]).map(drop).map_err(|error| error.to_string()),
        None => Err("its name is not UTF-8".into()),
    };
    copied.map_err(|reason| {
        // The next copy to the same file replaces it, if this fails.
        let _ = fs::remove_file(unfinished);
        Error::unusable(format!("{} cannot be written: {reason}.", to.display()))
    })?;
    complete(unfinished)
}

/// Marks a copied file as complete without a log, and syncs it.
pub fn complete(copy: &Path) -> Result<()> {
    let connection = Connection::open_with_flags(copy, OpenFlags::SQLITE_OPEN_READ_WRITE);
    let connection = connection.map_err(|error| unusable(copy, &error))?;
    check(&connection, copy)?;
    mark::set(&connection, mark::COMPLETE).map_err(|error| unusable(copy, &error))?;
    drop(connection);
    let synced = File::open(copy).and_then(|file| file.sync_all());
    synced.map_err(|error| Error::unusable(format!("{} cannot be written: {error}.", copy.display())))
}

/// Gives a copy its name, which no file must have.
pub fn name(unfinished: &Path, to: &Path) -> std::io::Result<()> {
    // A link, unlike a rename, replaces no file that has appeared meanwhile.
    fs::hard_link(unfinished, to).and_then(|()| fs::remove_file(unfinished))?;
    let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
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
