//! Updates the search index: follows the journal on its own thread and in its own file, so that no write waits for it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use contact::{CompanyId, Contact, ContactId, Seq, View};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use search::{SearchableText, changed_contacts};
use store::{Access, IndexProgress, record};

use super::file::{self, IndexedContact, Progress, Stage};
use crate::error::{Error, Result};
use crate::{contacts, journal, open};

/// The interval between two checks for new entries, which are indexed together.
const CHECK_INTERVAL: Duration = Duration::from_millis(200);
/// The wait before a retry when the index cannot be updated.
const RETRY_AFTER: Duration = Duration::from_secs(5);
/// Most contacts in a transaction of a rebuild: so many that few segments have to be merged later.
const BUILT_MAX: usize = 40_000;
/// With more segments than this, an index is merged when it is opened.
const SEGMENTS_MAX: u64 = 12;
/// Most entries indexed in a transaction.
const READ_MAX: u64 = 20_000;
/// Most contacts removed in a transaction.
const CLEARED_MAX: usize = 5_000;

/// The thread that updates the index of a served store. Dropping it stops the thread.
pub struct Follower {
    stop: Option<mpsc::Sender<()>>,
    stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Follower {
    /// Starts to follow the store in a file.
    pub fn start(store: &Path) -> Result<Follower> {
        let (stop, stopped) = mpsc::channel();
        let stopping = Arc::new(AtomicBool::new(false));
        let (store, is_stopping) = (store.to_owned(), Arc::clone(&stopping));
        let run = move || follow(&store, &stopped, &is_stopping);
        let thread = thread::Builder::new().name("kith-search".into()).spawn(run);
        let thread = thread.map_err(|error| Error::unusable(format!("Cannot start a thread: {error}.")))?;
        Ok(Follower { stop: Some(stop), stopping, thread: Some(thread) })
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::Relaxed);
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            // It returns nothing, and logs its own errors.
            let _ = thread.join();
        }
    }
}

/// Checks for new entries until it is stopped.
fn follow(store: &Path, stopped: &mpsc::Receiver<()>, stopping: &Arc<AtomicBool>) {
    let mut wait = Duration::ZERO;
    let mut reader = None;
    while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(wait) {
        wait = CHECK_INTERVAL;
        let opened = reader.take().map_or_else(|| Reader::open(store, Arc::clone(stopping)), Ok);
        let checked = opened.and_then(|mut opened: Reader| {
            opened.check()?;
            // New entries need not wait until all segments are merged.
            if opened.merge()? {
                wait = Duration::ZERO;
            }
            Ok(opened)
        });
        match checked {
            Ok(opened) => reader = Some(opened),
            Err(_) if stopping.load(Ordering::Relaxed) => return,
            Err(error) => {
                tracing::warn!(%error, "the search index is not up to date");
                wait = RETRY_AFTER;
            }
        }
    }
}

/// Reads journals into the index.
pub struct Reader {
    store: Connection,
    index: Connection,
    stopping: Arc<AtomicBool>,
    /// Whether segments should be merged: after a rebuild, or because there are many.
    needs_merge: bool,
    /// The versions of both files when the index was last up to date.
    checked: Option<(i64, i64)>,
}

impl Reader {
    /// Opens the store in a file and its index.
    pub fn open(store: &Path, stopping: Arc<AtomicBool>) -> Result<Reader> {
        let index: PathBuf = file::of(store);
        let (store, index) = (open::connect(store, Access::Read)?, file::write(&index)?);
        let needs_merge = file::segments(&index)? > SEGMENTS_MAX;
        Ok(Reader { store, index, stopping, needs_merge, checked: None })
    }

