//! Finding people by what is typed.

use contact::CompanyId;
use search::Query;
use store::{Found, IndexProgress};

use crate::{Error, Hub};

/// Most people that a search finds.
pub const FOUND_MAX: usize = 100;

impl Hub {
    /// At most `limit` people that are what is looked for, and at most [`FOUND_MAX`]: the best first, and of those that are
    /// alike the one that was changed last. May be a second behind.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer.
    pub async fn search(&self, company: CompanyId, query: &Query, limit: usize) -> Result<Found, Error> {
        Ok(self.store.search(company, query, limit.min(FOUND_MAX)).await?)
    }

    /// Brings what is searched along by some, and says how far it is then. Whoever serves the store does this by itself.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer, or may not be written to.
    pub async fn index(&self, company: CompanyId) -> Result<IndexProgress, Error> {
        Ok(self.store.index(company).await?)
    }

    /// Lets what is searched be made anew.
    ///
    /// # Errors
    ///
    /// As [`index`](Hub::index).
    pub async fn reindex(&self, company: CompanyId) -> Result<(), Error> {
        Ok(self.store.reindex(company).await?)
    }
}
