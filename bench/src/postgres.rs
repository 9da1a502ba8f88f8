//! Kith on PostgreSQL: against Kith on SQLite, and against a loop that writes the same rows in the same batches with no
//! rules. One and several servers, one and many companies.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "numbers of people, far below any limit"
)]

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cluster::{Care, Cluster};
use contact::{CompanyId, Region, Time};
use futures_util::future::try_join_all;
use sha2::{Digest as _, Sha256};
use store::{Access, Added, Company, Journal, SecretHash, Store};
use store_postgres::{Limits, Postgres};
use store_sqlite::Sqlite;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Row};

use crate::people;
use crate::run::{Load, Server, authorization, load, median, rss_mib, serve};

const COMPANIES: [u32; 3] = [1, 16, 256];
const SERVERS: [usize; 3] = [1, 2, 4];
const CONNECTIONS: usize = 64;
const ROUNDS: usize = 3;
/// The people whose rows the bare loop writes, for each company.
const BARE_PEOPLE: usize = 100_000;
/// Most transactions that the bare loop has open at once: as many as a server's connections.
const BARE_WRITERS: usize = 16;
const PORT: u16 = 18_090;
const PASSWORD: &str = "measured";
/// What the database is given, on a machine with a few gigabytes to spare.
const SETTINGS: [&str; 3] = ["shared_buffers=1GB", "max_wal_size=8GB", "checkpoint_timeout=15min"];
/// The queue of the slow company, and the updates of another one in the meantime.
const QUEUED: u64 = 100_000;
const ASKED: u64 = 200;

/// What was measured with a number of companies and servers.
#[derive(Default)]
struct Cell {
    kith: Vec<Load>,
    to_less: Vec<f64>,
    to_bare: Vec<f64>,
    to_sqlite: Vec<f64>,
    batch: Vec<f64>,
    kith_us: Vec<f64>,
    postgres_us: Vec<f64>,
    rss_mib: u64,
}

/// Measures with the binaries beside this one, and writes the tables to `results`.
pub async fn run(seconds: u64, script: &Path, results: &Path) {
    let cluster = Cluster::with(Care::Durable, &SETTINGS);
    let folder = tempfile::tempdir_in("target").expect("a folder");
    let rows = Rows::made(&cluster).await;
    let mut text = String::from(HEAD);
    let mut next = 10_000_000;
    let mut sizes = String::new();
    for companies in COMPANIES {
        let url = cluster::fresh(&cluster.url()).await;
        add_companies(&open(&url, Access::Make).await, companies).await;
        let file = folder.path().join(format!("kith-{companies}.db"));
        add_companies(&Sqlite::open(&file, Access::Make).expect("a store"), companies).await;
        let logins: Vec<String> = (1..=companies).map(|n| authorization(&name(n), PASSWORD)).collect();
        let logins = logins.join(",");
        for count in SERVERS {
            let mut cell = Cell::default();
            let servers: Vec<Server> =
                (0..count).map(|n| serve(OsStr::new(&url), PORT + port(n), logins.clone())).collect();
            let embedded = serve(file.as_os_str(), PORT - 1, logins.clone());
            for _ in 0..ROUNDS {
                let before = (updates(&url).await, cpu(&servers), cluster.cpu());
                let kith = all(&servers, script, seconds, next);
                let spent = (cpu(&servers) - before.1, cluster.cpu() - before.2);
                next += 1_000_000 * count as u64;
                let reported = kith.per_second * seconds as f64;
                let batch = reported / (updates(&url).await - before.0);
                let whole = batch.round().max(1.0) as usize;
                let without_search = bare(&cluster, &rows, companies, whole, seconds, false).await;
                let bare = bare(&cluster, &rows, companies, whole, seconds, true).await;
                let sqlite = load(&embedded, script, CONNECTIONS, seconds, next, 0);
                next += 1_000_000;
                eprintln!(
                    "{companies} companies, {count} servers: {:.0}/s in batches of {batch:.1}, bare {bare:.0}/s, without the search {without_search:.0}/s, SQLite {:.0}/s",
                    kith.per_second, sqlite.per_second
                );
                cell.to_bare.push(kith.per_second / bare);
                cell.to_less.push(kith.per_second / without_search);
                cell.to_sqlite.push(kith.per_second / sqlite.per_second);
                cell.kith_us.push(spent.0 * 1e6 / reported);
                cell.postgres_us.push(spent.1 * 1e6 / reported);
                cell.batch.push(batch);
                cell.kith.push(kith);
            }
            cell.rss_mib = servers.iter().map(rss_mib).max().unwrap_or_default();
            text += &cell.row(companies, count);
        }
        if companies == 1 {
            sizes = table_sizes(&url).await;
        }
    }
    text += &slow_company(&cluster).await;
    text += &sizes;
    print!("{text}");
    fs::write(results, text).expect("a written table");
}

