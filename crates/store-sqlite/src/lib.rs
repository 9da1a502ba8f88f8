//! The embedded store: one SQLite file with a write-ahead log.
//!
//! One thread writes. What waits while it commits is the next batch, and a batch is one transaction, so
//! many writers share one sync of the disk. Readers have connections of their own and never wait for it.

mod accounts;
mod again;
mod beside;
mod claim_buffer;
mod companies;
mod contacts;
mod conversations;
mod duplicates;
mod filter;
mod flush_queue;
mod load;
mod open;
mod rows;
mod search;
mod settings;
mod stages;
mod upkeep;
mod writer;

use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use async_trait::async_trait;
use contact::{Command, CompanyId, Entry, Seq, Time};
use rusqlite::Connection;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinHandle;

use crate::again::is_reimport;
use crate::{
    Access, Error, Found, IndexProgress, Journal, JournalRecord, Outcomes, Prepared, Query, SCAN_AHEAD_MAX, ScanItem,
    ScanItems, Search, Store,
};
use claim_buffer::ClaimBuffer;
use companies::Logins;
use duplicates::Duplicates;
use writer::Writer;

/// Most reads at once; more would only wait for the same disk and processors. Scans and backups come on top.
const READS_MAX: usize = 16;

/// Most claims of handles that wait in memory, about 150 bytes each. With so many, a page of the table gets several at
/// once even among the handles of a million people.
const CLAIMS_WAITING_MAX: usize = 65_536;
/// The same while nothing but a command writes, which may be an import. When it ends with more of them than a served store has,
/// it writes them all. A hash table of so many is seven eighths full or less.
const CLAIMS_WAITING_MAX_OF_COMMAND: usize = 6 * CLAIMS_WAITING_MAX;

/// A store in one SQLite file.
pub struct Sqlite {
    file: PathBuf,
    duplicates: Duplicates,
    logins: Arc<Mutex<Logins>>,
    readers: Arc<Readers>,
    written: watch::Sender<u64>,
    /// What looks for what others write, while the store is served.
    upkeep: Option<JoinHandle<()>>,
    index: Arc<search::Index>,
    /// What brings the index along, while the store is served.
    _follower: Option<search::Follower>,
    claim_buffer: Arc<RwLock<ClaimBuffer>>,
    writer: Option<Writer>,
    /// Held while the store is served, so that nobody else serves it.
    served: Option<File>,
}

impl Sqlite {
    /// Opens the store in a file, and brings its schema up to date unless it is only to be read. To be called
    /// within a runtime.
    ///
    /// # Errors
    ///
    /// [`Error::Unusable`], with the file's name, if it is not a Kith store, was made by a newer Kith,
    /// cannot be opened as asked, or is served already.
    pub fn open(file: &Path, access: Access) -> Result<Sqlite, Error> {
        let is_command = access == Access::Change;
        let waiting_max = if is_command { CLAIMS_WAITING_MAX_OF_COMMAND } else { CLAIMS_WAITING_MAX };
        Sqlite::open_with(file, access, waiting_max)
    }

