//! A store in a SQLite file: opening it and running reads.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, RwLock};

use rusqlite::Connection;
use store::{Access, Migrated};
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::claim_buffer::{CLAIMS_WAITING_MAX, ClaimBuffer};
use crate::duplicates::Duplicates;
use crate::error::{Error, Result};
use crate::locks::write_lock;
use crate::logins::Logins;
use crate::page_check::PageCheck;
use crate::readers::Readers;
use crate::schema::FirstCopy;
use crate::search::{self, Index};
use crate::sidecar::target;
use crate::turns::Turns;
use crate::write_state::Connections;
use crate::writer::Writer;
use crate::{open, private, restore, upkeep};

/// Most claims in the buffer of a command, which may be an import.
///
/// A command that ends with more than [`CLAIMS_WAITING_MAX`] flushes them all. A hash table of this size is at most seven
/// eighths full.
const CLAIMS_WAITING_MAX_OF_COMMAND: usize = 6 * CLAIMS_WAITING_MAX;

/// A store in one SQLite file.
pub struct Sqlite {
    pub(crate) file: PathBuf,
    pub(crate) duplicates: Duplicates,
    pub(crate) logins: Arc<Mutex<Logins>>,
    pub(crate) readers: Arc<Readers>,
    pub(crate) written: watch::Sender<u64>,
    /// The task that notices writes by other processes, while the store is served.
    upkeep: Option<JoinHandle<()>>,
    pub(crate) index: Arc<Index>,
    /// The thread that updates the search index, while the store is served.
    _follower: Option<search::Follower>,
    /// The thread that checks the pages of the file once, while the store is served.
    _page_check: Option<PageCheck>,
    pub(crate) claim_buffer: Arc<RwLock<ClaimBuffer>>,
    pub(crate) writer: Option<Writer>,
    /// The lock that keeps other processes from serving the store.
    pub(crate) served: Option<File>,
    /// The temporary folder of a scratch store, deleted last.
    folder: Option<TempDir>,
}

impl Sqlite {
    /// Opens the store in a file, and migrates its schema unless it is opened for reading. Needs a Tokio runtime.
    ///
    /// # Errors
    ///
    /// [`Error::Unusable`], with the file's name, if it is not a Kith store, was written by a newer Kith, cannot be
    /// opened with this access, or is served already.
    pub fn open(file: &Path, access: Access) -> std::result::Result<Sqlite, store::Error> {
        let is_command = access == Access::Change;
        let waiting_max = if is_command { CLAIMS_WAITING_MAX_OF_COMMAND } else { CLAIMS_WAITING_MAX };
        Sqlite::open_with(file, access, waiting_max)
    }

    /// Like [`open`](Sqlite::open), with another limit for the claim buffer.
    ///
    /// Buffered claims cannot be lost, because the journal has them.
    ///
    /// # Errors
    ///
    /// As [`open`](Sqlite::open).
    pub fn open_with(
        file: &Path,
        access: Access,
        claims_waiting_max: usize,
    ) -> std::result::Result<Sqlite, store::Error> {
        Ok(Sqlite::opened(&target(file), access, claims_waiting_max)?)
    }

