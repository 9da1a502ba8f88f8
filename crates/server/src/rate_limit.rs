//! Counts the requests of each company to both APIs per minute, and reports the count in headers.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName};
use contact::{CompanyId, Time};
use hub::Company;

/// The limit in the headers of a company without one. Clients pace themselves by it. No request is refused by it.
const UNLIMITED: u32 = 1_000_000;
const WINDOW_MS: i64 = 60_000;
/// Companies whose counts are kept before those of past minutes are dropped.
const COMPANIES_KEPT: usize = 1_000;

/// The requests of each company: the minute, and how many it made in it.
#[derive(Default)]
pub struct RateLimits(Mutex<HashMap<CompanyId, (i64, u32)>>);

/// Where a company stands in the current minute.
#[derive(Clone, Copy)]
pub struct Usage {
    /// Requests allowed in a minute.
    pub limit: u32,
    /// Requests made in this minute, this one included.
    pub used: u32,
    /// When the minute ends, in Unix seconds.
    pub reset_s: i64,
    /// Seconds until the minute ends, rounded up, at least 1.
    pub retry_after_s: u64,
}

/// The usage that a request was counted as, for the headers of its response.
#[derive(Clone, Default)]
pub struct CountedUsage(Arc<OnceLock<Usage>>);

impl CountedUsage {
    /// Returns the usage, if the caller is a company.
    pub fn get(&self) -> Option<Usage> {
        self.0.get().copied()
    }
}

/// A company is past its limit.
#[derive(Clone, Copy)]
pub struct Exceeded {
    /// Requests allowed in a minute.
    pub limit: u32,
    /// Seconds until the minute ends.
    pub retry_after_s: u64,
}

impl Exceeded {
    /// The message for the caller.
    pub fn message(self) -> String {
        format!("The company may make {} requests a minute.", self.limit)
    }
}

impl Usage {
    /// The usage of a caller without a limit.
    pub fn unlimited(now: Time) -> Usage {
        Usage::in_minute(UNLIMITED, 0, now)
    }

    fn in_minute(limit: u32, used: u32, now: Time) -> Usage {
        let end_ms = (now.millis().div_euclid(WINDOW_MS) + 1) * WINDOW_MS;
        let wait_s = u64::try_from((end_ms - now.millis() + 999) / 1_000).unwrap_or(1);
        Usage { limit, used, reset_s: end_ms / 1_000, retry_after_s: wait_s.max(1) }
    }

    /// Adds the headers of Front's Core API.
    pub fn add_to(&self, headers: &mut HeaderMap) {
        let values: [(&str, i64); 3] = [
            ("x-ratelimit-limit", self.limit.into()),
            ("x-ratelimit-remaining", self.remaining().into()),
            ("x-ratelimit-reset", self.reset_s),
        ];
        for (name, value) in values {
            headers.insert(HeaderName::from_static(name), value.into());
        }
    }

    /// Whether the request is past the limit.
    fn is_exceeded(&self) -> bool {
        self.used > self.limit
    }

    /// Requests left in this minute.
    fn remaining(&self) -> u32 {
        self.limit.saturating_sub(self.used)
    }
}

impl RateLimits {
    /// Counts a request of a company, for the headers of the response too.
    ///
    /// # Errors
    ///
    /// [`Exceeded`] past the limit.
    pub fn count(&self, request: &Parts, company: &Company, now: Time) -> Result<(), Exceeded> {
        let usage = company.rate_limit.map_or(Usage::unlimited(now), |limit| self.usage(company.id, limit, now));
        if let Some(counted) = request.extensions.get::<CountedUsage>() {
            // A request is counted once; a second value would be the same.
            let _ = counted.0.set(usage);
        }
        let Usage { limit, retry_after_s, .. } = usage;
        if usage.is_exceeded() { Err(Exceeded { limit, retry_after_s }) } else { Ok(()) }
    }

    fn usage(&self, company: CompanyId, limit: u32, now: Time) -> Usage {
        let minute = now.millis().div_euclid(WINDOW_MS);
        let used = {
            let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if counts.len() > COMPANIES_KEPT {
                counts.retain(|_, (counted, _)| *counted == minute);
            }
            let count = counts.entry(company).or_insert((minute, 0));
            if count.0 != minute {
                *count = (minute, 0);
            }
            count.1 = count.1.saturating_add(1);
            count.1
        };
        Usage::in_minute(limit, used, now)
    }
}
