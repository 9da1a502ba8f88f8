//! Takes back what an import or a token did, in the background.

use contact::{CompanyId, Origin};
use hub::{Error, Kind, Undo, UndoRequest};

use crate::App;
use crate::jobs::{Job, OurFault, Refused, end_of};

/// A job that takes something back.
#[derive(Clone)]
pub struct Undoing {
    /// What it takes back.
    pub request: UndoRequest,
    /// Its progress.
    pub progress: Undo,
}

impl App {
    /// Starts to take something back.
    pub(crate) fn start_undo(
        &self,
        company: CompanyId,
        request: UndoRequest,
        by: Origin,
    ) -> Result<Job<Undoing>, Refused> {
        let (job, share) = self.undos.add(company, self.hub.now(), Undoing { request, progress: Undo::default() })?;
        let (app, running, number) = (self.clone(), self.clone(), job.number);
        let work = async move {
            let mut watch = |progress: &Undo| {
                running.undos.change(number, |job| job.work.progress = *progress);
                !*running.closing.borrow()
            };
            running.hub.undo(company, request, by, &mut watch).await
        };
        tokio::spawn(async move {
            let our_fault = OurFault {
                job: "taking back reports",
                message: "This is a fault of the server. What was taken back stays so; start the same job again to continue.",
                is_ours: |error: &Error| error.kind() == Kind::Internal,
            };
            let state = end_of(work, &app.closing.subscribe(), our_fault).await;
            // Whoever sees that it ended can start the next one.
            drop(share);
            app.undos.change(number, |job| job.state = state);
        });
        Ok(job)
    }
}
