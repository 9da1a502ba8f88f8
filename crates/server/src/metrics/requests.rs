//! Requests by route, method and status, and how long they take.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use axum::http::{Method, StatusCode};

use super::text::{Kind, Text};

/// The route of requests that match none, and whatever else is not in a list.
pub const OTHER: &str = "other";
const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", OTHER];
const STATUSES: [u16; 24] = [
    200, 201, 202, 204, 206, 303, 304, 307, 308, 400, 401, 403, 404, 405, 408, 409, 413, 415, 421, 422, 429, 500, 502,
    503,
];
/// The upper ends of the buckets, in microseconds, and their names in seconds.
const BUCKETS: [(u64, &str); 7] = [
    (1_000, "0.001"),
    (5_000, "0.005"),
    (25_000, "0.025"),
    (100_000, "0.1"),
    (500_000, "0.5"),
    (2_500_000, "2.5"),
    (10_000_000, "10"),
];

/// The requests of a server.
#[derive(Default)]
pub struct Requests(RwLock<BTreeMap<String, Arc<Route>>>);

/// The requests of a route, by method.
#[derive(Default)]
struct Route([Series; METHODS.len()]);

/// The requests of a method: by status, the last for others; by time, the last for longer ones; and their time together.
#[derive(Default)]
struct Series {
    statuses: [AtomicU64; STATUSES.len() + 1],
    times: [AtomicU64; BUCKETS.len() + 1],
    micros: AtomicU64,
}

/// The position of a method in the list.
pub fn method(method: &Method) -> usize {
    METHODS.iter().position(|known| *known == method.as_str()).unwrap_or(METHODS.len() - 1)
}

impl Requests {
    /// Counts a request. Only the first of a route allocates.
    pub fn count(&self, method: usize, route: &str, status: StatusCode, time: Duration) {
        let count = |route: &Route| {
            let series = &route.0[method];
            let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
            let status = STATUSES.binary_search(&status.as_u16()).unwrap_or(STATUSES.len());
            let bucket = BUCKETS.partition_point(|(end, _)| *end < micros);
            series.statuses[status].fetch_add(1, Ordering::Relaxed);
            series.times[bucket].fetch_add(1, Ordering::Relaxed);
            series.micros.fetch_add(micros, Ordering::Relaxed);
        };
        if let Some(route) = self.0.read().unwrap_or_else(PoisonError::into_inner).get(route) {
            return count(route);
        }
        let mut routes = self.0.write().unwrap_or_else(PoisonError::into_inner);
        count(routes.entry(route.to_owned()).or_default());
    }

    /// Shows what was counted.
    pub fn show(&self, text: &mut Text) {
        let routes = self.0.read().unwrap_or_else(PoisonError::into_inner).clone();
        let series = || {
            routes.iter().flat_map(|(route, by_method)| {
                METHODS.iter().zip(&by_method.0).map(move |(method, series)| (*method, route.as_str(), series))
            })
        };
        let value = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        text.family("kith_requests_total", Kind::Counter, "Requests that were answered, by method, route and status.");
        for (method, route, series) in series() {
            let names = STATUSES.iter().map(u16::to_string).chain([OTHER.to_owned()]);
            for (status, count) in names.zip(series.statuses.iter().map(value)).filter(|(_, count)| *count > 0) {
                let labels = [("method", method), ("route", route), ("status", status.as_str())];
                text.sample("kith_requests_total", &labels, count);
            }
        }
        let name = "kith_request_seconds";
        text.family(name, Kind::Histogram, "The time from a request to the beginning of its answer.");
        for (method, route, series) in series() {
            let mut so_far = 0;
            let ends = BUCKETS.iter().map(|(_, end)| *end).chain(["+Inf"]);
            let mut buckets = Vec::with_capacity(BUCKETS.len() + 1);
            for (end, count) in ends.zip(series.times.iter().map(value)) {
                so_far += count;
                buckets.push((end, so_far));
            }
            if so_far == 0 {
                continue;
            }
            for (end, count) in buckets {
                text.sample("kith_request_seconds_bucket", &[("method", method), ("route", route), ("le", end)], count);
            }
            let (labels, micros) = ([("method", method), ("route", route)], value(&series.micros));
            let seconds = format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
            text.sample("kith_request_seconds_sum", &labels, seconds);
            text.sample("kith_request_seconds_count", &labels, so_far);
        }
    }
}
