//! Import, a second import, export and search at several sizes, compared with other tools.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use cluster::{Care, Cluster};
use serde_json::Value;
use tokio::time::{Instant, sleep};

use crate::ask::Asker;
use crate::plot;
use crate::run::{self, authorization, binary, median, memory_mib, serve};

/// The numbers of rows of the files.
const SIZES: [u64; 4] = [10_000, 100_000, 1_000_000, 3_000_000];
/// The size at which Kith is compared with other tools.
const MAIN: u64 = 1_000_000;
const ROUNDS: usize = 3;
const PORT: u16 = 18_084;
const QUERIES: usize = 1_000;
/// Single reports while an import runs.
const SINGLES: usize = 500;
/// What the database is given, on a machine with a few gigabytes to spare.
pub const SETTINGS: [&str; 3] = ["shared_buffers=1GB", "max_wal_size=8GB", "checkpoint_timeout=15min"];
/// How long to wait for the index.
const PATIENCE: Duration = Duration::from_mins(20);

const FIRST: [&str; 24] = [
    "James",
    "Mary",
    "Robert",
    "Patricia",
    "John",
    "Jennifer",
    "Michael",
    "Linda",
    "David",
    "Elizabeth",
    "Zoë",
    "José",
    "Søren",
    "Łukasz",
    "Anaïs",
    "Iñigo",
    "Chloé",
    "Jürgen",
    "Renée",
    "Дмитрий",
    "Ольга",
    "Νίκος",
    "陽子",
    "محمد",
];
const LAST: [&str; 24] = [
    "Smith",
    "Johnson",
    "Williams",
    "Brown",
    "Jones",
    "García",
    "Müller",
    "Davis",
    "Rodríguez",
    "Martínez",
    "Hernández",
    "López",
    "Wilson",
    "Anderson",
    "Thomas",
    "Taylor",
    "Moore",
    "Jackson",
    "Lee",
    "Pérez",
    "Иванова",
    "Παπαδόπουλος",
    "山田",
    "حسن",
];

/// What was measured of one store at one size.
#[derive(Default)]
struct Measured {
    import_s: f64,
    again_s: f64,
    export_per_second: f64,
    import_mib: u64,
    /// The server's own memory, and the mapped part of its files.
    serving_mib: (u64, u64),
    store_mib: u64,
    searchable_s: f64,
    quiet: (f64, f64),
    busy: (f64, f64),
    single_p99_ms: f64,
}

/// Measures with the binaries beside this one, and writes the tables to `results` and the plot to `picture`.
pub async fn run(python: &Path, sizes: &[u64], results: &Path, picture: &Path) {
    let folder = tempfile::tempdir_in("target").expect("a folder");
    let sizes = if sizes.is_empty() { SIZES.to_vec() } else { sizes.to_vec() };
    let cluster = Cluster::with(Care::Durable, &SETTINGS);
    let mut kept: BTreeMap<(&str, u64), Measured> = BTreeMap::new();
    let mut others = String::new();
    let mut keep = |store, size, measured, others: &str| {
        kept.insert((store, size), measured);
        fs::write(results, written(&kept, others)).expect("a written table");
        fs::write(picture, drawn(&kept)).expect("a written picture");
    };
    let table = folder.path().join("people.csv");
    for size in &sizes {
        people(&table, *size);
        if *size == MAIN || sizes.len() == 1 {
            others = compared(folder.path(), &table, python, *size);
        }
        let file = folder.path().join("kith.db");
        let measured = store(file.to_str().expect("a path"), &table, *size, folder.path()).await;
        keep("SQLite", *size, measured, &others);
        remove(folder.path(), "kith.db");
    }
    let databases = [("PostgreSQL", Some(cluster.url())), ("Citus", cluster::instead())];
    for (name, database) in databases.into_iter().filter_map(|(name, url)| Some((name, url?))) {
        for size in sizes.iter().filter(|size| **size <= MAIN) {
            people(&table, *size);
            let url = cluster::fresh(&database).await;
            let measured = store(&url, &table, *size, folder.path()).await;
            keep(name, *size, measured, &others);
        }
    }
    print!("{}", fs::read_to_string(results).expect("what was written"));
}

