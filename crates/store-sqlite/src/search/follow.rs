//! Bringing the index along: a reader of the journal with a thread and a file of its own, so that no write waits for it.

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

use super::file::{self, Progress, Put, Stage};
use crate::error::{Error, Result};
use crate::{contacts, journal, open};

/// How often is looked for what was written. What comes in between is put in together.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// How long to leave a file alone that takes nothing.
const RETRY_AFTER: Duration = Duration::from_secs(5);
/// Most contacts of a transaction that makes an index anew: so many that few pieces have to be joined later.
const WALKED_MAX: usize = 40_000;
/// With more pieces than these, an index is joined when it is opened.
const PIECES_MAX: u64 = 12;
/// Most entries that are read in one transaction.
const READ_MAX: u64 = 20_000;
/// Most that is taken out in a transaction.
const CLEARED_MAX: usize = 5_000;

/// What brings the index of a served store along until it is dropped.
pub struct Follower {
    stop: Option<mpsc::Sender<()>>,
    stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Follower {
    /// Begins to follow the store in a file.
    pub fn start(store: &Path) -> Result<Follower> {
        let (stop, stopped) = mpsc::channel();
        let stopping = Arc::new(AtomicBool::new(false));
        let (store, is_stopping) = (store.to_owned(), Arc::clone(&stopping));
        let run = move || follow(&store, &stopped, &is_stopping);
        let thread = thread::Builder::new().name("kith-search".into()).spawn(run);
        let thread = thread.map_err(|error| Error::unusable(format!("No thread can be started: {error}.")))?;
        Ok(Follower { stop: Some(stop), stopping, thread: Some(thread) })
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::Relaxed);
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            // It has nothing to return, and says itself what went wrong in it.
            let _ = thread.join();
        }
    }
}

fn follow(store: &Path, stopped: &mpsc::Receiver<()>, stopping: &Arc<AtomicBool>) {
    let mut wait = Duration::ZERO;
    let mut reader = None;
    while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(wait) {
        wait = LOOK_EVERY;
        let opened = reader.take().map_or_else(|| Reader::open(store, Arc::clone(stopping)), Ok);
        let looked = opened.and_then(|mut opened: Reader| {
            opened.look()?;
            // What was written meanwhile is not to wait until all is joined.
            if opened.join()? {
                wait = Duration::ZERO;
            }
            Ok(opened)
        });
        match looked {
            Ok(opened) => reader = Some(opened),
            Err(_) if stopping.load(Ordering::Relaxed) => return,
            Err(error) => {
                tracing::warn!(%error, "the search index is not up to date");
                wait = RETRY_AFTER;
            }
        }
    }
}

/// What reads journals into the index.
pub struct Reader {
    store: Connection,
    index: Connection,
    stopping: Arc<AtomicBool>,
    /// Whether the index should be joined: parts of it were made anew, or it has come in many pieces.
    is_in_pieces: bool,
    /// What both files were when the index was last found to be up to date.
    seen: Option<(i64, i64)>,
}

impl Reader {
    /// Opens the store in a file, and the index beside it.
    pub fn open(store: &Path, stopping: Arc<AtomicBool>) -> Result<Reader> {
        let index: PathBuf = file::of(store);
        let (store, index) = (open::connect(store, Access::Read)?, file::write(&index)?);
        let is_in_pieces = file::pieces(&index)? > PIECES_MAX;
        Ok(Reader { store, index, stopping, is_in_pieces, seen: None })
    }