const HEAD: &str = "# What `make bench-postgres` measured

wrk over loopback, 64 connections shared by the servers, 3 rounds, medians; the database, all servers and the load on one
machine of two cores. A contact has three handles and a link, and all of them are new. Companies take turns. Ratios are of
one round's runs to each other; absolute numbers are this machine's and worth little.

- **bare**: a loop that writes the same rows to PostgreSQL, in transactions of as many contacts as Kith's had in that round
  (**batch**), with as many at once as there are companies, at most 16; no HTTP, no rules. Kith writes the rows of its search
  index a moment later; **without search** is the ratio to a loop that leaves them out.
- **SQLite**: one Kith on a file, with the same companies and load.
- **CPU**: what the Kith servers and the database spent on a contact, the search index included. wrk comes on top.

| companies | servers | contacts a second | p50 ms | p99 ms | batch | to bare | without search | to SQLite | CPU µs Kith | CPU µs database | RSS MiB |
|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|
";

impl Cell {
    fn row(&self, companies: u32, servers: usize) -> String {
        let of = |value: fn(&Load) -> f64| median(self.kith.iter().map(value));
        let middle = |values: &[f64]| median(values.iter().copied());
        format!(
            "| {companies} | {servers} | {:.0} | {:.1} | {:.1} | {:.1} | {:.2} | {:.2} | {:.2} | {:.0} | {:.0} | {} |\n",
            of(|load| load.per_second),
            of(|load| load.p50_ms),
            of(|load| load.p99_ms),
            middle(&self.batch),
            middle(&self.to_bare),
            middle(&self.to_less),
            middle(&self.to_sqlite),
            middle(&self.kith_us),
            middle(&self.postgres_us),
            self.rss_mib,
        )
    }
}

fn port(n: usize) -> u16 {
    u16::try_from(n).expect("few servers")
}

fn name(company: u32) -> String {
    format!("company{company}")
}

async fn open(url: &str, access: Access) -> Postgres {
    Postgres::open(url, access, Limits::default()).await.expect("a store")
}

async fn add_companies(store: &dyn Store, count: u32) {
    for number in 1..=count {
        let company = Company {
            id: CompanyId::new(number).expect("a number"),
            name: name(number).parse().expect("a name"),
            secret: SecretHash(Sha256::digest(PASSWORD).into()),
            region: Region::default(),
            rate_limit: None,
            created_at: Time::from_millis(1_700_000_000_000),
        };
        assert_eq!(store.add_company(company).await.expect("a store that answers"), Added::Done);
    }
}

/// Loads all servers at once, and adds up what they did.
fn all(servers: &[Server], script: &Path, seconds: u64, first: u64) -> Load {
    let each = CONNECTIONS / servers.len();
    let loads: Vec<Load> = std::thread::scope(|scope| {
        let start = |(n, server)| {
            let first = first + 1_000_000 * n as u64;
            scope.spawn(move || load(server, script, each, seconds, first, 0))
        };
        let running: Vec<_> = servers.iter().enumerate().map(start).collect();
        running.into_iter().map(|load| load.join().expect("a load")).collect()
    });
    Load {
        per_second: loads.iter().map(|load| load.per_second).sum(),
        p50_ms: median(loads.iter().map(|load| load.p50_ms)),
        p99_ms: loads.iter().map(|load| load.p99_ms).fold(0.0, f64::max),
    }
}

/// How many transactions have written to a company's journal. The database counts with a second's delay.
async fn updates(url: &str) -> f64 {
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let query = "SELECT n_tup_upd FROM pg_stat_user_tables WHERE schemaname = current_schema() AND relname = 'ends'";
    let count: i64 = cluster::connect(url).await.query_one(query, &[]).await.expect("a count").get(0);
    count as f64
}

/// The seconds of processor time that servers have had.
fn cpu(servers: &[Server]) -> f64 {
    servers.iter().map(|server| cluster::cpu(server.id())).sum()
}

/// The rows of a store's people, table by table.
struct Rows {
    journal: Vec<Row>,
    contact: Vec<Row>,
    handle: Vec<Row>,
    search: Vec<Row>,
}

