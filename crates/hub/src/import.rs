//! Imports: the rows of a file become observations, many in one write, and what becomes of each row is told.
//!
//! How far an import has come is written with the rows it took in. So whoever starts it again, after a crash too, goes on
//! with the next row, and no row is told twice.

mod fate;
mod report;

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::time::Duration;

use contact::{
    Command, CompanyId, ContactId, Group, Import, ImportId, ListId, ListName, Observation, Origin, Outcome, Refused,
    SetUp,
};
use files::{Column, Format, Options, Problem, Row};
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

pub use fate::{Became, Fate, Tally};
pub use report::Report;

use crate::{Company, Error, Hub};

/// Most merges that a progress names.
pub const MERGES_SHOWN: usize = 20;
/// Batches of rows that are read ahead.
const AHEAD_MAX: usize = 2;
/// How often a write is tried that the store does not take at the moment, and how long is waited between.
const TRIES_MAX: u32 = 60;
const TRY_AGAIN_AFTER: Duration = Duration::from_secs(1);
/// Bytes of a file that are read at once.
const BUFFER_BYTES: usize = 256 * 1024;

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
pub struct Pace {
    /// How many rows are written at once. While they are, other writes wait.
    pub rows_at_once: usize,
    /// Whether to leave the store to others after each write for as long as it took.
    pub yields: bool,
    /// Whether names and other single values that were told before are left alone.
    pub fills: bool,
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
pub fn identify(mut file: impl Read, format: Format, options: &Options) -> io::Result<ImportId> {
    let mut hash = Sha256::new();
    let Options { region, directory: _, map, delimiter, encoding } = options;
    hash.update(format!("{format} {region} {map:?} {delimiter:?} {encoding:?}\n"));
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(ImportId(hash.finalize().into())),
            read => hash.update(&buffer[..read]),
        }
    }
}

/// What is read of a file.
enum Piece {
    Columns(Vec<Column>),
    Rows { rows: Vec<Row>, bytes: u64 },
    Failed(files::Error),
}

impl Hub {
    /// An import that was begun, if it is remembered.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer.
    pub async fn import_of(&self, company: CompanyId, id: ImportId) -> Result<Option<Import>, Error> {
        Ok(self.store.directory(company).await?.imports.remove(&id))
    }

    /// Takes in a file, from the row on that follows those of an earlier run. `watch` is told after every write, and says
    /// whether to go on.
    ///
    /// # Errors
    ///
    /// As [`ImportError`] says.
    pub async fn import<R: Read + Send + 'static, W: io::Write + Send>(
        &self,
        company: &Company,
        file: ImportFile<R>,
        pace: Pace,
        report: &mut Report<W>,
        watch: &mut (dyn FnMut(&Importing) -> bool + Send),
    ) -> Result<Importing, ImportError> {
        let directory = self.store.directory(company.id).await?;
        let known = directory.imports.get(&file.id);
        let is_again = known.is_some_and(|import| import.is_done);
        let taken = known.filter(|import| !import.is_done).map_or(0, |import| import.rows);
        let lists = directory.lists.values().filter(|list| list.owner.is_none());
        let mut run = Run {
            hub: self,
            company,
            id: file.id,
            name: file.name,
            taken,
            fills: pace.fills || is_again,
            notes: !is_again,
            lists: lists.map(|list| (list.name.clone(), list.id)).collect(),
        };
        let mut pieces = pieces(file.bytes, file.format, file.options, pace.rows_at_once);
        let mut now = Importing { is_again, before: taken, ..Importing::default() };
        while let Some(piece) = pieces.recv().await {
            let (mut rows, bytes) = match piece {
                Piece::Columns(columns) => {
                    now.columns = columns;
                    continue;
                }
                Piece::Failed(error) => return Err(error.into()),
                Piece::Rows { rows, bytes } => (rows, bytes),
            };
            now.bytes = bytes;
            let first = now.rows + 1;
            now.rows += rows.len() as u64;
            let old = usize::try_from(taken.saturating_sub(first - 1)).unwrap_or(usize::MAX).min(rows.len());
            let fresh = rows.split_off(old);
            let reported = report.last();
            for (number, row) in (first..).zip(rows).filter(|(number, _)| *number > reported) {
                report.write(&run.before(number, row).await?)?;
            }
            if !fresh.is_empty() {
                let begun = Instant::now();
                let fates = run.take_in(first + old as u64, fresh).await?;
                for fate in fates {
                    now.tally.count(fate.result);
                    if !fate.merged.is_empty() && now.merges.len() < MERGES_SHOWN {
                        now.merges.extend(fate.contact.map(|kept| (fate.line, kept, fate.merged.clone())));
                    }
                    report.write(&fate)?;
                }
                if pace.yields {
                    sleep(begun.elapsed()).await;
                }
            }
            if !watch(&now) {
                report.flush()?;
                return Ok(now);
            }
        }
        run.finish().await?;
        report.flush()?;
        now.is_done = true;
        watch(&now);
        Ok(now)
    }
}

