//! Connections to a database: as many as are allowed, encrypted as the address asks, and made anew when they break.

use std::error::Error as _;
use std::time::Duration;

use deadpool_postgres::{
    ClientWrapper, Manager, ManagerConfig, Object, PoolError, RecyclingMethod, Runtime, TimeoutType,
};
use tokio::time::{Instant, sleep};
use tokio_postgres::config::SslMode;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Config, Row, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::load;
use super::tls::{self, Trust};
use crate::{Access, Error};

/// How long making one connection may take.
const CONNECT_TIME_MAX: Duration = Duration::from_secs(5);
/// How long a peer that answers nothing is believed to be there.
const SILENCE_MAX: Duration = Duration::from_secs(10);
/// How often something is tried on a new connection when one breaks.
pub const TRIES_MAX: usize = 3;
/// The first pause before connecting is tried again; each is twice the one before.
const PAUSE_MIN: Duration = Duration::from_millis(50);
/// The longest such pause.
const PAUSE_MAX: Duration = Duration::from_secs(1);

/// How a database is used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Most connections of this process, not counting the one that listens for news.
    pub connections: usize,
    /// How long a statement may take.
    pub statement_time: Duration,
    /// How long to try to connect, with growing pauses, when the store is opened.
    pub connect_time: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { connections: 16, statement_time: Duration::from_secs(10), connect_time: Duration::from_secs(30) }
    }
}

/// Where a database is, and how it is reached.
#[derive(Clone)]
pub struct Address {
    config: Config,
    trust: Trust,
    /// What may be shown of it: no password.
    shown: String,
}

impl Address {
    /// Reads a connection string, such as `postgres://kith@db.example.org/kith?sslmode=verify-full` (PostgreSQL 15,
    /// section 34.1.1.2).
    pub fn parse(url: &str) -> Result<Address, Error> {
        let (url, trust) = Trust::taken_from(url)?;
        let mut config: Config = url.parse().map_err(|error: tokio_postgres::Error| {
            let reason = error.source().map_or_else(|| error.to_string(), ToString::to_string);
            Error::Unusable(format!("The store's address is not that of a PostgreSQL database: {reason}."))
        })?;
        config.ssl_mode(match trust {
            Trust::Never => SslMode::Disable,
            Trust::Prefer => SslMode::Prefer,
            Trust::Anyone | Trust::Signed(_) | Trust::Named(_) => SslMode::Require,
        });
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_TIME_MAX);
        }
        config.keepalives_idle(SILENCE_MAX).tcp_user_timeout(SILENCE_MAX);
        if config.get_application_name().is_none() {
            config.application_name("kith");
        }
        let mut address = Address { config, trust, shown: shown(&url) };
        // What is not even a warning is no news to whoever reads our log.
        address.set("client_min_messages=warning");
        Ok(address)
    }

    /// It without what is secret.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// Adds settings of the server for every connection.
    fn set(&mut self, setting: &str) {
        let before = self.config.get_options().unwrap_or_default();
        let settings = format!("{before} -c {setting}");
        self.config.options(settings.trim());
    }

    /// One connection that no pool knows, and what drives it.
    pub async fn connect(&self) -> Result<(Client, tokio_postgres::Connection<Socket, tls::Stream>), Error> {
        Ok(self.config.connect(self.tls()?).await?)
    }

    fn tls(&self) -> Result<MakeRustlsConnect, Error> {
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

/// What is told to a statement that is prepared and kept, or to one that is not.
#[derive(Clone, Copy)]
enum Parameters<'a> {
    Kept(&'a [&'a (dyn ToSql + Sync)]),
    Anew(&'a [(&'a (dyn ToSql + Sync), Type)]),
}

/// Connections for a store.
#[derive(Clone)]
pub struct Pool {
    pool: deadpool_postgres::Pool,
}

/// A connection of a pool.
pub type Connection = Object;

