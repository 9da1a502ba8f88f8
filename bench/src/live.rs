//! The delay of live updates: from the `202` that a program receives to the text on an open page.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use browser::{Browser, Look};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, Lines};
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

const UPDATES: usize = 200;
/// Other pages that are open in the second part.
const LISTENERS: usize = 1_000;
/// A pause between updates, longer than pages gather changes for.
const APART: Duration = Duration::from_millis(300);
const SENDER: &str = "selina@gotham.org";
const PORT: u16 = 18_082;
/// The file descriptors that all of this needs, and more.
const FILES: u64 = 4_096;
const TARGETS: &str = "p50 at most 100 ms, p99 at most 500 ms";

/// A row of the table.
struct Row {
    others: usize,
    interval: &'static str,
    millis: Vec<f64>,
}

/// The server, which is killed when it is dropped.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        self.0.kill().and_then(|()| self.0.wait().map(drop)).expect("a server that ends");
    }
}

/// Measures with the `kith` beside this binary, and writes the table to `results`.
pub async fn run(results: &Path) {
    rlimit::increase_nofile_limit(FILES).expect("enough files");
    let folder = tempfile::tempdir_in("target").expect("a folder");
    let store = folder.path().join("live.db");
    let kith = browser::built_beside("kith");
    let company = output(Command::new(&kith).args(["company", "add", "main", "--json", "--store"]).arg(&store));
    let password = company["password"].as_str().expect("a password").to_owned();
    let channel = ["channel", "add", "main", "--type", "email", "--address", "a@example.org", "--json", "--store"];
    output(Command::new(&kith).args(channel).arg(&store));
    let server = serve(&kith, &store);
    let mut api = Api::connect(&password).await;
    let message = json!({"sender": {"handle": SENDER, "name": "Selina"}, "subject": "A cat", "body": "Where is it?"});
    api.post("/channels/alt:address:a@example.org/incoming_messages", &message).await;

    let browser = Browser::start(Look::WIDE).await;
    let base = format!("http://127.0.0.1:{PORT}");
    browser.goto(&format!("{base}/app/sign-in")).await;
    browser.set("#company", "main").await;
    browser.set("#password", &password).await;
    browser.click("button.primary").await;
    browser.click("#inbox a.row-link").await;
    browser.until_text("#thread-title", "Selina").await;
    let cookie = browser.client.get_named_cookie("kith_session").await.expect("a session").value().to_owned();
    browser.run(OBSERVE).await;

    let rss_before = rss_mib(&server);
    let mut rows = vec![part(&browser, &mut api, 0, Some(APART)).await, part(&browser, &mut api, 0, None).await];
    let listeners = listeners(&cookie).await;
    let rss_open = rss_mib(&server);
    rows.push(part(&browser, &mut api, LISTENERS, Some(APART)).await);
    rows.push(part(&browser, &mut api, LISTENERS, None).await);
    let rss_after = rss_mib(&server);
    assert_eq!(listeners.len(), LISTENERS);
    drop(listeners);
    let text = written(&rows, [rss_before, rss_open, rss_after]);
    print!("{text}");
    fs::write(results, text).expect("a written table");
    browser.end().await;
}

/// Records when each text first appears in the header.
const OBSERVE: &str = "
    window.shown = new Map();
    const head = document.getElementById('thread-head');
    new MutationObserver(() => {
      const text = document.getElementById('thread-title').textContent.trim();
      if (!shown.has(text)) shown.set(text, performance.timeOrigin + performance.now());
      window.awaited?.(text);
    }).observe(head, { subtree: true, childList: true, characterData: true });";

/// Resolves with the time at which a text was shown.
const SHOWN: &str = "
    const [text, done] = arguments;
    if (shown.has(text)) return done(shown.get(text));
    window.awaited = (now) => { if (now === text) { window.awaited = null; done(shown.get(text)); } };";

async fn part(browser: &Browser, api: &mut Api, others: usize, pause: Option<Duration>) -> Row {
    let interval = if pause.is_some() { "apart" } else { "without a pause" };
    let mut millis = Vec::new();
    for n in 0..UPDATES {
        let name = format!("Selina {others} {interval} {n}");
        let body = json!({"name": name, "fields": [{"source": "email", "handle": SENDER}]});
        api.post("/api/1/contacts", &body).await;
        let accepted = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_secs_f64() * 1_000.0;
        let shown = browser.run_async(SHOWN, vec![json!(name)]).await.as_f64().expect("a time");
        millis.push(shown - accepted);
        if let Some(pause) = pause {
            tokio::time::sleep(pause).await;
        }
    }
    millis.sort_by(f64::total_cmp);
    eprintln!("{others} others, {interval}: p50 {:.1} ms, p99 {:.1} ms", at(&millis, 50), at(&millis, 99));
    Row { others, interval, millis }
}

