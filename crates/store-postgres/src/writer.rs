//! Writes, a batch of one company at a time.
//!
//! Writes of a company that wait while a batch commits are its next batch. Companies do not wait for each other: each
//! with waiting writes has a task of its own, and a connection while a batch runs.

use std::collections::{HashMap, VecDeque};
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex};

use contact::{Command, CompanyId, Time};
use deadpool_postgres::ClientWrapper;
use futures_util::FutureExt as _;
use store::{Activity, ActivityCounter, JournalRecord, Needs, Outcomes};
use tokio::sync::oneshot;

use crate::append::append;
use crate::codec;
use crate::connect::{ATTEMPTS_MAX, Connection, Pool, Transaction, is_ended};
use crate::error::{Error, Result};
use crate::load::{self, Loaded};
use crate::locks::lock;
use crate::notify::Notifier;
use crate::pipeline::Pipeline;

/// Most writes of a company that wait. Past it the store reports that it is busy.
const WAITING_MAX: usize = 16_384;
/// A transaction is full with this many commands. One write with more has a transaction of its own.
const COMMANDS_MAX: usize = 1_024;

/// Takes the writes of all companies.
pub struct Writer {
    pool: Pool,
    notifier: Notifier,
    /// The waiting writes of each company that has a task.
    queues: Mutex<HashMap<CompanyId, VecDeque<Write>>>,
    counter: ActivityCounter,
}

/// A write that waits.
struct Write {
    at: Time,
    commands: Arc<[Command]>,
    answer: oneshot::Sender<Result<Outcomes>>,
}

/// Why a batch was not written.
struct Failed {
    error: Error,
    /// Whether certainly nothing was written and another connection may succeed.
    may_retry: bool,
}

impl Failed {
    fn finally(error: Error) -> Failed {
        Failed { error, may_retry: false }
    }
}

impl Writer {
    pub fn new(pool: Pool, notifier: Notifier) -> Writer {
        Writer { pool, notifier, queues: Mutex::new(HashMap::new()), counter: ActivityCounter::default() }
    }

    /// Decides on commands and stores the changes, in one transaction with other waiting writes of the company.
    pub async fn write(self: &Arc<Self>, company: CompanyId, at: Time, commands: Arc<[Command]>) -> Result<Outcomes> {
        let (answer, answered) = oneshot::channel();
        let write = Write { at, commands, answer };
        {
            let mut queues = lock(&self.queues);
            if let Some(queue) = queues.get_mut(&company) {
                if queue.len() >= WAITING_MAX {
                    return Err(Error::unavailable("Too many writes are waiting."));
                }
                queue.push_back(write);
            } else {
                queues.insert(company, VecDeque::from([write]));
                tokio::spawn(run(Arc::clone(self), company));
            }
        }
        let outcomes = answered.await.unwrap_or_else(|_| Err(Error::unavailable("The store is being closed.")));
        outcomes.inspect(|outcomes| self.counter.write(outcomes))
    }

    /// What it did, and how many writes wait.
    pub fn activity(&self) -> Activity {
        let waiting = lock(&self.queues).values().map(VecDeque::len).sum::<usize>();
        Activity { waiting: waiting as u64, ..self.counter.activity() }
    }

    /// Appends entries of another store as they are.
    pub async fn restore(&self, company: CompanyId, records: Vec<JournalRecord>) -> Result<()> {
        let connection = self.pool.get().await?;
        let restore = async |_: &ClientWrapper, loaded: &mut Loaded| Ok(loaded.batch.restore(records.clone())?);
        let done = transact(connection, company, &Needs::of_entries(&records), restore).await;
        self.notifier.notify(company);
        done.map_err(|failed| failed.error)?
    }

    /// The next batch of a company; none if nothing waits, and then its task ends.
    fn next_batch(&self, company: CompanyId) -> Option<Vec<Write>> {
        let mut queues = lock(&self.queues);
        let queue = queues.get_mut(&company)?;
        if queue.is_empty() {
            queues.remove(&company);
            return None;
        }
        let mut commands = 0;
        let is_full = |write: &Write| {
            commands += write.commands.len();
            commands >= COMMANDS_MAX
        };
        let count = queue.iter().position(is_full).map_or(queue.len(), |last| last + 1);
        Some(queue.drain(..count).collect())
    }

