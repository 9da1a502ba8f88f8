//! The order and the time of journal entries.

use std::fmt;

/// The number of a journal entry: 1, 2, 3, … in each company, without gaps. 0 is before all entries.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Seq(pub u64);

impl Seq {
    /// The next number.
    #[must_use]
    pub fn next(self) -> Seq {
        Seq(self.0 + 1)
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A time: milliseconds since 1970-01-01 00:00 UTC.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Time(i64);

impl Time {
    /// The time this many milliseconds after 1970-01-01 00:00 UTC.
    pub fn from_millis(millis: i64) -> Time {
        Time(millis)
    }

    /// Milliseconds since 1970-01-01 00:00 UTC.
    pub fn millis(self) -> i64 {
        self.0
    }
}
