//! Imports: the rows of a file become observations, many in one write, and each row gets a result.
//!
//! The progress of an import is written together with its rows. So an import that is started again, also after a crash,
//! resumes with the next row and writes no row twice.

mod file_snapshot;
mod joins;
mod keep_unknown;
mod left_out;
mod report;
mod row_batcher;
mod row_result;

use std::io::{self, Read};
use std::time::Duration;

use contact::{Command, CompanyId, ContactId, Handle, Import, ImportId, Observation, Outcome, RecordName, Refused};
use files::{Column, Encoding, Format, Options, Problem, Row};
use store::{ImportBatch, ImportProgress};
use tokio::time::{Instant, sleep};

pub use joins::{HANDLES_COMPARED_MAX, JOINS_SHOWN, Join, Joins};
pub use left_out::{LEFT_OUT_NAMES_MAX, LeftOut};
pub use report::Report;
pub use row_result::{RowResult, RowStatus, Tally};

use joins::JoinFinder;
use row_batcher::{FileParts, RowBatch, RowBatcher};

use crate::pace::Pace;
use crate::{Company, Error, Hub};

/// Most merges that the progress lists.
pub const MERGES_SHOWN: usize = 20;
/// Most refused rows that the progress lists.
pub const REFUSED_SHOWN: usize = 50;
/// Most names that the progress lists.
pub const PEOPLE_SHOWN: usize = 3;
/// How many times a write is retried while the store is unavailable, and how long to wait in between.
const RETRIES_MAX: u32 = 60;
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// A file to import.
pub struct ImportFile<R> {
    /// Its id, from [`identify`].
    pub id: ImportId,
    /// Its name.
    pub name: String,
    /// Its format.
    pub format: Format,
    /// How to read it.
    pub options: Options,
    /// Its content.
    pub bytes: R,
    /// The records to withdraw after the last row, from [`Hub::records_missing_in_file`].
    pub withdraw: Vec<RecordName>,
}

/// How an import writes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ImportMode {
    /// Most rows per write. They are in memory.
    pub rows_at_once: usize,
    /// Whether to keep names and other single values that a contact already has. An observation that names its record
    /// replaces them all the same.
    pub only_fill_gaps: bool,
}

/// The progress of an import.
#[derive(Clone, Debug, Default)]
pub struct Importing {
    /// Rows that were read.
    pub rows: u64,
    /// Rows that an earlier run imported.
    pub before: u64,
    /// Bytes of the file that were read.
    pub bytes: u64,
    /// The number of rows with each result.
    pub tally: Tally,
    /// The columns of a table, and the field of each.
    pub columns: Vec<Column>,
    /// The encoding of the file, as given or detected.
    pub encoding: Option<Encoding>,
    /// The first names in the file, which show whether the encoding is right; at most [`PEOPLE_SHOWN`].
    pub first_people: Vec<String>,
    /// What was left out of the imported rows.
    pub left_out: LeftOut,
    /// The rows that joined rows of another name.
    pub joins: Joins,
    /// The first merges: the line, the contact that was kept, and those that were merged into it.
    pub merges: Vec<(u64, ContactId, Vec<ContactId>)>,
    /// The first refused rows, at most [`REFUSED_SHOWN`]: the line, and why.
    pub refused: Vec<(u64, Vec<Problem>)>,
    /// The number of records that were withdrawn.
    pub withdrawn: u64,
    /// Whether the same file was imported completely before. Then only gaps are filled.
    pub is_again: bool,
    /// Whether the import is complete.
    pub is_done: bool,
}

