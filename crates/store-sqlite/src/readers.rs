//! The connections that read.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use rusqlite::Connection;
use store::Access;
use tokio::sync::Semaphore;

use crate::damage::Damage;
use crate::error::Result;
use crate::locks::lock;
use crate::open;

/// Most reads at once; more would only wait for the same disk and processors. Scans and backups come on top.
pub const READS_MAX: usize = 16;

/// Connections for reads, as many as are read from at once.
pub struct Readers {
    file: PathBuf,
    pub damage: Arc<Damage>,
    pub free: Arc<Semaphore>,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    /// Readers of a file, none opened yet.
    pub fn new(file: &Path) -> Readers {
        Readers {
            file: file.to_owned(),
            damage: Arc::default(),
            free: Arc::new(Semaphore::new(READS_MAX)),
            idle: Mutex::new(Vec::new()),
        }
    }

    /// Runs a read in one transaction.
    pub fn with<T>(&self, read: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        self.read(read).inspect_err(|error| self.damage.note(error))
    }

    fn read<T>(&self, read: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let idle = lock(&self.idle).pop();
        let connection = idle.map_or_else(|| open::connect(&self.file, Access::Read), Ok)?;
        // Kept ready, since a short read would take as long as making these. A connection on which one fails is closed.
        connection.prepare_cached("BEGIN")?.execute([])?;
        let result = read(&connection);
        connection.prepare_cached("ROLLBACK")?.execute([])?;
        lock(&self.idle).push(connection);
        result
    }

    /// Runs a read of whole tables in one transaction, on a connection of its own.
    ///
    /// It reads each page once, so it maps none: mapped pages count as memory of the process.
    pub fn scan<T>(&self, read: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let mut connection = open::connect(&self.file, Access::Read)?;
        connection.pragma_update(None, "mmap_size", 0)?;
        let transaction = connection.transaction()?;
        read(&transaction).inspect_err(|error| self.damage.note(error))
    }
}