    /// Indexes all new entries of every company.
    fn check(&mut self) -> Result<()> {
        let version = |connection: &Connection| {
            connection.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get::<_, i64>(0))
        };
        let now = (version(&self.store)?, version(&self.index)?);
        if self.checked == Some(now) {
            return Ok(());
        }
        let mut all = Ok(());
        for company in self.behind()? {
            // An error in one company must not affect the others.
            all = self.index_all(company).and(all);
        }
        all?;
        self.checked = Some(now);
        Ok(())
    }

    /// Indexes all new entries of a company.
    fn index_all(&mut self, company: CompanyId) -> Result<()> {
        while self.step(company)?.is_behind() {}
        Ok(())
    }

    /// Merges some segments if needed. Returns whether more can be merged.
    pub fn merge(&mut self) -> Result<bool> {
        if self.needs_merge {
            let index = self.index.transaction_with_behavior(TransactionBehavior::Immediate)?;
            self.needs_merge = file::merge(&index)?;
            index.commit()?;
        }
        Ok(self.needs_merge)
    }

    /// The companies with entries that are not indexed yet.
    fn behind(&self) -> Result<Vec<CompanyId>> {
        let mut read = self.index.prepare_cached("SELECT company, seq FROM company WHERE built_to IS NULL")?;
        let read: BTreeMap<u32, u64> =
            read.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
        let mut ends = self.store.prepare_cached("SELECT company, entries FROM company")?;
        let ends: Vec<(u32, u64)> =
            ends.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
        let behind = ends.into_iter().filter(|(company, end)| read.get(company) != Some(end));
        behind.map(|(company, _)| Ok(record::company_id(company)?)).collect()
    }

    /// Indexes some entries of a company, or does a step of a rebuild. Returns the progress.
    pub fn step(&mut self, company: CompanyId) -> Result<IndexProgress> {
        let store = self.store.transaction()?;
        let index = self.index.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let Some(ends) = journal::ends(&store, company)? else { return Err(store::Error::NoCompany.into()) };
        let end =
            Progress { seq: ends.head, at: time_of(&store, company, ends.head)?.unwrap_or(0), stage: Stage::Complete };
        let batch = Batch { store: &store, index: &index, company, stopping: &self.stopping };
        let next = match file::progress(&index, company)? {
            None => Progress { stage: Stage::Building(Seq(0)), ..end },
            Some(progress) if progress.seq > Seq(0) && time_of(&store, company, progress.seq)? != Some(progress.at) => {
                // The store was replaced by another one, such as a backup.
                Progress { stage: Stage::Clearing, ..end }
            }
            Some(progress) => match progress.stage {
                Stage::Clearing if batch.clear()? => progress,
                Stage::Clearing => Progress { stage: Stage::Building(Seq(0)), ..end },
                Stage::Building(after) => Progress { stage: batch.build(after, progress.seq)?, ..progress },
                Stage::Complete => {
                    let seq = batch.read(progress.seq, ends.head)?;
                    Progress { seq, at: time_of(&store, company, seq)?.unwrap_or(0), ..progress }
                }
            },
        };
        file::set_progress(&index, company, next)?;
        index.commit()?;
        store.finish()?;
        self.needs_merge |= matches!(next.stage, Stage::Building(seq) if seq > Seq(0));
        let done = match next.stage {
            Stage::Clearing => Seq(0),
            Stage::Building(seq) => seq,
            Stage::Complete => next.seq,
        };
        Ok(IndexProgress { done, of: ends.head, is_built: next.stage == Stage::Complete })
    }

    /// Discards the index of a company, so that it is rebuilt.
    pub fn discard(&mut self, company: CompanyId) -> Result<()> {
        let index = self.index.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let is_only = "SELECT NOT EXISTS (SELECT 1 FROM company WHERE company <> ?1)";
        if index.query_row(is_only, [company.number()], |row| row.get(0))? {
            index.execute_batch(
                "DELETE FROM company; DELETE FROM indexed; INSERT INTO token (token) VALUES ('delete-all')",
            )?;
        } else if let Some(progress) = file::progress(&index, company)? {
            file::set_progress(&index, company, Progress { stage: Stage::Clearing, ..progress })?;
        }
        Ok(index.commit()?)
    }
}