    /// Brings every company along until there is nothing more to read.
    fn look(&mut self) -> Result<()> {
        let version = |connection: &Connection| {
            connection.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get::<_, i64>(0))
        };
        let now = (version(&self.store)?, version(&self.index)?);
        if self.seen == Some(now) {
            return Ok(());
        }
        let mut all = Ok(());
        for company in self.behind()? {
            // What is wrong with one company is no matter of the others.
            all = self.bring_along(company).and(all);
        }
        all?;
        self.seen = Some(now);
        Ok(())
    }

    fn bring_along(&mut self, company: CompanyId) -> Result<()> {
        while self.step(company)?.is_behind() {}
        Ok(())
    }

    /// Joins some of what was made anew in pieces, and says whether there is more.
    pub fn join(&mut self) -> Result<bool> {
        if self.is_in_pieces {
            let index = self.index.transaction_with_behavior(TransactionBehavior::Immediate)?;
            self.is_in_pieces = file::join(&index)?;
            index.commit()?;
        }
        Ok(self.is_in_pieces)
    }

    /// The companies whose journals the index has not read to their ends.
    fn behind(&self) -> Result<Vec<CompanyId>> {
        let mut read = self.index.prepare_cached("SELECT company, seq FROM company WHERE walked IS NULL")?;
        let read: BTreeMap<u32, u64> =
            read.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
        let mut ends = self.store.prepare_cached("SELECT company, entries FROM company")?;
        let ends: Vec<(u32, u64)> =
            ends.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
        let behind = ends.into_iter().filter(|(company, end)| read.get(company) != Some(end));
        behind.map(|(company, _)| Ok(record::company_id(company)?)).collect()
    }

    /// Brings a company along by some, and says how far it is then.
    pub fn step(&mut self, company: CompanyId) -> Result<IndexProgress> {
        let store = self.store.transaction()?;
        let index = self.index.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let Some(ends) = journal::ends(&store, company)? else { return Err(store::Error::NoCompany.into()) };
        let end =
            Progress { seq: ends.head, at: time_of(&store, company, ends.head)?.unwrap_or(0), stage: Stage::Complete };
        let batch = Batch { store: &store, index: &index, company, stopping: &self.stopping };
        let next = match file::progress(&index, company)? {
            None => Progress { stage: Stage::Walked(Seq(0)), ..end },
            Some(progress) if progress.seq > Seq(0) && time_of(&store, company, progress.seq)? != Some(progress.at) => {
                // Another store was put in the place of the one that was read.
                Progress { stage: Stage::Clearing, ..end }
            }
            Some(progress) => match progress.stage {
                Stage::Clearing if batch.clear()? => progress,
                Stage::Clearing => Progress { stage: Stage::Walked(Seq(0)), ..end },
                Stage::Walked(after) => Progress { stage: batch.walk(after, progress.seq)?, ..progress },
                Stage::Complete => {
                    let seq = batch.read(progress.seq, ends.head)?;
                    Progress { seq, at: time_of(&store, company, seq)?.unwrap_or(0), ..progress }
                }
            },
        };
        file::set_progress(&index, company, next)?;
        index.commit()?;
        store.finish()?;
        self.is_in_pieces |= matches!(next.stage, Stage::Walked(seq) if seq > Seq(0));
        let done = match next.stage {
            Stage::Clearing => Seq(0),
            Stage::Walked(seq) => seq,
            Stage::Complete => next.seq,
        };
        Ok(IndexProgress { done, of: ends.head, is_built: next.stage == Stage::Complete })
    }

    /// Lets a company's index be made anew.
    pub fn forget(&mut self, company: CompanyId) -> Result<()> {
        let index = self.index.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let is_only = "SELECT NOT EXISTS (SELECT 1 FROM company WHERE company <> ?1)";
        if index.query_row(is_only, [company.number()], |row| row.get(0))? {
            index.execute_batch(
                "DELETE FROM company; DELETE FROM place; INSERT INTO token (token) VALUES ('delete-all')",
            )?;
        } else if let Some(progress) = file::progress(&index, company)? {
            file::set_progress(&index, company, Progress { stage: Stage::Clearing, ..progress })?;
        }
        Ok(index.commit()?)
    }
}

