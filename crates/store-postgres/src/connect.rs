//! The connections to a database: a pool with a limit, encryption as the address says, and a retry when one breaks.

use std::error::Error as _;
use std::time::Duration;

use deadpool_postgres::{ClientWrapper, Manager, ManagerConfig, Object, RecyclingMethod, Runtime};
use store::Access;
use tokio::time::{Instant, sleep};
use tokio_postgres::config::SslMode;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Config, Row, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::error::{Error, Result};
use crate::tls::{self, Trust};

/// The time limit of connecting.
const CONNECT_TIME_MAX: Duration = Duration::from_secs(5);
/// How long a connection may be silent before it counts as broken.
const SILENCE_MAX: Duration = Duration::from_secs(10);
/// How often a statement is tried, each time on another connection.
pub const ATTEMPTS_MAX: usize = 3;
/// The first pause before another attempt to connect. Each pause is twice the one before.
const PAUSE_MIN: Duration = Duration::from_millis(50);
/// The longest such pause.
const PAUSE_MAX: Duration = Duration::from_secs(1);

/// Limits to the use of a database.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Most connections of this process, besides the one that listens for notifications.
    pub connections: usize,
    /// The time limit of a statement.
    pub statement_time: Duration,
    /// How long to try to connect, with growing pauses, when the store is opened.
    pub connect_time: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { connections: 16, statement_time: Duration::from_secs(10), connect_time: Duration::from_secs(30) }
    }
}

/// The address of a database, with its options.
#[derive(Clone)]
pub struct Address {
    config: Config,
    trust: Trust,
    /// The address without its password.
    shown: String,
}

impl Address {
    /// Parses a connection string, such as `postgres://kith@db.example.org/kith?sslmode=verify-full` (PostgreSQL 15,
    /// section 34.1.1.2).
    pub fn parse(url: &str) -> Result<Address> {
        let (url, trust) = Trust::split_from(url)?;
        let mut config: Config = url.parse().map_err(|error: tokio_postgres::Error| {
            let reason = error.source().map_or_else(|| error.to_string(), ToString::to_string);
            Error::unusable(format!("The store's address is not that of a PostgreSQL database: {reason}."))
        })?;
        config.ssl_mode(match trust {
            Trust::Plain => SslMode::Disable,
            Trust::Prefer => SslMode::Prefer,
            Trust::Any | Trust::Signed(_) | Trust::Named(_) => SslMode::Require,
        });
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_TIME_MAX);
        }
        config.keepalives_idle(SILENCE_MAX).tcp_user_timeout(SILENCE_MAX);
        if config.get_application_name().is_none() {
            config.application_name("kith");
        }
        let mut address = Address { config, trust, shown: shown(&url) };
        // Notices below a warning would only fill the log.
        address.set("client_min_messages=warning");
        Ok(address)
    }

    /// The address without its password.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// Adds settings of the server for every connection.
    fn set(&mut self, setting: &str) {
        let before = self.config.get_options().unwrap_or_default();
        let settings = format!("{before} -c {setting}");
        self.config.options(settings.trim());
    }

    /// Opens a connection outside of the pool, and returns it with its driver.
    pub async fn connect(&self) -> Result<(Client, tokio_postgres::Connection<Socket, tls::Stream>)> {
        Ok(self.config.connect(self.tls()?).await?)
    }

    fn tls(&self) -> Result<MakeRustlsConnect> {
        Ok(MakeRustlsConnect::new(tls::config(&self.trust)?))
    }
}

/// A connection string without its password.
fn shown(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return "PostgreSQL".into() };
    let rest = rest.split('?').next().unwrap_or_default();
    match rest.rsplit_once('@') {
        Some((user, host)) => format!("{scheme}://{}@{host}", user.split(':').next().unwrap_or_default()),
        None => format!("{scheme}://{rest}"),
    }
}

/// The parameters of a prepared statement, or of one that the server plans for each call.
#[derive(Clone, Copy)]
enum Parameters<'a> {
    Prepared(&'a [&'a (dyn ToSql + Sync)]),
    Unprepared(&'a [(&'a (dyn ToSql + Sync), Type)]),
}

/// The pool of connections of a store.
#[derive(Clone)]
pub struct Pool {
    pool: deadpool_postgres::Pool,
}

/// A connection of a pool.
pub type Connection = Object;