/// The time of an entry; none if it does not exist.
fn time_of(store: &Connection, company: CompanyId, seq: Seq) -> Result<Option<i64>> {
    let mut statement = store.prepare_cached("SELECT at FROM journal WHERE company = ?1 AND seq = ?2")?;
    Ok(statement.query_row(params![company.number(), seq.0], |row| row.get(0)).optional()?)
}

/// One step on a company, in a transaction on both files.
struct Batch<'a> {
    store: &'a Connection,
    index: &'a Connection,
    company: CompanyId,
    stopping: &'a AtomicBool,
}

impl Batch<'_> {
    /// Removes some of the company's contacts. Returns whether there were any.
    fn clear(&self) -> Result<bool> {
        let (first, last) = file::slots(self.company);
        let mut select =
            self.index.prepare_cached("SELECT contact FROM indexed WHERE slot BETWEEN ?1 AND ?2 LIMIT ?3")?;
        let contacts = select.query_map(params![first, last, CLEARED_MAX], |row| row.get(0))?;
        let contacts: Vec<u64> = contacts.collect::<Result<_, _>>()?;
        let found_any = !contacts.is_empty();
        file::remove(self.index, contacts)?;
        Ok(found_any)
    }

    /// Indexes some of the contacts last changed from `after` to `to`. Later changes are read from the journal afterwards.
    fn build(&self, after: Seq, to: Seq) -> Result<Stage> {
        let query = "SELECT changed, record FROM record WHERE company = ?1 AND contact = record AND changed >= ?2
             AND changed <= ?3 ORDER BY changed LIMIT ?4";
        let mut statement = self.store.prepare_cached(query)?;
        let found = params![self.company.number(), after.0, to.0, BUILT_MAX];
        let rows = statement.query_map(found, |row| Ok((Seq(row.get(0)?), row.get::<_, u64>(1)?)))?;
        let rows: Vec<(Seq, u64)> = rows.collect::<Result<_, _>>()?;
        let contacts: BTreeSet<ContactId> =
            rows.iter().map(|(_, contact)| record::contact_id(*contact)).collect::<Result<_, _>>()?;
        self.update(&contacts)?;
        let last = rows.last().filter(|_| rows.len() == BUILT_MAX);
        Ok(last.map_or(Stage::Complete, |(changed, _)| Stage::Building(*changed)))
    }

    /// Indexes the contacts that some entries changed. Returns the last of these entries.
    fn read(&self, after: Seq, head: Seq) -> Result<Seq> {
        let to = head.min(Seq(after.0 + READ_MAX));
        let mut contacts = BTreeSet::new();
        journal::changes(self.store, self.company, after, to, &mut |change| {
            contacts.extend(changed_contacts(&change));
        })?;
        self.update(&contacts)?;
        Ok(to)
    }

    /// Updates contacts in the index to their current state. Merged contacts are replaced by the one that they are merged into.
    fn update(&self, contacts: &BTreeSet<ContactId>) -> Result<()> {
        let mut updated = BTreeMap::new();
        for id in contacts {
            if self.stopping.load(Ordering::Relaxed) {
                return Err(Error::unavailable("The store is being closed."));
            }
            let mut view = View::new(self.company);
            match contacts::load_contact(self.store, &mut view, *id) {
                // A damaged contact must not keep the others from being indexed.
                Err(error) if error.is_damaged() => {
                    tracing::warn!(contact.id = %id, "a contact cannot be read and is not indexed");
                    continue;
                }
                loaded => loaded?,
            }
            if let Some(contact) = view.contact(*id).filter(|contact| !updated.contains_key(&contact.id)) {
                let (words, Contact { id, changed, owner, .. }) = (SearchableText::of(&contact), contact);
                updated.insert(id, IndexedContact { contact: id, changed, owner, words });
            }
        }
        file::remove(self.index, contacts.iter().chain(updated.keys()).map(|contact| contact.number()))?;
        file::insert(self.index, self.company, updated.into_values().collect())
    }
}
