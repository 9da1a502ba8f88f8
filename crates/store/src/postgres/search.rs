//! The words of contacts: a reader of the journal that may lag.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use contact::{CompanyId, Contact, ContactId};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout_at};
use tokio_postgres::types::ToSql;

use super::connect::{Pool, Transaction};
use super::load::{self, company, limit, number, query};
use super::lock;
use super::rows::{Flight, Insert, Value};
use crate::{Error, record, search};

/// Most entries that are read in one transaction.
const ENTRIES_MAX: usize = 1_000;
/// How long what was written here waits for more.
const OWN_WAIT: Duration = Duration::from_millis(250);
/// How long what another server has written is left to that.
const OTHERS_WAIT: Duration = Duration::from_millis(500);
/// How often every company is looked at, in case that a server died before it could tell.
const SWEEP_EVERY: Duration = Duration::from_secs(60);
/// How long to leave a database alone that does not answer.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Most words that a statement looks for.
const WORDS_MAX: usize = 20;

/// Whether there is anything to read.
pub const BEHIND: &str = "SELECT reader.seq FROM reader JOIN ends USING (company)
     WHERE company = $1 AND reader = 'search' AND entries > seq";
/// Nobody else reads the company's journal for the index until the transaction ends.
pub const CURSOR: &str = "SELECT seq FROM reader WHERE company = $1 AND reader = 'search' FOR UPDATE SKIP LOCKED";
pub const ADVANCE: &str = "UPDATE reader SET seq = $2 WHERE company = $1 AND reader = 'search'";
pub const FORGET: &str = "DELETE FROM search WHERE company = $1 AND contact = $2";
static WORDS: Insert = Insert::new(
    "search (company, contact, words)",
    2,
    " ON CONFLICT (company, contact) DO UPDATE SET words = excluded.words",
);

/// What the index is written with, with four rows.
pub fn insert() -> &'static str {
    WORDS.statement(3)
}

/// The companies whose journals are to be read, and from when on.
#[derive(Default)]
pub struct Due {
    companies: Mutex<BTreeMap<CompanyId, Instant>>,
    more: Notify,
}

impl Due {
    /// Companies were written to, by this process or by another.
    pub fn add(&self, companies: impl IntoIterator<Item = CompanyId>, is_own: bool) {
        let at = Instant::now() + if is_own { OWN_WAIT } else { OTHERS_WAIT };
        let mut due = lock(&self.companies);
        for company in companies {
            due.entry(company).and_modify(|before| *before = at.min(*before)).or_insert(at);
        }
        self.more.notify_one();
    }

    /// Returns when there may be more.
    pub async fn noted(&self) {
        self.more.notified().await;
    }

    /// Those that are due by now, and when the next will be.
    pub fn take(&self) -> (Vec<CompanyId>, Option<Instant>) {
        let now = Instant::now();
        let mut due = lock(&self.companies);
        let ready: Vec<CompanyId> = due.iter().filter(|(_, at)| **at <= now).map(|(company, _)| *company).collect();
        due.retain(|_, at| *at > now);
        (ready, due.values().min().copied())
    }
}

/// Brings the index along until it is aborted.
pub fn run(pool: Pool, due: Arc<Due>) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut sweep_at = Instant::now();
        loop {
            if Instant::now() >= sweep_at {
                match everyone(&pool).await {
                    Ok(companies) => {
                        due.add(companies, false);
                        sweep_at = Instant::now() + SWEEP_EVERY;
                    }
                    Err(_) => sweep_at = Instant::now() + RETRY_AFTER,
                }
            }
            let (ready, next) = due.take();
            for company in ready {
                match catch_up(&pool, company).await {
                    Ok(true) => due.add([company], true),
                    Ok(false) => {}
                    Err(error) => {
                        tracing::warn!(%error, "the search index is not up to date");
                        due.add([company], true);
                        sleep(RETRY_AFTER).await;
                    }
                }
            }
            let until = next.unwrap_or(sweep_at).min(sweep_at);
            // It does not matter which of the two it was.
            let _ = timeout_at(until, due.more.notified()).await;
        }
    })
}

