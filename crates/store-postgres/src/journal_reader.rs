//! Views that follow the journal and may lag: which companies they have to read, when, and how.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use contact::{Change, CompanyId, ContactId, Seq, View};
use deadpool_postgres::ClientWrapper;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout_at};

use crate::codec::{self, company_id, limit, stored};
use crate::connect::{Pool, Transaction, query};
use crate::error::Result;
use crate::locks::lock;
use crate::pipeline::Pipeline;
use crate::{contacts, journal};

/// How long writes of this process wait for more before they are read.
const OWN_WAIT: Duration = Duration::from_millis(250);
/// How long writes of another server are left to that server.
const OTHERS_WAIT: Duration = Duration::from_millis(500);
/// How often all companies are queued, in case a server died before it sent a notification.
const SWEEP_EVERY: Duration = Duration::from_mins(1);
/// The pause after a failed read.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Whether a reader has entries left to read.
pub const BEHIND: &str = "SELECT reader.seq FROM reader JOIN ends USING (company)
     WHERE company = $1 AND reader = $2 AND entries > seq";
/// The last entry read. Locks the row, so that no other server reads the same entries.
pub const CURSOR: &str = "SELECT seq FROM reader WHERE company = $1 AND reader = $2 FOR UPDATE SKIP LOCKED";
pub const POSITIONS: &str = "SELECT reader, seq FROM reader WHERE company = $1";
pub const ADVANCE: &str = "UPDATE reader SET seq = $3 WHERE company = $1 AND reader = $2";

/// The statements of this module.
pub const STATEMENTS: [&str; 4] = [BEHIND, CURSOR, POSITIONS, ADVANCE];

/// Returns the readers of a company's journal, each with the last entry that it has read.
pub async fn positions(pool: &Pool, id: CompanyId) -> Result<Vec<(&'static str, Seq)>> {
    let rows = pool.query(POSITIONS, &[&codec::company(id)]).await?;
    let position = |row: &tokio_postgres::Row| {
        let reader: String = row.try_get(0)?;
        let known = ["search", "duplicates"].into_iter().find(|known| *known == reader);
        Ok((known.unwrap_or("other"), Seq(codec::number(row, 1)?)))
    };
    rows.iter().map(position).collect()
}

/// The companies whose journals have entries to read, each with the time when to read them.
#[derive(Default)]
pub struct Queue {
    companies: Mutex<BTreeMap<CompanyId, Instant>>,
    added: Notify,
}

impl Queue {
    /// Adds companies with new entries, written by this process or by another.
    pub fn add(&self, companies: impl IntoIterator<Item = CompanyId>, is_own: bool) {
        self.add_after(if is_own { OWN_WAIT } else { OTHERS_WAIT }, companies);
    }

    fn add_after(&self, wait: Duration, companies: impl IntoIterator<Item = CompanyId>) {
        let at = Instant::now() + wait;
        let mut queue = lock(&self.companies);
        for company in companies {
            queue.entry(company).and_modify(|before| *before = at.min(*before)).or_insert(at);
        }
        self.added.notify_one();
    }

    /// Takes the companies whose time has come, and returns the next time.
    fn take_due(&self) -> (Vec<CompanyId>, Option<Instant>) {
        let now = Instant::now();
        let mut queue = lock(&self.companies);
        let due: Vec<CompanyId> = queue.iter().filter(|(_, at)| **at <= now).map(|(company, _)| *company).collect();
        queue.retain(|_, at| *at > now);
        (due, queue.values().min().copied())
    }
}

/// Reads some entries of a company, and returns whether there may be more.
type CatchUp = for<'a> fn(&'a Pool, CompanyId) -> Pin<Box<dyn Future<Output = Result<bool>> + Send + 'a>>;

/// A reader of all journals, which updates a view.
pub struct Reader {
    /// The companies to read.
    pub queue: Arc<Queue>,
    /// Updates the view of a company by some entries.
    pub catch_up: CatchUp,
    /// The pause before it reads more entries of the same company.
    pub pause: Duration,
    /// The log message when the view cannot be updated.
    pub failure: &'static str,
    /// The queue of the reader that follows once a company is read to the end.
    pub next: Option<Arc<Queue>>,
}

