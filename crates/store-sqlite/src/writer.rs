//! The queue to the one thread that writes.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, RwLock};
use std::thread::{self, JoinHandle};

use contact::{Command, CompanyId, Time};
use rusqlite::Connection;
use store::{Activity, ActivityCounter, ImportBatch, JournalRecord, Outcomes};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot, watch};

use crate::claim_buffer::ClaimBuffer;
use crate::damage::Damage;
use crate::error::{Error, Result};
use crate::open;
use crate::write_state::{Connections, Waiting, WriteState};

/// Most writes that wait. Past it the store says that it is busy.
const WAITING_MAX: usize = 16_384;
/// How many writes are decided before those of them are answered that changed nothing.
const WRITES_AT_ONCE: usize = 8;

/// A queue to the thread that writes. Dropping it waits until everything in it is written.
pub struct Writer {
    queue: Option<mpsc::Sender<Job>>,
    counter: Arc<ActivityCounter>,
    damage: Arc<Damage>,
    thread: Option<JoinHandle<()>>,
}

enum Job {
    Write(Pending),
    Import(CompanyId, Time, ImportBatch, oneshot::Sender<Result<Outcomes>>),
    Restore(CompanyId, Vec<JournalRecord>, oneshot::Sender<Result<()>>),
    /// A rare change, in a transaction of its own.
    Run(Box<dyn FnOnce(&mut WriteState) + Send>),
}

/// Asks a writer for checkpoints of the log.
pub struct Checkpoints(mpsc::WeakSender<Job>);

impl Checkpoints {
    /// Asks for a checkpoint between two writes. A writer that is busy or closed makes one of its own.
    pub fn ask(&self) {
        let checkpoint = |state: &mut WriteState| {
            if let Err(error) = open::checkpoint(state.connection()) {
                tracing::warn!(%error, "the log of the store cannot be checkpointed");
            }
        };
        if let Some(queue) = self.0.upgrade() {
            let _ = queue.try_send(Job::Run(Box::new(checkpoint)));
        }
    }
}

/// A write, and where its outcomes go.
struct Pending {
    write: Waiting,
    answer: oneshot::Sender<Result<Outcomes>>,
}

impl AsRef<Waiting> for Pending {
    fn as_ref(&self) -> &Waiting {
        &self.write
    }
}

/// A write and its outcomes.
type Answered = (Pending, Result<Outcomes>);

impl Writer {
    /// Starts the thread. `finish` runs at the end.
    pub fn start(
        connections: Connections,
        claim_buffer: Arc<RwLock<ClaimBuffer>>,
        written: watch::Sender<u64>,
        damage: Arc<Damage>,
        finish: impl FnOnce(&Connection) -> Result<()> + Send + 'static,
    ) -> Result<Writer> {
        let (queue, jobs) = mpsc::channel(WAITING_MAX);
        let runtime = Handle::try_current()
            .map_err(|_| Error::unusable("A store is opened for writing within an asynchronous runtime."))?;
        let counter: Arc<ActivityCounter> = Arc::default();
        let counting = Arc::clone(&counter);
        let state = WriteState::new(connections, claim_buffer, written);
        let thread = thread::Builder::new()
            .name("kith-writer".into())
            .spawn(move || work(state, jobs, &runtime, &counting, finish));
        let thread = thread.map_err(|error| Error::unusable(format!("No thread can be started: {error}.")))?;
        Ok(Writer { queue: Some(queue), counter, damage, thread: Some(thread) })
    }

    /// Decides on commands and stores the changes, in one transaction with whatever else waits.
    pub async fn write(&self, company: CompanyId, at: Time, commands: Vec<Command>) -> Result<Outcomes> {
        self.damage.check()?;
        let (answer, answered) = oneshot::channel();
        self.send(Job::Write(Pending { write: Waiting { company, at, commands }, answer }))?;
        self.answered(answered).await.inspect(|outcomes| self.counter.write(outcomes))
    }

    /// What it did, and how many writes wait.
    pub fn activity(&self) -> Activity {
        let waiting = self.queue.as_ref().map_or(0, |queue| queue.max_capacity() - queue.capacity());
        Activity { waiting: waiting as u64, ..self.counter.activity() }
    }

    /// Writes a batch of an import by the bulk path, in a transaction of its own.
    pub async fn import(&self, company: CompanyId, at: Time, batch: ImportBatch) -> Result<Outcomes> {
        self.damage.check()?;
        let (answer, answered) = oneshot::channel();
        self.send(Job::Import(company, at, batch, answer))?;
        self.answered(answered).await.inspect(|outcomes| self.counter.write(outcomes))
    }

    /// Appends entries as they are.
    pub async fn restore(&self, company: CompanyId, records: Vec<JournalRecord>) -> Result<()> {
        self.damage.check()?;
        let (answer, answered) = oneshot::channel();
        self.send(Job::Restore(company, records, answer))?;
        self.answered(answered).await
    }

    /// Makes the claim buffer catch up with what other processes have written to a company's journal, soon.
    pub fn catch_up(&self, company: CompanyId) {
        let (answer, _) = oneshot::channel();
        let nothing = Waiting { company, at: Time::from_millis(0), commands: Vec::new() };
        // If the queue is full, one of the writes in it catches up.
        let _ = self.send(Job::Write(Pending { write: nothing, answer }));
    }

