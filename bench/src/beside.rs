//! Imports beside a server: how fast they are, and how long single writes take meanwhile.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use cluster::{Care, Cluster};
use tokio::time::Instant;

use crate::ask::Asker;
use crate::million::{self, SETTINGS, kith, made_company, timed};
use crate::run::{self, authorization, median, serve};

const ROUNDS: usize = 5;
const PORT: u16 = 18_086;
/// Clients that write one contact after the other. None means that the server is idle.
const CLIENTS: [usize; 3] = [0, 1, 4];

/// What was measured of one store.
#[derive(Default)]
struct Measured {
    /// The seconds of each import without a server.
    alone_s: Vec<f64>,
    /// The imports beside a server, for each number of clients.
    beside: [Beside; CLIENTS.len()],
}

/// The imports beside a server and some clients.
#[derive(Default)]
struct Beside {
    seconds: Vec<f64>,
    /// The milliseconds of the single writes during each import.
    writes_ms: Vec<Vec<f64>>,
}

/// Measures with the binary beside this one, and writes the table to `results`.
pub async fn run(rows: u64, results: &Path) {
    let folder = tempfile::tempdir_in("target").expect("a folder");
    let table = folder.path().join("people.csv");
    million::people(&table, rows);
    let cluster = Cluster::with(Care::Durable, &SETTINGS);
    let mut kept = [("SQLite", Measured::default()), ("PostgreSQL", Measured::default())];
    for round in 0..ROUNDS {
        for (name, measured) in &mut kept {
            measured.alone_s.push(import(&store(name, folder.path(), &cluster.url()).await, &table));
            for (clients, beside) in CLIENTS.into_iter().zip(&mut measured.beside) {
                let store = store(name, folder.path(), &cluster.url()).await;
                let (seconds, writes_ms) = beside_server(&store, &table, clients).await;
                beside.seconds.push(seconds);
                beside.writes_ms.push(writes_ms);
            }
            eprintln!("round {round}, {name}: {:.2} s without a server", measured.alone_s[round]);
        }
    }
    let text = written(rows, &kept);
    print!("{text}");
    fs::write(results, text).expect("a written table");
}

/// The address of an empty store.
async fn store(name: &str, folder: &Path, database: &str) -> String {
    if name == "SQLite" {
        million::remove(folder, "kith.db");
        return folder.join("kith.db").to_str().expect("a path").to_owned();
    }
    cluster::fresh(database).await
}

/// Imports a file into an empty store, and returns the seconds that it takes.
fn import(store: &str, table: &Path) -> f64 {
    made_company(store);
    timed(&mut kith(&["import", "main", table.to_str().expect("a path")], store)).0
}

/// The same beside a server, and the milliseconds of each single write of some clients.
async fn beside_server(store: &str, table: &Path, clients: usize) -> (f64, Vec<f64>) {
    let password = made_company(store);
    let server = serve(store.as_ref(), PORT, authorization("main", &password));
    run::settled(&server).await;
    let is_over = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> = (0..clients)
        .map(|client| {
            let (is_over, authorization) = (Arc::clone(&is_over), authorization("main", &password));
            thread::spawn(move || write_until(&Asker::new(PORT, authorization), client, &is_over))
        })
        .collect();
    let seconds = timed(&mut kith(&["import", "main", table.to_str().expect("a path")], store)).0;
    is_over.store(true, Ordering::Relaxed);
    let writes_ms = clients.into_iter().flat_map(|client| client.join().expect("a client")).collect();
    (seconds, writes_ms)
}

/// Reports one new contact after the other, and returns the milliseconds of each.
fn write_until(asker: &Asker, client: usize, is_over: &AtomicBool) -> Vec<f64> {
    let mut writes_ms = Vec::new();
    while !is_over.load(Ordering::Relaxed) {
        let begun = Instant::now();
        asker.report(&format!("single.{client}.{}@bench.example", writes_ms.len()));
        writes_ms.push(begun.elapsed().as_secs_f64() * 1_000.0);
    }
    writes_ms
}

/// The value below which a part of some values is.
fn percentile(values: &[f64], percent: usize) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get((sorted.len() * percent / 100).min(sorted.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
}

fn written(rows: u64, kept: &[(&str, Measured)]) -> String {
    let mut text = format!(
        "# Imports beside a server\n\n\
         {rows} rows imported into an empty store by `kith import`: without a server, beside a server that nobody uses, and beside one whose\n\
         clients write one contact after the other. Medians of {ROUNDS} rounds, everything on the same machine. `make bench-beside` makes this.\n\n\
         - **rate**: rows per second, divided by those of the same round without a server.\n\
         - **single writes**: `POST /api/1/contacts` while the import runs, in milliseconds: the medians of the rounds' 50th and 99th percentiles,\n  \
         the 99th percentile of the writes of all rounds, and the longest of all.\n\n\
         | store | clients | seconds | rate | single writes | p50 | p99 | p99 of all | longest |\n|---|---:|---:|---:|---:|---:|---:|---:|---:|\n"
    );
    for (name, Measured { alone_s, beside }) in kept {
        let alone = median(alone_s.iter().copied());
        writeln!(text, "| {name} | no server | {alone:.2} | 1 | | | | | |").expect("a line");
        for (clients, Beside { seconds, writes_ms }) in CLIENTS.iter().zip(beside) {
            let beside = median(seconds.iter().copied());
            let rate = median(alone_s.iter().zip(seconds).map(|(alone, beside)| alone / beside));
            let all: Vec<f64> = writes_ms.iter().flatten().copied().collect();
            write!(text, "| {name} | {clients} | {beside:.2} | {rate:.2} | ").expect("a line");
            if all.is_empty() {
                text.push_str("| | | | |\n");
                continue;
            }
            let of = |percent| median(writes_ms.iter().map(|writes| percentile(writes, percent)));
            let (p50, p99, count) = (of(50), of(99), all.len());
            let (p99_of_all, longest) = (percentile(&all, 99), percentile(&all, 100));
            writeln!(text, "{count} | {p50:.1} | {p99:.1} | {p99_of_all:.1} | {longest:.1} |").expect("a line");
        }
    }
    text
}
