//! Imports: the rows of a file become observations, many in one write, and what becomes of each row is told.
//!
//! How far an import has come is written with the rows it took in. So whoever starts it again, after a crash too, goes on
//! with the next row, and no row is told twice.

mod report;
mod row_batcher;
mod row_result;

use std::io::{self, Read};
use std::time::Duration;

use contact::{Command, CompanyId, ContactId, Import, ImportId, Observation, Outcome, Refused};
use files::{Column, Format, Options, Row};
use store::{ImportBatch, ImportProgress};
use tokio::time::{Instant, sleep};

pub use report::Report;
pub use row_result::{RowResult, RowStatus, Tally};

use row_batcher::{Pieces, Ready, RowBatcher};

use crate::{Company, Error, Hub};

/// Most merges that a progress names.
pub const MERGES_SHOWN: usize = 20;
/// How often a write is tried that the store does not take at the moment, and how long is waited between.
const TRIES_MAX: u32 = 60;
const TRY_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// A file to import.
pub struct ImportFile<R> {
    /// What it is, as [`identify`] says.
    pub id: ImportId,
    /// What it is called.
    pub name: String,
    /// Its format.
    pub format: Format,
    /// How it is read.
    pub options: Options,
    /// Its bytes, from the first on.
    pub bytes: R,
}

/// How a file is taken in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BatchSizes {
    /// How many rows are written at once. While they are, other writes wait.
    pub rows_at_once: usize,
    /// The same while another process serves the store. After each write it is left to that for as long as it took.
    pub rows_beside_server: usize,
    /// Whether names and other single values that were told before are left alone.
    pub only_fill_gaps: bool,
}

/// How far an import has come.
#[derive(Clone, Debug, Default)]
pub struct Importing {
    /// How many rows were read.
    pub rows: u64,
    /// How many of them an earlier run had taken in.
    pub before: u64,
    /// How many bytes of the file were read.
    pub bytes: u64,
    /// What became of the rows.
    pub tally: Tally,
    /// The columns of a table, and what each is understood as.
    pub columns: Vec<Column>,
    /// The first merges: the line, the contact that is kept, and those that are part of it now.
    pub merges: Vec<(u64, ContactId, Vec<ContactId>)>,
    /// Whether the same file was imported whole before. Then gaps are filled only.
    pub is_again: bool,
    /// Whether it is whole.
    pub is_done: bool,
}

/// Why an import stopped. What it had taken in stays, and it can go on.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file cannot be read.
    #[error(transparent)]
    File(#[from] files::Error),
    /// The report cannot be written.
    #[error("The report cannot be written: {0}.")]
    Report(#[from] io::Error),
    /// The store does not take it.
    #[error(transparent)]
    Hub(#[from] Error),
}

impl From<store::Error> for ImportError {
    fn from(error: store::Error) -> ImportError {
        ImportError::Hub(error.into())
    }
}

/// What a file is: its bytes and how they are read.
///
/// # Errors
///
/// If it cannot be read.
pub fn identify(file: impl Read, format: Format, options: &Options) -> io::Result<ImportId> {
    let Options { region, settings: _, map, delimiter, encoding } = options;
    let mut hash = blake3::Hasher::new();
    hash.update(format!("{format} {region} {map:?} {delimiter:?} {encoding:?}\n").as_bytes());
    hash.update_reader(file)?;
    Ok(ImportId(hash.finalize().into()))
}

impl Hub {
    /// An import that was begun, if it is remembered.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer.
    pub async fn import_of(&self, company: CompanyId, id: ImportId) -> Result<Option<Import>, Error> {
        Ok(self.store.settings(company).await?.imports.remove(&id))
    }

    /// Takes in a file, from the row on that follows those of an earlier run. `watch` is told after every write how far it had come
    /// before that, and says whether to go on.
    ///
    /// # Errors
    ///
    /// As [`ImportError`] says.
    pub async fn import<R: Read + Send + 'static, W: io::Write + Send>(
        &self,
        company: &Company,
        file: ImportFile<R>,
        pace: BatchSizes,
        report: &mut Report<W>,
        watch: &mut (dyn FnMut(&Importing) -> bool + Send),
    ) -> Result<Importing, ImportError> {
        let settings = self.store.settings(company.id).await?;
        let known = settings.imports.get(&file.id);
        let is_again = known.is_some_and(|import| import.is_done);
        let taken = known.filter(|import| !import.is_done).map_or(0, |import| import.rows);
        let lists = settings.lists.values().filter(|list| list.owner.is_none());
        let run = Run { hub: self, company: company.id, id: file.id, name: file.name, notes: !is_again };
        let mut intake = RowBatcher {
            run: &run,
            pieces: Pieces::of(file.bytes, file.format, file.options, pace.rows_at_once),
            pace,
            columns: Vec::new(),
            rows: 0,
            taken,
            reported: report.last(),
            only_fill_gaps: pace.only_fill_gaps || is_again,
            lists: lists.map(|list| (list.name.clone(), list.id)).collect(),
        };
        let mut now = Importing { is_again, before: taken, ..Importing::default() };
        let mut next = intake.next().await?;
        let mut written: Option<Written> = None;
        while let Some(ready) = next {
            now.columns.clone_from(&intake.columns);
            let Ready { coming, taken, batch, rows, bytes, yields_after } = ready;
            // While these are written, it is told what became of those before, and those after are made ready.
            let (outcomes, ahead) = tokio::join!(biased; run.write(taken, &batch), async {
                if let Some(written) = written.take() {
                    written.tell(&mut now, report)?;
                }
                intake.next().await
            });
            let (outcomes, took) = outcomes?;
            let those = Written { coming, outcomes, _batch: batch, taken, rows, bytes };
            if yields_after {
                sleep(took).await;
            }
            let goes_on = watch(&now);
            match ahead {
                Ok(ready) if goes_on => (next, written) = (ready, Some(those)),
                ended => {
                    those.tell(&mut now, report)?;
                    report.flush()?;
                    return ended.map(|_| now);
                }
            }
        }
        if let Some(written) = written {
            written.tell(&mut now, report)?;
        }
        run.finish(intake.taken).await?;
        report.flush()?;
        now.columns = intake.columns;
        now.is_done = true;
        watch(&now);
        Ok(now)
    }
}

/// Rows that were written, of which it is not told yet what became of them.
struct Written {
    coming: Vec<RowResult>,
    outcomes: Vec<Result<Outcome, Refused>>,
    /// To give back the memory of so many takes a while, so they are let go when it is told.
    _batch: ImportBatch,
    /// How many rows were taken in before.
    taken: u64,
    /// How many rows of the file, and bytes, were read with these.
    rows: u64,
    bytes: u64,
}

impl Written {
    fn tell<W: io::Write>(self, now: &mut Importing, report: &mut Report<W>) -> io::Result<()> {
        let Written { mut coming, outcomes, taken, rows, bytes, .. } = self;
        let mut outcomes = outcomes.into_iter();
        for fate in coming.iter_mut().filter(|fate| fate.is_open()) {
            fate.settle(outcomes.next().unwrap_or_else(|| Ok(Outcome::default())));
        }
        now.take_in(coming.iter().filter(|fate| fate.row > taken));
        (now.rows, now.bytes) = (rows, bytes);
        report.tell(&coming)
    }
}

impl Importing {
    fn take_in<'a>(&mut self, fates: impl Iterator<Item = &'a RowResult>) {
        for fate in fates {
            self.tally.count(fate.result);
            if !fate.merged.is_empty() && self.merges.len() < MERGES_SHOWN {
                self.merges.extend(fate.contact.map(|kept| (fate.line, kept, fate.merged.clone())));
            }
        }
    }
}

