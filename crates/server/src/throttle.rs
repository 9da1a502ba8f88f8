//! Slows down password guessing.

use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::shares::network;

/// Wrong logins from one address: this many at once, then one a second.
const BURST_BY_ADDRESS: NonZeroU32 = NonZeroU32::new(20).unwrap();
/// Wrong logins to one company, from anywhere: this many at once, then ten a second.
const BURST_BY_COMPANY: NonZeroU32 = NonZeroU32::new(200).unwrap();
/// Wrong tokens from one address: this many at once, then fifty a second.
///
/// Tokens cannot be guessed, so this only protects the store. It is counted apart from logins, so that a program with an
/// old token can still log in.
const BURST_OF_TOKENS: NonZeroU32 = NonZeroU32::new(1_000).unwrap();
/// Counters that all addresses share, and all companies. Their number bounds the memory.
const COUNTERS: u64 = 1 << 16;

/// Counts failed logins.
pub struct Throttle {
    by_address: DefaultKeyedRateLimiter<u64>,
    by_company: DefaultKeyedRateLimiter<u64>,
    tokens: DefaultKeyedRateLimiter<u64>,
    hasher: RandomState,
}

impl Default for Throttle {
    fn default() -> Throttle {
        let by_address = Quota::per_second(NonZeroU32::MIN).allow_burst(BURST_BY_ADDRESS);
        let by_company = Quota::with_period(Duration::from_millis(100)).unwrap_or(by_address);
        let tokens = Quota::with_period(Duration::from_millis(20)).unwrap_or(by_address);
        Throttle {
            by_address: RateLimiter::keyed(by_address),
            by_company: RateLimiter::keyed(by_company.allow_burst(BURST_BY_COMPANY)),
            tokens: RateLimiter::keyed(tokens.allow_burst(BURST_OF_TOKENS)),
            hasher: RandomState::new(),
        }
    }
}

impl Throttle {
    /// Counts a wrong token. Past the limit, returns how long to wait.
    pub fn failed_token(&self, address: Option<IpAddr>) -> Option<Duration> {
        let counter = self.hasher.hash_one(network(address?)) % COUNTERS;
        let late = self.tokens.check_key(&counter).err()?;
        Some(late.wait_time_from(DefaultClock::default().now()))
    }

    /// Counts a failed login. Past a limit, returns how long to wait.
    ///
    /// Unknown companies are counted like known ones, so that callers cannot probe for names.
    pub fn failed(&self, address: Option<IpAddr>, login: &str) -> Option<Duration> {
        let by_address = |address| self.hasher.hash_one(network(address)) % COUNTERS;
        let by_company = self.hasher.hash_one(login) % COUNTERS;
        let checks = [
            address.map(|address| self.by_address.check_key(&by_address(address))),
            Some(self.by_company.check_key(&by_company)),
        ];
        let now = DefaultClock::default().now();
        checks.into_iter().flatten().filter_map(Result::err).map(|late| late.wait_time_from(now)).max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_later_attempts_wait() {
        let throttle = Throttle::default();
        let address = Some("192.0.2.1".parse().unwrap());
        let waits = (0..60).filter(|_| throttle.failed(address, "wayne").is_some()).count();
        assert!((38..=40).contains(&waits), "{waits} of 60 were slowed");
        assert_eq!(throttle.failed(Some("192.0.2.2".parse().unwrap()), "wayne"), None);
        assert!(throttle.failed(address, "acme").is_some());
    }
}