    /// Asks for a checkpoint of the log between two writes.
    pub fn checkpoint(&self) {
        if let Some(checkpoints) = self.checkpoints() {
            checkpoints.ask();
        }
    }

    /// Asks for checkpoints while the writer runs; none when it is closed.
    pub fn checkpoints(&self) -> Option<Checkpoints> {
        self.queue.as_ref().map(|queue| Checkpoints(queue.downgrade()))
    }

    /// Runs a change in a transaction of its own.
    pub async fn run<T: Send + 'static>(
        &self,
        run: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (answer, answered) = oneshot::channel();
        let job = move |state: &mut WriteState| {
            // The caller may be gone; the change is made all the same.
            let _ = answer.send(state.run(run));
        };
        self.send(Job::Run(Box::new(job)))?;
        self.answered(answered).await
    }

    /// Waits for the answer to a job.
    async fn answered<T>(&self, answered: oneshot::Receiver<Result<T>>) -> Result<T> {
        let answer = answered.await.unwrap_or_else(|_| Err(closing()));
        answer.inspect_err(|error| self.damage.note(error))
    }

    fn send(&self, job: Job) -> Result<()> {
        let queue = self.queue.as_ref().ok_or_else(closing)?;
        queue.try_send(job).map_err(|_| Error::unavailable("Too many writes are waiting."))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            // It returns nothing, and logs its own errors.
            let _ = thread.join();
        }
    }
}

fn closing() -> Error {
    Error::unavailable("The store is being closed.")
}

/// The jobs of the thread, in order.
struct Queue {
    jobs: mpsc::Receiver<Job>,
    /// A job that was taken out and put back.
    next: Option<Job>,
}

impl Queue {
    /// Waits for the next job; none when the store is closed.
    fn wait(&mut self) -> Option<Job> {
        self.next.take().or_else(|| self.jobs.blocking_recv())
    }

    /// The next few writes that wait, if any.
    fn writes(&mut self) -> Vec<Pending> {
        let mut writes = Vec::with_capacity(WRITES_AT_ONCE);
        while writes.len() < WRITES_AT_ONCE {
            match self.next.take().map_or_else(|| self.jobs.try_recv(), Ok) {
                Ok(Job::Write(pending)) => writes.push(pending),
                Ok(other) => {
                    self.next = Some(other);
                    break;
                }
                Err(_) => break,
            }
        }
        writes
    }
}

fn work(
    mut state: WriteState,
    jobs: mpsc::Receiver<Job>,
    runtime: &Handle,
    counter: &ActivityCounter,
    finish: impl FnOnce(&Connection) -> Result<()>,
) {
    let mut queue = Queue { jobs, next: None };
    while let Some(job) = queue.wait() {
        // If a caller is gone, its job is done all the same.
        match job {
            Job::Run(run) => run(&mut state),
            Job::Restore(company, records, answer) => drop(answer.send(state.restore(company, records))),
            Job::Import(company, at, batch, answer) => {
                counter.batch();
                let outcomes = guarded(|| state.import(company, at, batch.commands()));
                if let Err(error) = &outcomes {
                    tracing::error!(%error, "a batch of an import was not written");
                }
                let _ = answer.send(outcomes);
            }
            Job::Write(pending) => {
                counter.batch();
                queue.next = Some(Job::Write(pending));
                write_and_answer(&mut state, &mut || queue.writes(), runtime);
            }
        }
    }
    if let Err(error) = state.close() {
        // They are in the journal.
        tracing::warn!(%error, "claims of handles are left for the next opening of the store");
    }
    if let Err(error) = finish(state.connection()) {
        tracing::warn!(%error, "the log of the store is left beside it");
    }
}

/// Runs a write. A panic would end the thread and all writing, so it becomes an error; the transaction is rolled back.
fn guarded<T>(write: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(write)).unwrap_or_else(|_| Err(Error::damaged("A rule failed on it.")))
}

/// Writes one batch: all that `next` returns until it returns nothing.
fn write_and_answer(state: &mut WriteState, next: &mut dyn FnMut() -> Vec<Pending>, runtime: &Handle) {
    let mut held: Vec<Answered> = Vec::new();
    let written = guarded(|| state.write(next, &mut held, &|answers| answer(runtime, answers)));
    match written {
        Ok(()) => answer(runtime, held),
        // One damaged record must not fail the other writes.
        Err(error) if error.is_damaged() && held.len() > 1 => {
            for (pending, _) in held {
                let mut alone = vec![pending];
                write_and_answer(state, &mut || std::mem::take(&mut alone), runtime);
            }
        }
        Err(error) => {
            tracing::error!(%error, writes = held.len(), "a batch was not written");
            answer(runtime, held.into_iter().map(|(pending, _)| (pending, Err(error.clone()))).collect());
        }
    }
}

/// Answers from one task: from this thread, each answer would wake the runtime separately.
fn answer(runtime: &Handle, answers: Vec<Answered>) {
    runtime.spawn(async move {
        for (pending, outcomes) in answers {
            // The caller may be gone; its write is done all the same.
            let _ = pending.answer.send(outcomes);
        }
    });
}
