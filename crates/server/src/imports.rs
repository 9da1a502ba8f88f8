//! The imports started in the app: those that run, and the results of recent ones.

mod run;

use std::sync::Arc;

use contact::CompanyId;
use files::Field;
use hub::Importing;
use tempfile::NamedTempFile;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::jobs::{Job, Jobs, RUNNING_MAX, Refused};

/// The imports of all companies.
pub struct Imports {
    pub jobs: Jobs<Import>,
    /// One permit for each upload, because each may take up the largest file size on disk.
    uploads: Arc<Semaphore>,
}

impl Default for Imports {
    fn default() -> Imports {
        Imports { jobs: Jobs::default(), uploads: Arc::new(Semaphore::new(RUNNING_MAX)) }
    }
}

/// An import in the app.
pub type ImportJob = Job<Import>;

/// What an import does.
#[derive(Clone)]
pub struct Import {
    /// How to import the file.
    pub upload: Upload,
    /// The file after a dry run, kept for the real import until the company's next upload.
    pub file: Option<Arc<NamedTempFile>>,
    /// The size of the file.
    pub bytes: u64,
    /// Its progress.
    pub progress: Importing,
    /// Its report, a line for each row.
    pub report: Arc<NamedTempFile>,
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

impl Imports {
    /// Reserves a slot for an upload, unless an import of the company runs.
    pub fn reserve_upload(&self, company: CompanyId) -> Result<OwnedSemaphorePermit, Refused> {
        if self.jobs.is_running(company) {
            return Err(Refused::Running);
        }
        Arc::clone(&self.uploads).try_acquire_owned().map_err(|_| Refused::Busy)
    }
}