/// An import under way.
struct Run<'a> {
    hub: &'a Hub,
    company: CompanyId,
    id: ImportId,
    name: String,
    /// Whether to note how far it has come.
    notes: bool,
}

impl Run<'_> {
    /// Writes, also if the store takes nothing at the moment, and says how long the store took. If it is not known whether it
    /// took it, how far the import has come tells: `taken` rows before.
    async fn write(&self, taken: u64, batch: &ImportBatch) -> Result<(Vec<Result<Outcome, Refused>>, Duration), Error> {
        if batch.commands().is_empty() {
            return Ok((Vec::new(), Duration::ZERO));
        }
        let mut tries = 0;
        loop {
            let (begun, now) = (Instant::now(), self.hub.clock.now());
            match self.hub.store.import(self.company, now, batch.clone()).await {
                Err(store::Error::Unavailable(reason)) if tries < TRIES_MAX => {
                    tracing::warn!(reason, "an import waits for the store");
                    tries += 1;
                    sleep(TRY_AGAIN_AFTER).await;
                    let noted = self.hub.import_of(self.company, self.id).await.ok().flatten();
                    if self.notes && noted.is_some_and(|import| import.rows > taken) {
                        // All of it was written. What became of each row is not known any more, but for whom it is about.
                        return Ok((self.told(batch.commands()).await?, begun.elapsed()));
                    }
                }
                outcomes => return Ok((outcomes?, begun.elapsed())),
            }
        }
    }

    /// What commands that were written came to, as far as that can still be seen.
    async fn told(&self, commands: &[Command]) -> Result<Vec<Result<Outcome, Refused>>, Error> {
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

    /// What became of a row that an earlier run took in and did not report.
    async fn before(&self, number: u64, row: Row) -> Result<RowResult, Error> {
        Ok(match row.told {
            Ok(told) => RowResult::before(number, row.line, self.owner(&told.observation).await?),
            Err(problems) => RowResult::refused(number, row.line, problems),
        })
    }

    /// How far the import is, if that is to be noted.
    fn progress(&self, rows: u64, is_done: bool) -> Option<ImportProgress> {
        self.notes.then(|| ImportProgress { id: self.id, name: self.name.clone(), rows, is_done })
    }

    async fn finish(&self, rows: u64) -> Result<(), Error> {
        self.write(rows, &ImportBatch::new(Vec::new(), self.progress(rows, true))).await?;
        Ok(())
    }
}
