//! The one thread that writes, a batch at a time.

use std::collections::BTreeMap;
use std::collections::btree_map;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, RwLock};
use std::thread::{self, JoinHandle};

use contact::{Command, CompanyId, Time, View};
use rusqlite::{Connection, Transaction, TransactionBehavior, params};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot, watch};

use super::claim_buffer::{self, ClaimBuffer, Committed, Due};
use super::flush_queue::FlushQueue;
use super::rows::Rows;
use super::stages::WrittenAhead;
use super::{CLAIMS_WAITING_MAX, accounts, conversations, load, read_lock, settings, stages, write_lock};
use crate::batch::{Batch, Needs};
use crate::{Error, JournalRecord, Outcomes};

/// Most writes that wait. Past it the store says that it is busy.
const WAITING_MAX: usize = 16_384;
/// Most writes in a transaction.
const BATCH_MAX: usize = 1_024;
/// A batch with more contacts is large, and so are more claims.
const LARGE: usize = 1_000;
/// How many of them are decided before those are answered that need not wait for the disk.
const FEW: usize = 8;

/// A queue to the thread that writes. Dropped, it waits until all that was taken is written.
pub struct Writer {
    queue: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

enum Job {
    Write(Waiting),
    Restore(CompanyId, Vec<JournalRecord>, oneshot::Sender<Result<(), Error>>),
    /// Something rare, in a transaction of its own.
    Run(Box<dyn FnOnce(&mut Connection) + Send>),
}

struct Waiting {
    company: CompanyId,
    at: Time,
    commands: Arc<[Command]>,
    answer: oneshot::Sender<Result<Outcomes, Error>>,
}

/// Who waited, and what it came to.
type Answered = (Waiting, Result<Outcomes, Error>);

impl Writer {
    /// Starts the thread. `reader` is another connection to the same file.
    pub fn start(
        connection: Connection,
        reader: Connection,
        claim_buffer: Arc<RwLock<ClaimBuffer>>,
        written: watch::Sender<u64>,
    ) -> Result<Writer, Error> {
        let (queue, jobs) = mpsc::channel(WAITING_MAX);
        let runtime = Handle::try_current()
            .map_err(|_| Error::Unusable("A store is opened for writing within an asynchronous runtime.".into()))?;
        let book = Book { reader, connection, claim_buffer, version: None, written };
        let thread = thread::Builder::new().name("kith-writer".into()).spawn(move || work(book, jobs, &runtime));
        let thread = thread.map_err(|error| Error::Unusable(format!("No thread can be started: {error}.")))?;
        Ok(Writer { queue: Some(queue), thread: Some(thread) })
    }

    /// Decides on commands and stores what they lead to, with whatever else waits.
    pub async fn write(&self, company: CompanyId, at: Time, commands: Arc<[Command]>) -> Result<Outcomes, Error> {
        let (answer, answered) = oneshot::channel();
        self.send(Job::Write(Waiting { company, at, commands, answer }))?;
        answered.await.unwrap_or_else(|_| Err(interrupted()))
    }

    /// Takes entries in as they are.
    pub async fn restore(&self, company: CompanyId, told: Vec<JournalRecord>) -> Result<(), Error> {
        let (answer, answered) = oneshot::channel();
        self.send(Job::Restore(company, told, answer))?;
        answered.await.unwrap_or_else(|_| Err(interrupted()))
    }

    /// Lets the claim_buffer learn what others have written to a company's journal, some time soon.
    pub fn catch_up(&self, company: CompanyId) {
        let (answer, _) = oneshot::channel();
        let nothing = Waiting { company, at: Time::from_millis(0), commands: Arc::default(), answer };
        // Where too many writes wait, one of them does it.
        let _ = self.send(Job::Write(nothing));
    }

    /// Runs something in a transaction of its own.
    pub async fn run<T: Send + 'static>(
        &self,
        run: impl FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (answer, answered) = oneshot::channel();
        let job = move |connection: &mut Connection| {
            // Whoever asked may have gone; what was asked is done all the same.
            let _ = answer.send(in_transaction(connection, run));
        };
        self.send(Job::Run(Box::new(job)))?;
        answered.await.unwrap_or_else(|_| Err(interrupted()))
    }

