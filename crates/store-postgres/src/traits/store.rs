//! The store as a whole.

use std::path::Path;

use async_trait::async_trait;
use contact::CompanyId;
use store::{Access, Activity, Error, Journal as _, ReaderPositions, Store};

use crate::postgres::Postgres;
use crate::{journal_reader, notify};

#[async_trait]
impl Store for Postgres {
    async fn backup(&self, _file: &Path) -> Result<(), Error> {
        let how = "pg_dump, or copy it to a file with `kith copy`";
        Err(Error::Unusable(format!("A store in a database has no backup of its own. Use {how}.")))
    }

    async fn is_served(&self) -> bool {
        // On an error the store counts as served, which only makes long work slower.
        self.access == Access::Serve || notify::is_served(&self.pool).await.unwrap_or(true)
    }

    async fn ready(&self) -> Result<(), Error> {
        self.pool.query("SELECT version FROM kith", &[]).await?;
        Ok(())
    }

    fn activity(&self) -> Activity {
        self.writer.activity()
    }

    async fn reader_positions(&self, company: CompanyId) -> Result<ReaderPositions, Error> {
        let head = self.head(company).await?;
        Ok(ReaderPositions { head, readers: journal_reader::positions(&self.pool, company).await? })
    }

    async fn check_pages(&self) -> Result<Vec<String>, Error> {
        Err(Error::Unusable("A database checks its own pages. Use data checksums and pg_amcheck.".into()))
    }
}
