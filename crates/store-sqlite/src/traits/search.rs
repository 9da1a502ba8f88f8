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
        // An error may be about the index, which is rebuilt, and says nothing about the pages of the store.
        let found = self.read(move |connection| Ok(index.find(connection, company, &query, limit))).await?;
        Ok(found?)
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
