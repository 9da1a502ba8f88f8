//! Imports that were begun in the app: those under way, and what came of the last ones.
//!
//! How far an import has come is in the journal. What is here is only what a page shows of it, and is gone with the server.

use std::fs::File;
use std::io::{self, Read as _, Seek as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use contact::{CompanyId, Time};
use files::{Field, Format, Options};
use hub::{BatchSizes, Company, ImportError, ImportFile, Importing, Kind, Report, identify};
use tempfile::NamedTempFile;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::App;

/// Most imports at once, of all companies, and as many files that are being sent.
const RUNNING_MAX: usize = 4;
/// Most imports that are kept to be looked at.
const KEPT_MAX: usize = 100;
/// Rows that are written at once. Every other write waits for no more than these.
const ROWS_AT_ONCE: usize = 500;
/// What is said where the log says more.
const NOT_YOURS: &str =
    "Something is wrong here, not with what you sent. What was taken in stays; the same file again goes on there.";
/// First bytes of a file that show its format.
const FIRST_BYTES: u64 = 4_096;

/// All of them.
pub struct Imports {
    jobs: Mutex<Jobs>,
    /// For files that are being sent: each may need as much room on the disk as a file may have.
    arriving: Arc<Semaphore>,
}

impl Default for Imports {
    fn default() -> Imports {
        Imports { jobs: Mutex::default(), arriving: Arc::new(Semaphore::new(RUNNING_MAX)) }
    }
}

#[derive(Default)]
struct Jobs {
    made: u64,
    jobs: Vec<Job>,
}

/// One import.
#[derive(Clone)]
pub struct Job {
    /// Which one.
    pub number: u64,
    /// How the file is taken in.
    pub upload: Upload,
    /// The file, as long as it may be asked for once more: until the company's next one.
    pub file: Option<Arc<NamedTempFile>>,
    /// When it was begun.
    pub started_at: Time,
    /// How large the file is.
    pub bytes: u64,
    /// How far it has come.
    pub state: State,
    /// Its report.
    pub report: Arc<NamedTempFile>,
    company: CompanyId,
}

/// How far an import has come.
#[derive(Clone)]
pub enum State {
    /// It goes on.
    Running(Importing),
    /// It is whole, or was stopped with the server.
    Ended(Importing),
    /// It cannot go on; a sentence says why.
    Failed(String),
}

/// How a file that was sent is taken in.
#[derive(Clone)]
pub struct Upload {
    /// What it is called.
    pub name: String,
    /// What columns are to be understood as.
    pub map: Vec<(String, Field)>,
    /// Whether to tell only what would happen.
    pub is_dry: bool,
    /// Whether to leave single values alone that were told before.
    pub fills: bool,
}

/// Why an import was not begun.
#[derive(Clone, Copy)]
pub enum Refused {
    /// One of the company's goes on.
    Running,
    /// Too many of other companies do.
    Busy,
}

impl Imports {
    fn held(&self) -> MutexGuard<'_, Jobs> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A company's, the last begun first.
    pub fn of(&self, company: CompanyId) -> Vec<Job> {
        self.held().jobs.iter().rev().filter(|job| job.company == company).cloned().collect()
    }

    /// One of a company's.
    pub fn find(&self, company: CompanyId, number: u64) -> Option<Job> {
        self.held().jobs.iter().find(|job| job.company == company && job.number == number).cloned()
    }

    /// Room for a file that is to be sent, if one of the company's may be taken in now.
    pub fn room(&self, company: CompanyId) -> Result<OwnedSemaphorePermit, Refused> {
        if self.held().jobs.iter().any(|job| job.company == company && matches!(job.state, State::Running(_))) {
            return Err(Refused::Running);
        }
        Arc::clone(&self.arriving).try_acquire_owned().map_err(|_| Refused::Busy)
    }

    fn begin(&self, company: CompanyId, job: impl FnOnce(u64) -> Job) -> Result<Job, Refused> {
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
        held.made += 1;
        let job = job(held.made);
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

impl App {
    /// Begins to import a file.
    pub(crate) fn begin_import(
        &self,
        company: &Company,
        upload: Upload,
        file: Arc<NamedTempFile>,
    ) -> io::Result<Result<Job, Refused>> {
        let report = Arc::new(NamedTempFile::new()?);
        let bytes = file.as_file().metadata()?.len();
        let begun = self.imports.begin(company.id, |number| Job {
            number,
            file: upload.is_dry.then(|| Arc::clone(&file)),
            upload,
            started_at: self.hub.now(),
            bytes,
            state: State::Running(Importing::default()),
            report,
            company: company.id,
        });
        if let Ok(job) = &begun {
            let (app, company, job) = (self.clone(), company.clone(), job.clone());
            tokio::spawn(async move {
                let (number, running) = (job.number, app.clone());
                // A panic in there must not leave an import that goes on for ever.
                let run = tokio::spawn(async move { running.run_import(&company, job, file).await });
                let state = match run.await {
                    Ok(Ok(done)) => State::Ended(done),
                    Ok(Err(error)) => State::Failed(said(&error)),
                    Err(error) => {
                        tracing::error!(%error, "an import failed");
                        State::Failed(NOT_YOURS.into())
                    }
                };
                app.imports.set(number, state);
            });
        }
        Ok(begun)
    }

    async fn run_import(
        &self,
        company: &Company,
        job: Job,
        file: Arc<NamedTempFile>,
    ) -> Result<Importing, ImportError> {
        let Job { number, upload, report, .. } = job;
        let settings = self.hub.settings(company.id).await?;
        let options = Options { region: company.region, settings, map: upload.map, ..Options::default() };
        let name = upload.name.clone();
        let looking = tokio::task::spawn_blocking(move || look(&file, &name, options));
        let (file, id, format, options) = looking.await.map_err(io::Error::other)??;
        let mut rehearsal = None;
        if upload.is_dry {
            rehearsal = Some(self.hub.rehearse(company.id).await?);
        }
        let hub = rehearsal.as_ref().unwrap_or(&self.hub);
        let mut report = Report::new(report.reopen()?)?;
        let pace =
            BatchSizes { rows_at_once: ROWS_AT_ONCE, rows_beside_server: ROWS_AT_ONCE, only_fill_gaps: upload.fills };
        let mut watch = |now: &Importing| {
            self.imports.set(number, State::Running(now.clone()));
            !*self.closing.borrow()
        };
        let file = ImportFile { id, name: upload.name, format, options, bytes: file };
        hub.import(company, file, pace, &mut report, &mut watch).await
    }
}

/// Why an import stopped, for whoever sent the file.
fn said(error: &ImportError) -> String {
    let is_ours = match error {
        ImportError::File(_) => false,
        ImportError::Report(_) => true,
        ImportError::Hub(error) => error.kind() == Kind::Internal,
    };
    tracing::warn!(%error, "an import stopped");
    if is_ours { NOT_YOURS.into() } else { error.to_string() }
}

/// What a file is. It is left at its beginning.
fn look(file: &NamedTempFile, name: &str, options: Options) -> io::Result<(File, contact::ImportId, Format, Options)> {
    let mut bytes = file.reopen()?;
    let mut first = Vec::new();
    (&bytes).take(FIRST_BYTES).read_to_end(&mut first)?;
    bytes.rewind()?;
    let format = Format::of_file_name(name).unwrap_or_else(|| Format::of_content(&first));
    let id = identify(&bytes, format, &options)?;
    bytes.rewind()?;
    Ok((bytes, id, format, options))
}
