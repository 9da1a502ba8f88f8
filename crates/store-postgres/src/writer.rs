//! Writes, a batch of one company at a time.
//!
//! What waits while a company's batch commits is its next batch. Companies do not wait for each other: each that has
//! something to write has a task of its own, and a connection for as long as a batch takes.

use std::collections::{HashMap, VecDeque};
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex};

use contact::{Command, CompanyId, Time};
use futures_util::FutureExt as _;
use tokio::sync::oneshot;

use super::connect::{Connection, Pool, TRIES_MAX, Transaction, is_ended, is_said_to_end};
use super::news::Notifier;
use super::rows::Pipeline;
use super::{append, load, lock};
use crate::batch::{Batch, Needs};
use crate::{Error, JournalRecord, Outcomes};

/// Most writes of a company that wait here. Past it the store says that it is busy.
const WAITING_MAX: usize = 16_384;
/// A transaction is full with so many commands, or with one write that has more.
const COMMANDS_MAX: usize = 1_024;

/// What takes writes.
pub struct Writer {
    pool: Pool,
    notes: Notifier,
    /// What waits, of each company that has a task.
    queues: Mutex<HashMap<CompanyId, VecDeque<Waiting>>>,
}

struct Waiting {
    at: Time,
    commands: Arc<[Command]>,
    answer: oneshot::Sender<Result<Outcomes, Error>>,
}

/// Why a batch was not written.
struct Failed {
    error: Error,
    /// Whether it is certain that nothing was written and another connection may do better.
    may_try_again: bool,
}

impl Failed {
    fn finally(error: Error) -> Failed {
        Failed { error, may_try_again: false }
    }
}

impl Writer {
    pub fn new(pool: Pool, notes: Notifier) -> Writer {
        Writer { pool, notes, queues: Mutex::new(HashMap::new()) }
    }

    /// Decides on commands and stores what they lead to, with whatever else of the company waits.
    pub async fn write(
        self: &Arc<Self>,
        company: CompanyId,
        at: Time,
        commands: Arc<[Command]>,
    ) -> Result<Outcomes, Error> {
        let (answer, answered) = oneshot::channel();
        let waiting = Waiting { at, commands, answer };
        {
            let mut queues = lock(&self.queues);
            if let Some(queue) = queues.get_mut(&company) {
                if queue.len() >= WAITING_MAX {
                    return Err(Error::Unavailable("Too many writes are waiting.".into()));
                }
                queue.push_back(waiting);
            } else {
                queues.insert(company, VecDeque::from([waiting]));
                tokio::spawn(work(Arc::clone(self), company));
            }
        }
        answered.await.unwrap_or_else(|_| Err(Error::Unavailable("The store is being closed.".into())))
    }

    /// Takes entries in as they are.
    pub async fn restore(&self, company: CompanyId, told: Vec<JournalRecord>) -> Result<(), Error> {
        let connection = self.pool.get().await?;
        let restore = |batch: &mut Batch| batch.restore(told.clone());
        let done = transact(connection, company, &Needs::of_entries(&told), restore).await;
        self.notes.tell(company);
        done.map_err(|failed| failed.error)?
    }

    /// The next batch of a company; none if nothing waits, and then its task has to end.
    fn next(&self, company: CompanyId) -> Option<Vec<Waiting>> {
        let mut queues = lock(&self.queues);
        let queue = queues.get_mut(&company)?;
        if queue.is_empty() {
            queues.remove(&company);
            return None;
        }
        let mut commands = 0;
        let is_full = |waiting: &Waiting| {
            commands += waiting.commands.len();
            commands >= COMMANDS_MAX
        };
        let count = queue.iter().position(is_full).map_or(queue.len(), |last| last + 1);
        Some(queue.drain(..count).collect())
    }

    /// Writes a batch in one transaction.
    async fn batch(&self, company: CompanyId, batch: &[Waiting]) -> Result<Vec<Outcomes>, Error> {
        let needs = Needs::of_commands(batch.iter().flat_map(|waiting| &*waiting.commands));
        for attempt in 1.. {
            let connection = self.pool.get().await?;
            let mut is_changed = false;
            let decide = |loaded: &mut Batch| {
                let decided = batch.iter().map(|waiting| loaded.perform(&waiting.commands, waiting.at));
                let outcomes: Vec<Outcomes> = decided.collect();
                is_changed = !loaded.is_unchanged();
                Ok(outcomes)
            };
            match transact(connection, company, &needs, decide).await {
                Ok(outcomes) => {
                    if is_changed {
                        self.notes.tell(company);
                    }
                    return outcomes;
                }
                Err(Failed { may_try_again: true, error }) if attempt < TRIES_MAX => {
                    tracing::warn!(%error, "a connection broke before a batch was committed; trying another");
                }
                Err(Failed { error, .. }) => return Err(error),
            }
        }
        unreachable!("the last attempt returns")
    }
}

/// Writes what waits of a company until nothing does.
async fn work(writer: Arc<Writer>, company: CompanyId) {
    while let Some(batch) = writer.next(company) {
        write_and_answer(&writer, company, batch).await;
    }
}

async fn write_and_answer(writer: &Writer, company: CompanyId, batch: Vec<Waiting>) {
    // A panic in here would end the task, and with it all writing to the company.
    let written = AssertUnwindSafe(writer.batch(company, &batch)).catch_unwind().await;
    match written.unwrap_or_else(|_| Err(Error::Damaged("A rule failed on it.".into()))) {
        Ok(outcomes) => {
            for (waiting, outcomes) in batch.into_iter().zip(outcomes) {
                // Whoever asked may have gone; what was asked is done all the same.
                let _ = waiting.answer.send(Ok(outcomes));
            }
        }
        // One damaged record must not hold up those who wait with it.
        Err(Error::Damaged(_)) if batch.len() > 1 => {
            for waiting in batch {
                Box::pin(write_and_answer(writer, company, vec![waiting])).await;
            }
        }
        Err(error) => {
            if !matches!(error, Error::NoCompany) {
                tracing::error!(%error, writes = batch.len(), "a batch was not written");
            }
            for waiting in batch {
                let _ = waiting.answer.send(Err(error.again()));
            }
        }
    }
}

/// Loads what is needed of a company, lets it be decided, and commits what that has changed, while nobody else writes to
/// the company. What was decided to be an error changes nothing.
async fn transact<T>(
    connection: Connection,
    company: CompanyId,
    needs: &Needs<'_>,
    decide: impl FnOnce(&mut Batch) -> Result<T, Error>,
) -> Result<Result<T, Error>, Failed> {
    let mut transaction = Transaction::of(connection);
    let client = transaction.client();
    let before_commit = |error: Error| Failed { may_try_again: is_ended(client, &error), error };
    let Some(view) = load::begin(client, company, needs).await.map_err(before_commit)? else {
        return transaction.roll_back().await.map(|()| Err(Error::NoCompany)).map_err(Failed::finally);
    };
    let before = view.claims.clone();
    let mut batch = Batch::new(view);
    let decided = decide(&mut batch);
    if decided.is_err() || batch.is_unchanged() {
        return transaction.roll_back().await.map(|()| decided).map_err(Failed::finally);
    }
    let mut flight = Pipeline::of(client, load::company(company));
    append::add(&mut flight, &batch, &before).await.map_err(before_commit)?;
    // From here on a broken connection leaves open whether it was committed, unless the database said earlier that it ends.
    let committed = flight.send("COMMIT").await;
    let committed = committed.map_err(|error| Failed { may_try_again: is_said_to_end(&error), error })?;
    committed.map_err(Failed::finally)?;
    transaction.is_over();
    Ok(decided)
}
