//! Readers of the journal that may lag: which companies they have to read of, when, and how they read.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use contact::{Change, CompanyId, ContactId, Seq, View};
use deadpool_postgres::ClientWrapper;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout_at};

use super::connect::{Pool, Transaction};
use super::load::{self, limit, number, query, stored};
use super::lock;
use super::rows::Pipeline;
use crate::{Error, record};

/// How long what was written here waits for more.
const OWN_WAIT: Duration = Duration::from_millis(250);
/// How long what another server has written is left to that.
const OTHERS_WAIT: Duration = Duration::from_millis(500);
/// How often every company is looked at, in case that a server died before it could tell.
const SWEEP_EVERY: Duration = Duration::from_secs(60);
/// How long to leave a database alone that does not answer.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Whether a reader has anything to read.
pub const BEHIND: &str = "SELECT reader.seq FROM reader JOIN ends USING (company)
     WHERE company = $1 AND reader = $2 AND entries > seq";
/// Nobody else reads the company's journal for it until the transaction ends.
pub const CURSOR: &str = "SELECT seq FROM reader WHERE company = $1 AND reader = $2 FOR UPDATE SKIP LOCKED";
pub const ADVANCE: &str = "UPDATE reader SET seq = $3 WHERE company = $1 AND reader = $2";

/// The companies whose journals are to be read, and from when on.
#[derive(Default)]
pub struct Due {
    companies: Mutex<BTreeMap<CompanyId, Instant>>,
    more: Notify,
}

impl Due {
    /// Companies were written to, by this process or by another.
    pub fn add(&self, companies: impl IntoIterator<Item = CompanyId>, is_own: bool) {
        self.add_in(if is_own { OWN_WAIT } else { OTHERS_WAIT }, companies);
    }

    fn add_in(&self, wait: Duration, companies: impl IntoIterator<Item = CompanyId>) {
        let at = Instant::now() + wait;
        let mut due = lock(&self.companies);
        for company in companies {
            due.entry(company).and_modify(|before| *before = at.min(*before)).or_insert(at);
        }
        self.more.notify_one();
    }

    /// Those that are due by now, and when the next will be.
    fn take(&self) -> (Vec<CompanyId>, Option<Instant>) {
        let now = Instant::now();
        let mut due = lock(&self.companies);
        let ready: Vec<CompanyId> = due.iter().filter(|(_, at)| **at <= now).map(|(company, _)| *company).collect();
        due.retain(|_, at| *at > now);
        (ready, due.values().min().copied())
    }
}

/// Brings a company along by some entries, and says whether there may be more.
type CatchUp = for<'a> fn(&'a Pool, CompanyId) -> Pin<Box<dyn Future<Output = Result<bool, Error>> + Send + 'a>>;

/// A reader of all journals.
pub struct Reader {
    /// Which of them it reads.
    pub due: Arc<Due>,
    /// How it does.
    pub catch_up: CatchUp,
    /// How long it rests before it goes on where there is more.
    pub rest: Duration,
    /// What the log says if it cannot.
    pub complaint: &'static str,
    /// For whom a company is due once it has read all.
    pub next: Option<Arc<Due>>,
}

impl Reader {
    /// Brings the companies that are due along until it is aborted.
    pub fn run(self, pool: Pool) -> JoinHandle<()> {
        tokio::spawn(async move {
            loop {
                let (ready, more_at) = self.due.take();
                for company in ready {
                    match (self.catch_up)(&pool, company).await {
                        Ok(true) => self.due.add_in(self.rest, [company]),
                        Ok(false) => {
                            if let Some(next) = &self.next {
                                next.add_in(Duration::ZERO, [company]);
                            }
                        }
                        Err(error) => {
                            tracing::warn!(%error, complaint = self.complaint);
                            self.due.add([company], true);
                            sleep(RETRY_AFTER).await;
                        }
                    }
                }
                let until = more_at.unwrap_or_else(|| Instant::now() + SWEEP_EVERY);
                // It does not matter which of the two it was.
                let _ = timeout_at(until, self.due.more.notified()).await;
            }
        })
    }
}

/// Lets all companies be due now and then until it is aborted.
pub fn sweep(pool: Pool, due: Arc<Due>) -> JoinHandle<()> {
    tokio::spawn(async move {
        loop {
            let wait = match everyone(&pool).await {
                Ok(companies) => {
                    due.add(companies, false);
                    SWEEP_EVERY
                }
                Err(_) => RETRY_AFTER,
            };
            sleep(wait).await;
        }
    })
}

/// All companies.
async fn everyone(pool: &Pool) -> Result<Vec<CompanyId>, Error> {
    let rows = pool.query("SELECT company FROM company", &[]).await?;
    let company = |row| record::company_id(u32::try_from(number(row, 0)?).unwrap_or_default());
    rows.iter().map(company).collect()
}

/// What a reader has read of a company's journal, within a transaction.
pub struct Reading {
    reader: &'static str,
    transaction: Transaction,
    /// The contacts that it is about.
    pub touched: Vec<ContactId>,
    /// They, as they are now.
    pub view: View,
    /// The last entry that is read.
    pub last: Seq,
    is_more: bool,
}

impl Reading {
    /// Reads the next entries of a company's journal, at most `most` of them. `touched` says which contacts a change is about.
    /// None if there are no more, or if somebody else is reading them.
    pub async fn next(
        pool: &Pool,
        reader: &'static str,
        id: CompanyId,
        most: usize,
        touched: impl Fn(&Change) -> Vec<ContactId>,
    ) -> Result<Option<Reading>, Error> {
        let company = load::company(id);
        if pool.query(BEHIND, &[&company, &reader]).await?.is_empty() {
            return Ok(None);
        }
        let transaction = Transaction::of(pool.get().await?);
        let client = transaction.client();
        // It may take as long as it takes.
        client.batch_execute("BEGIN; SET LOCAL statement_timeout = 0").await?;
        let cursor = query(client, CURSOR, &[&company, &reader]).await?;
        let Some(cursor) = cursor.first() else { return transaction.roll_back().await.map(|()| None) };
        let seq: i64 = cursor.try_get(0)?;
        let rows = query(client, load::ENTRIES, &[&company, &seq, &limit(most)]).await?;
        let entries = load::entries(&rows)?;
        let Some(last) = entries.last() else { return transaction.roll_back().await.map(|()| None) };
        let all: BTreeSet<ContactId> = entries.iter().flat_map(|entry| touched(&entry.change)).collect();
        let touched: Vec<ContactId> = all.into_iter().collect();
        let people = query(client, load::BY_ID, &[&company, &load::numbers(&touched)]).await?;
        let view = load::people(id, &people)?;
        let (last, is_more) = (last.seq, entries.len() == most);
        Ok(Some(Reading { reader, transaction, touched, view, last, is_more }))
    }

    /// What statements are run on.
    pub fn client(&self) -> &ClientWrapper {
        self.transaction.client()
    }

    /// Whether there may be more to read.
    pub fn is_more(&self) -> bool {
        self.is_more
    }

    /// Writes what was made of it, and that it is read.
    pub async fn write(&self, mut flight: Pipeline<'_>) -> Result<(), Error> {
        flight.add(ADVANCE, vec![Box::new(self.reader), Box::new(stored(self.last.0))]).await?;
        flight.send("COMMIT").await?
    }

    /// Gives the connection back once it is written, and says whether there may be more to read.
    pub fn end(mut self) -> bool {
        self.transaction.is_over();
        self.is_more
    }
}