impl Rows {
    /// The rows that Kith writes for people.
    async fn made(cluster: &Cluster) -> Rows {
        let url = cluster::fresh(&cluster.url()).await;
        let store = open(&url, Access::Serve).await;
        add_companies(&store, 1).await;
        let mut people = 900_000_000..900_000_000 + BARE_PEOPLE as u64;
        loop {
            let commands: Vec<_> = people.by_ref().take(1_000).map(people::report).collect();
            if commands.is_empty() {
                break;
            }
            let id = CompanyId::new(1).expect("a number");
            store.write(id, Time::from_millis(1_700_000_000_000), commands).await.expect("a written batch");
        }
        let client = cluster::connect(&url).await;
        let searched = "SELECT seq FROM reader";
        while client.query_one(searched, &[]).await.expect("a reader").get::<_, i64>(0) < BARE_PEOPLE as i64 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let all = async |query| client.query(query, &[]).await.expect("rows");
        Rows {
            journal: all("SELECT seq, at, body FROM journal ORDER BY seq").await,
            contact: all("SELECT contact, changed, merged_into, merge, body FROM contact ORDER BY contact").await,
            handle: all("SELECT source, key, home, shared FROM handle ORDER BY home, source").await,
            search: all("SELECT contact, words FROM search ORDER BY contact").await,
        }
    }
}

/// Writes the rows of people into an empty store, and returns people a second.
async fn bare(cluster: &Cluster, rows: &Rows, companies: u32, batch: usize, seconds: u64, with_search: bool) -> f64 {
    let url = cluster::fresh(&cluster.url()).await;
    add_companies(&open(&url, Access::Make).await, companies).await;
    let writers = BARE_WRITERS.min(companies as usize);
    let clients = try_join_all((0..writers).map(async |_| Ok::<_, ()>(cluster::connect(&url).await))).await;
    let clients = clients.expect("connections");
    let start = Instant::now();
    let end = start + Duration::from_secs(seconds);
    let write = async |(n, client): (usize, &Client)| {
        let own: Vec<u32> = (1..=companies).filter(|company| *company as usize % writers == n).collect();
        let sql = Bare::prepared(client, batch).await;
        let mut written = 0;
        for from in (0..BARE_PEOPLE + 1 - batch).step_by(batch) {
            for company in &own {
                if Instant::now() >= end {
                    return written;
                }
                sql.write(client, rows, i64::from(*company), from..from + batch, with_search).await;
                written += batch;
            }
        }
        written
    };
    let written: usize = futures_util::future::join_all(clients.iter().enumerate().map(write)).await.into_iter().sum();
    let rate = written as f64 / start.elapsed().as_secs_f64();
    // Room for the next.
    let drop = "DO $$ BEGIN EXECUTE 'DROP SCHEMA ' || current_schema() || ' CASCADE'; END $$";
    cluster::connect(&url).await.batch_execute(drop).await.expect("a database that answers");
    rate
}

/// The statements of the bare loop.
struct Bare {
    journal: tokio_postgres::Statement,
    contact: tokio_postgres::Statement,
    handle: tokio_postgres::Statement,
    search: tokio_postgres::Statement,
    end: tokio_postgres::Statement,
}

impl Bare {
    async fn prepared(client: &Client, batch: usize) -> Bare {
        let insert = async |into: &str, columns: usize, rows: usize| {
            let row = |row: usize| {
                let values: Vec<String> = (0..columns).map(|n| format!("${}", 2 + row * columns + n)).collect();
                format!("($1, {})", values.join(", "))
            };
            let values: Vec<String> = (0..rows).map(row).collect();
            let sql = format!("INSERT INTO {into} VALUES {}", values.join(", "));
            client.prepare(&sql).await.expect("a statement")
        };
        client.batch_execute("SET plan_cache_mode = force_generic_plan").await.expect("a setting");
        Bare {
            journal: insert("journal (company, seq, at, body)", 3, batch).await,
            contact: insert("contact (company, contact, changed, merged_into, merge, body)", 5, batch).await,
            handle: insert("handle (company, source, key, home, shared)", 4, batch * 3).await,
            search: insert("search (company, contact, words)", 2, batch).await,
            end: client
                .prepare("UPDATE ends SET entries = $2, contacts_made = $2 WHERE company = $1")
                .await
                .expect("one"),
        }
    }

