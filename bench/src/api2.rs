//! API 2 on a store of a million contacts: reads, pages at any depth, a walk over all, and writes compared with API 1.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use contact::ContactId;
use data_encoding::BASE64URL_NOPAD;
use serde_json::Value;

use crate::ask::Asker;
use crate::fill;
use crate::run::{self, Load, binary, median, serve};

const PORT: u16 = 18_082;
const ROUNDS: usize = 3;
/// Contacts that are requested.
const SAMPLE: usize = 20_000;
/// Pages that are requested.
const PAGES: u64 = 2_000;
/// Contacts that are written, enough for every second of a run.
const WRITES: usize = 200_000;

/// A row of the table.
struct Row {
    what: &'static str,
    connections: usize,
    loads: Vec<Load>,
    /// The ratio to the same by API 1.
    to_first: Vec<f64>,
}

/// Measures with the binaries beside this one, and writes the table to `results`.
pub async fn run(contacts: u64, seconds: u64, script: &Path, results: &Path) {
    let folder = tempfile::tempdir_in("target").expect("a folder");
    let file = folder.path().join("kith.db");
    let password = made(&["company", "add", "main", "--json"], &file, "password");
    let token = made(&["token", "add", "main", "--name", "bench", "--json"], &file, "token");
    fill::fill(&file, "main", 0..contacts, 1_000, fill::CLAIMS_WAITING).await;
    let authorization = format!("Bearer {token}");
    let server = serve(file.as_os_str(), PORT, authorization.clone());
    // Only reads are measured, not the work that follows a load of a million contacts.
    run::settled(&server).await;
    let requests = folder.path().join("requests");
    let load = |authorization: &str, lines: &[String], connections: usize| {
        fs::write(&requests, lines.join("\n") + "\n").expect("a file of requests");
        let file = requests.to_str().expect("a path");
        run::wrk(PORT, script, connections, seconds, &[authorization, file])
    };

    let (walked, per_second, sample) = walk(&authorization, contacts);
    assert_eq!(walked, contacts, "a walk meets all");
    println!("walked {walked} contacts, {per_second:.0} a second");
    let by_id: Vec<String> = sample.iter().map(|(id, _)| format!("GET\t/contacts/{id}")).collect();
    let by_alias: Vec<String> = sample.iter().map(|(_, email)| format!("GET\t/contacts/alt:email:{email}")).collect();
    let pages = pages(&sample, contacts);
    let mut table = Vec::new();
    for (what, lines, connections) in [
        ("get by id", &by_id, 64),
        ("get by alias", &by_alias, 64),
        ("page of 100", &pages, 1),
        ("page of 100", &pages, 8),
        ("page of 100", &pages, 64),
    ] {
        let loads = (0..ROUNDS).map(|_| load(&authorization, lines, connections)).collect();
        table.push(printed(Row { what, connections, loads, to_first: Vec::new() }));
    }
    table.extend(writes(&load, &authorization, &run::authorization("main", &password), &sample));
    let text = written(&table, contacts, seconds, per_second, run::rss_mib(&server));
    print!("{text}");
    fs::write(results, text).expect("a written table");
}

/// The value of a key in the output of a command.
pub fn made(arguments: &[&str], file: &Path, key: &str) -> String {
    let output = Command::new(binary("kith")).args(arguments).arg("--store").arg(file).output().expect("kith");
    let value: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    value[key].as_str().expect("a secret").to_owned()
}

fn printed(row: Row) -> Row {
    let of = |value: fn(&Load) -> f64| median(row.loads.iter().map(value));
    let (rate, p50, p99) = (of(|load| load.per_second), of(|load| load.p50_ms), of(|load| load.p99_ms));
    println!("{} at {}: {rate:.0}/s, p50 {p50:.2} ms, p99 {p99:.2} ms", row.what, row.connections);
    row
}

/// Follows `next` from the first page to the last, and returns how many contacts there were, how many a second, and some of
/// them: their ids and first e-mail addresses.
fn walk(authorization: &str, contacts: u64) -> (u64, f64, Vec<(String, String)>) {
    let asker = Asker::new(PORT, authorization.to_owned());
    let (mut walked, mut sample) = (0, Vec::new());
    let every = (contacts / SAMPLE as u64).max(1);
    let start = Instant::now();
    let mut next = Some("/contacts?limit=100".to_owned());
    while let Some(target) = next {
        let page = asker.get(&target);
        for contact in page["_results"].as_array().expect("contacts") {
            if walked % every == 0 {
                let text = |value: &Value| value.as_str().expect("a text").to_owned();
                sample.push((text(&contact["id"]), text(&contact["handles"][0]["handle"])));
            }
            walked += 1;
        }
        let path = |url: &str| url.split_once(&format!(":{PORT}")).expect("an address of this server").1.to_owned();
        next = page["_pagination"]["next"].as_str().map(path);
    }
    let seconds = start.elapsed().as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "counts are small")]
    let per_second = walked as f64 / seconds;
    (walked, per_second, sample)
}

