//! Searching, and keeping the index.

use ::search::Query;
use async_trait::async_trait;
use contact::CompanyId;
use store::{Error, Found, IndexProgress, Search};

use crate::postgres::Postgres;
use crate::search;

#[async_trait]
impl Search for Postgres {
    async fn search(&self, company: CompanyId, query: &Query, limit: usize) -> Result<Found, Error> {
        Ok(search::find(&self.pool, &self.caches.samples, company, query, limit).await?)
    }

    async fn index(&self, company: CompanyId) -> Result<IndexProgress, Error> {
        search::catch_up(&self.pool, company).await?;
        Ok(search::progress(&self.pool, company).await?)
    }

    async fn reindex(&self, company: CompanyId) -> Result<(), Error> {
        Ok(search::discard(&self.pool, company).await?)
    }
}
