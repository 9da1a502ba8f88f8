//! The store for more than one machine: a PostgreSQL database, perhaps spread over several by Citus.
//!
//! Any number of servers work on one database, and none of them keeps anything of its own. A company's row of `ends` is
//! its lock. Every statement names one company, so it goes to one shard.

mod access;
mod accounts;
mod again;
mod append;
mod channels;
mod companies;
mod connect;
mod contacts;
mod conversations;
mod duplicates;
mod load;
mod news;
mod reader;
mod rows;
mod schema;
mod search;
mod tls;
mod writer;

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use contact::{Command, CompanyId, Entry, Region, Seq, Time};
use futures_util::TryStreamExt as _;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use crate::again::is_reimport;
use crate::{
    Access, Error, Found, IndexProgress, Journal, JournalRecord, Outcomes, Prepared, Query, SCAN_AHEAD_MAX, ScanItem,
    ScanItems, Search, Sqlite, Store, copy, record,
};
use companies::Logins;
use connect::{Address, Pool, Transaction};
use load::{company as number, limit, stored};
use news::{NotificationHandler, Notifier};
use writer::Writer;

pub use connect::Limits;

/// A store in a PostgreSQL database.
pub struct Postgres {
    pool: Pool,
    writer: Arc<Writer>,
    at_hand: Arc<AtHand>,
    written: watch::Sender<u64>,
    access: Access,
    /// What goes on beside reads and writes while the store is served.
    upkeep: Vec<JoinHandle<()>>,
}

/// What of the database is kept at hand, and who is told when it changes.
#[derive(Default)]
struct AtHand {
    logins: Logins,
    due: Arc<reader::Due>,
    samples: search::Samples,
}

impl NotificationHandler for AtHand {
    fn written(&self, companies: &BTreeSet<CompanyId>, is_own: bool) {
        self.due.add(companies.iter().copied(), is_own);
    }

    fn companies(&self) {
        self.logins.forget();
    }
}

impl Postgres {
    /// Opens the store in the database at an address, such as `postgres://kith@db.example.org/kith`, and brings its schema
    /// up to date unless it is only to be read.
    ///
    /// # Errors
    ///
    /// [`Error::Unusable`] if the address is none, or the database is not a Kith store, was made by a newer Kith or may
    /// not be changed; [`Error::Unavailable`] if it cannot be reached for as long as `limits` says.
    pub async fn open(url: &str, access: Access, limits: Limits) -> Result<Postgres, Error> {
        let address = Address::parse(url)?;
        let is_spread = connect::patiently(limits.connect_time, || look(address.clone(), access)).await?;
        let pool = Pool::new(address.clone(), access, limits, is_spread)?;
        let (at_hand, written) = (Arc::new(AtHand::default()), watch::Sender::new(0));
        let is_served = access == Access::Serve;
        let own: Option<Arc<dyn NotificationHandler>> =
            is_served.then(|| Arc::clone(&at_hand) as Arc<dyn NotificationHandler>);
        let notes = Notifier::new(pool.clone(), written.clone(), own);
        let mut upkeep = Vec::new();
        if is_served {
            upkeep.push(news::listen(address, written.clone(), Arc::clone(&at_hand) as Arc<dyn NotificationHandler>));
            // Who looks alike is told of what can be found, so that it does not hold that up.
            let (due, duplicates_due) = (Arc::clone(&at_hand.due), Arc::default());
            upkeep.push(reader::sweep(pool.clone(), Arc::clone(&due)));
            upkeep.push(search::reader(due, Arc::clone(&duplicates_due)).run(pool.clone()));
            upkeep.push(duplicates::reader(duplicates_due).run(pool.clone()));
        }
        let writer = Arc::new(Writer::new(pool.clone(), notes));
        Ok(Postgres { pool, writer, at_hand, written, access, upkeep })
    }

    /// Brings the schema of the database at an address up to date, and spreads it over the machines of a Citus cluster if
    /// it is one.
    ///
    /// # Errors
    ///
    /// As [`open`](Postgres::open).
    pub async fn migrate(url: &str, limits: Limits) -> Result<Prepared, Error> {
        let address = Address::parse(url)?;
        connect::patiently(limits.connect_time, || prepare(address.clone())).await
    }

    /// An address without its password, to be shown.
    ///
    /// # Errors
    ///
    /// [`Error::Unusable`] if it is none.
    pub fn shown(url: &str) -> Result<String, Error> {
        Ok(Address::parse(url)?.shown().to_owned())
    }