/// Pages that begin anywhere, each after a contact.
fn pages(sample: &[(String, String)], contacts: u64) -> Vec<String> {
    let company = sample[0].0.parse::<ContactId>().expect("an id").company();
    let page = |n: u64| {
        // Anywhere, and the same at every run.
        let count = n.wrapping_mul(7_919) * (contacts / PAGES).max(1) % contacts + 1;
        let mark = format!("a.0.{}.0", ContactId::nth(company, count).number());
        format!("GET\t/contacts?limit=100&page_token={}", BASE64URL_NOPAD.encode(mark.as_bytes()))
    };
    (0..PAGES).map(page).collect()
}

/// Contacts that are made and changed by both APIs, in turn.
fn writes(
    load: &dyn Fn(&str, &[String], usize) -> Load,
    token: &str,
    login: &str,
    sample: &[(String, String)],
) -> Vec<Row> {
    let row = |what| Row { what, connections: 64, loads: Vec::new(), to_first: Vec::new() };
    let (mut create, mut update) = (row("create"), row("update"));
    for round in 0..ROUNDS {
        let fields = |n: usize, way: &str| {
            let field = |source: &str, handle: String| format!(r#"{{"source":"{source}","handle":"{handle}"}}"#);
            let mixed = n * 7_919 % 1_000_003;
            let email = field("email", format!("{way}.{round}.{mixed}.{n}@bench.example"));
            format!("[{email},{}]", field("twitter", format!("@{way}{round}_{n}")))
        };
        let first = |n| format!("POST\t/api/1/contacts\t{{\"name\":\"New {n}\",\"fields\":{}}}", fields(n, "a"));
        let second = |n| format!("POST\t/contacts\t{{\"name\":\"New {n}\",\"handles\":{}}}", fields(n, "b"));
        let by_first = load(login, &(0..WRITES).map(first).collect::<Vec<_>>(), 64);
        let by_second = load(token, &(0..WRITES).map(second).collect::<Vec<_>>(), 64);
        create.to_first.push(by_second.per_second / by_first.per_second);
        create.loads.push(by_second);

        let of = |n: usize| &sample[n % sample.len()];
        let body = |n: usize| {
            format!("{{\"name\":\"{round} {n}\",\"fields\":[{{\"source\":\"email\",\"handle\":\"{}\"}}]}}", of(n).1)
        };
        let first = |n| format!("POST\t/api/1/contacts\t{}", body(n));
        let second = |n| format!("PATCH\t/contacts/{}\t{{\"name\":\"{round}, {n}\"}}", of(n).0);
        let by_first = load(login, &(0..WRITES).map(first).collect::<Vec<_>>(), 64);
        let by_second = load(token, &(0..WRITES).map(second).collect::<Vec<_>>(), 64);
        update.to_first.push(by_second.per_second / by_first.per_second);
        update.loads.push(by_second);
    }
    vec![printed(create), printed(update)]
}

fn written(table: &[Row], contacts: u64, seconds: u64, walked: f64, rss_mib: u64) -> String {
    let mut text = format!(
        "# What `make bench-api2` measured\n\n\
         wrk over loopback on the same machine as the server, one file with {contacts} contacts, {ROUNDS} rounds of {seconds} s each,\n\
         medians, once what is searched had come along. Absolute numbers are this machine's and worth little.\n\n\
         - **page of 100**: pages that begin anywhere among all contacts.\n\
         - **to API 1**: the rate of the same by the first contact API, in the same round. A create reports two handles and a name; an\n  \
         update a new name.\n\n\
         | what | connections | per second | p50 ms | p99 ms | to API 1 |\n|---|---:|---:|---:|---:|---:|\n"
    );
    for Row { what, connections, loads, to_first } in table {
        let of = |value: fn(&Load) -> f64| median(loads.iter().map(value));
        let ratio =
            if to_first.is_empty() { String::new() } else { format!("{:.2}", median(to_first.iter().copied())) };
        let (rate, p50, p99) = (of(|load| load.per_second), of(|load| load.p50_ms), of(|load| load.p99_ms));
        writeln!(text, "| {what} | {connections} | {rate:.0} | {p50:.2} | {p99:.2} | {ratio} |").expect("a line");
    }
    writeln!(
        text,
        "\nA walk over all {contacts} in pages of 100, one after the other: {walked:.0} contacts a second.\n\
         The server then took {rss_mib} MiB of memory."
    )
    .expect("a line");
    text
}
