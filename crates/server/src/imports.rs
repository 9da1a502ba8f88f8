//! Imports that were begun in the app: those under way, and what came of the last ones.
//!
//! How far an import has come is in the journal. What is here is only what a page shows of it, and is gone with the server.

use std::fs::File;
use std::io::{self, Read as _, Seek as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use contact::{CompanyId, Time};
use files::{Field, Format, Options};
use hub::{Company, ImportError, ImportFile, Importing, Pace, Report, identify};
use tempfile::NamedTempFile;

use crate::App;

/// Most imports at once, of all companies.
const RUNNING_MAX: usize = 4;
/// Most imports that are kept to be looked at.
const KEPT_MAX: usize = 100;
/// Rows that are written at once. Every other write waits for no more than these.
const ROWS_AT_ONCE: usize = 500;
/// First bytes of a file that show its format.
const FIRST_BYTES: u64 = 4_096;

/// All of them.
#[derive(Default)]
pub struct Imports(Mutex<Jobs>);

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
    /// What was sent, and how it is taken in.
    pub upload: Upload,
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

/// A file that was sent.
#[derive(Clone)]
pub struct Upload {
    /// What it is called.
    pub name: String,
    /// Its bytes.
    pub file: Arc<NamedTempFile>,
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
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A company's, the last begun first.
    pub fn of(&self, company: CompanyId) -> Vec<Job> {
        self.held().jobs.iter().rev().filter(|job| job.company == company).cloned().collect()
    }

    /// One of a company's.
    pub fn find(&self, company: CompanyId, number: u64) -> Option<Job> {
        self.held().jobs.iter().find(|job| job.company == company && job.number == number).cloned()
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
    pub(crate) fn begin_import(&self, company: &Company, upload: Upload) -> io::Result<Result<Job, Refused>> {
        let report = Arc::new(NamedTempFile::new()?);
        let bytes = upload.file.as_file().metadata()?.len();
        let begun = self.imports.begin(company.id, |number| Job {
            number,
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
                let number = job.number;
                let state = match app.run_import(&company, job).await {
                    Ok(done) => State::Ended(done),
                    Err(error) => {
                        tracing::warn!(error = %error, "an import stopped");
                        State::Failed(error.to_string())
                    }
                };
                app.imports.set(number, state);
            });
        }
        Ok(begun)
    }

    async fn run_import(&self, company: &Company, job: Job) -> Result<Importing, ImportError> {
        let Job { number, upload, report, .. } = job;
        let directory = self.hub.directory(company.id).await?;
        let options = Options { region: company.region, directory, map: upload.map, ..Options::default() };
        let name = upload.name.clone();
        let looking = tokio::task::spawn_blocking(move || look(&upload.file, &name, options));
        let (file, id, format, options) = looking.await.map_err(io::Error::other)??;
        let scratch = tempfile::tempdir()?;
        let mut rehearsal = None;
        if upload.is_dry {
            rehearsal = Some(self.hub.rehearse(company.id, &scratch.path().join("kith.db")).await?);
        }
        let hub = rehearsal.as_ref().unwrap_or(&self.hub);
        let mut report = Report::new(report.reopen()?)?;
        let pace = Pace { rows_at_once: ROWS_AT_ONCE, yields: false, fills: upload.fills };
        let mut watch = |now: &Importing| {
            self.imports.set(number, State::Running(now.clone()));
            !*self.closing.borrow()
        };
        let file = ImportFile { id, name: upload.name, format, options, bytes: file };
        hub.import(company, file, pace, &mut report, &mut watch).await
    }
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