    /// The same, with another limit to the claims of handles that wait in memory to be written in the order of their
    /// table. None of them can be lost, since the journal has them.
    ///
    /// # Errors
    ///
    /// As [`open`](Sqlite::open).
    pub fn open_with(file: &Path, access: Access, claims_waiting_max: usize) -> Result<Sqlite, Error> {
        // What is no store is left alone, without even a lock beside it.
        open::look(file, access)?;
        let served = if access == Access::Serve { Some(open::claim(file)?) } else { None };
        let claim_buffer = Arc::new(RwLock::new(ClaimBuffer::new(claims_waiting_max)));
        let written = watch::Sender::new(0);
        let writer = if access == Access::Read {
            None
        } else {
            let mut connection = open::connect(file, access)?;
            if access == Access::Serve {
                let transaction = connection.transaction()?;
                write_lock(&claim_buffer).catch_up_unfolded(&transaction)?;
                transaction.finish()?;
            }
            let reader = open::connect(file, Access::Read)?;
            Some(Writer::start(connection, reader, Arc::clone(&claim_buffer), written.clone())?)
        };
        let logins = Arc::new(Mutex::new(Logins::new(open::connect(file, Access::Read)?)));
        let readers = Arc::new(Readers {
            file: file.to_owned(),
            free: Arc::new(Semaphore::new(READS_MAX)),
            idle: Mutex::new(Vec::new()),
        });
        let (mut upkeep, mut follower) = (None, None);
        let mut duplicates = Duplicates::of(file);
        if access == Access::Serve {
            upkeep = Some(tokio::spawn(upkeep::run(Arc::clone(&logins), written.clone())));
            follower = Some(search::Follower::start(file)?);
            duplicates.keep_up(Arc::clone(&readers), &written);
        }
        let index = Arc::new(search::Index::beside(file));
        let file = file.to_owned();
        Ok(Sqlite {
            file,
            duplicates,
            logins,
            readers,
            written,
            upkeep,
            index,
            _follower: follower,
            claim_buffer,
            writer,
            served,
        })
    }

    /// Brings the schema of the store in a file up to date. The file is made if it is not there.
    ///
    /// # Errors
    ///
    /// As [`open`](Sqlite::open).
    pub fn migrate(file: &Path) -> Result<Prepared, Error> {
        open::migrate(file)
    }

    fn writer(&self) -> Result<&Writer, Error> {
        self.writer.as_ref().ok_or_else(|| Error::Unusable(format!("{} is opened to be read.", self.file.display())))
    }

    /// Runs a read of a row or a few where it was asked for: it takes less than handing it to another thread and waiting for that.
    fn read_at_once<T>(&self, read: impl FnOnce(&Connection) -> Result<T, Error>) -> Result<T, Error> {
        self.readers.with(read)
    }

    /// Changes the index. Whoever else does at the same time, each does a part.
    async fn with_index<T: Send + 'static>(
        &self,
        run: impl FnOnce(&mut search::Reader) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let file = self.file.clone();
        let running = tokio::task::spawn_blocking(move || run(&mut search::Reader::open(&file, Arc::default())?));
        running.await.map_err(|_| Error::Unavailable("The index was left as it was.".into()))?
    }

    /// What commands come to if they change nothing, found out by several readers side by side.
    async fn unchanged(
        &self,
        company: CompanyId,
        at: Time,
        commands: Arc<[Command]>,
    ) -> Result<Option<Outcomes>, Error> {
        let read = |part: Range<usize>| {
            let (readers, claim_buffer, commands) =
                (Arc::clone(&self.readers), Arc::clone(&self.claim_buffer), Arc::clone(&commands));
            tokio::task::spawn_blocking(move || {
                let (claim_buffer, part) = (read_lock(&claim_buffer), &commands[part]);
                readers.with(|connection| again::unchanged(connection, &claim_buffer, company, part, at))
            })
        };
        crate::again::unchanged(commands.len(), READS_MAX, read).await
    }

    /// Runs a read on a connection of its own, in one transaction.
    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let readers = Arc::clone(&self.readers);
        let permit = Arc::clone(&readers.free).acquire_owned().await;
        let reading = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            readers.with(read)
        });
        reading.await.map_err(|_| Error::Unavailable("A read was interrupted.".into()))?
    }
}

impl Drop for Sqlite {
    fn drop(&mut self) {
        if let Some(upkeep) = &self.upkeep {
            upkeep.abort();
        }
    }
}

#[async_trait]
impl Journal for Sqlite {
    async fn write_shared(&self, company: CompanyId, at: Time, commands: Arc<[Command]>) -> Result<Outcomes, Error> {
        let writer = self.writer()?;
        if is_reimport(&commands) {
            if !read_lock(&self.claim_buffer).has(company) {
                // A write of nothing lets the claim_buffer learn of the company.
                writer.write(company, at, Arc::default()).await?;
            }
            if let Some(outcomes) = self.unchanged(company, at, Arc::clone(&commands)).await? {
                return Ok(outcomes);
            }
        }
        writer.write(company, at, commands).await
    }

