//! Jobs that companies start and that run in the background: those that run, and the results of recent ones.
//!
//! What a job has done is in the journal. This is only its progress, and is lost when the server stops. The same job started
//! again then does the rest.

use std::fmt::Display;
use std::sync::{Mutex, MutexGuard, PoisonError};

use contact::{CompanyId, Time};
use tokio::sync::watch;

use crate::shares::{self, Holder, Limits, Share, Shares};

/// Most jobs of one kind that run at once, of all companies. A company has at most one.
pub const RUNNING_MAX: u32 = 4;
/// Most jobs of one kind that are kept.
const KEPT_MAX: usize = 100;

/// The jobs of one kind, of all companies.
pub struct Jobs<T> {
    kept: Mutex<Kept<T>>,
    /// Those that run.
    pub running: Shares,
}

struct Kept<T> {
    started: u64,
    jobs: Vec<Job<T>>,
}

/// One job.
#[derive(Clone)]
pub struct Job<T> {
    /// Counts the jobs of its kind on this server, from 1.
    pub number: u64,
    /// When it was started.
    pub started_at: Time,
    /// How it stands.
    pub state: State,
    /// What it does, and its progress.
    pub work: T,
    company: CompanyId,
}

/// How a job stands.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum State {
    /// It runs, or waits to run.
    #[default]
    Running,
    /// All is done.
    Done,
    /// It stopped with the server.
    Stopped,
    /// It failed, with the reason as a sentence.
    Failed(String),
}

/// Why a job was not started.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refused {
    /// Another job of the company runs.
    Running,
    /// Other companies use all the slots.
    Busy(shares::Refused),
}

impl<T: Clone> Jobs<T> {
    /// Creates the jobs of a kind, which is `what` they are called in the plural.
    pub fn new(what: &'static str) -> Jobs<T> {
        let running = Limits { what, total: RUNNING_MAX, company: 1, address: 0, reserve: 0, little: 0 };
        Jobs { kept: Mutex::new(Kept { started: 0, jobs: Vec::new() }), running: Shares::new(running) }
    }

    fn kept(&self) -> MutexGuard<'_, Kept<T>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the jobs of a company, the newest first.
    pub fn of(&self, company: CompanyId) -> Vec<Job<T>> {
        self.kept().jobs.iter().rev().filter(|job| job.company == company).cloned().collect()
    }

    /// Returns a job of a company.
    pub fn find(&self, company: CompanyId, number: u64) -> Option<Job<T>> {
        self.kept().jobs.iter().find(|job| job.company == company && job.number == number).cloned()
    }

    /// Whether a job of a company runs.
    pub fn is_running(&self, company: CompanyId) -> bool {
        self.kept().jobs.iter().any(|job| job.company == company && job.state == State::Running)
    }

    /// Adds a job that runs as long as its share is held.
    pub fn add(&self, company: CompanyId, started_at: Time, work: T) -> Result<(Job<T>, Share), Refused> {
        if self.is_running(company) {
            return Err(Refused::Running);
        }
        let share = self.running.take(Holder::Company(company), 1).map_err(|refused| {
            // One of the company began a moment ago, or ends in a moment.
            if refused.is_own() { Refused::Running } else { Refused::Busy(refused) }
        })?;
        let mut kept = self.kept();
        kept.started += 1;
        let job = Job { number: kept.started, started_at, state: State::Running, work, company };
        if kept.jobs.len() >= KEPT_MAX {
            let oldest = kept.jobs.iter().position(|job| job.state != State::Running);
            oldest.map(|oldest| kept.jobs.remove(oldest));
        }
        kept.jobs.push(job.clone());
        Ok((job, share))
    }

    /// Changes a job, if it is still kept.
    pub fn change(&self, number: u64, change: impl FnOnce(&mut Job<T>)) {
        self.kept().jobs.iter_mut().find(|job| job.number == number).map(change);
    }
}

/// What a kind of jobs says when the server is at fault.
pub struct OurFault<E> {
    /// What such a job does, for the log: `an import`.
    pub job: &'static str,
    /// The message for the person who started it. The log has the error.
    pub message: &'static str,
    /// Whether the server is at fault for an error.
    pub is_ours: fn(&E) -> bool,
}

/// Runs a job to its end, and returns how it ended.
pub async fn end_of<T, E>(
    job: impl Future<Output = Result<T, E>> + Send + 'static,
    closing: &watch::Receiver<bool>,
    our_fault: OurFault<E>,
) -> State
where
    T: Send + 'static,
    E: Display + Send + 'static,
{
    let OurFault { job: what, message, is_ours } = our_fault;
    // A panic in the job must not leave it marked as running for ever.
    match tokio::spawn(job).await {
        Ok(Ok(_)) if *closing.borrow() => State::Stopped,
        Ok(Ok(_)) => State::Done,
        Ok(Err(error)) => {
            tracing::warn!(%error, job = what, "a job stopped");
            State::Failed(if is_ours(&error) { message.into() } else { error.to_string() })
        }
        Err(error) => {
            tracing::error!(%error, job = what, "a job failed");
            State::Failed(message.into())
        }
    }
}
