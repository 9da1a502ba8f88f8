//! The times of journal entries, which never run backwards.
//!
//! Clients that ask for what has changed since a time would miss a change with an earlier one. So after the clock was set
//! back, changes get the time of the last one until the clock has passed it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use contact::{CompanyId, Seq, Time};
use store::Error;

use crate::Hub;

/// The time of the last change of each company that this process has written to.
#[derive(Default)]
pub(crate) struct WriteTimes(Mutex<HashMap<CompanyId, Time>>);

impl WriteTimes {
    /// Returns a time that is not before the last one, if that is known.
    fn next(&self, company: CompanyId, now: Time) -> Option<Time> {
        let mut times = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let last = times.get_mut(&company)?;
        *last = now.max(*last);
        Some(*last)
    }

    fn begin(&self, company: CompanyId, last: Time) {
        let mut times = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = times.entry(company).or_insert(last);
        *known = last.max(*known);
    }
}

impl Hub {
    /// The time of a change that is written now.
    ///
    /// # Errors
    ///
    /// An error of the store, which is asked for the last change before the first one of this process.
    pub(crate) async fn write_time(&self, company: CompanyId) -> Result<Time, Error> {
        let now = self.clock.now();
        if let Some(time) = self.write_times.next(company, now) {
            return Ok(time);
        }
        let head = self.store.head(company).await?;
        let last = self.store.entries(company, Seq(head.0.saturating_sub(1)), 1).await?;
        let last = last.first().map_or(now, |entry| entry.at);
        self.write_times.begin(company, last);
        Ok(now.max(last))
    }
}
