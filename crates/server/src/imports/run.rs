//! Runs an import in the background.

use std::fs::File;
use std::io::{self, Read as _, Seek as _};
use std::sync::Arc;

use files::{Format, Options};
use hub::{Company, ImportError, ImportFile, ImportMode, Importing, Kind, Report, identify};
use tempfile::NamedTempFile;

use super::{Import, ImportJob, Upload};
use crate::App;
use crate::jobs::{Job, OurFault, Refused, end_of};

/// Most rows per write, few so that imports take little memory.
const ROWS_AT_ONCE: usize = 2_000;
/// First bytes of a file, from which its format is recognized.
const FIRST_BYTES: u64 = 4_096;

impl App {
    /// Starts to import a file.
    pub(crate) fn start_import(
        &self,
        company: &Company,
        upload: Upload,
        file: Arc<NamedTempFile>,
    ) -> io::Result<Result<ImportJob, Refused>> {
        let report = Arc::new(NamedTempFile::new()?);
        let bytes = file.as_file().metadata()?.len();
        let kept = upload.is_dry.then(|| Arc::clone(&file));
        let import = Import { upload, file: kept, bytes, progress: Importing::default(), report };
        let (job, share) = match self.imports.jobs.add(company.id, self.hub.now(), import) {
            Ok(started) => started,
            Err(refused) => return Ok(Err(refused)),
        };
        let number = job.number;
        self.imports.jobs.change_all(company.id, |job| {
            if job.number != number {
                job.work.file = None;
            }
        });
        let (app, running, company, started) = (self.clone(), self.clone(), company.clone(), job.clone());
        let work = async move { running.run_import(&company, started, file).await };
        tokio::spawn(async move {
            let our_fault = OurFault {
                job: "an import",
                message: "This is a fault of the server, not of your file. Imported rows stay; import the same file \
                          again to continue.",
                is_ours: is_our_fault,
            };
            let state = end_of(work, &app.closing.subscribe(), our_fault).await;
            app.imports.jobs.change(number, |job| job.state = state);
            drop(share);
        });
        Ok(Ok(job))
    }

    async fn run_import(
        &self,
        company: &Company,
        job: ImportJob,
        file: Arc<NamedTempFile>,
    ) -> Result<Importing, ImportError> {
        let Job { number, work: Import { upload, report, .. }, .. } = job;
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
        let mode = ImportMode { rows_at_once: ROWS_AT_ONCE, only_fill_gaps: upload.only_fill_gaps };
        let mut watch = |now: &Importing| {
            self.imports.jobs.change(number, |job| job.work.progress = now.clone());
            !*self.closing.borrow()
        };
        let file = ImportFile { id, name: upload.name, format, options, bytes: file, withdraw: Vec::new() };
        hub.import(company, file, mode, &mut report, &mut watch).await
    }
}

fn is_our_fault(error: &ImportError) -> bool {
    match error {
        ImportError::File(_) | ImportError::UnreadableRow(_) => false,
        ImportError::Report(_) => true,
        ImportError::Hub(error) => error.kind() == Kind::Internal,
    }
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
