//! Files that are snapshots: the records that a file does not have are withdrawn after its last row.

use std::io::{self, Read};
use std::time::Duration;

use contact::{CompanyId, Origin, RecordName};
use files::{Format, Options};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep};

use super::{ImportError, Importing, RETRIES_MAX, RETRY_AFTER, Run};
use crate::pace::Pace;
use crate::snapshot::COMMANDS_AT_ONCE;
use crate::{Error, Hub};

impl Hub {
    /// Reads a file that has all records of its system, and returns the existing ones that it does not have; none if the
    /// options name no system. Nothing is written.
    ///
    /// The id of a refused row counts as one of the file.
    ///
    /// # Errors
    ///
    /// [`Error::SnapshotTooSmall`] if fewer than half of the records of the system would stay, unless `replaces_all`;
    /// [`ImportError::UnreadableRow`] if a row may have any id.
    pub async fn records_missing_in_file(
        &self,
        company: CompanyId,
        file: impl Read + Send + 'static,
        format: Format,
        options: Options,
        replaces_all: bool,
    ) -> Result<Vec<RecordName>, ImportError> {
        let Some(system) = options.record.as_ref().map(|naming| naming.system.clone()) else { return Ok(Vec::new()) };
        let reading = spawn_blocking(move || files::record_ids(file, format, &options));
        let ids = reading.await.map_err(|failed| files::Error::Read(io::Error::other(failed)))??;
        if let Some(line) = ids.unreadable_line() {
            return Err(ImportError::UnreadableRow(line));
        }
        Ok(self.records_missing(company, &system, &|id| ids.contains(id), replaces_all).await?)
    }
}

impl Run<'_> {
    /// Withdraws records, and returns whether all of them are. Before every write, `watch` says whether to go on.
    pub(super) async fn withdraw(
        &self,
        records: &[RecordName],
        now: &mut Importing,
        watch: &mut (dyn FnMut(&Importing) -> bool + Send),
    ) -> Result<bool, Error> {
        let (mut pace, mut rest) = (Pace::new(COMMANDS_AT_ONCE), records);
        while !rest.is_empty() {
            if !watch(now) {
                return Ok(false);
            }
            let (records, later) = rest.split_at(pace.next(&*self.hub.store).await.min(rest.len()));
            let (withdrawn, took) = self.withdraw_batch(records).await?;
            pace.wrote(records.len(), took);
            now.withdrawn += withdrawn;
            rest = later;
        }
        Ok(true)
    }

    /// Withdraws a batch, with retries while the store is unavailable. Returns how many were withdrawn, and the time that
    /// the write took.
    async fn withdraw_batch(&self, records: &[RecordName]) -> Result<(u64, Duration), Error> {
        let mut retries = 0;
        loop {
            let started = Instant::now();
            match self.hub.withdraw_all(self.company, records, Origin::Import(None)).await {
                Err(Error::Store(store::Error::Unavailable(reason))) if retries < RETRIES_MAX => {
                    tracing::warn!(reason, "an import is waiting for the store");
                    retries += 1;
                    sleep(RETRY_AFTER).await;
                }
                outcomes => {
                    // After a failure, a record that is gone was withdrawn by the write whose answer was lost.
                    let is_withdrawn = |outcome: &Result<_, _>| retries > 0 || outcome.is_ok();
                    let withdrawn = outcomes?.into_iter().filter(is_withdrawn).count();
                    return Ok((withdrawn as u64, started.elapsed()));
                }
            }
        }
    }
}
