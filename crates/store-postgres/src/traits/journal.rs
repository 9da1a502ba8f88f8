//! Writing and reading the journal.

use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use contact::{Command, CompanyId, Entry, Seq, Time};
use store::{Error, ImportBatch, Journal, JournalRecord, Outcomes, SCAN_AHEAD_MAX, ScanItems};
use tokio::sync::{mpsc, watch};

use crate::bulk::reimport;
use crate::codec::{self, limit, number, stored};
use crate::connect::Transaction;
use crate::journal;
use crate::postgres::Postgres;
use crate::scan::scan;

#[async_trait]
impl Journal for Postgres {
    async fn write(&self, company: CompanyId, at: Time, commands: Vec<Command>) -> Result<Outcomes, Error> {
        Ok(self.writer.write(company, at, commands.into()).await?)
    }

    async fn import(&self, company: CompanyId, at: Time, batch: ImportBatch) -> Result<Outcomes, Error> {
        if batch.only_fills_gaps() {
            match unchanged(self, company, at, batch.commands()).await {
                Ok(Some(outcomes)) => return Ok(outcomes),
                Ok(None) => {}
                // The write tries again on another connection.
                Err(error @ Error::Unavailable(_)) => {
                    tracing::warn!(%error, "an imported batch could not be checked for changes; writing it");
                }
                Err(error) => return Err(error),
            }
        }
        Ok(self.writer.write(company, at, Arc::clone(batch.commands())).await?)
    }

    async fn restore(&self, company: CompanyId, records: Vec<JournalRecord>) -> Result<(), Error> {
        Ok(self.writer.restore(company, records).await?)
    }

    async fn entries(&self, company: CompanyId, after: Seq, most: usize) -> Result<Vec<Entry>, Error> {
        let (company, after) = (codec::company(company), stored(after.0));
        Ok(journal::entries(&self.pool.query(journal::ENTRIES, &[&company, &after, &limit(most)]).await?)?)
    }

    async fn head(&self, company: CompanyId) -> Result<Seq, Error> {
        let ends = self.pool.query(journal::ENDS, &[&codec::company(company)]).await?;
        Ok(ends.first().map(|ends| number(ends, 0)).transpose()?.map(Seq).unwrap_or_default())
    }

    fn watch(&self) -> watch::Receiver<u64> {
        self.written.subscribe()
    }

    async fn scan(&self, company: CompanyId) -> Result<ScanItems, Error> {
        let transaction = Transaction::read_only(self.pool.get().await?).await?;
        let (send, items) = mpsc::channel(SCAN_AHEAD_MAX);
        tokio::spawn(async move {
            if let Err(error) = scan(transaction, company, &send).await {
                // The receiver may be closed.
                let _ = send.send(Err(error.into())).await;
            }
        });
        Ok(items)
    }
}

/// The outcomes of commands that change nothing, decided by several readers side by side; none if one does.
async fn unchanged(
    store: &Postgres,
    company: CompanyId,
    at: Time,
    commands: &Arc<[Command]>,
) -> Result<Option<Outcomes>, Error> {
    let read = |part: Range<usize>| {
        let (pool, commands) = (store.pool.clone(), Arc::clone(commands));
        tokio::spawn(async move { Ok(reimport::unchanged(&pool, company, &commands[part], at).await?) })
    };
    store::reimport::unchanged(commands.len(), store.pool.max_size(), read).await
}
