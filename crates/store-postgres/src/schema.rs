//! Making a database a store of the newest schema, and spreading it where the database can be spread.

use tokio_postgres::Client;

use crate::{Error, Prepared};

/// Each is run once, in this order, and never changes once it is released. They have the names of SQLite's.
const MIGRATIONS: [&str; 10] = [
    include_str!("../../migrations/postgres/0001_contacts.sql"),
    include_str!("../../migrations/postgres/0002_handles_folded.sql"),
    include_str!("../../migrations/postgres/0003_conversations.sql"),
    include_str!("../../migrations/postgres/0004_search.sql"),
    include_str!("../../migrations/postgres/0005_directory.sql"),
    include_str!("../../migrations/postgres/0006_alike.sql"),
    include_str!("../../migrations/postgres/0007_search.sql"),
    include_str!("../../migrations/postgres/0008_search.sql"),
    include_str!("../../migrations/postgres/0009_search.sql"),
    include_str!("../../migrations/postgres/0010_search.sql"),
];
/// What all companies share, and every machine of a cluster keeps a copy of. All other tables are spread by company.
const SHARED: [&str; 3] = ["kith", "company", "mailbox"];
/// The lock of who changes the schema: "Kith" in ASCII.
const LOCK: i64 = 0x4b69_7468;

/// Makes sure that the database is ours, and says which schema it has; 0 if it has none.
pub async fn version(client: &Client) -> Result<usize, Error> {
    if !is_there(client, &["kith"]).await? {
        if is_there(client, &["company", "journal", "contact"]).await? {
            return Err(Error::Unusable("The database holds tables of another program that have our names.".into()));
        }
        return Ok(0);
    }
    let version: i32 = client.query_one("SELECT schema FROM kith", &[]).await?.try_get(0)?;
    match usize::try_from(version) {
        Ok(version) if version <= MIGRATIONS.len() => Ok(version),
        _ => Err(Error::Unusable(format!(
            "The database was written by a newer Kith (schema {version}; this one knows {}).",
            MIGRATIONS.len()
        ))),
    }
}

/// Whether any of these tables is in the schema that we would make ours in, not further along the search path.
async fn is_there(client: &Client, names: &[&str]) -> Result<bool, Error> {
    let query = "SELECT EXISTS (SELECT FROM pg_class WHERE relnamespace = current_schema()::regnamespace
         AND relkind IN ('r', 'p') AND relname = ANY ($1))";
    Ok(client.query_one(query, &[&names]).await?.try_get(0)?)
}

/// Makes sure that there is a store, and says which schema it has.
pub async fn check_there(client: &Client) -> Result<usize, Error> {
    match version(client).await? {
        0 => Err(Error::Unusable("The database holds no Kith store; `kith migrate` makes one.".into())),
        version => Ok(version),
    }
}

/// Makes sure that the schema is the newest, for whoever must not change it.
pub async fn check(client: &Client) -> Result<(), Error> {
    match check_there(client).await? {
        version if version < MIGRATIONS.len() => {
            Err(Error::Unusable("The database has an older schema; `kith migrate` brings it up to date.".into()))
        }
        _ => Ok(()),
    }
}

/// Brings the schema up to date and spreads what is not spread yet. Any number may do this at once.
pub async fn prepare(client: &mut Client) -> Result<Prepared, Error> {
    let is_spread = is_spread(client).await?;
    client.execute("SELECT pg_advisory_lock($1)", &[&LOCK]).await?;
    let done = migrate(client, is_spread).await;
    client.execute("SELECT pg_advisory_unlock($1)", &[&LOCK]).await?;
    done
}

/// Whether the database has the extension that spreads tables over machines.
pub async fn is_spread(client: &Client) -> Result<bool, Error> {
    let query = "SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'citus')";
    Ok(client.query_one(query, &[]).await?.try_get(0)?)
}

async fn migrate(client: &mut Client, is_spread: bool) -> Result<Prepared, Error> {
    let from = version(client).await?;
    let mut prepared = Prepared { from, to: MIGRATIONS.len(), is_spread, spread: Vec::new() };
    if from < MIGRATIONS.len() {
        let transaction = client.transaction().await?;
        for migration in &MIGRATIONS[from..] {
            for statement in statements(migration) {
                transaction.batch_execute(&statement).await?;
            }
        }
        if from == 0 {
            let create = "CREATE TABLE kith (schema integer PRIMARY KEY); INSERT INTO kith VALUES (0)";
            transaction.batch_execute(create).await?;
        }
        let to = i32::try_from(MIGRATIONS.len()).unwrap_or(i32::MAX);
        transaction.execute("UPDATE kith SET schema = $1", &[&to]).await?;
        transaction.commit().await?;
    }
    if is_spread {
        prepared.spread = spread(client).await?;
    }
    Ok(prepared)
}

/// The statements of a migration, to be sent one by one: a cluster that passes one on to its machines would pass on all
/// that was sent with it. No text in a migration has a semicolon or two dashes.
fn statements(migration: &str) -> Vec<String> {
    let code: Vec<&str> = migration.lines().map(|line| line.split("--").next().unwrap_or_default()).collect();
    let statements = code.join("\n");
    statements.split(';').map(str::trim).filter(|statement| !statement.is_empty()).map(str::to_owned).collect()
}

/// Spreads the tables that are not spread yet, and returns their names.
async fn spread(client: &Client) -> Result<Vec<String>, Error> {
    let query = "SELECT relname::text FROM pg_class
         WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'
             AND oid NOT IN (SELECT logicalrelid FROM pg_dist_partition)
         ORDER BY relname <> 'ends', relname";
    let mut names = Vec::new();
    for row in client.query(query, &[]).await? {
        let name: String = row.try_get(0)?;
        if SHARED.contains(&name.as_str()) {
            client.execute("SELECT create_reference_table($1::text::regclass)", &[&name]).await?;
        } else {
            // Next to the lock, so that a write stays on one machine.
            let with = if name == "ends" { "none" } else { "ends" };
            let query = "SELECT create_distributed_table($1::text::regclass, 'company', colocate_with => $2)";
            client.execute(query, &[&name, &with]).await?;
        }
        names.push(name);
    }
    Ok(names)
}