    fn send(&self, job: Job) -> Result<(), Error> {
        let queue = self.queue.as_ref().ok_or_else(interrupted)?;
        queue.try_send(job).map_err(|_| Error::Unavailable("Too many writes are waiting.".into()))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            // It has nothing to return, and says itself what went wrong in it.
            let _ = thread.join();
        }
    }
}

fn interrupted() -> Error {
    Error::Unavailable("The store is being closed.".into())
}

/// What waits for the thread, in order.
struct Queue {
    jobs: mpsc::Receiver<Job>,
    /// One that was taken out and put back.
    next: Option<Job>,
}

impl Queue {
    /// The next job, once there is one; none when the store is closed.
    fn wait(&mut self) -> Option<Job> {
        self.next.take().or_else(|| self.jobs.blocking_recv())
    }

    /// The next few writes, if any wait.
    fn few(&mut self) -> Vec<Waiting> {
        let mut few = Vec::with_capacity(FEW);
        while few.len() < FEW {
            match self.next.take().map_or_else(|| self.jobs.try_recv(), Ok) {
                Ok(Job::Write(waiting)) => few.push(waiting),
                Ok(run) => {
                    self.next = Some(run);
                    break;
                }
                Err(_) => break,
            }
        }
        few
    }
}

fn work(mut book: Book, jobs: mpsc::Receiver<Job>, runtime: &Handle) {
    let mut queue = Queue { jobs, next: None };
    while let Some(job) = queue.wait() {
        match job {
            Job::Run(run) => run(&mut book.connection),
            Job::Restore(company, told, answer) => {
                // Whoever asked may have gone.
                let _ = answer.send(book.restore(company, told));
            }
            Job::Write(waiting) => {
                queue.next = Some(Job::Write(waiting));
                write_and_answer(&mut book, &mut || queue.few(), runtime);
            }
        }
    }
    if let Err(error) = book.close() {
        // The journal has them.
        tracing::warn!(%error, "claims of handles are left to whoever opens the store next");
    }
}

/// Writes one batch: as much as `few` gives until it gives nothing.
fn write_and_answer(book: &mut Book, few: &mut dyn FnMut() -> Vec<Waiting>, runtime: &Handle) {
    let mut held = Vec::new();
    // A panic in here would end the thread, and with it all writing. The transaction is rolled back.
    let written = catch_unwind(AssertUnwindSafe(|| book.write(few, &mut held, &|answers| answer(runtime, answers))));
    match written.unwrap_or_else(|_| Err(Error::Damaged("A rule failed on it.".into()))) {
        Ok(()) => answer(runtime, held),
        // One damaged record must not hold up those who wait with it.
        Err(Error::Damaged(_)) if held.len() > 1 => {
            for (waiting, _) in held {
                let mut alone = vec![waiting];
                write_and_answer(book, &mut || std::mem::take(&mut alone), runtime);
            }
        }
        Err(error) => {
            tracing::error!(error = %error, writes = held.len(), "a batch was not written");
            answer(runtime, held.into_iter().map(|(waiting, _)| (waiting, Err(error.again()))).collect());
        }
    }
}

/// Answers in one task: from this thread, each answer would wake the runtime anew.
fn answer(runtime: &Handle, answers: Vec<Answered>) {
    runtime.spawn(async move {
        for (waiting, outcomes) in answers {
            // Whoever asked may have gone; what was asked is done all the same.
            let _ = waiting.answer.send(outcomes);
        }
    });
}

fn in_transaction<T>(
    connection: &mut Connection,
    run: impl FnOnce(&Connection) -> Result<T, Error>,
) -> Result<T, Error> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let result = run(&transaction)?;
    transaction.commit()?;
    Ok(result)
}

/// What the thread writes to.
struct Book {
    /// What reads while the other writes. It is closed first: the last to be closed folds the log back, which it may not.
    reader: Connection,
    connection: Connection,
    claim_buffer: Arc<RwLock<ClaimBuffer>>,
    /// Changes when others have written to the file.
    version: Option<i64>,
    /// JournalRecord of every commit.
    written: watch::Sender<u64>,
}