    async fn write(&self, client: &Client, rows: &Rows, company: i64, people: Range<usize>, with_search: bool) {
        let (from, to) = (people.start, people.end);
        client.batch_execute("BEGIN").await.expect("a transaction");
        let last = to as i64;
        let end: [&(dyn ToSql + Sync); 2] = [&company, &last];
        let journal = rows.journal[from..to]
            .iter()
            .map(|row| (row.get::<_, i64>(0), row.get::<_, i64>(1), row.get::<_, &str>(2)));
        let journal: Vec<_> = journal.collect();
        let mut first: Vec<&(dyn ToSql + Sync)> = vec![&company];
        first.extend(journal.iter().flat_map(|(seq, at, body)| [seq as &(dyn ToSql + Sync), at, body]));
        let contact = rows.contact[from..to]
            .iter()
            .map(|row| (row.get::<_, i64>(0), row.get::<_, i64>(1), row.get::<_, &str>(4)));
        let contact: Vec<_> = contact.collect();
        let none: Option<i64> = None;
        let mut second: Vec<&(dyn ToSql + Sync)> = vec![&company];
        second.extend(contact.iter().flat_map(|(id, changed, body)| {
            [id as &(dyn ToSql + Sync), changed, &none as &(dyn ToSql + Sync), &none, body]
        }));
        let handle = rows.handle[from * 3..to * 3].iter();
        let handle: Vec<_> =
            handle.map(|row| (row.get::<_, &str>(0), row.get::<_, &str>(1), row.get::<_, i64>(2))).collect();
        let mut third: Vec<&(dyn ToSql + Sync)> = vec![&company];
        third.extend(handle.iter().flat_map(|(source, key, home)| [source as &(dyn ToSql + Sync), key, home, &false]));
        let search: Vec<_> =
            rows.search[from..to].iter().map(|row| (row.get::<_, i64>(0), row.get::<_, &str>(1))).collect();
        let mut fourth: Vec<&(dyn ToSql + Sync)> = vec![&company];
        fourth.extend(search.iter().flat_map(|(contact, words)| [contact as &(dyn ToSql + Sync), words]));
        let search = async { if with_search { client.execute(&self.search, &fourth).await } else { Ok(0) } };
        let written = futures_util::future::try_join5(
            client.execute(&self.journal, &first),
            client.execute(&self.contact, &second),
            client.execute(&self.handle, &third),
            client.execute(&self.end, &end),
            search,
        );
        written.await.expect("written rows");
        client.batch_execute("COMMIT").await.expect("a commit");
    }
}

/// How long single updates of a company take while another has a hundred thousand waiting, and while none has.
async fn slow_company(cluster: &Cluster) -> String {
    let url = cluster::fresh(&cluster.url()).await;
    let store = Arc::new(open(&url, Access::Serve).await);
    add_companies(&*store, 2).await;
    let [slow, other] = [1, 2].map(|number| CompanyId::new(number).expect("a number"));
    let at = Time::from_millis(1_700_000_000_000);
    let update = async |from: u64| {
        let mut times = Vec::new();
        for n in from..from + ASKED {
            let start = Instant::now();
            store.write(other, at, vec![people::report(n)]).await.expect("a write");
            times.push(start.elapsed().as_secs_f64() * 1e3);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        times
    };
    let alone = update(1).await;
    let mut queued = tokio::task::JoinSet::new();
    for n in 0..QUEUED / 10 {
        let store = Arc::clone(&store);
        let commands = (0..10).map(|m| people::report(1_000_000 + n * 10 + m)).collect();
        queued.spawn(async move { store.write(slow, at, commands).await.map(drop) });
    }
    let beside = update(10_000).await;
    let left = queued.len();
    let mut done = 0;
    while let Some(Ok(written)) = queued.try_join_next() {
        written.expect("a write");
        done += 1;
    }
    queued.abort_all();
    let mut text = String::from(
        "\n## A slow company\n\nSingle updates of one company, in the process, while another has 100,000 updates queued:\n\n\
         | beside | p50 ms | p99 ms |\n|---|---:|---:|\n",
    );
    let mut line = |what: &str, mut times: Vec<f64>| {
        times.sort_by(f64::total_cmp);
        let p99 = times[times.len() * 99 / 100];
        writeln!(text, "| {what} | {:.1} | {p99:.1} |", median(times.iter().copied())).expect("a line");
    };
    line("nothing", alone);
    line("100,000 updates", beside);
    writeln!(text, "\nWhen the last was answered, {} of the 100,000 were still waiting.", (left - done) * 10)
        .expect("a line");
    text
}

/// What a contact takes on disk, by table.
async fn table_sizes(url: &str) -> String {
    let client = cluster::connect(url).await;
    client.batch_execute("VACUUM").await.expect("a vacuum");
    let contacts: i64 = client.query_one("SELECT count(*) FROM contact", &[]).await.expect("a count").get(0);
    let query = "SELECT relname::text, pg_table_size(oid), pg_indexes_size(oid) FROM pg_class
         WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND pg_total_relation_size(oid) > 1000000
         ORDER BY pg_total_relation_size(oid) DESC";
    let mut text = format!(
        "\n## Room on disk\n\nAfter {contacts} contacts of one company, a contact:\n\n\
         | table | bytes | bytes of its indexes |\n|---|---:|---:|\n"
    );
    let mut total = 0;
    for row in client.query(query, &[]).await.expect("sizes") {
        let (name, table, indexes): (String, i64, i64) = (row.get(0), row.get(1), row.get(2));
        total += table + indexes;
        writeln!(text, "| {name} | {} | {} |", table / contacts, indexes / contacts).expect("a line");
    }
    writeln!(text, "| all | {} | |", total / contacts).expect("a line");
    text
}
