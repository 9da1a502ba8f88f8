//! The index of possible duplicates: a sidecar file that follows the journal with some lag.
//!
//! It is a view, so the file may be deleted at any time and is rebuilt. In the store's own file its many small rows would
//! compete with other writes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use contact::{CompanyId, ContactId, Seq, View};
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

use search::duplicates::{
    DuplicatePair, DuplicateUpdate, Fingerprint, KeyChange, changed_contacts, fingerprints_now, first_reporters,
};
use store::record;

use crate::error::{Error, Result};
use crate::locks::lock;
use crate::readers::Readers;
use crate::{contacts, journal, sidecar};

/// The version of the tables and their contents. A file of another version is rebuilt.
const VERSION: i64 = 2;

const SCHEMA: &str = "
    CREATE TABLE reader (
        company INTEGER PRIMARY KEY,
        seq INTEGER NOT NULL,              -- the last entry that is indexed
        at INTEGER NOT NULL                -- the time of that entry, to detect another journal
    ) STRICT;
    CREATE TABLE fingerprint (
        company INTEGER NOT NULL,
        contact INTEGER NOT NULL,
        fingerprint TEXT NOT NULL,         -- the parts of the contact that are compared
        PRIMARY KEY (company, contact)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE key (
        company INTEGER NOT NULL,
        key INTEGER NOT NULL,              -- shared by contacts that look alike
        contact INTEGER NOT NULL,
        PRIMARY KEY (company, key, contact)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE pair (
        company INTEGER NOT NULL,
        younger INTEGER NOT NULL,          -- the contact that was created later
        older INTEGER NOT NULL,
        key INTEGER NOT NULL,              -- the key that both share
        PRIMARY KEY (company, younger, older, key)
    ) STRICT, WITHOUT ROWID;";

/// Most entries read at once. Each batch writes to a good part of a large company's keys, so a large one costs little more
/// than a small one.
const ENTRIES_MAX: u64 = 50_000;
/// The pause in writes to wait for, so that an import has all processors. Longer than the interval of
/// [`upkeep`](crate::upkeep), which notices the writes of other processes.
const QUIET: Duration = Duration::from_secs(1);
/// Longest wait for such a pause.
const QUIET_WAIT_MAX: Duration = Duration::from_secs(30);
/// The size that the write-ahead log is truncated to after a checkpoint.
const LOG_BYTES_MAX: i64 = 32 << 20;
/// The wait before a retry when the file cannot be read or written.
const RETRY_AFTER: Duration = Duration::from_secs(5);
/// How long a reader waits for the process that creates the file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// The index of duplicates of a store.
pub struct Duplicates {
    file: PathBuf,
    reading: Mutex<Option<Connection>>,
    stop: Arc<AtomicBool>,
    /// The task that updates the index while the store is served.
    upkeep: Option<JoinHandle<()>>,
}

impl Duplicates {
    /// The index of the store in a file. Opens nothing yet.
    pub fn of(store: &Path) -> Duplicates {
        Duplicates {
            file: sidecar::sidecar(store, "-duplicates"),
            reading: Mutex::default(),
            stop: Arc::default(),
            upkeep: None,
        }
    }

    /// Starts to update the index in the background.
    pub fn keep_up(&mut self, readers: Arc<Readers>, written: &watch::Sender<u64>) {
        let (file, stop) = (self.file.clone(), Arc::clone(&self.stop));
        self.upkeep = Some(tokio::spawn(run(file, readers, written.subscribe(), stop)));
    }

    /// The connection that reads; none before the index exists.
    fn reading(&self) -> Result<MutexGuard<'_, Option<Connection>>> {
        let mut reading = lock(&self.reading);
        if reading.is_none() {
            *reading = sidecar::read(&self.file, |connection| {
                connection.busy_timeout(BUSY_TIMEOUT)?;
                Ok(version(connection).ok() == Some(VERSION))
            })?;
        }
        Ok(reading)
    }

    /// Returns the last entry of a company that is indexed.
    pub fn position(&self, company: CompanyId) -> Result<Seq> {
        let reading = self.reading()?;
        let Some(connection) = &*reading else { return Ok(Seq(0)) };
        Ok(cursors(connection)?.get(&company).map_or(Seq(0), |(seq, _)| *seq))
    }

    /// Returns at most `limit` pairs after another, the latest contacts first; none before the index exists.
    pub fn pairs(&self, company: CompanyId, after: Option<DuplicatePair>, limit: usize) -> Result<Vec<DuplicatePair>> {
        let reading = self.reading()?;
        let Some(connection) = &*reading else { return Ok(Vec::new()) };
        let (younger, older) =
            after.map_or((i64::MAX as u64, 0), |(younger, older)| (younger.number(), older.number()));
        let mut statement = connection.prepare_cached(
            "SELECT DISTINCT younger, older FROM pair WHERE company = ?1 AND (younger, older) < (?2, ?3)
             ORDER BY younger DESC, older DESC LIMIT ?4",
        )?;
        let pair = |row: &rusqlite::Row| Ok((row.get(0)?, row.get(1)?));
        let rows = statement.query_map(params![company.number(), younger, older, limit], pair)?;
        rows.map(|row| row.map_err(Error::from).and_then(|(one, other)| to_pair(one, other))).collect()
    }
}

impl Drop for Duplicates {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(upkeep) = &self.upkeep {
            upkeep.abort();
        }
    }
}

