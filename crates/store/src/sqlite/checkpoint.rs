//! Folding the write-ahead log back into the store's file, beside the writer and not in its way.

use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::{self, JoinHandle};

use rusqlite::Connection;

use crate::Error;

/// So many pages in the log are worth folding: 32 MiB. Pages that were written again meanwhile are written
/// back once.
const LOG_PAGES: i32 = 8_192;
/// Passes in a row. Each folds what was written during the one before, so a few of them catch up, and the
/// writer begins the log anew.
const PASSES_MAX: usize = 8;

/// Starts a thread that folds the writer's log with a connection of its own, until the writer is closed.
pub fn start(writer: &mut Connection, connection: Connection) -> Result<JoinHandle<()>, Error> {
    let (wake, due) = sync_channel(1);
    writer.pragma_update(None, "wal_autocheckpoint", 0)?;
    writer.wal_hook(Some(move |_: &mut rusqlite::hooks::Wal, pages| {
        if pages >= LOG_PAGES {
            // It is awake already, or has ended with an error that it has logged.
            let _ = wake.try_send(());
        }
        Ok(())
    }))?;
    let thread = thread::Builder::new().name("kith-checkpoint".into()).spawn(move || work(&connection, &due));
    thread.map_err(|error| Error::Unusable(format!("No thread can be started: {error}.")))
}

fn work(connection: &Connection, due: &Receiver<()>) {
    while due.recv().is_ok() {
        for _ in 0..PASSES_MAX {
            // A passive checkpoint waits for nobody: it leaves what a reader still needs for the next time.
            let pass = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| {
                Ok((row.get::<_, i64>(1)?, row.get::<_, i64>(2)?))
            });
            match pass {
                Ok((in_log, folded)) if folded < in_log => {}
                Ok(_) => break,
                Err(error) => {
                    tracing::error!(error = %error, "the log could not be folded into the store's file");
                    break;
                }
            }
        }
    }
}
