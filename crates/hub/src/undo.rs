//! Taking back what one import or one token did: the joins that it made, and the records that it alone reported.

mod joined_by;
mod joins;
mod records;

use contact::{Command, CompanyId, Missing, Origin, RecordId, RecordRef, Seq, Undecided, leaving};
use store::{ImportBatch, ImportProgress};
use tokio::time::Instant;

pub use joined_by::JoinedBy;
use joins::{Brought, Joins};
use records::Reporters;

use crate::pace::Pace;
use crate::{Error, Hub};

/// Journal entries that are read at once.
const ENTRIES_AT_ONCE: usize = 5_000;
/// Most joins or records that are taken back in one write.
const TAKEN_BACK_AT_ONCE: usize = 250;

/// What to take back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UndoRequest {
    /// Whose reports.
    pub of: JoinedBy,
    /// Whether to withdraw the records that it alone reported. Otherwise only its joins are taken back.
    pub has_records: bool,
    /// Whether to count, and change nothing.
    pub is_dry: bool,
}

/// The progress of taking something back.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Undo {
    /// The journal entries to read.
    pub entries: u64,
    /// Those that were read.
    pub read: u64,
    /// The records that were withdrawn, or would be.
    pub withdrawn: u64,
    /// The records that stay, because others reported to them as well.
    pub kept: u64,
    /// The joins that were found. With records, those of records that stay.
    pub found: u64,
    /// The joins that were looked at, the latest first.
    pub done: u64,
    /// The joins that were taken back, or would be. The others had come apart before.
    pub split: u64,
}

/// A run of [`Hub::undo`].
struct Run<'a> {
    hub: &'a Hub,
    company: CompanyId,
    request: UndoRequest,
    by: Origin,
    reporters: Reporters,
    joins: Joins,
    now: Undo,
}

impl Hub {
    /// Takes back what an import or a token did. Each join that still stands becomes a split, the latest first, so both sides
    /// stay apart when the same is reported again. Records that nobody else reported to are withdrawn.
    ///
    /// An import whose records were withdrawn counts as not imported, so the same file brings them back.
    ///
    /// Written in several batches; doing it again after a failure completes it. After each batch, `watch` gets the progress
    /// and returns whether to go on. A dry run only counts.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer.
    pub async fn undo(
        &self,
        company: CompanyId,
        request: UndoRequest,
        by: Origin,
        watch: &mut (dyn FnMut(&Undo) -> bool + Send),
    ) -> Result<Undo, Error> {
        let (reporters, joins) = (Reporters::new(request.of, company), Joins::new(request.of));
        let now = Undo { entries: self.head(company).await?.0, ..Undo::default() };
        let mut run = Run { hub: self, company, request, by, reporters, joins, now };
        let is_complete =
            run.read(watch).await? && (!request.has_records || run.withdraw(watch).await?) && run.split(watch).await?;
        if is_complete && request.has_records && !request.is_dry {
            run.forget_progress().await?;
        }
        Ok(run.now)
    }

    /// The splits that take back these joins, the latest first, as far as they still stand.
    async fn splits(&self, company: CompanyId, joins: &[Brought], by: Origin) -> Result<Vec<Command>, Error> {
        let records: Vec<RecordId> = joins.iter().flat_map(|join| &join.records).copied().collect();
        let mut missing = Missing::default();
        loop {
            let mut view = self.store.view(company, &records, &missing).await?;
            let (mut splits, mut more) = (Vec::new(), Missing::default());
            for join in joins.iter().rev() {
                let records = leaving(&view, &join.records, join.entry);
                let Some(contact) = records.first().copied() else { continue };
                let split = Command::Split { contact, records, by };
                match view.perform(&split, self.clock.now()) {
                    Ok(_) => splits.push(split),
                    Err(Undecided::Missing(lacking)) => more.add(lacking),
                    Err(Undecided::Refused(_)) => {}
                }
            }
            if more.is_empty() {
                return Ok(splits);
            }
            missing.add(more);
        }
    }
}