/// Reads a file on a thread of its own, some rows ahead of whoever takes them.
fn pieces<R: Read + Send + 'static>(bytes: R, format: Format, options: Options, size: usize) -> mpsc::Receiver<Piece> {
    let (send, pieces) = mpsc::channel(AHEAD_MAX);
    tokio::task::spawn_blocking(move || {
        let read = || {
            let mut file = files::read(bytes, format, &options)?;
            // Whoever has gone away needs no more.
            let mut is_heard = send.blocking_send(Piece::Columns(file.columns().to_vec())).is_ok();
            while is_heard {
                let rows = file.by_ref().take(size).collect::<Result<Vec<Row>, _>>()?;
                if rows.is_empty() {
                    break;
                }
                is_heard = send.blocking_send(Piece::Rows { rows, bytes: file.bytes_read() }).is_ok();
            }
            Ok(())
        };
        if let Err(error) = read() {
            let _ = send.blocking_send(Piece::Failed(error));
        }
    });
    pieces
}

/// An import under way.
struct Run<'a> {
    hub: &'a Hub,
    company: &'a Company,
    id: ImportId,
    name: String,
    /// How many rows have been taken in.
    taken: u64,
    fills: bool,
    /// Whether to note how far it has come.
    notes: bool,
    /// The company's lists.
    lists: BTreeMap<ListName, ListId>,
}

impl Run<'_> {
    /// Takes in the rows from a number on, in one write.
    async fn take_in(&mut self, first: u64, rows: Vec<Row>) -> Result<Vec<Fate>, Error> {
        let count = rows.len() as u64;
        let mut fates = Vec::with_capacity(rows.len());
        let mut commands = Vec::with_capacity(rows.len() + 1);
        for (number, Row { line, told }) in (first..).zip(rows) {
            let told = match told {
                Ok(told) => self.groups(&told.lists).await?.map(|groups| (told.observation, groups)),
                Err(problems) => Err(problems),
            };
            fates.push(match told {
                Ok((observation, groups)) => {
                    commands.push(Command::Observe(Observation { groups, fills: self.fills, ..observation }));
                    Fate::open(number, line)
                }
                Err(problems) => Fate::refused(number, line, problems),
            });
        }
        if self.notes {
            commands.push(self.note(self.taken + count, false));
        }
        let outcomes = self.write(commands).await?;
        self.taken += count;
        let mut outcomes = outcomes.into_iter();
        for fate in fates.iter_mut().filter(|fate| fate.is_open()) {
            fate.settle(outcomes.next().unwrap_or_else(|| Ok(Outcome::default())));
        }
        Ok(fates)
    }

    /// Writes, also if the store takes nothing at the moment. If it is not known whether it took it, how far the import has
    /// come tells.
    async fn write(&self, commands: Vec<Command>) -> Result<Vec<Result<Outcome, Refused>>, Error> {
        let mut tries = 0;
        loop {
            let now = self.hub.clock.now();
            match self.hub.store.write(self.company.id, now, commands.clone()).await {
                Err(store::Error::Unavailable(reason)) if tries < TRIES_MAX => {
                    tracing::warn!(reason, "an import waits for the store");
                    tries += 1;
                    sleep(TRY_AGAIN_AFTER).await;
                    let noted = self.hub.import_of(self.company.id, self.id).await.ok().flatten();
                    if self.notes && noted.is_some_and(|import| import.rows > self.taken) {
                        // All of it was written. What became of each row is not known any more, but for whom it is about.
                        return self.told(&commands).await;
                    }
                }
                outcomes => return Ok(outcomes?),
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
        Ok(self.hub.owner(self.company.id, handle.key()).await?.map(|contact| contact.id))
    }

    /// What became of a row that an earlier run took in and did not report.
    async fn before(&self, number: u64, row: Row) -> Result<Fate, Error> {
        Ok(match row.told {
            Ok(told) => Fate::before(number, row.line, self.owner(&told.observation).await?),
            Err(problems) => Fate::refused(number, row.line, problems),
        })
    }

    /// The lists with these names. Those that are not there are made.
    async fn groups(&mut self, names: &[ListName]) -> Result<Result<Vec<Group>, Vec<Problem>>, Error> {
        let mut groups = Vec::with_capacity(names.len());
        for name in names {
            if let Some(list) = self.lists.get(name) {
                groups.push(Group::List(*list));
                continue;
            }
            match self.hub.make_list(self.company.id, name.clone(), None, Origin::Import).await {
                Ok(list) => {
                    self.lists.insert(name.clone(), list.id);
                    groups.push(Group::List(list.id));
                }
                Err(Error::Refused(refused)) => {
                    let (column, value) = ("list".to_owned(), name.as_str().to_owned());
                    return Ok(Err(vec![Problem { column, value, reason: refused.to_string() }]));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(Ok(groups))
    }

    fn note(&self, rows: u64, is_done: bool) -> Command {
        let set_up = SetUp::NoteImport { id: self.id, name: self.name.clone(), rows, is_done };
        Command::SetUp { set_up, by: Origin::Import }
    }

    async fn finish(&self) -> Result<(), Error> {
        if self.notes {
            self.write(vec![self.note(self.taken, true)]).await?;
        }
        Ok(())
    }
}
