//! Operations for operators: verify, back up, check readiness.

use std::path::Path;

use contact::{CompanyId, CompanyName};
use store::{Activity, Difference, ReaderPositions};

use crate::{Error, Hub};

impl Hub {
    /// Appends every company's journal to an empty store and compares the views of the two. A company whose records cannot be read has an
    /// error of its own; the others are still verified.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer.
    pub async fn verify(&self) -> Result<Vec<(CompanyName, Result<Vec<Difference>, Error>)>, Error> {
        let mut found = Vec::new();
        for company in self.store.companies().await? {
            let differences = store::verify(&*self.store, &*self.scratch, company.id).await.map_err(Error::from);
            found.push((company.name, differences));
        }
        Ok(found)
    }

    /// Copies the store as it is at one moment into a new file.
    ///
    /// # Errors
    ///
    /// [`Error::Store`], with the file's name, if the file exists or cannot be written.
    pub async fn backup(&self, file: &Path) -> Result<(), Error> {
        Ok(self.store.backup(file).await?)
    }

    /// Checks the pages of the store's file, without replaying journals. Returns what is wrong, at most a few findings.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store is a database, or does not answer.
    pub async fn check_pages(&self) -> Result<Vec<String>, Error> {
        Ok(self.store.check_pages().await?)
    }

    /// Returns what the store did since it was opened, and what waits.
    pub fn activity(&self) -> Activity {
        self.store.activity()
    }

    /// Returns how far the readers of a company's journal are.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer.
    pub async fn reader_positions(&self, company: CompanyId) -> Result<ReaderPositions, Error> {
        Ok(self.store.reader_positions(company).await?)
    }

    /// Checks that the store answers reads, and has met no damage.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if it does not.
    pub async fn ready(&self) -> Result<(), Error> {
        Ok(self.store.ready().await?)
    }
}
