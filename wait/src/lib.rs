//! Waiting in tests: polls a condition until it holds, up to a deadline.
//!
//! The only place where a test sleeps to wait. A test that sleeps a fixed time instead is slow where the time is too long,
//! and fails where it is too short.

use std::thread;
use std::time::{Duration, Instant};

/// The longest wait. Far more than anything takes, so that only what hangs is given up.
const TIME_MAX: Duration = Duration::from_secs(60);
/// The time between two polls.
const PAUSE: Duration = Duration::from_millis(2);

/// Polls until `poll` returns a value, and returns it.
///
/// # Panics
///
/// Panics with `what`, the condition in words, if it does not hold within a minute.
#[track_caller]
pub fn until<T>(what: &str, mut poll: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + TIME_MAX;
    loop {
        if let Some(value) = poll() {
            return value;
        }
        assert!(Instant::now() < deadline, "{what}: not within {TIME_MAX:?}");
        thread::sleep(PAUSE);
    }
}

/// Polls like [`until`], in asynchronous code.
///
/// # Panics
///
/// Panics with `what`, the condition in words, if it does not hold within a minute.
pub async fn until_async<T>(what: &str, mut poll: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + TIME_MAX;
    loop {
        if let Some(value) = poll().await {
            return value;
        }
        assert!(Instant::now() < deadline, "{what}: not within {TIME_MAX:?}");
        tokio::time::sleep(PAUSE).await;
    }
}