/// All companies.
pub async fn everyone(pool: &Pool) -> Result<Vec<CompanyId>, Error> {
    let rows = pool.query("SELECT company FROM company", &[]).await?;
    let company = |row| record::company_id(u32::try_from(number(row, 0)?).unwrap_or_default());
    rows.iter().map(company).collect()
}

/// Brings the index of a company along by some entries, and says whether there may be more.
async fn catch_up(pool: &Pool, id: CompanyId) -> Result<bool, Error> {
    if pool.query(BEHIND, &[&company(id)]).await?.is_empty() {
        return Ok(false);
    }
    let mut transaction = Transaction::of(pool.get().await?);
    let client = transaction.client();
    client.batch_execute("BEGIN").await?;
    let cursor = query(client, CURSOR, &[&company(id)]).await?;
    let Some(cursor) = cursor.first() else { return transaction.roll_back().await.map(|()| false) };
    let seq: i64 = cursor.try_get(0)?;
    let rows = query(client, load::ENTRIES, &[&company(id), &seq, &limit(ENTRIES_MAX)]).await?;
    let entries = load::entries(&rows)?;
    let Some(last) = entries.last() else { return transaction.roll_back().await.map(|()| false) };
    let touched: BTreeSet<ContactId> = entries.iter().flat_map(|entry| search::touched(&entry.change)).collect();
    let touched: Vec<ContactId> = touched.into_iter().collect();
    let people = query(client, load::BY_ID, &[&company(id), &load::numbers(&touched)]).await?;
    let view = load::people(id, &people)?;
    let mut people = BTreeMap::new();
    for person in touched.iter().filter_map(|id| view.contact(*id)) {
        people.insert(person.id, person);
    }
    // One that was merged away is found as what it is part of now, and one that was deleted is not found.
    let mut flight = Flight::of(client, company(id));
    let merged = people.values().flat_map(|person| &person.merged);
    let deleted = touched.iter().filter(|id| view.root(**id).is_none());
    for gone in merged.chain(deleted) {
        flight.add(FORGET, vec![Box::new(load::stored(gone.number()))]).await?;
    }
    let words = |person: &Contact| -> Vec<Value> {
        let words: String = search::words_of(person).iter().flat_map(|word| [" ", word]).collect();
        vec![Box::new(load::stored(person.id.number())), Box::new(words)]
    };
    flight.insert(&WORDS, people.values().map(words).collect()).await?;
    flight.add(ADVANCE, vec![Box::new(load::stored(last.seq.0))]).await?;
    flight.send("COMMIT").await??;
    transaction.is_over();
    Ok(entries.len() == ENTRIES_MAX)
}

/// The statement that finds contacts with so many words.
pub fn find_statement(words: usize) -> String {
    let like: Vec<String> = (0..words).map(|n| format!("words LIKE ${}", n + 3)).collect();
    let like = like.join(" AND ");
    // The planner would rather walk through all contacts from the latest on, in the hope to meet enough soon.
    format!(
        "WITH found AS MATERIALIZED (SELECT contact FROM search WHERE company = $1 AND {like})
         SELECT contact FROM found ORDER BY contact DESC LIMIT $2"
    )
}

/// The contacts with words that begin with all of these, the latest made first.
pub async fn find(pool: &Pool, id: CompanyId, words: &[String], most: usize) -> Result<Vec<ContactId>, Error> {
    let mut words = search::wanted(words);
    words.truncate(WORDS_MAX);
    if words.is_empty() {
        return Ok(Vec::new());
    }
    let patterns: Vec<String> = words.iter().map(|word| format!("% {word}%")).collect();
    let (id, most) = (company(id), limit(most));
    let mut parameters: Vec<&(dyn ToSql + Sync)> = vec![&id, &most];
    parameters.extend(patterns.iter().map(|pattern| pattern as &(dyn ToSql + Sync)));
    let rows = pool.query(&find_statement(words.len()), &parameters).await?;
    rows.iter().map(|row| record::contact_id(number(row, 0)?)).collect()
}
