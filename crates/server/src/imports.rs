//! The imports started in the app: those that run, and the results of recent ones.
//!
//! The progress of an import is in the journal. This is only what pages show of it, and is lost when the server stops.

mod run;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use contact::{CompanyId, Time};
use files::Field;
use hub::Importing;
use tempfile::NamedTempFile;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Most imports that run at once, of all companies. As many files may be uploading.
const RUNNING_MAX: usize = 4;
/// Most imports whose results are kept.
const KEPT_MAX: usize = 100;

/// The imports of all companies.
pub struct Imports {
    jobs: Mutex<Jobs>,
    /// One permit for each upload, because each may take up the largest file size on disk.
    uploads: Arc<Semaphore>,
}

impl Default for Imports {
    fn default() -> Imports {
        Imports { jobs: Mutex::default(), uploads: Arc::new(Semaphore::new(RUNNING_MAX)) }
    }
}

#[derive(Default)]
struct Jobs {
    started: u64,
    jobs: Vec<Job>,
}

/// One import.
#[derive(Clone)]
pub struct Job {
    /// Counts the imports of this server, from 1.
    pub number: u64,
    /// How to import the file.
    pub upload: Upload,
    /// The file after a dry run, kept for the real import until the company's next upload.
    pub file: Option<Arc<NamedTempFile>>,
    /// When it was started.
    pub started_at: Time,
    /// The size of the file.
    pub bytes: u64,
    /// Its progress.
    pub state: State,
    /// Its report, a line for each row.
    pub report: Arc<NamedTempFile>,
    company: CompanyId,
}

/// The progress of an import.
#[derive(Clone)]
pub enum State {
    /// It runs.
    Running(Importing),
    /// It is complete, or stopped with the server.
    Ended(Importing),
    /// It failed, with the reason as a sentence.
    Failed(String),
}

/// An uploaded file's name and import options.
#[derive(Clone)]
pub struct Upload {
    /// The name of the file.
    pub name: String,
    /// Which field each renamed column holds.
    pub map: Vec<(String, Field)>,
    /// Whether to report what would happen, and change nothing.
    pub is_dry: bool,
    /// Whether to keep single values that contacts already have.
    pub only_fill_gaps: bool,
}

/// Why an import was not started.
#[derive(Clone, Copy)]
pub enum Refused {
    /// Another import of the company runs.
    Running,
    /// Other companies use all the slots.
    Busy,
}

impl Imports {
    fn held(&self) -> MutexGuard<'_, Jobs> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the imports of a company, the newest first.
    pub fn of(&self, company: CompanyId) -> Vec<Job> {
        self.held().jobs.iter().rev().filter(|job| job.company == company).cloned().collect()
    }

    /// Returns an import of a company.
    pub fn find(&self, company: CompanyId, number: u64) -> Option<Job> {
        self.held().jobs.iter().find(|job| job.company == company && job.number == number).cloned()
    }

    /// Reserves a slot for an upload, unless an import of the company runs.
    pub fn reserve_upload(&self, company: CompanyId) -> Result<OwnedSemaphorePermit, Refused> {
        if self.held().jobs.iter().any(|job| job.company == company && matches!(job.state, State::Running(_))) {
            return Err(Refused::Running);
        }
        Arc::clone(&self.uploads).try_acquire_owned().map_err(|_| Refused::Busy)
    }

    fn start(&self, company: CompanyId, job: impl FnOnce(u64) -> Job) -> Result<Job, Refused> {
        let mut held = self.held();
        let running = || held.jobs.iter().filter(|job| matches!(job.state, State::Running(_)));
        if running().any(|job| job.company == company) {
            return Err(Refused::Running);
        }
        if running().count() >= RUNNING_MAX {
            return Err(Refused::Busy);
        }
        for earlier in held.jobs.iter_mut().filter(|job| job.company == company) {
            earlier.file = None;
        }
        held.started += 1;
        let job = job(held.started);
        if held.jobs.len() >= KEPT_MAX {
            let oldest = held.jobs.iter().position(|job| !matches!(job.state, State::Running(_)));
            oldest.map(|oldest| held.jobs.remove(oldest));
        }
        held.jobs.push(job.clone());
        Ok(job)
    }

    fn set(&self, number: u64, state: State) {
        if let Some(job) = self.held().jobs.iter_mut().find(|job| job.number == number) {
            job.state = state;
        }
    }
}