impl Pool {
    /// A pool that has no connection yet.
    pub fn new(mut address: Address, access: Access, limits: Limits, is_spread: bool) -> Result<Pool, Error> {
        address.set(&format!("statement_timeout={}", limits.statement_time.as_millis()));
        // Every statement goes by a key, so compiling it or scanning a table never pays, and planning it for each
        // company anew does not either. Citus plans by company.
        address.set("jit=off");
        address.set("enable_seqscan=off");
        if is_spread {
            // What is set for a transaction is set on the machine that works on it too.
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
            .map_err(|error| Error::Unusable(error.to_string()))?;
        Ok(Pool { pool })
    }

    /// How many connections it has at most.
    pub fn max_size(&self) -> usize {
        self.pool.status().max_size
    }

    /// A connection, once one is free.
    pub async fn get(&self) -> Result<Connection, Error> {
        Ok(self.pool.get().await?)
    }

    /// Runs one statement that may be run again: on another connection, if the database ends the first.
    pub async fn query(&self, sql: &str, parameters: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, Error> {
        self.rows(sql, Parameters::Kept(parameters)).await
    }

    /// The same, of a statement that is planned anew instead of being kept.
    pub async fn query_anew(&self, sql: &str, parameters: &[(&(dyn ToSql + Sync), Type)]) -> Result<Vec<Row>, Error> {
        self.rows(sql, Parameters::Anew(parameters)).await
    }

    async fn rows(&self, sql: &str, parameters: Parameters<'_>) -> Result<Vec<Row>, Error> {
        for attempt in 1.. {
            let connection = self.get().await?;
            let rows = match parameters {
                Parameters::Kept(parameters) => load::query(&connection, sql, parameters).await,
                Parameters::Anew(parameters) => connection.query_typed(sql, parameters).await.map_err(Error::from),
            };
            match rows {
                Err(error) if attempt < TRIES_MAX && is_ended(&connection, &error) => drop(Object::take(connection)),
                done => return done,
            }
        }
        unreachable!("the last attempt returns")
    }
}

/// A connection in a transaction. Unless that is brought to an end, the connection is closed, not used again, and the
/// database takes back what it did.
pub struct Transaction(Option<Connection>);

impl Transaction {
    /// One that somebody begins or has begun on this connection.
    pub fn of(connection: Connection) -> Transaction {
        Transaction(Some(connection))
    }

    /// One that sees the store as it is at one moment, and changes nothing.
    pub async fn reading(connection: Connection) -> Result<Transaction, Error> {
        let transaction = Transaction::of(connection);
        transaction.client().batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
        Ok(transaction)
    }

    /// What statements are run on.
    pub fn client(&self) -> &ClientWrapper {
        self.0.as_ref().expect("it has its connection until it ends")
    }

    /// Takes it back.
    pub async fn roll_back(mut self) -> Result<(), Error> {
        self.client().batch_execute("ROLLBACK").await?;
        self.is_over();
        Ok(())
    }

    /// Gives the connection back, because somebody has brought the transaction to an end.
    pub fn is_over(&mut self) {
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

/// Tries something again and again, with growing pauses, until the database can be reached or patience ends.
pub async fn patiently<T, F>(patience: Duration, mut attempt: impl FnMut() -> F) -> Result<T, Error>
where
    F: Future<Output = Result<T, Error>>,
{
    let deadline = Instant::now() + patience;
    let mut pause = PAUSE_MIN;
    loop {
        match attempt().await {
            Err(Error::Unavailable(reason)) if Instant::now() + pause < deadline => {
                tracing::warn!(%reason, "the database cannot be reached; trying again");
                sleep(pause).await;
                pause = PAUSE_MAX.min(pause * 2);
            }
            done => return done,
        }
    }
}

/// Whether an error is one of a connection that has ended, so that another may do better.
pub fn is_ended(client: &ClientWrapper, error: &Error) -> bool {
    client.is_closed() || is_said_to_end(error)
}

/// Whether the database has said, in place of doing what it was asked, that it ends the connection.
pub fn is_said_to_end(error: &Error) -> bool {
    let codes = [SqlState::ADMIN_SHUTDOWN, SqlState::CRASH_SHUTDOWN];
    let says_so = |reason: &str| codes.iter().any(|code| reason.ends_with(&format!("({}).", code.code())));
    matches!(error, Error::Unavailable(reason) if says_so(reason))
}

impl From<PoolError> for Error {
    fn from(error: PoolError) -> Error {
        match error {
            PoolError::Backend(error) => error.into(),
            PoolError::Timeout(TimeoutType::Wait) => {
                Error::Unavailable("Every connection to the database is taken.".into())
            }
            error => Error::Unavailable(format!("The database cannot be reached: {error}.")),
        }
    }
}

impl From<tokio_postgres::Error> for Error {
    fn from(error: tokio_postgres::Error) -> Error {
        let Some(said) = error.as_db_error() else {
            let source = error.source().map_or_else(String::new, |source| format!(": {source}"));
            let reason = format!("The database cannot be used: {error}{source}.");
            // The kind of such an error is told by its text alone. Trying again does not make a certificate right.
            let is_trust = error.to_string().starts_with("error performing TLS handshake");
            return if is_trust { Error::Unusable(reason) } else { Error::Unavailable(reason) };
        };
        // What a row holds is nobody's business, so only the message is told, not its detail.
        let message = format!("The database says: {} ({}).", said.message(), said.code().code());
        match said.code() {
            &SqlState::UNDEFINED_TABLE
            | &SqlState::UNDEFINED_COLUMN
            | &SqlState::INSUFFICIENT_PRIVILEGE
            | &SqlState::INVALID_PASSWORD
            | &SqlState::INVALID_AUTHORIZATION_SPECIFICATION
            | &SqlState::UNDEFINED_DATABASE => Error::Unusable(message),
            code if ["XX", "22", "23"].contains(&code.code().get(..2).unwrap_or_default()) => Error::Damaged(message),
            _ => Error::Unavailable(message),
        }
    }
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
            assert!(matches!(Address::parse(wrong), Err(Error::Unusable(_))), "{wrong}");
        }
    }
}