/// How it grows.
fn drawn(kept: &BTreeMap<(&'static str, u64), Measured>) -> String {
    let points = |name: &str, of: fn(&Measured, u64) -> f64| -> Vec<(f64, f64)> {
        let mine = kept.iter().filter(|((store, _), _)| *store == name);
        mine.map(|((_, size), measured)| (as_float(*size), of(measured, *size))).collect()
    };
    let both = |of: fn(&Measured, u64) -> f64| {
        vec![("SQLite", points("SQLite", of)), ("PostgreSQL", points("PostgreSQL", of))]
    };
    plot::draw(&[
        ("Import, rows a second", both(|measured, size| as_float(size) / measured.import_s)),
        ("Search, p99 in ms", both(|measured, _| measured.quiet.1)),
        ("Store, MiB", both(|measured, _| as_float(measured.store_mib))),
    ])
}

/// Removes a store with all of its files.
pub fn remove(folder: &Path, store: &str) {
    for file in fs::read_dir(folder).expect("a folder").map(|file| file.expect("a file").path()) {
        if file.file_name().is_some_and(|name| name.to_string_lossy().starts_with(store)) {
            fs::remove_file(file).expect("a file that is gone");
        }
    }
}

/// Writes a table of contacts. Every fifth row reports an earlier contact again, every tenth merges two.
pub fn people(path: &Path, count: u64) {
    let mut table = BufWriter::new(File::create(path).expect("a file"));
    writeln!(table, "Name,Email,Phone,Twitter,Website").expect("a line");
    // Pseudo-random, and the same in every run.
    let mixed = |n: u64| n.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 20;
    let email =
        |n: u64| format!("{}.{:x}@example{}.org", LAST_ASCII[index(mixed(n), 8)], mixed(n) & 0xfff_ffff_ffff, n % 97);
    let phone = |n: u64| format!("+1{}", 2_000_000_000 + n * 7_919 % 7_999_999_993);
    let twitter = |n: u64| format!("@u{n:x}");
    for n in 0..count {
        let name = format!("{} {}", FIRST[index(mixed(n), 24)], LAST[index(mixed(n + 7), 24)]);
        let back = |n: u64, by: u64| n - 1 - mixed(n + by) % n.clamp(1, 1_000).min(n.max(1));
        let (of_email, of_phone) = match n {
            n if n % 10 == 9 => (back(n, 1), back(n, 2)),
            n if n % 5 == 4 => (back(n, 1), n),
            n => (n, n),
        };
        writeln!(
            table,
            "{name},{},{},{},https://crm.example.org/people/{n}",
            email(of_email),
            phone(of_phone),
            twitter(n)
        )
        .expect("a line");
    }
    table.flush().expect("a whole file");
}

const LAST_ASCII: [&str; 8] = ["smith", "johnson", "garcia", "muller", "brown", "wilson", "anderson", "lee"];

#[expect(clippy::cast_possible_truncation, reason = "the rest of a small division")]
fn index(mixed: u64, of: u64) -> usize {
    (mixed % of) as usize
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn as_float(count: u64) -> f64 {
    count as f64
}

/// How long a command takes, and the most memory that it took.
pub fn timed(command: &mut Command) -> (f64, u64) {
    let begun = Instant::now();
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("a command");
    let status = format!("/proc/{}/status", child.id());
    let mut most = 0;
    loop {
        // The peak that the system records. It is gone with the process.
        let text = fs::read_to_string(&status).unwrap_or_default();
        let peak = text
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:")?.trim().trim_end_matches(" kB").parse::<u64>().ok());
        most = most.max(peak.unwrap_or_default() / 1_024);
        if let Some(ended) = child.try_wait().expect("a child") {
            assert!(ended.success(), "{command:?} ended with {ended}");
            return (begun.elapsed().as_secs_f64(), most);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

pub fn kith(arguments: &[&str], store: &str) -> Command {
    let mut command = Command::new(binary("kith"));
    command.args(arguments).args(["--log", "error", "--store", store]);
    command
}

/// Compares Kith with other tools on the same file: seconds, medians of some rounds in turn.
fn compared(folder: &Path, table: &Path, python: &Path, size: u64) -> String {
    let path = |name: &str| folder.join(name);
    let mut seconds: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for _ in 0..ROUNDS {
        for store in ["bare.db", "duck.db", "pandas.db", "kith.db"] {
            remove(folder, store);
        }
        let script =
            format!("{}\n.import --csv --skip 1 {} contact\n", include_str!("../million/bare.sql"), table.display());
        let sql = path("bare.sql");
        fs::write(&sql, script).expect("a script");
        let bare = format!("sqlite3 {} < {}", path("bare.db").display(), sql.display());
        let python = |script: &str, to: &str| {
            let mut command = Command::new(python);
            command.arg(format!("bench/million/{script}.py")).arg(table).arg(path(to));
            command
        };
        let store = path("kith.db");
        let store = store.to_str().expect("a path");
        made_company(store);
        let table = table.to_str().expect("a path");
        let mut round =
            |name: &'static str, command: &mut Command| seconds.entry(name).or_default().push(timed(command).0);
        round("bare", Command::new("sh").args(["-c", &bare]));
        round("kith", &mut kith(&["import", "main", table], store));
        round("again", &mut kith(&["import", "main", table], store));
        round("duckdb", &mut python("with_duckdb", "duck.db"));
        round("pandas", &mut python("with_pandas", "pandas.db"));
    }
    for store in ["bare.db", "duck.db", "pandas.db", "kith.db"] {
        remove(folder, store);
    }
    let of = |name: &str| median(seconds[name].iter().copied());
    let ratio = |name: &str| median(seconds[name].iter().zip(&seconds["kith"]).map(|(other, kith)| other / kith));
    let mut text = format!(
        "| {size} rows | seconds | Kith is so many times as fast |\n|---|---:|---:|\n| `kith import` | {:.1} | |\n",
        of("kith")
    );
    for (name, what) in [
        ("bare", "`sqlite3 .import` into indexed tables, no rules"),
        ("duckdb", "DuckDB, connected components and a table"),
        ("pandas", "pandas, scipy and `to_sql`"),
    ] {
        writeln!(text, "| {what} | {:.1} | {:.2} |", of(name), ratio(name)).expect("a line");
    }
    let again = median(seconds["kith"].iter().zip(&seconds["again"]).map(|(first, again)| first / again));
    writeln!(text, "\nThe same file once more took {:.1} s: {again:.2} times as fast as the first time.", of("again"))
        .expect("a line");
    text
}

pub fn made_company(store: &str) -> String {
    let output = kith(&["company", "add", "main", "--json"], store).output().expect("kith");
    let said: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    said["password"].as_str().expect("a password").to_owned()
}

/// One store at one size.
async fn store(store: &str, table: &Path, size: u64, folder: &Path) -> Measured {
    let password = made_company(store);
    let file = table.to_str().expect("a path");
    let mut measured = Measured::default();
    (measured.import_s, measured.import_mib) = timed(&mut kith(&["import", "main", file], store));
    measured.again_s = timed(&mut kith(&["import", "main", file], store)).0;
    let out = folder.join("out.csv");
    let path = out.to_str().expect("a path");
    let export_s = timed(&mut kith(&["export", "main", "--to", path], store)).0;
    let lines = BufReader::new(File::open(&out).expect("an export")).lines().count();
    measured.export_per_second = as_float(lines as u64) / export_s;
    fs::remove_file(&out).expect("a file that was made");

    let server = serve(store.as_ref(), PORT, authorization("main", &password));
    let asker = Asker::new(PORT, authorization("main", &password));
    measured.searchable_s = searchable(&asker, size).await;
    if store.contains("://") {
        all_read(store).await;
    }
    run::settled(&server).await;
    // The server has closed idle connections in the meantime.
    let asker = Asker::new(PORT, authorization("main", &password));
    let queries = queries(size);
    measured.quiet = latencies(&asker, &queries);
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let writer = tokio::task::spawn_blocking({
        let asker = Asker::new(PORT, authorization("main", &password));
        move || write_until(&asker, &stopped)
    });
    measured.busy = latencies(&asker, &queries);
    stop.send_replace(true);
    writer.await.expect("a writer");
    measured.serving_mib = (memory_mib(&server, "RssAnon"), memory_mib(&server, "RssFile"));
    measured.store_mib = size_of(store).await;
    measured.single_p99_ms = beside_import(&asker, store, folder).await;
    measured
}

/// Seconds until the last contact of the file is found.
async fn searchable(asker: &Asker, size: u64) -> f64 {
    let begun = Instant::now();
    // Rows with these last digits report a new contact.
    let last = (0..size).rev().find(|n| n % 5 < 4).expect("a row");
    while asker.found(&format!("u{last:x}")) == 0 {
        assert!(begun.elapsed() < PATIENCE, "the search does not come along");
        sleep(Duration::from_millis(100)).await;
    }
    begun.elapsed().as_secs_f64()
}

/// Typical searches: beginnings, middles, phone numbers in several formats, names with accents or without, and misses.
fn queries(size: u64) -> Vec<String> {
    let query = |n: u64| {
        let at = n.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 24;
        let person = at % size;
        let (first, last) = (FIRST[index(at, 24)], LAST[index(at >> 8, 24)]);
        let phone = format!("{}", 2_000_000_000 + person * 7_919 % 7_999_999_993);
        match n % 10 {
            0 => first.chars().take(2).collect(),
            1 => first.to_lowercase(),
            2 => format!("{first} {}", last.chars().take(3).collect::<String>()),
            3 => last.chars().skip(1).take(4).collect(),
            4 => format!("({}) {}-{}", &phone[..3], &phone[3..6], &phone[6..]),
            5 => phone[4..].to_owned(),
            6 => {
                ["rene muller", "jose garcia", "soren lopez", "chloe perez", "anais rodriguez"][index(at, 5)].to_owned()
            }
            7 => format!("u{person:x}"),
            8 => format!("people/{person}"),
            _ => ["zzyzx", "nobody at all", "qqqq", "xj7"][index(at, 4)].to_owned(),
        }
    };
    (0..QUERIES as u64).map(query).collect()
}

/// The median and the 99th percentile of how long queries take, in milliseconds.
fn latencies(asker: &Asker, queries: &[String]) -> (f64, f64) {
    let took = |query: &String| {
        let begun = Instant::now();
        asker.found(query);
        begun.elapsed().as_secs_f64() * 1_000.0
    };
    percentiles(queries.iter().map(took).collect())
}

fn percentiles(mut took: Vec<f64>) -> (f64, f64) {
    took.sort_by(f64::total_cmp);
    (took[took.len() / 2], took[took.len() * 99 / 100])
}

/// Reports new contacts, a hundred per second.
fn write_until(asker: &Asker, stopped: &tokio::sync::watch::Receiver<bool>) {
    let mut n = 0;
    while !*stopped.borrow() {
        asker.report(&format!("busy.{n}@bench.example"));
        n += 1;
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The 99th percentile of how long single writes take while another file is imported into the same store.
async fn beside_import(asker: &Asker, store: &str, folder: &Path) -> f64 {
    let table = folder.join("beside.csv");
    let mut rows = String::from("Name,Email\n");
    for n in 0..200_000 {
        writeln!(rows, "Beside {n},beside.{n}@bench.example").expect("a line");
    }
    fs::write(&table, rows).expect("a file");
    let mut import = kith(&["import", "main", table.to_str().expect("a path")], store)
        .stdout(Stdio::null())
        .spawn()
        .expect("an import");
    sleep(Duration::from_millis(500)).await;
    let mut took = Vec::with_capacity(SINGLES);
    for n in 0..SINGLES {
        let begun = Instant::now();
        asker.report(&format!("single.{n}@bench.example"));
        took.push(begun.elapsed().as_secs_f64() * 1_000.0);
        if import.try_wait().expect("a child").is_some() {
            break;
        }
        sleep(Duration::from_millis(5)).await;
    }
    let _ = import.kill();
    let _ = import.wait();
    fs::remove_file(&table).expect("a file that was made");
    percentiles(took).1
}

/// Waits until all readers of the journal have reached its end.
async fn all_read(store: &str) {
    let begun = Instant::now();
    let client = cluster::connect(store).await;
    let query = "SELECT count(*) FROM reader JOIN ends USING (company) WHERE seq < entries";
    while client.query_one(query, &[]).await.expect("a database that answers").get::<_, i64>(0) > 0 {
        assert!(begun.elapsed() < PATIENCE, "a reader does not come along");
        sleep(Duration::from_millis(250)).await;
    }
}

/// The size of a store with all of its files, in MiB.
pub async fn size_of(store: &str) -> u64 {
    if store.contains("://") {
        let client = cluster::connect(store).await;
        let spread = "SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'citus')";
        let is_spread: bool = client.query_one(spread, &[]).await.expect("an answer").get(0);
        let query = if is_spread {
            "SELECT sum(citus_total_relation_size(oid))::bigint FROM pg_class
             WHERE relnamespace = current_schema()::regnamespace AND oid IN (SELECT logicalrelid FROM pg_dist_partition)"
        } else {
            "SELECT pg_database_size(current_database())"
        };
        let row = client.query_one(query, &[]).await.expect("a size");
        return u64::try_from(row.get::<_, i64>(0)).unwrap_or_default() / 1_048_576;
    }
    let sizes = ["", "-wal", "-search", "-search-wal", "-duplicates", "-duplicates-wal"]
        .map(|ending| fs::metadata(PathBuf::from(format!("{store}{ending}"))).map_or(0, |file| file.len()));
    sizes.iter().sum::<u64>() / 1_048_576
}

fn written(kept: &BTreeMap<(&str, u64), Measured>, others: &str) -> String {
    let mut text = format!(
        "# What `make bench-million` measured\n\n\
         A CSV file of people with a name, an e-mail address, a phone number, a Twitter name and a link; every fifth row reports\n\
         an earlier contact again, every tenth merges two. Whole commands, on the same machine; where Kith is compared,\n\
         medians of {ROUNDS} rounds in turn. Absolute numbers are this machine's and worth little.\n\n{others}\n\
         - **again**: the same file once more, which changes nothing; how many times as fast as the first time.\n\
         - **search**: {QUERIES} queries, one after the other, through API 2, once nothing is left to be brought along; **busy**: while\n\
         100 contacts per second are reported.\n\
         - **searchable**: how long after the server was started everything was found.\n\
         - **single**: the 99th percentile of single writes while 200,000 rows are imported by another process.\n\
         - **serving**: the server's own memory, and what of the files is mapped into it, which the system takes back when it needs it.\n\n\
         | store | rows | import s | rows/s | again | export/s | searchable s | search p50, p99 ms | busy p50, p99 ms | single p99 ms | import MiB | serving, mapped MiB | store MiB |\n\
         |---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n"
    );
    for ((store, size), measured) in kept {
        let Measured { import_s, again_s, export_per_second, import_mib, serving_mib, store_mib, .. } = measured;
        let Measured { searchable_s, quiet, busy, single_p99_ms, .. } = measured;
        writeln!(
            text,
            "| {store} | {size} | {import_s:.1} | {:.0} | {:.2} | {export_per_second:.0} | {searchable_s:.1} | {:.1}, {:.1} | {:.1}, {:.1} | {single_p99_ms:.1} | {import_mib} | {}, {} | {store_mib} |",
            as_float(*size) / import_s,
            import_s / again_s,
            quiet.0,
            quiet.1,
            busy.0,
            busy.1,
            serving_mib.0,
            serving_mib.1,
        )
        .expect("a line");
    }
    text
}
