//! Taking back everything that one import or one token joined.

use contact::{
    Change, Command, CompanyId, Entry, ImportId, Missing, Origin, RecordId, Seq, Time, TokenId, Undecided, leaving,
};
use tokio::time::Instant;

use crate::pace::Pace;
use crate::{Error, Hub};

/// Journal entries that are read at once.
const ENTRIES_AT_ONCE: usize = 5_000;
/// Most joins that are taken back in one write.
const JOINS_AT_ONCE: usize = 250;

/// Whose joins to take back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum JoinedBy {
    /// Those of an import.
    Import(ImportId),
    /// Those of an API token, or of the company's own login, since a time.
    Api {
        /// The token; none for the company's own login.
        token: Option<TokenId>,
        /// The time of the first entry.
        since: Time,
    },
}

impl JoinedBy {
    fn is_of(self, entry: &Entry) -> bool {
        match (self, entry.origin) {
            (JoinedBy::Import(import), Origin::Import(Some(row))) => row.import == import,
            (JoinedBy::Api { token, since }, Origin::Api(by)) => token == by && entry.at >= since,
            _ => false,
        }
    }
}

/// The progress of taking back joins.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Undo {
    /// The journal entries to read.
    pub entries: u64,
    /// Those that were read.
    pub read: u64,
    /// The joins that they brought.
    pub found: u64,
    /// The joins that were looked at, the latest first.
    pub done: u64,
    /// The joins that were taken back, or would be. The others had come apart before.
    pub split: u64,
}

/// What an entry brought into a contact that was there before.
struct Brought {
    entry: Seq,
    records: Vec<RecordId>,
}

impl Hub {
    /// Splits off everything that an import or a token joined to contacts, the latest join first. Each join that still stands
    /// becomes a split, so both sides stay apart when the same is reported again.
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
        of: JoinedBy,
        by: Origin,
        is_dry: bool,
        watch: &mut (dyn FnMut(&Undo) -> bool + Send),
    ) -> Result<Undo, Error> {
        let mut now = Undo { entries: self.head(company).await?.0, ..Undo::default() };
        let mut joins = Joins { of, records_made: 0, observed: None, all: Vec::new() };
        while now.read < now.entries {
            let entries = self.store.entries(company, Seq(now.read), ENTRIES_AT_ONCE).await?;
            let Some(last) = entries.last() else { break };
            now.read = last.seq.0;
            for entry in entries {
                joins.add(entry);
            }
            now.found = joins.all.len() as u64;
            if !watch(&now) {
                return Ok(now);
            }
        }
        let (mut pace, mut rest) = (Pace::new(JOINS_AT_ONCE), &*joins.all);
        while !rest.is_empty() {
            let (earlier, batch) = rest.split_at(rest.len().saturating_sub(pace.next(&*self.store).await));
            let splits = self.splits(company, batch, by).await?;
            let possible = splits.len() as u64;
            if is_dry {
                now.split += possible;
            } else if possible > 0 {
                let began = Instant::now();
                let outcomes = self.store.write(company, self.write_time(company).await?, splits).await?;
                pace.wrote(batch.len(), began.elapsed());
                now.split += outcomes.iter().filter(|outcome| outcome.is_ok()).count() as u64;
            }
            now.done += batch.len() as u64;
            rest = earlier;
            if !watch(&now) {
                break;
            }
        }
        Ok(now)
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

/// The joins among the entries of a journal.
struct Joins {
    of: JoinedBy,
    /// How many records the entries have made. The ids of records count them.
    records_made: u64,
    observed: Option<Observed>,
    all: Vec<Brought>,
}

/// The last observation.
#[derive(Clone, Copy)]
struct Observed {
    entry: Seq,
    record: RecordId,
    is_new: bool,
}

impl Joins {
    fn add(&mut self, entry: Entry) {
        if let Change::Observed { record, .. } = entry.change {
            let is_new = record.count() > self.records_made;
            self.records_made = self.records_made.max(record.count());
            self.observed = Some(Observed { entry: entry.seq, record, is_new });
        }
        if self.of.is_of(&entry) {
            self.all.extend(self.brought(entry));
        }
    }

    /// What an entry brought in. What a new record led to is taken back with the record itself.
    fn brought(&self, Entry { seq, change, .. }: Entry) -> Option<Brought> {
        match change {
            // A decision about the contact joins nobody, and neither does the first record of a contact.
            Change::Observed { joined_to: Some(_), .. } => None,
            Change::Observed { record, contact, .. } => {
                let is_new = self.observed.is_some_and(|observed| observed.is_new);
                (is_new && record != contact).then(|| Brought { entry: seq, records: vec![record] })
            }
            Change::Merged { because: Some(because), records, .. } => {
                let is_by_new = self.observed.is_some_and(|observed| observed.is_new && observed.entry == because);
                (!is_by_new).then_some(Brought { entry: because, records })
            }
            Change::Merged { because: None, records, .. } => Some(Brought { entry: seq, records }),
            // What was known changed, too: the record that was reported is what the others have in common.
            Change::Regrouped { before, records, .. } if before.len() > 1 => {
                let observed = self.observed.filter(|observed| records.contains(&observed.record))?;
                Some(Brought { entry: observed.entry, records: vec![observed.record] })
            }
            _ => None,
        }
    }
}