/// Why an import stopped. The imported rows stay, and it can resume.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file cannot be read.
    #[error(transparent)]
    File(#[from] files::Error),
    /// A row of a snapshot cannot be read, so it may be about any record.
    #[error("Line {0} cannot be read, so its record might be withdrawn. Correct it, or import without --snapshot.")]
    UnreadableRow(u64),
    /// The report cannot be written.
    #[error("The report cannot be written: {0}.")]
    Report(#[from] io::Error),
    /// The store failed.
    #[error(transparent)]
    Hub(#[from] Error),
}

impl From<store::Error> for ImportError {
    fn from(error: store::Error) -> ImportError {
        ImportError::Hub(error.into())
    }
}

/// The id of an import: a hash of the file and of how it is read.
///
/// # Errors
///
/// If the file cannot be read.
pub fn identify(file: impl Read, format: Format, options: &Options) -> io::Result<ImportId> {
    let Options { region, settings: _, map, fields, delimiter, encoding, is_lenient, record } = options;
    let record = record.as_ref().map(|naming| format!(" {naming:?}")).unwrap_or_default();
    let lenient = if *is_lenient { " lenient" } else { "" };
    let fields = if fields.is_empty() { String::new() } else { format!(" {fields:?}") };
    let mut hash = blake3::Hasher::new();
    hash.update(format!("{format} {region} {map:?} {delimiter:?} {encoding:?}{record}{lenient}{fields}\n").as_bytes());
    hash.update_reader(file)?;
    let mut id = [0; 8];
    hash.finalize_xof().fill(&mut id);
    Ok(ImportId(u64::from_be_bytes(id)))
}

impl Hub {
    /// The import with an id, if it was started and is still remembered.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer.
    pub async fn import_of(&self, company: CompanyId, id: ImportId) -> Result<Option<Import>, Error> {
        Ok(self.store.settings(company).await?.imports.remove(&id))
    }

    /// Imports a file, or resumes after the rows of an earlier run. After every write, `watch` gets the progress and returns
    /// whether to go on.
    ///
    /// # Errors
    ///
    /// See [`ImportError`].
    pub async fn import<R: Read + Send + 'static, W: io::Write + Send>(
        &self,
        company: &Company,
        file: ImportFile<R>,
        mode: ImportMode,
        report: &mut Report<W>,
        watch: &mut (dyn FnMut(&Importing) -> bool + Send),
    ) -> Result<Importing, ImportError> {
        let ImportFile { id, name, format, options, bytes, withdraw } = file;
        let settings = self.store.settings(company.id).await?;
        let known = settings.imports.get(&id);
        let is_again = known.is_some_and(|import| import.is_done);
        let imported = known.filter(|import| !import.is_done).map_or(0, |import| import.rows);
        let lists = settings.lists.values().filter(|list| list.owner.is_none());
        let run = Run { hub: self, company: company.id, id, name, records_progress: !is_again };
        let mut batcher = RowBatcher {
            run: &run,
            parts: FileParts::of(bytes, format, options, mode.rows_at_once),
            pace: Pace::new(mode.rows_at_once),
            columns: Vec::new(),
            encoding: None,
            first_people: Vec::new(),
            rows: 0,
            imported,
            reported: report.last(),
            only_fill_gaps: mode.only_fill_gaps || is_again,
            lists: lists.map(|list| (list.name.clone(), list.id)).collect(),
        };
        let mut now = Importing { is_again, before: imported, ..Importing::default() };
        let mut finder = JoinFinder::default();
        let mut next = batcher.next().await?;
        let mut written: Option<Written> = None;
        while let Some(batch) = next {
            now.describe(&batcher);
            let RowBatch { results, before, batch, rows, bytes } = batch;
            // While this batch is written, the one before is reported and the one after is prepared.
            let (outcomes, ahead) = tokio::join!(biased; run.write(before, &batch), async {
                if let Some(written) = written.take() {
                    written.report(&mut now, &mut finder, report)?;
                }
                batcher.next().await
            });
            let (outcomes, took) = outcomes?;
            batcher.pace.wrote(batch.commands().len(), took);
            let this = Written { results, outcomes, batch, before, rows, bytes };
            let goes_on = watch(&now);
            match ahead {
                Ok(batch) if goes_on => (next, written) = (batch, Some(this)),
                ended => {
                    this.report(&mut now, &mut finder, report)?;
                    report.flush()?;
                    return ended.map(|_| now);
                }
            }
        }
        if let Some(written) = written {
            written.report(&mut now, &mut finder, report)?;
        }
        report.flush()?;
        // Before the import counts as complete, so that the same command resumes here.
        if !run.withdraw(&withdraw, &mut now, watch).await? {
            return Ok(now);
        }
        run.finish(batcher.imported).await?;
        now.describe(&batcher);
        now.is_done = true;
        watch(&now);
        Ok(now)
    }
}

/// A batch that is written and not yet reported.
struct Written {
    results: Vec<RowResult>,
    outcomes: Vec<Result<Outcome, Refused>>,
    /// Kept until the batch is reported: freeing so many takes a while.
    batch: ImportBatch,
    /// Rows that were imported before this batch.
    before: u64,
    /// Rows and bytes of the file up to the end of this batch.
    rows: u64,
    bytes: u64,
}

impl Written {
    fn report<W: io::Write>(
        self,
        now: &mut Importing,
        finder: &mut JoinFinder,
        report: &mut Report<W>,
    ) -> io::Result<()> {
        let Written { mut results, outcomes, batch, before, rows, bytes } = self;
        let mut outcomes = outcomes.into_iter();
        let mut commands = batch.commands().iter();
        for result in results.iter_mut().filter(|result| result.is_pending()) {
            let outcome = outcomes.next().unwrap_or_else(|| Ok(Outcome::default()));
            let join = match (&outcome, commands.next()) {
                (Ok(Outcome { not_used, .. }), Some(Command::Observe(observation))) => {
                    let is_used = |handle: &Handle| !not_used.iter().any(|(other, _)| other.key() == handle.key());
                    finder.add(result.line, observation, is_used, &mut now.joins)
                }
                _ => None,
            };
            result.set_outcome(outcome);
            if let Some((handle, first)) = join {
                result.joins(handle, first);
            }
        }
        now.count(results.iter().filter(|result| result.row > before));
        (now.rows, now.bytes) = (rows, bytes);
        report.add(&results)
    }
}

impl Importing {
    fn describe(&mut self, batcher: &RowBatcher) {
        self.columns.clone_from(&batcher.columns);
        self.first_people.clone_from(&batcher.first_people);
        self.encoding = batcher.encoding;
    }

    fn count<'a>(&mut self, results: impl Iterator<Item = &'a RowResult>) {
        for result in results {
            self.tally.count(result.status);
            if !matches!(result.status, RowStatus::Refused | RowStatus::Before) {
                result.left_out.iter().for_each(|name| self.left_out.add(name));
            }
            if result.status == RowStatus::Refused && self.refused.len() < REFUSED_SHOWN {
                self.refused.push((result.line, result.problems.clone()));
            }
            if !result.merged.is_empty() && self.merges.len() < MERGES_SHOWN {
                self.merges.extend(result.contact.map(|kept| (result.line, kept, result.merged.clone())));
            }
        }
    }
}

