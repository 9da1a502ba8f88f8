//! Snapshots: all records of a system, in place of those that it reported before.

use std::collections::BTreeSet;

use contact::{Command, CompanyId, Observation, Origin, Outcome, RecordName, Refused};

use crate::{Error, Hub};

/// Commands in one write. Other writes wait for at most this many.
pub const COMMANDS_AT_ONCE: usize = 500;
/// Record ids that are read at once.
const IDS_AT_ONCE: usize = 10_000;

/// The result of a snapshot.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Snapshot {
    /// The records of the snapshot.
    pub records: u64,
    /// Those that were new or changed.
    pub changed: u64,
    /// The records that were withdrawn, because the snapshot does not have them.
    pub withdrawn: u64,
    /// How many contacts were merged.
    pub merged: u64,
    /// How many contacts came apart.
    pub split: u64,
}

impl Snapshot {
    fn count(&mut self, outcome: &Outcome) {
        self.merged += outcome.merged.len() as u64;
        self.split += outcome.split.len() as u64;
    }
}

impl Hub {
    /// Replaces all records of a system: reports these, and withdraws those that are not among them.
    ///
    /// Each observation names another record of the system. Written in several batches; sending the snapshot again after a
    /// failure completes it.
    ///
    /// # Errors
    ///
    /// [`Error::SnapshotTooSmall`] if fewer than half of the records of the system would stay, unless `replaces_all`;
    /// [`Error::Refused`] if the rules refuse an observation; [`Error::Store`] if the store does not accept it.
    pub async fn snapshot(
        &self,
        company: CompanyId,
        system: &str,
        observations: Vec<Observation>,
        replaces_all: bool,
        by: Origin,
    ) -> Result<Snapshot, Error> {
        let ids: BTreeSet<&str> = observations.iter().filter_map(|one| Some(one.record.as_ref()?.id())).collect();
        let gone = self.records_missing(company, system, &|id| ids.contains(id), replaces_all).await?;
        let mut done = Snapshot { records: observations.len() as u64, ..Snapshot::default() };
        for batch in observations.chunks(COMMANDS_AT_ONCE) {
            for outcome in self.observe_all(company, batch.to_vec()).await? {
                let outcome = outcome?;
                done.changed += u64::from(outcome.changed);
                done.count(&outcome);
            }
        }
        for batch in gone.chunks(COMMANDS_AT_ONCE) {
            for outcome in self.withdraw_all(company, batch, by).await?.into_iter().flatten() {
                done.withdrawn += 1;
                done.count(&outcome);
            }
        }
        Ok(done)
    }

    /// The records of a system that a snapshot does not have, to withdraw after its own are written.
    ///
    /// # Errors
    ///
    /// [`Error::SnapshotTooSmall`] if fewer than half of the records of the system would stay, unless `replaces_all`;
    /// [`Error::Store`] if the store does not answer.
    pub(crate) async fn records_missing(
        &self,
        company: CompanyId,
        system: &str,
        is_in_snapshot: &(dyn Fn(&str) -> bool + Sync),
        replaces_all: bool,
    ) -> Result<Vec<RecordName>, Error> {
        let (mut existing, mut gone, mut after) = (0, Vec::new(), None);
        loop {
            let names = self.store.record_names(company, system, after.as_ref(), IDS_AT_ONCE).await?;
            existing += names.len();
            let is_last = names.len() < IDS_AT_ONCE;
            after = names.last().cloned();
            gone.extend(names.into_iter().filter(|name| !is_in_snapshot(name.id())));
            if is_last {
                break;
            }
        }
        let staying = existing - gone.len();
        if staying * 2 < existing && !replaces_all {
            return Err(Error::SnapshotTooSmall { system: system.to_owned(), existing, staying });
        }
        Ok(gone)
    }

    /// Withdraws records in one write; at most [`COMMANDS_AT_ONCE`]. A record that is gone already is refused, which changes
    /// nothing for the others.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not accept it.
    pub(crate) async fn withdraw_all(
        &self,
        company: CompanyId,
        records: &[RecordName],
        by: Origin,
    ) -> Result<Vec<Result<Outcome, Refused>>, Error> {
        let withdraw = |record: &RecordName| Command::Withdraw { record: record.clone().into(), by };
        Ok(self.store.write(company, self.write_time(company).await?, records.iter().map(withdraw).collect()).await?)
    }
}
