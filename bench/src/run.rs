//! The whole measurement: servers, load, ratios, and the table.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::bare::Rows;
use crate::fill;

const SIZES: [u64; 3] = [0, 100_000, 1_000_000];
/// Connections, and the people that a transaction of the bare loop holds beside them: while one half of
/// the connections waits for a commit, the other half fills the next.
const CONNECTIONS: [(usize, usize); 3] = [(1, 1), (64, 32), (256, 128)];
const ROUNDS: usize = 3;
const BARE_PEOPLE: usize = 60_000;
const NULL_PORT: u16 = 18_081;
const KITH_PORT: u16 = 18_080;

/// The result of a run of the load generator.
#[derive(Clone, Copy)]
pub struct Load {
    pub per_second: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
}

/// A row of the table.
struct Row {
    size: u64,
    connections: usize,
    what: &'static str,
    loads: Vec<Load>,
    to_null: Vec<f64>,
    to_bare: Vec<f64>,
    rss_mib: u64,
}

/// A server that is killed when it is dropped.
pub struct Server {
    child: Child,
    port: u16,
    authorization: String,
}

impl Server {
    /// Its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().and_then(|()| self.child.wait().map(drop)).expect("a server that ends");
    }
}

/// Measures with the binaries beside this one, and writes the table to `results`.
pub async fn run(seconds: u64, script: &Path, results: &Path) {
    let folder = tempfile::tempdir_in("target").expect("a folder");
    let sample = folder.path().join("sample.db");
    let first = 900_000_000;
    fill::fill(&sample, "main", first..first + BARE_PEOPLE as u64, 1_000, 0).await;
    let rows = Rows::of(&sample, BARE_PEOPLE);
    let null = null_server();
    let mut table = Vec::new();
    for size in SIZES {
        eprintln!("filling a store with {size} contacts");
        let file = folder.path().join(format!("kith-{size}.db"));
        let kith = binary("kith");
        let password = password(Command::new(&kith).args(["company", "add", "main", "--json", "--store"]).arg(&file));
        fill::fill(&file, "main", 0..size, 1_000, fill::CLAIMS_WAITING).await;
        let filled = folder.path().join("filled.db");
        fs::copy(&file, &filled).expect("a copy");
        let server = kith_server(&file, &password);
        let mut next = 10_000_000;
        for (connections, batch) in CONNECTIONS {
            let row =
                |what| Row { size, connections, what, loads: vec![], to_null: vec![], to_bare: vec![], rss_mib: 0 };
            let (mut new, mut known, mut nothing) = (row("new"), row("known"), row("null"));
            for round in 0..ROUNDS {
                let null_load = load(&null, script, connections, seconds, next, 0);
                let new_load = load(&server, script, connections, seconds, next, 0);
                // Known contacts are those of the store, or on an empty one those that were just reported.
                let (from, around) = if size == 0 { (next, 1_000) } else { (0, size) };
                let known_load = load(&server, script, connections, seconds, from, around);
                let bare_file = folder.path().join("bare.db");
                fs::copy(&filled, &bare_file).expect("a copy");
                let bare = rows.write(&bare_file, batch, Duration::from_secs(seconds));
                eprintln!(
                    "{size} contacts, {connections} connections, round {round}: null {:.0}/s, new {:.0}/s, known {:.0}/s, bare {bare:.0}/s",
                    null_load.per_second, new_load.per_second, known_load.per_second
                );
                nothing.loads.push(null_load);
                for (row, load) in [(&mut new, new_load), (&mut known, known_load)] {
                    row.to_null.push(load.per_second / null_load.per_second);
                    row.loads.push(load);
                }
                new.to_bare.push(new_load.per_second / bare);
                next += 1_000_000;
            }
            nothing.rss_mib = rss_mib(&null);
            (new.rss_mib, known.rss_mib) = (rss_mib(&server), rss_mib(&server));
            table.extend([nothing, new, known]);
        }
    }
    let text = written(&table, seconds);
    print!("{text}");
    fs::write(results, text).expect("a written table");
}

/// The path of a program next to this one.
pub fn binary(name: &str) -> PathBuf {
    std::env::current_exe().expect("a path").with_file_name(name)
}

fn null_server() -> Server {
    let address = format!("127.0.0.1:{NULL_PORT}");
    let mut child =
        Command::new(binary("bench")).args(["null", &address]).stdout(Stdio::piped()).spawn().expect("null");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("its output")).read_line(&mut line).expect("a line");
    Server { child, port: NULL_PORT, authorization: authorization("main", &password_in(&line)) }
}

fn kith_server(file: &Path, password: &str) -> Server {
    serve(file.as_os_str(), KITH_PORT, authorization("main", password))
}

/// Serves a store.
pub fn serve(store: &OsStr, port: u16, authorization: String) -> Server {
    let mut serve = Command::new(binary("kith"));
    serve.args(["serve", "--log", "warn", "--listen", &format!("127.0.0.1:{port}"), "--store"]).arg(store);
    let mut child = serve.stdout(Stdio::piped()).spawn().expect("kith");
    // Its first output comes when it listens.
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("its output")).read_line(&mut line).expect("a line");
    Server { child, port, authorization }
}

