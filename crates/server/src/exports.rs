//! Exports that clients download.
//!
//! An export is written to a temporary file as fast as the store can read, in one transaction, and sent from there as fast
//! as the client can. So it is a snapshot, and a slow client holds up nobody.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use contact::CompanyId;
use files::{Dialect, Format, Writer};
use futures_util::stream;
use hub::{Company, Exported, Hub};
use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::shares::{Holder, Limits, Refused, Share, Shares};
use crate::spool::{self, PIECE_BYTES, Stream, StreamWriter};

/// Most exports that are downloaded at once, and of one company. Each holds a temporary file.
const EXPORTS_MAX: u32 = 16;
const EXPORTS_OF_COMPANY: u32 = 2;
const DOWNLOADS: Limits =
    Limits { what: "exports", total: EXPORTS_MAX, company: EXPORTS_OF_COMPANY, address: 0, reserve: 4, little: 1 };
/// Most exports that read the store at once, each in a transaction. Others wait for their turn.
const READING_MAX: usize = 2;
/// Most time for a client to take a piece of the file.
const PIECE_TIME_MAX: Duration = Duration::from_secs(30);

/// The exports of all companies.
#[derive(Clone)]
pub struct Exports {
    pub downloads: Shares,
    reading: Arc<Semaphore>,
}

impl Default for Exports {
    fn default() -> Exports {
        Exports { downloads: Shares::new(DOWNLOADS), reading: Arc::new(Semaphore::new(READING_MAX)) }
    }
}

/// Why an export failed.
pub enum Failure {
    /// The company, or all companies, download too many.
    Refused(Refused),
    /// The contacts cannot be read.
    Hub(hub::Error),
    /// The temporary file cannot be written or read.
    File(io::Error),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        Failure::File(error)
    }
}

impl From<hub::Error> for Failure {
    fn from(error: hub::Error) -> Failure {
        Failure::Hub(error)
    }
}

/// An export that is downloaded.
struct Download {
    file: Stream<Failure>,
    /// The first piece, until it is sent.
    first: Option<Vec<u8>>,
    /// When the client took the piece before.
    taken: Instant,
    _share: Share,
}

impl Exports {
    /// Returns a response with the contacts of a company as a file, once the first of them are written.
    pub async fn start(
        &self,
        hub: Arc<Hub>,
        company: &Company,
        dialect: Dialect,
        who: Exported,
    ) -> Result<Response, Failure> {
        let share = self.downloads.take(Holder::Company(company.id), 1).map_err(Failure::Refused)?;
        let (writer, mut file) = spool::stream();
        let (reading, id) = (Arc::clone(&self.reading), company.id);
        tokio::spawn(async move {
            let _turn = reading.acquire().await;
            run(&hub, id, dialect, &who, writer).await;
        });
        let first = file.next().await.transpose()?;
        let download = Download { file, first, taken: Instant::now(), _share: share };
        let format = dialect.format();
        let name = format!("attachment; filename=\"{}.{}\"", company.name, format.extension());
        let headers = [(CONTENT_TYPE, format.media_type().to_owned()), (CONTENT_DISPOSITION, name)];
        let pieces = stream::try_unfold(download, Download::next);
        Ok((headers, Body::from_stream(pieces)).into_response())
    }
}

impl Download {
    /// Returns the next piece. An error breaks off the response, so that no client takes it for complete.
    async fn next(mut self) -> io::Result<Option<(Vec<u8>, Download)>> {
        let broken_off = || io::Error::other("the export broke off");
        if self.taken.elapsed() > PIECE_TIME_MAX {
            tracing::debug!("an export ended, because its client reads too slowly");
            return Err(broken_off());
        }
        let piece = match self.first.take() {
            Some(first) => Some(first),
            None => self.file.next().await.transpose().map_err(|_| broken_off())?,
        };
        self.taken = Instant::now();
        Ok(piece.map(|piece| (piece, self)))
    }
}

/// Writes an export into its file.
async fn run(hub: &Hub, company: CompanyId, dialect: Dialect, who: &Exported, mut file: StreamWriter<Failure>) {
    let end = write(hub, company, dialect, who, &mut file).await;
    match &end {
        Err(Failure::Hub(error)) => tracing::error!(%error, "an export broke off"),
        Err(Failure::File(error)) => tracing::error!(%error, "the temporary file of an export cannot be written"),
        Ok(()) | Err(Failure::Refused(_)) => {}
    }
    file.end(end);
}

async fn write(
    hub: &Hub,
    company: CompanyId,
    dialect: Dialect,
    who: &Exported,
    file: &mut StreamWriter<Failure>,
) -> Result<(), Failure> {
    let mut export = hub.export(company, who, dialect.format() != Format::Csv).await?;
    let sink = Sink::default();
    let mut writer = Writer::new(sink.clone(), dialect, export.settings()).expect("writing to memory cannot fail");
    while let Some(person) = export.next().await? {
        writer.write(&person).expect("writing to memory cannot fail");
        if sink.len() >= PIECE_BYTES && !file.add(&sink.take()).await? {
            // The client is gone.
            return Ok(());
        }
    }
    writer.finish().expect("writing to memory cannot fail");
    file.add(&sink.take()).await?;
    Ok(())
}

/// Output that is not in the file yet.
#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Sink {
    fn held(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn len(&self) -> usize {
        self.held().len()
    }

    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut *self.held())
    }
}

impl io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.held().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
