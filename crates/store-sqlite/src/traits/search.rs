//! Searching, and keeping the index.

use std::sync::Arc;

use async_trait::async_trait;
use contact::CompanyId;
use search::Query;
use store::{Error, Found, IndexProgress, Search};

use crate::sqlite::Sqlite;

#[async_trait]
impl Search for Sqlite {
    async fn search(&self, company: CompanyId, query: &Query, limit: usize) -> Result<Found, Error> {
        let (index, query) = (Arc::clone(&self.index), query.clone());
        self.read(move |connection| index.find(connection, company, &query, limit)).await
    }

    async fn index(&self, company: CompanyId) -> Result<IndexProgress, Error> {
        self.with_index(move |reader| {
            let indexed = reader.step(company)?;
            while !indexed.is_behind() && reader.merge()? {}
            Ok(indexed)
        })
        .await
    }

    async fn reindex(&self, company: CompanyId) -> Result<(), Error> {
        self.with_index(move |reader| reader.discard(company)).await
    }
}