impl Book {
    /// Decides on all that `few` gives and stores it in one transaction. Who waits is put into `held` before anything can
    /// fail, and answered at once where nothing was changed that would have to be on disk first.
    fn write(
        &mut self,
        few: &mut dyn FnMut() -> Vec<Waiting>,
        held: &mut Vec<Answered>,
        answer: &dyn Fn(Vec<Answered>),
    ) -> Result<(), Error> {
        let mut pages: BTreeMap<CompanyId, Option<Batch>> = BTreeMap::new();
        held.extend(few().into_iter().map(|waiting| (waiting, Err(Error::NoCompany))));
        let mut taken = held.len();
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let version = transaction.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))?;
        if self.version != Some(version) {
            write_lock(&self.claim_buffer).catch_up_all(&transaction)?;
        }
        let mut early = None;
        let mut decided = 0;
        while decided < held.len() {
            for (waiting, outcomes) in &mut held[decided..] {
                let page = match pages.entry(waiting.company) {
                    btree_map::Entry::Occupied(page) => page.into_mut(),
                    btree_map::Entry::Vacant(page) => {
                        page.insert(open(&transaction, &self.claim_buffer, waiting.company)?)
                    }
                };
                let Some(batch) = page else { continue };
                *outcomes =
                    Ok(perform(&transaction, &mut self.reader, &self.claim_buffer, batch, &mut early, waiting)?);
            }
            let is_unchanged =
                |company: CompanyId| matches!(pages.get(&company), Some(Some(page)) if page.is_unchanged());
            let unchanged = held.extract_if(decided.., |(waiting, _)| is_unchanged(waiting.company));
            let unchanged: Vec<Answered> = unchanged.collect();
            if !unchanged.is_empty() {
                answer(unchanged);
            }
            decided = held.len();
            if taken < BATCH_MAX {
                held.extend(few().into_iter().map(|waiting| (waiting, Err(Error::NoCompany))));
                taken += held.len() - decided;
            }
        }
        let batches = pages.into_values().flatten().collect();
        commit(transaction, &self.claim_buffer, &self.written, batches, early)?;
        self.version = Some(version);
        Ok(())
    }

    /// Writes the claims that wait, if they are more than are let wait while a store is served. To read that many entries again
    /// takes whoever opens the file next longer than this.
    fn close(&mut self) -> Result<(), Error> {
        if !write_lock(&self.claim_buffer).hold(CLAIMS_WAITING_MAX) {
            return Ok(());
        }
        while write_lock(&self.claim_buffer).hold(0) {
            let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            commit(transaction, &self.claim_buffer, &self.written, Vec::new(), None)?;
        }
        Ok(())
    }

    /// Takes entries in as they are, and says where the journal ends then.
    fn restore(&mut self, company: CompanyId, told: Vec<JournalRecord>) -> Result<(), Error> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        write_lock(&self.claim_buffer).catch_up_all(&transaction)?;
        let mut batch = open(&transaction, &self.claim_buffer, company)?.ok_or(Error::NoCompany)?;
        load::touched(&transaction, &read_lock(&self.claim_buffer), &mut batch, &Needs::of_entries(&told))?;
        batch.restore(told)?;
        commit(transaction, &self.claim_buffer, &self.written, vec![batch], None)
    }
}

/// Decides on what somebody waits for. If that is much, most of what it leads to is stored already, and so is what was due.
fn perform(
    transaction: &Transaction,
    reader: &mut Connection,
    claim_buffer: &RwLock<ClaimBuffer>,
    batch: &mut Batch,
    early: &mut Option<WrittenAhead>,
    waiting: &Waiting,
) -> Result<Outcomes, Error> {
    let (company, at, commands) = (&waiting.company, &waiting.at, &*waiting.commands);
    if !stages::is_bulk(commands) || !batch.is_unchanged() || early.is_some() {
        load::touched(transaction, &read_lock(claim_buffer), batch, &Needs::of_commands(commands))?;
        return Ok(batch.perform(commands, *at));
    }
    let mut now = write_lock(claim_buffer);
    if now.wants_filter(*company, batch.view.contacts_made) {
        now.make_filter(transaction, *company)?;
    }
    let early = early.insert(WrittenAhead { company: *company, due: now.due(0, [*company]), claims: Vec::new() });
    drop(now);
    stages::perform(transaction, reader, (&read_lock(claim_buffer), early), batch, commands, *at)
}

