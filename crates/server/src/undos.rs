//! The jobs that take back the joins of an import or a token: those that run, and the results of recent ones.
//!
//! What a job has done is in the journal. This is only its progress, and is lost when the server stops. The same job started
//! again then does the rest.

use std::sync::{Mutex, MutexGuard, PoisonError};

use contact::{CompanyId, Origin, Time};
use hub::{Error, JoinedBy, Kind, Undo};

use crate::App;

/// Most jobs that run at once, of all companies. A company has at most one.
const RUNNING_MAX: usize = 4;
/// Most jobs that are kept.
const KEPT_MAX: usize = 100;
/// The message for errors of this server, which are in the log.
const OUR_FAULT: &str =
    "This is a fault of the server. What was split stays split; start the same job again to continue.";

/// The jobs of all companies.
#[derive(Default)]
pub struct Undos(Mutex<Jobs>);

#[derive(Default)]
struct Jobs {
    started: u64,
    jobs: Vec<Job>,
}

/// One job.
#[derive(Clone)]
pub struct Job {
    /// Counts the jobs of this server, from 1.
    pub number: u64,
    /// Whether it only counts.
    pub is_dry: bool,
    /// When it was started.
    pub started_at: Time,
    /// Its progress.
    pub progress: Undo,
    /// How it stands.
    pub state: State,
    company: CompanyId,
}

/// How a job stands.
#[derive(Clone, PartialEq, Eq)]
pub enum State {
    Running,
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
    Busy,
}

impl Undos {
    fn held(&self) -> MutexGuard<'_, Jobs> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns a job of a company.
    pub fn find(&self, company: CompanyId, number: u64) -> Option<Job> {
        self.held().jobs.iter().find(|job| job.company == company && job.number == number).cloned()
    }

    fn start(&self, company: CompanyId, is_dry: bool, started_at: Time) -> Result<Job, Refused> {
        let mut held = self.held();
        let running = || held.jobs.iter().filter(|job| job.state == State::Running);
        if running().any(|job| job.company == company) {
            return Err(Refused::Running);
        }
        if running().count() >= RUNNING_MAX {
            return Err(Refused::Busy);
        }
        held.started += 1;
        let (number, progress) = (held.started, Undo::default());
        let job = Job { number, is_dry, started_at, progress, state: State::Running, company };
        if held.jobs.len() >= KEPT_MAX {
            let oldest = held.jobs.iter().position(|job| job.state != State::Running);
            oldest.map(|oldest| held.jobs.remove(oldest));
        }
        held.jobs.push(job.clone());
        Ok(job)
    }

    fn change(&self, number: u64, change: impl FnOnce(&mut Job)) {
        self.held().jobs.iter_mut().find(|job| job.number == number).map(change);
    }
}

impl App {
    /// Starts to take back joins in the background.
    pub(crate) fn start_undo(
        &self,
        company: CompanyId,
        of: JoinedBy,
        by: Origin,
        is_dry: bool,
    ) -> Result<Job, Refused> {
        let job = self.undos.start(company, is_dry, self.hub.now())?;
        let (app, number) = (self.clone(), job.number);
        tokio::spawn(async move {
            let running = app.clone();
            // A panic in the job must not leave it marked as running for ever.
            let run = tokio::spawn(async move {
                let mut watch = |progress: &Undo| {
                    running.undos.change(number, |job| job.progress = *progress);
                    !*running.closing.borrow()
                };
                running.hub.undo(company, of, by, is_dry, &mut watch).await
            });
            let state = match run.await {
                Ok(Ok(_)) if *app.closing.borrow() => State::Stopped,
                Ok(Ok(_)) => State::Done,
                Ok(Err(error)) => State::Failed(reason(&error)),
                Err(error) => {
                    tracing::error!(%error, "taking back joins failed");
                    State::Failed(OUR_FAULT.into())
                }
            };
            app.undos.change(number, |job| job.state = state);
        });
        Ok(job)
    }
}

fn reason(error: &Error) -> String {
    tracing::warn!(%error, "taking back joins stopped");
    if error.kind() == Kind::Internal { OUR_FAULT.into() } else { error.to_string() }
}