/// The value below which this share of sorted values lies.
fn at(sorted: &[f64], percent: usize) -> f64 {
    sorted.get((sorted.len() * percent).div_ceil(100).saturating_sub(1)).copied().unwrap_or(f64::NAN)
}

/// A connection that sends one POST request after the other.
struct Api {
    lines: Lines<BufReader<tokio::net::tcp::OwnedReadHalf>>,
    writes: tokio::net::tcp::OwnedWriteHalf,
    authorization: String,
}

impl Api {
    async fn connect(password: &str) -> Api {
        let stream = TcpStream::connect(("127.0.0.1", PORT)).await.expect("a connection");
        stream.set_nodelay(true).expect("a connection");
        let (reads, writes) = stream.into_split();
        let authorization = data_encoding::BASE64.encode(format!("main:{password}").as_bytes());
        Api { lines: BufReader::new(reads).lines(), writes, authorization }
    }

    /// Sends a POST request, and returns when a `202` is received.
    async fn post(&mut self, path: &str, body: &Value) {
        let (body, authorization) = (body.to_string(), &self.authorization);
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: kith\r\nAuthorization: Basic {authorization}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        self.writes.write_all(request.as_bytes()).await.expect("a request");
        let status = self.line().await;
        assert!(status.contains(" 202 "), "{status}");
        let mut length = 0;
        loop {
            let line = self.line().await;
            if line.is_empty() {
                break;
            }
            if let Some(value) = line.strip_prefix("content-length: ") {
                length = value.parse().expect("a length");
            }
        }
        let mut body = vec![0; length];
        self.lines.get_mut().read_exact(&mut body).await.expect("a body");
    }

    async fn line(&mut self) -> String {
        self.lines.next_line().await.expect("an answer").expect("a line")
    }
}

/// Opens the streams of other pages. Each is read until it is dropped.
async fn listeners(cookie: &str) -> JoinSet<()> {
    let mut set = JoinSet::new();
    for _ in 0..LISTENERS {
        let mut stream = TcpStream::connect(("127.0.0.1", PORT)).await.expect("a connection");
        let request = format!("GET /app/live HTTP/1.1\r\nHost: kith\r\nCookie: kith_session={cookie}\r\n\r\n");
        stream.write_all(request.as_bytes()).await.expect("a request");
        let mut buffer = vec![0; 4_096];
        let read = stream.read(&mut buffer).await.expect("an answer");
        assert!(buffer[..read].starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&buffer[..read]));
        set.spawn(async move { while stream.read(&mut buffer).await.is_ok_and(|read| read > 0) {} });
    }
    set
}

fn serve(kith: &PathBuf, store: &Path) -> Server {
    let mut serve = Command::new(kith);
    serve.args(["serve", "--log", "warn", "--listen", &format!("127.0.0.1:{PORT}"), "--store"]).arg(store);
    let mut child = serve.stdout(Stdio::piped()).spawn().expect("kith");
    // Its first output comes when it listens.
    let mut line = String::new();
    let out = child.stdout.take().expect("its output");
    std::io::BufRead::read_line(&mut std::io::BufReader::new(out), &mut line).expect("a line");
    Server(child)
}

fn output(command: &mut Command) -> Value {
    let output = command.output().expect("kith");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn rss_mib(server: &Server) -> f64 {
    let status = fs::read_to_string(format!("/proc/{}/status", server.0.id())).expect("a process");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("its memory");
    line.trim().trim_end_matches(" kB").parse::<f64>().expect("a number") / 1_024.0
}

fn written(rows: &[Row], [before, open, after]: [f64; 3]) -> String {
    let mut text = format!(
        "# What `make bench-live` measured\n\n\
         A conversation is open in a real Chromium, and a program reports {UPDATES} names of its sender, one after another, with\n\
         `POST /api/1/contacts`. Measured is the time from the `202` received to the name in the header of the page, as a\n\
         MutationObserver sees it; server, browser and program share a machine and its clock. Targets: {TARGETS}.\n\n\
         - **apart**: {} ms pass after each name is seen, as if it was the only one.\n\
         - **without a pause**: the next one is reported as soon as the last one is seen. A page that was just renewed waits\n  \
           three times as long for more news as renewing it took, so this is mostly that pause.\n\
         - **other pages**: more clients that hear all news on `/app/live`.\n\n\
         | other pages | names come | p50 ms | p99 ms | max ms |\n|---:|---|---:|---:|---:|\n",
        APART.as_millis()
    );
    for Row { others, interval, millis } in rows {
        let (p50, p99, max) = (at(millis, 50), at(millis, 99), at(millis, 100));
        writeln!(text, "| {others} | {interval} | {p50:.1} | {p99:.1} | {max:.1} |").expect("a string takes it");
    }
    writeln!(
        text,
        "\nThe server held {before:.0} MiB (RSS) with one page open, {open:.0} MiB once {LISTENERS} more were, and {after:.0} MiB after all\n\
         names were reported."
    )
    .expect("a string takes it");
    text
}
