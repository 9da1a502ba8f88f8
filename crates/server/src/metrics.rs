//! What the server measures, for Prometheus: `GET /metrics` on an address of its own.
//!
//! Requests are counted with atomic counters, and nothing is allocated for one. All else is read when it is asked for. Nothing
//! here is personal: a route is its template, and companies are named only if the operator wants that.

mod requests;
mod text;

use std::sync::Arc;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hub::Hub;
use tokio::time::Instant;

use crate::shares;
use requests::Requests;
use text::{Kind, Text};

/// The version of the text (Prometheus, exposition formats).
const TEXT: &str = "text/plain; version=0.0.4";

/// The metrics of a server.
pub struct Metrics {
    hub: Arc<Hub>,
    requests: Requests,
    started_s: i64,
    /// Whether companies are named.
    has_companies: bool,
}

impl Metrics {
    /// Starts to measure a server of a hub. `has_companies` says whether companies are named.
    pub fn new(hub: Arc<Hub>, has_companies: bool) -> Metrics {
        let started_s = hub.now().millis() / 1_000;
        Metrics { hub, requests: Requests::default(), started_s, has_companies }
    }

    /// Returns the router that shows them.
    pub fn router(self: Arc<Metrics>) -> Router {
        Router::new().route("/metrics", get(show)).with_state(self)
    }

    /// Returns the page of metrics, in the text format of Prometheus.
    pub async fn text(&self) -> String {
        let mut text = Text::default();
        text.one(
            "process_start_time_seconds",
            Kind::Gauge,
            "When the server was started, in Unix time.",
            self.started_s,
        );
        let version = [("version", env!("CARGO_PKG_VERSION"))];
        text.family("kith_build_info", Kind::Gauge, "The version of the server. The value is always 1.");
        text.sample("kith_build_info", &version, 1);
        self.requests.show(&mut text);
        text.family(
            "kith_share_used",
            Kind::Gauge,
            "How much of a shared limit is in use: connections, bodies, exports and others.",
        );
        let shares = shares::in_use();
        for (what, used, _) in &shares {
            text.sample("kith_share_used", &[("limit", what)], used);
        }
        text.family("kith_share_limit", Kind::Gauge, "All of a shared limit.");
        for (what, _, total) in &shares {
            text.sample("kith_share_limit", &[("limit", what)], total);
        }
        let activity = self.hub.activity();
        text.one(
            "kith_writes_total",
            Kind::Counter,
            "Writes that were answered, those that changed nothing included.",
            activity.writes,
        );
        text.one("kith_batches_total", Kind::Counter, "Batches of writes, each in one transaction.", activity.batches);
        text.one("kith_merges_total", Kind::Counter, "Contacts that were merged into others.", activity.merges);
        text.one("kith_writes_waiting", Kind::Gauge, "Writes that wait for the writer of the store.", activity.waiting);
        text.family(
            "kith_store_bytes",
            Kind::Gauge,
            "The size of a file of the store: the store, its log, and the files of its indexes.",
        );
        for (file, bytes) in &activity.files {
            text.sample("kith_store_bytes", &[("file", file)], bytes);
        }
        let is_ready = self.journals(&mut text).await.is_ok() && self.hub.ready().await.is_ok();
        text.one(
            "kith_ready",
            Kind::Gauge,
            "1 while the store answers reads and has met no damage, otherwise 0.",
            u8::from(is_ready),
        );
        text.into()
    }

    /// Adds the journals and their readers: of each company, or the sum and the largest lag.
    async fn journals(&self, text: &mut Text) -> Result<(), hub::Error> {
        let companies = self.hub.companies().await;
        let mut positions = Vec::new();
        let mut failed = None;
        for company in companies.as_deref().unwrap_or_default() {
            match self.hub.reader_positions(company.id).await {
                Ok(found) => positions.push((company.name.as_str(), found)),
                Err(error) => failed = Some(error),
            }
        }
        let name = |company| if self.has_companies { company } else { "" };
        let labels = |company| [("company", company)];
        text.family(
            "kith_journal_entries",
            Kind::Gauge,
            "Entries of the journals, of all companies together or of each.",
        );
        let heads =
            text::by(positions.iter().map(|(company, found)| (name(*company), found.head.0)), |all, head| all + head);
        for (company, entries) in heads {
            text.sample("kith_journal_entries", &labels(company)[usize::from(company.is_empty())..], entries);
        }
        text.family("kith_reader_lag_entries", Kind::Gauge, "Journal entries that a reader has not read: the search index, possible duplicates, or the claim buffer. Of the company that is furthest behind, or of each.");
        let lags = positions.iter().flat_map(|(company, found)| {
            found.readers.iter().map(move |(reader, at)| ((*reader, name(*company)), found.head.0.saturating_sub(at.0)))
        });
        for ((reader, company), lag) in text::by(lags, u64::max) {
            let labels = [("reader", reader), ("company", company)];
            text.sample("kith_reader_lag_entries", &labels[..labels.len() - usize::from(company.is_empty())], lag);
        }
        companies.map(drop)?;
        failed.map_or(Ok(()), Err)
    }
}

async fn show(State(metrics): State<Arc<Metrics>>) -> Response {
    ([(CONTENT_TYPE, TEXT)], metrics.text().await).into_response()
}

/// Counts a request and the time until its answer begins.
pub async fn measure(State(metrics): State<Arc<Metrics>>, request: Request, next: Next) -> Response {
    let method = requests::method(request.method());
    let route = request.extensions().get::<MatchedPath>().cloned();
    let start = Instant::now();
    let response = next.run(request).await;
    let route = route.as_ref().map_or(requests::OTHER, MatchedPath::as_str);
    metrics.requests.count(method, route, response.status(), start.elapsed());
    response
}
