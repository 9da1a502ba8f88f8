//! `kith status`: what the server and its store do, on one screen.

use std::error::Error;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use hub::Clock as _;
use serde_json::{Map, Value, json};
use server::Metrics;
use store::Access;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::config::{StatusOptions, StoreOptions};
use crate::say::say;
use crate::system;

/// Most time for a server to answer.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(5);
/// Most bytes of its answer.
const BYTES_MAX: u64 = 64 * 1024 * 1024;
/// What the store alone shows. The other metrics are those of a server.
const OF_STORE: [&str; 4] = ["kith_ready", "kith_journal_entries", "kith_reader_lag_entries", "kith_store_bytes"];

/// A value of a metric, with its labels.
struct Sample {
    name: String,
    labels: Vec<(String, String)>,
    value: f64,
}

/// All samples, and the server that they come from; none if they are what the store alone shows.
struct Status {
    server: Option<SocketAddr>,
    samples: Vec<Sample>,
}

pub async fn status(store: &StoreOptions, options: StatusOptions) -> Result<ExitCode, Box<dyn Error>> {
    if options.ready {
        let ready = timeout(ANSWER_TIME_MAX, page_of(options.listen, "/readyz")).await;
        return Ok(if matches!(ready, Ok(Some(_))) { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    let status = Status::find(store, options.metrics).await?;
    if options.json {
        say(status.json())?;
        return Ok(ExitCode::SUCCESS);
    }
    match (status.server, options.metrics) {
        (Some(server), _) => {
            let version = status.samples.iter().find(|sample| sample.name == "kith_build_info");
            let version = version.and_then(|sample| sample.label("version")).unwrap_or_default();
            say(format_args!("Kith {version} at {server}, {}.", status.uptime()))?;
        }
        (None, Some(server)) => say(format_args!("No server answers at {server}. {} alone shows:", store.address))?,
        (None, None) => say(format_args!("Without --metrics, {} alone shows:", store.address))?,
    }
    for (title, text) in status.rows() {
        say(format_args!("  {title:<10} {text}"))?;
    }
    Ok(ExitCode::SUCCESS)
}

impl Status {
    async fn find(store: &StoreOptions, server: Option<SocketAddr>) -> Result<Status, Box<dyn Error>> {
        if let Some(server) = server
            && let Ok(Some(text)) = timeout(ANSWER_TIME_MAX, page_of(server, "/metrics")).await
        {
            return Ok(Status { server: Some(server), samples: samples(&text) });
        }
        let hub = Arc::new(system::open(store, Access::Read).await?);
        let mut samples = samples(&Metrics::new(hub, false).text().await);
        samples.retain(|sample| OF_STORE.contains(&sample.name.as_str()));
        Ok(Status { server: None, samples })
    }

    fn of<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Sample> {
        self.samples.iter().filter(move |sample| sample.name == name)
    }

    fn sum(&self, name: &str) -> f64 {
        sum(self.of(name))
    }

    fn uptime(&self) -> String {
        let now_s = system::SystemClock.now().millis() / 1_000;
        #[expect(clippy::cast_possible_truncation, reason = "a time in seconds fits")]
        let minutes = (now_s - self.sum("process_start_time_seconds") as i64) / 60;
        format!("up for {} d {} h {} min", minutes / 1_440, minutes / 60 % 24, minutes % 60)
    }

    /// The lines of the screen: a title, and a text.
    fn rows(&self) -> Vec<(&'static str, String)> {
        let ready = if self.sum("kith_ready") > 0.0 { "yes" } else { "no: the log of the server says why" };
        let mut rows = vec![("ready", ready.to_owned())];
        if self.server.is_some() {
            let failed = |sample: &&Sample| sample.label("status").is_some_and(|status| status.starts_with('5'));
            let failed = sum(self.of("kith_requests_total").filter(failed));
            rows.push(("requests", format!("{}, {failed} failed", self.sum("kith_requests_total"))));
            let [writes, batches, merges, waiting] =
                ["kith_writes_total", "kith_batches_total", "kith_merges_total", "kith_writes_waiting"]
                    .map(|name| self.sum(name));
            rows.push(("writes", format!("{writes} in {batches} batches, {merges} merges, {waiting} waiting")));
            let limit = |what: &str| self.of("kith_share_limit").find(|sample| sample.label("limit") == Some(what));
            let used = self.of("kith_share_used").filter(|sample| sample.value > 0.0).filter_map(|sample| {
                let what = sample.label("limit")?;
                Some(format!("{} of {} {what}", sample.value, limit(what)?.value))
            });
            let used: Vec<String> = used.collect();
            rows.push(("in use", if used.is_empty() { "nothing".into() } else { used.join(", ") }));
        }
        rows.push(("journals", format!("{} entries", self.sum("kith_journal_entries"))));
        let mut lags: Vec<(&str, f64)> = Vec::new();
        for sample in self.of("kith_reader_lag_entries") {
            let reader = sample.label("reader").unwrap_or_default();
            match lags.iter_mut().find(|(known, _)| *known == reader) {
                Some((_, lag)) => *lag = lag.max(sample.value),
                None => lags.push((reader, sample.value)),
            }
        }
        let lags: Vec<String> = lags.iter().map(|(reader, lag)| format!("{reader} {lag} behind")).collect();
        rows.push(("readers", lags.join(", ")));
        let files: Vec<String> = self
            .of("kith_store_bytes")
            .map(|file| {
                format!("{} {:.1} MiB", file.label("file").unwrap_or_default(), file.value / f64::from(1 << 20))
            })
            .collect();
        if !files.is_empty() {
            rows.push(("files", files.join(", ")));
        }
        rows
    }

    fn json(&self) -> Value {
        let mut metrics = Map::new();
        for Sample { name, labels, value } in &self.samples {
            let labels: Map<String, Value> = labels.iter().map(|(label, text)| (label.clone(), json!(text))).collect();
            let of_name = metrics.entry(name.clone()).or_insert_with(|| json!([]));
            if let Value::Array(samples) = of_name {
                samples.push(json!({"labels": labels, "value": value}));
            }
        }
        json!({"server": self.server.map(|server| server.to_string()), "metrics": metrics})
    }
}

impl Sample {
    fn label(&self, name: &str) -> Option<&str> {
        self.labels.iter().find(|(label, _)| label == name).map(|(_, text)| text.as_str())
    }
}

/// The sum of values. That of none is 0, and not the -0 of an empty sum.
fn sum<'a>(samples: impl Iterator<Item = &'a Sample>) -> f64 {
    samples.fold(0.0, |sum, sample| sum + sample.value)
}

/// Asks a server for its metrics. None if it does not answer with them.
async fn page_of(server: SocketAddr, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect(server).await.ok()?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {server}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut answer = String::new();
    stream.take(BYTES_MAX).read_to_string(&mut answer).await.ok()?;
    let (head, text) = answer.split_once("\r\n\r\n")?;
    head.starts_with("HTTP/1.1 200 ").then(|| text.to_owned())
}

/// Parses the samples of a page of metrics. Names of companies have no quotes, so the labels of Kith need no escapes.
fn samples(text: &str) -> Vec<Sample> {
    let sample = |line: &str| {
        let (series, value) = line.rsplit_once(' ')?;
        let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
        let labels = labels.strip_suffix('}')?.split("\",").filter_map(|label| label.split_once("=\""));
        let labels = labels.map(|(label, text)| (label.to_owned(), text.trim_end_matches('"').to_owned()));
        Some(Sample { name: name.to_owned(), labels: labels.collect(), value: value.parse().ok()? })
    };
    text.lines().filter(|line| !line.starts_with('#')).filter_map(sample).collect()
}
