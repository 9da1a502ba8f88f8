//! Opening a store in a PostgreSQL database.

use std::collections::BTreeSet;
use std::sync::Arc;

use contact::CompanyId;
use store::{Access, Migrated};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::connect::{self, Address, Limits, Pool};
use crate::error::Result;
use crate::logins::Logins;
use crate::notify::{self, NotificationHandler, Notifier};
use crate::writer::Writer;
use crate::{duplicates, journal_reader, schema, search, statements};

/// A store in a PostgreSQL database.
pub struct Postgres {
    pub(crate) pool: Pool,
    pub(crate) writer: Arc<Writer>,
    pub(crate) caches: Arc<Caches>,
    pub(crate) written: watch::Sender<u64>,
    pub(crate) access: Access,
    /// The tasks that run while the store is served.
    upkeep: Vec<JoinHandle<()>>,
}

/// What a process caches of the database. Notifications keep it up to date.
#[derive(Default)]
pub(crate) struct Caches {
    pub(crate) logins: Logins,
    pub(crate) samples: search::Samples,
    queue: Arc<journal_reader::Queue>,
}

impl NotificationHandler for Caches {
    fn written(&self, companies: &BTreeSet<CompanyId>, is_own: bool) {
        self.queue.add(companies.iter().copied(), is_own);
    }

    fn companies_changed(&self) {
        self.logins.clear();
    }
}

impl Postgres {
    /// Opens the store in the database at an address, such as `postgres://kith@db.example.org/kith`.
    ///
    /// Unless `access` is [`Access::Read`], the schema is brought up to date.
    ///
    /// # Errors
    ///
    /// [`Unusable`](store::Error::Unusable) if the address is invalid, the database has no Kith store or one of a newer
    /// Kith, or access is denied. [`Unavailable`](store::Error::Unavailable) if the database cannot be reached within
    /// the time of `limits`.
    pub async fn open(url: &str, access: Access, limits: Limits) -> std::result::Result<Postgres, store::Error> {
        Ok(Postgres::opened(url, access, limits).await?)
    }

    async fn opened(url: &str, access: Access, limits: Limits) -> Result<Postgres> {
        let address = Address::parse(url)?;
        let prepare = || prepare(address.clone(), access);
        let is_distributed = connect::with_retries(limits.connect_time, prepare).await?;
        let pool = Pool::new(address.clone(), access, limits, is_distributed)?;
        let (caches, written) = (Arc::new(Caches::default()), watch::Sender::new(0));
        let handler = || Arc::clone(&caches) as Arc<dyn NotificationHandler>;
        let is_served = access == Access::Serve;
        let notifier = Notifier::new(pool.clone(), written.clone(), is_served.then(handler));
        let mut upkeep = Vec::new();
        if is_served {
            upkeep.push(notify::listen(address, written.clone(), handler()));
            // Duplicates come after the search index, so that they do not delay it.
            let (queue, duplicates_queue) = (Arc::clone(&caches.queue), Arc::default());
            upkeep.push(journal_reader::sweep(pool.clone(), Arc::clone(&queue)));
            upkeep.push(search::reader(queue, Arc::clone(&duplicates_queue)).run(pool.clone()));
            upkeep.push(duplicates::reader(duplicates_queue).run(pool.clone()));
        }
        let writer = Arc::new(Writer::new(pool.clone(), notifier));
        Ok(Postgres { pool, writer, caches, written, access, upkeep })
    }

    /// Brings the schema of the database at an address up to date, and distributes its tables if it is a Citus cluster.
    ///
    /// # Errors
    ///
    /// As [`open`](Postgres::open).
    pub async fn migrate(url: &str, limits: Limits) -> std::result::Result<Migrated, store::Error> {
        let address = Address::parse(url)?;
        Ok(connect::with_retries(limits.connect_time, || migrate(address.clone())).await?)
    }

    /// Returns what [`migrate`](Postgres::migrate) would do. Changes nothing.
    ///
    /// # Errors
    ///
    /// As [`open`](Postgres::open).
    pub async fn check_migration(url: &str, limits: Limits) -> std::result::Result<Migrated, store::Error> {
        let address = Address::parse(url)?;
        let check = async || schema::outlook(&Client::connect(&address).await?.client).await;
        Ok(connect::with_retries(limits.connect_time, check).await?)
    }

    /// Returns an address without its password, for messages.
    ///
    /// # Errors
    ///
    /// [`Unusable`](store::Error::Unusable) if the address is invalid.
    pub fn shown(url: &str) -> std::result::Result<String, store::Error> {
        Ok(Address::parse(url)?.shown().to_owned())
    }

    /// Returns the statements of reads and writes, for `EXPLAIN`.
    ///
    /// Each names one company: as parameter 1, or in the text of a search. Only those that find the company do not.
    pub fn statements() -> Vec<String> {
        statements::all()
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        for task in &self.upkeep {
            task.abort();
        }
    }
}

/// Checks or migrates the schema of a database, and returns whether it is distributed.
async fn prepare(address: Address, access: Access) -> Result<bool> {
    if access == Access::Read {
        let client = Client::connect(&address).await?;
        schema::check(&client.client).await?;
        return schema::is_distributed(&client.client).await;
    }
    if access == Access::Change {
        schema::existing_version(&Client::connect(&address).await?.client).await?;
    }
    let migrated = migrate(address).await?;
    if migrated.from < migrated.to {
        tracing::info!(from = migrated.from, to = migrated.to, "the schema was brought up to date");
    }
    if !migrated.distributed.is_empty() {
        tracing::info!(tables = migrated.distributed.len(), "tables were distributed over the cluster");
    }
    Ok(migrated.is_distributed)
}

async fn migrate(address: Address) -> Result<Migrated> {
    schema::migrate(&mut Client::connect(&address).await?.client).await
}

/// A connection outside of the pool.
struct Client {
    client: tokio_postgres::Client,
    driver: JoinHandle<()>,
}

impl Client {
    async fn connect(address: &Address) -> Result<Client> {
        let (client, connection) = address.connect().await?;
        let driver = tokio::spawn(async move {
            // The client reports the error too.
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
