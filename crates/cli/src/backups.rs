//! The backups that a server makes on its own.

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use hub::Hub;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use tokio::time::sleep;

use crate::address::StoreAddress;
use crate::config::BackupOptions;

/// The names of backups, by their time in UTC.
const NAME: &str = "kith-%Y%m%dT%H%M%SZ.db";
/// How long a failed backup waits for the next try, at most.
const RETRY_TIME: Duration = Duration::from_mins(10);

/// A folder of backups.
pub struct Backups {
    folder: PathBuf,
    every: Duration,
    keep: usize,
}

impl Backups {
    /// Checks the options and creates the folder; none if no backups are wanted.
    pub fn new(store: &StoreAddress, options: BackupOptions) -> Result<Option<Backups>, String> {
        let Some(folder) = options.folder else { return Ok(None) };
        if matches!(store, StoreAddress::Database(_)) {
            return Err("--backup-dir is for a store in a file. A database has backups of its own.".into());
        }
        let created = fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder);
        created.map_err(|error| format!("{} cannot be created: {error}.", folder.display()))?;
        Ok(Some(Backups { folder, every: options.every, keep: options.keep.into() }))
    }

    /// Makes a backup whenever the newest is old enough, until the process ends.
    pub async fn run(self, hub: Arc<Hub>) {
        loop {
            let now = Timestamp::now();
            let age = self.found().last().map(|(time, _)| Duration::try_from(now.duration_since(*time)));
            // The time of a backup is in the future if the clock was set back.
            let wait = age.map_or(Duration::ZERO, |age| self.every.saturating_sub(age.unwrap_or_default()));
            sleep(wait).await;
            if let Err(error) = self.back_up(&hub).await {
                tracing::error!(%error, "no backup could be made");
                sleep(RETRY_TIME.min(self.every)).await;
            }
        }
    }

    async fn back_up(&self, hub: &Hub) -> Result<(), hub::Error> {
        let file = self.folder.join(Timestamp::now().strftime(NAME).to_string());
        hub.backup(&file).await?;
        tracing::info!(file = %file.display(), "the store was backed up");
        let found = self.found();
        // After the clock was set back, the newest backup has the oldest name.
        for (_, old) in found[..found.len().saturating_sub(self.keep)].iter().filter(|(_, old)| *old != file) {
            if let Err(error) = fs::remove_file(old) {
                tracing::warn!(file = %old.display(), %error, "an old backup cannot be deleted");
            }
        }
        Ok(())
    }

    /// The backups in the folder, the oldest first. Other files stay.
    fn found(&self) -> Vec<(Timestamp, PathBuf)> {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let mut found: Vec<_> = entries.filter_map(|entry| Some((time(&entry.path())?, entry.path()))).collect();
        found.sort_unstable();
        found
    }
}

/// The time of a backup, by its name.
fn time(file: &Path) -> Option<Timestamp> {
    let time = DateTime::strptime(NAME, file.file_name()?.to_str()?).ok()?;
    TimeZone::UTC.to_timestamp(time).ok()
}