/// When an entry was; none if there is no such entry.
fn time_of(store: &Connection, company: CompanyId, seq: Seq) -> Result<Option<i64>> {
    let mut statement = store.prepare_cached("SELECT at FROM journal WHERE company = ?1 AND seq = ?2")?;
    Ok(statement.query_row(params![company.number(), seq.0], |row| row.get(0)).optional()?)
}

/// A transaction on both files.
struct Batch<'a> {
    store: &'a Connection,
    index: &'a Connection,
    company: CompanyId,
    stopping: &'a AtomicBool,
}

impl Batch<'_> {
    /// Takes some of the company's contacts out, and says whether there were any.
    fn clear(&self) -> Result<bool> {
        let (first, last) = file::places(self.company);
        let mut places =
            self.index.prepare_cached("SELECT contact FROM place WHERE place BETWEEN ?1 AND ?2 LIMIT ?3")?;
        let contacts = places.query_map(params![first, last, CLEARED_MAX], |row| row.get(0))?;
        let contacts: Vec<u64> = contacts.collect::<Result<_, _>>()?;
        let were_there = !contacts.is_empty();
        file::take_out(self.index, contacts)?;
        Ok(were_there)
    }

    /// Puts in some of the contacts that an entry from `after` to `to` was the last to change. Those that are changed later are
    /// in the entries that are read afterwards.
    fn walk(&self, after: Seq, to: Seq) -> Result<Stage> {
        let query = "SELECT changed, contact FROM contact WHERE company = ?1 AND merged_into IS NULL AND changed >= ?2
             AND changed <= ?3 ORDER BY changed LIMIT ?4";
        let mut statement = self.store.prepare_cached(query)?;
        let found = params![self.company.number(), after.0, to.0, WALKED_MAX];
        let rows = statement.query_map(found, |row| Ok((Seq(row.get(0)?), row.get::<_, u64>(1)?)))?;
        let rows: Vec<(Seq, u64)> = rows.collect::<Result<_, _>>()?;
        let contacts: BTreeSet<ContactId> =
            rows.iter().map(|(_, contact)| record::contact_id(*contact)).collect::<Result<_, _>>()?;
        self.put(&contacts)?;
        let last = rows.last().filter(|_| rows.len() == WALKED_MAX);
        Ok(last.map_or(Stage::Complete, |(changed, _)| Stage::Walked(*changed)))
    }

    /// Reads some entries, and says which was the last.
    fn read(&self, after: Seq, head: Seq) -> Result<Seq> {
        let to = head.min(Seq(after.0 + READ_MAX));
        let mut contacts = BTreeSet::new();
        journal::changes(self.store, self.company, after, to, &mut |change| {
            contacts.extend(changed_contacts(&change))
        })?;
        self.put(&contacts)?;
        Ok(to)
    }

    /// Puts contacts in as they are now. One that was merged away is found as what it is part of, one that was deleted no more.
    fn put(&self, contacts: &BTreeSet<ContactId>) -> Result<()> {
        let mut people = BTreeMap::new();
        for contact in contacts {
            if self.stopping.load(Ordering::Relaxed) {
                return Err(Error::unavailable("The store is being closed."));
            }
            let mut view = View::new(self.company);
            match contacts::whole(self.store, &mut view, *contact) {
                // One that cannot be read keeps nobody else from being found.
                Err(error) if error.is_damaged() => {
                    tracing::warn!(contact.id = %contact, "a contact cannot be read, and is not found");
                    continue;
                }
                loaded => loaded?,
            }
            if let Some(person) = view.contact(*contact).filter(|person| !people.contains_key(&person.id)) {
                let (words, Contact { id, changed, owner, .. }) = (SearchableText::of(&person), person);
                people.insert(id, Put { contact: id, changed, owner, words });
            }
        }
        file::take_out(self.index, contacts.iter().chain(people.keys()).map(|contact| contact.number()))?;
        file::put_in(self.index, self.company, people.into_values().collect())
    }
}