fn to_pair(younger: u64, older: u64) -> Result<DuplicatePair> {
    Ok((record::contact_id(younger)?, record::contact_id(older)?))
}

/// Updates the index until `stop` is set.
async fn run(file: PathBuf, readers: Arc<Readers>, mut written: watch::Receiver<u64>, stop: Arc<AtomicBool>) {
    let index = Arc::new(Mutex::new(None));
    loop {
        if wait_for_quiet(&mut written).await.is_err() {
            return;
        }
        let (file, readers, index, stop) = (file.clone(), Arc::clone(&readers), Arc::clone(&index), Arc::clone(&stop));
        let more = tokio::task::spawn_blocking(move || catch_up(&file, &mut lock(&index), &readers, &stop));
        match more
            .await
            .unwrap_or_else(|_| Err(Error::unavailable("The update of the index of duplicates was interrupted.")))
        {
            Ok(has_more) => {
                if !has_more && written.changed().await.is_err() {
                    return;
                }
            }
            Err(error) => {
                tracing::warn!(%error, "the index of duplicates is not up to date");
                sleep(RETRY_AFTER).await;
            }
        }
    }
}

/// Waits for a pause in writes, at most [`QUIET_WAIT_MAX`].
async fn wait_for_quiet(written: &mut watch::Receiver<u64>) -> Result<(), watch::error::RecvError> {
    let until = Instant::now() + QUIET_WAIT_MAX;
    while Instant::now() < until {
        match timeout(QUIET, written.changed()).await {
            Ok(changed) => changed?,
            Err(_) => break,
        }
    }
    Ok(())
}