impl Run<'_> {
    /// Reads the journal, and returns whether to go on.
    async fn read(&mut self, watch: &mut (dyn FnMut(&Undo) -> bool + Send)) -> Result<bool, Error> {
        while self.now.read < self.now.entries {
            let entries = self.hub.store.entries(self.company, Seq(self.now.read), ENTRIES_AT_ONCE).await?;
            let Some(last) = entries.last() else { break };
            self.now.read = last.seq.0;
            for entry in entries {
                self.reporters.add(&entry);
                self.joins.add(entry);
            }
            if !self.request.has_records {
                self.now.found = self.joins.all.len() as u64;
            }
            if !watch(&self.now) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Withdraws the records that nobody else reported to, and returns whether to go on.
    async fn withdraw(&mut self, watch: &mut (dyn FnMut(&Undo) -> bool + Send)) -> Result<bool, Error> {
        let (mut after, mut seen) = (None, Seq(self.now.read));
        let mut pace = Pace::new(TAKEN_BACK_AT_ONCE);
        loop {
            let records = self.reporters.next(after, pace.next(&*self.hub.store).await);
            if records.is_empty() {
                break;
            }
            after = records.last().copied();
            let view = self.hub.store.view(self.company, &records, &Missing::default()).await?;
            // Others may have reported in the meantime.
            seen = self.catch_up(seen).await?;
            let is_standing = |id: &RecordId| view.records.get(id).is_some_and(|record| !record.is_withdrawn);
            let standing = records.into_iter().filter(is_standing);
            let (kept, alone): (Vec<RecordId>, Vec<RecordId>) =
                standing.partition(|record| self.reporters.has_others(*record));
            self.now.kept += kept.len() as u64;
            if self.request.is_dry {
                self.now.withdrawn += alone.len() as u64;
            } else if !alone.is_empty() {
                let command = |record| Command::Withdraw { record: RecordRef::Id(record), by: self.by };
                let commands: Vec<Command> = alone.into_iter().map(command).collect();
                let (count, began) = (commands.len(), Instant::now());
                let time = self.hub.write_time(self.company).await?;
                let outcomes = self.hub.store.write(self.company, time, commands).await?;
                pace.wrote(count, began.elapsed());
                self.now.withdrawn += outcomes.iter().filter(|outcome| outcome.is_ok()).count() as u64;
            }
            if !watch(&self.now) {
                return Ok(false);
            }
        }
        // What a withdrawn record joined has come apart.
        let reporters = &self.reporters;
        self.joins.all.retain(|join| !join.reported.is_some_and(|record| reporters.is_alone(record)));
        self.now.found = self.joins.all.len() as u64;
        Ok(true)
    }

    /// Reads the entries after one, and returns the last of them.
    async fn catch_up(&mut self, mut seen: Seq) -> Result<Seq, Error> {
        loop {
            let entries = self.hub.store.entries(self.company, seen, ENTRIES_AT_ONCE).await?;
            let Some(last) = entries.last() else { return Ok(seen) };
            seen = last.seq;
            for entry in &entries {
                self.reporters.add_later(entry);
            }
        }
    }

    /// Splits off what was joined, and returns whether to go on.
    async fn split(&mut self, watch: &mut (dyn FnMut(&Undo) -> bool + Send)) -> Result<bool, Error> {
        let mut pace = Pace::new(TAKEN_BACK_AT_ONCE);
        let mut rest = &*self.joins.all;
        while !rest.is_empty() {
            let (earlier, batch) = rest.split_at(rest.len().saturating_sub(pace.next(&*self.hub.store).await));
            let splits = self.hub.splits(self.company, batch, self.by).await?;
            let possible = splits.len() as u64;
            if self.request.is_dry {
                self.now.split += possible;
            } else if possible > 0 {
                let began = Instant::now();
                let time = self.hub.write_time(self.company).await?;
                let outcomes = self.hub.store.write(self.company, time, splits).await?;
                pace.wrote(batch.len(), began.elapsed());
                self.now.split += outcomes.iter().filter(|outcome| outcome.is_ok()).count() as u64;
            }
            self.now.done += batch.len() as u64;
            rest = earlier;
            if !watch(&self.now) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Records that no row of the import is imported, so that the same file is imported again.
    async fn forget_progress(&self) -> Result<(), Error> {
        let JoinedBy::Import(id) = self.request.of else { return Ok(()) };
        let Some(import) = self.hub.import_of(self.company, id).await? else { return Ok(()) };
        if import.rows == 0 && !import.is_done {
            return Ok(());
        }
        let progress = ImportProgress { id, name: import.name, rows: 0, is_done: false };
        let batch = ImportBatch::new(Vec::new(), Some(progress));
        self.hub.store.import(self.company, self.hub.write_time(self.company).await?, batch).await?;
        Ok(())
    }
}
