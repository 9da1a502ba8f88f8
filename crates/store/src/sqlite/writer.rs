//! The one thread that writes, a batch at a time.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::{self, JoinHandle};

use contact::{Changes, Command, CompanyId, ContactId, Seq, Time, View};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};

use super::load;
use crate::{Error, Outcomes, record};

/// Most writes that wait. Past it the store says that it is busy.
const WAITING_MAX: usize = 16_384;
/// Most writes in a transaction.
const BATCH_MAX: usize = 1_024;

/// A queue to the thread that writes. Dropped, it waits until all that was taken is written.
pub struct Writer {
    queue: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

enum Job {
    Write(Waiting),
    /// Something rare, in a transaction of its own.
    Run(Box<dyn FnOnce(&mut Connection) + Send>),
}

struct Waiting {
    company: CompanyId,
    at: Time,
    commands: Vec<Command>,
    answer: oneshot::Sender<Result<Outcomes, Error>>,
}

impl Writer {
    pub fn start(connection: Connection) -> Result<Writer, Error> {
        let (queue, jobs) = mpsc::channel(WAITING_MAX);
        let runtime = Handle::try_current()
            .map_err(|_| Error::Unusable("A store is opened for writing within an asynchronous runtime.".into()))?;
        let thread = thread::Builder::new().name("kith-writer".into()).spawn(move || work(connection, jobs, &runtime));
        let thread = thread.map_err(|error| Error::Unusable(format!("No thread can be started: {error}.")))?;
        Ok(Writer { queue: Some(queue), thread: Some(thread) })
    }