fn password(command: &mut Command) -> String {
    let output = command.output().expect("a company");
    password_in(&String::from_utf8_lossy(&output.stdout))
}

fn password_in(line: &str) -> String {
    let value: serde_json::Value = serde_json::from_str(line).expect("JSON");
    value["password"].as_str().expect("a password").to_owned()
}

/// The header of a company's login.
pub fn authorization(company: &str, password: &str) -> String {
    format!("Basic {}", data_encoding::BASE64.encode(format!("{company}:{password}").as_bytes()))
}

/// Loads a server for some seconds with contacts from `first` on.
pub fn load(server: &Server, script: &Path, connections: usize, seconds: u64, first: u64, around: u64) -> Load {
    let arguments = [server.authorization.as_str(), &first.to_string(), &around.to_string()];
    wrk(server.port, script, connections, seconds, &arguments)
}

/// Loads the server on a port for some seconds with the requests of a script.
pub fn wrk(port: u16, script: &Path, connections: usize, seconds: u64, arguments: &[&str]) -> Load {
    let output = Command::new("wrk")
        .args(["-t1", &format!("-c{connections}"), &format!("-d{seconds}"), "--latency", "-s"])
        .arg(script)
        .arg(format!("http://127.0.0.1:{port}"))
        .arg("--")
        .args(arguments)
        .output()
        .expect("wrk, which `make bench` installs");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && !text.contains("Non-2xx") && !text.contains("Socket errors"), "{text}");
    let after = |label: &str| {
        let line = text.lines().map(str::trim).find_map(|line| line.strip_prefix(label));
        line.unwrap_or_else(|| panic!("no {label} in {text}")).trim().to_owned()
    };
    Load {
        per_second: after("Requests/sec:").parse().expect("a number"),
        p50_ms: millis(&after("50%")),
        p99_ms: millis(&after("99%")),
    }
}

fn millis(text: &str) -> f64 {
    let units = [("us", 0.001), ("ms", 1.0), ("s", 1_000.0)];
    let read = |(unit, factor): (&str, f64)| Some(text.strip_suffix(unit)?.parse::<f64>().ok()? * factor);
    units.into_iter().find_map(read).unwrap_or_else(|| panic!("{text} is no time"))
}

/// Waits until the views of a server are up to date and it is idle.
pub async fn settled(server: &Server) {
    const LOOK_EVERY: Duration = Duration::from_secs(2);
    // A twentieth of a processor, in hundredths of a second.
    const REST: i64 = 10;
    let spent = || {
        let stat = fs::read_to_string(format!("/proc/{}/stat", server.child.id())).expect("a process");
        let fields: Vec<i64> =
            stat.rsplit(')').next().unwrap_or_default().split(' ').filter_map(|field| field.parse().ok()).collect();
        // After the name and the state: user and system time are the eleventh and twelfth numbers.
        fields[10] + fields[11]
    };
    let mut before = spent();
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let now = spent();
        if now - before < REST {
            return;
        }
        before = now;
    }
}

/// The memory of a server.
pub fn rss_mib(server: &Server) -> u64 {
    memory_mib(server, "VmRSS")
}

/// A part of the memory of a server, as Linux calls it (proc(5), `/proc/pid/status`).
pub fn memory_mib(server: &Server, part: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", server.child.id())).expect("a process");
    let line = status.lines().find_map(|line| line.strip_prefix(part)?.strip_prefix(':')).expect("its memory");
    line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") / 1024
}

/// The median of some values.
pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn written(table: &[Row], seconds: u64) -> String {
    let mut text = format!(
        "# What `make bench` measured\n\n\
         wrk over loopback on the same machine as the server, {ROUNDS} rounds of {seconds} s each, medians. A contact has three\n\
         handles and a link. Ratios are of one round's runs to each other; absolute numbers are this machine's and\n\
         worth little.\n\n\
         - **null**: the same router, sign-in and JSON, no store.\n\
         - **bare**: a loop that writes the same rows to SQLite, in transactions of half as many as there are connections (at least\n  one), with no HTTP and no rules.\n\
         - **new**: contacts that Kith did not know. **known**: contacts reported again; nothing is written.\n\n\
         | contacts | connections | run | per second | p50 ms | p99 ms | to null | to bare | RSS MiB |\n\
         |---:|---:|---|---:|---:|---:|---:|---:|---:|\n"
    );
    let ratio = |ratios: &[f64]| match ratios {
        [] => String::new(),
        ratios => format!("{:.2}", median(ratios.iter().copied())),
    };
    for row in table {
        let Row { size, connections, what, loads, to_null, to_bare, rss_mib } = row;
        let of = |value: fn(&Load) -> f64| median(loads.iter().map(value));
        writeln!(
            text,
            "| {size} | {connections} | {what} | {:.0} | {:.2} | {:.2} | {} | {} | {rss_mib} |",
            of(|load| load.per_second),
            of(|load| load.p50_ms),
            of(|load| load.p99_ms),
            ratio(to_null),
            ratio(to_bare),
        )
        .expect("a line");
    }
    text
}
