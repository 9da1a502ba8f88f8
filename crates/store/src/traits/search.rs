//! Searching contacts.

use async_trait::async_trait;
use contact::{CompanyId, Contact, Seq};

use search::Query;

use crate::error::Error;

/// With more journal entries than this left to read, an index counts as incomplete.
const LAG_MAX: u64 = 10_000;

/// The result of a search.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    /// The contacts, the best match first.
    pub contacts: Vec<Contact>,
    /// Whether the index covers all contacts but for the writes of the last second. It does not while it is rebuilt.
    pub is_complete: bool,
}

/// How much of a company's journal the search index covers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct IndexProgress {
    /// The last entry that the index covers.
    pub done: Seq,
    /// The last entry of the journal.
    pub of: Seq,
    /// Whether the index covers every earlier entry too.
    pub is_built: bool,
}

impl IndexProgress {
    /// Whether entries are left to index.
    pub fn is_behind(&self) -> bool {
        !self.is_built || self.done < self.of
    }

    /// Whether a search finds all contacts but for the latest writes.
    pub fn is_complete(&self) -> bool {
        self.is_built && self.of.0.saturating_sub(self.done.0) <= LAG_MAX
    }
}

/// Searching contacts. The search index is a view that follows the journal.
#[async_trait]
pub trait Search: Send + Sync {
    /// Returns at most `limit` contacts, the best match first, and among equal matches the latest change first.
    ///
    /// While the store is served, the index lags at most a second.
    async fn search(&self, company: CompanyId, query: &Query, limit: usize) -> Result<Found, Error>;

    /// Indexes some more entries and returns the progress. A served store does this by itself.
    async fn index(&self, company: CompanyId) -> Result<IndexProgress, Error>;

    /// Discards the index of a company, so that it is rebuilt.
    async fn reindex(&self, company: CompanyId) -> Result<(), Error>;
}
