//! Groups the contacts of companies by new guards, in the background: the latest run of each company.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use contact::{CompanyId, Origin};
use hub::{Error, Hub, Kind, Regrouping};
use tokio::sync::{Semaphore, watch};

use crate::jobs::{OurFault, RUNNING_MAX, State, end_of};

/// The latest run of each company. A newer one replaces one that runs, unlike other jobs.
pub struct Regroups {
    runs: Mutex<BTreeMap<CompanyId, Run>>,
    /// One permit for each run of another company that may go on. The others wait.
    slots: Semaphore,
}

/// One run.
#[derive(Clone, Default)]
pub struct Run {
    /// Its progress.
    pub progress: Regrouping,
    /// How it stands.
    pub state: State,
    /// Counts the runs of the company.
    number: u64,
}

impl Default for Regroups {
    fn default() -> Regroups {
        Regroups { runs: Mutex::default(), slots: Semaphore::new(RUNNING_MAX as usize) }
    }
}

impl Regroups {
    fn held(&self) -> MutexGuard<'_, BTreeMap<CompanyId, Run>> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the latest run of a company.
    pub fn latest(&self, company: CompanyId) -> Option<Run> {
        self.held().get(&company).cloned()
    }

    /// Groups the contacts of a company by its guards. An earlier run stops, and so does each when the server is closing.
    pub fn start(self: &Arc<Self>, hub: Arc<Hub>, closing: watch::Receiver<bool>, company: CompanyId, by: Origin) {
        let (regroups, running, number) = (Arc::clone(self), Arc::clone(self), self.add(company));
        let is_closing = closing.clone();
        let work = async move {
            let _slot = running.slots.acquire().await;
            let mut watch = |progress: &Regrouping| {
                running.change(company, number, |run| run.progress = *progress) && !*is_closing.borrow()
            };
            hub.regroup(company, by, &mut watch).await
        };
        tokio::spawn(async move {
            let our_fault = OurFault {
                job: "grouping contacts",
                message: "This is a fault of the server. Save the guards again to group the other contacts.",
                is_ours: |error: &Error| error.kind() == Kind::Internal,
            };
            let state = end_of(work, &closing, our_fault).await;
            regroups.change(company, number, |run| run.state = state);
        });
    }

    /// Adds another run of a company, and returns its number.
    fn add(&self, company: CompanyId) -> u64 {
        let mut held = self.held();
        let run = held.entry(company).or_default();
        *run = Run { number: run.number + 1, ..Run::default() };
        run.number
    }

    /// Changes a run. Returns whether it is still the latest.
    fn change(&self, company: CompanyId, number: u64, change: impl FnOnce(&mut Run)) -> bool {
        let mut held = self.held();
        let run = held.get_mut(&company).filter(|run| run.number == number);
        run.map(change).is_some()
    }
}