    /// Writes a batch in one transaction.
    async fn write_batch(&self, company: CompanyId, batch: &[Write]) -> Result<Vec<Outcomes>> {
        self.counter.batch();
        let needs = Needs::of_commands(batch.iter().flat_map(|write| &*write.commands));
        for attempt in 1.. {
            let connection = self.pool.get().await?;
            let mut is_changed = false;
            let decide = async |client: &ClientWrapper, loaded: &mut Loaded| {
                let mut outcomes = Vec::with_capacity(batch.len());
                for write in batch {
                    outcomes.push(perform(client, loaded, write).await?);
                }
                is_changed = !loaded.batch.is_unchanged();
                Ok(outcomes)
            };
            match transact(connection, company, &needs, decide).await {
                Ok(outcomes) => {
                    if is_changed {
                        self.notifier.notify(company);
                    }
                    return outcomes;
                }
                Err(Failed { may_retry: true, error }) if attempt < ATTEMPTS_MAX => {
                    tracing::warn!(%error, "a connection broke before a batch was committed; retrying on another");
                }
                Err(Failed { error, .. }) => return Err(error),
            }
        }
        unreachable!("the last attempt returns")
    }
}

/// Writes the batches of a company until none waits.
async fn run(writer: Arc<Writer>, company: CompanyId) {
    while let Some(batch) = writer.next_batch(company) {
        write_and_answer(&writer, company, batch).await;
    }
}

async fn write_and_answer(writer: &Writer, company: CompanyId, batch: Vec<Write>) {
    // A panic here would end the task, and with it all writes to the company.
    let written = AssertUnwindSafe(writer.write_batch(company, &batch)).catch_unwind().await;
    match written.unwrap_or_else(|_| Err(Error::damaged("A rule failed on it."))) {
        Ok(outcomes) => {
            for (write, outcomes) in batch.into_iter().zip(outcomes) {
                // The write is done even if the caller has gone.
                let _ = write.answer.send(Ok(outcomes));
            }
        }
        // One damaged record must not fail the other writes of the batch.
        Err(error) if error.is_damaged() && batch.len() > 1 => {
            for write in batch {
                Box::pin(write_and_answer(writer, company, vec![write])).await;
            }
        }
        Err(error) => {
            if !error.is_no_company() {
                tracing::error!(%error, writes = batch.len(), "a batch was not written");
            }
            for write in batch {
                let _ = write.answer.send(Err(error.clone()));
            }
        }
    }
}

/// Decides on the commands of a write, and loads what else they need.
async fn perform(client: &ClientWrapper, loaded: &mut Loaded, write: &Write) -> Result<Outcomes> {
    let mut outcomes = Outcomes::with_capacity(write.commands.len());
    let mut last = None;
    while let Some(missing) = loaded.batch.perform(&write.commands, write.at, &mut outcomes) {
        if last.as_ref() == Some(&missing) {
            return Err(Error::damaged("a record or a claim that another record names is not stored"));
        }
        loaded.load(client, &Needs::of_missing(&missing)).await?;
        last = Some(missing);
    }
    Ok(outcomes)
}

/// Locks a company, loads what is needed, decides, and commits the changes.
///
/// If `decide` returns an error, nothing is changed; that error is the inner result.
async fn transact<T>(
    connection: Connection,
    company: CompanyId,
    needs: &Needs<'_>,
    decide: impl AsyncFnOnce(&ClientWrapper, &mut Loaded) -> Result<T>,
) -> std::result::Result<Result<T>, Failed> {
    let mut transaction = Transaction::new(connection);
    let client = transaction.client();
    let before_commit = |error: Error| Failed { may_retry: is_ended(client, &error), error };
    let Some(mut loaded) = load::begin(client, company, needs).await.map_err(before_commit)? else {
        return transaction.roll_back().await.map(|()| Err(Error::no_company())).map_err(Failed::finally);
    };
    let decided = match decide(client, &mut loaded).await {
        Err(error) if is_ended(client, &error) => return Err(before_commit(error)),
        decided => decided,
    };
    if decided.is_err() || loaded.batch.is_unchanged() {
        return transaction.roll_back().await.map(|()| decided).map_err(Failed::finally);
    }
    let mut pipeline = Pipeline::new(client, codec::company(company));
    append(&mut pipeline, &loaded).await.map_err(before_commit)?;
    // From here on it is unknown whether a broken connection committed, unless the server reported a shutdown.
    let committed = pipeline.send("COMMIT").await;
    let committed = committed.map_err(|error| Failed { may_retry: error.is_shutdown(), error })?;
    committed.map_err(Failed::finally)?;
    transaction.release();
    Ok(decided)
}
