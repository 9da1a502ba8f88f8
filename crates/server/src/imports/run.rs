//! Runs an import in the background.

use std::fs::File;
use std::io::{self, Read as _, Seek as _};
use std::sync::Arc;

use files::{Format, Options};
use hub::{BatchSizes, Company, ImportError, ImportFile, Importing, Kind, Report, identify};
use tempfile::NamedTempFile;

use super::{Job, Refused, State, Upload};
use crate::App;

/// Rows that are written in one transaction. Other writes wait for at most this many.
const ROWS_AT_ONCE: usize = 500;
/// The message for errors of this server, which are in the log.
const OUR_FAULT: &str =
    "This is a fault of the server, not of your file. Imported rows stay; import the same file again to continue.";
/// First bytes of a file, from which its format is recognized.
const FIRST_BYTES: u64 = 4_096;

impl App {
    /// Starts to import a file.
    pub(crate) fn start_import(
        &self,
        company: &Company,
        upload: Upload,
        file: Arc<NamedTempFile>,
    ) -> io::Result<Result<Job, Refused>> {
        let report = Arc::new(NamedTempFile::new()?);
        let bytes = file.as_file().metadata()?.len();
        let started = self.imports.start(company.id, |number| Job {
            number,
            file: upload.is_dry.then(|| Arc::clone(&file)),
            upload,
            started_at: self.hub.now(),
            bytes,
            state: State::Running(Importing::default()),
            report,
            company: company.id,
        });
        if let Ok(job) = &started {
            let (app, company, job) = (self.clone(), company.clone(), job.clone());
            tokio::spawn(async move {
                let (number, running) = (job.number, app.clone());
                // A panic in the import must not leave it marked as running for ever.
                let run = tokio::spawn(async move { running.run_import(&company, job, file).await });
                let state = match run.await {
                    Ok(Ok(done)) => State::Ended(done),
                    Ok(Err(error)) => State::Failed(reason(&error)),
                    Err(error) => {
                        tracing::error!(%error, "an import failed");
                        State::Failed(OUR_FAULT.into())
                    }
                };
                app.imports.set(number, state);
            });
        }
        Ok(started)
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
        let inspecting = tokio::task::spawn_blocking(move || inspect(&file, &name, options));
        let (file, id, format, options) = inspecting.await.map_err(io::Error::other)??;
        let mut rehearsal = None;
        if upload.is_dry {
            rehearsal = Some(self.hub.rehearse(company.id).await?);
        }
        let hub = rehearsal.as_ref().unwrap_or(&self.hub);
        let mut report = Report::new(report.reopen()?)?;
        let sizes = BatchSizes {
            rows_at_once: ROWS_AT_ONCE,
            rows_beside_server: ROWS_AT_ONCE,
            only_fill_gaps: upload.only_fill_gaps,
        };
        let mut watch = |now: &Importing| {
            self.imports.set(number, State::Running(now.clone()));
            !*self.closing.borrow()
        };
        let file = ImportFile { id, name: upload.name, format, options, bytes: file, withdraw: Vec::new() };
        hub.import(company, file, sizes, &mut report, &mut watch).await
    }
}

/// Returns why an import stopped, for the person who uploaded the file.
fn reason(error: &ImportError) -> String {
    let is_our_fault = match error {
        ImportError::File(_) | ImportError::UnreadableRow(_) => false,
        ImportError::Report(_) => true,
        ImportError::Hub(error) => error.kind() == Kind::Internal,
    };
    tracing::warn!(%error, "an import stopped");
    if is_our_fault { OUR_FAULT.into() } else { error.to_string() }
}

/// Recognizes the format of a file, and rewinds it.
fn inspect(
    file: &NamedTempFile,
    name: &str,
    options: Options,
) -> io::Result<(File, contact::ImportId, Format, Options)> {
    let mut bytes = file.reopen()?;
    let mut first = Vec::new();
    (&bytes).take(FIRST_BYTES).read_to_end(&mut first)?;
    bytes.rewind()?;
    let format = Format::of_file_name(name).unwrap_or_else(|| Format::of_content(&first));
    let id = identify(&bytes, format, &options)?;
    bytes.rewind()?;
    Ok((bytes, id, format, options))
}
