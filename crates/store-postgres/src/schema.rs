//! Creating and updating the schema of a database, and distributing its tables over a Citus cluster.

use contact::SignatureKey;
use store::Migrated;
use tokio_postgres::{Client, Transaction};

use crate::error::{Error, Result};

/// The migrations in order. Each runs once, and never changes once it is released.
const MIGRATIONS: [&str; 2] =
    [include_str!("../migrations/0001_contacts.sql"), include_str!("../migrations/0002_signature_keys.sql")];
/// The last version that stored the tokens of channels.
const VERSION_WITH_TOKENS: usize = 1;
/// The tables that every node of a cluster has a copy of. All others are distributed by company.
const COPIED_TABLES: [&str; 3] = ["kith", "company", "mailbox"];
/// The key of the advisory lock that a migration holds: "Kith" in ASCII.
const LOCK: i64 = 0x4b69_7468;

/// The schema version of the database; 0 if it has no store.
async fn version(client: &Client) -> Result<usize> {
    if !has_table(client, &["kith"]).await? {
        if has_table(client, &["company", "journal", "record"]).await? {
            return Err(Error::unusable("The database holds tables of another program that have our names."));
        }
        return Ok(0);
    }
    if !has_version(client).await? {
        return Err(Error::unusable(
            "The database was made by a development version of Kith, which this one cannot read; make a new database \
             and import your files into it.",
        ));
    }
    let version: i32 = client.query_one("SELECT version FROM kith", &[]).await?.try_get(0)?;
    match usize::try_from(version) {
        Ok(version) if version <= MIGRATIONS.len() => Ok(version),
        _ => Err(Error::unusable(format!(
            "The database was written by a newer Kith (schema {version}; this one knows {}).",
            MIGRATIONS.len()
        ))),
    }
}

/// Whether the table `kith` has the column `version`. The development versions named it `schema`.
async fn has_version(client: &Client) -> Result<bool> {
    let query = "SELECT EXISTS (SELECT FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
         WHERE relnamespace = current_schema()::regnamespace AND relname = 'kith' AND attname = 'version'
             AND NOT attisdropped)";
    Ok(client.query_one(query, &[]).await?.try_get(0)?)
}

/// Whether any of these tables is in the schema that the store's tables are created in.
async fn has_table(client: &Client, names: &[&str]) -> Result<bool> {
    let query = "SELECT EXISTS (SELECT FROM pg_class WHERE relnamespace = current_schema()::regnamespace
         AND relkind IN ('r', 'p') AND relname = ANY ($1))";
    Ok(client.query_one(query, &[&names]).await?.try_get(0)?)
}

/// Checks that the database has a store, and returns its schema version.
pub async fn existing_version(client: &Client) -> Result<usize> {
    match version(client).await? {
        0 => Err(Error::unusable("The database holds no Kith store; `kith migrate` makes one.")),
        version => Ok(version),
    }
}

/// Checks that the database has a store with the newest schema.
pub async fn check(client: &Client) -> Result<()> {
    match existing_version(client).await? {
        version if version < MIGRATIONS.len() => {
            Err(Error::unusable("The database has an older schema; `kith migrate` brings it up to date."))
        }
        _ => Ok(()),
    }
}

/// Updates the schema and distributes the tables that are not distributed yet. Several processes may do so at once.
pub async fn migrate(client: &mut Client) -> Result<Migrated> {
    let is_distributed = is_distributed(client).await?;
    client.execute("SELECT pg_advisory_lock($1)", &[&LOCK]).await?;
    let migrated = migrate_locked(client, is_distributed).await;
    client.execute("SELECT pg_advisory_unlock($1)", &[&LOCK]).await?;
    migrated
}

/// Whether the database is a Citus cluster.
pub async fn is_distributed(client: &Client) -> Result<bool> {
    let query = "SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'citus')";
    Ok(client.query_one(query, &[]).await?.try_get(0)?)
}

async fn migrate_locked(client: &mut Client, is_distributed: bool) -> Result<Migrated> {
    let from = version(client).await?;
    let mut migrated = Migrated { from, to: MIGRATIONS.len(), is_distributed, distributed: Vec::new() };
    if from < MIGRATIONS.len() {
        let transaction = client.transaction().await?;
        for migration in &MIGRATIONS[from..] {
            for statement in statements(migration) {
                transaction.batch_execute(&statement).await?;
            }
        }
        if from == VERSION_WITH_TOKENS {
            replace_tokens(&transaction).await?;
        }
        let to = i32::try_from(MIGRATIONS.len()).unwrap_or(i32::MAX);
        transaction.execute("UPDATE kith SET version = $1", &[&to]).await?;
        transaction.commit().await?;
    }
    if is_distributed {
        migrated.distributed = distribute(client).await?;
    }
    Ok(migrated)
}

/// Replaces the tokens of channels by what verifies their signatures.
async fn replace_tokens(transaction: &Transaction<'_>) -> Result<()> {
    let tokens = "SELECT company, channel, signature_key FROM channel WHERE signature_key IS NOT NULL";
    for row in transaction.query(tokens, &[]).await? {
        let (company, channel, token): (i64, i64, String) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        let key = SignatureKey::new(&token).to_string();
        let update = "UPDATE channel SET signature_key = $3 WHERE company = $1 AND channel = $2";
        transaction.execute(update, &[&company, &channel, &key]).await?;
    }
    Ok(())
}

/// The statements of a migration, to be sent one by one.
///
/// A coordinator that passes a statement on to its nodes would pass on all that was sent with it. No text in a
/// migration has a semicolon or two dashes.
fn statements(migration: &str) -> Vec<String> {
    let code: Vec<&str> = migration.lines().map(|line| line.split("--").next().unwrap_or_default()).collect();
    let statements = code.join("\n");
    statements.split(';').map(str::trim).filter(|statement| !statement.is_empty()).map(str::to_owned).collect()
}

/// Distributes the tables that are not distributed yet, and returns their names.
async fn distribute(client: &Client) -> Result<Vec<String>> {
    let query = "SELECT relname::text FROM pg_class
         WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'
             AND oid NOT IN (SELECT logicalrelid FROM pg_dist_partition)
         ORDER BY relname <> 'ends', relname";
    let mut names = Vec::new();
    for row in client.query(query, &[]).await? {
        let name: String = row.try_get(0)?;
        if COPIED_TABLES.contains(&name.as_str()) {
            client.execute("SELECT create_reference_table($1::text::regclass)", &[&name]).await?;
        } else {
            // Colocated with the lock of the company, so that a write stays on one node.
            let with = if name == "ends" { "none" } else { "ends" };
            let query = "SELECT create_distributed_table($1::text::regclass, 'company', colocate_with => $2)";
            client.execute(query, &[&name, &with]).await?;
        }
        names.push(name);
    }
    Ok(names)
}