    async fn restore(&self, company: CompanyId, told: Vec<JournalRecord>) -> Result<(), Error> {
        self.writer()?.restore(company, told).await
    }

    async fn entries(&self, company: CompanyId, after: Seq, limit: usize) -> Result<Vec<Entry>, Error> {
        self.read(move |connection| load::entries(connection, company, after, limit)).await
    }

    async fn head(&self, company: CompanyId) -> Result<Seq, Error> {
        let ends = self.read(move |connection| load::ends(connection, company)).await?;
        Ok(ends.map(|ends| ends.head).unwrap_or_default())
    }

    fn watch(&self) -> watch::Receiver<u64> {
        self.written.subscribe()
    }

    async fn scan(&self, company: CompanyId) -> Result<ScanItems, Error> {
        let (send, records) = mpsc::channel(SCAN_AHEAD_MAX);
        let readers = Arc::clone(&self.readers);
        tokio::task::spawn_blocking(move || {
            let mut visit = |record: ScanItem| send.blocking_send(Ok(record)).is_ok();
            let scanned = readers.with(|connection| load::scan(connection, company, &mut visit));
            if let Err(error) = scanned {
                // Nobody listens any more if this fails too.
                let _ = send.blocking_send(Err(error));
            }
        });
        Ok(records)
    }
}

#[async_trait]
impl Search for Sqlite {
    async fn search(&self, company: CompanyId, query: &Query, limit: usize) -> Result<Found, Error> {
        let (index, query) = (Arc::clone(&self.index), query.clone());
        self.read(move |connection| index.find(connection, company, &query, limit)).await
    }

    async fn index(&self, company: CompanyId) -> Result<IndexProgress, Error> {
        self.with_index(move |reader| {
            let indexed = reader.step(company)?;
            while !indexed.is_behind() && reader.join()? {}
            Ok(indexed)
        })
        .await
    }

    async fn reindex(&self, company: CompanyId) -> Result<(), Error> {
        self.with_index(move |reader| reader.forget(company)).await
    }
}

#[async_trait]
impl Store for Sqlite {
    async fn backup(&self, file: &Path) -> Result<(), Error> {
        let (from, to) = (self.file.clone(), file.to_owned());
        let copying = tokio::task::spawn_blocking(move || open::copy(&from, &to));
        copying.await.map_err(|_| Error::Unavailable("The backup was interrupted.".into()))?
    }

    async fn rehearse(&self, _: CompanyId, file: &Path) -> Result<Sqlite, Error> {
        self.backup(file).await?;
        Sqlite::open(file, Access::Change)
    }

    async fn is_shared(&self) -> bool {
        self.served.is_none() && open::is_served(&self.file)
    }

    async fn ready(&self) -> Result<(), Error> {
        self.read(|connection| Ok(connection.query_row("SELECT count(*) FROM company", [], |_| Ok(()))?)).await
    }
}

/// Connections for reads, as many as are read from at once.
struct Readers {
    file: PathBuf,
    free: Arc<Semaphore>,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    fn with<T>(&self, read: impl FnOnce(&Connection) -> Result<T, Error>) -> Result<T, Error> {
        let idle = lock(&self.idle).pop();
        let connection = idle.map_or_else(|| open::connect(&self.file, Access::Read), Ok)?;
        // Kept ready, since a short read would take as long as making these. A connection on which one fails is closed.
        connection.prepare_cached("BEGIN")?.execute([])?;
        let result = read(&connection);
        connection.prepare_cached("ROLLBACK")?.execute([])?;
        lock(&self.idle).push(connection);
        result
    }
}

fn read_lock<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

fn write_lock<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Error {
        use rusqlite::ErrorCode as Code;
        match error.sqlite_error_code() {
            Some(Code::DiskFull) => Error::Unavailable("The disk that holds the store is full.".into()),
            Some(Code::DatabaseCorrupt | Code::NotADatabase) | None => Error::Damaged(error.to_string()),
            Some(_) => Error::Unavailable(format!("The store cannot be used at the moment: {error}.")),
        }
    }
}