/// Indexes some entries. Returns whether there may be more.
fn catch_up(file: &Path, index: &mut Option<Connection>, readers: &Readers, stop: &AtomicBool) -> Result<bool> {
    if index.is_none() {
        *index = Some(sidecar::write(file, open, |error| error.is_damaged() || error.is_unusable())?);
    }
    let Some(index) = index else { return Ok(false) };
    let known = cursors(index)?;
    let is_behind = |(company, head): &(CompanyId, Seq)| known.get(company).map_or(Seq(0), |(seq, _)| *seq) != *head;
    let mut most = ENTRIES_MAX;
    for (company, head) in readers.with(ends)?.into_iter().filter(is_behind) {
        let transaction = index.transaction()?;
        let Some(read) = step(&transaction, readers, company, (known.get(&company).copied(), head), most, stop)? else {
            return Ok(false);
        };
        transaction.commit()?;
        most = most.saturating_sub(read);
        if most == 0 {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Opens the file for writing, and creates it if it is missing.
fn open(file: &Path) -> Result<Connection> {
    let mut index = Connection::open(file)?;
    index.busy_timeout(BUSY_TIMEOUT)?;
    index.pragma_update(None, "journal_mode", "WAL")?;
    // Writes lost in a power cut are read from the journal again.
    index.pragma_update(None, "synchronous", "NORMAL")?;
    index.pragma_update(None, "journal_size_limit", LOG_BYTES_MAX)?;
    let transaction = index.transaction()?;
    match version(&transaction)? {
        VERSION => {}
        0 => {
            transaction.execute_batch(SCHEMA)?;
            transaction.pragma_update(None, "user_version", VERSION)?;
        }
        other => return Err(Error::unusable(format!("The index of duplicates has version {other}, not {VERSION}."))),
    }
    transaction.commit()?;
    Ok(index)
}

fn version(index: &Connection) -> Result<i64> {
    Ok(index.query_row("PRAGMA user_version", [], |row| row.get(0))?)
}

/// The last entry of every company's journal.
fn ends(store: &Connection) -> Result<Vec<(CompanyId, Seq)>> {
    let mut statement = store.prepare_cached("SELECT company, entries FROM company")?;
    let ends = statement.query_map([], |row| Ok((row.get(0)?, Seq(row.get(1)?))))?;
    ends.map(|end| end.map_err(Error::from).and_then(|(number, head)| Ok((record::company_id(number)?, head))))
        .collect()
}

/// The last indexed entry of a company, and its time.
type Cursor = Option<(Seq, i64)>;

/// The cursor of every indexed company.
fn cursors(index: &Connection) -> Result<BTreeMap<CompanyId, (Seq, i64)>> {
    let mut statement = index.prepare_cached("SELECT company, seq, at FROM reader")?;
    let cursor = |row: &rusqlite::Row| Ok((row.get(0)?, (Seq(row.get(1)?), row.get(2)?)));
    let cursors = statement.query_map([], cursor)?;
    cursors.map(|one| one.map_err(Error::from).and_then(|(number, at)| Ok((record::company_id(number)?, at)))).collect()
}

/// Whether the cursor belongs to this journal. It does not after the store was restored from a backup.
fn is_of(store: &Connection, company: CompanyId, known: Cursor) -> Result<bool> {
    let Some((seq, at)) = known else { return Ok(true) };
    Ok(written_at(store, company, seq)? == Some(at))
}

/// The time of an entry.
fn written_at(store: &Connection, company: CompanyId, seq: Seq) -> Result<Option<i64>> {
    let mut statement = store.prepare_cached("SELECT at FROM journal WHERE company = ?1 AND seq = ?2")?;
    Ok(statement.query_row(params![company.number(), seq.0], |row| row.get(0)).optional()?)
}

/// Indexes at most `most` entries of a company. Returns how many, or none if stopped meanwhile.
fn step(
    index: &Transaction,
    readers: &Readers,
    company: CompanyId,
    (known, head): (Cursor, Seq),
    most: u64,
    stop: &AtomicBool,
) -> Result<Option<u64>> {
    let number = company.number();
    let mut done = known.map(|(seq, _)| seq).unwrap_or_default();
    if !readers.with(|store| is_of(store, company, known))? {
        for table in ["reader", "fingerprint", "key", "pair"] {
            index.execute(&format!("DELETE FROM {table} WHERE company = ?1"), [number])?;
        }
        done = Seq(0);
    }
    let to = Seq(head.0.min(done.0 + most));
    let (now, at) = readers
        .with(|store| Ok((fingerprints_after(store, company, (done, to), stop)?, written_at(store, company, to)?)))?;
    let mut before = BTreeMap::new();
    for contact in now.keys() {
        before.extend(fingerprint(index, company, *contact)?.map(|fingerprint| (*contact, fingerprint)));
    }
    let update = DuplicateUpdate::new(before, now);
    for key_changes in update.key_changes().chunk_by(|one, other| one.key == other.key) {
        if stop.load(Ordering::Relaxed) {
            return Ok(None);
        }
        update_key(index, company, &update, key_changes)?;
    }
    let mut put = index
        .prepare_cached("INSERT OR REPLACE INTO fingerprint (company, contact, fingerprint) VALUES (?1, ?2, ?3)")?;
    let mut delete = index.prepare_cached("DELETE FROM fingerprint WHERE company = ?1 AND contact = ?2")?;
    for (contact, fingerprint) in update.fingerprint() {
        match fingerprint {
            Some(fingerprint) => put.execute(params![number, contact.number(), fingerprint.stored()])?,
            None => delete.execute(params![number, contact.number()])?,
        };
    }
    let set = "INSERT OR REPLACE INTO reader (company, seq, at) VALUES (?1, ?2, ?3)";
    index.prepare_cached(set)?.execute(params![number, to.0, at.unwrap_or_default()])?;
    Ok((!stop.load(Ordering::Relaxed)).then_some(to.0 - done.0))
}

/// The current fingerprints of the contacts that some entries may have changed.
fn fingerprints_after(
    store: &Connection,
    company: CompanyId,
    (after, to): (Seq, Seq),
    stop: &AtomicBool,
) -> Result<BTreeMap<ContactId, Option<Fingerprint>>> {
    let mut ids: BTreeSet<ContactId> = BTreeSet::new();
    journal::changes(store, company, after, to, &mut |change| ids.extend(changed_contacts(&change)))?;
    let mut now = BTreeMap::new();
    for id in ids {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let mut view = View::new(company);
        contacts::load_contact(store, &mut view, id)?;
        let others = first_reporters(&view, [id]);
        for other in &others {
            contacts::load_contact(store, &mut view, *other)?;
        }
        now.extend(fingerprints_now(&view, others.into_iter().chain([id])));
    }
    Ok(now)
}

/// The stored fingerprint of a contact.
fn fingerprint(index: &Connection, company: CompanyId, contact: ContactId) -> Result<Option<Fingerprint>> {
    let mut statement =
        index.prepare_cached("SELECT fingerprint FROM fingerprint WHERE company = ?1 AND contact = ?2")?;
    let mut rows = statement.query(params![company.number(), contact.number()])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let text = row.get_ref(0)?.as_str().map_err(Error::damaged)?;
    Ok(Some(Fingerprint::from_stored(text)?))
}

/// Updates the contacts and the pairs of one key.
fn update_key(
    index: &Connection,
    company: CompanyId,
    update: &DuplicateUpdate,
    key_changes: &[KeyChange],
) -> Result<()> {
    let Some(key) = key_changes.first().map(|change| change.key.stored()) else { return Ok(()) };
    let number = company.number();
    let mut select = index.prepare_cached("SELECT contact FROM key WHERE company = ?1 AND key = ?2 LIMIT ?3")?;
    let members =
        select.query_map(params![number, key, DuplicateUpdate::members_needed(key_changes)], |row| row.get(0))?;
    let members: Vec<ContactId> = members.map(|id| Ok(record::contact_id(id?)?)).collect::<Result<_>>()?;
    let mut others = BTreeMap::new();
    for id in update.others(key_changes, &members) {
        others.extend(fingerprint(index, company, id)?.map(|fingerprint| (id, fingerprint)));
    }
    let pairs = update.pairs(key_changes, &members, &others);
    let mut insert = index.prepare_cached("INSERT INTO key (company, key, contact) VALUES (?1, ?2, ?3)")?;
    let mut delete = index.prepare_cached("DELETE FROM key WHERE company = ?1 AND key = ?2 AND contact = ?3")?;
    for change in key_changes.iter().filter(|change| change.was != change.is) {
        let statement = if change.is { &mut insert } else { &mut delete };
        statement.execute(params![number, key, change.contact.number()])?;
    }
    let mut insert = index.prepare_cached("INSERT INTO pair (company, younger, older, key) VALUES (?1, ?2, ?3, ?4)")?;
    let mut delete =
        index.prepare_cached("DELETE FROM pair WHERE company = ?1 AND younger = ?2 AND older = ?3 AND key = ?4")?;
    for (statement, pairs) in [(&mut delete, pairs.gone), (&mut insert, pairs.new)] {
        for (younger, older) in pairs {
            statement.execute(params![number, younger.number(), older.number(), key])?;
        }
    }
    Ok(())
}
