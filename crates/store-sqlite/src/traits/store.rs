//! The store as a whole.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use store::{Error, Store};

use crate::open;
use crate::sqlite::Sqlite;

#[async_trait]
impl Store for Sqlite {
    async fn backup(&self, file: &Path) -> Result<(), Error> {
        let (from, to) = (self.file.clone(), file.to_owned());
        let copying = tokio::task::spawn_blocking(move || open::copy(&from, &to));
        Ok(copying.await.map_err(|_| Error::Unavailable("The backup was interrupted.".into()))??)
    }

    async fn is_shared(&self) -> bool {
        self.served.is_none() && open::is_served(&self.file)
    }

    async fn ready(&self) -> Result<(), Error> {
        self.readers.damage.check()?;
        self.read(|connection| Ok(connection.query_row("SELECT count(*) FROM company", [], |_| Ok(()))?)).await
    }

    async fn check_pages(&self) -> Result<Vec<String>, Error> {
        let readers = Arc::clone(&self.readers);
        let checking = tokio::task::spawn_blocking(move || readers.scan(open::quick_check));
        Ok(checking.await.map_err(|_| Error::Unavailable("The check was interrupted.".into()))??)
    }
}
