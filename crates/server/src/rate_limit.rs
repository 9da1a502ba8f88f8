//! Counts the requests of each company per minute.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use contact::{CompanyId, Time};

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

impl Usage {
    /// Whether the request is past the limit.
    pub fn is_exceeded(&self) -> bool {
        self.used > self.limit
    }

    /// Requests left in this minute.
    pub fn remaining(&self) -> u32 {
        self.limit.saturating_sub(self.used)
    }
}

impl RateLimits {
    /// Counts a request of a company at a time.
    pub fn count(&self, company: CompanyId, limit: u32, now: Time) -> Usage {
        let now = now.millis();
        let minute = now.div_euclid(WINDOW_MS);
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
        let end_ms = (minute + 1) * WINDOW_MS;
        let wait_s = u64::try_from((end_ms - now + 999) / 1_000).unwrap_or(1);
        Usage { limit, used, reset_s: end_ms / 1_000, retry_after_s: wait_s.max(1) }
    }
}
