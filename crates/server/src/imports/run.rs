//! Runs an import in the background.

use std::io::{self, Seek as _};
use std::sync::Arc;

use hub::{Company, ImportError, ImportFile, ImportMode, Importing, Kind, Report, identify};
use tempfile::NamedTempFile;

use super::{Import, ImportJob, Upload};
use crate::App;
use crate::jobs::{Job, OurFault, Refused, end_of};

/// Most rows per write, few so that imports take little memory.
const ROWS_AT_ONCE: usize = 2_000;

impl App {
    /// Starts to import a file.
    pub(crate) fn start_import(
        &self,
        company: &Company,
        upload: Upload,
        is_dry: bool,
        file: Arc<NamedTempFile>,
    ) -> io::Result<Result<ImportJob, Refused>> {
        let report = Arc::new(NamedTempFile::new()?);
        let bytes = file.as_file().metadata()?.len();
        let import = Import { id: None, upload, is_dry, bytes, progress: Importing::default(), report };
        let (job, share) = match self.imports.jobs.add(company.id, self.hub.now(), import) {
            Ok(started) => started,
            Err(refused) => return Ok(Err(refused)),
        };
        let number = job.number;
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
            // Whoever sees that it ended can start the next one.
            drop(share);
            app.imports.jobs.change(number, |job| job.state = state);
        });
        Ok(Ok(job))
    }

    async fn run_import(
        &self,
        company: &Company,
        job: ImportJob,
        file: Arc<NamedTempFile>,
    ) -> Result<Importing, ImportError> {
        let Job { number, work: Import { upload, is_dry, report, .. }, .. } = job;
        let mut options = self.options_of(company, &upload).await?;
        let (format, reading) = (upload.format, options.clone());
        let identifying = tokio::task::spawn_blocking(move || {
            let mut bytes = file.reopen()?;
            let id = identify(&bytes, format, &reading)?;
            bytes.rewind()?;
            io::Result::Ok((bytes, id))
        });
        let (file, id) = identifying.await.map_err(io::Error::other)??;
        self.imports.jobs.change(number, |job| job.work.id = Some(id));
        let mut rehearsal = None;
        if is_dry {
            rehearsal = Some(self.hub.rehearse(company.id).await?);
        }
        let hub = rehearsal.as_ref().unwrap_or(&self.hub);
        hub.make_chosen_fields(company.id, &mut options).await?;
        let mut report = Report::new(report.reopen()?)?;
        let mut watch = |now: &Importing| {
            self.imports.jobs.change(number, |job| job.work.progress = now.clone());
            !*self.closing.borrow()
        };
        let (name, only_fill_gaps) = (upload.name, upload.only_fill_gaps);
        let file = ImportFile { id, name, format, options, bytes: file, withdraw: Vec::new() };
        let mode = ImportMode { rows_at_once: ROWS_AT_ONCE, only_fill_gaps };
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