    fn opened(file: &Path, access: Access, claims_waiting_max: usize) -> Result<Sqlite> {
        // Check first, so that a file that is not a store does not even get a lock file.
        open::precheck(file, access)?;
        private::warn(file);
        let served = if access == Access::Serve { Some(open::claim(file)?) } else { None };
        let claim_buffer = Arc::new(RwLock::new(ClaimBuffer::new(claims_waiting_max)));
        let readers = Arc::new(Readers::new(file));
        let damage = Arc::clone(&readers.damage);
        let written = watch::Sender::new(0);
        let writer = if access == Access::Read {
            None
        } else {
            let mut writer = open::connect(file, access)?;
            if access == Access::Serve {
                let transaction = writer.transaction()?;
                write_lock(&claim_buffer).catch_up_unflushed(&transaction)?;
                transaction.finish()?;
            }
            let reader = open::connect(file, Access::Read)?;
            let path = file.to_owned();
            let finish = move |connection: &Connection| open::finish(connection, &path, access);
            Some(Writer::start(
                Connections { writer, reader, turns: Turns::of(file), access },
                Arc::clone(&claim_buffer),
                written.clone(),
                Arc::clone(&damage),
                finish,
            )?)
        };
        let logins = Arc::new(Mutex::new(Logins::new(open::connect(file, Access::Read)?)));
        let (mut upkeep, mut follower, mut page_check) = (None, None, None);
        let mut duplicates = Duplicates::of(file);
        if access == Access::Serve {
            let checkpoint = writer.as_ref().and_then(Writer::checkpoints);
            upkeep = Some(tokio::spawn(upkeep::run(Arc::clone(&logins), written.clone(), checkpoint)));
            follower = Some(search::Follower::start(file)?);
            duplicates.keep_up(Arc::clone(&readers), &written);
            page_check = PageCheck::start(file, damage)?;
        }
        let index = Arc::new(Index::of(file, Arc::clone(&readers.damage)));
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
            _page_check: page_check,
            claim_buffer,
            writer,
            served,
            folder: None,
        })
    }

    /// Migrates the schema of the store in a file. Creates the file if it is missing.
    ///
    /// # Errors
    ///
    /// As [`open`](Sqlite::open), and if the first copy cannot be made.
    pub fn migrate(file: &Path, copy: FirstCopy) -> std::result::Result<Migrated, store::Error> {
        Ok(open::migrate(&target(file), copy)?)
    }

    /// Returns what [`migrate`](Sqlite::migrate) would do. Changes nothing.
    ///
    /// # Errors
    ///
    /// As [`open`](Sqlite::open).
    pub fn check_migration(file: &Path) -> std::result::Result<Migrated, store::Error> {
        Ok(open::check_migration(&target(file))?)
    }

    /// Makes the store in a file a copy of `backup`. Returns the file of the old store, if there was one.
    ///
    /// `without_log` copies a file that has lost its log, with the changes that were not in it.
    ///
    /// # Errors
    ///
    /// [`Error::Unusable`] if the store is served, or the backup is no store or damaged.
    pub fn restore(
        file: &Path,
        backup: &Path,
        without_log: bool,
    ) -> std::result::Result<Option<PathBuf>, store::Error> {
        Ok(restore::restore(&target(file), backup, without_log)?)
    }

    /// Adds a temporary folder that is deleted when the store is dropped.
    pub(crate) fn deleted_with(self, folder: TempDir) -> Sqlite {
        let mut store = self;
        store.folder = Some(folder);
        store
    }

    /// The writer; an error if the store is opened for reading.
    pub(crate) fn writer(&self) -> Result<&Writer> {
        self.writer
            .as_ref()
            .ok_or_else(|| Error::unusable(format!("{} is opened for reading only.", self.file.display())))
    }

    /// Runs a read of a few rows on the caller's thread, which is faster than handing it to another thread.
    pub(crate) fn read_at_once<T>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T>,
    ) -> std::result::Result<T, store::Error> {
        Ok(self.readers.with(read)?)
    }

    /// What a read found. In a file with damaged pages, it is an error to find nothing.
    pub(crate) fn trusted<T>(&self, found: Option<T>) -> std::result::Result<Option<T>, store::Error> {
        if found.is_none() {
            self.readers.damage.check()?;
        }
        Ok(found)
    }

    /// Changes the search index. Several processes may do so at the same time, and share the work.
    pub(crate) async fn with_index<T: Send + 'static>(
        &self,
        run: impl FnOnce(&mut search::Reader) -> Result<T> + Send + 'static,
    ) -> std::result::Result<T, store::Error> {
        let file = self.file.clone();
        let running = tokio::task::spawn_blocking(move || run(&mut search::Reader::open(&file, Arc::default())?));
        Ok(running.await.map_err(|_| Error::unavailable("The update of the search index was interrupted."))??)
    }

    /// Runs a read on a connection of its own, in one transaction.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> std::result::Result<T, store::Error> {
        let readers = Arc::clone(&self.readers);
        let permit = Arc::clone(&readers.free).acquire_owned().await;
        let reading = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            readers.with(read)
        });
        Ok(reading.await.map_err(|_| Error::unavailable("A read was interrupted."))??)
    }
}

impl Drop for Sqlite {
    fn drop(&mut self) {
        if let Some(upkeep) = &self.upkeep {
            upkeep.abort();
        }
    }
}