/// Stores what batches have changed, and lets the claim_buffer and whoever waits for news know. Of one of them some
/// may be written already.
fn commit(
    transaction: Transaction,
    claim_buffer: &RwLock<ClaimBuffer>,
    written: &watch::Sender<u64>,
    mut batches: Vec<Batch>,
    mut early: Option<WrittenAhead>,
) -> Result<(), Error> {
    let mut told = Vec::with_capacity(batches.len());
    for batch in &mut batches {
        let is_changed = !batch.is_unchanged();
        let Batch { view, changes, contents, .. } = batch;
        let early = early.as_mut().filter(|early| early.company == view.company);
        let mut claims = early.map(|early| std::mem::take(&mut early.claims)).unwrap_or_default();
        if is_changed {
            let rows = Rows::take(view, changes);
            rows.store(&transaction)?;
            claims.extend(rows.claims);
            end(&transaction, view)?;
        }
        settings::store(&transaction, view, changes, contents)?;
        accounts::store(&transaction, view, changes)?;
        conversations::store(&transaction, view, changes, contents)?;
        told.push(Committed { company: view.company, head: view.head, claims, is_changed });
    }
    let is_changed = told.iter().any(|told| told.is_changed);
    let gone = if let Some(early) = early {
        commit_and_settle(transaction, claim_buffer, early.due, told)?
    } else {
        let coming = told.iter().map(|told| told.claims.len()).sum();
        let due = write_lock(claim_buffer).due(coming, told.iter().map(|told| told.company));
        claim_buffer::write(&transaction, &read_lock(claim_buffer), &due)?;
        transaction.commit()?;
        write_lock(claim_buffer).settle(due, told)
    };
    if is_changed {
        written.send_modify(|written| *written += 1);
    }
    let is_large = |gone: &FlushQueue| gone.len() > LARGE;
    if gone.iter().any(is_large) || batches.iter().any(|batch| batch.view.members.len() > LARGE) {
        // Giving back the memory of so much takes a while, and nobody need wait for it.
        thread::spawn(move || drop((batches, gone)));
    }
    Ok(())
}

/// Commits, and lets the claim_buffer know meanwhile. Nobody sees the claim_buffer before it is known whether it was committed.
fn commit_and_settle(
    transaction: Transaction,
    claim_buffer: &RwLock<ClaimBuffer>,
    due: Due,
    told: Vec<Committed>,
) -> Result<Vec<FlushQueue>, Error> {
    let (tell, is_committed) = oneshot::channel();
    thread::scope(|scope| {
        let settling = scope.spawn(move || {
            let mut claim_buffer = write_lock(claim_buffer);
            let gone = claim_buffer.settle(due, told);
            if !is_committed.blocking_recv().unwrap_or(false) {
                claim_buffer.forget();
            }
            gone
        });
        let committed = transaction.commit();
        // It waits for this.
        let _ = tell.send(committed.is_ok());
        let gone = settling.join().unwrap_or_else(|failed| resume_unwind(failed));
        committed?;
        Ok(gone)
    })
}

/// A company of which nothing is loaded yet, if there is such a company.
fn open(
    connection: &Connection,
    claim_buffer: &RwLock<ClaimBuffer>,
    company: CompanyId,
) -> Result<Option<Batch>, Error> {
    let Some(ends) = load::ends(connection, company)? else { return Ok(None) };
    if !read_lock(claim_buffer).has(company) {
        write_lock(claim_buffer).catch_up(connection, company)?;
    }
    Ok(Some(Batch::new(load::nothing(company, &ends))))
}

/// Stores where a company's journal and its views end.
fn end(connection: &Connection, view: &View) -> Result<(), Error> {
    let mut end = connection.prepare_cached(
        "UPDATE company SET entries = ?2, contacts_made = ?3, conversations_made = ?4, messages_made = ?5
         WHERE company = ?1",
    )?;
    let View { head, contacts_made, conversations_made, messages_made, .. } = view;
    end.execute(params![view.company.number(), head.0, contacts_made, conversations_made, messages_made])?;
    Ok(())
}
