//! Grouping contacts by new guards in the background: the latest run of each company.
//!
//! What a run has done is in the journal. This is only its progress, and is lost when the server stops. Another run then does
//! the rest.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use contact::{CompanyId, Origin};
use hub::{Error, Hub, Kind, Regrouping};
use tokio::sync::{Semaphore, watch};

/// Most runs at once, of all companies. Others wait.
const RUNNING_MAX: usize = 4;
/// The message for errors of this server, which are in the log.
const OUR_FAULT: &str = "This is a fault of the server. Save the guards again to group the other contacts.";

/// The latest run of each company.
pub struct Regroups {
    runs: Mutex<BTreeMap<CompanyId, Run>>,
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

/// How a run stands.
#[derive(Clone, PartialEq, Eq, Default)]
pub enum State {
    #[default]
    Running,
    /// All contacts are grouped.
    Done,
    /// It stopped with the server.
    Stopped,
    /// It failed, with the reason as a sentence.
    Failed(String),
}

impl Default for Regroups {
    fn default() -> Regroups {
        Regroups { runs: Mutex::default(), slots: Semaphore::new(RUNNING_MAX) }
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

    /// Groups the contacts of a company by its guards, in the background. An earlier run stops, and so does each when the
    /// server is closing.
    pub fn start(self: &Arc<Self>, hub: Arc<Hub>, closing: watch::Receiver<bool>, company: CompanyId, by: Origin) {
        let (regroups, number) = (Arc::clone(self), self.add(company));
        tokio::spawn(async move {
            let (running, is_closing) = (Arc::clone(&regroups), closing.clone());
            // A panic in the run must not leave it marked as running for ever.
            let run = tokio::spawn(async move {
                let _slot = running.slots.acquire().await;
                let mut watch = |progress: &Regrouping| {
                    running.change(company, number, |run| run.progress = *progress) && !*is_closing.borrow()
                };
                hub.regroup(company, by, &mut watch).await
            });
            let state = match run.await {
                Ok(Ok(_)) if *closing.borrow() => State::Stopped,
                Ok(Ok(_)) => State::Done,
                Ok(Err(error)) => State::Failed(reason(&error)),
                Err(error) => {
                    tracing::error!(%error, "grouping contacts failed");
                    State::Failed(OUR_FAULT.into())
                }
            };
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

fn reason(error: &Error) -> String {
    tracing::warn!(%error, "grouping contacts stopped");
    if error.kind() == Kind::Internal { OUR_FAULT.into() } else { error.to_string() }
}
