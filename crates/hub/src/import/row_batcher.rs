//! Prepares batches of rows to be written, while others are written.

use std::collections::BTreeMap;
use std::io::Read;

use contact::{Attribute, Group, ImportRow, ListId, ListName, Observation, Origin};
use files::{Column, Encoding, Format, Options, Problem, Row};
use store::ImportBatch;
use tokio::sync::mpsc;

use super::{ImportError, PEOPLE_SHOWN, RowResult, Run, left_out};
use crate::Error;
use crate::pace::Pace;

/// Parts of a file that are read ahead.
const AHEAD_MAX: usize = 2;
/// Most rows of the first batch, so that writing begins soon. Each later batch may have twice as many as the one before.
const FIRST_MAX: usize = 2_000;

/// A part of a file.
enum FilePart {
    Head { columns: Vec<Column>, encoding: Encoding },
    Rows { rows: Vec<Row>, bytes: u64 },
    Failed(files::Error),
}

/// The parts of a file, in order.
pub struct FileParts {
    ahead: mpsc::Receiver<FilePart>,
    /// Rows that were too many for the last batch.
    rest: Option<FilePart>,
}

impl FileParts {
    pub fn of<R: Read + Send + 'static>(bytes: R, format: Format, options: Options, size: usize) -> FileParts {
        FileParts { ahead: parts(bytes, format, options, size), rest: None }
    }

    /// The next part, with at most so many rows. None after the last.
    async fn next(&mut self, most: usize) -> Option<FilePart> {
        let mut part = match self.rest.take() {
            Some(rest) => rest,
            None => self.ahead.recv().await?,
        };
        if let FilePart::Rows { rows, bytes } = &mut part
            && rows.len() > most
        {
            self.rest = Some(FilePart::Rows { rows: rows.split_off(most), bytes: *bytes });
        }
        Some(part)
    }
}

/// Reads a file on its own thread, some rows ahead.
fn parts<R: Read + Send + 'static>(
    bytes: R,
    format: Format,
    options: Options,
    size: usize,
) -> mpsc::Receiver<FilePart> {
    let (send, parts) = mpsc::channel(AHEAD_MAX);
    tokio::task::spawn_blocking(move || {
        let read = || {
            let mut file = files::read(bytes, format, &options)?;
            // The import may have stopped.
            let head = FilePart::Head { columns: file.columns().to_vec(), encoding: file.encoding() };
            let mut is_wanted = send.blocking_send(head).is_ok();
            let mut most = size.min(FIRST_MAX);
            while is_wanted {
                let rows = file.by_ref().take(most).collect::<Result<Vec<Row>, _>>()?;
                if rows.is_empty() {
                    break;
                }
                most = size.min(2 * most);
                is_wanted = send.blocking_send(FilePart::Rows { rows, bytes: file.bytes_read() }).is_ok();
            }
            Ok(())
        };
        if let Err(error) = read() {
            let _ = send.blocking_send(FilePart::Failed(error));
        }
    });
    parts
}

/// Rows that are ready to be written.
pub struct RowBatch {
    /// Their results, pending where they depend on the write.
    pub results: Vec<RowResult>,
    /// Rows that were imported before this batch.
    pub before: u64,
    pub batch: ImportBatch,
    /// Rows and bytes of the file up to the end of this batch.
    pub rows: u64,
    pub bytes: u64,
}

/// Turns the rows of a file into batches.
pub struct RowBatcher<'a> {
    pub run: &'a Run<'a>,
    pub parts: FileParts,
    pub pace: Pace,
    pub columns: Vec<Column>,
    pub encoding: Option<Encoding>,
    /// The first names.
    pub first_people: Vec<String>,
    /// Rows that were read.
    pub rows: u64,
    /// Rows that are imported once the prepared batches are written.
    pub imported: u64,
    /// The last row that the report had when the import began.
    pub reported: u64,
    pub only_fill_gaps: bool,
    /// The company's lists.
    pub lists: BTreeMap<ListName, ListId>,
}

impl RowBatcher<'_> {
    /// The next batch. None after the last row.
    pub async fn next(&mut self) -> Result<Option<RowBatch>, ImportError> {
        loop {
            let most = self.pace.next(&*self.run.hub.store).await;
            let Some(part) = self.parts.next(most).await else { return Ok(None) };
            match part {
                FilePart::Head { columns, encoding } => (self.columns, self.encoding) = (columns, Some(encoding)),
                FilePart::Failed(error) => return Err(error.into()),
                FilePart::Rows { rows, bytes } => return Ok(Some(self.batch(rows, bytes).await?)),
            }
        }
    }

    async fn batch(&mut self, rows: Vec<Row>, bytes: u64) -> Result<RowBatch, Error> {
        let (first, before) = (self.rows + 1, self.imported);
        self.rows += rows.len() as u64;
        let mut results = Vec::with_capacity(rows.len());
        let mut observations = Vec::with_capacity(rows.len());
        for (number, row) in (first..).zip(rows) {
            if number > before {
                results.push(self.row(number, row, &mut observations).await?);
            } else if number > self.reported {
                results.push(self.run.imported_before(number, row).await?);
            }
        }
        let mut progress = None;
        if self.rows > before {
            self.imported = self.rows;
            progress = self.run.progress(self.imported, false);
        }
        let batch = ImportBatch::new(observations, progress);
        Ok(RowBatch { results, before, batch, rows: self.rows, bytes })
    }

    /// Adds the observation of a row, and returns its result.
    #[expect(clippy::vec_box, reason = "a parsed row has its observation in a box already")]
    async fn row(
        &mut self,
        number: u64,
        row: Row,
        observations: &mut Vec<Box<Observation>>,
    ) -> Result<RowResult, Error> {
        let Row { line, parsed } = row;
        let parsed = match parsed {
            Ok(parsed) => {
                self.note_name(&parsed.observation);
                let (groups, names) = (self.groups(&parsed.lists).await?, left_out::names(&parsed));
                groups.map(|groups| (parsed.observation, groups, parsed.left_out, names))
            }
            Err(problems) => Err(problems),
        };
        Ok(match parsed {
            Ok((mut observation, groups, problems, left_out)) => {
                (observation.groups, observation.only_fill_gaps) = (groups, self.only_fill_gaps);
                observation.origin = Origin::Import(Some(ImportRow { import: self.run.id, line }));
                observations.push(observation);
                RowResult::pending(number, line, problems, left_out)
            }
            Err(problems) => RowResult::refused(number, line, problems),
        })
    }

    fn note_name(&mut self, observation: &Observation) {
        if self.first_people.len() < PEOPLE_SHOWN
            && let Some(name) = observation.attributes[Attribute::Name].as_ref().filter(|name| !name.is_empty())
        {
            self.first_people.push(name.as_str().to_owned());
        }
    }

    /// The lists with these names. Missing ones are created.
    async fn groups(&mut self, names: &[ListName]) -> Result<Result<Vec<Group>, Vec<Problem>>, Error> {
        let mut groups = Vec::with_capacity(names.len());
        for name in names {
            if let Some(list) = self.lists.get(name) {
                groups.push(Group::List(*list));
                continue;
            }
            match self.run.hub.make_list(self.run.company, name.clone(), None, Origin::Import(None)).await {
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
}
