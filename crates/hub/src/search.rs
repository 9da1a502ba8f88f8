//! Searching contacts while somebody types.

use contact::{CompanyId, Contact};
use search::Query;
use store::IndexProgress;

use crate::{Error, Hub};

/// Most contacts that a search returns.
pub const FOUND_MAX: usize = 100;

/// The result of a search.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    /// The contacts, the best match first.
    pub contacts: Vec<Contact>,
    /// Whether the whole company was searched, but for writes of the last second. False while the index is rebuilt.
    pub is_complete: bool,
}

impl Hub {
    /// Searches contacts: at most `limit`, and at most [`FOUND_MAX`]. The best match comes first, and of equal matches the
    /// latest change. The index may be a second behind.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer.
    pub async fn search(&self, company: CompanyId, query: &Query, limit: usize) -> Result<Found, Error> {
        let store::Found { contacts, is_complete } = self.store.search(company, query, limit.min(FOUND_MAX)).await?;
        Ok(Found { contacts, is_complete })
    }

    /// Indexes some more of the journal and returns how far the search index is. A server does this on its own.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer, or is read-only.
    pub async fn index(&self, company: CompanyId) -> Result<IndexProgress, Error> {
        Ok(self.store.index(company).await?)
    }

    /// Discards the search index, so that it is rebuilt.
    ///
    /// # Errors
    ///
    /// As [`index`](Hub::index).
    pub async fn reindex(&self, company: CompanyId) -> Result<(), Error> {
        Ok(self.store.reindex(company).await?)
    }
}