    /// The statements that reads and writes are made of, to be explained. Each names one company, by its first parameter or, if it
    /// is a search, written out, but for those that find out which company it is.
    pub fn statements() -> Vec<String> {
        let reads = [
            load::BY_ID,
            load::BY_HANDLE,
            load::BY_GROUP,
            load::CLAIMS,
            load::ENDS,
            load::LOCK,
            load::ENTRIES,
            load::ENTRIES_BY_SEQ,
            load::HISTORY,
            load::NOTES,
            contacts::EVERYBODY,
            contacts::PICTURE,
            accounts::BY_ID,
            accounts::BY_ALIAS,
            conversations::MARKS,
            conversations::BY_ID,
            conversations::LATEST,
            conversations::LATEST_OF,
            conversations::EARLIEST,
            conversations::EARLIEST_OF,
            conversations::MESSAGES,
            conversations::MESSAGE_BY_ID,
            conversations::ATTACHMENT,
            conversations::ATTACH,
            companies::BY_NAME,
            companies::BY_ID,
            channels::CHANNELS,
            channels::CHANNEL,
            channels::MAILBOX,
            reader::BEHIND,
            reader::CURSOR,
            reader::ADVANCE,
            again::MADE_AFTER,
        ];
        // The settings is among what a scan reads.
        let scans = SCANS.map(|(sql, _)| sql);
        let fixed =
            reads.into_iter().chain(access::STATEMENTS).chain(duplicates::statements()).chain(scans).map(str::to_owned);
        let company = CompanyId::new(1).expect("a number");
        let query = Query::parse("ce wayne 650-814", Region::default()).unwrap_or_default();
        let made = append::statements().into_iter().chain(search::upkeep()).chain(search::statements(company, &query));
        fixed.chain(made).chain(contacts::lists()).chain(accounts::lists()).collect()
    }

    /// What commands come to if they change nothing, found out by several readers side by side.
    async fn unchanged(
        &self,
        company: CompanyId,
        at: Time,
        commands: Arc<[Command]>,
    ) -> Result<Option<Outcomes>, Error> {
        let read = |part: Range<usize>| {
            let (pool, commands) = (self.pool.clone(), Arc::clone(&commands));
            tokio::spawn(async move { again::unchanged(&pool, company, &commands[part], at).await })
        };
        crate::again::unchanged(commands.len(), self.pool.max_size(), read).await
    }
}

/// Looks at the schema of a database, or brings it up to date, and says whether it can be spread.
async fn look(address: Address, access: Access) -> Result<bool, Error> {
    if access == Access::Read {
        let client = Client::connect(&address).await?;
        schema::check(&client.client).await?;
        return schema::is_spread(&client.client).await;
    }
    if access == Access::Change {
        schema::check_there(&Client::connect(&address).await?.client).await?;
    }
    let prepared = prepare(address).await?;
    if prepared.from < prepared.to {
        tracing::info!(from = prepared.from, to = prepared.to, "the schema was brought up to date");
    }
    if !prepared.spread.is_empty() {
        tracing::info!(tables = prepared.spread.len(), "tables were spread over the cluster");
    }
    Ok(prepared.is_spread)
}

async fn prepare(address: Address) -> Result<Prepared, Error> {
    schema::prepare(&mut Client::connect(&address).await?.client).await
}

/// A connection of its own, for what a pool is not for.
struct Client {
    client: tokio_postgres::Client,
    driver: JoinHandle<()>,
}

impl Client {
    async fn connect(address: &Address) -> Result<Client, Error> {
        let (client, connection) = address.connect().await?;
        let driver = tokio::spawn(async move {
            // Whoever uses the connection is told.
            let _ = connection.await;
        });
        Ok(Client { client, driver })
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        for task in &self.upkeep {
            task.abort();
        }
    }
}

#[async_trait]
impl Journal for Postgres {
    async fn write_shared(&self, company: CompanyId, at: Time, commands: Arc<[Command]>) -> Result<Outcomes, Error> {
        if is_reimport(&commands) {
            match self.unchanged(company, at, Arc::clone(&commands)).await {
                Ok(Some(outcomes)) => return Ok(outcomes),
                // Whoever writes tries again, on another connection.
                Err(error @ Error::Unavailable(_)) => tracing::warn!(%error, "what was told again is written"),
                Ok(None) => {}
                Err(error) => return Err(error),
            }
        }
        self.writer.write(company, at, commands).await
    }

    async fn restore(&self, company: CompanyId, told: Vec<JournalRecord>) -> Result<(), Error> {
        self.writer.restore(company, told).await
    }