    /// Decides on commands and stores what they lead to, with whatever else waits.
    pub async fn write(&self, company: CompanyId, at: Time, commands: Vec<Command>) -> Result<Outcomes, Error> {
        let (answer, answered) = oneshot::channel();
        self.send(Job::Write(Waiting { company, at, commands, answer }))?;
        answered.await.unwrap_or_else(|_| Err(interrupted()))
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

fn work(mut connection: Connection, mut jobs: mpsc::Receiver<Job>, runtime: &Handle) {
    let mut next = jobs.blocking_recv();
    while let Some(job) = next.take() {
        let mut batch = match job {
            Job::Run(run) => {
                run(&mut connection);
                next = jobs.blocking_recv();
                continue;
            }
            Job::Write(waiting) => vec![waiting],
        };
        while batch.len() < BATCH_MAX {
            match jobs.try_recv() {
                Ok(Job::Write(waiting)) => batch.push(waiting),
                Ok(run) => {
                    next = Some(run);
                    break;
                }
                Err(_) => break,
            }
        }
        write_and_answer(&mut connection, batch, runtime);
        if next.is_none() {
            next = jobs.blocking_recv();
        }
    }
}

fn write_and_answer(connection: &mut Connection, batch: Vec<Waiting>, runtime: &Handle) {
    match attempt(connection, &batch) {
        // One task answers them all: from this thread, each answer would wake the runtime anew.
        Ok(outcomes) => drop(runtime.spawn(async move {
            for (waiting, outcomes) in batch.into_iter().zip(outcomes) {
                let _ = waiting.answer.send(outcomes);
            }
        })),
        // One damaged record must not hold up those who wait with it.
        Err(Error::Damaged(_)) if batch.len() > 1 => {
            for waiting in batch {
                write_and_answer(connection, vec![waiting], runtime);
            }
        }
        Err(error) => {
            tracing::error!(error = %error, writes = batch.len(), "a batch was not written");
            for waiting in batch {
                let _ = waiting.answer.send(Err(again(&error)));
            }
        }
    }
}

/// The same error, for another who waited.
fn again(error: &Error) -> Error {
    match error {
        Error::Unavailable(reason) => Error::Unavailable(reason.clone()),
        Error::Unusable(reason) => Error::Unusable(reason.clone()),
        Error::Damaged(reason) => Error::Damaged(reason.clone()),
        Error::NoCompany => Error::NoCompany,
    }
}

fn attempt(connection: &mut Connection, batch: &[Waiting]) -> Result<Vec<Result<Outcomes, Error>>, Error> {
    // A panic in here would end the thread, and with it all writing. The transaction is rolled back.
    let written = catch_unwind(AssertUnwindSafe(|| in_transaction(connection, |connection| write(connection, batch))));
    written.unwrap_or_else(|_| Err(Error::Damaged("A rule failed on it.".into())))
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

fn write(connection: &Connection, batch: &[Waiting]) -> Result<Vec<Result<Outcomes, Error>>, Error> {
    let mut by_company: BTreeMap<CompanyId, Vec<usize>> = BTreeMap::new();
    for (place, waiting) in batch.iter().enumerate() {
        by_company.entry(waiting.company).or_default().push(place);
    }
    let mut answers: Vec<Result<Outcomes, Error>> = batch.iter().map(|_| Err(Error::NoCompany)).collect();
    for (company, places) in by_company {
        let Some(mut view) = head(connection, company)? else { continue };
        load::touched(connection, &mut view, places.iter().flat_map(|place| &batch[*place].commands))?;
        let mut changes = Changes::default();
        for place in places {
            let Waiting { at, commands, .. } = &batch[place];
            let perform = |command| {
                let performed = view.perform(command, *at)?;
                changes.add(performed.changes);
                Ok(performed.outcome)
            };
            answers[place] = Ok(commands.iter().map(perform).collect());
        }
        store(connection, &view, &changes)?;
    }
    Ok(answers)
}

/// A view with nothing loaded yet but where the journal ends.
fn head(connection: &Connection, company: CompanyId) -> Result<Option<View>, Error> {
    let mut statement = connection.prepare_cached("SELECT entries, contacts_made FROM company WHERE company = ?1")?;
    let head =
        |row: &rusqlite::Row| Ok(View { head: Seq(row.get(0)?), contacts_made: row.get(1)?, ..View::new(company) });
    Ok(statement.query_row([company.number()], head).optional()?)
}

/// Appends to the journal and brings the views along.
fn store(connection: &Connection, view: &View, changes: &Changes) -> Result<(), Error> {
    if changes.entries.is_empty() {
        return Ok(());
    }
    let company = view.company.number();
    let mut append =
        connection.prepare_cached("INSERT INTO journal (company, seq, at, body) VALUES (?1, ?2, ?3, ?4)")?;
    for entry in &changes.entries {
        append.execute(params![company, entry.seq.0, entry.at.millis(), record::from_entry(entry)])?;
    }
    let mut put_contact = connection.prepare_cached(
        "INSERT INTO contact (company, contact, changed, merged_into, merge, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT DO UPDATE SET changed = excluded.changed, merged_into = excluded.merged_into,
             merge = excluded.merge, body = excluded.body",
    )?;
    for member in changes.members.iter().filter_map(|id| view.members.get(id)) {
        let merged_into = member.merged_into.map(|merged| merged.contact.number());
        let merge = member.merged_into.map(|merged| merged.merge.0);
        let body = record::from_member(member);
        put_contact.execute(params![company, member.id.number(), member.changed.0, merged_into, merge, body])?;
    }
    let mut put_handle = connection.prepare_cached(
        "INSERT INTO handle (company, source, key, home, shared) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT DO UPDATE SET home = excluded.home, shared = excluded.shared",
    )?;
    let mut delete_handle =
        connection.prepare_cached("DELETE FROM handle WHERE company = ?1 AND source = ?2 AND key = ?3")?;
    for handle in &changes.claims {
        let (source, key) = (handle.source().name(), handle.as_str());
        match view.claims.get(handle) {
            Some(claim) => {
                put_handle.execute(params![company, source, key, claim.home.map(ContactId::number), claim.shared])?
            }
            None => delete_handle.execute(params![company, source, key])?,
        };
    }
    let mut end =
        connection.prepare_cached("UPDATE company SET entries = ?2, contacts_made = ?3 WHERE company = ?1")?;
    end.execute(params![company, view.head.0, view.contacts_made])?;
    Ok(())
}
