//! Checks the pages of a served file once, beside its reads and writes.

use std::path::Path;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use rusqlite::InterruptHandle;
use store::Access;

use crate::damage::Damage;
use crate::error::{Error, Result};
use crate::open;

/// Bytes of the largest file that is checked when it is served. `kith verify --quick` checks a larger one.
const CHECKED_BYTES_MAX: u64 = 4 << 30;

/// A running check. Dropping it ends it.
pub struct PageCheck {
    interrupt: InterruptHandle,
    thread: Option<JoinHandle<()>>,
}

impl PageCheck {
    /// Starts the check; none for a file that takes too long.
    pub fn start(file: &Path, damage: Arc<Damage>) -> Result<Option<PageCheck>> {
        if file.metadata().is_ok_and(|metadata| metadata.len() > CHECKED_BYTES_MAX) {
            tracing::info!("a store of this size is not checked at the start; run: kith verify --quick");
            return Ok(None);
        }
        let connection = open::connect(file, Access::Read)?;
        // Mapped pages count as memory of the process.
        connection.pragma_update(None, "mmap_size", 0)?;
        let interrupt = connection.get_interrupt_handle();
        let check = move || match open::quick_check(&connection) {
            Ok(findings) if findings.is_empty() => tracing::debug!("no page of the store is damaged"),
            Ok(findings) => damage.found(&findings[0]),
            Err(error) => damage.note(&error),
        };
        let thread = thread::Builder::new().name("kith-pages".into()).spawn(check);
        let thread = thread.map_err(|error| Error::unusable(format!("No thread can be started: {error}.")))?;
        Ok(Some(PageCheck { interrupt, thread: Some(thread) }))
    }
}

impl Drop for PageCheck {
    fn drop(&mut self) {
        self.interrupt.interrupt();
        if let Some(thread) = self.thread.take() {
            // It returns nothing.
            let _ = thread.join();
        }
    }
}
