//! Turns of the processes that write to one file.
//!
//! SQLite has no queue for its write lock: who waits tries again and again, and finds it taken by a process that writes
//! without a pause. So a process first locks the file `-turn`, until it has the write lock. While one waits, the others
//! queue behind it, those that have just written among them.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, fchown};
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::private;
use crate::sidecar::sidecar;

/// How long a process waits for a lock until it tries again: much less than a write takes.
const RETRY_AFTER: Duration = Duration::from_millis(1);
/// How often it tries to get the write lock: for five seconds or little more.
const TRIES_MAX: i32 = 5_000;
/// How often it tries to get its turn: for a second. Then it goes for the write lock without, so that a process that was
/// stopped in its turn holds up nobody for long.
const TURN_TRIES_MAX: i32 = 1_000;

/// The turns of a store's file. If their lock cannot be opened, processes write as they come.
pub struct Turns(Option<File>);

impl Turns {
    /// Opens the lock beside a store, which must exist. Creates the lock if it is missing.
    pub fn of(store: &Path) -> Turns {
        let path = sidecar(store, "-turn");
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true).mode(private::FILE_MODE);
        let made = options.clone().create_new(true).open(&path).inspect(|lock| {
            // A command of root makes it for the server, as SQLite does with the log.
            let _ = fs::metadata(store).and_then(|store| fchown(lock, Some(store.uid()), Some(store.gid())));
        });
        Turns(made.or_else(|_| options.open(&path)).ok())
    }

    /// Begins a transaction that writes, after the processes that waited before.
    pub fn begin<'a>(&self, connection: &'a mut Connection) -> rusqlite::Result<Transaction<'a>> {
        let _turn = self.0.as_ref().and_then(Turn::wait);
        connection.transaction_with_behavior(TransactionBehavior::Immediate)
    }
}

/// The turn of this process. It ends when this is dropped, and with the process.
struct Turn<'a>(&'a File);

impl Turn<'_> {
    /// Waits for the turn; none if it does not come.
    fn wait(lock: &File) -> Option<Turn<'_>> {
        for _ in 0..TURN_TRIES_MAX {
            match lock.try_lock() {
                Ok(()) => return Some(Turn(lock)),
                Err(TryLockError::WouldBlock) => sleep(RETRY_AFTER),
                // The file system has no such locks.
                Err(TryLockError::Error(_)) => return None,
            }
        }
        None
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        // It fails only without a lock.
        let _ = self.0.unlock();
    }
}

/// Waits a moment, and returns whether to try again after so many tries. SQLite's own waits get longer and longer, and
/// would miss the moment in which the lock is free.
pub fn is_patient(tries: i32) -> bool {
    sleep(RETRY_AFTER);
    tries < TRIES_MAX
}