impl Reader {
    /// Reads the companies of the queue until the task is aborted.
    pub fn run(self, pool: Pool) -> JoinHandle<()> {
        tokio::spawn(async move {
            loop {
                let (due, next_at) = self.queue.take_due();
                for company in due {
                    match (self.catch_up)(&pool, company).await {
                        Ok(true) => self.queue.add_after(self.pause, [company]),
                        Ok(false) => {
                            if let Some(next) = &self.next {
                                next.add_after(Duration::ZERO, [company]);
                            }
                        }
                        Err(error) => {
                            tracing::warn!(%error, "{}", self.failure);
                            self.queue.add([company], true);
                            sleep(RETRY_AFTER).await;
                        }
                    }
                }
                let until = next_at.unwrap_or_else(|| Instant::now() + SWEEP_EVERY);
                // Whether a company was added or the time has come, the queue is checked again.
                let _ = timeout_at(until, self.queue.added.notified()).await;
            }
        })
    }
}

/// Queues all companies at intervals until the task is aborted.
pub fn sweep(pool: Pool, queue: Arc<Queue>) -> JoinHandle<()> {
    tokio::spawn(async move {
        loop {
            let wait = match all_companies(&pool).await {
                Ok(companies) => {
                    queue.add(companies, false);
                    SWEEP_EVERY
                }
                Err(_) => RETRY_AFTER,
            };
            sleep(wait).await;
        }
    })
}

async fn all_companies(pool: &Pool) -> Result<Vec<CompanyId>> {
    let rows = pool.query("SELECT company FROM company", &[]).await?;
    rows.iter().map(|row| company_id(row, 0)).collect()
}

/// The next entries of a company's journal, read in a transaction that also updates the view.
pub struct ReadBatch {
    reader: &'static str,
    transaction: Transaction,
    /// The contacts that the entries changed.
    pub changed: Vec<ContactId>,
    /// These contacts as they are now.
    pub view: View,
    /// The last entry.
    pub last: Seq,
    has_more: bool,
}

impl ReadBatch {
    /// Reads at most `entries_max` entries; none if there are no more, or if another server reads them.
    ///
    /// `changed_contacts` returns the contacts that a change concerns.
    pub async fn next(
        pool: &Pool,
        reader: &'static str,
        id: CompanyId,
        entries_max: usize,
        changed_contacts: impl Fn(&Change) -> Vec<ContactId>,
    ) -> Result<Option<ReadBatch>> {
        let company = codec::company(id);
        if pool.query(BEHIND, &[&company, &reader]).await?.is_empty() {
            return Ok(None);
        }
        let transaction = Transaction::new(pool.get().await?);
        let client = transaction.client();
        // A batch may take longer than a request.
        client.batch_execute("BEGIN; SET LOCAL statement_timeout = 0").await?;
        let cursor = query(client, CURSOR, &[&company, &reader]).await?;
        let Some(cursor) = cursor.first() else { return transaction.roll_back().await.map(|()| None) };
        let seq: i64 = cursor.try_get(0)?;
        let rows = query(client, journal::ENTRIES, &[&company, &seq, &limit(entries_max)]).await?;
        let entries = journal::entries(&rows)?;
        let Some(last) = entries.last() else { return transaction.roll_back().await.map(|()| None) };
        let changed: BTreeSet<ContactId> = entries.iter().flat_map(|entry| changed_contacts(&entry.change)).collect();
        let changed: Vec<ContactId> = changed.into_iter().collect();
        let view = contacts::load(client, id, &changed).await?;
        let (last, has_more) = (last.seq, entries.len() == entries_max);
        Ok(Some(ReadBatch { reader, transaction, changed, view, last, has_more }))
    }

    /// The client that runs statements in the transaction.
    pub fn client(&self) -> &ClientWrapper {
        self.transaction.client()
    }

    /// Whether there may be more entries.
    pub fn has_more(&self) -> bool {
        self.has_more
    }

    /// Sends the statements that update the view, moves the cursor and commits.
    pub async fn commit(&self, mut pipeline: Pipeline<'_>) -> Result<()> {
        pipeline.add(ADVANCE, vec![Box::new(self.reader), Box::new(stored(self.last.0))]).await?;
        pipeline.send("COMMIT").await?
    }

    /// Returns the connection to the pool after the commit, and whether there may be more entries.
    pub fn finish(mut self) -> bool {
        self.transaction.release();
        self.has_more
    }
}
