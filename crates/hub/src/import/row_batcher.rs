//! What makes the rows of a file ready to be written, while others are.

use std::collections::BTreeMap;
use std::io::Read;

use contact::{Group, ListId, ListName, Observation, Origin};
use files::{Column, Format, Options, Problem, Row};
use store::ImportBatch;
use tokio::sync::mpsc;

use super::{BatchSizes, ImportError, RowResult, Run};
use crate::Error;

/// Batches of rows that are read ahead.
const AHEAD_MAX: usize = 2;
/// Most rows of the first batch, so that whoever takes it begins soon. Each after it may have twice as many as the one before.
const FIRST_MAX: usize = 2_000;

/// What is read of a file.
enum Piece {
    Columns(Vec<Column>),
    Rows { rows: Vec<Row>, bytes: u64 },
    Failed(files::Error),
}

/// The pieces of a file.
pub struct Pieces {
    ahead: mpsc::Receiver<Piece>,
    /// What was too much at once.
    rest: Option<Piece>,
}

impl Pieces {
    pub fn of<R: Read + Send + 'static>(bytes: R, format: Format, options: Options, size: usize) -> Pieces {
        Pieces { ahead: pieces(bytes, format, options, size), rest: None }
    }

    /// The next piece, with so many rows at most; none after the last.
    async fn next(&mut self, most: usize) -> Option<Piece> {
        let mut piece = match self.rest.take() {
            Some(rest) => rest,
            None => self.ahead.recv().await?,
        };
        if let Piece::Rows { rows, bytes } = &mut piece
            && rows.len() > most
        {
            self.rest = Some(Piece::Rows { rows: rows.split_off(most), bytes: *bytes });
        }
        Some(piece)
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
            let mut most = size.min(FIRST_MAX);
            while is_heard {
                let rows = file.by_ref().take(most).collect::<Result<Vec<Row>, _>>()?;
                if rows.is_empty() {
                    break;
                }
                most = size.min(2 * most);
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

/// Rows that are made ready to be written.
pub struct Ready {
    /// What becomes of them, open where that is not known yet.
    pub coming: Vec<RowResult>,
    /// How many rows were taken in before.
    pub taken: u64,
    pub batch: ImportBatch,
    /// How many rows of the file, and bytes, were read with these.
    pub rows: u64,
    pub bytes: u64,
    /// Whether to leave the store to others afterwards.
    pub yields_after: bool,
}

/// What makes rows ready.
pub struct RowBatcher<'a> {
    pub run: &'a Run<'a>,
    pub pieces: Pieces,
    pub pace: BatchSizes,
    pub columns: Vec<Column>,
    /// How many rows were read.
    pub rows: u64,
    /// How many are taken in once all that is ready is written.
    pub taken: u64,
    /// The last row that the report told of from the start.
    pub reported: u64,
    pub only_fill_gaps: bool,
    /// The company's lists.
    pub lists: BTreeMap<ListName, ListId>,
}

impl RowBatcher<'_> {
    /// The next rows, if there are more.
    pub async fn next(&mut self) -> Result<Option<Ready>, ImportError> {
        loop {
            // A server may come or go at any time.
            let is_shared = self.run.hub.store.is_shared().await;
            let most = if is_shared { self.pace.rows_beside_server } else { self.pace.rows_at_once };
            let Some(piece) = self.pieces.next(most).await else { return Ok(None) };
            match piece {
                Piece::Columns(columns) => self.columns = columns,
                Piece::Failed(error) => return Err(error.into()),
                Piece::Rows { rows, bytes } => {
                    let ready = self.ready(rows, bytes).await?;
                    return Ok(Some(Ready { yields_after: is_shared, ..ready }));
                }
            }
        }
    }

    async fn ready(&mut self, rows: Vec<Row>, bytes: u64) -> Result<Ready, Error> {
        let (first, taken) = (self.rows + 1, self.taken);
        self.rows += rows.len() as u64;
        let mut coming = Vec::with_capacity(rows.len());
        let mut observations = Vec::with_capacity(rows.len());
        for (number, row) in (first..).zip(rows) {
            if number > taken {
                coming.push(self.row(number, row, &mut observations).await?);
            } else if number > self.reported {
                coming.push(self.run.before(number, row).await?);
            }
        }
        let mut progress = None;
        if self.rows > taken {
            self.taken = self.rows;
            progress = self.run.progress(self.taken, false);
        }
        let batch = ImportBatch::new(observations, progress);
        Ok(Ready { coming, taken, batch, rows: self.rows, bytes, yields_after: false })
    }

    /// A row, and what it asks for.
    #[expect(clippy::vec_box, reason = "a parsed row has its observation in a box already")]
    async fn row(
        &mut self,
        number: u64,
        row: Row,
        observations: &mut Vec<Box<Observation>>,
    ) -> Result<RowResult, Error> {
        let Row { line, told } = row;
        let told = match told {
            Ok(told) => self.groups(&told.lists).await?.map(|groups| (told.observation, groups)),
            Err(problems) => Err(problems),
        };
        Ok(match told {
            Ok((mut observation, groups)) => {
                (observation.groups, observation.only_fill_gaps) = (groups, self.only_fill_gaps);
                observations.push(observation);
                RowResult::open(number, line)
            }
            Err(problems) => RowResult::refused(number, line, problems),
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
            match self.run.hub.make_list(self.run.company, name.clone(), None, Origin::Import).await {
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
