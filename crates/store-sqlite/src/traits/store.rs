//! The store as a whole.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use contact::CompanyId;
use store::{Activity, Error, ReaderPositions, Store};

use crate::locks::read_lock;
use crate::sqlite::Sqlite;
use crate::writer::Writer;
use crate::{journal, open, sidecar};

#[async_trait]
impl Store for Sqlite {
    async fn backup(&self, file: &Path) -> Result<(), Error> {
        let (from, to) = (self.file.clone(), file.to_owned());
        let copying = tokio::task::spawn_blocking(move || open::copy(&from, &to));
        Ok(copying.await.map_err(|_| Error::Unavailable("The backup was interrupted.".into()))??)
    }

    async fn is_served(&self) -> bool {
        self.served.is_some() || open::is_served(&self.file)
    }

    async fn ready(&self) -> Result<(), Error> {
        self.readers.damage.check()?;
        self.read(|connection| Ok(connection.query_row("SELECT count(*) FROM company", [], |_| Ok(()))?)).await
    }

    fn activity(&self) -> Activity {
        let bytes = |path: &Path| std::fs::metadata(path).map_or(0, |file| file.len());
        let sidecar = |ending| bytes(&sidecar::sidecar(&self.file, ending));
        let files = vec![
            ("store", bytes(&self.file)),
            ("log", sidecar("-wal")),
            ("search", sidecar("-search")),
            ("duplicates", sidecar("-duplicates")),
        ];
        Activity { files, ..self.writer.as_ref().map(Writer::activity).unwrap_or_default() }
    }

    async fn reader_positions(&self, company: CompanyId) -> Result<ReaderPositions, Error> {
        let (index, duplicates) = (Arc::clone(&self.index), self.duplicates.position(company)?);
        let claims = read_lock(&self.claim_buffer).flushed(company);
        self.read(move |connection| {
            let head = journal::ends(connection, company)?.map(|ends| ends.head).unwrap_or_default();
            let search = index.position(company)?;
            // A company whose claims are not in the buffer has none that wait.
            let readers = vec![("search", search), ("duplicates", duplicates), ("claims", claims.unwrap_or(head))];
            Ok(ReaderPositions { head, readers })
        })
        .await
    }

    async fn check_pages(&self) -> Result<Vec<String>, Error> {
        let readers = Arc::clone(&self.readers);
        let checking = tokio::task::spawn_blocking(move || readers.scan(open::quick_check));
        Ok(checking.await.map_err(|_| Error::Unavailable("The check was interrupted.".into()))??)
    }
}