    async fn entries(&self, company: CompanyId, after: Seq, most: usize) -> Result<Vec<Entry>, Error> {
        let parameters: [&(dyn ToSql + Sync); 3] = [&number(company), &stored(after.0), &limit(most)];
        load::entries(&self.pool.query(load::ENTRIES, &parameters).await?)
    }

    async fn head(&self, company: CompanyId) -> Result<Seq, Error> {
        let ends = self.pool.query(load::ENDS, &[&number(company)]).await?;
        ends.first().map_or(Ok(Seq(0)), |ends| Ok(Seq(load::number(ends, 0)?)))
    }

    fn watch(&self) -> watch::Receiver<u64> {
        self.written.subscribe()
    }

    async fn scan(&self, company: CompanyId) -> Result<ScanItems, Error> {
        let transaction = Transaction::reading(self.pool.get().await?).await?;
        let (send, records) = mpsc::channel(SCAN_AHEAD_MAX);
        tokio::spawn(async move {
            if let Err(error) = scan(transaction, company, &send).await {
                // Nobody listens any more if this fails too.
                let _ = send.send(Err(error)).await;
            }
        });
        Ok(records)
    }
}

#[async_trait]
impl Search for Postgres {
    async fn search(&self, company: CompanyId, query: &Query, limit: usize) -> Result<Found, Error> {
        self.find(company, query, limit).await
    }

    async fn index(&self, company: CompanyId) -> Result<IndexProgress, Error> {
        search::catch_up(&self.pool, company).await?;
        search::progress(&self.pool, company).await
    }

    async fn reindex(&self, company: CompanyId) -> Result<(), Error> {
        search::forget(&self.pool, company).await
    }
}

#[async_trait]
impl Store for Postgres {
    async fn backup(&self, _file: &Path) -> Result<(), Error> {
        let how = "copy it with pg_dump, or into a file with `kith copy`";
        Err(Error::Unusable(format!("A store in a database is backed up by that: {how}.")))
    }

    async fn rehearse(&self, company: CompanyId, file: &Path) -> Result<Sqlite, Error> {
        copy::rehearse(self, company, file).await
    }

    async fn is_shared(&self) -> bool {
        // If it cannot be told, nothing is lost by taking care.
        self.access != Access::Serve && news::is_served(&self.pool).await.unwrap_or(true)
    }

    async fn ready(&self) -> Result<(), Error> {
        self.pool.query("SELECT schema FROM kith", &[]).await.map(drop)
    }
}

/// What a row of a scan is.
type Read = fn(&Row) -> Result<ScanItem, Error>;

/// What a scan reads, one after the other.
const SCANS: [(&str, Read); 7] = [
    ("SELECT seq, at, body FROM journal WHERE company = $1 ORDER BY seq", |row| load::entry(row).map(ScanItem::Entry)),
    (
        "SELECT contact, changed, merged_into, merge, changed_at, owner, body FROM contact
         WHERE company = $1 ORDER BY contact",
        |row| load::member(row).map(ScanItem::Member),
    ),
    ("SELECT source, key, home, shared FROM handle WHERE company = $1 ORDER BY key, source", |row| {
        load::to_claim(row).map(|(handle, claim)| ScanItem::Claim(handle, claim))
    }),
    (
        "SELECT kind, \"group\", contact FROM membership WHERE company = $1 ORDER BY kind, \"group\", contact",
        load::membership,
    ),
    ("SELECT account, changed, body FROM account WHERE company = $1 ORDER BY account", |row| {
        accounts::to_account(row).map(ScanItem::Account)
    }),
    (load::DIRECTORY, |row| record::to_settings(row.try_get(0)?).map(ScanItem::Settings)),
    ("SELECT conversation, home, changed, body FROM conversation WHERE company = $1 ORDER BY conversation", |row| {
        conversations::to_conversation(row).map(ScanItem::Conversation)
    }),
];

/// Sends all that is kept of a company, until nobody listens.
async fn scan(
    transaction: Transaction,
    company: CompanyId,
    send: &mpsc::Sender<Result<ScanItem, Error>>,
) -> Result<(), Error> {
    let client = transaction.client();
    // It takes as long as whoever listens.
    client.batch_execute("SET LOCAL statement_timeout = 0").await?;
    for (sql, read) in SCANS {
        let statement = client.prepare_cached(sql).await?;
        let mut rows = Box::pin(client.query_raw(&statement, [number(company)]).await?);
        while let Some(row) = rows.try_next().await? {
            if send.send(Ok(read(&row)?)).await.is_err() {
                return Ok(());
            }
        }
    }
    transaction.roll_back().await
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
