//! The store as a whole.

use std::path::Path;

use async_trait::async_trait;
use store::{Access, Error, Store};

use crate::notify;
use crate::postgres::Postgres;

#[async_trait]
impl Store for Postgres {
    async fn backup(&self, _file: &Path) -> Result<(), Error> {
        let how = "pg_dump, or copy it to a file with `kith copy`";
        Err(Error::Unusable(format!("A store in a database has no backup of its own. Use {how}.")))
    }

    async fn is_shared(&self) -> bool {
        // On an error the store counts as shared, which only makes long work slower.
        self.access != Access::Serve && notify::is_served(&self.pool).await.unwrap_or(true)
    }

    async fn ready(&self) -> Result<(), Error> {
        self.pool.query("SELECT version FROM kith", &[]).await?;
        Ok(())
    }

    async fn check_pages(&self) -> Result<Vec<String>, Error> {
        Err(Error::Unusable("A database checks its own pages. Use data checksums and pg_amcheck.".into()))
    }
}
