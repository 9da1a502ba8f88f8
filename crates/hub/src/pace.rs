//! How much of long work goes into one write.
//!
//! The stores take writes in turn, those of other processes too, so nobody waits for more than the write at hand. Long
//! work therefore never pauses: it only makes its writes short while a server uses the store.

use std::time::Duration;

use store::Store;

/// How long a write takes while the store is served.
const SERVED_WRITE: Duration = Duration::from_millis(30);
/// Rows of the first write while the store is served, and the fewest.
const ROWS_MIN: usize = 250;
/// Most rows per write while the store is served: what follows rows that change nothing may take much longer.
const ROWS_MAX: usize = 4_000;
/// How many times as many rows, or as few, the next write has at most.
const CHANGE_MAX: usize = 2;

/// Adapts the size of writes to how long they take.
pub struct Pace {
    /// Most rows per write while nobody serves the store.
    alone: usize,
    /// Rows per write while the store is served.
    served: usize,
}

impl Pace {
    /// The pace of work that writes at most `rows_at_once` rows.
    pub fn new(rows_at_once: usize) -> Pace {
        Pace { alone: rows_at_once, served: ROWS_MIN.min(rows_at_once) }
    }

    /// Rows of the next write. A server may start or stop at any time.
    pub async fn next(&self, store: &dyn Store) -> usize {
        if store.is_served().await { self.served } else { self.alone }
    }

    /// Adapts to a write of some rows and the time that it took, with the wait for other writes.
    pub fn wrote(&mut self, rows: usize, took: Duration) {
        let fitting = SERVED_WRITE.as_micros() * rows as u128 / took.as_micros().max(1);
        let fitting = usize::try_from(fitting).unwrap_or(ROWS_MAX);
        // A write of a few rows says little: most of its time is the same for any number of rows.
        let fitting = if took > SERVED_WRITE { fitting } else { fitting.max(self.served) };
        let near = fitting.clamp(self.served / CHANGE_MAX, self.served * CHANGE_MAX);
        self.served = near.clamp(ROWS_MIN, ROWS_MAX).min(self.alone);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rows of a write after many that take some time for each row.
    fn settled(pace: &mut Pace, per_row: Duration) -> usize {
        for _ in 0..20 {
            let rows = pace.served;
            pace.wrote(rows, per_row * u32::try_from(rows).unwrap_or(u32::MAX));
        }
        pace.served
    }

    #[test]
    fn a_write_takes_the_time_that_others_may_wait() {
        let mut pace = Pace::new(16_000);
        assert_eq!(settled(&mut pace, Duration::from_micros(15)), 2_000);
        assert_eq!(settled(&mut pace, Duration::from_micros(30)), 1_000);
        assert_eq!(settled(&mut pace, Duration::from_millis(10)), ROWS_MIN);
        assert_eq!(settled(&mut pace, Duration::from_nanos(1)), ROWS_MAX);
        assert_eq!(settled(&mut Pace::new(500), Duration::from_nanos(1)), 500);
    }

    #[test]
    fn one_write_changes_little() {
        let mut pace = Pace::new(16_000);
        settled(&mut pace, Duration::from_micros(15));
        pace.wrote(2_000, Duration::from_mins(1));
        assert_eq!(pace.served, 1_000, "half as many after a slow one");
        pace.wrote(0, Duration::ZERO);
        pace.wrote(3, Duration::from_millis(20));
        assert_eq!(pace.served, 1_000, "a few rows say little");
        pace.wrote(1_000, Duration::from_millis(1));
        assert_eq!(pace.served, 2_000, "twice as many after a fast one");
    }
}