impl Pool {
    /// An empty pool. Connections open when they are needed.
    pub fn new(mut address: Address, access: Access, limits: Limits, is_distributed: bool) -> Result<Pool> {
        address.set(&format!("statement_timeout={}", limits.statement_time.as_millis()));
        // Every statement finds rows by a key, so neither compiling it nor a scan of a table pays, nor does a plan for
        // each company. Citus plans by company.
        address.set("jit=off");
        address.set("enable_seqscan=off");
        if is_distributed {
            // SET LOCAL also applies on the machine that runs the transaction.
            address.set("citus.propagate_set_commands=local");
        } else {
            address.set("plan_cache_mode=force_generic_plan");
        }
        if access == Access::Read {
            address.set("default_transaction_read_only=on");
        }
        let manager = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = Manager::from_config(address.config.clone(), address.tls()?, manager);
        let pool = deadpool_postgres::Pool::builder(manager)
            .max_size(limits.connections)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(limits.statement_time))
            .create_timeout(Some(CONNECT_TIME_MAX))
            .recycle_timeout(Some(CONNECT_TIME_MAX))
            .build()
            .map_err(|error| Error::unusable(error.to_string()))?;
        Ok(Pool { pool })
    }

    /// The most connections that the pool opens.
    pub fn max_size(&self) -> usize {
        self.pool.status().max_size
    }

    /// Waits for a free connection.
    pub async fn get(&self) -> Result<Connection> {
        Ok(self.pool.get().await?)
    }

    /// Runs a statement that is safe to repeat, on another connection if the first one breaks.
    pub async fn query(&self, sql: &str, parameters: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>> {
        self.rows(sql, Parameters::Prepared(parameters)).await
    }

    /// The same, for a statement that the server plans for these parameters.
    pub async fn query_unprepared(&self, sql: &str, parameters: &[(&(dyn ToSql + Sync), Type)]) -> Result<Vec<Row>> {
        self.rows(sql, Parameters::Unprepared(parameters)).await
    }

    async fn rows(&self, sql: &str, parameters: Parameters<'_>) -> Result<Vec<Row>> {
        for attempt in 1.. {
            let connection = self.get().await?;
            let rows = match parameters {
                Parameters::Prepared(parameters) => query(&connection, sql, parameters).await,
                Parameters::Unprepared(parameters) => {
                    connection.query_typed(sql, parameters).await.map_err(Error::from)
                }
            };
            match rows {
                Err(error) if attempt < ATTEMPTS_MAX && is_ended(&connection, &error) => drop(Object::take(connection)),
                done => return done,
            }
        }
        unreachable!("the last attempt returns")
    }
}

/// A connection in a transaction.
///
/// If it is dropped before the transaction ends, the connection is closed and the database rolls back.
pub struct Transaction(Option<Connection>);

impl Transaction {
    /// A transaction that the caller begins on this connection.
    pub fn new(connection: Connection) -> Transaction {
        Transaction(Some(connection))
    }

    /// Begins a read-only transaction that sees the store as it is at one moment.
    pub async fn read_only(connection: Connection) -> Result<Transaction> {
        let transaction = Transaction::new(connection);
        transaction.client().batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
        Ok(transaction)
    }

    /// The client that runs the statements.
    pub fn client(&self) -> &ClientWrapper {
        self.0.as_ref().expect("a transaction has a connection until it ends")
    }

    /// Rolls the transaction back.
    pub async fn roll_back(mut self) -> Result<()> {
        self.client().batch_execute("ROLLBACK").await?;
        self.release();
        Ok(())
    }

    /// Returns the connection to the pool after the caller has ended the transaction.
    pub fn release(&mut self) {
        drop(self.0.take());
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        if let Some(connection) = self.0.take() {
            drop(Object::take(connection));
        }
    }
}

/// Repeats an attempt with growing pauses, until the database is reachable or the time is over.
pub async fn with_retries<T, F>(limit: Duration, mut attempt: impl FnMut() -> F) -> Result<T>
where
    F: Future<Output = Result<T>>,
{
    let deadline = Instant::now() + limit;
    let mut pause = PAUSE_MIN;
    loop {
        match attempt().await {
            Err(error) if error.is_unavailable() && Instant::now() + pause < deadline => {
                tracing::warn!(reason = %error, "the database cannot be reached; trying again");
                sleep(pause).await;
                pause = PAUSE_MAX.min(pause * 2);
            }
            done => return done,
        }
    }
}

/// Whether an error means that the connection is closed, so that a retry on another one may succeed.
pub fn is_ended(client: &ClientWrapper, error: &Error) -> bool {
    client.is_closed() || error.is_shutdown()
}

/// Runs a statement on a connection that keeps it prepared.
pub async fn query(client: &ClientWrapper, sql: &str, parameters: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>> {
    let statement = client.prepare_cached(sql).await?;
    Ok(client.query(&statement, parameters).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_not_shown() {
        let address = Address::parse("postgres://kith:se@cret@db.example.org:5433/hub?sslmode=disable&password=x");
        assert_eq!(address.expect("an address").shown(), "postgres://kith@db.example.org:5433/hub");
        assert_eq!(Address::parse("postgresql:///kith").expect("an address").shown(), "postgresql:///kith");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for wrong in ["postgres://[", "postgres://h/d?no_such=1", "postgres://h/d?sslmode=maybe"] {
            let error = Address::parse(wrong).err().map(store::Error::from);
            assert!(matches!(error, Some(store::Error::Unusable(_))), "{wrong}");
        }
    }
}
