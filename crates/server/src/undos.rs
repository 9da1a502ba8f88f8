//! Takes back the joins of an import or a token, in the background.

use contact::{CompanyId, Origin};
use hub::{Error, JoinedBy, Kind, Undo};

use crate::App;
use crate::jobs::{Job, OurFault, Refused, end_of};

/// A job that takes back joins.
#[derive(Clone)]
pub struct Undoing {
    /// Whether it only counts.
    pub is_dry: bool,
    /// Its progress.
    pub progress: Undo,
}

impl App {
    /// Starts to take back joins.
    pub(crate) fn start_undo(
        &self,
        company: CompanyId,
        of: JoinedBy,
        by: Origin,
        is_dry: bool,
    ) -> Result<Job<Undoing>, Refused> {
        let (job, share) = self.undos.add(company, self.hub.now(), Undoing { is_dry, progress: Undo::default() })?;
        let (app, running, number) = (self.clone(), self.clone(), job.number);
        let work = async move {
            let mut watch = |progress: &Undo| {
                running.undos.change(number, |job| job.work.progress = *progress);
                !*running.closing.borrow()
            };
            running.hub.undo(company, of, by, is_dry, &mut watch).await
        };
        tokio::spawn(async move {
            let our_fault = OurFault {
                job: "taking back joins",
                message: "This is a fault of the server. What was split stays split; start the same job again to continue.",
                is_ours: |error: &Error| error.kind() == Kind::Internal,
            };
            let state = end_of(work, &app.closing.subscribe(), our_fault).await;
            app.undos.change(number, |job| job.state = state);
            drop(share);
        });
        Ok(job)
    }
}
