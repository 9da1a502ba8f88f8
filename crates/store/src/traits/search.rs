//! Finding people by what is typed.

use async_trait::async_trait;
use contact::CompanyId;

use crate::{Error, Found, IndexProgress, Query};

/// Finding people by what is typed. What is searched is a view that is brought along beside writes.
#[async_trait]
pub trait Search: Send + Sync {
    /// At most `limit` people, the best first and of those that are alike the one that was changed last. While the store is
    /// served, it is at most a second behind.
    async fn search(&self, company: CompanyId, query: &Query, limit: usize) -> Result<Found, Error>;

    /// Brings what is searched along by some, and says how far it is then. Whoever serves the store does this by itself.
    async fn index(&self, company: CompanyId) -> Result<IndexProgress, Error>;

    /// Lets what is searched be made anew.
    async fn reindex(&self, company: CompanyId) -> Result<(), Error>;
}