/// A running import.
struct Run<'a> {
    hub: &'a Hub,
    company: CompanyId,
    id: ImportId,
    name: String,
    /// Whether its progress is written.
    records_progress: bool,
}

impl Run<'_> {
    /// Writes a batch, with retries while the store is unavailable, and returns the time that the write took. After a failure,
    /// the stored progress shows whether the write was done: it was at `before` rows.
    async fn write(
        &self,
        before: u64,
        batch: &ImportBatch,
    ) -> Result<(Vec<Result<Outcome, Refused>>, Duration), Error> {
        if batch.commands().is_empty() {
            return Ok((Vec::new(), Duration::ZERO));
        }
        let mut retries = 0;
        loop {
            let started = Instant::now();
            let written = match self.hub.write_time(self.company).await {
                Ok(now) => self.hub.store.import(self.company, now, batch.clone()).await,
                Err(error) => Err(error),
            };
            match written {
                Err(store::Error::Unavailable(reason)) if retries < RETRIES_MAX => {
                    tracing::warn!(reason, "an import is waiting for the store");
                    retries += 1;
                    sleep(RETRY_AFTER).await;
                    let stored = self.hub.import_of(self.company, self.id).await.ok().flatten();
                    if self.records_progress && stored.is_some_and(|import| import.rows > before) {
                        // The write was done. The results of its rows are lost, except for the contacts.
                        return Ok((self.outcomes_of(batch.commands()).await?, started.elapsed()));
                    }
                }
                outcomes => return Ok((outcomes?, started.elapsed())),
            }
        }
    }

    /// The outcomes of commands that were written, as far as the store still shows them.
    async fn outcomes_of(&self, commands: &[Command]) -> Result<Vec<Result<Outcome, Refused>>, Error> {
        let mut outcomes = Vec::with_capacity(commands.len());
        for command in commands {
            let contact = match command {
                Command::Observe(observation) => self.owner(observation).await?,
                _ => None,
            };
            outcomes.push(Ok(Outcome { contact, changed: true, ..Outcome::default() }));
        }
        Ok(outcomes)
    }

    async fn owner(&self, observation: &Observation) -> Result<Option<ContactId>, Error> {
        let Some(handle) = observation.handles.first() else { return Ok(None) };
        Ok(self.hub.owner(self.company, handle.key()).await?.map(|contact| contact.id))
    }

    /// The result of a row that an earlier run imported and did not report.
    async fn imported_before(&self, number: u64, row: Row) -> Result<RowResult, Error> {
        Ok(match row.parsed {
            Ok(parsed) => RowResult::imported_before(number, row.line, self.owner(&parsed.observation).await?),
            Err(problems) => RowResult::refused(number, row.line, problems),
        })
    }

    /// The progress to write, if it is written.
    fn progress(&self, rows: u64, is_done: bool) -> Option<ImportProgress> {
        self.records_progress.then(|| ImportProgress { id: self.id, name: self.name.clone(), rows, is_done })
    }

    async fn finish(&self, rows: u64) -> Result<(), Error> {
        self.write(rows, &ImportBatch::new(Vec::new(), self.progress(rows, true))).await?;
        Ok(())
    }
}
