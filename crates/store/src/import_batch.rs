//! A batch of an import.

use std::sync::Arc;

use contact::{Command, ImportId, Observation, Origin, SettingsChange};

/// The rows of an import that are written at once: observations, then the progress of the import.
///
/// Clones share the commands, so that a caller can retry a batch.
#[derive(Clone, Debug)]
pub struct ImportBatch(Arc<[Command]>);

impl ImportBatch {
    /// A batch of these observations, with the progress of the import if it is to be recorded.
    pub fn new(observations: Vec<Box<Observation>>, progress: Option<ImportProgress>) -> ImportBatch {
        let progress = progress.map(|ImportProgress { id, name, rows, is_done }| Command::ChangeSettings {
            change: SettingsChange::RecordImport { id, name, rows, is_done },
            by: Origin::Import(None),
        });
        ImportBatch(observations.into_iter().map(Command::Observe).chain(progress).collect())
    }

    /// The commands of the batch, in order.
    pub fn commands(&self) -> &Arc<[Command]> {
        &self.0
    }

    /// Whether the batch only fills gaps. Most rows of a file that is imported again then change nothing, also those about
    /// named records, which are reported as they were.
    pub fn only_fills_gaps(&self) -> bool {
        self.0.iter().all(|command| matches!(command, Command::Observe(observation) if observation.only_fill_gaps))
    }
}

/// The progress of an import.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ImportProgress {
    /// The import.
    pub id: ImportId,
    /// The name of its file.
    pub name: String,
    /// The rows written, with those of the batch.
    pub rows: u64,
    /// Whether these are all rows of the file.
    pub is_done: bool,
}
