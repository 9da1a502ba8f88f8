//! Writing and reading the journal.

use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use contact::{Command, CompanyId, Entry, Seq, Time};
use store::{Error, ImportBatch, Journal, JournalRecord, Outcomes, SCAN_AHEAD_MAX, ScanItem, ScanItems};
use tokio::sync::{mpsc, watch};

use crate::bulk::reimport;
use crate::journal;
use crate::locks::read_lock;
use crate::readers::READS_MAX;
use crate::scan::scan;
use crate::sqlite::Sqlite;

#[async_trait]
impl Journal for Sqlite {
    async fn write(&self, company: CompanyId, at: Time, commands: Vec<Command>) -> Result<Outcomes, Error> {
        Ok(self.writer()?.write(company, at, commands).await?)
    }

    async fn import(&self, company: CompanyId, at: Time, batch: ImportBatch) -> Result<Outcomes, Error> {
        let writer = self.writer()?;
        if batch.only_fills_gaps() {
            if !read_lock(&self.claim_buffer).has(company) {
                // An empty write makes the claim buffer catch up with the company.
                writer.write(company, at, Vec::new()).await?;
            }
            if let Some(outcomes) = unchanged(self, company, at, batch.commands()).await? {
                return Ok(outcomes);
            }
        }
        Ok(writer.import(company, at, batch).await?)
    }

    async fn restore(&self, company: CompanyId, records: Vec<JournalRecord>) -> Result<(), Error> {
        Ok(self.writer()?.restore(company, records).await?)
    }

    async fn entries(&self, company: CompanyId, after: Seq, limit: usize) -> Result<Vec<Entry>, Error> {
        self.read(move |connection| journal::entries(connection, company, after, limit)).await
    }

    async fn head(&self, company: CompanyId) -> Result<Seq, Error> {
        let ends = self.read(move |connection| journal::ends(connection, company)).await?;
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
            let scanned = readers.scan(|connection| scan(connection, company, &mut visit));
            if let Err(error) = scanned {
                // Nobody listens any more if this fails too.
                let _ = send.blocking_send(Err(error.into()));
            }
        });
        Ok(records)
    }
}

/// The outcomes of commands that change nothing, decided by several readers side by side; none if one does.
async fn unchanged(
    store: &Sqlite,
    company: CompanyId,
    at: Time,
    commands: &Arc<[Command]>,
) -> Result<Option<Outcomes>, Error> {
    let read = |part: Range<usize>| {
        let (readers, commands) = (Arc::clone(&store.readers), Arc::clone(commands));
        let claim_buffer = Arc::clone(&store.claim_buffer);
        tokio::task::spawn_blocking(move || {
            let (claim_buffer, part) = (read_lock(&claim_buffer), &commands[part]);
            let unchanged =
                readers.with(|connection| reimport::unchanged(connection, &claim_buffer, company, part, at));
            Ok(unchanged?)
        })
    };
    store::reimport::unchanged(commands.len(), READS_MAX, read).await
}
