//! What operators need: is it well, is it right, is there a copy.

use std::path::Path;

use contact::CompanyName;
use store::Difference;

use crate::{Error, Hub};

impl Hub {
    /// Folds every company's journal anew and compares the views with it. A company whose records cannot
    /// be read is an error of its own, and does not keep the others from being looked at.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store does not answer.
    pub async fn verify(&self) -> Result<Vec<(CompanyName, Result<Vec<Difference>, Error>)>, Error> {
        let mut found = Vec::new();
        for company in self.store.companies().await? {
            let differences = store::verify(&*self.store, company.id).await.map_err(Error::from);
            found.push((company.name, differences));
        }
        Ok(found)
    }

    /// Copies the store, as it is at one moment, into a new file.
    ///
    /// # Errors
    ///
    /// [`Error::Store`], with the file's name, if it is there already or cannot be written.
    pub async fn backup(&self, file: &Path) -> Result<(), Error> {
        Ok(self.store.backup(file).await?)
    }

    /// Whether reads are answered.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if they are not.
    pub async fn ready(&self) -> Result<(), Error> {
        Ok(self.store.ready().await?)
    }
}
